/* messenger_seal.c - drafts into ciphertext, in their order. */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/timers.h"
#include "client/core/repair/repair.h"
#include "client/core/words/words.h"

static bool
is_same_talk(const struct outbox_row *a, const struct outbox_row *b)
{
	/* Control for many stands in no order with anything. */
	if (a->conversation_kind != b->conversation_kind ||
	    a->kind == OUTBOX_MANY)
		return false;
	if (a->conversation_kind == CONVERSATION_DIRECT)
		return account_name_equal(&a->to, &b->to);
	return memcmp(&a->conversation, &b->conversation,
		   sizeof(struct hash)) == 0;
}

/*
 * Rows of a conversation are sealed in their order, so the nearest earlier one
 * speaks for all before it.  CONFLICT: it is still a draft.
 */
static enum status
check_turn(struct step *s, const struct outbox_row *row)
{
	struct outbox_row other = { .order = row->order };
	struct arena *a = NULL;
	enum status st = arena_new(OUTBOX_ROW_ARENA_BYTES, &a);

	while (st == STATUS_OK) {
		arena_reset(a);
		st = outbox_prev(s->txn, other.order, a, &other);
		if (st == STATUS_OK && is_same_talk(&other, row))
			break;
	}
	arena_free(a);
	if (st == STATUS_OK)
		return other.state == OUTBOX_DRAFT ? STATUS_CONFLICT
						   : STATUS_OK;
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

enum status
messenger_check_sessions(struct step *s, const struct contact *c)
{
	struct address with = { .account = c->name };
	enum status st = STATUS_OK;

	for (size_t i = 0; i < c->list.devices_count && st == STATUS_OK; i++) {
		with.device = c->list.devices[i].id;
		st = pair_has_session(s, &with);
	}
	return messenger_own(st);
}

enum status
messenger_fill_signed(struct step *s, const struct outbox_row *row,
    const struct signed_parts *parts, uint64_t seq, struct history_entry *e)
{
	struct message_body body;
	enum status st =
	    envelope_get_message_body(buf_view(parts->body), s->arena, &body);

	if (st != STATUS_OK)
		return messenger_own(st);
	e->seq = seq;
	e->expires_ms = messenger_expires_ms(s, body.timer_s);
	e->body = buf_view(parts->body);
	e->body_signature = BYTES_OF(parts->signature);
	/* What was erased before it left keeps no salt, either. */
	e->salt = e->erased ? BYTES_NONE : BYTES_OF(parts->salt);
	e->target = body.target;
	/* Receipts are about this talk, under the key it had then. */
	if (row->conversation_kind == CONVERSATION_DIRECT)
		e->talk = hash_view(&row->conversation);
	return STATUS_OK;
}

enum status
messenger_file_signed(struct step *s, const struct outbox_row *row,
    const struct signed_parts *parts, uint64_t seq)
{
	struct history_entry e;
	enum status st = history_get(s->txn, row->history_n, s->arena, &e);

	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_IO : messenger_own(st);
	/* Composed by the device before this one. */
	if (e.device != s->core->self.address.device)
		st =
		    history_readdress(s->txn, &e, s->core->self.address.device);
	if (st == STATUS_OK)
		st = messenger_fill_signed(s, row, parts, seq, &e);
	if (st == STATUS_OK)
		st = history_replace(s->txn, &e);
	/* Whoever lacks it may ask for it again. */
	if (st == STATUS_OK)
		st = history_note_number(s->txn, &e);
	if (st == STATUS_OK)
		st = words_filed(s, &e);
	return messenger_own(st);
}

/* The ciphertext for one device; kept in the step's arena. */
static enum status
encrypt_one(struct step *s, const struct outbox_row *row,
    const struct contact *c, const struct device_entry *device,
    const struct plaintext *p, struct outbox_recipient *to)
{
	struct buf *made = NULL;
	enum status st;

	*to = (struct outbox_recipient){
		.to = { c->name, device->id },
		.registration_id = device->registration_id,
		.account_key = c->account_key,
		.suite = SUITE_SIGNAL_V3,
	};
	st = pair_encrypt(s, c, device, p, &to->type, &made);
	if (st == STATUS_OK)
		st = arena_copy(s->arena, buf_view(made), &to->payload);
	buf_free(made);
	if (st == STATUS_OK && row->kind == OUTBOX_MESSAGE)
		st = repair_note_sent(s, to->payload, row->history_n);
	return st;
}

enum status
messenger_encrypt(struct step *s, struct outbox_row *row,
    const struct contact *c, const struct plaintext *p)
{
	size_t count = c->list.devices_count;
	struct outbox_recipient *to =
	    arena_take_array(s->arena, count + 1, sizeof(*to));
	enum status st = to == NULL ? STATUS_NOMEM : STATUS_OK;

	for (size_t i = 0; i < count && st == STATUS_OK; i++)
		st = encrypt_one(s, row, c, &c->list.devices[i], p, &to[i]);
	if (st != STATUS_OK)
		return st;
	row->state = OUTBOX_READY;
	row->content = BYTES_NONE; /* the history has it */
	row->last_error = BYTES_NONE;
	row->recipients = to;
	row->recipients_count = count;
	return messenger_own(outbox_put(s->txn, row, &row->order));
}

/* As the history has it; messenger_check_signed() had nothing against it. */
static enum status
seal_signed(struct step *s, struct outbox_row *row, const struct contact *c)
{
	struct plaintext p = { .kind = CONTENT_MESSAGE };
	const char *never = NULL;
	enum status st = messenger_check_signed(s, row, c, &p, &never);

	return st == STATUS_OK ? messenger_encrypt(s, row, c, &p) : st;
}

static enum status
seal_message(struct step *s, struct outbox_row *row, const struct contact *c)
{
	struct signed_parts parts = { 0 };
	struct plaintext p;
	struct saying what;
	uint64_t seq;
	enum status st = messenger_saying(s, row, &what);

	peers_conversation(
	    &s->core->self.account_key, &c->account_key, &row->conversation);
	if (st == STATUS_OK)
		timers_apply(c, &what);
	if (st == STATUS_OK)
		st = messenger_sign(
		    s, &row->conversation, &what, NULL, &parts, &seq);
	if (st != STATUS_OK)
		goto out;
	p = messenger_plaintext(&parts, row->content);
	st = messenger_encrypt(s, row, c, &p);
	if (st == STATUS_OK)
		st = messenger_file_signed(s, row, &parts, seq);
out:
	buf_free(parts.body);
	return st;
}

static enum status
seal_control(struct step *s, struct outbox_row *row, const struct contact *c)
{
	struct plaintext p;
	enum status st = envelope_get_plaintext(row->content, s->arena, &p);

	if (st != STATUS_OK) /* we wrote it ourselves */
		return messenger_is_fatal(st) ? st : STATUS_IO;
	return messenger_encrypt(s, row, c, &p);
}

enum status
messenger_drop_sessions(struct step *s, const struct contact *c)
{
	struct address with = { .account = c->name };
	enum status st = STATUS_OK;

	for (size_t i = 0; i < c->list.devices_count && st == STATUS_OK; i++) {
		with.device = c->list.devices[i].id;
		st = ratchet_reset(s->core->ratchet, s->txn, &with);
	}
	return messenger_own(st);
}

static enum status
ask_for(const struct account_name *name, struct account_name *needed,
    size_t *needed_count)
{
	if (*needed_count == 0)
		return STATUS_AGAIN;
	needed[0] = *name;
	*needed_count = 1;
	return STATUS_AGAIN;
}

/* In a nested step: what fails in the middle leaves the draft as it was. */
static enum status
seal_nested(struct step *s, struct outbox_row *row, const struct contact *c)
{
	struct step inner;
	enum status st = step_nest(s, &inner);

	if (st != STATUS_OK)
		return st;
	if (row->kind != OUTBOX_MESSAGE)
		st = seal_control(&inner, row, c);
	else
		st = row->signed_before ? seal_signed(&inner, row, c)
					: seal_message(&inner, row, c);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	return st;
}

/* It waits, as the user's decision may be; the row says why. */
static enum status
stay(struct step *s, const struct outbox_row *row, enum status why,
    struct bytes sentence)
{
	struct outbox_row same = *row;
	uint64_t order;
	enum status st;

	same.last_error = sentence;
	st = messenger_own(outbox_put(s->txn, &same, &order));
	return st == STATUS_OK ? why : st;
}

/* It can never be sent, and nothing is gained by waiting. */
static enum status
end_failed(struct step *s, const struct outbox_row *row, const char *reason)
{
	enum status st = messenger_end(s, row, STATE_FAILED, reason);

	return st == STATUS_OK ? STATUS_DENIED : st;
}

static enum status
check_again(struct step *s, const struct outbox_row *row,
    const struct contact *c, const char **never)
{
	struct plaintext p;

	if (row->kind != OUTBOX_MESSAGE || !row->signed_before)
		return STATUS_OK;
	return messenger_check_signed(s, row, c, &p, never);
}

static enum status
seal_direct(struct step *s, struct outbox_row *row, struct account_name *needed,
    size_t *needed_count)
{
	const char *never = NULL;
	struct contact c;
	enum status st;

	st = peers_ready(s, &row->to, &c);
	if (st == STATUS_NOT_FOUND)
		return ask_for(&row->to, needed, needed_count);
	if (st == STATUS_UNTRUSTED)
		return stay(s, row, st, BYTES("An identity key has changed."));
	if (st == STATUS_OK)
		st = check_again(s, row, &c, &never);
	if (st == STATUS_OK && never != NULL)
		return end_failed(s, row, never);
	if (st == STATUS_OK)
		st = messenger_check_sessions(s, &c);
	if (st == STATUS_NOT_FOUND)
		return ask_for(&row->to, needed, needed_count);
	if (st == STATUS_OK)
		st = seal_nested(s, row, &c);
	if (st == STATUS_OK || messenger_is_fatal(st))
		return st;
	/* FULL and BAD_INPUT: it can never be sent; the rest: a new session. */
	if (st == STATUS_FULL || st == STATUS_BAD_INPUT)
		return end_failed(s, row, "It is too long to be sent.");
	st = messenger_drop_sessions(s, &c);
	return st == STATUS_OK ? ask_for(&row->to, needed, needed_count) : st;
}

static enum status
seal_group(struct step *s, struct outbox_row *row,
    const struct account_name *gone, size_t gone_count,
    struct account_name *needed, size_t *needed_count)
{
	struct outbox_row sealed = *row;
	struct step inner;
	uint64_t order;
	enum status st = step_nest(s, &inner);

	if (st != STATUS_OK)
		return st;
	st =
	    group_seal(&inner, &sealed, gone, gone_count, needed, needed_count);
	if (st == STATUS_OK) {
		sealed.content = BYTES_NONE;
		sealed.last_error = BYTES_NONE;
		st = messenger_own(outbox_put(inner.txn, &sealed, &order));
	}
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	if (st == STATUS_UNTRUSTED ||
	    (st == STATUS_AGAIN && *needed_count == 0))
		return stay(s, row, st, sealed.last_error);
	if (st == STATUS_FULL || st == STATUS_BAD_INPUT)
		return end_failed(s, row, "It is too long to be sent.");
	if (st != STATUS_DENIED)
		return st;
	return end_failed(s, row, "You are not a member of this group.");
}

/* DENIED: it is about a message of ours that never left; it has failed. */
static enum status
check_about(struct step *s, const struct outbox_row *row)
{
	struct saying what;
	enum status st;

	if (row->kind != OUTBOX_MESSAGE)
		return STATUS_OK;
	st = messenger_saying(s, row, &what);
	if (st == STATUS_DENIED)
		st = end_failed(s, row, "What it is about never left.");
	return st;
}

enum status
messenger_seal(struct step *s, uint64_t order, struct account_name *needed,
    size_t *needed_count)
{
	struct outbox_row row;
	enum status st = outbox_get(s->txn, order, s->arena, &row);

	if (st == STATUS_OK && row.kind == OUTBOX_MANY)
		return messenger_seal_many(s, &row, needed, needed_count);
	if (st != STATUS_OK || row.state == OUTBOX_READY)
		return messenger_own(st);
	st = check_turn(s, &row);
	if (st == STATUS_OK)
		st = check_about(s, &row);
	if (st != STATUS_OK)
		return st;
	if (row.conversation_kind == CONVERSATION_DIRECT)
		return seal_direct(s, &row, needed, needed_count);
	return seal_group(s, &row, NULL, 0, needed, needed_count);
}

enum status
messenger_seal_without(struct step *s, uint64_t order,
    const struct account_name *gone, size_t gone_count)
{
	struct outbox_row row;
	size_t none = 0;
	enum status st = outbox_get(s->txn, order, s->arena, &row);

	if (st != STATUS_OK || row.state != OUTBOX_DRAFT ||
	    row.kind != OUTBOX_MESSAGE ||
	    row.conversation_kind != CONVERSATION_GROUP)
		return messenger_own(st);
	st = check_turn(s, &row);
	if (st == STATUS_OK)
		st = check_about(s, &row);
	if (st != STATUS_OK)
		return st;
	return seal_group(s, &row, gone, gone_count, NULL, &none);
}
