/*
 * group_send.c - one message to a group: signed once, encrypted once under our
 * sender key, uploaded once (protocol.md 8.5).
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/wipe.h"
#include "client/core/group/group_internal.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/padding.h"
#include "client/core/repair/repair.h"
#include "store/client/receipts.h"

enum {
	SENDER_KEY_USES_MAX = 1000, /* libsignal heals no jump above 2,000 */
	SENDER_KEY_AGE_MAX_MS = 7 * 24 * 3600 * 1000,
	SENTENCE_BYTES = 512,
};

/* What one send works on. */
struct send {
	struct step *s;
	struct outbox_row *row;
	struct group_record g;
	struct roster *r;
	struct outbox_recipient *recipients;
	size_t count;
	size_t left_out; /* of them: named, and sent nothing */
	struct account_name *needed;
	size_t needed_max;
	size_t needed_count;
};

static void
need(struct send *x, const struct account_name *name)
{
	if (x->needed_count < x->needed_max)
		x->needed[x->needed_count] = *name;
	x->needed_count++;
}

/* The row stays as it is, and says to the user why: st, or NOMEM. */
static enum status __attribute__((format(printf, 3, 4)))
stay(struct send *x, enum status st, const char *format, ...)
{
	char *text = arena_take(x->s->arena, SENTENCE_BYTES);
	va_list args;

	if (text == NULL)
		return STATUS_NOMEM;
	va_start(args, format);
	vsnprintf(text, SENTENCE_BYTES, format, args);
	va_end(args);
	x->row->last_error = bytes_text(text);
	return st;
}

/*
 * The roster names another key than the pinned one.  Either the user went ahead
 * and the group has not followed, or the group did and the user has not.
 */
static enum status
other_key(struct send *x, const struct contact *c)
{
	const char *name = c->name.text;

	if (c->has_pending || roster_knew(x->r, &c->name, &c->account_key))
		return stay(x, STATUS_UNTRUSTED,
		    "This group has a key of %s that you have not accepted; "
		    "compare safety numbers with `tacit verify %s`, then "
		    "`tacit trust %s`.",
		    name, name, name);
	return stay(x, STATUS_UNTRUSTED,
	    "This group still has the old key of %s; an admin has to re-admit "
	    "that member: `tacit group add '%s' %s`.",
	    name, x->g.name, name);
}

/*
 * May we encrypt to this member now?  OK; AGAIN: something is missing;
 * EXISTS: leave it out, its pinned key is the roster's but the account has been
 * taken over by another key since; UNTRUSTED: the roster names another key than
 * the one the user accepted.
 */
