#include "relay/writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/writer_private.h"

enum { WRITER_SCRATCH_BYTES = 16 * 1024 * 1024 };

enum status
table_reserve(void **list, size_t *cap, size_t len, size_t size)
{
	enum { TABLE_FIRST = 16 };
	size_t fresh_cap = *cap > 0 ? *cap : TABLE_FIRST;
	void *fresh;

	if (len <= *cap)
		return STATUS_OK;
	while (fresh_cap < len)
		fresh_cap *= 2;
	fresh = calloc(fresh_cap, size);
	if (fresh == NULL)
		return STATUS_NOMEM;
	if (*cap > 0)
		memcpy(fresh, *list, *cap * size);
	free(*list);
	*list = fresh;
	*cap = fresh_cap;
	return STATUS_OK;
}

static enum status
set_limits(struct writer *w, const struct storage_limits *limits)
{
	const uint64_t items = limits->mailbox_items;
	const uint64_t bytes = limits->mailbox_bytes;
	const uint64_t lane_bytes = bytes != 0 ? bytes : LIMIT_MAILBOX_BYTES;
	const struct lane_limits lanes[LANES_COUNT] = {
		[LANE_MESSAGES] = { items != 0 ? items : LIMIT_MAILBOX_ITEMS,
		    lane_bytes },
		[LANE_RECEIPTS] = { LIMIT_RECEIPT_ITEMS, lane_bytes },
	};
	struct shares *shares = NULL;
	enum status st = STATUS_OK;

	w->sweep.ttl_ms = limits->message_ttl_ms;
	w->sweep.inactive_days = day_of(limits->inactive_ms);
	memcpy(w->limits, lanes, sizeof(w->limits));
	if (limits->sender_share != 0)
		st = shares_new(limits->sender_share, lanes, &shares);
	if (st != STATUS_OK)
		return st;
	shares_free(w->shares);
	w->shares = shares;
	return STATUS_OK;
}

void
writer_set_limits(struct writer *w, const struct storage_limits *limits)
{
	if (set_limits(w, limits) != STATUS_OK)
		log_event(LOG_LEVEL_WARN, "limits",
		    "what=\"no memory for new shares of mailboxes\"");
}

enum status
writer_open(struct db *db, struct journal *j,
    const struct storage_options *options, struct writer **w)
{
	struct writer *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->db = db;
	fresh->journal = j;
	fresh->upkept_ms = clock_mono_ms();
	fresh->metrics = options->metrics;
	st = set_limits(fresh, &options->limits);
	if (st == STATUS_OK)
		st = arena_new(WRITER_SCRATCH_BYTES, &fresh->scratch);
	if (st == STATUS_OK)
		st = index_load(db, j, &fresh->index);
	if (st == STATUS_OK)
		st = sweep_open(fresh);
	if (st != STATUS_OK) {
		writer_close(fresh);
		return st;
	}
	do /* a whole round, so that there are figures from the start */
		writer_survey(fresh);
	while (fresh->survey.next > 0);
	*w = fresh;
	return STATUS_OK;
}

struct index *
writer_index(const struct writer *w)
{
	return w->index;
}

bool
writer_is_broken(const struct writer *w)
{
	return db_is_broken(w->db) || journal_is_broken(w->journal);
}

enum status
batch_begin(struct writer *w)
{
	w->batch.wrote = false;
	return db_txn_begin(w->db, DB_WRITE, &w->batch.txn);
}

static void
batch_apply(struct writer *w)
{
	struct batch *b = &w->batch;

	for (size_t i = 0; i < b->added.len; i++)
		index_settle_account(w->index, b->added.list[i]);
	b->added.len = 0;
	changes_apply(w);
}

static void
batch_undo(struct writer *w)
{
	struct batch *b = &w->batch;

	db_txn_abort(b->txn);
	b->txn = NULL;
	changes_discard(w);
	while (b->added.len > 0)
		index_remove_account(w->index, b->added.list[--b->added.len]);
	w->touched.len = 0;
}

enum status
batch_end(struct writer *w, enum status st)
{
	struct batch *b = &w->batch;

	if (st == STATUS_OK && b->wrote)
		st = db_txn_commit(&b->txn);
	db_txn_abort(b->txn);
	b->txn = NULL;
	if (st == STATUS_OK)
		batch_apply(w);
	else
		batch_undo(w);
	return st;
}

/* These write; the others wait for the commit and read. */
static enum status (*const steps[STORAGE_KINDS])(
    struct writer *w, struct storage_op *op) = {
	[STORAGE_REGISTER] = writer_register,
	[STORAGE_REPLACE] = writer_replace,
	[STORAGE_PUBLISH] = writer_publish,
	[STORAGE_BUNDLES] = writer_bundles,
	[STORAGE_CHAIN_APPEND] = writer_append,
	[STORAGE_SUSPEND] = writer_suspend,
	[STORAGE_REMOVE] = writer_remove,
	[STORAGE_FREE_NAME] = writer_free_name,
	[STORAGE_INVITE_PUT] = writer_invite_put,
	[STORAGE_INVITE_REVOKE] = writer_invite_revoke,
};

/*
 * In a transaction of its own, so that one which fails halfway undoes itself
 * alone.  AGAIN: the batch cannot go on.
 */
