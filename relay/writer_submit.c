/*
 * writer_submit.c - stages a submit: all of it, or nothing (protocol.md 4.6).
 *
 * Nothing is written here.  What is decided stands in drafts and in the list of
 * staged items until the batch is on disk.
 */
#include <string.h>

#include "base/clock.h"
#include "proto/codec.h"
#include "relay/writer_private.h"

enum {
	/* More queued messages than this index is to hold in memory. */
	QUEUED_ITEMS_MAX = 64 * 1024 * 1024,
	/* Notes may pass the receipt lane's limit by this factor. */
	NOTE_ROOM = 2,
};

struct submission {
	struct writer *w;
	struct storage_op *op;
	const struct submit *submit;
	struct mailbox *sender;
	struct mailbox **to; /* of each recipient */
	struct refusal *refused;
	size_t refused_count;
	struct segment_submit *mark;
	bool shared_is_there; /* the payload for many is in the batch */
	size_t first_item;    /* in the batch's list */
	size_t bytes_before;  /* of the batch */
};

/* Lists being gathered; at first only counted. */
struct changes {
	struct device_ref *items[3];
	size_t counts[3];
};

enum { CHANGE_MISSING, CHANGE_EXTRA, CHANGE_STALE };

static void
changes_add(struct changes *c, int which, const struct account_name *account,
    uint32_t device)
{
	if (c->items[which] != NULL)
		c->items[which][c->counts[which]] =
		    (struct device_ref){ *account, device };
	c->counts[which]++;
}

/* Who is named; `to` is filled in for those who exist. */
static void
find_recipients(struct submission *s, struct changes *c)
{
	struct index *x = s->w->index;

	for (size_t i = 0; i < s->submit->recipients_count; i++) {
		const struct recipient *r = &s->submit->recipients[i];
		struct account *a = index_account(x, &r->to.account);
		struct mailbox *m =
		    a != NULL ? account_mailbox(a, r->to.device) : NULL;

		if (a != NULL)
			a->named_in = s->w->submits;
		s->to[i] = m;
		if (m == NULL) {
			changes_add(
			    c, CHANGE_EXTRA, &r->to.account, r->to.device);
			continue;
		}
		m->named_in = s->w->submits;
		if (m->device.registration_id != r->registration_id)
			changes_add(
			    c, CHANGE_STALE, &r->to.account, r->to.device);
	}
}

/* The sending device has no need to send to itself. */
static void
find_missing(struct submission *s, struct changes *c)
{
	for (size_t i = 0; i < s->submit->recipients_count; i++) {
		/* Looking up by name is dear, and it was found just before. */
		struct account *a =
		    s->to[i] != NULL
			? s->to[i]->account
			: index_account(s->w->index,
			      &s->submit->recipients[i].to.account);

		if (a == NULL || a->named_in != s->w->submits)
			continue;
		a->named_in = 0; /* once is enough */
		for (size_t d = 0; d < a->devices_count; d++)
			if (a->devices[d].named_in != s->w->submits &&
			    &a->devices[d] != s->sender)
				changes_add(c, CHANGE_MISSING, &a->name,
				    a->devices[d].device.id);
	}
}

static struct device_refs
changes_view(const struct changes *c, int which)
{
	return (struct device_refs){ c->items[which], c->counts[which] };
}

/* CONFLICT: the devices named are not the current ones. */
static enum status
check_devices(struct submission *s)
{
	struct changes c = { .counts = { 0 } };
	struct changes got = { .counts = { 0 } };

	s->w->submits++;
	find_recipients(s, &c);
	find_missing(s, &c);
	if (c.counts[0] + c.counts[1] + c.counts[2] == 0)
		return STATUS_OK;
	for (int i = 0; i < 3; i++) {
		got.items[i] = arena_take_array(
		    s->op->arena, c.counts[i] + 1, sizeof(*got.items[i]));
		if (got.items[i] == NULL)
			return STATUS_NOMEM;
	}
	s->w->submits++;
	find_recipients(s, &got);
	find_missing(s, &got);
	s->op->u.submit.changed = (struct devices_changed){
		.missing = changes_view(&got, CHANGE_MISSING),
		.extra = changes_view(&got, CHANGE_EXTRA),
		.stale = changes_view(&got, CHANGE_STALE),
	};
	return STATUS_CONFLICT;
}

