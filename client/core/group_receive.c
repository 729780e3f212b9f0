/*
 * group_receive.c - what others say to a group: judged by the log, held while
 * the log is behind (protocol.md 8.5, 8.6).
 */
#include <string.h>

#include "client/core/group_internal.h"
#include "client/core/messenger_internal.h"
#include "client/core/padding.h"

/* One message on its way to the history. */
struct arrival {
	const struct address *sender;
	int64_t stored_ms;
	const struct hash *group;
	struct bytes plaintext; /* a GroupPlaintext */
	struct group_record g;
	struct contact contact;
	const struct device_entry *device;
	struct group_plaintext p;
	struct message_body body;
	struct sender_state state;
};

/* Shown where it would have stood, with the reason, never silently dropped. */
static enum status
refuse(struct step *s, const struct arrival *a, const char *why)
{
	struct history_entry e = {
		.kind = HISTORY_NOTICE,
		.notice = NOTICE_REFUSED,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = a->g.id,
		.from = a->sender->account,
		.device = a->sender->device,
		.subject = a->sender->account,
		.id = a->body.id,
		.seq = a->body.seq,
		.sent_ms = a->body.sent_ms,
		.received_ms = s->now_ms,
		.detail = bytes_text(why),
	};
	uint64_t n;
	enum status st = history_append(s->txn, &e, &n);

	return st == STATUS_EXISTS ? STATUS_OK : st;
}

/*
 * What the log says about a message written under head_index (protocol.md
 * 8.6).  NULL: it may be shown.
 */
static const char *
judge(const struct arrival *a, const struct roster *r)
{
	const struct sign_public *key = &a->contact.account_key;
	uint64_t bound;

	if (!roster_was_member(r, a->body.head_index, &a->sender->account, key))
		return "its sender was not a member";
	if (a->body.head_index < a->state.head_index)
		return "it was written under an older log than the one before";
	if (roster_bound(r, a->body.head_index, a->sender, key, &bound) &&
	    a->body.seq > bound)
		return "it came after its sender was removed";
	return NULL;
}

static bool
is_member(const struct roster *r, const struct contact *c)
{
	const struct group_member *m = roster_find(r, &c->name);

	return m != NULL && memcmp(m->account_key.raw, c->account_key.raw,
				SIGN_PUBLIC_BYTES) == 0;
}

/*
 * Who is gone may be invited back: a message can overtake the invitation.  No
 * log gets longer than the limit, so beyond it there is nothing to wait for.
 */
static bool
is_ahead(const struct arrival *a)
{
	return a->g.length < a->body.head_index &&
	       a->body.head_index <= LIMIT_CHAIN_ENTRIES &&
	       a->g.standing != GROUP_FROZEN;
}

static enum status
judge_and_file(struct step *s, struct arrival *a, const struct roster *r)
{
	const char *why;
	struct hash head;
	uint64_t n;
	enum status st;

	st = roster_head_at(r, a->body.head_index, &head);
	if (st != STATUS_OK ||
	    memcmp(&head, &a->body.head_hash, sizeof(head)) != 0) {
		/* Only a member's word shows that another log is about. */
		if (a->body.head_index > LIMIT_CHAIN_ENTRIES ||
		    !is_member(r, &a->contact))
			return refuse(s, a, "it names a log that is not ours");
		st = group_freeze(s, &a->g,
		    "a member was shown another log of this group than ours");
		if (st != STATUS_OK)
			return st;
		return refuse(s, a, "it names a log that is not ours");
	}
	why = judge(a, r);
	if (why != NULL)
		return refuse(s, a, why);
	st = messenger_file(s, CONVERSATION_GROUP, &a->g.id, &a->g.id,
	    &a->contact, a->device, &a->p.message, a->stored_ms, &n);
	if (st == STATUS_EXISTS)
		return STATUS_OK;
	if (st == STATUS_OK)
		st = sender_get(s->txn, &a->g.id, a->sender, &a->state);
	if (st != STATUS_OK)
		return st;
	a->state.head_index = a->body.head_index;
	return sender_put(s->txn, &a->g.id, a->sender, &a->state);
}

