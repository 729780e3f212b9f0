#include "client/core/group/group_adopt.h"

#include <string.h>

#include "base/random.h"
#include "base/wipe.h"
#include "client/core/error.h"
#include "client/core/group/group_act.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_mend.h"
#include "client/core/group/group_prepare.h"
#include "client/core/group/group_sync.h"

enum { ASKS_FIRST = 2 }; /* of a key that may still come */

void
adopting_clear(struct adopting *a)
{
	buf_free(a->entry);
	buf_free(a->sealed);
	wipe(a, sizeof(*a));
}

/* The key that is in force, or after a leave one that the leaver lacks. */
static enum status
choose_keys(struct step *s, const struct group_record *g, struct adopting *a)
{
	enum status st = group_secret_get(s->txn, g, &g->log_key, &a->seal);

	a->append.token = a->seal.token;
	if (st == STATUS_OK && g->log_key_stale)
		st = group_secret_make(&a->seal);
	if (st == STATUS_OK)
		st = group_secret_make(&a->next);
	a->append.has_new_token = true;
	a->append.new_token = a->next.token;
	return st;
}

static enum status
make_entry(struct step *s, const struct group_record *g,
    struct group_entry_body *body, struct adopting *a)
{
	struct hash hash;
	enum status st = choose_keys(s, g, a);

	a->head = g->head;
	a->append.index = g->length;
	random_bytes(a->append.chain.raw, sizeof(a->append.chain.raw));
	body->has_chain = true;
	body->chain = a->append.chain;
	body->has_next_key = true;
	body->next_key = a->next.id;
	if (st == STATUS_OK)
		st = group_entry_make(s, body, &a->entry, &hash);
	if (st == STATUS_OK)
		st = group_entry_seal(&a->seal, &a->append.chain, g->length,
		    buf_view(a->entry), &a->sealed);
	if (st == STATUS_OK)
		a->append.entry = buf_view(a->sealed);
	return st;
}

/* NULL, or why this group is not to be put right by us. */
static const char *
find_obstacle(const struct group_record *g)
{
	if (g->standing != GROUP_MEMBER && g->standing != GROUP_FROZEN)
		return "you are not a member of this group; ask an admin to "
		       "add you";
	if (g->is_waiting && g->asks < ASKS_FIRST)
		return "the key to this group's log has only just been asked "
		       "for; try again in some minutes";
	return NULL;
}

enum tacit_code
adopting_make(struct step *s, const struct hash *group, struct adopting *a,
    struct tacit_error *e)
{
	struct group_wish wish = { .type = ENTRY_ADOPT };
	struct group_entry_body body;
	struct group_record g;
	struct roster *r;
	const char *why;
	enum status st = group_get(s->txn, group, &g);

	memset(a, 0, sizeof(*a));
	if (st == STATUS_OK)
		st = group_fold(s, &g, &r);
	if (st != STATUS_OK)
		return error_status(e, st);
	why = find_obstacle(&g);
	if (why != NULL)
		return error_set(e, TACIT_NOT_ALLOWED, "%s", why);
	st = group_body_fill(s, r, &wish, &body);
	if (st != STATUS_OK)
		return error_status(e, st);
	why = roster_judge(r, &body);
	if (why != NULL)
		return group_not_allowed(e, why);
	return error_status(e, make_entry(s, &g, &body, a));
}

enum status
adopting_take(
    struct step *s, const struct hash *group, const struct adopting *a)
{
	struct group_record g;
	struct roster *r;
	enum status st = group_get(s->txn, group, &g);

	if (st == STATUS_OK &&
	    (g.length != a->append.index ||
		memcmp(&g.head, &a->head, sizeof(g.head)) != 0))
		st = STATUS_CONFLICT;
	if (st == STATUS_OK)
		st = group_fold(s, &g, &r);
	if (st != STATUS_OK)
		return st;
	g.standing = GROUP_MEMBER;
	g.chain = a->append.chain;
	g.heard = g.length + 1;
	g.expected_length = 0;
	g.claimed = 0;
	g.sender_key_stale = true;
	st = group_secret_put(s->txn, &g, &a->seal);
	if (st == STATUS_OK)
		st = group_secret_put(s->txn, &g, &a->next);
	if (st == STATUS_OK)
		st =
		    group_take_entry(s, &g, r, buf_view(a->entry), &a->seal.id);
	if (st == STATUS_OK)
		st = group_tell(s, &g, NOTICE_GROUP_ADOPTED,
		    &s->core->self.address.account, NULL, BYTES_NONE);
	if (st != STATUS_OK)
		return st;
	return group_invite_members(s, &g, roster_at(r, 0), roster_count(r));
}

