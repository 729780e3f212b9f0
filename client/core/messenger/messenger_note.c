/* messenger_note.c - what the relay says of submits it had accepted. */
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/receipts.h"
#include "client/core/messenger/states.h"
#include "client/core/repair/repair.h"
#include "proto/codec.h"

enum { REFUSAL_PARTS = 5 };

/* One refusal: an attempt of ours, and who could not take it. */
struct refusal_key {
	uint8_t counter[8];
	uint8_t device[4];
	struct bytes parts[REFUSAL_PARTS];
};

/* `what` tells a refusal from what was taken and then given up. */
static void
refusal_fill(struct refusal_key *key, struct bytes what,
    const uint8_t stream[STREAM_BYTES], uint64_t counter,
    const struct address *to)
{
	store_u64(key->counter, counter);
	store_u32(key->device, to->device);
	key->parts[0] = what;
	key->parts[1] = bytes_view(stream, STREAM_BYTES);
	key->parts[2] = BYTES_OF(key->counter);
	key->parts[3] = account_name_bytes(&to->account);
	key->parts[4] = BYTES_OF(key->device);
}

enum status
messenger_know_refusal(
    struct step *s, const struct outbox_row *row, const struct address *to)
{
	struct refusal_key key;

	refusal_fill(&key, BYTES("refusal"), row->submit_stream,
	    row->submit_counter, to);
	return messenger_own(
	    seen_put(s->txn, key.parts, REFUSAL_PARTS, s->now_ms));
}

/* Find the message of a note.  NOT_FOUND: none of ours. */
static enum status
find_message(
    struct step *s, const struct relay_note *note, struct history_entry *e)
{
	struct message_id id;
	uint64_t n;
	enum status st;

	if (note->return_handle.len != sizeof(id))
		return STATUS_NOT_FOUND;
	for (size_t i = 0; i < sizeof(id); i++)
		id.raw[i] = note->return_handle.data[i];
	st = history_find(s->txn, &id, &n);
	if (st == STATUS_OK)
		st = history_get(s->txn, n, s->arena, e);
	if (st == STATUS_OK && !e->own)
		st = STATUS_NOT_FOUND;
	return messenger_own(st);
}

static bool
is_attempt(const struct outbox_row *row, const struct relay_note *note)
{
	return row->submit_counter == note->counter &&
	       bytes_equal(
		   BYTES_OF(row->submit_stream), BYTES_OF(note->stream));
}

/*
 * A mailbox was full, and the answer that said so never reached us (else the
 * refusal is known).  A row that still waits is sent under a new id: asking
 * again under the old one would be answered OK.  Without a row we believed
 * that it was stored, and say now that it was not.
 */
static enum status
take_full(struct step *s, const struct relay_note *note,
    const struct history_entry *e)
{
	struct bytes reason = BYTES("A recipient's mailbox was full.");
	enum message_state state = e->state;
	struct outbox_row row;
	uint64_t order;
	enum status st = outbox_find(s->txn, &e->id, &order);

	if (st == STATUS_OK) {
		st = outbox_get(s->txn, order, s->arena, &row);
		if (st != STATUS_OK || !is_attempt(&row, note))
			return messenger_own(st);
		row.submit_counter = 0;
		row.last_error = reason;
		messenger_back_off(&row, s->now_ms, 0);
		return messenger_own(outbox_put(s->txn, &row, &order));
	}
	if (st != STATUS_NOT_FOUND)
		return messenger_own(st);
	if (e->conversation_kind == CONVERSATION_DIRECT)
		state = STATE_REFUSED;
	return messenger_own(states_set(s, e->n, state, reason));
}

/*
 * The relay had it and has given it up.  A row that still waits for the answer
 * would be told that it was stored, so it ends here; one for many waits for
 * the others.
 */
