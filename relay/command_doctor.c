/*
 * command_doctor.c - is everything as it should be?  A verdict a line.
 *
 * Nothing is changed.  Beside a serving relay the tables are read as of one
 * moment, and the relay is asked how it is.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "relay/command.h"
#include "relay/file.h"
#include "relay/identity_check.h"
#include "relay/sandbox.h"
#include "store/relay/check.h"

enum { MESSAGE_BYTES = 512 };

static const int64_t soon_ms = INT64_C(14) * 24 * 60 * 60 * 1000;

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_FAILED, VERDICT_SKIPPED };

static const char *const verdicts[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_WARNING] = "warning",
	[VERDICT_FAILED] = "failed",
	[VERDICT_SKIPPED] = "skipped",
};

struct doctor {
	const struct command_line *line;
	struct home home;
	struct settings settings;
	struct admin_client *client; /* or NULL: nobody could be asked */
	bool failed;
};

[[gnu::format(printf, 4, 5)]] static void
tell(struct doctor *d, enum verdict verdict, const char *step,
    const char *format, ...)
{
	char message[MESSAGE_BYTES];
	va_list args;
	json_t *o;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	d->failed = d->failed || verdict == VERDICT_FAILED;
	if (!d->line->json) {
		printf("%-8s %-11s %s\n", verdicts[verdict], step, message);
		return;
	}
	o = json_pack("{s:s,s:s,s:s,s:s}", "type", "check", "step", step,
	    "verdict", verdicts[verdict], "message", message);
	command_print_json(o);
	json_decref(o);
}

/* Who else can read it. */
static bool
is_private(const struct home *home, const char *name)
{
	char path[PATH_MAX];
	struct stat s;

	if (file_path(home->dir, name, path) != STATUS_OK ||
	    lstat(path, &s) != 0)
		return true; /* what is missing is told elsewhere */
	return (s.st_mode & 077) == 0;
}

static void
check_files(struct doctor *d)
{
	static const char *const names[] = { ".", "store", "identity.key",
		"tls.key", "store/data.mdb", "store/log", "admin.sock" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_private(&d->home, names[i]))
			continue;
		tell(d, VERDICT_FAILED, "files",
		    "%.256s/%s is open to other users; take that away with "
		    "`chmod go=`",
		    d->home.dir, names[i]);
		return;
	}
	tell(d, VERDICT_OK, "files", "nobody else can read them");
}

static void
check_settings(struct doctor *d)
{
	char why[CONFIG_WHY_BYTES] = "out of memory";
	enum status st;

	config_defaults(settings_table(), &d->settings);
	st = home_recall(&d->home, &d->settings, why);
	if (st == STATUS_NOT_FOUND) {
		tell(d, VERDICT_FAILED, "settings",
		    "relay.state is missing; a start writes it");
		return;
	}
	if (st == STATUS_OK)
		st = command_gather(d->line, &d->home, &d->settings, why);
	if (st == STATUS_OK)
		tell(d, VERDICT_OK, "settings", "they make sense");
	else
		tell(d, VERDICT_FAILED, "settings", "%s", why);
}

static void
check_keys(struct doctor *d)
{
	char why[IDENTITY_WHY_BYTES];

	if (identity_check(d->home.dir, clock_wall_ms(), why) == STATUS_OK)
		tell(d, VERDICT_OK, "keys",
		    "the identity has signed the TLS "
		    "key, and both are valid");
	else
		tell(d, VERDICT_FAILED, "keys", "%s", why);
}

/* The one that an authority issued, if there is one. */
static void
check_certificate(struct doctor *d)
{
	const char *path = d->settings.tls_cert;
	int64_t now_ms = clock_wall_ms(), ends_ms = 0;
	char why[IDENTITY_WHY_BYTES];

	if (path[0] == '\0')
		return;
	if (identity_check_file(path, now_ms, &ends_ms, why) != STATUS_OK)
		tell(d, VERDICT_FAILED, "certificate", "%s", why);
	else if (ends_ms - now_ms < soon_ms)
		tell(d, VERDICT_WARNING, "certificate",
		    "it ends in %" PRId64 " days",
		    (ends_ms - now_ms) / (24 * 60 * 60 * 1000));
	else
		tell(d, VERDICT_OK, "certificate", "it is valid");
}

static void
tell_finding(struct doctor *d, const struct check_finding *f)
{
	if (f->wrong == 0)
		tell(d, VERDICT_OK, f->table, "%" PRIu64 " rows", f->rows);
	else
		tell(d, VERDICT_FAILED, f->table,
		    "%" PRIu64 " of %" PRIu64 " rows are wrong; the first: %s",
		    f->wrong, f->rows, f->why);
}

