/*
 * group_held.c - messages of others that wait: for the log, or for the key they
 * are under (protocol.md 8.6).
 */
#include <string.h>

#include "client/core/group/group_internal.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/repair/repair.h"

/* What is tried again: of one group, or of one device. */
struct waiting {
	enum quarantine_reason why;
	const struct hash *group;     /* QUARANTINE_LOG_BEHIND */
	const struct address *sender; /* QUARANTINE_NO_SENDER_KEY */
};

static bool
is_waiting(const struct quarantine_entry *q, const struct waiting *w)
{
	if (q->reason != w->why)
		return false;
	if (w->group != NULL)
		return memcmp(&q->group, w->group, sizeof(*w->group)) == 0;
	return address_equal(&q->sender, w->sender);
}

static enum status
try_again(
    struct step *s, const struct quarantine_entry *q, const struct item *item)
{
	struct step inner = { 0 };
	enum status st = messenger_nest(s, &inner);

	if (st != STATUS_OK)
		return st;
	if (q->reason == QUARANTINE_NO_SENDER_KEY)
		st = group_try_message(&inner, item);
	else if (q->type == ITEM_SENDER_KEY)
		st = group_file_or_hold(&inner, item, &q->group, q->payload, q);
	else
		st = repair_retry_resent(&inner, q);
	st = messenger_blame(&inner, st);
	if (st == STATUS_OK && q->reason == QUARANTINE_NO_SENDER_KEY)
		st = repair_item_came(&inner, &q->sender, q->payload);
	if (st == STATUS_OK)
		st = quarantine_del(inner.txn, q->order);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	return st;
}

static enum status
give_up(struct step *s, const struct quarantine_entry *q)
{
	uint64_t n;
	enum status st = quarantine_del(s->txn, q->order);

	if (st != STATUS_OK)
		return st;
	return messenger_tell_peer(
	    s, NOTICE_UNDECRYPTABLE, &q->sender.account, 1, &n);
}

/*
 * What has no key yet stays where it is, told already.  What was held for the
 * log and turns out to be nothing that can be shown is told and gone: it must
 * stand in the way of neither the log nor a key.
 */
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
	enum status st = try_again(s, q, &item);

	if (st == STATUS_OK || messenger_is_fatal(st))
		return st;
	if (q->reason == QUARANTINE_NO_SENDER_KEY)
		return STATUS_OK;
	return give_up(s, q);
}

/* One entry at a time: the quarantine is larger than any arena. */
static enum status
retry(struct step *s, const struct waiting *w)
{
	struct quarantine_entry q = { .order = 0 };
	struct arena *a = NULL;
	struct counters c;
	enum status st = counters_get(s->txn, &c);

	if (st == STATUS_OK)
		st = arena_new(LIMIT_ARENA_BYTES, &a);
	/* What is held again goes behind this end, so the walk ends. */
	while (st == STATUS_OK) {
		arena_reset(a);
		st = quarantine_next(s->txn, q.order, a, &q);
		if (st != STATUS_OK || q.order >= c.next_quarantine)
			break;
		if (is_waiting(&q, w))
			st = retry_one(s, &q);
	}
	arena_free(a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

enum status
group_retry_held(struct step *s, const struct hash *group)
{
	struct waiting w = { .why = QUARANTINE_LOG_BEHIND, .group = group };

	return retry(s, &w);
}

enum status
group_retry_keyless(struct step *s, const struct address *sender)
{
	struct waiting w = { .why = QUARANTINE_NO_SENDER_KEY,
		.sender = sender };

	return retry(s, &w);
}

static const char log_missing[] = "its log has not come";

static bool
says_so(const struct history_entry *e)
{
	return e->kind == HISTORY_NOTICE && e->notice == NOTICE_GAP &&
	       bytes_equal(e->detail, bytes_text(log_missing));
}

/*
 * One line while it lasts: the newest of the conversation says it already.  It
 * is about the log, so one serves for all whose messages wait.
 */
static enum status
tell_held(struct step *s, const struct quarantine_entry *q)
{
	struct group_record g;
	struct history_entry e;
	uint64_t n;
	size_t count = 0;
	enum status st = group_get(s->txn, &q->group, &g);

	if (st != STATUS_OK || g.standing != GROUP_MEMBER)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	st = history_list(s->txn, &g.id, 0, true, &n, 1, &count);
	if (st == STATUS_OK && count > 0)
		st = history_get(s->txn, n, s->arena, &e);
	if (st != STATUS_OK)
		return st;
	if (count > 0 && says_so(&e))
		return STATUS_OK;
	return group_tell(s, &g, NOTICE_GAP, &q->sender.account, NULL,
	    bytes_text(log_missing));
}

/* As long as an offer is followed: after that no log comes for it any more. */
static const int64_t held_ms = INT64_C(45) * 24 * 3600 * 1000;

enum status
group_tell_held(struct step *s)
{
	struct quarantine_entry q = { .order = 0 };
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	while (st == STATUS_OK) {
		arena_reset(a);
		st = quarantine_next(s->txn, q.order, a, &q);
		if (st != STATUS_OK || q.reason != QUARANTINE_LOG_BEHIND)
			continue;
		st = s->now_ms - q.stored_ms > held_ms ? give_up(s, &q)
						       : tell_held(s, &q);
	}
	arena_free(a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* What was sent again stays missing; the other would have been read. */
static enum status
let_go(struct step *s, const struct quarantine_entry *q)
{
	return q->type == ITEM_SENDER_KEY ? give_up(s, q)
					  : quarantine_del(s->txn, q->order);
}

enum status
group_expire_held(struct step *s, int64_t until_ms)
{
	struct quarantine_entry q = { .order = 0 };
	struct arena *a = NULL;
	struct counters c;
	int64_t next_ms = 0;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	while (st == STATUS_OK) {
		arena_reset(a);
		st = quarantine_next(s->txn, q.order, a, &q);
		if (st != STATUS_OK || q.due_ms == 0)
			continue;
		if (q.due_ms <= until_ms)
			st = let_go(s, &q);
		else if (next_ms == 0 || q.due_ms < next_ms)
			next_ms = q.due_ms;
	}
	arena_free(a);
	if (st == STATUS_NOT_FOUND)
		st = counters_get(s->txn, &c);
	if (st != STATUS_OK)
		return messenger_own(st);
	c.quarantine_due_ms = next_ms;
	return messenger_own(counters_put(s->txn, &c));
}