/* The lane has let it in already. */
static enum status
stage_item(struct submission *s, struct mailbox *m, struct segment_item *item,
    bool has_payload)
{
	struct batch *b = &s->w->batch;
	enum status st = mailbox_reserve(m, m->draft->head + 1);

	if (st == STATUS_OK)
		st = TABLE_RESERVE(&b->items, 1);
	if (st != STATUS_OK) {
		lane_remove(&m->draft->added[mailbox_lane_of(item->type)],
		    item->payload.len);
		return st;
	}
	item->submit = s->mark;
	item->slot = m->device.slot;
	item->seq = ++m->draft->head;
	item->stored_ms = sweep_stamp(s->w, s->op->now_ms);
	b->items.list[b->items.len++] = *item;
	b->bytes += segment_item_bytes(item, has_payload);
	return STATUS_OK;
}

/* To the own devices it may send as much as fits. */
static bool
has_share(const struct submission *s, const struct mailbox *m,
    enum mailbox_lane lane, size_t len)
{
	const struct account *from = s->sender->account;
	struct lane now = m->lanes[lane];
	const struct share_taker taker = {
		.sender = from->devices[0].device.slot,
		.slot = m->device.slot,
		.lane = lane,
		.len = len,
	};

	now.items += m->draft->added[lane].items;
	now.bytes += m->draft->added[lane].bytes;
	return s->w->shares == NULL || m->account == from ||
	       shares_take(s->w->shares, &taker, &now, clock_mono_ms());
}

static enum status
stage_recipient(struct submission *s, size_t i)
{
	const struct recipient *r = &s->submit->recipients[i];
	bool shared = r->payload.len == 0;
	enum mailbox_lane lane = mailbox_lane_of(r->type);
	struct mailbox *m = s->to[i];
	struct segment_item item = {
		.sender_slot = s->sender->device.slot,
		.type = r->type,
		.suite = r->suite,
		.payload = shared ? s->submit->shared : r->payload,
		.shared = shared,
	};

	if (has_share(s, m, lane, item.payload.len) &&
	    lane_admit(&m->lanes[lane], &m->draft->added[lane],
		&s->w->limits[lane], item.payload.len)) {
		bool first = !shared || !s->shared_is_there;

		s->shared_is_there |= shared;
		return stage_item(s, m, &item, first);
	}
	s->refused[s->refused_count++] = (struct refusal){
		.index = (uint32_t)i,
		.code = ERROR_FULL,
	};
	return STATUS_OK;
}

static enum status
encode_note(
    struct submission *s, const struct refusal *refused, struct bytes *payload)
{
	struct relay_note note = {
		.code = refused->code,
		.return_handle = s->submit->return_handle,
		.to = s->submit->recipients[refused->index].to,
		.counter = s->submit->counter,
	};
	struct buf *out = NULL;
	enum status st = buf_new(NOTE_MAX_BYTES, &out);

	memcpy(note.stream, s->submit->stream, sizeof(note.stream));
	if (st == STATUS_OK)
		st = codec_put_note(&note, out);
	if (st == STATUS_OK)
		st = arena_copy(s->op->arena, buf_view(out), payload);
	buf_free(out);
	return st;
}

/*
 * A replay is answered from the notes in the sender's receipt lane, so each
 * refusal has to be there.  FULL: even that is full, and then the whole
 * submit is refused, since part of it would be lost in silence.
 */
static enum status
stage_note(struct submission *s, const struct refusal *refused)
{
	const struct lane_limits *limits = &s->w->limits[LANE_RECEIPTS];
	struct lane *added = &s->sender->draft->added[LANE_RECEIPTS];
	uint64_t items = s->sender->lanes[LANE_RECEIPTS].items + added->items;
	struct segment_item item = { .type = ITEM_RELAY_NOTE };
	enum status st = encode_note(s, refused, &item.payload);

	if (st != STATUS_OK)
		return st;
	if (items >= limits->items * NOTE_ROOM)
		return STATUS_FULL;
	lane_add(added, item.payload.len);
	return stage_item(s, s->sender, &item, true);
}

static void
unstage(struct submission *s)
{
	struct staged_items *items = &s->w->batch.items;

	while (items->len > s->first_item) {
		const struct segment_item *item = &items->list[--items->len];
		struct mailbox *m = index_slot(s->w->index, item->slot);

		m->draft->head--;
		lane_remove(&m->draft->added[mailbox_lane_of(item->type)],
		    item->payload.len);
	}
	s->w->batch.bytes = s->bytes_before;
}

