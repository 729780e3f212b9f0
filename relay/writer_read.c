/* writer_read.c - operations that only look, on what has been committed. */
#include <string.h>

#include "proto/codec.h"
#include "relay/writer_private.h"
#include "store/relay/chain.h"
#include "store/relay/prekeys.h"

void
mailbox_state_of(const struct mailbox *m, struct mailbox_state *state)
{
	*state = (struct mailbox_state){
		.acknowledged = m->acknowledged,
		.head = m->head,
		.has_stream = m->replay.has_stream,
		.submit_high = m->replay.high,
	};
	memcpy(state->submit_stream, m->replay.stream,
	    sizeof(state->submit_stream));
}

static enum status
read_identify(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	struct mailbox *m = index_mailbox(w->index, &op->u.identify.who);

	if (m == NULL)
		return STATUS_NOT_FOUND;
	op->u.identify.device_key = m->device.device_key;
	op->u.identify.suspended = m->account->suspended;
	mailbox_state_of(m, &op->u.identify.mailbox);
	if (!op->u.identify.with_prekeys)
		return STATUS_OK;
	account_seen(m->account, op->now_ms);
	return prekeys_state(
	    txn, m->device.slot, w->scratch, &op->u.identify.prekeys);
}

static enum status
read_prekey_state(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	struct mailbox *m = index_mailbox(w->index, &op->u.prekey_state.who);

	if (m == NULL)
		return STATUS_NOT_FOUND;
	return prekeys_state(
	    txn, m->device.slot, w->scratch, &op->u.prekey_state.state);
}

static enum status
read_account(struct db_txn *txn, struct storage_op *op)
{
	struct account_record record;
	struct bytes row;
	enum status st = db_get(
	    txn, TABLE_ACCOUNTS, account_name_bytes(&op->u.account.name), &row);

	if (st == STATUS_OK)
		st = record_get_account(row, op->arena, &record);
	if (st == STATUS_OK)
		op->u.account.list = record.list;
	return st;
}

static enum status
read_chains(struct db_txn *txn, struct storage_op *op)
{
	size_t left = LIMIT_CHAIN_READ_BYTES;
	struct chain_tail *tails = arena_take_array(
	    op->arena, op->u.chain_read.count + 1, sizeof(*tails));
	enum status st = tails != NULL ? STATUS_OK : STATUS_NOMEM;

	for (size_t i = 0; i < op->u.chain_read.count && st == STATUS_OK; i++)
		st = chain_tail(txn, &op->u.chain_read.positions[i], op->arena,
		    &left, &tails[i]);
	if (st == STATUS_OK)
		op->u.chain_read.tails = tails;
	return st;
}

/* What a read will give: items (after, last], their number and their size. */
struct range {
	uint64_t first;
	uint64_t last;
	size_t count;
	size_t bytes;
};

static void
choose_range(
    const struct mailbox *m, const struct storage_op *op, struct range *r)
{
	uint64_t seq = op->u.read.after < m->acknowledged ? m->acknowledged
							  : op->u.read.after;

	*r = (struct range){ .first = seq + 1, .last = seq };
	while (seq < m->head && r->count < op->u.read.max_items) {
		const struct queue_entry *e = mailbox_find(m, ++seq);
		size_t len = queue_entry_len(e);

		/* One too big for the window must not block what follows. */
		if (r->count > 0 && r->bytes + len > op->u.read.max_bytes)
			break;
		r->last = seq;
		if (e->segment == 0)
			continue;
		r->count++;
		r->bytes += len;
	}
}

static void
set_sender(struct writer *w, uint32_t slot, struct item *item)
{
	const struct mailbox *m = index_slot(w->index, slot);
	const struct address *gone = index_gone(w->index, slot);

	if (m == NULL && gone == NULL)
		return;
	item->has_sender = true;
	item->sender = m != NULL
			   ? (struct address){ m->account->name, m->device.id }
			   : *gone;
}

/* Neighbours usually lie in one segment, which is then looked up once. */
static enum status
read_item(struct db_txn *txn, const struct queue_entry *e, uint64_t *number,
    struct segment *s, struct segment_item *item)
{
	enum status st = STATUS_OK;

	if (*number != e->segment)
		st = segments_read(txn, e->segment, s);
	if (st == STATUS_OK) {
		*number = e->segment;
		st = e->index < s->items_count
			 ? segment_item_at(s, e->index, item)
			 : STATUS_IO;
	}
	if (st == STATUS_OK && item->payload.len == queue_entry_len(e))
		return STATUS_OK;
	return st == STATUS_NOT_FOUND || st == STATUS_OK ? STATUS_IO : st;
}

static enum status
copy_range(struct writer *w, struct db_txn *txn, const struct mailbox *m,
    const struct range *r, uint8_t *room, struct storage_item *items)
{
	uint64_t number = 0;
	struct segment s;
	size_t count = 0;

	for (uint64_t seq = r->first; seq <= r->last; seq++) {
		const struct queue_entry *e = mailbox_find(m, seq);
		struct item *item = &items[count].item;
		struct segment_item from;
		enum status st;

		if (e->segment == 0)
			continue;
		st = read_item(txn, e, &number, &s, &from);
		if (st != STATUS_OK)
			return st;
		item->seq = seq;
		item->stored_ms = from.stored_ms;
		item->type = from.type;
		item->suite = from.suite;
		set_sender(w, from.sender_slot, item);
		if (from.payload.len > 0)
			memcpy(room, from.payload.data, from.payload.len);
		item->payload = bytes_view(room, from.payload.len);
		room += from.payload.len;
		count++;
	}
	return STATUS_OK;
}

