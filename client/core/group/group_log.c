/* group_log.c - entries of a membership log taken in, and what they change. */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/when.h"
#include "client/core/group/group_internal.h"

bool
group_is_self(const struct step *s, const struct group_member *m)
{
	return account_name_equal(
		   &m->account, &s->core->self.address.account) &&
	       memcmp(m->account_key.raw, s->core->self.account_key.raw,
		   SIGN_PUBLIC_BYTES) == 0;
}

enum { LINK_TEXT_BYTES = 32 };

/* Eight digits of its id, as `tacit group link list` shows it. */
static struct bytes
link_text(
    const char *before, const struct join_id *id, char text[LINK_TEXT_BYTES])
{
	char hex[2 * JOIN_ID_BYTES + 1];

	hex_encode(BYTES_OF(id->raw), hex);
	snprintf(text, LINK_TEXT_BYTES, "%s%.8s", before, hex);
	return bytes_text(text);
}

/* Whoever has a link can come in: everybody is told that there is one. */
static enum status
tell_link(struct step *s, const struct group_record *g,
    const struct roster_effect *e, enum notice_kind kind)
{
	char text[LINK_TEXT_BYTES];

	return group_tell(s, g, kind, &e->body.author.account, NULL,
	    link_text("", &e->body.link, text));
}

static enum status
tell_members(struct step *s, const struct group_record *g,
    const struct roster_effect *e, enum notice_kind kind)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < e->body.members_count && st == STATUS_OK; i++) {
		const struct group_member *m = &e->body.members[i];
		struct bytes detail = BYTES_NONE;
		char link[LINK_TEXT_BYTES];

		if (kind == NOTICE_ROLE_CHANGED)
			detail = m->role == ROLE_ADMIN ? BYTES("admin")
						       : BYTES("member");
		else if (e->body.has_link)
			detail = link_text("by link ", &e->body.link, link);
		st = group_tell(
		    s, g, kind, &e->body.author.account, &m->account, detail);
	}
	return st;
}

/* One line for each setting, in the words of `tacit group set`. */
static enum status
tell_settings(
    struct step *s, const struct group_record *g, const struct roster_effect *e)
{
	const struct account_name *author = &e->body.author.account;
	char timer[sizeof("timer ") + WHEN_TEXT_BYTES] = "timer off";
	enum status st = STATUS_OK;

	if (e->may_add_changed)
		st = group_tell(s, g, NOTICE_SETTINGS_CHANGED, author, NULL,
		    e->body.who_may_add == ROLE_MEMBER
			? BYTES("who-may-add members")
			: BYTES("who-may-add admins"));
	if (e->body.timer_s > 0)
		when_format_duration(
		    e->body.timer_s, timer + sizeof("timer ") - 1);
	if (st == STATUS_OK && e->timer_changed)
		st = group_tell(s, g, NOTICE_SETTINGS_CHANGED, author, NULL,
		    bytes_text(timer));
	return st;
}

static enum status
tell(
    struct step *s, const struct group_record *g, const struct roster_effect *e)
{
	const struct account_name *author = &e->body.author.account;

	switch ((enum group_entry_type)e->body.type) {
	case ENTRY_ADD:
		return tell_members(s, g, e, NOTICE_MEMBER_ADDED);
	case ENTRY_REMOVE:
		return tell_members(s, g, e, NOTICE_MEMBER_REMOVED);
	case ENTRY_ROLE:
		return tell_members(s, g, e, NOTICE_ROLE_CHANGED);
	case ENTRY_LEAVE:
		return group_tell(
		    s, g, NOTICE_MEMBER_LEFT, author, author, BYTES_NONE);
	case ENTRY_RENAME:
		return group_tell(
		    s, g, NOTICE_GROUP_RENAMED, author, NULL, e->body.name);
	case ENTRY_SETTINGS:
		return tell_settings(s, g, e);
	case ENTRY_CREATE:
	case ENTRY_LINK:
		return tell_link(s, g, e, NOTICE_LINK_MADE);
	case ENTRY_UNLINK:
		return tell_link(s, g, e, NOTICE_LINK_REVOKED);
	case ENTRY_REKEY:
		break;
	}
	return STATUS_OK;
}

/*
 * Whoever added someone invites them, in the step that takes the entry in: so
 * a crash between the relay's answer and this step forgets nobody.
 */
static enum status
invite_added(
    struct step *s, const struct group_record *g, const struct roster_effect *e)
{
	enum status st = STATUS_OK;

	if (e->body.type != ENTRY_ADD ||
	    !address_equal(&e->body.author, &s->core->self.address))
		return STATUS_OK;
	for (size_t i = 0; i < e->body.members_count && st == STATUS_OK; i++)
		if (!group_is_self(s, &e->body.members[i]))
			st = group_invite_send(
			    s, g, &e->body.members[i].account);
	return st;
}

/* Which key seals the next entry, and who else knows it (protocol.md 8.3). */
static void
update_keys(struct group_record *g, const struct roster_effect *e,
    const struct group_key_id *sealed_by)
{
	const struct group_key_id *next =
	    e->body.has_next_key ? &e->body.next_key : sealed_by;

	if (e->shrinks)
		g->sender_key_stale = true;
	/* An entry may stand unsealed in the log: it brings no key. */
	if (next != NULL && memcmp(next, &g->log_key, sizeof(*next)) != 0) {
		g->log_key = *next;
		g->log_key_stale = false;
	}
	if (e->leaver_knows_key)
		g->log_key_stale = true;
}

