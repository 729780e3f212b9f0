/*
 * backup.h - a directory that holds a relay's data as of one moment.
 *
 *   identity.key ... relay.state   as in a data directory (home.h)
 *   store/data.mdb                 the database, packed
 *   store/log/                     the journal's files
 *   backup.json                    which files these are, how long each is, and
 *                                  the BLAKE2b-256 hash of it
 *
 * backup.json comes last, when all the rest is on disk: without it a backup is
 * not complete.  Whoever has a backup is this relay, so it is for its owner
 * alone: files have mode 0600, directories 0700.
 */
#ifndef TACIT_RELAY_BACKUP_H
#define TACIT_RELAY_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/status.h"

enum {
	BACKUP_FORMAT = 1,
	BACKUP_NAME_BYTES = 48, /* of a file in it, with the NUL */
	BACKUP_HASH_BYTES = 32,
	BACKUP_FILES_MAX = 100000, /* 1.5 TiB of journal */
};

struct backup_file {
	char name[BACKUP_NAME_BYTES];
	uint64_t bytes;
	uint8_t hash[BACKUP_HASH_BYTES];
};

/* What a backup holds. */
struct backup_list {
	struct backup_file *files;
	size_t count;
	size_t cap;
	uint64_t bytes; /* of all of them */
	int64_t made_ms;
};

/* How fast it goes, and how far it is. */
struct backup_pace {
	uint64_t bytes_per_s; /* 0: as fast as it goes */
	bool holes;           /* where there are zeros, nothing is written */
	int64_t start_ms;     /* monotonic */
	uint64_t done_bytes;
};

/* Wait as long as it takes for `bytes` more to be in time. */
void backup_wait(struct backup_pace *pace, size_t bytes);

/*
 * A directory at `path` that is empty, made if it is not there, with `store`
 * and `store/log` in it; 0700.  EXISTS: something is in it.  NO_SPACE, IO; the
 * reason is in the log.
 */
enum status backup_make_dir(const char *path);

/* A file that is being written into a backup, or out of one. */
struct backup_out;

/*
 * dir/name, which must not be there.  NO_SPACE, NOMEM, IO; the reason is in the
 * log.
 */
enum status backup_out_open(const char *dir, const char *name,
    struct backup_pace *pace, struct backup_out **out);
enum status backup_out_put(struct backup_out *out, struct bytes piece);
enum status backup_out_restart(struct backup_out *out); /* forget all of it */

/* Zeros up to a length, which take no room on the disk. */
enum status backup_out_pad(struct backup_out *out, uint64_t bytes);

/* Make it durable.  Tells its name, length and hash. */
enum status backup_out_end(struct backup_out *out, struct backup_file *file);
void backup_out_close(struct backup_out *out); /* NULL is fine */

/*
 * dir/name to read from, an ordinary file and no link.  NOT_FOUND: there is
 * none.  BAD_INPUT: it is something else.  IO.
 */
enum status backup_open(const char *dir, const char *name, int *fd);

/* Copy it to to/name: its first `limit` bytes, and zeros for the rest. */
enum status backup_copy(int from, const char *to, const char *name,
    uint64_t limit, struct backup_pace *pace, struct backup_file *file);

/* NOMEM. */
enum status backup_list_add(
    struct backup_list *list, const struct backup_file *file);
void backup_list_clear(struct backup_list *list);

/* Makes all directories durable, then writes backup.json.  NO_SPACE, IO. */
enum status backup_list_write(const struct backup_list *list, const char *dir);

/*
 * Every length and name in it is checked.  NOT_FOUND: there is no backup.json,
 * so this is no backup, or not a complete one.  BAD_INPUT: it makes no sense,
 * or a later release wrote it.  IO, NOMEM.
 */
enum status backup_list_read(struct backup_list *list, const char *dir);

#endif
