/*
 * command_restore.c - a backup becomes a relay again, in an empty directory.
 *
 * home_begin_restore() leaves a mark that goes when all is done: until then
 * nothing serves from the directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/when.h"
#include "relay/backup.h"
#include "relay/command.h"
#include "relay/file.h"
#include "store/relay/restore.h"

struct work {
	const struct command_line *line;
	const char *from;
	struct home home;
	struct backup_list list;
	struct backup_pace pace;
	int lock; /* -1: not held */
	/* A directory of somebody else's that root fills; -1: it is not one. */
	int taken_fd;
	uid_t owner;
	gid_t group;
};

static int
read_list(struct work *w)
{
	enum status st = backup_list_read(&w->list, w->from);

	switch ((int)st) {
	case STATUS_OK:
		return EXIT_DONE;
	case STATUS_NOT_FOUND:
		return command_fail(w->line, EXIT_FAILED,
		    "%.256s is no backup, or one that was never finished",
		    w->from);
	case STATUS_BAD_INPUT:
		return command_fail(w->line, EXIT_FAILED,
		    "the backup.json in %.256s makes no sense, or a later "
		    "release wrote it",
		    w->from);
	default:
		return command_fail_status(w->line, st, "reading the backup");
	}
}

/*
 * Root writes nothing where somebody else could lay a link in its way: the
 * directory is root's until all is in it.
 */
static enum status
take_dir(struct work *w)
{
	struct stat s;
	int fd;

	if (geteuid() != 0)
		return STATUS_OK;
	fd = open(w->home.dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? STATUS_OK : STATUS_IO;
	if (fstat(fd, &s) != 0 || s.st_uid == 0) {
		close(fd);
		return STATUS_OK;
	}
	w->taken_fd = fd;
	w->owner = s.st_uid;
	w->group = s.st_gid;
	return fchown(fd, 0, 0) == 0 && fchmod(fd, 0700) == 0 ? STATUS_OK
							      : STATUS_IO;
}

static void
leave_dir(struct work *w)
{
	if (w->taken_fd < 0)
		return;
	if (fchown(w->taken_fd, w->owner, w->group) != 0)
		log_event(LOG_LEVEL_ERROR, "restore",
		    "path=%s owner=%u reason=\"%s\"", w->home.dir,
		    (unsigned)w->owner, strerror(errno));
	close(w->taken_fd);
}

static int
make_dir(struct work *w)
{
	enum status st = take_dir(w);

	if (st == STATUS_OK)
		st = backup_make_dir(w->home.dir);
	if (st == STATUS_EXISTS && home_is_unfinished(&w->home))
		return command_fail(w->line, EXIT_EXISTS,
		    "a restore into %.256s was not finished; remove what is "
		    "in it, and begin again",
		    w->home.dir);
	if (st == STATUS_EXISTS)
		return command_fail(w->line, EXIT_EXISTS,
		    "%.256s is not empty; a backup is restored into an empty "
		    "directory",
		    w->home.dir);
	if (st == STATUS_OK)
		st = home_lock(&w->home, &w->lock);
	if (st == STATUS_OK)
		st = home_begin_restore(&w->home);
	if (st != STATUS_OK)
		return command_fail_status(
		    w->line, st, "making the data directory");
	return EXIT_DONE;
}

static int
copy_file(struct work *w, const struct backup_file *listed)
{
	struct backup_file got;
	int from = -1;
	enum status st = backup_open(w->from, listed->name, &from);

	if (st == STATUS_OK)
		st = backup_copy(from, w->home.dir, listed->name, UINT64_MAX,
		    &w->pace, &got);
	if (from >= 0)
		close(from);
	if (st == STATUS_NOT_FOUND || st == STATUS_BAD_INPUT)
		return command_fail(w->line, EXIT_FAILED,
		    "the backup is damaged: %s is missing", listed->name);
	if (st != STATUS_OK)
		return command_fail_status(w->line, st, "the restore");
	if (got.bytes != listed->bytes ||
	    memcmp(got.hash, listed->hash, sizeof(got.hash)) != 0)
		return command_fail(w->line, EXIT_FAILED,
		    "the backup is damaged: %s is not what it was",
		    listed->name);
	return EXIT_DONE;
}

static int
copy_all(struct work *w)
{
	int failed = EXIT_DONE;

	for (size_t i = 0; i < w->list.count && failed == EXIT_DONE; i++)
		failed = copy_file(w, &w->list.files[i]);
	return failed;
}

/* As a relay would have it that begins anew with what it is given. */
static int
renew(struct work *w)
{
	char why[CONFIG_WHY_BYTES] = "out of memory";
	struct settings settings = { 0 };
	enum status st;

	config_defaults(settings_table(), &settings);
	st = home_recall(&w->home, &settings, why);
	if (st == STATUS_BAD_INPUT || st == STATUS_NOT_FOUND)
		return command_fail(w->line, EXIT_FAILED,
		    "the backup is damaged: %s",
		    st == STATUS_NOT_FOUND ? "relay.state is missing" : why);
	if (st == STATUS_OK)
		st = restore_renew(
		    w->home.store, (size_t)settings.map_mib * 1024 * 1024);
	if (st != STATUS_OK)
		return command_fail_status(
		    w->line, st, "making a new store of it");
	return EXIT_DONE;
}

/* Names below a directory that nobody but root can reach. */
static enum status
give_below(const struct work *w, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	enum status st = dir != NULL ? STATUS_OK : STATUS_IO;

	while (st == STATUS_OK && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, "..") == 0 ||
		    strcmp(entry->d_name, ".") == 0)
			continue;
		if (fchownat(dirfd(dir), entry->d_name, w->owner, w->group,
			AT_SYMLINK_NOFOLLOW) != 0)
			st = STATUS_IO;
	}
	if (st != STATUS_OK)
		log_event(LOG_LEVEL_ERROR, "restore",
		    "path=%s owner=%u reason=\"%s\"", path, (unsigned)w->owner,
		    strerror(errno));
	if (dir != NULL)
		closedir(dir);
	return st;
}

