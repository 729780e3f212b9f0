/*
 * journal.h - the files that segments (segments.h) are appended to.
 *
 * The files of one directory are one space of positions: a file's number times
 * 16 MiB, plus the offset in it.  Numbers rise and are never used again; names
 * mean nothing.  A file begins with a page that holds its number and the key of
 * its checksums.  It is written in full with zeros before it is used, so that
 * an append changes no metadata and needs one flush; when nothing in it is
 * wanted it gets a new number and a new key and is used again.
 *
 * A segment begins at a multiple of JOURNAL_PAGE_BYTES, so that a flush never
 * rewrites a page that an earlier OK stands on, and is padded with zeros.  Only
 * one is being written at any time.  What follows the last valid segment of the
 * last file is a write that was cut short, and never was acknowledged.  After a
 * failed flush nothing is appended any more (journal_is_broken()): the kernel
 * may have dropped what it could not write, and would call it written.
 *
 * One lock guards the table of files, and lends itself to what is counted by
 * files (index.h).  Nothing slow is done under it.  Appending and what says so
 * belongs to one thread, the writer.
 */
#ifndef TACIT_STORE_RELAY_JOURNAL_H
#define TACIT_STORE_RELAY_JOURNAL_H

#include "base/status.h"
#include "store/relay/segments.h"

struct journal;
struct journal_file;

enum {
	JOURNAL_PAGE_BYTES = 4096,
	JOURNAL_FILE_BITS = 24,
	JOURNAL_FILE_BYTES = 1 << JOURNAL_FILE_BITS, /* the most */
	JOURNAL_NAME_BYTES = 17,
	/* The most that fits a file, whatever its usual size. */
	JOURNAL_SEGMENT_BYTES = JOURNAL_FILE_BYTES - JOURNAL_PAGE_BYTES,
};

/* What opening found that should not be so. */
struct journal_damage {
	uint64_t segments_lost; /* as far as their numbers tell */
	size_t files_lost;      /* no header, or one that is there twice */
};

/*
 * Open the directory `log` in dir, making it when it is not there, and read the
 * headers.  file_bytes: how large a file is made, 0 for JOURNAL_FILE_BYTES; a
 * larger one is made for a segment that does not fit.
 *
 * NOMEM, NO_SPACE, IO.
 */
enum status journal_open(
    const char *dir, size_t file_bytes, struct journal **j);
void journal_close(struct journal *j); /* NULL is fine */

/*
 * Once, before anything else: every segment in the order it was written, then
 * make ready to append.  The last one is written and flushed again, since a
 * relay whose flush failed may have left it in the kernel's memory alone.
 *
 * `take` gets a position that belongs to the segment's beginning.  What it
 * answers ends the reading unless it is OK; IO stands for a segment that is not
 * what it says, is counted as lost, and ends nothing.
 */
typedef enum status journal_take(
    void *arg, const struct segment *s, uint64_t position);
enum status journal_read_all(struct journal *j, journal_take *take, void *arg,
    struct journal_damage *damage);

/* Throw away whatever is in it: a copy that was never finished. */
enum status journal_empty(struct journal *j);

/* The next segment's number; it may be raised, never lowered. */
uint64_t journal_next_segment(const struct journal *j);
void journal_set_next_segment(struct journal *j, uint64_t next);

/*
 * Room for a segment of at most `bytes`, JOURNAL_SEGMENT_BYTES at most, that is
 * appended next: *room is to be filled in.  NO_SPACE, NOMEM, IO: there is none,
 * and nothing has changed.
 */
struct journal_room {
	uint8_t *data;
	uint64_t position;
	uint32_t place; /* the same in its file */
	struct segment_key key;
};
enum status journal_prepare(
    struct journal *j, size_t bytes, struct journal_room *room);

/*
 * Write and flush what stands in the room.  On OK it is on disk and was the
 * segment journal_next_segment().  NO_SPACE: nothing changed.  IO: it may or
 * may not be there, and the journal is broken.
 */
enum status journal_append(struct journal *j, size_t bytes);

bool journal_is_broken(const struct journal *j); /* any thread */

void journal_lock(struct journal *j);
void journal_unlock(struct journal *j);

/* Items alive at a position.  The lock is held. */
void journal_count(struct journal *j, uint64_t position, size_t bytes);
void journal_uncount(struct journal *j, uint64_t position, size_t bytes);

/*
 * Keep a file from being used again while it is read: under the lock.  NULL:
 * there is no such file.
 */
struct journal_file *journal_hold(struct journal *j, uint64_t position);
void journal_release(struct journal *j, struct journal_file *f);

/* Without the lock, of a file that is held.  IO (logged). */
enum status journal_read(
    const struct journal_file *f, uint32_t place, size_t len, void *to);

/*
 * Letting go; the lock is held.
 *
 * A file of which nothing is alive is dead, but may go only when rows tell what
 * it alone knew.  `now` is a number that rises with every change that no row
 * has yet; a file that is first seen dead gets it, and goes when the oldest
 * such change that is left, `oldest`, is later (0: none is left).
 */
void journal_mark_dead(struct journal *j, uint64_t now);
size_t journal_let_go(struct journal *j, uint64_t oldest);
size_t journal_dead(const struct journal *j); /* 0 while pinned */

/* There is no room for another file: this one may go too if it is dead. */
void journal_give_up(struct journal *j);

/* Files are kept as they are, for a backup: nested. */
void journal_pin(struct journal *j);
void journal_unpin(struct journal *j);

/*
 * Without the lock, one thread at a time: make a file ready for later, if it is
 * time, and remove what there are too many of.
 */
bool journal_wants_care(struct journal *j);
enum status journal_care(struct journal *j);

struct journal_use {
	size_t files; /* all that there are on disk */
	uint64_t bytes;
	uint64_t alive_bytes; /* of payloads and their items */
	size_t dead;
	uint64_t segments; /* appended since it was made */
};
void journal_usage(struct journal *j, struct journal_use *use);

/*
 * The oldest file that is worth emptying, held, or NULL: little in it is alive,
 * and it is neither one of the last nor one of few.  All together then take at
 * most four times what is alive, and a few files.  The lock is held.
 */
struct journal_file *journal_sparse(struct journal *j);
/* Whether they take more, and looking for one may help. */
bool journal_is_crowded(const struct journal *j);
uint64_t journal_position(const struct journal_file *f);
size_t journal_file_bytes(const struct journal_file *f);
/* There was nothing to gain, or it failed: not before files have changed. */
void journal_look_later(struct journal *j);

/*
 * Walks the segments of a file that is held, or that nobody else knows yet.
 * What does not look like one is passed over page by page.
 */
struct journal_cursor {
	const struct journal_file *file;
	uint32_t place; /* where it looks next */
	bool skipped;   /* out: it passed something over just now */
	uint8_t *buffer;
	size_t buffer_bytes;
};

void journal_cursor_open(
    const struct journal_file *f, struct journal_cursor *c);
void journal_cursor_close(struct journal_cursor *c);

/* Borrowed until the next step.  NOT_FOUND: the end.  NOMEM, IO. */
enum status journal_cursor_next(struct journal_cursor *c, struct segment *s);

#endif