static void
update_standing(struct step *s, struct group_record *g, const struct roster *r,
    const struct roster_effect *e)
{
	const struct group_member *m =
	    roster_find(r, &s->core->self.address.account);

	if (g->length < g->expected_length)
		return;
	if (m != NULL && group_is_self(s, m))
		g->standing = GROUP_MEMBER;
	else if (g->standing != GROUP_MEMBER)
		return;
	else if (e->body.type == ENTRY_LEAVE)
		g->standing = GROUP_LEFT;
	else
		g->standing = GROUP_REMOVED;
}

enum status
group_take_entry(struct step *s, struct group_record *g, struct roster *r,
    struct bytes entry, const struct group_key_id *sealed_by)
{
	bool invitation = g->length < g->expected_length;
	struct roster_effect e;
	enum status st;

	st = roster_apply(r, entry, PROOF_UNCHECKED, s->arena, &e);
	if (st == STATUS_CONFLICT) {
		st = group_freeze(s, g,
		    "another log than ours was shown to a member of this "
		    "group");
		return st == STATUS_OK ? STATUS_CONFLICT : st;
	}
	if (st == STATUS_NOT_FOUND) {
		st = group_freeze(
		    s, g, "a newer release is needed: update Tacit");
		return st == STATUS_OK ? STATUS_CONFLICT : st;
	}
	if (st == STATUS_FULL) {
		st = group_freeze(s, g, "its log is longer than a log may be");
		return st == STATUS_OK ? STATUS_CONFLICT : st;
	}
	if (st == STATUS_OK)
		st = group_entry_store(s, &g->id, g->length, entry, e.proof);
	if (st != STATUS_OK)
		return st;
	g->length = roster_length(r);
	g->head = e.hash;
	if (!e.effective)
		return group_put(s->txn, g);
	/* An invitation brought the key that holds after its last entry. */
	if (!invitation)
		update_keys(g, &e, sealed_by);
	update_standing(s, g, r, &e);
	g->leaving = g->leaving && g->standing == GROUP_MEMBER;
	st = group_put(s->txn, g);
	if (st == STATUS_OK && !invitation && e.body.type == ENTRY_RENAME)
		st = group_name_locally(s, g, e.body.name);
	if (st == STATUS_OK && !invitation)
		st = tell(s, g, &e);
	if (st == STATUS_OK && !invitation)
		st = invite_added(s, g, &e);
	return st;
}

/*
 * Spec 8.3: "An entry under any other key is no entry."  Only after a leave
 * nobody can know beforehand which key comes next.
 */
static bool
is_key_due(const struct group_record *g, const struct group_key_id *id)
{
	return g->log_key_stale || memcmp(id, &g->log_key, sizeof(*id)) == 0;
}

/* AGAIN: the key has not come.  What does not open counts as it stands. */
static enum status
take_sealed(struct step *s, struct group_record *g, struct roster *r,
    struct bytes sealed)
{
	struct group_secret secret = { 0 };
	struct sealed_entry e;
	struct buf *opened = NULL;
	enum status st;

	st = group_get_sealed(sealed, s->arena, &e);
	if (st == STATUS_BAD_INPUT)
		return group_take_entry(s, g, r, sealed, NULL);
	if (st == STATUS_NOT_FOUND) {
		st = group_freeze(
		    s, g, "a newer release is needed: update Tacit");
		return st == STATUS_OK ? STATUS_CONFLICT : st;
	}
	if (st != STATUS_OK)
		return st;
	if (!is_key_due(g, &e.key_id))
		return group_take_entry(s, g, r, sealed, NULL);
	st = group_secret_get(s->txn, &g->id, &e.key_id, &secret);
	if (st == STATUS_NOT_FOUND)
		return STATUS_AGAIN;
	if (st == STATUS_OK)
		st = group_entry_open(
		    &secret, &g->chain, g->length, &e, &opened);
	if (st == STATUS_OK)
		st = group_take_entry(s, g, r, buf_view(opened), &e.key_id);
	else if (st == STATUS_CRYPTO)
		st = group_take_entry(s, g, r, sealed, NULL);
	group_secret_clear(&secret);
	buf_free(opened);
	return st;
}

enum status
group_take_tail(
    struct step *s, const struct hash *group, const struct chain_tail *tail)
{
	struct step own = *s; /* with an arena for one entry at a time */
	struct group_record g;
	struct roster *r;
	enum status st = arena_new(STEP_ARENA_BYTES, &own.arena);

	if (st == STATUS_OK)
		st = group_get(s->txn, group, &g);
	if (st == STATUS_OK)
		st = group_roster(s, group, &r);
	if (st == STATUS_OK && g.heard != tail->length) {
		g.heard = tail->length;
		st = group_put(s->txn, &g);
	}
	for (size_t i = 0; st == STATUS_OK && i < tail->entries_count; i++) {
		if (tail->from + i < g.length)
			continue;
		if (tail->from + i > g.length || g.standing != GROUP_MEMBER)
			break;
		arena_reset(own.arena);
		st = take_sealed(&own, &g, r, tail->entries[i]);
	}
	if (own.arena != s->arena)
		arena_free(own.arena);
	return st;
}
