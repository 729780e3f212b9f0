/*
 * writer_private.h - the batch that writer_*.c fill in together.
 *
 * A batch of submits is one segment of the journal, a batch of everything else
 * one transaction.  An operation checks first and stages then; staged things
 * become real after it is on disk, or vanish.
 *
 * Lock: submits are staged and applied under the index's lock and written
 * without.  Whoever looks at queues, lanes, cursors or the day an account was
 * seen elsewhere takes it (index.h); nobody waits for a disk with it.
 */
#ifndef TACIT_RELAY_WRITER_PRIVATE_H
#define TACIT_RELAY_WRITER_PRIVATE_H

#include "relay/calendar.h"
#include "relay/metrics.h"
#include "relay/shares.h"
#include "relay/writer.h"
#include "store/relay/index.h"

enum {
	/* Beyond this a batch of submits is closed, the rest waits. */
	BATCH_BYTES = 4 * 1024 * 1024,
	NOTE_MAX_BYTES = 512,
};

/* What the rows of a mailbox are to say. */
struct staged_row {
	struct mailbox *mailbox;
	uint64_t since; /* index_dirty_again() */
	uint64_t saved_before;
	bool has_cursor;
	bool has_stream;
	struct cursor_record cursor;
	struct stream_record stream;
};

struct staged_rows {
	struct staged_row *list;
	size_t len;
	size_t cap;
};

struct staged_items {
	struct segment_item *list;
	size_t len;
	size_t cap;
};

struct staged_submits {
	struct segment_submit **list;
	size_t len;
	size_t cap;
};

struct staged_accounts {
	struct account **list;
	size_t len;
	size_t cap;
};

/* Becomes real in memory with the commit. */
enum change_kind {
	CHANGE_SEEN,
	CHANGE_SUSPENDED,
	CHANGE_REMOVED,
	CHANGE_CLOSED,
	CHANGE_REPLACED, /* its devices */
};

struct account_change {
	struct account *account;
	enum change_kind kind;
	uint32_t value;          /* the day; enum suspension */
	struct index_swap *swap; /* CHANGE_REPLACED: owned */
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
	/* Of submits: */
	size_t bytes; /* of its segment */
	struct staged_items items;
	struct staged_submits submits;
	struct mailbox_draft *drafts;
	/* Of everything else: */
	struct db_txn *txn; /* of the operation being carried out */
	bool wrote;         /* there is something to commit */
	struct staged_accounts added;
	struct staged_changes changes;
	struct staged_rows rows;
};

/* Emptying a file of which little is alive; see writer_move.c. */
struct moving {
	struct journal_file *file; /* held; NULL: none */
	struct journal_cursor cursor;
	struct staged_items items;
	struct staged_submits submits;
	size_t bytes;
};

/* A look at every mailbox in turn, a few at each step. */
struct survey {
	size_t next; /* slot */
	uint64_t mailboxes;
	uint64_t bytes;
	uint64_t deepest;
	uint64_t half_full;
};

/* writer_sweep.c */
struct sweep {
	struct calendar calendar;
	int64_t saved_ms;       /* of the calendar, as the meta row has it */
	int64_t ttl_ms;         /* 0: mail is kept for ever */
	uint32_t inactive_days; /* 0: nobody is kept out for that */
	size_t next;            /* slot */
	int64_t began_ms;       /* this round; on the monotonic clock */
	int64_t wrote_ms;
	uint64_t expired; /* items, since the start */
};

