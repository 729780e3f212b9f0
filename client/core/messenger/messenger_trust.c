/* messenger_trust.c - a changed key, accepted by the user. */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"

static const char key_changed[] =
    "The recipient's identity key has changed; send it again.";

/* Encrypted to `name` under another key than the pinned one. */
static bool
is_stale(const struct outbox_recipient *to, const struct contact *c)
{
	return !to->done && account_name_equal(&to->to.account, &c->name) &&
	       memcmp(&to->account_key, &c->account_key,
		   sizeof(c->account_key)) != 0;
}

/* The message's state when its last recipient was given up. */
static enum status
end_stale(struct step *s, const struct outbox_row *row)
{
	enum message_state state = STATE_FAILED;
	struct history_entry e;
	enum status st = STATUS_OK;

	if (row->kind == OUTBOX_MESSAGE) {
		st = history_get(s->txn, row->history_n, s->arena, &e);
		if (st == STATUS_OK && e.state == STATE_STORED)
			state = STATE_STORED; /* others have it */
	}
	if (st == STATUS_OK)
		st = messenger_end(s, row, state, key_changed);
	return messenger_own(st);
}

/* Nothing is ever encrypted again behind the user's back: it is given up. */
static enum status
give_up_stale(struct step *s, struct outbox_row *row, const struct contact *c)
{
	struct outbox_recipient *to =
	    arena_take_array(s->arena, row->recipients_count, sizeof(*to));
	size_t waiting = 0;
	size_t stale = 0;
	uint64_t order;

	if (to == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < row->recipients_count; i++) {
		to[i] = row->recipients[i];
		if (is_stale(&to[i], c)) {
			to[i].done = true;
			stale++;
		} else if (!to[i].done) {
			waiting++;
		}
	}
	if (stale == 0)
		return STATUS_OK;
	row->recipients = to;
	if (waiting == 0)
		return end_stale(s, row);
	row->submit_counter = 0; /* the attempt names others now */
	return messenger_own(outbox_put(s->txn, row, &order));
}

/*
 * A draft to that name alone, of before the change was known: since then
 * nothing could be queued.  What goes to many names the keys it is for.
 */
static bool
is_stale_draft(const struct outbox_row *row, const struct contact *c)
{
	return row->state == OUTBOX_DRAFT && row->kind != OUTBOX_MANY &&
	       row->conversation_kind == CONVERSATION_DIRECT &&
	       account_name_equal(&row->to, &c->name);
}

static enum status
give_up_all_stale(struct step *s, const struct contact *c)
{
	struct outbox_row row = { .order = 0 };
	struct step with_own_arena = *s;
	struct arena *a = NULL;
	enum status st = arena_new(OUTBOX_ROW_ARENA_BYTES, &a);

	with_own_arena.arena = a;
	while (st == STATUS_OK) {
		arena_reset(a);
		st = outbox_next(s->txn, row.order, a, &row);
		if (st == STATUS_OK && row.state == OUTBOX_READY)
			st = give_up_stale(&with_own_arena, &row, c);
		else if (st == STATUS_OK && is_stale_draft(&row, c))
			st = end_stale(&with_own_arena, &row);
	}
	arena_free(a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

enum status
messenger_trust(struct step *s, const struct account_name *name, bool *changed)
{
	struct contact c;
	enum status st = peers_get(s, name, &c);

	if (st != STATUS_OK)
		return st;
	if (!c.has_pending) {
		*changed = false;
		return STATUS_OK;
	}
	st = peers_trust(s, name);
	if (st == STATUS_OK)
		st = peers_get(s, name, &c);
	if (st == STATUS_OK)
		st = give_up_all_stale(s, &c);
	if (st == STATUS_OK)
		st =
		    messenger_retry_quarantine(s, QUARANTINE_KEY_CHANGED, name);
	if (st == STATUS_OK)
		*changed = true;
	return messenger_own(st);
}