static enum status
member_contact(struct send *x, const struct group_member *m, struct contact *c)
{
	enum status st = contact_get(x->s->txn, &m->account, c);

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
static enum status
check_members(struct send *x)
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

			st = ratchet_has_session(
			    x->s->core->ratchet, x->s->txn, &to);
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

/* A new key before the next message after the devices shrank, by age, by use.
 */
static enum status
renew_key(struct send *x)
{
	struct group_record *g = &x->g;
	struct buf *unused = NULL;
	enum status st;

	if (g->has_sender_key && !g->sender_key_stale &&
	    g->sender_key_uses < SENDER_KEY_USES_MAX &&
	    x->s->now_ms - g->sender_key_made_ms < SENDER_KEY_AGE_MAX_MS)
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
make_distribution(struct send *x, struct plaintext *p)
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
add_recipient(
    struct send *x, const struct contact *c, const struct device_entry *device)
{
	struct outbox_recipient *to = &x->recipients[x->count++];

	assert(x->recipients != NULL); /* a device is counted before */
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
leave_out(struct send *x, const struct contact *c)
{
	struct outbox_recipient *to = &x->recipients[x->count++];

	assert(x->recipients != NULL);
	to->to.account = c->name;
	to->account_key = c->account_key;
	to->done = true;
	x->left_out++;
	return messenger_own(receipt_loss_put(
	    x->s->txn, &x->row->id, &c->name, RECEIPT_REFUSED));
}

/* Our key to a device that lacks it, ahead of the message, in the same row. */
static enum status
hand_key(struct send *x, const struct contact *c,
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
address_members(struct send *x, const struct plaintext *key)
{
	enum status st = STATUS_OK;
	size_t most = roster_count(x->r) * LIMIT_DEVICES_PER_ACCOUNT * 2;

	x->recipients =
	    arena_take_array(x->s->arena, most, sizeof(x->recipients[0]));
	if (x->recipients == NULL && most > 0)
		return STATUS_NOMEM;
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
	if (x->left_out > 0 && x->left_out == x->count)
		return stay(x, STATUS_UNTRUSTED,
		    "The account key of every other member of this group has "
		    "changed; compare safety numbers with `tacit verify`, "
		    "then `tacit trust`.");
	return STATUS_OK;
}

static enum status
encrypt_shared(struct send *x, const struct signed_parts *parts)
{
	struct step *s = x->s;
	const struct self *self = &s->core->self;
	struct group_plaintext p = { .list_version = self->list.version };
	struct buf *plain = NULL;
	struct buf *sealed = NULL;
	enum status st;

	p.message.body = buf_view(parts->body);
	p.message.signature = BYTES_OF(parts->signature.raw);
	p.message.auth = AUTH_ED25519;
	p.message.salt = BYTES_OF(parts->salt);
	p.message.content = x->row->content;
	hash_bytes(self_signed_list(self).body, &p.list_hash);
	st = buf_new(LIMIT_PLAINTEXT_BYTES, &plain);
	if (st == STATUS_OK)
		st = envelope_put_group_plaintext(&p, plain);
	if (st == STATUS_OK)
		st = padding_add(plain);
	if (st == STATUS_OK)
		st = ratchet_group_encrypt(s->core->ratchet, s->txn, self,
		    &x->g.id, buf_view(plain), &sealed);
	if (st == STATUS_OK)
		st = arena_copy(s->arena, buf_view(sealed), &x->row->shared);
	buf_free(plain);
	buf_free(sealed);
	return st;
}

static enum status
seal_message(struct send *x)
{
	struct log_place place = { x->g.length, x->g.head,
		roster_timer_s(x->r) };
	struct signed_parts parts = { 0 };
	struct plaintext key = { 0 };
	uint64_t seq = 0;
	enum status st;

	st = renew_key(x);
	if (st == STATUS_OK)
		st = make_distribution(x, &key);
	if (st == STATUS_OK)
		st = address_members(x, &key);
	if (st == STATUS_OK)
		st = messenger_sign(x->s, &x->g.id, &x->row->id,
		    x->row->content, &place, &parts, &seq);
	if (st == STATUS_OK)
		st = encrypt_shared(x, &parts);
	if (st == STATUS_OK)
		st = repair_note_sent(x->s, x->row->shared, x->row->history_n);
	if (st == STATUS_OK)
		st = messenger_file_signed(x->s, x->row, &parts, seq);
	x->g.sender_key_uses++;
	if (st == STATUS_OK)
		st = group_put(x->s->txn, &x->g);
	x->row->recipients = x->recipients;
	x->row->recipients_count = x->count;
	x->row->state = OUTBOX_READY;
	buf_free(parts.body);
	wipe(&parts, sizeof(parts));
	return st;
}

enum status
group_seal(struct step *s, struct outbox_row *row, struct account_name *needed,
    size_t *needed_count)
{
	struct send x = {
		.s = s,
		.row = row,
		.needed = needed,
		.needed_max = *needed_count,
	};
	enum status st;

	st = group_get(s->txn, &row->conversation, &x.g);
	if (st == STATUS_OK && (x.g.standing != GROUP_MEMBER || x.g.leaving))
		st = STATUS_DENIED;
	/* Who is in, we do not know; who has been removed must get nothing. */
	if (st == STATUS_OK && x.g.length < x.g.heard)
		st = stay(&x, STATUS_AGAIN,
		    "What has changed in this group cannot be read here yet; "
		    "the message waits for it.");
	if (st == STATUS_OK)
		st = group_roster(s, &x.g.id, &x.r);
	if (st == STATUS_OK)
		st = check_members(&x);
	if (st == STATUS_AGAIN)
		*needed_count = x.needed_count < x.needed_max ? x.needed_count
							      : x.needed_max;
	if (st == STATUS_OK)
		st = seal_message(&x);
	return st;
}