/* The id is used up by the segment that this becomes part of. */
static void
stage_mark(struct submission *s)
{
	struct mailbox_draft *d = s->sender->draft;
	struct staged_submits *submits = &s->w->batch.submits;

	if (!d->submitted)
		d->replay = s->sender->replay;
	replay_mark(&d->replay, s->mark->stream, s->mark->counter);
	d->submitted = true;
	submits->list[submits->len++] = s->mark;
	s->w->batch.bytes += segment_submit_bytes(s->mark);
}

static enum status
stage_all(struct submission *s)
{
	enum status st = TABLE_RESERVE(&s->w->batch.submits, 1);

	for (size_t i = 0; i < s->submit->recipients_count; i++)
		if (st == STATUS_OK)
			st = batch_draft(s->w, s->to[i]);
	for (size_t i = 0; i < s->submit->recipients_count; i++)
		if (st == STATUS_OK)
			st = stage_recipient(s, i);
	for (size_t i = 0; i < s->refused_count; i++)
		if (st == STATUS_OK)
			st = stage_note(s, &s->refused[i]);
	if (st == STATUS_OK)
		stage_mark(s);
	else
		unstage(s);
	return st;
}

static enum status
stage(struct submission *s)
{
	s->mark = arena_take(s->op->arena, sizeof(*s->mark));
	if (s->mark == NULL)
		return STATUS_NOMEM;
	s->mark->slot = s->sender->device.slot;
	s->mark->counter = s->submit->counter;
	memcpy(s->mark->stream, s->submit->stream, sizeof(s->mark->stream));
	s->mark->return_handle = s->submit->return_handle;
	return stage_all(s);
}

/* Decoding has checked it; a segment must hold it, whoever hands it over. */
static bool
fits(const struct submit *submit)
{
	size_t bytes = submit->shared.len;

	if (submit->shared.len > LIMIT_ITEM_BYTES ||
	    submit->recipients_count > LIMIT_RECIPIENTS ||
	    submit->return_handle.len > LIMIT_RETURN_HANDLE_BYTES)
		return false;
	for (size_t i = 0; i < submit->recipients_count; i++) {
		if (submit->recipients[i].payload.len > LIMIT_ITEM_BYTES)
			return false;
		bytes += submit->recipients[i].payload.len;
	}
	return bytes <= LIMIT_MESSAGE_BYTES;
}

static enum status
submission_init(struct submission *s, struct writer *w, struct storage_op *op)
{
	size_t count = op->u.submit.submit.recipients_count;

	*s = (struct submission){
		.w = w,
		.op = op,
		.submit = &op->u.submit.submit,
		.sender = index_mailbox(w->index, &op->u.submit.sender),
		.first_item = w->batch.items.len,
		.bytes_before = w->batch.bytes,
	};
	if (s->sender == NULL)
		return STATUS_NOT_FOUND;
	if (!fits(s->submit))
		return STATUS_BAD_INPUT;
	account_seen(s->sender->account, op->now_ms);
	s->to = arena_take_array(w->scratch, count, sizeof(struct mailbox *));
	s->refused = arena_take_array(op->arena, count, sizeof(*s->refused));
	if (s->to == NULL || s->refused == NULL)
		return STATUS_NOMEM;
	return batch_draft(w, s->sender);
}

enum status
writer_submit(struct writer *w, struct storage_op *op)
{
	struct submission s;
	enum status st = submission_init(&s, w, op);

	op->u.submit.refused = NULL;
	op->u.submit.refused_count = 0;
	if (st != STATUS_OK)
		return st;
	st = replay_check(s.sender->draft->submitted ? &s.sender->draft->replay
						     : &s.sender->replay,
	    s.submit->stream, s.submit->counter);
	if (st == STATUS_OK)
		st = check_devices(&s);
	if (st != STATUS_OK)
		return st;
	if (index_items(w->index) + w->batch.items.len +
		s.submit->recipients_count >
	    QUEUED_ITEMS_MAX)
		return STATUS_NOMEM;
	st = stage(&s);
	if (st != STATUS_OK)
		return st;
	op->u.submit.refused = s.refused;
	op->u.submit.refused_count = s.refused_count;
	return STATUS_OK;
}
