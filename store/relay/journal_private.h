/*
 * journal_private.h - the inside of journal.h: journal.c (the table and what is
 * appended), journal_files.c (how a file comes and goes), journal_load.c (what
 * a start reads).
 */
#ifndef TACIT_STORE_RELAY_JOURNAL_PRIVATE_H
#define TACIT_STORE_RELAY_JOURNAL_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "store/relay/journal.h"

enum {
	JOURNAL_SPARES = 2, /* kept ready at most */
	JOURNAL_FD_NONE = -1,
	JOURNAL_OPEN = 256, /* descriptors; more only while files are read */
	JOURNAL_RETRY_MS = 1000, /* for a spare, when the disk is full */
	JOURNAL_WARN_MS = 10 * 1000,
};

struct journal_file {
	uint64_t number;  /* of this life */
	uint64_t segment; /* all that it holds are at or above */
	struct segment_key key;
	char name[JOURNAL_NAME_BYTES];
	int fd; /* JOURNAL_FD_NONE: not open now */
	size_t bytes;
	uint32_t end; /* of its segments */
	bool usual;   /* whole and of the usual size: may be used again */
	uint32_t alive;
	uint64_t alive_bytes;
	uint32_t holds;
	uint64_t died;             /* 0: not seen dead yet */
	struct journal_file *next; /* in the list of spare or old ones */
};

struct journal_files {
	struct journal_file *first;
	struct journal_file *last;
	size_t count;
};

struct journal {
	int dir_fd;
	size_t file_bytes;
	atomic_bool broken;

	/* The writer's; it changes the first two under the lock. */
	uint64_t next_segment;
	uint64_t appended;
	uint8_t *room;
	size_t room_bytes;

	/* Under the lock: */
	pthread_mutex_t lock;
	struct journal_file **files; /* by number; those with segments */
	size_t count;
	size_t cap;
	struct journal_file *active; /* the last of them, or NULL */
	struct journal_files spares; /* ready, by number */
	struct journal_files old;    /* to be made ready again */
	struct journal_files gone;   /* to be removed */
	uint64_t next_number;
	size_t dead;    /* of files, without the active one */
	uint64_t bytes; /* of all files there are */
	size_t total;
	uint64_t alive_bytes;
	size_t pins;
	size_t open; /* descriptors, of the files in the table */
	pthread_cond_t made;
	int64_t warned_ms; /* of a full disk; 0: not yet */
	int64_t retry_ms;  /* no spare is made before this */
	bool making;       /* somebody makes a file ready */
	uint64_t looked;   /* next_number when none was worth emptying */
};

/* What a failed system call means; logged.  NO_SPACE, NOMEM, IO. */
enum status journal_failed(const char *what, int error);

enum status journal_pwrite(
    int fd, const uint8_t *from, size_t len, off_t at, int *error);
enum status journal_pread(
    int fd, uint8_t *to, size_t len, off_t at, size_t *got);

void journal_files_put(struct journal_files *list, struct journal_file *f);
struct journal_file *journal_files_take(struct journal_files *list);

/* journal_files.c; without the lock. */
enum status journal_make(struct journal *j, size_t least_bytes);
void journal_file_free(struct journal_file *f); /* closes; NULL is fine */
enum status journal_header_write(const struct journal_file *f);
/* NOT_FOUND: zeros.  CRYPTO: no header. */
enum status journal_header_read(struct journal_file *f);

/*
 * journal_use.c; the lock is held.  Descriptors are kept for some files alone.
 */
enum status journal_wake_file(struct journal *j, struct journal_file *f);
void journal_rest_file(struct journal *j, struct journal_file *f);

/* Room for one more file in the table.  The lock is held. */
enum status journal_reserve(struct journal *j);
void journal_seal(struct journal *j); /* of the active file */

#endif
