/*
 * writer_batch.c - a batch of submits from its beginning to the journal: what
 * was staged becomes real in memory only after it is on disk.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "relay/writer_private.h"

/* Whatever one submit adds, a batch that was not yet full fits a segment. */
static_assert(BATCH_BYTES + LIMIT_MESSAGE_BYTES + SEGMENT_HEAD_BYTES +
		  LIMIT_RECIPIENTS * 2 * SEGMENT_ITEM_BYTES +
		  LIMIT_RECIPIENTS * NOTE_MAX_BYTES + SEGMENT_SUBMIT_MAX <
	      JOURNAL_SEGMENT_BYTES);

enum status
batch_draft(struct writer *w, struct mailbox *m)
{
	struct mailbox_draft *d = m->draft;

	if (d != NULL)
		return STATUS_OK;
	d = w->spare_drafts;
	if (d != NULL)
		w->spare_drafts = d->next;
	else
		d = calloc(1, sizeof(*d));
	if (d == NULL)
		return STATUS_NOMEM;
	d->mailbox = m;
	d->head = m->head;
	for (size_t i = 0; i < LANES_COUNT; i++)
		d->added[i] = (struct lane){ .refusing = m->lanes[i].refusing };
	d->submitted = false;
	d->next = w->batch.drafts;
	w->batch.drafts = d;
	m->draft = d;
	return STATUS_OK;
}

static void
drafts_clear(struct writer *w)
{
	struct mailbox_draft *next;

	for (struct mailbox_draft *d = w->batch.drafts; d != NULL; d = next) {
		next = d->next;
		d->mailbox->draft = NULL;
		d->next = w->spare_drafts;
		w->spare_drafts = d;
	}
	w->batch.drafts = NULL;
}

static void
batch_clear(struct writer *w)
{
	drafts_clear(w);
	w->batch.bytes = 0;
	w->batch.items.len = 0;
	w->batch.submits.len = 0;
}

void
batch_free(struct writer *w)
{
	struct mailbox_draft *next;

	for (struct mailbox_draft *d = w->spare_drafts; d != NULL; d = next) {
		next = d->next;
		free(d);
	}
	free(w->batch.items.list);
	free(w->batch.submits.list);
}

/* Whom to wake, worked out before so that it cannot fail after. */
static enum status
batch_touch(struct writer *w)
{
	for (struct mailbox_draft *d = w->batch.drafts; d != NULL;
	     d = d->next) {
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

/* A full disk may need the dead gone first. */
static enum status
batch_prepare(struct writer *w, size_t bytes, struct journal_room *room)
{
	enum status st = journal_prepare(w->journal, bytes, room);

	if (st != STATUS_NO_SPACE)
		return st;
	index_lock(w->index);
	journal_give_up(w->journal);
	index_unlock(w->index);
	w->thorough = SIZE_MAX;
	w->making_room = true;
	st = upkeep_run(w);
	w->making_room = false;
	w->thorough = 0;
	return st == STATUS_OK ? journal_prepare(w->journal, bytes, room) : st;
}

static enum status
batch_append(struct writer *w, uint64_t *base)
{
	struct batch *b = &w->batch;
	struct segment_plan plan = {
		.submits = b->submits.list,
		.submits_count = b->submits.len,
		.items = b->items.list,
		.items_count = b->items.len,
	};
	struct journal_room room;
	size_t bytes;
	enum status st = batch_prepare(w, SEGMENT_HEAD_BYTES + b->bytes, &room);

	if (st != STATUS_OK)
		return st;
	plan.number = journal_next_segment(w->journal);
	plan.place = room.place;
	bytes = segment_write(&plan, &room.key, room.data);
	assert(bytes <= SEGMENT_HEAD_BYTES + b->bytes);
	*base = room.position - room.place;
	return journal_append(w->journal, bytes);
}

static void
batch_apply(struct writer *w, uint64_t base)
{
	struct batch *b = &w->batch;

	for (size_t i = 0; i < b->items.len; i++) {
		const struct segment_item *item = &b->items.list[i];

		index_enter(w->index, index_slot(w->index, item->slot), item,
		    base + item->place);
	}
	for (struct mailbox_draft *d = b->drafts; d != NULL; d = d->next) {
		struct mailbox *m = d->mailbox;

		for (size_t i = 0; i < LANES_COUNT; i++)
			m->lanes[i].refusing = d->added[i].refusing;
		if (!d->submitted)
			continue;
		m->replay = d->replay;
		m->replay_saved = false;
		index_dirty(w->index, m);
	}
}

static void
batch_count(struct writer *w, enum status st, int64_t began_us)
{
	const size_t items = w->batch.items.len;

	if (st != STATUS_OK) {
		metrics_add(w->metrics, METRIC_COMMITS_FAILED, 1);
		return;
	}
	w->commits++;
	metrics_add(w->metrics, METRIC_COMMITS, 1);
	metrics_add(w->metrics, METRIC_MESSAGES, (int64_t)items);
	metrics_observe(w->metrics, HISTOGRAM_COMMIT_MESSAGES, items);
	metrics_observe(w->metrics, HISTOGRAM_COMMIT_US,
	    (uint64_t)(clock_mono_us() - began_us));
}

enum status
batch_write(struct writer *w)
{
	const int64_t began_us = clock_mono_us();
	const bool any = w->batch.submits.len > 0 || w->batch.items.len > 0;
	enum status st = STATUS_OK;
	uint64_t base = 0;

	if (any) {
		st = batch_touch(w);
		if (st == STATUS_OK)
			st = batch_append(w, &base);
		batch_count(w, st, began_us);
	}
	index_lock(w->index);
	if (any && st == STATUS_OK)
		batch_apply(w, base);
	if (st != STATUS_OK)
		w->touched.len = 0;
	batch_clear(w);
	index_unlock(w->index);
	return st;
}
