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

/* Becomes real in memory with the commit. */
enum change_kind { CHANGE_SEEN, CHANGE_SUSPENDED, CHANGE_REMOVED };

struct account_change {
	struct account *account;
	enum change_kind kind;
	uint32_t value; /* the day; enum suspension */
};

struct staged_changes {
	struct account_change *list;
	size_t len;
	size_t cap;
};

struct evictions_made {
	struct storage_eviction *list;
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
	struct staged_changes changes;
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
	struct survey surveyed; /* the last whole one */
	uint64_t commits;
	struct index *index;
	struct lane_limits limits[LANES_COUNT];
	struct shares *shares; /* NULL: a sender may fill a mailbox */
	struct arena *scratch; /* reset before each operation */
	struct batch batch;
	struct touches touched;
	struct evictions_made evicted; /* by the last step */
	size_t seen_next;              /* slot that writer_seen.c looks at */
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

enum status writer_get_account(struct writer *w,
    const struct account_name *name, struct arena *a,
    struct account_record *record);

/* writer_admin.c: the same; memory follows in changes_apply(). */
enum status writer_suspend(struct writer *w, struct storage_op *op);
enum status writer_remove(struct writer *w, struct storage_op *op);
enum status writer_free_name(struct writer *w, struct storage_op *op);
enum status writer_invite_put(struct writer *w, struct storage_op *op);
enum status writer_invite_revoke(struct writer *w, struct storage_op *op);
/* NOT_FOUND: nobody had it, or it was freed. */
enum status writer_get_gone(struct writer *w, const struct account_name *name,
    struct gone_record *record);
void changes_apply(struct writer *w); /* last, after the drafts are gone */
void changes_discard(struct writer *w);

/* writer_admin_read.c: as writer_read.c. */
struct invite_row; /* store/relay/invites.h */
void invite_tell(
    const struct invite_row *row, struct storage_invite_info *info);
enum status writer_read_admin(
    struct writer *w, struct db_txn *txn, struct storage_op *op);

/*
 * writer_seen.c: which day an account was last seen.  Coarse on purpose, so
 * that it tells little, and worth no flush of its own.
 */
uint32_t day_of(int64_t now_ms);
void account_seen(struct account *a, int64_t now_ms);
enum status seen_stage(struct writer *w);

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