/* Frozen, locked, or of which the relay has more than anybody can read. */
static bool
is_broken(const struct group_record *g)
{
	return g->standing == GROUP_FROZEN || g->locked || g->length < g->heard;
}

static enum tacit_code
make(struct courier *c, const struct hash *group, struct adopting *a,
    bool *broken, struct tacit_error *e)
{
	struct group_record g;
	struct step s;
	enum tacit_code code = TACIT_DONE;
	enum status st = step_begin(courier_core(c), DB_READ, &s);

	memset(a, 0, sizeof(*a));
	if (st == STATUS_OK)
		st = group_get(s.txn, group, &g);
	*broken = st == STATUS_OK && is_broken(&g);
	if (st != STATUS_OK)
		code = error_status(e, st);
	else if (*broken || g.standing != GROUP_MEMBER)
		code = adopting_make(&s, group, a, e);
	step_abort(&s);
	return code;
}

static enum tacit_code
take(struct courier *c, const struct hash *group, const struct adopting *a,
    struct tacit_error *e)
{
	struct step s;
	enum status st = step_begin(courier_core(c), DB_WRITE, &s);

	if (st == STATUS_OK)
		st = adopting_take(&s, group, a);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_FAILED,
		    "this group's log has just moved; look at it, and try "
		    "again if it still needs a new one");
	return error_status(e, st);
}

/*
 * Nothing is wrong as far as we know: a new log key, which shows whether the
 * log can be written to, and puts right that somebody has not got the last one.
 */
static enum tacit_code
rekey_or_make(struct courier *c, const struct hash *group, int64_t deadline_ms,
    struct adopting *a, bool *broken, struct tacit_error *e)
{
	struct tacit_error why;
	enum tacit_code code = make(c, group, a, broken, e);

	if (code != TACIT_DONE || *broken)
		return code;
	code = group_act_rekey(c, group, deadline_ms, e);
	if (code != TACIT_FAILED)
		return code;
	code = make(c, group, a, broken, &why);
	if (code == TACIT_DONE && !*broken)
		return e->code; /* it is not the log that failed */
	*e = why;
	return code;
}

enum tacit_code
group_adopt(struct courier *c, const struct hash *group, int64_t deadline_ms,
    bool *moved_log, struct tacit_error *e)
{
	struct adopting a = { .entry = NULL };
	bool moved = false;
	enum tacit_code code =
	    rekey_or_make(c, group, deadline_ms, &a, moved_log, e);

	if (code != TACIT_DONE || !*moved_log)
		goto out;
	code = group_mend_elsewhere(c, group, &a.append.chain, deadline_ms, e);
	if (code == TACIT_DONE)
		code = group_append(c, &a.append, deadline_ms, &moved, e);
	if (code == TACIT_DONE)
		code = take(c, group, &a, e);
	if (code == TACIT_DONE)
		code = courier_flush(c, deadline_ms, NULL, NULL, e);
out:
	adopting_clear(&a);
	return code;
}

/* The newest of those that were read to their end. */
struct choice {
	const struct hash *group;
	const struct account_name *from;
	struct group_record found;
	bool is_found;
};

static enum status
consider(const struct group_record *g, void *arg)
{
	struct choice *x = arg;

	if (!g->told || memcmp(&g->id, x->group, sizeof(g->id)) != 0 ||
	    !account_name_equal(&g->inviter, x->from) ||
	    (x->is_found && g->invited_ms < x->found.invited_ms))
		return STATUS_OK;
	x->found = *g;
	x->is_found = true;
	return STATUS_OK;
}

enum tacit_code
group_adopt_from(struct courier *c, const struct hash *group,
    const struct account_name *from, int64_t deadline_ms, struct tacit_error *e)
{
	struct choice x = { .group = group, .from = from };
	enum tacit_code code;
	struct step s;
	enum status st = step_begin(courier_core(c), DB_WRITE, &s);

	if (st == STATUS_OK)
		st = group_offers_each(s.txn, consider, &x);
	if (st == STATUS_OK && x.is_found)
		st = group_offer_accept(&s, &x.found);
	if (st == STATUS_OK && x.is_found)
		st = step_commit(&s);
	step_abort(&s);
	if (st == STATUS_OK && !x.is_found)
		return error_set(e, TACIT_NOT_FOUND,
		    "%s offers no other log of this group", from->text);
	code = error_status(e, st);
	/* What was written there meanwhile, and what waited for it. */
	if (code == TACIT_DONE)
		code = group_sync(c, deadline_ms, e);
	if (code == TACIT_DONE)
		code = courier_flush(c, deadline_ms, NULL, NULL, e);
	return code;
}
