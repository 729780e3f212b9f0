/*
 * group_audience.c - whom a message to a group goes to, and our sender key for
 * those who lack it (protocol.md 8.5).
 */
#include <assert.h>
#include <string.h>

#include "client/core/group/group_send.h"
#include "client/core/messenger/messenger_internal.h"
#include "store/client/audience.h"
#include "store/client/receipts.h"

enum {
	SENDER_KEY_USES_MAX = 1000, /* libsignal heals no jump above 2,000 */
	SENDER_KEY_AGE_MAX_MS = 7 * 24 * 3600 * 1000,
};

static void
need(struct group_send *x, const struct account_name *name)
{
	if (x->needed_count < x->needed_max)
		x->needed[x->needed_count] = *name;
	x->needed_count++;
}

/*
 * The roster names another key than the pinned one.  Either the user went ahead
 * and the group has not followed, or the group did and the user has not.
 */
static enum status
other_key(struct group_send *x, const struct contact *c)
{
	const char *name = c->name.text;

	if (c->has_pending || roster_knew(x->r, &c->name, &c->account_key))
		return group_stay(x, STATUS_UNTRUSTED,
		    "This group has a key of %s that you have not accepted; "
		    "compare safety numbers with `tacit verify %s`, then "
		    "`tacit trust %s`.",
		    name, name, name);
	return group_stay(x, STATUS_UNTRUSTED,
	    "This group still has the old key of %s; an admin has to re-admit "
	    "that member: `tacit group add '%s' %s`.",
	    name, x->g.name, name);
}

static bool
is_gone(const struct group_send *x, const struct account_name *name)
{
	for (size_t i = 0; i < x->gone_count; i++)
		if (account_name_equal(&x->gone[i], name))
			return true;
	return false;
}

/*
 * May we encrypt to this member now?  OK; AGAIN: something is missing;
 * EXISTS: leave it out, its account is gone, or its pinned key is the roster's
 * but the account has been taken over by another key since; UNTRUSTED: the
 * roster names another key than the one the user accepted.
 */
static enum status
member_contact(
    struct group_send *x, const struct group_member *m, struct contact *c)
{
	enum status st;

	if (is_gone(x, &m->account)) {
		*c = (struct contact){ .name = m->account,
			.account_key = m->account_key };
		return STATUS_EXISTS;
	}
	st = contact_get(x->s->txn, &m->account, c);
	if (st == STATUS_NOT_FOUND) {
		need(x, &m->account);
		return STATUS_AGAIN;
	}
	if (st != STATUS_OK)
		return st;
	if (memcmp(c->account_key.raw, m->account_key.raw, SIGN_PUBLIC_BYTES) !=
	    0)
		return other_key(x, c);
	return c->has_pending ? STATUS_EXISTS : STATUS_OK;
}

/* First pass: name every account whose list or sessions are missing. */
enum status
group_check_members(struct group_send *x)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < roster_count(x->r); i++) {
		const struct group_member *m = roster_at(x->r, i);
		struct contact c;

		if (group_is_self(x->s, m))
			continue;
		st = member_contact(x, m, &c);
		if (st == STATUS_AGAIN || st == STATUS_EXISTS)
			continue;
		if (st != STATUS_OK)
			return st;
		for (size_t d = 0; d < c.list.devices_count; d++) {
			struct address to = { c.name, c.list.devices[d].id };

			st = pair_can_encrypt(x->s, &to);
			if (st == STATUS_NOT_FOUND) {
				need(x, &c.name);
				break;
			}
			if (st != STATUS_OK)
				return st;
		}
	}
	return x->needed_count > 0 ? STATUS_AGAIN : STATUS_OK;
}

static bool
needs_new_key(const struct group_send *x)
{
	const struct group_record *g = &x->g;

	return !g->has_sender_key || g->sender_key_stale ||
	       g->sender_key_uses >= SENDER_KEY_USES_MAX ||
	       x->s->now_ms - g->sender_key_made_ms >= SENDER_KEY_AGE_MAX_MS;
}