/* To whom it belonged; until now its owner could not reach into it. */
static enum status
give_back(struct work *w)
{
	char log[PATH_MAX];
	enum status st = file_path(w->home.store, "log", log);

	if (st == STATUS_OK)
		st = give_below(w, log);
	if (st == STATUS_OK)
		st = give_below(w, w->home.store);
	if (st == STATUS_OK)
		st = give_below(w, w->home.dir);
	return st;
}

static int
finish(struct work *w)
{
	enum status st = STATUS_OK;

	if (w->taken_fd >= 0)
		st = give_back(w);
	if (st == STATUS_OK)
		st = home_end_restore(&w->home);
	if (st != STATUS_OK)
		return command_fail_status(
		    w->line, st, "finishing the restore");
	return EXIT_DONE;
}

static void
report(const struct work *w)
{
	char made[WHEN_TEXT_BYTES];
	json_t *o;

	if (!w->line->json) {
		when_format_local(w->list.made_ms, made);
		printf("The relay of %s is in %s.\nNext:\n"
		       "  tacit-relay serve --data %s\n"
		       "Where the old one still serves, stop it first: two "
		       "with one identity lose messages.\n",
		    made, w->home.dir, w->home.dir);
		return;
	}
	when_format_utc(w->list.made_ms, made);
	o = json_pack("{s:s,s:s,s:s,s:I,s:I}", "type", "restored", "dir",
	    w->home.dir, "made_at", made, "files", (json_int_t)w->list.count,
	    "bytes", (json_int_t)w->list.bytes);
	command_print_json(o);
	json_decref(o);
}

int
command_restore(const struct command_line *line)
{
	struct work w = { .line = line, .lock = -1, .taken_fd = -1 };
	int failed;

	if (line->words_count < 2)
		return command_fail(
		    line, EXIT_USAGE, "say where from: restore DIR");
	w.from = line->words[1];
	failed = command_home(line, &w.home);
	if (failed == EXIT_DONE)
		failed = read_list(&w);
	if (failed == EXIT_DONE)
		failed = make_dir(&w);
	if (failed == EXIT_DONE)
		failed = copy_all(&w);
	if (failed == EXIT_DONE)
		failed = renew(&w);
	if (failed == EXIT_DONE)
		failed = finish(&w);
	if (failed == EXIT_DONE)
		report(&w);
	leave_dir(&w);
	if (w.lock >= 0)
		close(w.lock);
	backup_list_clear(&w.list);
	return failed == EXIT_DONE ? command_flush() : failed;
}
