/* group_log.c - entries of a membership log taken in, and what they change. */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "client/core/group/group_internal.h"
#include "client/core/messenger/states.h"
#include "client/core/messenger/timers.h"

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
	const struct account_name *author = &e->body.author.account;
	/* What our client did by itself is news to us. */
	bool by_itself = e->body.has_link &&
			 address_equal(&e->body.author, &s->core->self.address);
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
		    s, g, kind, by_itself ? NULL : author, &m->account, detail);
	}
	return st;
}

/* One line for each setting, in the words of `tacit group set`. */
static enum status
tell_settings(
    struct step *s, const struct group_record *g, const struct roster_effect *e)
{
	const struct account_name *author = &e->body.author.account;
	char timer[TIMERS_TEXT_BYTES];
	enum status st = STATUS_OK;

	if (e->may_add_changed)
		st = group_tell(s, g, NOTICE_SETTINGS_CHANGED, author, NULL,
		    e->body.who_may_add == ROLE_MEMBER
			? BYTES("who-may-add members")
			: BYTES("who-may-add admins"));
	if (st == STATUS_OK && e->timer_changed)
		st = group_tell(s, g, NOTICE_SETTINGS_CHANGED, author, NULL,
		    timers_text(e->body.timer_s, timer));
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
	case ENTRY_LINK:
		return tell_link(s, g, e, NOTICE_LINK_MADE);
	case ENTRY_UNLINK:
		return tell_link(s, g, e, NOTICE_LINK_REVOKED);
	case ENTRY_CREATE:
	case ENTRY_REKEY:
	case ENTRY_ADOPT: /* told when it is taken up */
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
	if (e->body.type != ENTRY_ADD ||
	    !address_equal(&e->body.author, &s->core->self.address))
		return STATUS_OK;
	return group_invite_members(
	    s, g, e->body.members, e->body.members_count);
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

	if (g->standing == GROUP_INVITED)
		return; /* judged when all of it is here */
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
group_log_stop(struct step *s, struct group_record *g, enum status st)
{
	const char *reason = "its log is longer than a log may be";

	g->frost = FROST_OTHER_LOG;
	if (st == STATUS_CONFLICT)
		reason = group_other_log;
	if (st == STATUS_NOT_FOUND) {
		g->frost = FROST_NEWER;
		reason = "a newer release is needed: update Tacit; if there is "
			 "none, an admin can put it right with `tacit group "
			 "adopt`";
	}
	if (g->standing == GROUP_INVITED)
		return STATUS_CONFLICT;
	st = group_freeze(s, g, reason);
	return st == STATUS_OK ? STATUS_CONFLICT : st;
}

/* What others see of it, if it is a group of ours now or was before. */
static enum status
announce(struct step *s, struct group_record *g, const struct roster *r,
    const struct roster_effect *e, enum group_standing before)
{
	bool is_back = before != GROUP_MEMBER;
	enum status st = STATUS_OK;

	if (g->standing != GROUP_MEMBER && before != GROUP_MEMBER)
		return STATUS_OK;
	/* Somebody who comes back may have missed a new name. */
	if (is_back)
		st = group_name_locally(s, g, roster_name(r));
	else if (e->body.type == ENTRY_RENAME)
		st = group_name_locally(s, g, e->body.name);
	if (st == STATUS_OK)
		st = tell(s, g, e);
	if (st == STATUS_OK)
		st = invite_added(s, g, e);
	return st;
}

/* It is ours now: stored, with the keys as they are after it. */
static enum status
keep(struct step *s, struct group_record *g, struct bytes entry,
    const struct roster_effect *e, const struct group_key_id *sealed_by)
{
	struct kept_entry kept = {
		.entry = entry,
		.proof = e->proof,
		.is_sealed = sealed_by != NULL,
		.next_key = g->log_key,
	};
	enum status st;

	if (sealed_by != NULL) {
		kept.sealed_by = *sealed_by;
		group_key_settle(g, sealed_by);
	}
	group_key_settle(g, &g->log_key);
	st = group_entry_store(s, g, g->length, &kept);
	if (st != STATUS_OK)
		return st;
	g->length++;
	g->head = e->hash;
	g->is_waiting = false;
	g->locked = false;
	g->frost = FROST_NONE;
	g->reason[0] = '\0';
	return group_put(s->txn, g);
}

enum status
group_take_entry(struct step *s, struct group_record *g, struct roster *r,
    struct bytes entry, const struct group_key_id *sealed_by)
{
	enum group_standing before = g->standing;
	struct roster_effect e;
	enum status st;

	st = roster_apply(r, entry, PROOF_UNCHECKED, s->arena, &e);
	if (st == STATUS_OK && g->length == 0 &&
	    memcmp(&e.hash, &g->id, sizeof(g->id)) != 0)
		st = STATUS_CONFLICT; /* the log of another group */
	if (st == STATUS_CONFLICT || st == STATUS_NOT_FOUND ||
	    st == STATUS_FULL)
		return group_log_stop(s, g, st);
	if (st != STATUS_OK)
		return st;
	if (e.effective) {
		update_keys(g, &e, sealed_by);
		update_standing(s, g, r, &e);
		g->leaving = g->leaving && g->standing == GROUP_MEMBER;
		if (g->standing == GROUP_MEMBER)
			g->asked_count = 0;
	}
	st = keep(s, g, entry, &e, sealed_by);
	if (st == STATUS_OK && e.effective)
		st = announce(s, g, r, &e, before);
	/* Who is gone is waited for no more. */
	if (st == STATUS_OK && e.effective && e.shrinks)
		st = states_heard(s, &g->id, s->now_ms);
	return st;
}
