/* words_say.c - what our own user says about a message. */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/messenger/states.h"
#include "client/core/words/words.h"
#include "store/client/outbox.h"

/*
 * The old text goes as an erased one does: it may have been given up because
 * it should not be read.
 */
static enum status
change_draft(struct step *s, struct history_entry *e, struct outbox_row *row,
    struct bytes text, uint64_t *order)
{
	enum status st = history_erase(s->txn, e->n);

	e->text = text;
	row->content = text;
	if (st == STATUS_OK)
		st = history_replace(s->txn, e);
	return st == STATUS_OK ? outbox_put(s->txn, row, order) : st;
}

static enum status
cancel_draft(
    struct step *s, struct history_entry *e, const struct outbox_row *row)
{
	enum status st = outbox_del(s->txn, row);

	e->state = STATE_FAILED;
	e->reason = BYTES("You deleted it before it left.");
	if (st == STATUS_OK)
		st = words_erase(s, e, false);
	/* The call that does this says so. */
	return st == STATUS_OK ? states_told(s, e->n, e->state) : st;
}

/* It was never sealed, so nobody else can have it: nothing needs to be said. */
static enum status
act_on_unsent(struct step *s, const struct draft *d, struct history_entry *e,
    bool *done, uint64_t *n, uint64_t *order)
{
	bool changes = d->type == MESSAGE_EDIT || d->type == MESSAGE_DELETION;
	struct outbox_row row;
	uint64_t at = 0;
	enum status st = outbox_find(s->txn, &e->id, &at);

	if (st == STATUS_OK && !changes)
		return STATUS_OK; /* it waits for it, behind it in the outbox */
	if (st == STATUS_NOT_FOUND && d->type != MESSAGE_DELETION)
		return STATUS_DENIED;
	if (st == STATUS_NOT_FOUND) {
		st = words_erase(s, e, false);
		at = 0;
	} else if (st == STATUS_OK) {
		st = outbox_get(s->txn, at, s->arena, &row);
		if (st == STATUS_OK && d->type == MESSAGE_EDIT)
			st = change_draft(s, e, &row, d->text, &at);
		else if (st == STATUS_OK)
			st = cancel_draft(s, e, &row);
	}
	if (st != STATUS_OK)
		return st;
	*done = true;
	*n = e->n;
	*order = d->type == MESSAGE_EDIT ? at : 0;
	return STATUS_OK;
}

static bool
is_fixed(const struct message_target *target)
{
	static const struct hash unsealed;

	return memcmp(&target->hash, &unsealed, sizeof(unsealed)) != 0;
}

enum status
words_prepare(
    struct step *s, struct draft *d, bool *done, uint64_t *n, uint64_t *order)
{
	struct hash conversation = d->group;
	struct history_entry e;
	enum status st;

	*done = false;
	if (!d->has_target || is_fixed(&d->target))
		return STATUS_OK;
	if (d->kind == CONVERSATION_DIRECT)
		peers_history_key(&d->to, &conversation);
	st = words_find(s, s->arena, &conversation, &d->target, &e);
	if (st == STATUS_NOT_FOUND)
		return STATUS_DENIED;
	if (st != STATUS_OK)
		return st;
	if (e.body.len > 0) {
		hash_bytes(e.body, &d->target.hash);
		return STATUS_OK;
	}
	return messenger_own(act_on_unsent(s, d, &e, done, n, order));
}

enum status
words_complete(
    struct step *s, const struct hash *conversation, struct saying *what)
{
	struct message_body body;
	struct history_entry e;
	enum status st;

	if (!what->has_target)
		return STATUS_OK;
	st = words_find(s, s->arena, conversation, &what->target, &e);
	if (st == STATUS_NOT_FOUND)
		return is_fixed(&what->target) ? STATUS_OK : STATUS_DENIED;
	if (st != STATUS_OK)
		return st;
	if (e.body.len == 0)
		return STATUS_DENIED;
	hash_bytes(e.body, &what->target.hash);
	/* Spec 7.7: "carry the timer of their target". */
	if (what->type != MESSAGE_EDIT && what->type != MESSAGE_REACTION)
		return STATUS_OK;
	st = envelope_get_message_body(e.body, s->arena, &body);
	if (st == STATUS_OK)
		what->timer_s = body.timer_s;
	return st == STATUS_BAD_INPUT ? STATUS_IO : st;
}
