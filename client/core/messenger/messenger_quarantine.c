/* messenger_quarantine.c - what could not be read: kept, and tried again. */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"

/* Beyond this a flood is still told, but no longer kept. */
enum {
	QUARANTINE_MAX_ITEMS = 10000,
	QUARANTINE_MAX_BYTES = 64 * 1024 * 1024,
	/* What waits for a log will be read: garbage takes no room from it. */
	HELD_MAX_ITEMS = QUARANTINE_MAX_ITEMS,
	HELD_MAX_BYTES = QUARANTINE_MAX_BYTES,
};

enum status
messenger_keep(
    struct step *s, const struct quarantine_entry *q, uint64_t *order)
{
	bool held = q->reason == QUARANTINE_LOG_BEHIND;
	size_t most = QUARANTINE_MAX_ITEMS + (held ? HELD_MAX_ITEMS : 0);
	uint64_t room = QUARANTINE_MAX_BYTES + (held ? HELD_MAX_BYTES : 0);
	struct counters counters;
	size_t count;
	enum status st = vault_count(s->txn, VAULT_QUARANTINE, &count);

	if (st == STATUS_OK)
		st = counters_get(s->txn, &counters);
	if (st == STATUS_OK &&
	    (count >= most ||
		counters.quarantine_bytes + q->payload.len > room))
		return STATUS_FULL;
	if (st == STATUS_OK)
		st = quarantine_add(s->txn, q, order);
	return messenger_own(st);
}

static enum status
store_item(struct step *s, const struct item *item,
    enum quarantine_reason reason, uint64_t *order)
{
	struct quarantine_entry q = {
		.reason = reason,
		.type = item->type,
		.suite = item->suite,
		.stored_ms = item->stored_ms,
		.payload = item->payload,
	};
	if (item->has_sender)
		q.sender = item->sender;
	return messenger_keep(s, &q, order);
}

enum status
messenger_quarantine(struct step *s, const struct item *item,
    enum quarantine_reason reason, struct kept *kept)
{
	struct account_name nobody = { .text = "" };
	enum status st;

	*kept = (struct kept){ 0, 0 };
	st = store_item(s, item, reason, &kept->order);

	/*
	 * A changed key was told when it was recorded, and what was not tried
	 * is told when it has been; but not what is lost with this.
	 */
	if (st != STATUS_FULL &&
	    (st != STATUS_OK || reason != QUARANTINE_UNDECRYPTABLE))
		return st;
	return messenger_tell_peer(s, NOTICE_UNDECRYPTABLE,
	    item->has_sender ? &item->sender.account : &nobody, 1, &kept->told);
}

/* A draft will open a session anyway.  NOT_FOUND: there is none. */
static enum status
find_draft_to(struct step *s, const struct account_name *name)
{
	struct outbox_row row = { .order = 0 };
	struct arena *a = NULL;
	enum status st = arena_new(OUTBOX_ROW_ARENA_BYTES, &a);

	while (st == STATUS_OK) {
		arena_reset(a);
		st = outbox_next(s->txn, row.order, a, &row);
		if (st == STATUS_OK && row.state == OUTBOX_DRAFT &&
		    row.conversation_kind == CONVERSATION_DIRECT &&
		    account_name_equal(&row.to, name))
			break;
	}
	arena_free(a);
	return messenger_own(st);
}

/*
 * A known device writes in a session that we do not have.  It cannot know, so
 * we say something, in a fresh session, that makes it take that one up: one
 * empty message, and none while a session or a draft is there.
 */
enum status
messenger_heal(struct step *s, const struct item *item)
{
	struct plaintext nothing = { .kind = CONTENT_NONE };
	struct contact c;
	enum status st;

	if (!item->has_sender || item->type == ITEM_SENDER_KEY)
		return STATUS_OK;
	st = peers_ready(s, &item->sender.account, &c);
	if (st != STATUS_OK)
		return messenger_is_fatal(st) ? st : STATUS_OK;
	if (device_list_find(&c.list, item->sender.device) == NULL)
		return STATUS_OK;
	st = ratchet_has_session(s->core->ratchet, s->txn, &item->sender);
	if (st == STATUS_NOT_FOUND)
		st = find_draft_to(s, &item->sender.account);
	if (st == STATUS_NOT_FOUND)
		st = messenger_control(s, &item->sender.account, &nothing);
	return messenger_own(st);
}

/* One entry again.  What still cannot be taken stays, perhaps renamed. */
static enum status
retry_one(struct step *s, const struct quarantine_entry *q)
{
	struct item item = {
		.stored_ms = q->stored_ms,
		.has_sender = true,
		.sender = q->sender,
		.type = q->type,
		.suite = q->suite,
		.payload = q->payload,
	};
	struct kept kept;
	enum status st = messenger_take_pair(s, &item);

	if (st == STATUS_OK || st == STATUS_EXISTS)
		return messenger_own(quarantine_del(s->txn, q->order));
	if (messenger_is_fatal(st))
		return st;
	if (st == STATUS_UNTRUSTED || st == STATUS_FULL ||
	    q->reason == QUARANTINE_UNDECRYPTABLE)
		return STATUS_OK;
	st = quarantine_del(s->txn, q->order);
	if (st == STATUS_OK)
		st = messenger_quarantine(
		    s, &item, QUARANTINE_UNDECRYPTABLE, &kept);
	return messenger_own(st);
}

static bool
is_wanted(const struct quarantine_entry *q, enum quarantine_reason why,
    const struct account_name *sender)
{
	if (q->reason != why ||
	    (q->type != ITEM_RATCHET && q->type != ITEM_PREKEY))
		return false;
	return sender == NULL || account_name_equal(&q->sender.account, sender);
}

enum status
messenger_retry_quarantine(struct step *s, enum quarantine_reason why,
    const struct account_name *sender)
{
	struct quarantine_entry q = { .order = 0 };
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	while (st == STATUS_OK) {
		arena_reset(a);
		st = quarantine_next(s->txn, q.order, a, &q);
		if (st == STATUS_OK && is_wanted(&q, why, sender))
			st = retry_one(s, &q);
	}
	arena_free(a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}