/* All items of a read share one blob: they are pushed together. */
static enum status
read_mailbox(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	struct mailbox *m = index_mailbox(w->index, &op->u.read.who);
	struct storage_item *items;
	struct blob *blob = NULL;
	struct range r;
	uint8_t *room;
	enum status st;

	if (m == NULL)
		return STATUS_NOT_FOUND;
	account_seen(m->account, op->now_ms);
	choose_range(m, op, &r);
	items = arena_take_array(op->arena, r.count + 1, sizeof(*items));
	if (items == NULL)
		return STATUS_NOMEM;
	if (r.count > 0) {
		st = blob_new(r.bytes, &blob, &room);
		if (st != STATUS_OK)
			return st;
		st = copy_range(w, txn, m, &r, room, items);
		if (st != STATUS_OK) {
			blob_unref(blob);
			return st;
		}
	}
	for (size_t i = 0; i < r.count; i++) {
		items[i].owner = blob;
		if (i > 0)
			blob_ref(blob);
	}
	op->u.read.items = items;
	op->u.read.count = r.count;
	op->u.read.head = m->head;
	return STATUS_OK;
}

/*
 * Whom a note speaks of: of the items for one device a full mailbox refuses the
 * later ones, so the last that no other note has taken.
 */
static void
mark_refused(
    const struct submit *submit, const struct relay_note *note, bool *marked)
{
	for (size_t i = submit->recipients_count; i > 0; i--) {
		if (marked[i - 1] ||
		    !address_equal(&submit->recipients[i - 1].to, &note->to))
			continue;
		marked[i - 1] = true;
		return;
	}
}

/* OK also for a note of another submit, and for what is no note at all. */
static enum status
take_note(const struct submit *submit, const struct segment_item *item,
    struct arena *notes, bool *marked)
{
	struct relay_note note;
	enum status st;

	if (item->type != ITEM_RELAY_NOTE)
		return STATUS_OK;
	arena_reset(notes);
	st = codec_get_note(item->payload, notes, &note);
	if (st != STATUS_OK)
		return st == STATUS_NOMEM ? st : STATUS_IO;
	if (note.counter == submit->counter &&
	    memcmp(note.stream, submit->stream, STREAM_BYTES) == 0)
		mark_refused(submit, &note, marked);
	return STATUS_OK;
}

static enum status
find_notes(struct writer *w, struct db_txn *txn, const struct mailbox *m,
    const struct submit *submit, bool *marked)
{
	uint64_t number = 0;
	struct segment s;
	enum status st = STATUS_OK;

	for (uint64_t seq = m->acknowledged + 1;
	     st == STATUS_OK && seq <= m->head; seq++) {
		const struct queue_entry *e = mailbox_find(m, seq);
		struct segment_item item;

		if (e->segment == 0 || queue_entry_lane(e) != LANE_RECEIPTS)
			continue;
		st = read_item(txn, e, &number, &s, &item);
		if (st == STATUS_OK)
			st = take_note(submit, &item, w->scratch, marked);
	}
	return st;
}

/*
 * A submit id that was used before: its answer may have been lost, so it is
 * given again, as far as the sender has not taken in the notes.
 */
static enum status
read_refusals(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	const struct submit *submit = &op->u.submit.submit;
	struct mailbox *m = index_mailbox(w->index, &op->u.submit.sender);
	struct refusal *refused = arena_take_array(
	    op->arena, submit->recipients_count, sizeof(*refused));
	bool *marked = arena_take_array(
	    op->arena, submit->recipients_count, sizeof(*marked));
	size_t count = 0;
	enum status st;

	if (m == NULL || refused == NULL || marked == NULL)
		return m == NULL ? STATUS_NOT_FOUND : STATUS_NOMEM;
	st = find_notes(w, txn, m, submit, marked);
	if (st != STATUS_OK)
		return st;
	for (size_t i = 0; i < submit->recipients_count; i++)
		if (marked[i])
			refused[count++] = (struct refusal){
				.index = (uint32_t)i,
				.code = ERROR_FULL,
			};
	op->u.submit.refused = refused;
	op->u.submit.refused_count = count;
	return STATUS_EXISTS;
}

enum status
writer_read(struct writer *w, struct db_txn *txn, struct storage_op *op)
{
	switch (op->kind) {
	case STORAGE_IDENTIFY:
		return read_identify(w, txn, op);
	case STORAGE_PREKEY_STATE:
		return read_prekey_state(w, txn, op);
	case STORAGE_ACCOUNT:
		return read_account(txn, op);
	case STORAGE_READ:
		return read_mailbox(w, txn, op);
	case STORAGE_CHAIN_READ:
		return read_chains(txn, op);
	case STORAGE_SUBMIT:
		return read_refusals(w, txn, op);
	case STORAGE_USERS:
	case STORAGE_GONE:
	case STORAGE_INVITES:
	case STORAGE_STATS:
		return writer_read_admin(w, txn, op);
	case STORAGE_REGISTER:
	case STORAGE_PUBLISH:
	case STORAGE_BUNDLES:
	case STORAGE_CHAIN_APPEND:
	case STORAGE_SUSPEND:
	case STORAGE_REMOVE:
	case STORAGE_FREE_NAME:
	case STORAGE_INVITE_PUT:
	case STORAGE_INVITE_REVOKE:
		break;
	}
	return STATUS_BAD_INPUT;
}
