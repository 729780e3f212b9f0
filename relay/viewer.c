#include "relay/viewer.h"

#include <stdlib.h>
#include <string.h>

#include "relay/viewer_private.h"
#include "relay/writer_private.h"
#include "store/relay/chain.h"
#include "store/relay/prekeys.h"

enum { VIEWER_SCRATCH_BYTES = 64 * 1024 * 1024 };

enum status
viewer_new(struct db *db, struct journal *j, struct index *x, struct viewer **v)
{
	struct viewer *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->db = db;
	fresh->journal = j;
	fresh->index = x;
	if (arena_new(VIEWER_SCRATCH_BYTES, &fresh->scratch) != STATUS_OK) {
		free(fresh);
		return STATUS_NOMEM;
	}
	*v = fresh;
	return STATUS_OK;
}

void
viewer_free(struct viewer *v)
{
	if (v == NULL)
		return;
	db_txn_abort(v->txn);
	arena_free(v->scratch);
	free(v);
}

void
viewer_rest(struct viewer *v)
{
	db_txn_abort(v->txn);
	v->txn = NULL;
}

static enum status
viewer_begin(struct viewer *v)
{
	return v->txn != NULL ? STATUS_OK
			      : db_txn_begin(v->db, DB_READ, &v->txn);
}

void
mailbox_state_of(const struct mailbox *m, struct mailbox_state *state)
{
	*state = (struct mailbox_state){
		.acknowledged = m->acknowledged - m->unfetched,
		.head = m->head,
		.has_stream = m->replay.has_stream,
		.submit_high = m->replay.high,
	};
	memcpy(state->submit_stream, m->replay.stream,
	    sizeof(state->submit_stream));
}

struct mailbox *
viewer_find(const struct viewer *v, const struct address *who)
{
	struct mailbox *m = index_mailbox(v->index, who);

	return m != NULL && !m->account->pending ? m : NULL;
}

static enum status
read_identify(struct viewer *v, struct storage_op *op)
{
	struct mailbox *m;
	uint32_t slot;
	enum status st;

	index_lock(v->index);
	m = viewer_find(v, &op->u.identify.who);
	if (m == NULL) {
		index_unlock(v->index);
		return STATUS_NOT_FOUND;
	}
	slot = m->device.slot;
	op->u.identify.device_key = m->device.device_key;
	op->u.identify.suspended = m->account->suspended;
	mailbox_state_of(m, &op->u.identify.mailbox);
	if (op->u.identify.with_prekeys)
		account_seen(m->account, op->now_ms);
	index_unlock(v->index);
	if (!op->u.identify.with_prekeys)
		return STATUS_OK;
	st = viewer_begin(v);
	return st == STATUS_OK ? prekeys_state(v->txn, slot, v->scratch,
				     &op->u.identify.prekeys)
			       : st;
}

static enum status
read_prekey_state(struct viewer *v, struct storage_op *op)
{
	struct mailbox *m;
	uint32_t slot = 0;
	enum status st;

	index_lock(v->index);
	m = viewer_find(v, &op->u.prekey_state.who);
	if (m != NULL)
		slot = m->device.slot;
	index_unlock(v->index);
	if (m == NULL)
		return STATUS_NOT_FOUND;
	st = viewer_begin(v);
	return st == STATUS_OK ? prekeys_state(v->txn, slot, v->scratch,
				     &op->u.prekey_state.state)
			       : st;
}

static enum status
read_account(struct viewer *v, struct storage_op *op)
{
	struct account_record record;
	struct bytes row;
	enum status st = viewer_begin(v);

	if (st == STATUS_OK)
		st = db_get(v->txn, TABLE_ACCOUNTS,
		    account_name_bytes(&op->u.account.name), &row);
	if (st == STATUS_OK)
		st = record_get_account(row, op->arena, &record);
	if (st != STATUS_OK)
		return st;
	op->u.account.list = record.list;
	op->u.account.suspended = record.suspended;
	return STATUS_OK;
}

static enum status
read_chains(struct viewer *v, struct storage_op *op)
{
	size_t left = LIMIT_CHAIN_READ_BYTES;
	struct chain_tail *tails = arena_take_array(
	    op->arena, op->u.chain_read.count + 1, sizeof(*tails));
	enum status st = tails != NULL ? viewer_begin(v) : STATUS_NOMEM;

	for (size_t i = 0; i < op->u.chain_read.count && st == STATUS_OK; i++)
		st = chain_tail(v->txn, &op->u.chain_read.positions[i],
		    op->arena, &left, &tails[i]);
	if (st == STATUS_OK)
		op->u.chain_read.tails = tails;
	return st;
}

