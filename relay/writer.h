/*
 * writer.h - the one who writes: carries out a list of operations with one
 * commit, one step at a time.
 *
 * It knows neither threads nor loops; storage_lmdb.c puts a thread around it.
 * Everything it holds in memory belongs to whoever calls it.
 */
#ifndef TACIT_RELAY_WRITER_H
#define TACIT_RELAY_WRITER_H

#include "relay/storage.h"
#include "store/db.h"

struct writer;

struct writer_ack {
	struct address who;
	uint64_t seq;
};

/* Something that a watcher may be waiting for. */
struct writer_touch {
	bool is_chain;
	struct address who;    /* when !is_chain */
	struct chain_id chain; /* when is_chain */
};

/* Rebuilds the index.  The database is borrowed and outlives the writer. */
enum status writer_open(
    struct db *db, const struct storage_options *options, struct writer **w);

/* From the next step on.  Without memory shares are as before. */
void writer_set_limits(struct writer *w, const struct storage_limits *limits);

/* Saves what had time until now.  NULL is fine. */
void writer_close(struct writer *w);

/*
 * Carry out a list, writing `status` and the results of each.  Returns the rest
 * of the list when it was too much for one commit, else NULL.  *done counts
 * what was carried out.
 */
struct storage_op *writer_step(struct writer *w, struct storage_op *list,
    const struct writer_ack *acks, size_t acks_count, size_t *done);

/* What the last step touched; borrowed until the next one. */
const struct writer_touch *writer_touched(
    const struct writer *w, size_t *count);

/* Whose sessions have to end since the last step; borrowed until the next. */
const struct storage_eviction *writer_evicted(
    const struct writer *w, size_t *count);

/* A blob of len bytes to be filled in, holding one reference.  NOMEM. */
enum status blob_new(size_t len, struct blob **b, uint8_t **room);
void blob_ref(struct blob *b);

#endif