/* AGAIN: the log is behind what this message was written under. */
static enum status
file_plaintext(struct step *s, struct arrival *a)
{
	struct roster *r;
	enum status st;

	st = envelope_get_group_plaintext(a->plaintext, s->arena, &a->p);
	if (st == STATUS_OK)
		st = envelope_get_message_body(
		    a->p.message.body, s->arena, &a->body);
	if (st != STATUS_OK)
		return st;
	st = group_get(s->txn, a->group, &a->g);
	if (st == STATUS_NOT_FOUND)
		return STATUS_AGAIN;
	if (st != STATUS_OK)
		return st;
	if (a->g.length < a->g.expected_length || is_ahead(a))
		return STATUS_AGAIN;
	st = contact_get(s->txn, &a->sender->account, &a->contact);
	if (st == STATUS_NOT_FOUND)
		return STATUS_CRYPTO;
	if (st != STATUS_OK)
		return st;
	a->device = device_list_find(&a->contact.list, a->sender->device);
	if (a->device == NULL)
		return STATUS_CRYPTO;
	st = sender_get(s->txn, a->group, a->sender, &a->state);
	if (st == STATUS_OK)
		st = group_roster(s, a->group, &r);
	if (st == STATUS_OK)
		st = judge_and_file(s, a, r);
	return st;
}

/* Decrypted, and ahead of our log: it waits for the entries it speaks of. */
static enum status
hold(struct step *s, const struct item *item, struct bytes plaintext,
    const struct hash *group)
{
	struct quarantine_entry q = {
		.reason = QUARANTINE_LOG_BEHIND,
		.sender = item->sender,
		.type = item->type,
		.suite = item->suite,
		.stored_ms = item->stored_ms,
		.payload = plaintext,
		.group = *group,
	};
	enum status st = messenger_keep(s, &q);

	if (st != STATUS_FULL)
		return st;
	return messenger_tell_peer(
	    s, NOTICE_UNDECRYPTABLE, &item->sender.account, 1);
}

/* The key travels ahead of the message, so that it is missing is worth a line.
 */
static enum status
wait_for_key(struct step *s, const struct item *item)
{
	enum status st =
	    messenger_quarantine(s, item, QUARANTINE_NO_SENDER_KEY);

	if (st != STATUS_OK)
		return st;
	return messenger_tell_peer(
	    s, NOTICE_UNDECRYPTABLE, &item->sender.account, 1);
}

static enum status
file_or_hold(struct step *s, const struct item *item, const struct hash *group,
    struct bytes plaintext)
{
	struct arrival a = {
		.sender = &item->sender,
		.stored_ms = item->stored_ms,
		.group = group,
		.plaintext = plaintext,
	};
	enum status st = file_plaintext(s, &a);

	if (st == STATUS_AGAIN)
		return hold(s, item, plaintext, group);
	return st;
}

/* Decrypt in a step of its own, so that a failure leaves nothing behind. */
static enum status
open_item(struct step *s, const struct item *item, struct hash *group,
    struct buf **plaintext)
{
	struct step inner;
	uint32_t key_id;
	enum status st = step_nest(s, &inner);

	if (st != STATUS_OK)
		return st;
	st = ratchet_group_decrypt(s->core->ratchet, inner.txn, &item->sender,
	    item->payload, &key_id, group, plaintext);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	return st;
}

/* NOT_FOUND: its sender key is not here. */
static enum status
try_message(struct step *s, const struct item *item)
{
	struct buf *padded = NULL;
	struct bytes plaintext;
	struct hash group;
	enum status st;

	st = open_item(s, item, &group, &padded);
	if (st == STATUS_OK)
		st = padding_strip(buf_view(padded), &plaintext);
	if (st == STATUS_OK)
		st = file_or_hold(s, item, &group, plaintext);
	buf_free(padded);
	return st;
}

enum status
group_take_message(struct step *s, const struct item *item)
{
	enum status st = try_message(s, item);

	return st == STATUS_NOT_FOUND ? wait_for_key(s, item) : st;
}

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
	st = q->reason == QUARANTINE_NO_SENDER_KEY
		 ? try_message(&inner, item)
		 : file_or_hold(&inner, item, &q->group, q->payload);
	st = messenger_blame(&inner, st);
	if (st == STATUS_OK)
		st = quarantine_del(inner.txn, q->order);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	return st;
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
	st = quarantine_del(s->txn, q->order);
	if (st == STATUS_OK)
		st = messenger_tell_peer(
		    s, NOTICE_UNDECRYPTABLE, &q->sender.account, 1);
	return st;
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

/* One line while it lasts: the newest of the conversation says it already. */
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
	if (count > 0 && e.kind == HISTORY_NOTICE && e.notice == NOTICE_GAP)
		return STATUS_OK;
	return group_tell(s, &g, NOTICE_GAP, &q->sender.account, NULL,
	    BYTES("its log has not come"));
}

enum status
group_tell_held(struct step *s)
{
	struct quarantine_entry q = { .order = 0 };
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	while (st == STATUS_OK) {
		arena_reset(a);
		st = quarantine_next(s->txn, q.order, a, &q);
		if (st == STATUS_OK && q.reason == QUARANTINE_LOG_BEHIND)
			st = tell_held(s, &q);
	}
	arena_free(a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}
