/*
 * writer.h - the one who writes: submits into the journal, everything else into
 * the database, one step at a time.
 *
 * It knows neither threads nor loops; storage_lmdb.c puts a thread around it.
 * What it holds in memory belongs to whoever calls it, but for the index, which
 * readers (viewer.h) look into under its lock.
 */
#ifndef TACIT_RELAY_WRITER_H
#define TACIT_RELAY_WRITER_H

#include "relay/storage.h"
#include "store/db.h"

struct writer;
struct index;   /* store/relay/index.h */
struct journal; /* store/relay/journal.h */

/* Something that a watcher may be waiting for. */
struct writer_touch {
	bool is_chain;
	struct address who;    /* when !is_chain */
	struct chain_id chain; /* when is_chain */
};

/* Rebuilds the index.  Database and journal are borrowed and outlive it. */
enum status writer_open(struct db *db, struct journal *j,
    const struct storage_options *options, struct writer **w);

/* From the next step on.  Without memory shares are as before. */
void writer_set_limits(struct writer *w, const struct storage_limits *limits);

/* Saves what had time until now.  NULL is fine. */
void writer_close(struct writer *w);

/* Borrowed; for readers. */
struct index *writer_index(const struct writer *w);

/*
 * Carry out submits with one append, writing `status` and the results of each.
 * Returns the rest of the list when it was too much for one, else NULL.  *done
 * counts what was carried out.  EXISTS: the refusals are still to be found, by
 * viewer_refusals().
 */
struct storage_op *writer_submits(
    struct writer *w, struct storage_op *list, size_t *done);

/* The same for all other operations that viewer.h does not carry out. */
void writer_others(struct writer *w, struct storage_op *list, size_t *done);

/*
 * What has time: rows that are behind, files that nobody wants.  A bounded
 * amount; false: there is nothing to do.  `idle`: there is nothing else to do
 * either, so that little is worth it.
 */
bool writer_upkeep(struct writer *w, bool idle);
bool writer_has_upkeep(const struct writer *w); /* when idle */
/* There will be within so long, even if nothing comes; 0: there will not. */
int64_t writer_wait_ms(const struct writer *w);
bool writer_is_behind(const struct writer *w); /* in any case; any thread */

/* What the last of the two touched; borrowed until the next one. */
const struct writer_touch *writer_touched(
    const struct writer *w, size_t *count);

/* Whose sessions have to end since the last step; borrowed until the next. */
const struct storage_eviction *writer_evicted(
    const struct writer *w, size_t *count);

/* A blob of len bytes to be filled in, holding one reference.  NOMEM. */
enum status blob_new(size_t len, struct blob **b, uint8_t **room);
void blob_ref(struct blob *b);

#endif
