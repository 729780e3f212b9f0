/* api_relay.c - which relay this profile uses, and where it has gone. */
#include <stdio.h>
#include <string.h>

#include "client/core/account.h"
#include "client/core/courier/courier.h"
#include "client/core/handle.h"
#include "client/core/uplink/uplink.h"
#include "store/client/ratchets.h"

static enum tacit_code
ask_relay(struct tacit *t, struct tacit_error *e)
{
	struct courier *c = NULL;
	enum tacit_code code =
	    courier_open(&t->core, handle_deadline(t), &c, e);

	courier_close(c);
	return code;
}

const char *
tacit_moved_to(const struct tacit *t)
{
	return t->core.moved_to[0] != '\0' ? t->core.moved_to : NULL;
}

enum tacit_code
tacit_relay(
    struct tacit *t, bool ask, struct tacit_relay *relay, struct tacit_error *e)
{
	enum tacit_code code = ask ? ask_relay(t, e) : error_clear(e);
	struct link shown = t->core.self.relay;

	shown.join_code[0] = '\0';
	if (link_format(&shown, t->relay_link) != STATUS_OK)
		t->relay_link[0] = '\0';
	handle_describe_relay(t);
	*relay = (struct tacit_relay){
		.relay = t->relay,
		.link = t->relay_link,
		.moved_to = tacit_moved_to(t),
		.reached = ask && code == TACIT_DONE,
	};
	return code;
}

static enum tacit_code
refused(struct tacit *t, const struct reply *reply, struct tacit_error *e)
{
	if (reply->kind != REPLY_ERROR)
		return error_status(e, STATUS_UNREACHABLE);
	if (reply->u.error.code == ERROR_NAME_TAKEN)
		return error_set(e, TACIT_EXISTS,
		    "Somebody else is called %s at that relay; nothing was "
		    "changed.",
		    t->core.self.address.account.text);
	return error_reply(e, reply);
}

/* The account is not there: the same keys take its name. */
static enum tacit_code
take_name(struct tacit *t, struct uplink *u, const struct link *to,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum tacit_code code;
	enum status st = arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	if (st == STATUS_OK)
		st = uplink_register(u, &t->core.self,
		    bytes_text(to->join_code), deadline_ms, a, &reply);
	code = error_status(e, st);
	if (code == TACIT_DONE && reply.kind != REPLY_REGISTERED)
		code = refused(t, &reply, e);
	arena_free(a);
	return code;
}

/* What one relay confirmed says nothing of another. */
static enum status
forget_published(struct step *s)
{
	struct stored_prekey info;
	struct counters counters;
	struct prekey_life life;
	struct buf *record = NULL;
	uint32_t id;
	enum status st = counters_get(s->txn, &counters);

	if (st == STATUS_OK)
		st = prekey_life_get(s->txn, &life);
	if (st != STATUS_OK)
		return st;
	life.has_relay = false;
	st = prekey_life_put(s->txn, &life);
	if (st != STATUS_OK || counters.next_signed_prekey_id == 0)
		return st;
	id = counters.next_signed_prekey_id - 1;
	st = signed_prekey_info(s->txn, id, &info);
	if (st == STATUS_OK)
		st = signed_prekey_get(s->txn, id, &record);
	if (st == STATUS_OK) {
		info.published = false;
		st = signed_prekey_put(s->txn, &info, buf_view(record));
	}
	buf_free(record);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
change_over(struct tacit *t, const struct link *to, bool registered)
{
	struct link before = t->core.self.relay;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	t->core.self.relay = *to;
	memset(t->core.self.relay.join_code, 0,
	    sizeof(t->core.self.relay.join_code));
	if (st == STATUS_OK)
		st = self_put(s.txn, &t->core.self);
	if (st == STATUS_OK && registered)
		st = forget_published(&s);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st != STATUS_OK)
		t->core.self.relay = before;
	return st;
}

static enum tacit_code
prove(struct tacit *t, struct uplink *u, const struct link *to,
    struct prekey_state *prekeys, bool *registered, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct mailbox_state mailbox;
	enum status st = uplink_authenticate(
	    u, &t->core.self, deadline_ms, &mailbox, prekeys);

	*registered = st == STATUS_DENIED;
	return *registered ? take_name(t, u, to, deadline_ms, e)
			   : error_login(e, st);
}

enum tacit_code
tacit_relay_set(
    struct tacit *t, const char *link, bool *registered, struct tacit_error *e)
{
	struct prekey_state prekeys = { 0 };
	struct uplink *u = NULL;
	enum uplink_stage stage;
	const char *why = "";
	struct link to;
	enum tacit_code code;
	enum status st;

	error_clear(e);
	if (link_parse(bytes_text(link), &to, &why) != STATUS_OK)
		return error_set(e, TACIT_USAGE, "%s", why);
	st = uplink_open(&to, t->core.proxy, handle_deadline(t), &u, &stage);
	code = error_uplink(e, &to, stage, st);
	if (code == TACIT_DONE)
		code = prove(t, u, &to, &prekeys, registered, e);
	if (code == TACIT_DONE)
		code = error_status(e, change_over(t, &to, *registered));
	if (code == TACIT_DONE)
		t->core.moved_to[0] = '\0';
	if (code == TACIT_DONE && *registered)
		code = account_keep_prekeys(
		    &t->core, u, &prekeys, true, handle_deadline(t), e);
	uplink_close(u);
	link_clear(&to);
	return code;
}
