/*
 * command_backup.c - a copy of everything, made by the command itself: a relay
 * that serves strangers writes nowhere but in its own directory.
 *
 * The database first, as of one moment, then the journal: what this has beyond
 * the database is younger than it, and is kept too.
 */
#include <grp.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "relay/backup.h"
#include "relay/command.h"
#include "relay/sandbox.h"
#include "store/db.h"
#include "store/relay/journal_walk.h"

enum { RATE_MIB = 64, RATE_MAX_MIB = 1024 * 1024, FIRST_FILES = 64 };

static const uint64_t mib = UINT64_C(1024) * 1024;

struct work {
	const struct command_line *line;
	const char *to;
	struct home home;
	struct settings settings;
	struct admin_client *client; /* holds the journal still, or the lock */
	struct backup_pace pace;
	struct backup_list list;
	/* Root opens what somebody else owns as that one. */
	struct sandbox_user owner;
	bool change;
};

static enum status
find_owner(struct work *w)
{
	char why[CONFIG_WHY_BYTES];
	enum status st =
	    sandbox_find_user("", w->home.dir, &w->owner, &w->change, why);

	if (st == STATUS_OK && w->change && setgroups(0, NULL) != 0)
		st = STATUS_IO;
	return st;
}

/* A link in the directory then leads where its owner can go anyway. */
static enum status
be_owner(const struct work *w)
{
	if (!w->change)
		return STATUS_OK;
	if (setegid(w->owner.gid) == 0 && seteuid(w->owner.uid) == 0)
		return STATUS_OK;
	return STATUS_IO;
}

static enum status
be_oneself(const struct work *w)
{
	if (!w->change)
		return STATUS_OK;
	return seteuid(0) == 0 && setegid(0) == 0 ? STATUS_OK : STATUS_IO;
}

static enum status
copy(struct work *w, const char *name, uint64_t limit, bool needed)
{
	struct backup_file file;
	int from = -1;
	enum status st = be_owner(w);

	if (st == STATUS_OK)
		st = backup_open(w->home.dir, name, &from);
	if (be_oneself(w) != STATUS_OK)
		st = STATUS_IO;
	if (st == STATUS_NOT_FOUND && !needed)
		return STATUS_OK;
	if (st == STATUS_OK)
		st = backup_copy(from, w->to, name, limit, &w->pace, &file);
	if (from >= 0)
		close(from);
	return st == STATUS_OK ? backup_list_add(&w->list, &file) : st;
}

static enum status
copy_keys(struct work *w)
{
	static const struct {
		const char *name;
		bool needed;
	} files[] = {
		{ "identity.key", true },
		{ "identity.crt", true },
		{ "tls.key", true },
		{ "tls.crt", true },
		{ "relay.state", true },
		{ "relay.conf", false },
	};
	enum status st = STATUS_OK;

	for (size_t i = 0;
	     i < sizeof(files) / sizeof(files[0]) && st == STATUS_OK; i++)
		st = copy(w, files[i].name, UINT64_MAX, files[i].needed);
	return st;
}

static enum status
put(void *arg, struct bytes piece)
{
	return backup_out_put(arg, piece);
}

static enum status
copy_database(struct work *w)
{
	static const char *const tables[] = { "meta" };
	const struct db_options options = {
		.dir = w->home.store,
		.map_bytes = (size_t)w->settings.map_mib * mib,
		.tables = tables,
		.tables_count = 1,
	};
	struct backup_out *out = NULL;
	struct backup_file file;
	struct db *db = NULL;
	enum status st = sandbox_act_as_owner(w->home.dir);

	/* A copy of what is damaged would be taken for a good one. */
	if (st == STATUS_OK)
		st = db_probe(w->home.store);
	if (st == STATUS_OK)
		st = db_open(&options, &db);
	if (sandbox_act_as_self() != STATUS_OK)
		st = STATUS_IO;
	if (st == STATUS_OK)
		st = backup_out_open(w->to, "store/data.mdb", &w->pace, &out);
	if (st == STATUS_OK)
		st = db_copy(db, DB_COPY_PACKED, put, out);
	if (st == STATUS_CONFLICT) {
		st = backup_out_restart(out);
		if (st == STATUS_OK)
			st = db_copy(db, DB_COPY_WHOLE, put, out);
	}
	if (st == STATUS_OK)
		st = backup_out_end(out, &file);
	if (st == STATUS_OK)
		st = backup_list_add(&w->list, &file);
	backup_out_close(out);
	db_close(db);
	return st;
}

static enum status
copy_log_file(struct work *w, const char *file, uint64_t bytes)
{
	char name[BACKUP_NAME_BYTES];
	int len = snprintf(name, sizeof(name), "store/log/%s", file);

	if (len < 0 || (size_t)len >= sizeof(name))
		return STATUS_BAD_INPUT;
	return copy(w, name, bytes, true);
}

/* Files of the journal, as the relay names them. */
struct log_list {
	struct journal_extent *files;
	size_t count;
	size_t cap;
	enum status status;
};

static void
take_log_file(void *arg, const json_t *object)
{
	struct log_list *l = arg;
	const char *name = json_string_value(json_object_get(object, "name"));
	json_int_t bytes = json_integer_value(json_object_get(object, "bytes"));

	if (name == NULL || strlen(name) >= sizeof(l->files->name) || bytes < 0)
		l->status = STATUS_BAD_INPUT;
	if (l->status == STATUS_OK && l->count == l->cap) {
		size_t cap = l->cap > 0 ? 2 * l->cap : FIRST_FILES;
		struct journal_extent *fresh = calloc(cap, sizeof(*fresh));

		if (fresh == NULL)
			l->status = STATUS_NOMEM;
		else if (l->count > 0)
			memcpy(fresh, l->files, l->count * sizeof(*fresh));
		if (fresh != NULL) {
			free(l->files);
			l->files = fresh;
			l->cap = cap;
		}
	}
	if (l->status != STATUS_OK)
		return;
	memcpy(l->files[l->count].name, name, strlen(name) + 1);
	l->files[l->count++].bytes = (uint64_t)bytes;
}

