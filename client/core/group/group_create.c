/* group_create.c - making a group: the first act, and the only one without a
 * log. */
#include <string.h>

#include "base/random.h"
#include "base/wipe.h"
#include "client/core/error.h"
#include "client/core/group/group_act.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"

/* A group that is being made: nothing of it is stored before the relay has it.
 */
struct birth {
	struct hash id;
	struct hash head;
	struct chain_id chain;
	struct group_secret secret;
	struct buf *entries[2]; /* create, add */
	struct buf *sealed[2];
	size_t count;
};

static void
birth_clear(struct birth *b)
{
	for (size_t i = 0; i < 2; i++) {
		buf_free(b->entries[i]);
		buf_free(b->sealed[i]);
	}
	wipe(b, sizeof(*b));
}

static enum status
birth_entry(struct step *s, struct birth *b, struct group_entry_body *body)
{
	size_t i = b->count;
	enum status st = group_entry_make(s, body, &b->entries[i], &b->head);

	if (st == STATUS_OK)
		st = group_entry_seal(&b->secret, &b->chain, i,
		    buf_view(b->entries[i]), &b->sealed[i]);
	if (st == STATUS_OK)
		b->count++;
	return st;
}

static enum status
birth_make(struct step *s, const char *name, const struct account_name *members,
    size_t count, struct birth *b)
{
	struct group_entry_body body;
	struct hash taken;
	enum status st = group_find_name(s->txn, name, &taken);

	if (st != STATUS_NOT_FOUND)
		return st == STATUS_OK ? STATUS_EXISTS : st;
	st = group_secret_make(&b->secret);
	if (st != STATUS_OK)
		return st;
	random_bytes(b->chain.raw, sizeof(b->chain.raw));
	group_body_start(s, &body);
	body.type = ENTRY_CREATE;
	body.name = bytes_text(name);
	random_bytes(body.nonce, sizeof(body.nonce));
	st = birth_entry(s, b, &body);
	if (st != STATUS_OK)
		return st;
	b->id = b->head;
	group_body_start(s, &body);
	st = group_body_add(s, NULL, members, count, &body);
	if (st != STATUS_OK || body.members_count == 0)
		return st;
	body.has_group = true;
	body.group = b->id;
	body.index = 1;
	body.previous = b->head;
	return birth_entry(s, b, &body);
}

static enum status
birth_store(struct step *s, const char *name, const struct birth *b)
{
	struct group_record g;
	struct roster *r;
	enum status st;

	memset(&g, 0, sizeof(g));
	g.id = b->id;
	g.chain = b->chain;
	g.place = b->id;
	g.standing = GROUP_MEMBER;
	g.log_key = b->secret.id;
	st = group_put(s->txn, &g);
	if (st == STATUS_OK)
		st = group_secret_put(s->txn, &g, &b->secret);
	if (st == STATUS_OK)
		st = group_set_name(s->txn, &g, name);
	if (st == STATUS_OK)
		st = group_roster(s, &g.id, &r);
	for (size_t i = 0; st == STATUS_OK && i < b->count; i++)
		st = group_take_entry(
		    s, &g, r, buf_view(b->entries[i]), &b->secret.id);
	return st;
}

static enum tacit_code
birth_append(struct courier *c, const struct birth *b, int64_t deadline_ms,
    struct tacit_error *e)
{
	enum tacit_code code = error_clear(e);

	for (size_t i = 0; code == TACIT_DONE && i < b->count; i++) {
		struct chain_append entry = {
			.chain = b->chain,
			.index = i,
			.entry = buf_view(b->sealed[i]),
			.token = b->secret.token,
		};
		bool moved;

		code = group_append(c, &entry, deadline_ms, &moved, e);
		wipe(&entry, sizeof(entry));
	}
	return code;
}

static enum tacit_code
explain(enum status st, const char *name, struct tacit_error *e)
{
	if (st == STATUS_EXISTS)
		return error_set(e, TACIT_EXISTS,
		    "you have a group named %s already; choose another name",
		    name);
	if (st == STATUS_UNTRUSTED)
		return error_set(e, TACIT_KEY_CHANGED,
		    "the key of someone you name has changed; compare safety "
		    "numbers with `tacit verify`, then `tacit trust`");
	return error_status(e, st);
}

enum tacit_code
group_act_create(struct courier *c, const char *name,
    const struct account_name *members, size_t count, int64_t deadline_ms,
    struct hash *group, struct tacit_error *e)
{
	size_t first =
	    count < GROUP_NAMES_PER_ENTRY ? count : GROUP_NAMES_PER_ENTRY;
	struct birth b = { 0 };
	struct step s = { 0 };
	size_t changed;
	enum tacit_code code;
	enum status st;

	code = courier_meet(c, members, count, deadline_ms, e);
	if (code != TACIT_DONE)
		return code;
	st = step_begin(courier_core(c), DB_READ, &s);
	if (st == STATUS_OK)
		st = birth_make(&s, name, members, first, &b);
	step_abort(&s);
	code = explain(st, name, e);
	if (code == TACIT_DONE)
		code = birth_append(c, &b, deadline_ms, e);
	if (code != TACIT_DONE)
		goto out;
	st = step_begin(courier_core(c), DB_WRITE, &s);
	if (st == STATUS_OK)
		st = birth_store(&s, name, &b);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	code = explain(st, name, e);
	if (code == TACIT_DONE)
		code = courier_flush(c, deadline_ms, NULL, NULL, e);
	*group = b.id;
	if (code == TACIT_DONE && first < count)
		code = group_act_change(c, group, TACIT_GROUP_ADD,
		    members + first, count - first, deadline_ms, &changed, e);
out:
	birth_clear(&b);
	return code;
}
