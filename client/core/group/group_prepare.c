#include "client/core/group/group_prepare.h"

#include <string.h>

#include "base/wipe.h"
#include "client/core/error.h"
#include "client/core/group/group_internal.h"

void
group_prepared_clear(struct group_prepared *p)
{
	buf_free(p->sealed);
	wipe(p, sizeof(*p));
}

/* Does the log get a new key by this? */
static bool
brings_key(const struct roster *r, const struct group_entry_body *body)
{
	if (body->type == ENTRY_REMOVE || body->type == ENTRY_REKEY)
		return true;
	for (size_t i = 0; body->type == ENTRY_ADD && i < body->members_count;
	     i++)
		if (roster_find(r, &body->members[i].account) != NULL)
			return true;
	return false;
}

/*
 * Spec 8.3: "A removal or a leave is sealed under the key that holds before
 * it".  After a removal, a rekey, or an add that replaces a key, the new key
 * holds at once; after a leave the next author makes one, since the leaver must
 * not know it.
 */
static enum status
seal(struct step *s, const struct roster *r, const struct group_record *g,
    struct group_entry_body *body, struct group_prepared *p)
{
	struct group_secret now = { 0 };
	struct group_secret fresh = { 0 };
	struct group_secret next = { 0 };
	struct buf *entry = NULL;
	struct hash hash;
	enum status st;

	st = group_secret_get(s->txn, g, &g->log_key, &now);
	p->append.token = now.token;
	if (st == STATUS_OK && g->log_key_stale) {
		st = group_keys_hand_out(s, r, g, NULL, &fresh);
		now = fresh;
		p->append.has_new_token = true;
		p->append.new_token = fresh.token;
		p->keys_queued = true;
	}
	if (st == STATUS_OK && brings_key(r, body)) {
		st = group_keys_hand_out(s, r, g, body, &next);
		body->has_next_key = true;
		body->next_key = next.id;
		p->append.has_new_token = true;
		p->append.new_token = next.token;
		p->keys_queued = true;
	}
	if (st == STATUS_OK)
		st = group_entry_make(s, body, &entry, &hash);
	if (st == STATUS_OK)
		st = group_entry_seal(
		    &now, &g->chain, body->index, buf_view(entry), &p->sealed);
	if (st == STATUS_OK) {
		p->append.chain = g->chain;
		p->append.index = body->index;
		p->append.entry = buf_view(p->sealed);
	}
	group_secret_clear(&now);
	group_secret_clear(&fresh);
	group_secret_clear(&next);
	buf_free(entry);
	return st;
}

static enum tacit_code
explain_standing(const struct group_record *g, struct tacit_error *e)
{
	if (g->standing == GROUP_FROZEN)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "this group is frozen: %s", g->reason);
	return error_set(e, TACIT_NOT_ALLOWED,
	    "you are not a member of this group; ask an admin to add you");
}

static enum tacit_code
explain_body(enum status st, struct tacit_error *e)
{
	if (st == STATUS_UNTRUSTED)
		return error_set(e, TACIT_KEY_CHANGED,
		    "the key of someone you name has changed; compare safety "
		    "numbers with `tacit verify`, then `tacit trust`");
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "someone you name is not a member of this group");
	return error_status(e, st);
}

static bool
is_out(const struct group_record *g)
{
	return g->standing == GROUP_LEFT || g->standing == GROUP_REMOVED;
}

static bool
is_so_already(const struct roster *r, const struct group_wish *wish,
    const struct group_entry_body *body)
{
	if (wish->type == ENTRY_RENAME)
		return bytes_equal(wish->name, roster_name(r));
	if (wish->type == ENTRY_SETTINGS)
		return roster_timer_s(r) == body->timer_s &&
		       roster_members_may_add(r) ==
			   (body->who_may_add == ROLE_MEMBER);
	if (wish->type == ENTRY_LINK)
		return roster_link_find(r, &wish->link) != NULL;
	if (wish->type == ENTRY_UNLINK)
		return roster_link_state(r, &wish->link, body->at_ms) ==
		       LINK_REVOKED;
	return wish->names_count > 0 && body->members_count == 0;
}

enum tacit_code
group_not_allowed(struct tacit_error *e, const char *why)
{
	/* A log says it of anybody; what can be done is said to its author. */
	static const char *const sentences[][2] = {
		{ "its author is not an admin",
		    "You are not an admin of this group; `tacit group show` "
		    "says who is." },
		{ "the last admin names another before leaving",
		    "You are the last admin: before you leave, make another "
		    "one with `tacit group promote`." },
	};

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(why, sentences[i][0]) == 0)
			return error_set(
			    e, TACIT_NOT_ALLOWED, "%s", sentences[i][1]);
	return error_set(
	    e, TACIT_NOT_ALLOWED, "that is not allowed here: %s", why);
}

enum tacit_code
group_prepare(struct step *s, const struct hash *group,
    const struct group_wish *wish, struct group_prepared *p,
    struct tacit_error *e)
{
	struct group_entry_body body;
	struct group_record g;
	struct roster *r;
	const char *why;
	enum status st;

	memset(p, 0, sizeof(*p));
	st = group_get(s->txn, group, &g);
	if (st == STATUS_OK && wish->type == ENTRY_LEAVE && is_out(&g))
		return error_clear(e); /* it is so already */
	if (st == STATUS_OK && g.standing != GROUP_MEMBER)
		return explain_standing(&g, e);
	if (st == STATUS_OK)
		st = group_roster(s, group, &r);
	if (st != STATUS_OK)
		return error_status(e, st);
	st = group_body_fill(s, r, wish, &body);
	if (st != STATUS_OK)
		return explain_body(st, e);
	if (is_so_already(r, wish, &body))
		return error_clear(e);
	why = roster_judge(r, &body);
	if (why != NULL)
		return group_not_allowed(e, why);
	st = seal(s, r, &g, &body, p);
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_FAILED,
		    "the key to this group's log has not come; it has been "
		    "asked for, try again later");
	p->changed = wish->names_count > 0 ? body.members_count : 1;
	return error_status(e, st);
}

enum status
group_may_leave(struct step *s, const struct hash *group, const char **why)
{
	const struct group_wish wish = { .type = ENTRY_LEAVE };
	struct group_entry_body body;
	struct roster *r;
	enum status st = group_roster(s, group, &r);

	if (st == STATUS_OK)
		st = group_body_fill(s, r, &wish, &body);
	if (st == STATUS_OK)
		*why = roster_judge(r, &body);
	return st;
}
