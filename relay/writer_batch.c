/*
 * writer_batch.c - one batch from its beginning to its commit: what operations
 * staged is written, and becomes real in memory only after it is on disk.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "relay/writer_private.h"
#include "store/dbkey.h"

enum status
batch_draft(struct writer *w, struct mailbox *m)
{
	struct mailbox_draft *d = m->draft;

	if (d != NULL)
		return STATUS_OK;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return STATUS_NOMEM;
	d->mailbox = m;
	d->head = m->head;
	memcpy(d->lanes, m->lanes, sizeof(d->lanes));
	d->replay = m->replay;
	d->next = w->batch.drafts;
	w->batch.drafts = d;
	m->draft = d;
	return STATUS_OK;
}

enum status
batch_begin(struct writer *w)
{
	w->batch.wrote = false;
	w->batch.bytes = 0;
	w->batch.next_segment = index_next_segment(w->index);
	return db_txn_begin(w->db, DB_WRITE, &w->batch.txn);
}

static void
drafts_clear(struct writer *w)
{
	struct mailbox_draft *next;

	for (struct mailbox_draft *d = w->batch.drafts; d != NULL; d = next) {
		next = d->next;
		d->mailbox->draft = NULL;
		free(d);
	}
	w->batch.drafts = NULL;
}

static void
batch_clear(struct writer *w)
{
	struct batch *b = &w->batch;

	drafts_clear(w);
	b->items.len = 0;
	b->moved.len = 0;
	b->dropped.len = 0;
	b->saved.len = 0;
	b->added.len = 0;
	buf_free(b->source);
	b->source = NULL;
}

static void
batch_discard(struct writer *w)
{
	struct batch *b = &w->batch;

	db_txn_abort(b->txn);
	b->txn = NULL;
	while (b->saved.len > 0) {
		struct saved_row *row = &b->saved.list[--b->saved.len];

		if (row->is_stream) {
			row->mailbox->replay_saved = false;
		} else {
			row->mailbox->saved = row->saved_before;
			index_unsave(w->index, row->mailbox);
		}
	}
	changes_discard(w);
	drafts_clear(w); /* before the mailboxes that some of them belong to */
	while (b->added.len > 0)
		index_remove_account(w->index, b->added.list[--b->added.len]);
	w->touched.len = 0;
	batch_clear(w);
}

static void
apply_items(struct writer *w)
{
	struct batch *b = &w->batch;

	for (size_t i = 0; i < b->moved.len; i++) {
		struct segment_item *item = &b->moved.list[i];

		index_move(w->index, index_slot(w->index, item->slot), item);
	}
	for (size_t i = 0; i < b->dropped.len; i++)
		index_forget_segment(w->index, b->dropped.list[i]);
	for (size_t i = 0; i < b->items.len; i++) {
		struct segment_item *item = &b->items.list[i];

		index_enter(w->index, index_slot(w->index, item->slot), item);
	}
}

static void
apply_drafts(struct writer *w)
{
	for (struct mailbox_draft *d = w->batch.drafts; d != NULL;
	     d = d->next) {
		struct mailbox *m = d->mailbox;

		memcpy(m->lanes, d->lanes, sizeof(m->lanes));
		if (!d->submitted)
			continue;
		m->replay = d->replay;
		m->replay_saved = d->save;
	}
}

static void
batch_apply(struct writer *w)
{
	index_set_next_segment(w->index, w->batch.next_segment);
	apply_items(w);
	apply_drafts(w);
	batch_clear(w);
	changes_apply(w);
}

enum status
batch_save_stream(struct writer *w, struct mailbox *m,
    const struct replay *replay, uint64_t segment)
{
	struct stream_record record = { .replay = *replay, .segment = segment };
	struct dbkey key = dbkey_u32(m->device.slot);
	enum status st = TABLE_RESERVE(&w->batch.saved, 1);

	if (st == STATUS_OK)
		st = record_put_stream(w->batch.txn, dbkey_view(&key), &record);
	if (st != STATUS_OK)
		return st;
	w->batch.saved.list[w->batch.saved.len++] =
	    (struct saved_row){ .mailbox = m, .is_stream = true };
	m->replay_saved = true;
	return STATUS_OK;
}

/* Submits that no segment carries: every recipient was refused. */
static enum status
batch_save_drafts(struct writer *w)
{
	enum status st = STATUS_OK;

	for (struct mailbox_draft *d = w->batch.drafts;
	     d != NULL && st == STATUS_OK; d = d->next)
		if (d->save)
			st = batch_save_stream(
			    w, d->mailbox, &d->replay, w->batch.next_segment);
	return st;
}

/* Whom to wake, worked out before the commit so that it cannot fail after. */
static enum status
batch_touch(struct writer *w)
{
	struct mailbox_draft *d;

	for (d = w->batch.drafts; d != NULL; d = d->next) {
		enum status st;

		if (d->head == d->mailbox->head)
			continue;
		st = TABLE_RESERVE(&w->touched, 1);
		if (st != STATUS_OK)
			return st;
		w->touched.list[w->touched.len++] = (struct writer_touch){
			.who = { .account = d->mailbox->account->name,
			    .device = d->mailbox->device.id },
		};
	}
	return STATUS_OK;
}

static enum status
batch_commit(struct writer *w)
{
	struct batch *b = &w->batch;
	enum status st = STATUS_OK;

	if (b->wrote || b->items.len > 0 || w->thorough > 0 || upkeep_is_due(w))
		st = upkeep_stage(w);
	if (st == STATUS_OK)
		st = segments_append(
		    b->txn, b->moved.list, b->moved.len, &b->next_segment);
	if (st == STATUS_OK)
		st = segments_append(
		    b->txn, b->items.list, b->items.len, &b->next_segment);
	if (st == STATUS_OK)
		st = batch_save_drafts(w);
	if (st == STATUS_OK)
		st = batch_touch(w);
	if (st == STATUS_OK)
		st = index_reserve_segments(w->index,
		    (size_t)(b->next_segment - index_next_segment(w->index)));
	if (st != STATUS_OK)
		return st;
	b->wrote |= b->items.len > 0 || b->saved.len > 0 || b->dropped.len > 0;
	if (b->wrote)
		return db_txn_commit(&b->txn);
	db_txn_abort(b->txn);
	b->txn = NULL;
	return STATUS_OK;
}

/* Before the batch is applied, while it is known what was in it. */
static void
batch_count(struct writer *w, enum status st, int64_t began_us)
{
	const size_t items = w->batch.items.len;

	if (st != STATUS_OK) {
		metrics_add(w->metrics, METRIC_COMMITS_FAILED, 1);
		return;
	}
	if (!w->batch.wrote)
		return;
	w->commits++;
	metrics_add(w->metrics, METRIC_COMMITS, 1);
	metrics_add(w->metrics, METRIC_MESSAGES, (int64_t)items);
	metrics_observe(w->metrics, HISTOGRAM_COMMIT_MESSAGES, items);
	metrics_observe(w->metrics, HISTOGRAM_COMMIT_US,
	    (uint64_t)(clock_mono_us() - began_us));
}

enum status
batch_end(struct writer *w, enum status st)
{
	const int64_t began_us = clock_mono_us();

	if (st == STATUS_OK)
		st = batch_commit(w);
	batch_count(w, st, began_us);
	if (st == STATUS_OK)
		batch_apply(w);
	else
		batch_discard(w);
	return st;
}