/* While a relay serves, files of the log may become others at any time. */
static void
check_log(struct doctor *d, const struct relay_meta *meta)
{
	struct check_finding finding;
	enum status st;

	if (admin_client_is_serving(d->client)) {
		tell(d, VERDICT_SKIPPED, "log",
		    "a start reads all of it; stop the relay to check it now");
		return;
	}
	st = check_journal(d->home.store, meta, &finding);
	if (st != STATUS_OK)
		tell(d, VERDICT_FAILED, "log", "it cannot be read (%s)",
		    status_name(st));
	else if (finding.wrong > 0)
		tell(d, VERDICT_FAILED, "log", "%s", finding.why);
	else
		tell(d, VERDICT_OK, "log", "%" PRIu64 " messages, whole",
		    finding.rows);
}

static void
check_database(struct doctor *d)
{
	struct check_finding findings[CHECK_TABLES];
	struct db *db = NULL;
	struct relay_meta meta;
	struct db_room room;
	enum status st = STATUS_NOT_FOUND;

	if (file_exists(d->home.store, "data.mdb"))
		st = sandbox_act_as_owner(d->home.dir);
	/* Reading what is damaged may end a process. */
	if (st == STATUS_OK)
		st = db_probe(d->home.store);
	if (st == STATUS_OK)
		st = schema_open(d->home.store,
		    (size_t)d->settings.map_mib * 1024 * 1024, &db, &meta);
	if (sandbox_act_as_self() != STATUS_OK && st == STATUS_OK)
		st = STATUS_IO;
	if (st == STATUS_CRYPTO) {
		tell(d, VERDICT_FAILED, "database",
		    "its file is cut short or overwritten; restore a backup");
		return;
	}
	if (st != STATUS_OK) {
		tell(d, VERDICT_FAILED, "database", "it cannot be opened (%s)",
		    status_name(st));
		return;
	}
	st = db_room(db, &room);
	if (st == STATUS_OK)
		tell(d,
		    room.map_used_bytes > room.map_bytes / 10 * 9
			? VERDICT_WARNING
			: VERDICT_OK,
		    "database",
		    "it takes %" PRIu64 " MiB and may grow to %" PRIu64 " MiB",
		    room.map_used_bytes >> 20, room.map_bytes >> 20);
	if (st == STATUS_OK)
		tell(d,
		    room.disk_free_bytes >> 20 < d->settings.disk_reserve_mib
			? VERDICT_WARNING
			: VERDICT_OK,
		    "disk", "%" PRIu64 " MiB are free",
		    room.disk_free_bytes >> 20);
	check_log(d, &meta);
	st = check_tables(db, findings);
	for (size_t i = 0; st == STATUS_OK && i < CHECK_TABLES; i++)
		tell_finding(d, &findings[i]);
	if (st != STATUS_OK)
		tell(d, VERDICT_FAILED, "tables", "they cannot be read (%s)",
		    status_name(st));
	db_close(db);
}

static void
take_stats(void *arg, const json_t *object)
{
	struct doctor *d = arg;

	if (json_is_true(json_object_get(object, "broken")))
		tell(d, VERDICT_FAILED, "relay",
		    "a write failed; it stops, and has to be started again");
	else if (json_is_true(json_object_get(object, "frozen")))
		tell(d, VERDICT_WARNING, "relay",
		    "it is frozen and takes nothing new");
	else
		tell(d, VERDICT_OK, "relay", "it serves");
}

static void
check_relay(struct doctor *d)
{
	if (!admin_client_is_serving(d->client))
		tell(d, VERDICT_SKIPPED, "relay", "none is serving");
	else if (command_ask(d->line, d->client,
		     json_pack("{s:s}", "command", "stats"), take_stats,
		     d) != EXIT_DONE)
		tell(d, VERDICT_FAILED, "relay", "it does not answer");
}

int
command_doctor(const struct command_line *line)
{
	struct doctor d = { .line = line };
	int failed = command_home(line, &d.home);

	if (failed != EXIT_DONE)
		return failed;
	if (!file_exists(d.home.dir, "identity.key"))
		return command_fail(line, EXIT_FAILED,
		    "there is no relay in %s; make one with `tacit-relay "
		    "init`",
		    d.home.dir);
	/* Else nobody starts to write while it is read. */
	failed =
	    command_desk(line, &d.home, &d.settings, ADMIN_LOOK, &d.client);
	if (failed != EXIT_DONE)
		return failed;
	check_files(&d);
	check_settings(&d);
	check_keys(&d);
	check_certificate(&d);
	check_database(&d);
	check_relay(&d);
	admin_client_close(d.client);
	failed = command_flush();
	return d.failed ? EXIT_FAILED : failed;
}
