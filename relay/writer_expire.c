/*
 * writer_expire.c - gives up mail that nobody has fetched in time, or whose
 * account was removed.
 *
 * A bounded number of items of one mailbox goes at once.  Whoever sent a
 * message is told by a note in its receipt lane, on disk before the message is
 * let go; when there is no room for the note the message stays until there is.
 * Notes and receipts leave nothing, or notes about notes would go on for ever.
 * A crash in between says the same a second time.
 */
#include <string.h>

#include "proto/codec.h"
#include "relay/writer_private.h"

enum {
	EXPIRE_ITEMS = 64, /* given up at once */
	MINUTE_MS = 60 * 1000,
	/* A stamp this far ahead was made by a clock that was wrong. */
	AHEAD_MINUTES = 3 * 24 * 60,
};

/* An item at the front of a mailbox that is given up. */
struct given_up {
	uint64_t seq;
	struct journal_file *file; /* held; NULL: nobody is told */
	uint32_t place;
	uint32_t sender_slot; /* 0: nobody is told */
	struct bytes note;
};

struct giving_up {
	struct mailbox *from;
	struct given_up items[EXPIRE_ITEMS];
	size_t count;
};

static uint32_t
minutes_now(const struct writer *w)
{
	const int64_t minutes = w->sweep.calendar.now_ms / MINUTE_MS;

	return minutes < UINT32_MAX ? (uint32_t)minutes : UINT32_MAX;
}

/* The lock is held. */
static bool
is_too_old(
    const struct writer *w, const struct mailbox *m, struct queue_entry *e)
{
	const uint32_t now = minutes_now(w);
	const int64_t ttl = w->sweep.ttl_ms / MINUTE_MS;

	if (m->account->leaving)
		return true; /* nobody comes any more */
	if (ttl == 0)
		return false;

	if (e->stored_min > now && e->stored_min - now > AHEAD_MINUTES)
		e->stored_min = now;
	return e->stored_min <= now && now - e->stored_min >= ttl;
}

bool
expire_is_due(const struct writer *w, const struct mailbox *m)
{
	struct queue_entry *front = mailbox_find(m, m->acknowledged + 1);

	return front != NULL && is_too_old(w, m, front);
}

/* From the front on, as far as it is too old; the lock is held. */
static void
gather(struct writer *w, struct giving_up *g)
{
	const struct mailbox *m = g->from;

	for (g->count = 0; g->count < EXPIRE_ITEMS; g->count++) {
		struct given_up *item = &g->items[g->count];
		struct queue_entry *e;

		*item = (struct given_up){
			.seq = m->acknowledged + 1 + g->count,
		};
		e = mailbox_find(m, item->seq);
		if (e == NULL || !is_too_old(w, m, e))
			break;
		if (e->position == 0 || queue_entry_lane(e) != LANE_MESSAGES)
			continue;
		item->file = journal_hold(w->journal, e->position);
		if (item->file != NULL)
			item->place = (uint32_t)(e->position -
						 journal_position(item->file));
	}
}

static void
release(struct writer *w, struct giving_up *g)
{
	index_lock(w->index);
	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].file != NULL)
			journal_release(w->journal, g->items[i].file);
	index_unlock(w->index);
}

static enum status
make_note(struct writer *w, const struct mailbox *m,
    const struct segment_submit *submit, struct bytes *payload)
{
	struct relay_note note = {
		.code = m->account->leaving ? ERROR_NOT_FOUND : ERROR_EXPIRED,
		.return_handle = submit->return_handle,
		.to = { m->account->name, m->device.id },
		.counter = submit->counter,
	};
	struct buf *out = NULL;
	enum status st = buf_new(NOTE_MAX_BYTES, &out);

	memcpy(note.stream, submit->stream, sizeof(note.stream));
	if (st == STATUS_OK)
		st = codec_put_note(&note, out);
	if (st == STATUS_OK)
		st = arena_copy(w->scratch, buf_view(out), payload);
	buf_free(out);
	return st;
}

