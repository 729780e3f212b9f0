/* record_history.c - the history, where senders stand, the quarantine. */
#include "store/client/record_common.h"

/* Authenticated, so a value out of range is damage, never a newer release. */
static bool
record_history_in_range(const Tacit__Record__HistoryEntry *r)
{
	return r->kind >= HISTORY_MESSAGE && r->kind <= HISTORY_NOTICE &&
	       r->conversation_kind >= CONVERSATION_DIRECT &&
	       r->conversation_kind <= CONVERSATION_GROUP &&
	       r->signature <= SIGNATURE_UNKNOWN_DEVICE &&
	       r->trust <= TRUST_CHANGED && r->state <= STATE_DEVICE_GONE &&
	       r->notice <= NOTICE_KIND_MAX;
}

static void
record_take_history_views(
    const Tacit__Record__HistoryEntry *r, struct history_entry *e)
{
	e->text = record_view(r->text);
	e->reason = record_view(r->reason);
	e->body = record_view(r->body);
	e->body_signature = record_view(r->body_signature);
	e->salt = record_view(r->salt);
	e->talk = record_view(r->talk);
	e->detail = record_view(r->detail);
}

static bool
record_take_target(
    const Tacit__Record__HistoryEntry *r, struct history_entry *e)
{
	e->has_target = r->target.len > 0;
	if (!e->has_target)
		return true;
	return RECORD_TAKE(r->target, e->target.id) &&
	       record_take_name(r->target_author, &e->target.author) &&
	       (r->target_hash.len == 0 ||
		   RECORD_TAKE(r->target_hash, e->target.hash));
}

static bool
record_take_history(
    const Tacit__Record__HistoryEntry *r, struct history_entry *e)
{
	e->n = r->n;
	e->kind = (enum history_kind)r->kind;
	e->conversation_kind = (enum conversation_kind)r->conversation_kind;
	e->device = r->device;
	e->own = r->own;
	e->sent_ms = r->sent_ms;
	e->received_ms = r->received_ms;
	e->seq = r->seq;
	e->type = r->type;
	e->signature = (enum signature_verdict)r->signature;
	e->trust = (enum trust_verdict)r->trust;
	e->state = (enum message_state)r->state;
	e->notice = (enum notice_kind)r->notice;
	e->repaired = r->repaired;
	e->expires_ms = r->expires_ms;
	e->timer_s = r->timer_s;
	e->timer_turn = r->timer_turn;
	e->told_before = r->told_before;
	e->erased = r->erased;
	e->deleted_ms = r->deleted_ms;
	e->deleted_here = r->deleted_here;
	record_take_history_views(r, e);
	return record_history_in_range(r) &&
	       RECORD_TAKE(r->conversation, e->conversation) &&
	       record_take_name(r->peer, &e->peer) &&
	       record_take_name(r->from, &e->from) &&
	       RECORD_TAKE(r->from_key, e->from_key) &&
	       RECORD_TAKE(r->id, e->id) &&
	       record_take_name(r->subject, &e->subject) &&
	       record_take_name(r->resent_by, &e->resent_by) &&
	       record_take_target(r, e);
}