/* What a read will give; the lock is held. */
static enum status
pick_range(struct viewer *v, const struct mailbox *m,
    const struct storage_op *op, struct picks *p)
{
	uint64_t seq = op->u.read.after < m->acknowledged ? m->acknowledged
							  : op->u.read.after;
	uint64_t left = seq < m->head ? m->head - seq : 0;
	enum status st = picks_room(p, v->scratch,
	    left < op->u.read.max_items ? (size_t)left : op->u.read.max_items);

	if (st != STATUS_OK)
		return st;
	while (st == STATUS_OK && seq < m->head &&
	       p->count < op->u.read.max_items) {
		const struct queue_entry *e = mailbox_find(m, ++seq);
		size_t len = queue_entry_len(e);

		/* One too big for the window must not block what follows. */
		if (p->count > 0 && p->bytes + len > op->u.read.max_bytes)
			break;
		if (e->position != 0)
			st = picks_add(p, v->journal, m, seq, e);
	}
	if (st != STATUS_OK)
		picks_release(p, v->journal);
	return st;
}

/* The lock is held. */
static void
set_sender(struct viewer *v, uint32_t slot, struct item *item)
{
	const struct mailbox *m = index_slot(v->index, slot);
	const struct address *gone = index_gone(v->index, slot);

	if (m == NULL && gone == NULL)
		return;
	item->has_sender = true;
	item->sender = m != NULL
			   ? (struct address){ m->account->name, m->device.id }
			   : *gone;
}

enum status
viewer_gather(void *arg, const struct segment_item *from, uint8_t **payload)
{
	struct gathering *g = arg;
	struct item *item = &g->items[g->count].item;

	item->seq = from->seq;
	item->stored_ms = from->stored_ms;
	item->type = from->type;
	item->suite = from->suite;
	item->payload = bytes_view(g->room, from->payload.len);
	*payload = g->room;
	g->room += from->payload.len;
	g->senders[g->count++] = from->sender_slot;
	return STATUS_OK;
}

/* All items of a read share one blob: they are pushed together. */
static enum status
read_picked(struct viewer *v, struct storage_op *op, struct picks *p)
{
	struct gathering g = { .count = 0 };
	struct blob *blob = NULL;
	enum status st = STATUS_NOMEM;

	g.items = arena_take_array(op->arena, p->count + 1, sizeof(*g.items));
	g.senders =
	    arena_take_array(v->scratch, p->count + 1, sizeof(*g.senders));
	if (g.items != NULL && g.senders != NULL)
		st = blob_new(p->bytes, &blob, &g.room);
	if (st == STATUS_OK)
		st = picks_read(p, viewer_gather, &g);
	index_lock(v->index);
	picks_release(p, v->journal);
	for (size_t i = 0; st == STATUS_OK && i < p->count; i++)
		set_sender(v, g.senders[i], &g.items[i].item);
	index_unlock(v->index);
	for (size_t i = 0; st == STATUS_OK && i < p->count; i++) {
		g.items[i].owner = blob;
		blob_ref(blob);
	}
	blob_unref(blob);
	op->u.read.items = g.items;
	op->u.read.count = st == STATUS_OK ? p->count : 0;
	return st;
}

static enum status
read_mailbox(struct viewer *v, struct storage_op *op)
{
	struct picks p = { .buffer = v->buffer };
	struct mailbox *m;
	enum status st = STATUS_NOT_FOUND;

	index_lock(v->index);
	m = viewer_find(v, &op->u.read.who);
	if (m != NULL) {
		account_seen(m->account, op->now_ms);
		op->u.read.head = m->head;
		st = pick_range(v, m, op, &p);
	}
	index_unlock(v->index);
	op->u.read.items = NULL;
	op->u.read.count = 0;
	return st == STATUS_OK && p.count > 0 ? read_picked(v, op, &p) : st;
}

/* These take nothing but a look. */
static enum status (*const looks[STORAGE_KINDS])(
    struct viewer *v, struct storage_op *op) = {
	[STORAGE_IDENTIFY] = read_identify,
	[STORAGE_PREKEY_STATE] = read_prekey_state,
	[STORAGE_ACCOUNT] = read_account,
	[STORAGE_READ] = read_mailbox,
	[STORAGE_CHAIN_READ] = read_chains,
};

bool
viewer_takes(enum storage_kind kind)
{
	return looks[kind] != NULL;
}

void
viewer_run(struct viewer *v, struct storage_op *op)
{
	/* After a failed flush nobody is told anything any more. */
	if (db_is_broken(v->db) || journal_is_broken(v->journal)) {
		op->status = STATUS_IO;
		return;
	}
	arena_reset(v->scratch);
	op->status = looks[op->kind](v, op);
}
