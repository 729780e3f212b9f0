/*
 * group_receive.c - what others say to a group: judged by the log, held while
 * the log is behind (protocol.md 8.5, 8.6).
 */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "client/core/group/group_internal.h"
#include "client/core/messenger/leaving.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/padding.h"
#include "client/core/messenger/receipts.h"
#include "client/core/repair/repair.h"

/* One message on its way to the history. */
struct arrival {
	const struct address *sender;
	const struct hash *group;
	struct bytes plaintext; /* a GroupPlaintext */
	struct chain_id since;  /* held while the log stood there, or zeros */
	const int64_t *was_due_ms; /* held until then, or NULL */
	struct group_record g;
	struct contact contact;
	const struct device_entry *device; /* on the list, or `former` */
	struct device_entry former;
	struct group_plaintext p;
	struct message_body body;
	struct sender_state state;
	uint64_t head_first; /* between these heads it must stand */
	uint64_t head_last;
};

/*
 * Shown where it would have stood, with the reason; but a line there is not for
 * whoever knows no more of the group than its id, nor for who is blocked.
 */
static enum status
has_a_line(struct step *s, const struct arrival *a, bool *has)
{
	const struct contact *c = &a->contact;
	struct roster *r;
	enum status st = group_roster(s, &a->g.id, &r);

	*has = st == STATUS_OK && !c->blocked &&
	       (roster_find(r, &c->name) != NULL ||
		   roster_knew(r, &c->name, &c->account_key));
	return st;
}

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
	bool has = false;
	uint64_t n;
	enum status st = has_a_line(s, a, &has);

	if (st == STATUS_OK && has)
		st = history_append(s->txn, &e, &n);
	return st == STATUS_EXISTS ? STATUS_OK : st;
}