/* What each ends with now; what comes after that may be half written. */
static int
ask_for_log(struct work *w, struct log_list *l)
{
	struct admin_client *c = NULL;
	int failed =
	    command_desk(w->line, &w->home, &w->settings, ADMIN_STAY, &c);

	if (failed == EXIT_DONE)
		failed = command_ask(w->line, c,
		    json_pack(
			"{s:s,s:s}", "command", "backup", "action", "files"),
		    take_log_file, l);
	admin_client_close(c);
	return failed;
}

static int
copy_log(struct work *w)
{
	struct log_list l = { .status = STATUS_OK };
	int failed = EXIT_DONE;

	if (admin_client_is_serving(w->client))
		failed = ask_for_log(w, &l);
	else
		l.status =
		    journal_walk_files(w->home.store, &l.files, &l.count);
	for (size_t i = 0;
	     failed == EXIT_DONE && l.status == STATUS_OK && i < l.count; i++)
		l.status = copy_log_file(w, l.files[i].name, l.files[i].bytes);
	free(l.files);
	if (failed == EXIT_DONE && l.status != STATUS_OK)
		failed = command_fail_status(
		    w->line, l.status, "copying the journal");
	return failed;
}

/* The relay uses no file of the journal again while we are connected. */
static int
hold_journal(struct work *w)
{
	json_t *request, *first = NULL;
	enum status st = STATUS_NOMEM;

	if (!admin_client_is_serving(w->client))
		return EXIT_DONE;
	request = json_pack("{s:s,s:s}", "command", "backup", "action", "hold");
	if (request != NULL)
		st = admin_client_hold(w->client, request, &first);
	if (st == STATUS_OK &&
	    strcmp(json_string_value(json_object_get(first, "type")), "held") !=
		0)
		st = STATUS_IO;
	json_decref(request);
	json_decref(first);
	if (st != STATUS_OK)
		return command_fail_status(w->line, st, "asking the relay");
	return EXIT_DONE;
}

static int
take_rate(struct work *w)
{
	uint64_t rate = RATE_MIB;

	if (w->line->rate != NULL &&
	    number_parse(w->line->rate, 1, RATE_MAX_MIB, &rate) != STATUS_OK)
		return command_fail(w->line, EXIT_USAGE,
		    "--rate is a number of MiB a second, from 1 to %d",
		    RATE_MAX_MIB);
	w->pace.bytes_per_s = rate * mib;
	w->pace.holes = true;
	return EXIT_DONE;
}

static int
make_dir(struct work *w)
{
	enum status st = backup_make_dir(w->to);

	if (st == STATUS_EXISTS)
		return command_fail(w->line, EXIT_EXISTS,
		    "%.256s is not empty; a backup needs a directory of its "
		    "own",
		    w->to);
	if (st != STATUS_OK)
		return command_fail_status(w->line, st, "making the directory");
	return EXIT_DONE;
}

static int
copy_all(struct work *w)
{
	enum status st = copy_keys(w);
	int failed;

	if (st == STATUS_OK)
		st = copy_database(w);
	if (st != STATUS_OK)
		return command_fail_status(w->line, st, "the backup");
	failed = copy_log(w);
	if (failed != EXIT_DONE)
		return failed;
	w->list.made_ms = clock_wall_ms();
	st = backup_list_write(&w->list, w->to);
	if (st != STATUS_OK)
		return command_fail_status(w->line, st, "the backup");
	return EXIT_DONE;
}

static void
report(const struct work *w)
{
	json_t *o;

	if (!w->line->json) {
		printf("%zu files, %.1f MiB, are in %s.\nWhoever has them is "
		       "this relay: keep them as safe as its own.\n",
		    w->list.count, (double)w->list.bytes / (double)mib, w->to);
		return;
	}
	o = json_pack("{s:s,s:s,s:I,s:I}", "type", "backup", "dir", w->to,
	    "files", (json_int_t)w->list.count, "bytes",
	    (json_int_t)w->list.bytes);
	command_print_json(o);
	json_decref(o);
}

int
command_backup(const struct command_line *line)
{
	struct work w = { .line = line };
	struct identity identity;
	int failed;

	if (line->words_count < 2)
		return command_fail(
		    line, EXIT_USAGE, "say where to: backup DIR");
	w.to = line->words[1];
	failed = take_rate(&w);
	if (failed == EXIT_DONE)
		failed = command_recall(line, &w.home, &w.settings, &identity);
	if (failed == EXIT_DONE)
		failed = command_desk(
		    line, &w.home, &w.settings, ADMIN_STAY, &w.client);
	if (failed == EXIT_DONE)
		failed = make_dir(&w);
	if (failed == EXIT_DONE && find_owner(&w) != STATUS_OK)
		failed = command_fail_status(
		    line, STATUS_IO, "looking at the data directory");
	if (failed == EXIT_DONE)
		failed = hold_journal(&w);
	if (failed == EXIT_DONE)
		failed = copy_all(&w);
	admin_client_close(w.client);
	if (failed == EXIT_DONE)
		report(&w);
	backup_list_clear(&w.list);
	return failed == EXIT_DONE ? command_flush() : failed;
}
