/* api_group_join.c - tacit_group_join(): coming into a group by a link. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/wipe.h"
#include "client/core/courier/courier.h"
#include "client/core/group/group_internal.h"
#include "client/core/handle.h"
#include "proto/link_group.h"

enum { JOIN_POLL_MS = 100 };

struct joining {
	struct tacit *t;
	struct courier *c;
	struct link_group link;
	struct group_record g; /* what is asked is in here */
	bool other_keys;       /* somebody has another key than the link says */
};

static enum status
look(struct joining *j)
{
	struct step s = { 0 };
	enum status st = step_begin(&j->t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_get(s.txn, &j->link.group, &j->g);
	step_abort(&s);
	if (st != STATUS_NOT_FOUND)
		return st;
	memset(&j->g, 0, sizeof(j->g));
	j->g.id = j->link.group;
	return STATUS_OK;
}

static bool
is_in(const struct joining *j)
{
	return j->g.standing == GROUP_MEMBER || j->g.standing == GROUP_INVITED;
}

static bool
is_our_relay(const struct link *ours, const struct link *theirs)
{
	if (ours->has_pin && theirs->has_pin)
		return memcmp(&ours->pin, &theirs->pin, sizeof(ours->pin)) == 0;
	return strcasecmp(ours->host, theirs->host) == 0 &&
	       ours->port == theirs->port;
}

/* The pinned key has to be the one that the link names. */
static enum status
note_admin(struct joining *j, const struct link_admin *admin)
{
	uint8_t hash[LINK_KEY_HASH_BYTES];
	struct group_asked *to = &j->g.asked[j->g.asked_count];
	struct contact c;
	struct step s = { 0 };
	enum status st = step_begin(&j->t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = contact_get(s.txn, &admin->name, &c);
	step_abort(&s);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	link_key_hash(&c.account_key, hash);
	if (c.has_pending || memcmp(hash, admin->key_hash, sizeof(hash)) != 0) {
		j->other_keys = true;
		return STATUS_OK;
	}
	to->name = c.name;
	to->account_key = c.account_key;
	j->g.asked_count++;
	return STATUS_OK;
}

/* Lists and sessions; one whom the relay does not know is left out. */
static enum tacit_code
meet_admins(struct joining *j, int64_t deadline_ms, struct tacit_error *e)
{
	const struct account_name *self = &j->t->core.self.address.account;
	enum tacit_code code = error_clear(e);

	j->g.asked_count = 0;
	for (size_t i = 0; i < j->link.admins_count; i++) {
		const struct link_admin *admin = &j->link.admins[i];

		if (account_name_equal(&admin->name, self))
			continue;
		code = courier_meet(j->c, &admin->name, 1, deadline_ms, e);
		if (code == TACIT_UNREACHABLE || code == TACIT_DAMAGED ||
		    code == TACIT_DISK_FULL)
			return code;
		code = error_status(e, note_admin(j, admin));
		if (code != TACIT_DONE)
			return code;
	}
	if (j->g.asked_count > 0)
		return error_clear(e);
	if (j->other_keys)
		return error_set(e, TACIT_KEY_CHANGED,
		    "Nobody whom this link names has the key that it names; "
		    "ask for a new link.");
	return error_set(e, TACIT_NOT_FOUND,
	    "The relay knows nobody else whom this link names; ask for a new "
	    "link.");
}

/* Until it has come the group is called by the first digits of its id. */
static enum status
name_it(struct step *s, struct group_record *g)
{
	char name[sizeof("group-") + 2 * HASH_BYTES];

	if (g->name[0] != '\0')
		return STATUS_OK;
	memcpy(name, "group-", sizeof("group-"));
	hex_encode(hash_view(&g->id), name + sizeof("group-") - 1);
	name[sizeof("group-") - 1 + LIMIT_ID_PREFIX_DIGITS] = '\0';
	return group_name_locally(s, g, bytes_text(name));
}

/* One step: that we asked is known as soon as a request can leave. */
static enum status
ask(struct joining *j)
{
	struct plaintext p = { .kind = CONTENT_JOIN_REQUEST };
	struct step s = { 0 };
	enum status st = step_begin(&j->t->core, DB_WRITE, &s);

	j->g.standing = GROUP_ASKED;
	j->g.asked_link = j->link.id;
	p.u.join_request.group = j->link.group;
	p.u.join_request.link = j->link.id;
	p.u.join_request.secret = j->link.secret;
	if (st == STATUS_OK)
		st = group_put(s.txn, &j->g);
	if (st == STATUS_OK)
		st = name_it(&s, &j->g);
	for (size_t i = 0; st == STATUS_OK && i < j->g.asked_count; i++)
		st = messenger_control(&s, &j->g.asked[i].name, &p);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	wipe(&p, sizeof(p));
	return st;
}

/* For courier_follow(): until somebody has answered. */
static bool
still_asked(void *arg)
{
	struct joining *j = arg;

	return look(j) == STATUS_OK && j->g.standing == GROUP_ASKED;
}

static enum tacit_code
await(struct joining *j, int64_t end_ms, struct tacit_error *e)
{
	enum tacit_code code = error_clear(e);

	if (!courier_receiver_is_elsewhere(j->c))
		code = courier_follow(j->c, end_ms, NULL, still_asked, j, e);
	while (code == TACIT_DONE && courier_receiver_is_elsewhere(j->c) &&
	       still_asked(j) && clock_mono_ms() < end_ms)
		clock_sleep_ms(JOIN_POLL_MS);
	/* The log of a group that was just opened to us. */
	if (code == TACIT_DONE && j->g.standing != GROUP_ASKED)
		code = courier_drain(j->c, handle_deadline(j->t), e);
	if (code == TACIT_DONE)
		code = error_status(e, look(j));
	return code;
}

static enum tacit_code
join(struct joining *j, int64_t wait_ms, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(j->t);
	enum tacit_code code;

	code = handle_connect_and_drain(j->t, deadline_ms, &j->c, e);
	if (code == TACIT_DONE)
		code = error_status(e, look(j));
	if (code != TACIT_DONE || is_in(j))
		return code;
	if (j->g.standing == GROUP_FROZEN)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "this group is frozen: %s", j->g.reason);
	code = meet_admins(j, deadline_ms, e);
	if (code == TACIT_DONE)
		code = error_status(e, ask(j));
	if (code == TACIT_DONE)
		code = courier_flush(j->c, deadline_ms, NULL, NULL, e);
	if (code == TACIT_DONE)
		code = await(j, clock_mono_ms() + wait_ms, e);
	if (code == TACIT_DONE && j->g.standing == GROUP_REFUSED)
		return error_set(e, TACIT_NOT_ALLOWED,
		    "You were not taken in: %s.", j->g.reason);
	return code;
}

static enum tacit_code
read_link(struct joining *j, const char *text, struct tacit_error *e)
{
	const char *why = "";

	if (link_group_parse(bytes_text(text), &j->link, &why) != STATUS_OK)
		return error_set(e, TACIT_USAGE, "%s.", why);
	if (!is_our_relay(&j->t->core.self.relay, &j->link.relay))
		return error_set(e, TACIT_WRONG_RELAY,
		    "This link is for a group at the relay %s, and this "
		    "profile's relay is %s; register there with another "
		    "--profile.",
		    j->link.relay.host, j->t->core.self.relay.host);
	return error_status(e, look(j));
}

enum tacit_code
tacit_group_join(struct tacit *t, const struct tacit_join *how,
    tacit_group_fn *show, void *arg, struct tacit_error *e)
{
	struct joining j = { .t = t };
	char id[2 * HASH_BYTES + 1];
	struct tacit_error shown;
	enum tacit_code code = read_link(&j, how->link, e);

	if (code == TACIT_DONE && !is_in(&j))
		code = join(&j, how->wait_ms, e);
	courier_close(j.c);
	hex_encode(hash_view(&j.link.group), id);
	if (code == TACIT_DONE) {
		code = tacit_group(t, id, show, arg, &shown);
		if (code != TACIT_DONE)
			*e = shown;
	}
	if (code == TACIT_DONE && how->must && !is_in(&j))
		code = error_set(e, TACIT_NOTHING_CAME,
		    "No admin's client was there in time; you are taken in as "
		    "soon as one is.");
	link_group_clear(&j.link);
	return code;
}
