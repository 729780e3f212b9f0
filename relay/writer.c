#include "relay/writer.h"

#include <stdlib.h>
#include <string.h>

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
writer_open(
    struct db *db, const struct storage_options *options, struct writer **w)
{
	struct writer *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->db = db;
	fresh->metrics = options->metrics;
	st = set_limits(fresh, &options->limits);
	if (st == STATUS_OK)
		st = arena_new(WRITER_SCRATCH_BYTES, &fresh->scratch);
	if (st == STATUS_OK)
		st = index_load(db, &fresh->index);
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

/* These write; the others wait for the commit and read (writer_read()). */
static enum status (*const steps[STORAGE_KINDS])(
    struct writer *w, struct storage_op *op) = {
	[STORAGE_REGISTER] = writer_register,
	[STORAGE_PUBLISH] = writer_publish,
	[STORAGE_BUNDLES] = writer_bundles,
	[STORAGE_SUBMIT] = writer_submit,
	[STORAGE_CHAIN_APPEND] = writer_append,
	[STORAGE_SUSPEND] = writer_suspend,
	[STORAGE_REMOVE] = writer_remove,
	[STORAGE_FREE_NAME] = writer_free_name,
	[STORAGE_INVITE_PUT] = writer_invite_put,
	[STORAGE_INVITE_REVOKE] = writer_invite_revoke,
};

static bool
op_writes(const struct storage_op *op)
{
	return steps[op->kind] != NULL;
}

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

/* Runs until the end or until the batch is full.  NO_SPACE, IO: give up. */
static enum status
batch_run(struct writer *w, struct storage_op *list, struct storage_op **rest)
{
	struct storage_op *op;

	for (op = list; op != NULL && w->batch.bytes < BATCH_BYTES;
	     op = op->next) {
		if (!op_writes(op))
			continue;
		arena_reset(w->scratch);
		if (op->kind == STORAGE_SUBMIT)
			op->status = writer_submit(w, op);
		else
			op->status = batch_run_nested(w, op);
		if (op->status == STATUS_NO_SPACE)
			return STATUS_NO_SPACE;
		if (op->status == STATUS_AGAIN)
			return STATUS_IO;
	}
	*rest = op;
	return STATUS_OK;
}

static void
fail_writes(struct storage_op *list, enum status st)
{
	for (struct storage_op *op = list; op != NULL; op = op->next)
		if (op_writes(op))
			op->status = st;
}

/* As much upkeep as there is room for: letting go takes a few pages too. */
static enum status
writer_tidy(struct writer *w)
{
	static const size_t amounts[] = { SIZE_MAX, 64, 8, 1 };
	enum status st = STATUS_NO_SPACE;

	for (size_t i = 0; i < 4 && st == STATUS_NO_SPACE; i++) {
		w->thorough = amounts[i];
		st = batch_begin(w);
		if (st == STATUS_OK)
			st = batch_end(w, STATUS_OK);
	}
	return st;
}

/*
 * A full disk may need the dead gone before anything else can be written.  And
 * LMDB uses freed pages again only in the second commit after, so that there is
 * always an older tree to go back to: one commit of next to nothing in between.
 */
static void
writer_make_space(struct writer *w)
{
	struct relay_meta meta;
	enum status st;

	if (w->thorough == 0 || writer_tidy(w) != STATUS_OK)
		return;
	w->thorough = 0;
	if (batch_begin(w) != STATUS_OK)
		return;
	st = schema_get_meta(w->batch.txn, &meta);
	if (st == STATUS_OK)
		st = schema_put_meta(w->batch.txn, &meta);
	w->batch.wrote = true;
	st = batch_end(w, st);
	w->thorough = st == STATUS_OK ? 0 : SIZE_MAX;
}

static struct storage_op *
writer_write(struct writer *w, struct storage_op *list)
{
	struct storage_op *rest = NULL;
	bool any = upkeep_is_due(w);
	enum status st;

	for (struct storage_op *op = list; op != NULL && !any; op = op->next)
		any = op_writes(op);
	if (!any)
		return NULL;
	writer_make_space(w);
	st = batch_begin(w);
	if (st == STATUS_OK)
		st = batch_end(w, batch_run(w, list, &rest));
	if (st == STATUS_OK)
		return rest;
	w->thorough = st == STATUS_NO_SPACE ? SIZE_MAX : 0;
	fail_writes(list, st);
	return NULL;
}

static void
writer_read_all(struct writer *w, struct storage_op *list)
{
	struct db_txn *txn = NULL;
	enum status st = STATUS_OK;

	for (struct storage_op *op = list; op != NULL; op = op->next) {
		bool replay =
		    op->kind == STORAGE_SUBMIT && op->status == STATUS_EXISTS;

		if (op_writes(op) && !replay)
			continue;
		arena_reset(w->scratch);
		if (txn == NULL && st == STATUS_OK)
			st = db_txn_begin(w->db, DB_READ, &txn);
		op->status = st == STATUS_OK ? writer_read(w, txn, op) : st;
	}
	db_txn_abort(txn);
}

static void
fail_all(struct storage_op *list)
{
	for (struct storage_op *op = list; op != NULL; op = op->next)
		op->status = STATUS_IO;
}

/* Off the list's end; *count of what stays. */
static void
list_cut(struct storage_op *list, const struct storage_op *rest, size_t *count)
{
	*count = 0;
	for (struct storage_op *op = list; op != rest;) {
		struct storage_op *next = op->next;

		if (next == rest)
			op->next = NULL;
		(*count)++;
		op = next;
	}
}

struct storage_op *
writer_step(struct writer *w, struct storage_op *list,
    const struct writer_ack *acks, size_t acks_count, size_t *done)
{
	struct storage_op *rest;

	w->touched.len = 0;
	w->evicted.len = 0;
	for (size_t i = 0; i < acks_count; i++) {
		struct mailbox *m = index_mailbox(w->index, &acks[i].who);

		if (m != NULL)
			index_acknowledge(w->index, m, acks[i].seq);
	}
	if (db_is_broken(w->db)) {
		fail_all(list);
		list_cut(list, NULL, done);
		return NULL;
	}
	rest = writer_write(w, list);
	list_cut(list, rest, done);
	if (db_is_broken(w->db))
		fail_all(list);
	else if (list != rest)
		writer_read_all(w, list);
	writer_survey(w);
	return rest;
}

const struct writer_touch *
writer_touched(const struct writer *w, size_t *count)
{
	*count = w->touched.len;
	return w->touched.list;
}

const struct storage_eviction *
writer_evicted(const struct writer *w, size_t *count)
{
	*count = w->evicted.len;
	return w->evicted.list;
}

void
writer_close(struct writer *w)
{
	if (w == NULL)
		return;
	/* If it fails, what was acknowledged will be acknowledged again. */
	if (w->index != NULL && !db_is_broken(w->db))
		(void)(writer_tidy(w) == STATUS_OK);
	index_free(w->index);
	shares_free(w->shares);
	arena_free(w->scratch);
	free(w->batch.items.list);
	free(w->batch.moved.list);
	free(w->batch.dropped.list);
	free(w->batch.saved.list);
	free(w->batch.added.list);
	free(w->batch.changes.list);
	free(w->touched.list);
	free(w->evicted.list);
	free(w);
}