enum status
record_open_history(struct bytes from, struct arena *a, struct history_entry *e)
{
	struct history_entry read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st = record_unpack(
	    &tacit__record__history_entry__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	if (!record_take_history((const Tacit__Record__HistoryEntry *)m, &read))
		return record_damaged("HistoryEntry");
	*e = read;
	return STATUS_OK;
}

enum status
record_pack_history(const struct history_entry *e, struct buf *out)
{
	Tacit__Record__HistoryEntry m = TACIT__RECORD__HISTORY_ENTRY__INIT;

	m.n = e->n;
	m.kind = e->kind;
	m.conversation_kind = e->conversation_kind;
	m.conversation = RECORD_BIN(e->conversation);
	m.peer = record_text(e->peer.text);
	m.from = record_text(e->from.text);
	m.from_key = RECORD_BIN(e->from_key);
	m.device = e->device;
	m.own = e->own;
	m.sent_ms = e->sent_ms;
	m.received_ms = e->received_ms;
	m.seq = e->seq;
	m.id = RECORD_BIN(e->id);
	m.type = e->type;
	m.text = record_bin(e->text);
	m.signature = e->signature;
	m.trust = e->trust;
	m.state = e->state;
	m.reason = record_bin(e->reason);
	m.body = record_bin(e->body);
	m.body_signature = record_bin(e->body_signature);
	m.salt = record_bin(e->salt);
	m.talk = record_bin(e->talk);
	m.notice = e->notice;
	m.detail = record_bin(e->detail);
	m.subject = record_text(e->subject.text);
	m.repaired = e->repaired;
	m.resent_by = record_text(e->resent_by.text);
	m.expires_ms = e->expires_ms;
	m.timer_s = e->timer_s;
	m.timer_turn = e->timer_turn;
	m.told_before = e->told_before;
	m.erased = e->erased;
	m.deleted_ms = e->deleted_ms;
	m.deleted_here = e->deleted_here;
	if (e->has_target) {
		m.target = RECORD_BIN(e->target.id);
		m.target_author = record_text(e->target.author.text);
		if (history_knows_target(e))
			m.target_hash = RECORD_BIN(e->target.hash);
	}
	return record_pack(&m.base, out);
}

static bool
take_claim(const Tacit__Record__HeadClaim *r, struct sender_state *s)
{
	if (r == NULL)
		return true;
	s->claimed_index = r->index;
	return r->index > 0 && RECORD_TAKE(r->hash, s->claimed_hash) &&
	       RECORD_TAKE(r->chain, s->claimed_chain);
}

enum status
record_open_sender(struct bytes from, struct arena *a, struct sender_state *s)
{
	const Tacit__Record__Sender *r;
	struct sender_state read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__sender__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Sender *)m;
	if (!RECORD_TAKE(r->body_hash, read.body_hash) ||
	    !ranges_take(&read.delivered, r->delivered, r->n_delivered) ||
	    !ranges_take(&read.read, r->read, r->n_read) ||
	    !take_claim(r->claim, &read))
		return record_damaged("Sender");
	read.seq = r->seq;
	read.missing = r->missing;
	read.head_index = r->head_index;
	read.due = r->due;
	read.told_index = r->told_index;
	*s = read;
	return STATUS_OK;
}

enum status
record_pack_sender(const struct sender_state *s, struct buf *out)
{
	Tacit__Record__Sender m = TACIT__RECORD__SENDER__INIT;
	Tacit__Record__HeadClaim claim = TACIT__RECORD__HEAD_CLAIM__INIT;
	uint64_t delivered[2 * LIMIT_RECEIPT_RANGES];
	uint64_t read[2 * LIMIT_RECEIPT_RANGES];

	m.seq = s->seq;
	m.body_hash = RECORD_BIN(s->body_hash);
	m.missing = s->missing;
	m.head_index = s->head_index;
	m.delivered = delivered;
	m.n_delivered = ranges_put(&s->delivered, delivered);
	m.read = read;
	m.n_read = ranges_put(&s->read, read);
	m.due = s->due;
	m.told_index = s->told_index;
	claim.index = s->claimed_index;
	claim.hash = RECORD_BIN(s->claimed_hash);
	claim.chain = RECORD_BIN(s->claimed_chain);
	if (s->claimed_index > 0)
		m.claim = &claim;
	return record_pack(&m.base, out);
}

enum status
record_open_quarantine(
    struct bytes from, struct arena *a, struct quarantine_entry *q)
{
	const Tacit__Record__Quarantine *r;
	struct quarantine_entry read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__quarantine__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	r = (const Tacit__Record__Quarantine *)m;
	if (r->reason < QUARANTINE_UNDECRYPTABLE ||
	    r->reason > QUARANTINE_UNTRIED ||
	    !record_take_name(r->account, &read.sender.account) ||
	    !RECORD_TAKE(r->group, read.group) ||
	    !RECORD_TAKE(r->chain, read.chain))
		return record_damaged("Quarantine");
	read.order = r->order;
	read.reason = (enum quarantine_reason)r->reason;
	read.sender.device = r->device;
	read.type = r->type;
	read.suite = r->suite;
	read.stored_ms = r->stored_ms;
	read.due_ms = r->due_ms;
	read.payload = record_view(r->payload);
	*q = read;
	return STATUS_OK;
}

enum status
record_pack_quarantine(const struct quarantine_entry *q, struct buf *out)
{
	Tacit__Record__Quarantine m = TACIT__RECORD__QUARANTINE__INIT;

	m.order = q->order;
	m.reason = q->reason;
	m.account = record_text(q->sender.account.text);
	m.device = q->sender.device;
	m.type = q->type;
	m.suite = q->suite;
	m.stored_ms = q->stored_ms;
	m.due_ms = q->due_ms;
	m.payload = record_bin(q->payload);
	m.group = RECORD_BIN(q->group);
	m.chain = RECORD_BIN(q->chain);
	return record_pack(&m.base, out);
}