static enum status
end_message(struct step *s, const struct relay_note *note,
    const struct history_entry *e, enum message_state state, const char *reason)
{
	enum message_state known;
	struct outbox_row row;
	uint64_t order;
	enum status st = outbox_find(s->txn, &e->id, &order);

	if (st == STATUS_OK) {
		st = outbox_get(s->txn, order, s->arena, &row);
		if (st != STATUS_OK || !is_attempt(&row, note))
			return messenger_own(st);
		return messenger_end(s, &row, state, reason);
	}
	if (st != STATUS_NOT_FOUND)
		return messenger_own(st);
	/* What is known to have arrived stays so. */
	st = receipts_state(s, e, &known);
	if (st != STATUS_OK || known != STATE_STORED)
		return st;
	return messenger_own(states_set(s, e->n, state, bytes_text(reason)));
}

/* One of many: the message has ended only when nobody is left to get it. */
static enum status
end_for_one(struct step *s, const struct relay_note *note,
    const struct history_entry *e, enum message_state state, const char *reason)
{
	bool lost = false;
	enum status st = receipts_is_lost(s, e, &lost);

	return st == STATUS_OK && lost ? end_message(s, note, e, state, reason)
				       : st;
}

/* The same may be said twice: a relay that stopped begins its round again. */
static enum status
take_tombstone(struct step *s, const struct relay_note *note,
    const struct history_entry *e)
{
	const bool expired = note->code == ERROR_EXPIRED;
	const enum message_state state = expired ? STATE_EXPIRED : STATE_FAILED;
	const char *reason =
	    expired ? "It was not fetched in time."
		    : "The account was removed before it was fetched.";
	const struct account_name *who = &note->to.account;
	struct refusal_key key;
	bool dealt_with = false;
	enum status st;

	/* A device of our own that has not fetched a copy. */
	if (account_name_equal(who, &s->core->self.address.account))
		return STATUS_OK;
	refusal_fill(
	    &key, BYTES("tombstone"), note->stream, note->counter, &note->to);
	st = seen_has(s->txn, key.parts, REFUSAL_PARTS);
	if (st != STATUS_NOT_FOUND)
		return messenger_own(st);
	st = seen_put(s->txn, key.parts, REFUSAL_PARTS, s->now_ms);
	if (st == STATUS_OK && !expired &&
	    e->conversation_kind == CONVERSATION_DIRECT)
		return messenger_send_again(s, note, e);
	if (st == STATUS_OK && !expired) /* it may have another device */
		st = repair_send_member(s, e, who, &dealt_with);
	if (st != STATUS_OK || dealt_with)
		return messenger_own(st);
	if (e->conversation_kind == CONVERSATION_DIRECT)
		st = end_message(s, note, e, state, reason);
	if (st == STATUS_OK)
		st = messenger_tell_unfetched(s,
		    expired ? NOTICE_EXPIRED : NOTICE_ACCOUNT_REMOVED, e, who);
	if (st == STATUS_OK && e->conversation_kind == CONVERSATION_GROUP)
		st = end_for_one(s, note, e, state, reason);
	return messenger_own(st);
}

static enum status
take_refusal(struct step *s, const struct relay_note *note,
    const struct history_entry *e)
{
	struct refusal_key key;
	enum status st;

	refusal_fill(
	    &key, BYTES("refusal"), note->stream, note->counter, &note->to);
	st = seen_has(s->txn, key.parts, REFUSAL_PARTS);
	if (st != STATUS_NOT_FOUND)
		return messenger_own(st);
	return take_full(s, note, e);
}

enum status
messenger_take_note(struct step *s, const struct item *item)
{
	struct relay_note note;
	struct history_entry e;
	enum status st;

	if (item->has_sender)
		return STATUS_OK; /* only the relay itself writes these */
	st = codec_get_note(item->payload, s->arena, &note);
	if (st != STATUS_OK)
		return messenger_is_fatal(st) ? st : STATUS_OK;
	st = find_message(s, &note, &e);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	if (note.code == ERROR_FULL)
		return take_refusal(s, &note, &e);
	if (note.code == ERROR_EXPIRED || note.code == ERROR_NOT_FOUND)
		return take_tombstone(s, &note, &e);
	return STATUS_OK; /* of a later release */
}