/* The submit that an item came by; what it refers to lies in `bytes`. */
static enum status
read_submit(const struct given_up *item, const struct segment_item *head,
    uint8_t bytes[SEGMENT_SUBMIT_MAX], struct segment_submit *submit)
{
	size_t left = journal_file_bytes(item->file);
	size_t len = SEGMENT_SUBMIT_MAX;
	enum status st;

	if (head->submit_place >= left)
		return STATUS_IO;
	left -= head->submit_place;
	if (len > left)
		len = left;
	st = journal_read(item->file, head->submit_place, len, bytes);
	return st == STATUS_OK
		   ? segment_submit_parse(bytes_view(bytes, len), submit)
		   : st;
}

/* Who is to be told what.  What cannot be read is told to nobody: logged. */
static enum status
read_given_up(struct writer *w, const struct mailbox *m, struct given_up *item)
{
	uint8_t bytes[SEGMENT_SUBMIT_MAX];
	uint8_t raw[SEGMENT_ITEM_BYTES];
	struct segment_submit submit;
	struct segment_item head;
	uint32_t payload;
	size_t len;
	enum status st;

	if (item->file == NULL)
		return STATUS_OK;
	st = journal_read(item->file, item->place, sizeof(raw), raw);
	if (st == STATUS_OK)
		st = segment_item_head(raw, &head, &payload, &len);
	if (st == STATUS_OK &&
	    (head.slot != m->device.slot || head.seq != item->seq))
		st = STATUS_IO;
	if (st != STATUS_OK || head.submit_place == 0)
		return st == STATUS_NOMEM ? st : STATUS_OK;
	st = read_submit(item, &head, bytes, &submit);
	if (st == STATUS_OK)
		st = make_note(w, m, &submit, &item->note);
	if (st == STATUS_OK)
		item->sender_slot = head.sender_slot;
	return st == STATUS_NOMEM ? st : STATUS_OK;
}

/* FULL: the sender's lane has no room; the lock is held. */
static enum status
stage_note(struct writer *w, const struct given_up *item)
{
	struct mailbox *to = index_slot(w->index, item->sender_slot);
	struct segment_item note = {
		.type = ITEM_RELAY_NOTE,
		.stored_ms = w->sweep.calendar.now_ms,
		.payload = item->note,
	};
	struct lane *added;
	enum status st;

	if (item->sender_slot == 0 || to == NULL || to->account->leaving)
		return STATUS_OK;
	st = batch_draft(w, to);
	if (st != STATUS_OK)
		return st;
	added = &to->draft->added[LANE_RECEIPTS];
	if (to->lanes[LANE_RECEIPTS].items + added->items >=
	    w->limits[LANE_RECEIPTS].items)
		return STATUS_FULL;
	st = mailbox_reserve(to, to->draft->head + 1);
	if (st == STATUS_OK)
		st = TABLE_RESERVE(&w->batch.items, 1);
	if (st != STATUS_OK)
		return st;
	lane_add(added, note.payload.len);
	note.slot = to->device.slot;
	note.seq = ++to->draft->head;
	w->batch.items.list[w->batch.items.len++] = note;
	w->batch.bytes += segment_item_bytes(&note, true);
	return STATUS_OK;
}

/* Of the first so many, as many as there is room to tell of. */
static size_t
stage_notes(struct writer *w, const struct giving_up *g, size_t most)
{
	size_t staged = 0;

	index_lock(w->index);
	while (staged < most && stage_note(w, &g->items[staged]) == STATUS_OK)
		staged++;
	index_unlock(w->index);
	return staged;
}

bool
expire_some(struct writer *w, struct mailbox *m)
{
	struct giving_up g = { .from = m };
	size_t gone = 0;

	arena_reset(w->scratch);
	index_lock(w->index);
	gather(w, &g);
	index_unlock(w->index);
	while (
	    gone < g.count && read_given_up(w, m, &g.items[gone]) == STATUS_OK)
		gone++;
	release(w, &g);
	gone = stage_notes(w, &g, gone);
	if (batch_write(w) != STATUS_OK || gone == 0)
		return false;
	index_lock(w->index);
	index_expire(w->index, m, g.items[gone - 1].seq);
	index_unlock(w->index);
	w->sweep.expired += gone;
	if (!m->account->leaving)
		metrics_add(w->metrics, METRIC_EXPIRED, (int64_t)gone);
	return true;
}