/* Its sender will see from our head what we see from its. */
static enum status
refuse_head(struct step *s, const struct arrival *a)
{
	const struct receipt_talk talk = { CONVERSATION_GROUP, &a->g.id,
		a->sender, &a->contact.account_key, &a->contact };
	enum status st = STATUS_OK;

	if (a->g.standing == GROUP_FROZEN)
		st = receipts_owe_head(s, &talk);
	if (st == STATUS_OK)
		st = refuse(s, a, "it names a log that is not ours");
	return st;
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
	if (a->body.head_index < a->head_first ||
	    a->body.head_index > a->head_last)
		return "it was written under an older log than the one before";
	if (roster_bound(r, a->body.head_index, a->sender, key, &bound) &&
	    a->body.seq > bound)
		return "it came after its sender was removed";
	return NULL;
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

/* After what came last; one that was missing, between its neighbours. */
static enum status
find_place(struct step *s, struct arrival *a)
{
	struct gap hole;
	enum status st = STATUS_NOT_FOUND;

	a->head_first = a->state.head_index;
	a->head_last = UINT64_MAX;
	if (a->body.seq <= a->state.seq)
		st = gap_find_number(
		    s->txn, a->group, a->sender, a->body.seq, &hole);
	if (st == STATUS_OK) {
		a->head_first = hole.head_first;
		a->head_last = hole.head_last;
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

/* Out in between, and nothing of what it had written before is missing. */
static bool
has_returned(const struct arrival *a, const struct roster *r)
{
	const struct sign_public *key = &a->contact.account_key;
	uint64_t bound;

	return !roster_was_member_throughout(r, a->state.head_index,
		   a->body.head_index, &a->sender->account, key) &&
	       roster_bound(r, a->state.head_index, a->sender, key, &bound) &&
	       bound <= a->state.seq;
}

/*
 * What was said while we were not a member was not said to us, and what its
 * sender said while it was none is refused: after that a sender's numbers begin
 * anew, as for somebody who joins late.
 */
static enum status
forget_absence(struct step *s, struct arrival *a, const struct roster *r)
{
	const struct self *self = &s->core->self;

	if (a->body.seq <= a->state.seq || a->state.seq == 0)
		return STATUS_OK;
	if (roster_was_member_throughout(r, a->state.head_index,
		a->body.head_index, &self->address.account,
		&self->account_key) &&
	    !has_returned(a, r))
		return STATUS_OK;
	a->state.seq = 0;
	return sender_put(s->txn, &a->g.id, a->sender, &a->state);
}

/* Out, as far as we have read, and invited: the log will tell. */
static bool
is_coming_back(const struct arrival *a)
{
	return (a->g.standing == GROUP_REMOVED ||
		   a->g.standing == GROUP_LEFT) &&
	       a->g.length < a->g.expected_length;
}

static bool
is_chain(const struct chain_id *a, const struct chain_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/*
 * What waited for a log that another one has taken the place of since says
 * nothing against that one.
 */
static enum status
check_head(struct step *s, struct arrival *a, const struct roster *r)
{
	static const struct chain_id none;
	const struct hash *theirs = &a->body.head_hash;
	uint64_t index = a->body.head_index;
	struct hash ours;

	if (is_chain(&a->since, &none) || is_chain(&a->since, &a->g.chain))
		return group_check_head(
		    s, &a->g, r, &a->contact, index, theirs);
	if (roster_head_at(r, index, &ours) != STATUS_OK ||
	    memcmp(&ours, theirs, sizeof(ours)) != 0)
		return STATUS_CONFLICT;
	return STATUS_OK;
}

static enum status
judge_and_file(struct step *s, struct arrival *a, const struct roster *r)
{
	const char *why;
	uint64_t n;
	enum status st = check_head(s, a, r);

	if (st == STATUS_CONFLICT)
		return refuse_head(s, a);
	if (st != STATUS_OK)
		return st;
	why = judge(a, r);
	if (why != NULL)
		return refuse(s, a, why);
	st = forget_absence(s, a, r);
	if (st != STATUS_OK)
		return st;
	st = messenger_file(s, CONVERSATION_GROUP, &a->g.id, &a->g.id,
	    &a->contact, a->device, &a->p.message, &n);
	if (st == STATUS_CONFLICT)
		return refuse(
		    s, a, "its sender has said that another one stands there");
	return st == STATUS_EXISTS ? STATUS_OK : st;
}

/*
 * Every message names the device list it was written under.  Ours may be older
 * or newer: the message is judged by ours.  Two lists of one version are what
 * no honest account has.
 */
static bool
names_another_list(const struct arrival *a)
{
	const struct contact *c = &a->contact;

	if (a->p.list_version > c->list.version)
		log_event(LOG_LEVEL_DEBUG, "device-list-behind",
		    "ours=%" PRIu64 " theirs=%" PRIu64, c->list.version,
		    a->p.list_version);
	return a->p.list_version == c->list.version &&
	       memcmp(&a->p.list_hash, &c->list_hash, sizeof(c->list_hash)) !=
		   0;
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
	if (is_coming_back(a) || is_ahead(a))
		return STATUS_AGAIN;
	st = contact_get(s->txn, &a->sender->account, &a->contact);
	if (st == STATUS_NOT_FOUND)
		return STATUS_CRYPTO;
	if (st != STATUS_OK)
		return st;
	st = leaving_device(
	    s, &a->contact, a->sender->device, &a->former, &a->device);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_CRYPTO : st;
	if (names_another_list(a))
		return refuse(s, a,
		    "its sender has shown us another device list of the same "
		    "version");
	st = sender_get(s->txn, a->group, a->sender, &a->state);
	if (st == STATUS_OK)
		st = find_place(s, a);
	if (st == STATUS_OK)
		st = group_roster(s, a->group, &r);
	if (st == STATUS_OK)
		st = judge_and_file(s, a, r);
	return st;
}

/* Decrypted, and ahead of our log: it waits for the entries it speaks of. */
static enum status
hold(struct step *s, const struct item *item, const struct arrival *a)
{
	static const struct chain_id none;
	struct quarantine_entry q = {
		.reason = QUARANTINE_LOG_BEHIND,
		.sender = item->sender,
		.type = item->type,
		.suite = item->suite,
		.stored_ms = item->stored_ms,
		.payload = a->plaintext,
		.group = *a->group,
		.chain = is_chain(&a->since, &none) ? a->g.chain : a->since,
		.due_ms = a->was_due_ms != NULL
			      ? *a->was_due_ms
			      : messenger_expires_ms(s, a->body.timer_s),
	};
	uint64_t n;
	enum status st = messenger_keep(s, &q, &n);

	if (st != STATUS_FULL)
		return st;
	return messenger_tell_peer(
	    s, NOTICE_UNDECRYPTABLE, &item->sender.account, 1, &n);
}

enum status
group_file_or_hold(struct step *s, const struct item *item,
    const struct hash *group, struct bytes plaintext,
    const struct quarantine_entry *was)
{
	struct arrival a = {
		.sender = &item->sender,
		.group = group,
		.plaintext = plaintext,
		.was_due_ms = was != NULL ? &was->due_ms : NULL,
	};
	enum status st;

	if (was != NULL)
		a.since = was->chain;
	st = file_plaintext(s, &a);
	return st == STATUS_AGAIN ? hold(s, item, &a) : st;
}

/*
 * The key travels ahead of the message, so that it is missing is worth a line,
 * and its sender is asked.
 */
static enum status
wait_for_key(struct step *s, const struct item *item)
{
	struct repair_item lost = {
		.kind = CONVERSATION_GROUP,
		.sender = &item->sender,
		.payload = item->payload,
		.no_key = true,
	};
	struct kept kept;
	enum status st =
	    messenger_quarantine(s, item, QUARANTINE_NO_SENDER_KEY, &kept);

	if (st == STATUS_OK && kept.told == 0)
		st = messenger_tell_peer(s, NOTICE_UNDECRYPTABLE,
		    &item->sender.account, 1, &kept.told);
	lost.kept = kept.order;
	lost.told = kept.told;
	return st == STATUS_OK ? repair_note_item(s, &lost) : st;
}

enum status
group_try_message(struct step *s, const struct item *item)
{
	struct buf *padded = NULL;
	struct bytes plaintext;
	struct hash group;
	uint32_t key_id;
	enum status st;

	/* The key's step is written last: a failure leaves nothing behind. */
	st = ratchet_group_decrypt(s->core->ratchet, s->txn, &item->sender,
	    item->payload, &key_id, &group, &padded);
	if (st == STATUS_OK)
		st = padding_strip(buf_view(padded), &plaintext);
	if (st == STATUS_OK)
		st = group_file_or_hold(s, item, &group, plaintext, NULL);
	buf_free(padded);
	return st;
}

enum status
group_take_message(struct step *s, const struct item *item)
{
	enum status st = group_try_message(s, item);

	return st == STATUS_NOT_FOUND ? wait_for_key(s, item) : st;
}
