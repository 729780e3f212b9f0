/*
 * command_backup.c - a copy of everything, made by the command itself: a relay
 * that serves strangers writes nowhere but in its own directory.
 *
 * The database first, as of one moment, then the journal: what this has beyond
 * the database is younger than it, and is kept too.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "relay/backup.h"
#include "relay/command.h"
#include "relay/sandbox.h"
#include "store/db.h"

enum { RATE_MIB = 64, RATE_MAX_MIB = 1024 * 1024 };

static const uint64_t mib = UINT64_C(1024) * 1024;

struct work {
	const struct command_line *line;
	const char *to;
	struct home home;
	struct settings settings;
	struct admin_client *client; /* holds the journal still, or the lock */
	struct backup_pace pace;
	struct backup_list list;
};

static enum status
copy(struct work *w, const char *name, uint64_t limit, bool needed)
{
	struct backup_file file;
	enum status st =
	    backup_copy(w->home.dir, w->to, name, limit, &w->pace, &file);

	if (st == STATUS_NOT_FOUND && !needed)
		return STATUS_OK;
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

	if (st == STATUS_OK)
		st = copy_database(w);
	w->list.made_ms = clock_wall_ms();
	if (st == STATUS_OK)
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
		failed =
		    command_desk(line, &w.home, &w.settings, true, &w.client);
	if (failed == EXIT_DONE)
		failed = make_dir(&w);
	if (failed == EXIT_DONE)
		failed = copy_all(&w);
	admin_client_close(w.client);
	if (failed == EXIT_DONE)
		report(&w);
	backup_list_clear(&w.list);
	return failed == EXIT_DONE ? command_flush() : failed;
}
