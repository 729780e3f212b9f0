/* api_backup.c - copies of a profile: made, and taken into use. */
#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/core/handle.h"
#include "client/core/tacit_backup.h"
#include "store/client/backup.h"
#include "store/client/inspect.h"

static enum tacit_code
explain_backup(
    enum status st, const struct tacit_backup *how, struct tacit_error *e)
{
	const char *file = how->file != NULL ? how->file : "its reader";

	if (st == STATUS_EXISTS)
		return error_set(e, TACIT_EXISTS,
		    "There is a file %s already; give another name, or "
		    "--force to replace it.",
		    file);
	if (st == STATUS_DENIED)
		return error_set(e, TACIT_FAILED,
		    "The backup cannot be written to %s; see that the "
		    "directory is there, that it may be written to, and that "
		    "nothing but a file has that name.",
		    file);
	if (st == STATUS_CRYPTO)
		return error_set(e, TACIT_DAMAGED,
		    "The profile's database is damaged, and so would be its "
		    "backup; `tacit doctor` says more.");
	if (st == STATUS_CLOSED)
		return error_set(e, TACIT_FAILED,
		    "The reader of the backup has gone; it is not whole.");
	if (st == STATUS_CONFLICT || st == STATUS_AGAIN)
		return error_set(e, TACIT_FAILED,
		    "The backup could not be made in one go; write it to a "
		    "file, where a second attempt is possible.");
	return error_status(e, st);
}

enum tacit_code
tacit_backup(struct tacit *t, const struct tacit_backup *how,
    struct tacit_backup_sizes *sizes, struct tacit_error *e)
{
	struct backup_sizes made = { 0 };
	int64_t now_ms = clock_wall_ms();
	/* Copying what is damaged may end a process, or go on without end. */
	enum status st = inspect_file(t->core.dir);

	if (st == STATUS_OK && how->file != NULL)
		st = backup_to_file(
		    t->core.vault, how->file, how->replace, now_ms, &made);
	else if (st == STATUS_OK)
		st = backup_to_fd(t->core.vault, how->fd, now_ms, &made);
	if (st != STATUS_OK)
		return explain_backup(st, how, e);
	sizes->file_bytes = made.file_bytes;
	sizes->database_bytes = made.database_bytes;
	sizes->made_ms = now_ms;
	return error_clear(e);
}

struct tacit_restore {
	struct backup_source *source;
};

static enum tacit_code
explain_restore(enum status st, const char *dir, struct tacit_error *e)
{
	switch ((int)st) {
	case STATUS_EXISTS:
		return error_set(e, TACIT_EXISTS,
		    "There is something in %s already; a backup is restored "
		    "into a new or empty directory.",
		    dir);
	case STATUS_DENIED:
		return error_set(e, TACIT_FAILED,
		    "The directory %s cannot be made: whatever it is in has to "
		    "be there and writable.",
		    dir);
	case STATUS_AGAIN:
		return error_set(e, TACIT_FAILED,
		    "Another process is restoring to %s; wait for it.", dir);
	case STATUS_CRYPTO:
		return error_set(e, TACIT_DAMAGED,
		    "The backup is damaged, cut or altered; nothing was "
		    "restored. Take another copy of it.");
	case STATUS_BAD_INPUT:
		return error_set(e, TACIT_DAMAGED,
		    "That is no backup of a profile that this release knows; "
		    "nothing was restored.");
	default:
		return error_status(e, st);
	}
}

enum tacit_code
tacit_may_restore(const char *dir, struct tacit_error *e)
{
	return explain_restore(backup_may_restore(dir), dir, e);
}

enum tacit_code
tacit_restore_open(int fd, struct tacit_restore **r, struct tacit_error *e)
{
	struct tacit_restore *fresh = calloc(1, sizeof(*fresh));
	enum status st = STATUS_NOMEM;

	if (sodium_init() < 0)
		st = STATUS_IO;
	else if (fresh != NULL)
		st = backup_source_new(fd, &fresh->source);
	if (st != STATUS_OK) {
		free(fresh);
		return explain_restore(st, "", e);
	}
	*r = fresh;
	return error_clear(e);
}

void
tacit_restore_close(struct tacit_restore *r)
{
	if (r == NULL)
		return;
	backup_source_free(r->source);
	free(r);
}

bool
tacit_restore_needs_passphrase(const struct tacit_restore *r)
{
	return backup_source_needs_passphrase(r->source);
}

enum tacit_code
tacit_restore_run(struct tacit_restore *r, const struct tacit_options *options,
    struct tacit_backup_sizes *sizes, struct tacit_error *e)
{
	struct backup_head head = { 0 };
	struct bytes passphrase = BYTES_NONE;
	enum status st;

	if (options->passphrase != NULL)
		passphrase =
		    bytes_view(options->passphrase, options->passphrase_len);
	st = backup_restore(
	    r->source, passphrase, options->dir, clock_wall_ms(), &head);
	if (st != STATUS_OK)
		return explain_restore(st, options->dir, e);
	sizes->database_bytes = head.database_bytes;
	sizes->made_ms = head.made_ms;
	return error_clear(e);
}