/* A new key before the next message after the devices shrank, by age, by use.
 */
static enum status
renew_key(struct group_send *x)
{
	struct group_record *g = &x->g;
	struct buf *unused = NULL;
	enum status st;

	if (!needs_new_key(x))
		return STATUS_OK;
	st = ratchet_group_make_key(x->s->core->ratchet, x->s->txn,
	    &x->s->core->self, &g->id, &g->sender_key_id, &unused);
	buf_free(unused);
	if (st != STATUS_OK)
		return st;
	g->has_sender_key = true;
	g->sender_key_stale = false;
	g->sender_key_uses = 0;
	g->sender_key_made_ms = x->s->now_ms;
	return STATUS_OK;
}

/* The signed distribution of our key as it stands, in the step's arena. */
static enum status
make_distribution(struct group_send *x, struct plaintext *p)
{
	struct step *s = x->s;
	struct sender_key_body body = {
		.group = x->g.id,
		.head_index = x->g.length,
		.head_hash = x->g.head,
	};
	struct signature signature;
	struct buf *raw = NULL;
	struct buf *distribution = NULL;
	enum status st;

	st =
	    ratchet_group_distribution(s->core->ratchet, s->txn, &s->core->self,
		&x->g.id, &body.key_id, &body.iteration, &distribution);
	if (st == STATUS_OK)
		st = buf_new(LIMIT_PREKEY_BYTES, &raw);
	if (st != STATUS_OK)
		goto out;
	body.distribution = buf_view(distribution);
	st = envelope_put_sender_key_body(&body, raw);
	if (st == STATUS_OK)
		st = group_sign_sender_key(
		    &s->core->self, buf_view(raw), &signature);
	p->kind = CONTENT_SENDER_KEY;
	if (st == STATUS_OK)
		st = arena_copy(s->arena, buf_view(raw), &p->u.sender_key.body);
	if (st == STATUS_OK)
		st = arena_copy(s->arena, BYTES_OF(signature.raw),
		    &p->u.sender_key.signature);
out:
	buf_free(raw);
	buf_free(distribution);
	return st;
}

static struct outbox_recipient *
add_recipient(struct group_send *x, const struct contact *c,
    const struct device_entry *device)
{
	struct outbox_recipient *to = &x->fresh[x->count++];

	assert(x->fresh != NULL); /* a device is counted before */
	to->to.account = c->name;
	to->to.device = device->id;
	to->registration_id = device->registration_id;
	to->account_key = c->account_key;
	to->suite = SUITE_SIGNAL_V3;
	to->type = ITEM_SENDER_KEY;
	return to;
}

/*
 * In the row as one that gets nothing: without a type, and done.  The sender is
 * told of it with the others that refused (courier_answers.c).
 */
static enum status
leave_out(struct group_send *x, const struct contact *c)
{
	struct outbox_recipient *to = &x->fresh[x->count++];

	assert(x->fresh != NULL);
	to->to.account = c->name;
	to->account_key = c->account_key;
	to->done = true;
	x->left_out++;
	return messenger_own(receipt_loss_put(x->s->txn, &x->row->id, &c->name,
	    is_gone(x, &c->name) ? RECEIPT_ACCOUNT_REMOVED : RECEIPT_REFUSED));
}

