/*
 * repair_answer.c - what others ask of us (protocol.md 9.3).
 *
 * An asker gets what was sent to it once, as the group's log or the
 * conversation of the two says: no more, not often, and no new keys at its
 * pleasure.
 */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"
#include "client/core/repair/repair_parcel.h"

enum {
	SENT_PRUNE_EVERY = 16, /* messages */
	ANSWER_BYTES = 512 * 1024,
	LOOKS_MAX = 256,  /* at messages, given or not */
	GIVEN_MAX = 3,    /* one message to one device */
	UNKNOWN_MAX = 24, /* answers without a message, an hour, to a device */
	DAY_MS = 24 * 60 * 60 * 1000,
	HOUR_MS = 60 * 60 * 1000,
	PRUNE_LOOKS = 4, /* more than one message adds */
};

static const uint64_t bytes_a_day = 8 * 1024 * 1024; /* to one device */

/* One request. */
struct answer {
	struct step *s;
	const struct pair_arrival *arrival;
	struct address asker;
	uint8_t device[4];
	bool near;             /* what two have between them is for it */
	bool direct;           /* the parcel is of the talk with the asker */
	struct group_record g; /* else of this group */
	struct roster *r;
	struct hash talk; /* what we and the asker sign between us */
	struct parcel_out out;
	size_t looks;
	struct hash unknown[LIMIT_RESEND_HASHES];
	size_t unknown_count;
};

static enum status
count_for(struct answer *x, const char *what, struct bytes about,
    uint64_t amount, uint64_t most, int64_t window_ms)
{
	struct bytes parts[] = {
		bytes_text(what),
		account_name_bytes(&x->asker.account),
		BYTES_OF(x->device),
		about,
	};
	struct tally tally = { parts, 4, most, window_ms };

	return tally_add(x->s->txn, &tally, amount, x->s->now_ms);
}

/*
 * Only a member answers, by the log as it is here.  NOT_FOUND: not in this
 * group, or not any more.
 */
static enum status
enter(struct answer *x, const struct hash *group)
{
	enum status st;

	x->direct = memcmp(group, &x->talk, sizeof(*group)) == 0;
	x->out.group = *group;
	if (x->direct && x->near)
		return STATUS_OK;
	st = x->direct ? STATUS_NOT_FOUND : group_get(x->s->txn, group, &x->g);
	if (st == STATUS_OK && x->g.standing != GROUP_MEMBER)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = group_roster(x->s, group, &x->r);
	if (st != STATUS_OK)
		memset(&x->out.group, 0, sizeof(x->out.group));
	return messenger_own(st);
}

/*
 * To the asker alone, under the account key that it has now, and not one of
 * which the user was told that it never arrives.
 */
static bool
was_said_to(const struct answer *x, const struct history_entry *e)
{
	return e->own && e->state != STATE_FAILED &&
	       bytes_equal(e->talk, hash_view(&x->talk));
}

/* Spec 9.3: "only if the log names its account, with the account key". */
static bool
may_have(const struct answer *x, const struct history_entry *e,
    const struct message_body *body)
{
	const struct contact *asker = &x->arrival->sender;

	if (x->direct)
		return was_said_to(x, e);
	if (memcmp(&e->conversation, &x->out.group, sizeof(e->conversation)) !=
	    0)
		return false;

	/* Its own words it said itself. */
	if (account_name_equal(&e->from, &asker->name))
		return false;
	return roster_was_member(
	    x->r, body->head_index, &asker->name, &asker->account_key);
}

/* FULL: enough of this message, or of all. */
static enum status
count_given(struct answer *x, const struct history_entry *e)
{
	uint8_t author[4];
	struct bytes parts[] = {
		BYTES("resent"),
		account_name_bytes(&x->asker.account),
		BYTES_OF(x->device),
		account_name_bytes(&e->from),
		bytes_view(author, sizeof(author)),
		BYTES_OF(e->id.raw),
	};
	struct tally tally = { parts, 6, GIVEN_MAX, repair_kept_ms };
	enum status st;

	store_u32(author, e->device);
	st = count_for(x, "resent-bytes", BYTES_NONE, e->text.len + e->body.len,
	    bytes_a_day, DAY_MS);
	if (st == STATUS_OK)
		st = tally_add(x->s->txn, &tally, 1, x->s->now_ms);
	if (st == STATUS_OK)
		st = tally_prune(
		    x->s->txn, x->s->now_ms - repair_kept_ms, PRUNE_LOOKS);
	return st;
}

/*
 * What stands at n, if the asker may have it.  NOT_FOUND: it may not, or has
 * had it often enough.  FULL: this answer is long enough.
 */
static enum status
give(struct answer *x, uint64_t n, const struct sign_public *key,
    const struct hash *hash)
{
	struct history_entry e;
	struct message_body body;
	enum status st = parcel_read(&x->out, n, &e, &body);

	if (st != STATUS_OK)
		return st;
	if (memcmp(&e.from_key, key, sizeof(*key)) != 0 ||
	    !may_have(x, &e, &body))
		return STATUS_NOT_FOUND;
	if (e.text.len + e.body.len > x->out.left)
		return STATUS_FULL;
	st = count_given(x, &e);
	if (st == STATUS_FULL)
		return STATUS_NOT_FOUND;
	return st == STATUS_OK ? parcel_add(&x->out, &e, hash) : st;
}