struct writer {
	struct db *db;
	struct journal *journal;
	struct metrics *metrics; /* or NULL */
	struct survey survey;
	struct survey surveyed; /* the last whole one */
	uint64_t commits;
	struct index *index;
	struct lane_limits limits[LANES_COUNT];
	struct shares *shares; /* NULL: a sender may fill a mailbox */
	struct arena *scratch; /* reset before each operation */
	struct batch batch;
	struct mailbox_draft *spare_drafts;
	struct moving moving;
	int64_t upkept_ms; /* monotonic */
	struct sweep sweep;
	struct touches touched;
	struct evictions_made evicted; /* by the last step */
	size_t seen_next;              /* slot that writer_seen.c looks at */
	uint64_t submits; /* counts them, to tell who was named in which */
	size_t thorough;  /* disk full, or closing: so much upkeep; else 0 */
	bool making_room; /* in the middle of a batch */
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
 * writer.c.  batch_end() commits unless `st` tells of a failure; it gives OK,
 * or why nothing of the batch has happened.
 */
enum status batch_begin(struct writer *w);
enum status batch_end(struct writer *w, enum status st);

/*
 * writer_batch.c: submits.  The lock is held around staging; batch_write()
 * takes it itself, and gives OK, or why nothing has happened.
 * The draft of a mailbox is made at first.  NOMEM.
 */
enum status batch_draft(struct writer *w, struct mailbox *m);
enum status batch_write(struct writer *w);
void batch_free(struct writer *w);

/* writer_survey.c: once in every step. */
void writer_survey(struct writer *w);

/* writer_submit.c: stages, under the lock. */
enum status writer_submit(struct writer *w, struct storage_op *op);

/* writer_directory.c: write into batch.txn, a transaction of their own. */
enum status writer_register(struct writer *w, struct storage_op *op);
enum status writer_publish(struct writer *w, struct storage_op *op);
enum status writer_bundles(struct writer *w, struct storage_op *op);
enum status writer_append(struct writer *w, struct storage_op *op);

enum status writer_get_account(struct writer *w,
    const struct account_name *name, struct arena *a,
    struct account_record *record);

/* Slots of devices start as 0; taking gives one to each that has none. */
void account_record_make(const struct device_list *list,
    struct signed_list signed_list, struct account_record *record);
enum status account_take_slots(struct writer *w, struct account_record *record);
bool account_device_is(
    const struct account_device *a, const struct device_entry *b);

/* writer_replace.c: the same; memory follows in changes_apply(). */
enum status writer_replace(struct writer *w, struct storage_op *op);

/* writer_admin.c: the same; memory follows in changes_apply(). */
enum status writer_suspend(struct writer *w, struct storage_op *op);
enum status writer_remove(struct writer *w, struct storage_op *op);
/* By the relay itself, each in a commit of its own. */
enum status writer_suspend_unused(struct writer *w, struct account *a);
enum status writer_close_estate(struct writer *w, struct account *a);
enum status writer_free_name(struct writer *w, struct storage_op *op);
enum status writer_invite_put(struct writer *w, struct storage_op *op);
enum status writer_invite_revoke(struct writer *w, struct storage_op *op);
/* NOT_FOUND: nobody had it, or it was freed. */
enum status writer_get_gone(struct writer *w, const struct account_name *name,
    struct gone_record *record);
/* Room for one more change, and for telling of it; then staging it. */
enum status change_reserve(struct writer *w);
void change_add(struct writer *w, struct account *a, enum change_kind kind,
    enum suspension value);
/* writer_remove.c: once the commit has taken its rows. */
void remove_account(struct writer *w, struct account *a);
/*
 * The rows of devices that go, while their account stays.  FULL: it has as many
 * that are gone as are remembered, and the senders to one have yet to be told.
 */
enum status drop_replaced(struct writer *w, const struct account_name *name,
    struct mailbox *const *going, size_t count);
/* writer_replace.c: once the commit has them, or has not. */
void replace_apply(
    struct writer *w, struct account *a, struct index_swap *swap);
void replace_discard(struct account *a, struct index_swap *swap);
/* Has them told; room was made in change_reserve(). */
void evict(struct writer *w, const struct account_name *name, uint32_t device,
    bool removed);
void changes_apply(struct writer *w); /* last, after the drafts are gone */
void changes_discard(struct writer *w);

/* writer_admin_read.c: after the commit, in a read transaction. */
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

bool writer_is_broken(const struct writer *w);

/* writer_upkeep.c: write rows that are behind and let files go; bounded. */
enum status upkeep_run(struct writer *w);

/*
 * writer_sweep.c: a bounded look at what is too old.  true: more may be to do
 * at once.
 */
bool sweep_some(struct writer *w, bool idle);
void sweep_look(struct writer *w); /* at the clocks */
enum status sweep_open(struct writer *w);
/* The time goes along with a commit, now and then; in batch.txn. */
enum status sweep_save(struct writer *w);

/* When something came that comes now, by the calendar. */
int64_t sweep_stamp(const struct writer *w, int64_t now_ms);

/*
 * writer_expire.c.  Whether the front of a mailbox is too old (the lock is
 * held); letting some of it go: false, nothing went.
 */
bool expire_is_due(const struct writer *w, const struct mailbox *m);
bool expire_some(struct writer *w, struct mailbox *m);

/* writer_move.c: one segment's worth, if there is anything to move. */
enum status move_some(struct writer *w);
void move_stop(struct writer *w);

#endif
