/*
 * backup.h - a whole profile as one encrypted file, and back (docs/storage.md
 * 5).
 *
 * The file begins with a copy of the keyslot file, so it opens with whatever
 * opened the profile when it was made.  The rest is one sealed stream
 * (backup_stream.h): a head, then a copy of the database as of one moment.
 */
#ifndef TACIT_STORE_CLIENT_BACKUP_H
#define TACIT_STORE_CLIENT_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "store/client/backup_stream.h"
#include "store/client/vault.h"

enum {
	BACKUP_VERSION = 1,
	BACKUP_FORMAT = 1, /* of the head */
};

struct backup_sizes {
	uint64_t database_bytes;
	uint64_t file_bytes;
};

/*
 * Everything that is committed now, while others go on writing.  Nothing is
 * sealed before the copy stands still, so `take` may be called late.
 *
 *   now_ms  written into the head
 *   sizes   out
 *
 * CONFLICT: the database cannot be packed; begin anew with DB_COPY_WHOLE.
 * AGAIN: its keys changed in that moment; begin anew.  Otherwise what `take`
 * answers, CRYPTO, NOMEM, IO.
 */
enum status backup_write(struct vault *v, enum db_copy how, int64_t now_ms,
    backup_take *take, void *arg, struct backup_sizes *sizes);

/*
 * The same into a file, 0600, which takes its name whole and on disk or not at
 * all.  With `replace` one that is there is given up for it; without, EXISTS.
 * DENIED: not allowed there, or what is there is no file.
 */
enum status backup_to_file(struct vault *v, const char *path, bool replace,
    int64_t now_ms, struct backup_sizes *sizes);

/* Into a descriptor, in one go.  CLOSED: nobody reads what is written. */
enum status backup_to_fd(
    struct vault *v, int fd, int64_t now_ms, struct backup_sizes *sizes);

/*
 * A file that is read from fd, which stays the caller's: what stands in the
 * clear has been read.  CRYPTO: cut.  BAD_INPUT: no backup, or a later
 * release's.  NOMEM, IO.
 */
struct backup_source;
enum status backup_source_new(int fd, struct backup_source **source);
void backup_source_free(struct backup_source *source); /* NULL is fine */
bool backup_source_needs_passphrase(const struct backup_source *source);

/* What was restored. */
struct backup_head {
	int64_t made_ms;
	uint64_t database_bytes;
};

/* Whether a profile could be made in `dir`: EXISTS when something is in it. */
enum status backup_may_restore(const char *dir);

/*
 * Make the profile in `dir`, which is not there or is empty, of what is left to
 * be read.  It is put together beside it, as `dir`.restoring, and marked as
 * restored (struct counters), before it takes the name: a crash at any moment
 * leaves nothing or all of it, and the next restore clears what is beside.
 *
 * EXISTS: something is in dir.  AGAIN: another process is restoring it.
 * LOCKED: the passphrase is wrong or missing.  CRYPTO: damaged, cut, altered.
 * BAD_INPUT: a later release's.  DENIED: the directory cannot be made.
 * NO_SPACE, NOMEM, IO.
 */
enum status backup_restore(struct backup_source *source,
    struct bytes passphrase, const char *dir, int64_t now_ms,
    struct backup_head *head);

#endif
