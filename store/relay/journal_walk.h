/*
 * journal_walk.h - every segment of a journal that nobody appends to, as it
 * stands in the files: to look at, or to rewrite in place.
 *
 * journal_open() makes a journal ready to go on, and changes it; this does not.
 */
#ifndef TACIT_STORE_RELAY_JOURNAL_WALK_H
#define TACIT_STORE_RELAY_JOURNAL_WALK_H

#include "store/relay/journal.h"
#include "store/relay/segments.h"

struct journal_walk {
	const char *dir; /* of the store */
	bool writable;
	/*
	 * Called for every segment, file by file in the order of their numbers.
	 * It may change `bytes`, which are those of the segment, and says so:
	 * they are then written and flushed.  What it answers ends the walk
	 * unless it is OK.
	 */
	enum status (*visit)(void *arg, const struct segment *s,
	    const struct segment_key *key, uint8_t *bytes, bool *changed);
	void *arg;

	uint64_t files;     /* out: with a header */
	uint64_t bad_files; /* out: without one that makes sense, or twice */
	uint64_t segments;  /* out */
	uint64_t lost;      /* out: segments that must have been there */
};

/* A store without a journal has no files.  IO, NOMEM. */
enum status journal_walk(struct journal_walk *w);

/*
 * The files of a journal, and how much of each means something; owned.
 *
 * journal_extents() is for one that is open: those with segments, up to the end
 * of the last that is on disk; any thread.  journal_walk_files() is for one
 * that nobody has open: all of them, whole.  NOMEM, IO.
 */
struct journal_extent {
	char name[JOURNAL_NAME_BYTES];
	uint64_t bytes;
};
enum status journal_extents(
    struct journal *j, struct journal_extent **list, size_t *count);
enum status journal_walk_files(
    const char *dir, struct journal_extent **list, size_t *count);

#endif