static enum status
answer_numbers(struct answer *x, const struct resend_request *ask)
{
	uint64_t seq = ask->first;
	struct hash filed = ask->conversation;
	enum status st = enter(x, &ask->conversation);

	if (st == STATUS_OK && x->direct)
		peers_history_key(&x->asker.account, &filed);

	while (st == STATUS_OK && x->looks++ < LOOKS_MAX) {
		uint64_t n;

		st = history_next_number(
		    x->s->txn, &filed, &ask->author, &seq, &n);
		if (st != STATUS_OK || seq > ask->last)
			break;
		st = give(x, n, &ask->author_key, NULL);
		if (st == STATUS_NOT_FOUND)
			st = STATUS_OK;
		if (seq++ == ask->last)
			break;
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/*
 * The asker cannot read what we say.  If it lacks our key it gets the present
 * one with our next message; if it has it, only a new one helps, and that costs
 * everybody something.
 */
static enum status
mend_key(struct answer *x, bool no_key)
{
	struct bytes parts[] = { BYTES("new-key"), hash_view(&x->g.id) };
	struct tally tally = { parts, 2, 1, HOUR_MS };
	enum status st;

	if (no_key)
		return sender_key_sent_put(x->s->txn, &x->g.id, &x->asker, 0);
	st =
	    count_for(x, "new-key", hash_view(&x->g.id), 1, 1, (int64_t)DAY_MS);
	if (st == STATUS_OK)
		st = tally_add(x->s->txn, &tally, 1, x->s->now_ms);
	if (st == STATUS_OK)
		st = group_renew_key(x->s, &x->g.id);
	return st == STATUS_FULL ? STATUS_OK : st;
}

/* NOT_FOUND: it held no message that we still give. */
static enum status
answer_hash(struct answer *x, const struct hash *hash, bool no_key)
{
	struct history_entry e;
	struct message_body body;
	struct hash talk = x->talk;
	uint64_t n;
	enum status st = sent_get(x->s->txn, hash, &n);

	if (st == STATUS_OK)
		st = parcel_read(&x->out, n, &e, &body);
	if (st == STATUS_OK && !e.own)
		st = STATUS_NOT_FOUND;
	if (st != STATUS_OK)
		return st;
	if (e.conversation_kind == CONVERSATION_GROUP)
		talk = e.conversation;
	if (memcmp(&talk, &x->out.group, sizeof(talk)) != 0) {
		st = parcel_flush(&x->out); /* and forgets e */
		if (st == STATUS_OK)
			st = enter(x, &talk);
	}
	if (st == STATUS_OK)
		st = give(x, n, &x->s->core->self.account_key, hash);
	return st == STATUS_OK && !x->direct ? mend_key(x, no_key) : st;
}

/*
 * Spec 9.3: "says so".  Then nobody waits for it, and what is missing is asked
 * for by its number.  It says as well that we are here: not to everybody, and
 * not without end.
 */
static enum status
say_unknown(struct answer *x)
{
	struct plaintext p = { .kind = CONTENT_RESENT };
	enum status st;

	if (x->unknown_count == 0 || !x->near)
		return STATUS_OK;
	st = count_for(x, "unknown", BYTES_NONE, 1, UNKNOWN_MAX, HOUR_MS);
	if (st != STATUS_OK)
		return st;
	p.u.resent.group = x->talk;
	p.u.resent.unknown = x->unknown;
	p.u.resent.unknown_count = x->unknown_count;
	return messenger_control_members(x->s, &x->out.to, 1, &p);
}

static enum status
answer_hashes(struct answer *x, const struct resend_request *ask)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < ask->hashes_count; i++) {
		st = answer_hash(x, &ask->hashes[i], ask->no_key);
		if (st != STATUS_NOT_FOUND)
			continue;
		x->unknown[x->unknown_count++] = ask->hashes[i];
		st = STATUS_OK;
	}
	return st == STATUS_OK ? say_unknown(x) : st;
}

enum status
repair_take_request(struct step *s, const struct pair_arrival *arrival)
{
	const struct resend_request *ask = &arrival->p.u.resend_request;
	struct answer x = {
		.s = s,
		.arrival = arrival,
		.asker = { arrival->sender.name, arrival->device->id },
		.out = { .s = s,
		    .to = { .account = arrival->sender.name,
			.account_key = arrival->sender.account_key },
		    .left = ANSWER_BYTES },
	};
	enum status st = parcel_begin(&x.out);

	store_u32(x.device, x.asker.device);
	peers_conversation(
	    &s->core->self.account_key, &arrival->sender.account_key, &x.talk);
	if (st == STATUS_OK)
		st = consent_is_near(s, &arrival->sender, &x.near);
	if (st == STATUS_OK)
		st = ask->hashes_count > 0 ? answer_hashes(&x, ask)
					   : answer_numbers(&x, ask);
	if (st == STATUS_FULL)
		st = STATUS_OK;
	if (st == STATUS_OK)
		st = parcel_flush(&x.out);
	parcel_end(&x.out);
	return messenger_own(st);
}

enum status
repair_note_sent(struct step *s, struct bytes ciphertext, uint64_t history_n)
{
	struct hash hash;
	enum status st;

	hash_bytes(ciphertext, &hash);
	st = sent_put(s->txn, &hash, history_n, s->now_ms);
	/* Now and then, and more than were added since. */
	if (st == STATUS_OK && history_n % SENT_PRUNE_EVERY == 0)
		st = sent_prune(
		    s->txn, s->now_ms - repair_kept_ms, 2 * SENT_PRUNE_EVERY);
	return messenger_own(st);
}
