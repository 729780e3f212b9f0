/*
 * writer_private.h - the batch that writer_*.c fill in together.
 *
 * An operation checks first and stages then; staged things become real in
 * batch_apply(), after the commit, or vanish in batch_discard().
 */
#ifndef TACIT_RELAY_WRITER_PRIVATE_H
#define TACIT_RELAY_WRITER_PRIVATE_H

#include "relay/metrics.h"
#include "relay/shares.h"
#include "relay/writer.h"
#include "store/relay/index.h"

enum {
	/* Beyond this a batch is closed and the rest waits for the next. */
	BATCH_BYTES = 64 * 1024 * 1024,
};

/* A row about a mailbox that this batch wrote. */
struct saved_row {
	struct mailbox *mailbox;
	bool is_stream;        /* else the cursor */
	uint64_t saved_before; /* to put back if the commit fails */
};

struct saved_rows {
	struct saved_row *list;
	size_t len;
	size_t cap;
};

struct staged_items {
	struct segment_item *list;
	size_t len;
	size_t cap;
};

struct staged_numbers {
	uint64_t *list;
	size_t len;
	size_t cap;
};

struct staged_accounts {
	struct account **list;
	size_t len;
	size_t cap;
};

struct touches {
	struct writer_touch *list;
	size_t len;
	size_t cap;
};

struct batch {
	struct db_txn *txn; /* of the operation being carried out */
	bool wrote;         /* there is something to commit */
	size_t bytes;       /* of staged payloads */
	uint64_t next_segment;
	struct staged_items items; /* new messages */
	struct staged_items moved; /* copied forward; sorted as found */
	struct staged_numbers dropped;
	struct saved_rows saved;
	struct staged_accounts added;
	struct mailbox_draft *drafts;
	struct buf *source; /* what `moved` points into */
};

/* A look at every mailbox in turn, a few at each step. */
struct survey {
	size_t next; /* slot */
	uint64_t mailboxes;
	uint64_t bytes;
	uint64_t deepest;
	uint64_t half_full;
};

struct writer {
	struct db *db;
	struct metrics *metrics; /* or NULL */
	struct survey survey;
	struct index *index;
	struct lane_limits limits[LANES_COUNT];
	struct shares *shares; /* NULL: a sender may fill a mailbox */
	struct arena *scratch; /* reset before each operation */
	struct batch batch;
	struct touches touched;
	uint64_t submits; /* counts them, to tell who was named in which */
	size_t scan;      /* where upkeep looks next */
	size_t thorough;  /* disk full, or closing: so much upkeep; else 0 */
};

/*
 * Make room for len elements of size bytes in a table that doubles.  NOMEM,
 * the table then as before.
 */
enum status table_reserve(void **list, size_t *cap, size_t len, size_t size);

#define TABLE_RESERVE(table, more)                                             \
	table_reserve((void **)&(table)->list, &(table)->cap,                  \
	    (table)->len + (more), sizeof(*(table)->list))

/*
 * writer_batch.c.  batch_end() commits unless `st` tells of a failure; it gives
 * OK, or why nothing of the batch has happened.
 */
enum status batch_begin(struct writer *w);
enum status batch_end(struct writer *w, enum status st);

/* The draft of a mailbox in this batch, made at first.  NOMEM. */
enum status batch_draft(struct writer *w, struct mailbox *m);

/* writer_survey.c: once in every step. */
void writer_survey(struct writer *w);

/* writer_submit.c: stages; touches no table. */
enum status writer_submit(struct writer *w, struct storage_op *op);

/* writer_directory.c: write into batch.txn, a transaction of their own. */
enum status writer_register(struct writer *w, struct storage_op *op);
enum status writer_publish(struct writer *w, struct storage_op *op);
enum status writer_bundles(struct writer *w, struct storage_op *op);
enum status writer_append(struct writer *w, struct storage_op *op);

/* writer_read.c: after the commit, in a read transaction. */
enum status writer_read(
    struct writer *w, struct db_txn *txn, struct storage_op *op);
void mailbox_state_of(const struct mailbox *m, struct mailbox_state *state);

/*
 * writer_upkeep.c: write cursors, drop dead segments, copy one forward; a
 * bounded amount, unless thorough.
 */
bool upkeep_is_due(const struct writer *w);
enum status upkeep_stage(struct writer *w);

/* The stream row; marks in segments below `segment` are in `replay`. */
enum status batch_save_stream(struct writer *w, struct mailbox *m,
    const struct replay *replay, uint64_t segment);

#endif