/* Our key to a device that lacks it, ahead of the message, in the same row. */
static enum status
hand_key(struct group_send *x, const struct contact *c,
    const struct device_entry *device, const struct plaintext *p)
{
	struct step *s = x->s;
	struct address to = { c->name, device->id };
	struct outbox_recipient *entry;
	struct buf *sealed = NULL;
	uint32_t type;
	enum status st;

	st = sender_key_sent_has(s->txn, &x->g.id, &to, x->g.sender_key_id);
	if (st != STATUS_NOT_FOUND)
		return st;
	st = pair_encrypt(s, c, device, p, &type, &sealed);
	if (st != STATUS_OK)
		return st;
	entry = add_recipient(x, c, device);
	entry->type = type;
	st = arena_copy(s->arena, buf_view(sealed), &entry->payload);
	if (st == STATUS_OK)
		st = sender_key_sent_put(
		    s->txn, &x->g.id, &to, x->g.sender_key_id);
	buf_free(sealed);
	return st;
}

static enum status
address_members(struct group_send *x, const struct plaintext *key)
{
	enum status st = STATUS_OK;
	size_t most = roster_count(x->r) * LIMIT_DEVICES_PER_ACCOUNT * 2;

	x->fresh = arena_take_array(x->s->arena, most, sizeof(x->fresh[0]));
	if (x->fresh == NULL && most > 0)
		return STATUS_NOMEM;
	x->recipients = x->fresh;
	for (size_t i = 0; i < roster_count(x->r); i++) {
		const struct group_member *m = roster_at(x->r, i);
		struct contact c;

		if (group_is_self(x->s, m))
			continue;
		st = member_contact(x, m, &c);
		if (st == STATUS_EXISTS) {
			st = leave_out(x, &c);
			if (st != STATUS_OK)
				return st;
			continue;
		}
		for (size_t d = 0; st == STATUS_OK && d < c.list.devices_count;
		     d++) {
			st = hand_key(x, &c, &c.list.devices[d], key);
			if (st == STATUS_OK)
				add_recipient(x, &c, &c.list.devices[d]);
		}
		if (st != STATUS_OK)
			return st;
	}
	if (x->left_out > 0 && x->left_out == x->count &&
	    x->left_out == x->gone_count)
		return STATUS_CLOSED;
	if (x->left_out > 0 && x->left_out == x->count)
		return group_stay(x, STATUS_UNTRUSTED,
		    "The account key of every other member of this group has "
		    "changed; compare safety numbers with `tacit verify`, "
		    "then `tacit trust`.");
	return STATUS_OK;
}

/*
 * Nothing has changed since the last message: same log, same key, no contact
 * written since.  NOT_FOUND: each member has to be looked at.
 */
enum status
group_same_audience(struct group_send *x)
{
	struct audience same;
	enum status st;

	if (needs_new_key(x))
		return STATUS_NOT_FOUND;
	st = audience_get(x->s->txn, &x->g.id, x->s->arena, &same);
	if (st != STATUS_OK)
		return st;
	if (same.length != x->g.length || same.key_id != x->g.sender_key_id ||
	    memcmp(&same.head, &x->g.head, sizeof(same.head)) != 0)
		return STATUS_NOT_FOUND;
	x->recipients = same.recipients;
	x->count = same.count;
	return STATUS_OK;
}

/* Whoever was left out is looked at again with every message. */
static enum status
keep_audience(struct group_send *x)
{
	struct outbox_recipient *all =
	    arena_take_array(x->s->arena, x->count + 1, sizeof(*all));
	struct audience same = {
		.length = x->g.length,
		.head = x->g.head,
		.key_id = x->g.sender_key_id,
		.recipients = all,
	};

	if (x->left_out > 0)
		return STATUS_OK;
	if (all == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < x->count; i++)
		if (x->recipients[i].type == ITEM_SENDER_KEY)
			all[same.count++] = x->recipients[i];
	return audience_put(x->s->txn, &x->g.id, &same);
}

/* Whom it goes to, and our key for those who lack it. */
enum status
group_find_audience(struct group_send *x)
{
	struct plaintext key = { 0 };
	enum status st = renew_key(x);

	if (st == STATUS_OK)
		st = make_distribution(x, &key);
	if (st == STATUS_OK)
		st = address_members(x, &key);
	return st == STATUS_OK ? keep_audience(x) : st;
}
