/* messenger_quarantine.c - what could not be read: kept, and tried again. */
#include "client/core/messenger/messenger_internal.h"
#include "client/core/repair/repair.h"

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
	struct quarantine_entry kept = *q;
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
	/* By the relay's clock, which lets nothing be kept for longer. */
	if (kept.stored_ms > s->now_ms)
		kept.stored_ms = s->now_ms;
	if (st == STATUS_OK)
		st = quarantine_add(s->txn, &kept, order);
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

static enum status
tell(struct step *s, const struct item *item, uint64_t *told)
{
	struct account_name nobody = { .text = "" };

	return messenger_tell_peer(s, NOTICE_UNDECRYPTABLE,
	    item->has_sender ? &item->sender.account : &nobody, 1, told);
}

enum status
messenger_quarantine(struct step *s, const struct item *item,
    enum quarantine_reason reason, struct kept *kept)
{
	enum status st;

	*kept = (struct kept){ 0, 0 };
	/* What is not even told is not worth keeping. */
	if (reason == QUARANTINE_UNDECRYPTABLE) {
		st = tell(s, item, &kept->told);
		if (st != STATUS_OK || kept->told == 0)
			return st;
	}
	st = store_item(s, item, reason, &kept->order);
	/*
	 * A changed key was told when it was recorded, and what was not tried
	 * is told when it has been; but not what is lost with this.
	 */
	if (st != STATUS_FULL)
		return st;
	return kept->told != 0 ? STATUS_OK : tell(s, item, &kept->told);
}

/*
 * Does it help to have it sent again?  A group's key may be too far ahead or
 * behind, a session gone, a prekey used up, a byte changed on the way.  The
 * library's word that it read it before is not authenticated, so then, too.
 */
static bool
may_come_again(const struct item *item, enum status why)
{
	if (!item->has_sender)
		return false;
	if (item->type == ITEM_SENDER_KEY)
		return why == STATUS_CRYPTO || why == STATUS_EXISTS;
	return (item->type == ITEM_RATCHET || item->type == ITEM_PREKEY) &&
	       (why == STATUS_CRYPTO || why == STATUS_EXISTS ||
		   why == STATUS_NOT_FOUND || why == STATUS_BAD_INPUT);
}

static enum status
ask_again(struct step *s, const struct item *item, enum status why,
    const struct kept *kept)
{
	bool group = item->type == ITEM_SENDER_KEY;
	struct repair_item lost = {
		.kind = group ? CONVERSATION_GROUP : CONVERSATION_DIRECT,
		.sender = &item->sender,
		.payload = item->payload,
		.kept = kept->order,
		.told = kept->told,
	};

	if (!may_come_again(item, why))
		return STATUS_OK;
	/* What does not even parse says nothing of the session. */
	lost.suspect = !group && why != STATUS_BAD_INPUT;
	return repair_note_item(s, &lost);
}

enum status
messenger_set_aside(struct step *s, const struct item *item, enum status why)
{
	struct kept kept;
	enum status st;

	if (why == STATUS_UNTRUSTED)
		return messenger_quarantine(
		    s, item, QUARANTINE_KEY_CHANGED, &kept);
	if (why == STATUS_FULL && item->type != ITEM_SENDER_KEY)
		return messenger_quarantine(s, item, QUARANTINE_UNTRIED, &kept);
	st = messenger_quarantine(s, item, QUARANTINE_UNDECRYPTABLE, &kept);
	return st == STATUS_OK ? ask_again(s, item, why, &kept) : st;
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
	enum status why = messenger_take_pair(s, &item);
	enum status st = why;

	if (st == STATUS_OK || st == STATUS_EXISTS)
		return messenger_own(quarantine_del(s->txn, q->order));
	if (messenger_is_fatal(st))
		return st;
	if (st == STATUS_UNTRUSTED || st == STATUS_FULL ||
	    q->reason == QUARANTINE_UNDECRYPTABLE)
		return STATUS_OK;
	st = quarantine_del(s->txn, q->order);
	if (st == STATUS_OK)
		st = messenger_set_aside(s, &item, why);
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