static enum status
batch_run_nested(struct writer *w, struct storage_op *op)
{
	struct db_txn *outer = w->batch.txn;
	enum status st = db_txn_begin_nested(outer, &w->batch.txn);

	if (st != STATUS_OK) {
		w->batch.txn = outer;
		return st;
	}
	st = steps[op->kind](w, op);
	if (st == STATUS_OK && db_txn_commit(&w->batch.txn) != STATUS_OK)
		st = STATUS_AGAIN;
	db_txn_abort(w->batch.txn);
	w->batch.txn = outer;
	return st;
}

/* NO_SPACE, IO: give up. */
static enum status
batch_run(struct writer *w, struct storage_op *list)
{
	for (struct storage_op *op = list; op != NULL; op = op->next) {
		if (steps[op->kind] == NULL)
			continue;
		arena_reset(w->scratch);
		op->status = batch_run_nested(w, op);
		if (op->status == STATUS_NO_SPACE)
			return STATUS_NO_SPACE;
		if (op->status == STATUS_AGAIN)
			return STATUS_IO;
	}
	return seen_stage(w);
}

static void
count_commit(struct writer *w, enum status st, int64_t began_us)
{
	if (st != STATUS_OK) {
		metrics_add(w->metrics, METRIC_COMMITS_FAILED, 1);
		return;
	}
	if (!w->batch.wrote)
		return;
	w->commits++;
	metrics_add(w->metrics, METRIC_COMMITS, 1);
	metrics_observe(w->metrics, HISTOGRAM_COMMIT_MESSAGES, 0);
	metrics_observe(w->metrics, HISTOGRAM_COMMIT_US,
	    (uint64_t)(clock_mono_us() - began_us));
}

static void
others_write(struct writer *w, struct storage_op *list)
{
	bool any = false;
	int64_t began_us;
	enum status st;

	for (struct storage_op *op = list; op != NULL && !any; op = op->next)
		any = steps[op->kind] != NULL;
	if (!any)
		return;
	st = batch_begin(w);
	began_us = clock_mono_us();
	if (st == STATUS_OK)
		st = batch_end(w, batch_run(w, list));
	count_commit(w, st, began_us);
	for (struct storage_op *op = list; op != NULL; op = op->next)
		if (st != STATUS_OK && steps[op->kind] != NULL)
			op->status = st;
}

static void
others_read(struct writer *w, struct storage_op *list)
{
	struct db_txn *txn = NULL;
	enum status st = STATUS_OK;

	for (struct storage_op *op = list; op != NULL; op = op->next) {
		if (steps[op->kind] != NULL)
			continue;
		arena_reset(w->scratch);
		if (txn == NULL && st == STATUS_OK)
			st = db_txn_begin(w->db, DB_READ, &txn);
		op->status =
		    st == STATUS_OK ? writer_read_admin(w, txn, op) : st;
	}
	db_txn_abort(txn);
}

static void
fail_all(struct storage_op *list)
{
	for (struct storage_op *op = list; op != NULL; op = op->next)
		op->status = STATUS_IO;
}

void
writer_others(struct writer *w, struct storage_op *list, size_t *done)
{
	w->touched.len = 0;
	w->evicted.len = 0;
	for (struct storage_op *op = list; op != NULL; op = op->next)
		(*done)++;
	if (!writer_is_broken(w))
		others_write(w, list);
	if (writer_is_broken(w))
		fail_all(list);
	else
		others_read(w, list);
}

/* Until the end, or until the batch is full; the lock is let go at times. */
static struct storage_op *
submits_stage(struct writer *w, struct storage_op *list)
{
	enum { AT_ONCE = 64 };
	struct storage_op *op;
	size_t count = 0;

	index_lock(w->index);
	for (op = list; op != NULL && w->batch.bytes < BATCH_BYTES;
	     op = op->next) {
		if (++count % AT_ONCE == 0) {
			index_unlock(w->index);
			index_lock(w->index);
		}
		arena_reset(w->scratch);
		op->status = writer_submit(w, op);
	}
	index_unlock(w->index);
	return op;
}

/* Off the list's end; *count of what stays. */
static void
list_cut(struct storage_op *list, const struct storage_op *rest, size_t *count)
{
	for (struct storage_op *op = list; op != rest;) {
		struct storage_op *next = op->next;

		if (next == rest)
			op->next = NULL;
		(*count)++;
		op = next;
	}
}

struct storage_op *
writer_submits(struct writer *w, struct storage_op *list, size_t *done)
{
	struct storage_op *rest = NULL;
	enum status st = STATUS_IO;

	w->touched.len = 0;
	w->evicted.len = 0;
	if (!writer_is_broken(w)) {
		rest = submits_stage(w, list);
		st = batch_write(w);
	}
	list_cut(list, rest, done);
	for (struct storage_op *op = list; op != NULL; op = op->next)
		if (st != STATUS_OK)
			op->status = st;
	return rest;
}

const struct writer_touch *
writer_touched(const struct writer *w, size_t *count)
{
	*count = w->touched.len;
	return w->touched.list;
}

void
writer_close(struct writer *w)
{
	if (w == NULL)
		return;
	move_stop(w);
	/* If it fails, what was acknowledged will be acknowledged again. */
	w->thorough = SIZE_MAX;
	if (w->index != NULL && !writer_is_broken(w))
		(void)(upkeep_run(w) == STATUS_OK);
	batch_free(w);
	index_free(w->index);
	shares_free(w->shares);
	arena_free(w->scratch);
	free(w->batch.rows.list);
	free(w->batch.added.list);
	free(w->batch.changes.list);
	free(w->touched.list);
	free(w->evicted.list);
	free(w);
}
