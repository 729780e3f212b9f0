/* admin_users.c - who has an account here, who may connect, who has to go. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/when.h"
#include "relay/admin_private.h"

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

enum {
	DATE_CHARS = 10,     /* of RFC 3339 */
	FREE_MS = 10 * 1000, /* for workers to close sessions */
};

json_t *
admin_time(int64_t ms)
{
	char text[WHEN_TEXT_BYTES];

	if (ms == 0)
		return json_null();
	when_format_utc(ms, text);
	return json_string(text);
}

static json_t *
date_of(uint32_t day)
{
	char text[WHEN_TEXT_BYTES];

	if (day == 0)
		return json_null();
	when_format_utc((int64_t)day * day_ms, text);
	return json_stringn(text, DATE_CHARS);
}

static const char *
suspended_by(enum suspension why)
{
	switch (why) {
	case SUSPENDED_NOT:
		return NULL;
	case SUSPENDED_BY_OPERATOR:
		return "operator";
	case SUSPENDED_INACTIVE:
		return "inactive";
	}
	return NULL;
}

static json_t *
user_object(const struct storage_user *u)
{
	char invite[STORAGE_INVITE_ID_DIGITS + 1];

	snprintf(invite, sizeof(invite), "%08" PRIx32, u->invite);
	return json_pack("{s:s,s:s,s:o,s:s?,s:o,s:s?,s:I,s:I,s:I}", "type",
	    "user", "name", u->name.text, "created_at",
	    admin_time(u->created_ms), "invite", u->invite != 0 ? invite : NULL,
	    "last_seen", date_of(u->seen_day), "suspended",
	    suspended_by(u->suspended), "devices", (json_int_t)u->devices,
	    "queued", (json_int_t)u->queued_items, "queued_bytes",
	    (json_int_t)u->queued_bytes);
}

static void users_listed(struct admin_call *c);

static void
users_page(struct admin_call *c)
{
	if (admin_arena(c))
		admin_storage(c, STORAGE_USERS, users_listed);
}

static void
users_listed(struct admin_call *c)
{
	struct storage_users_op *u = &c->op.u.users;

	if (c->op.status != STATUS_OK) {
		admin_refuse_status(c, c->op.status, "listing the accounts");
		return;
	}
	for (size_t i = 0; i < u->count; i++)
		admin_say(c, user_object(&u->items[i]));
	if (u->more && u->count > 0) {
		u->after = u->items[u->count - 1].name;
		admin_pause(c, users_page);
	} else {
		admin_finish(c);
	}
}

void
admin_users_list(struct admin_call *c)
{
	users_page(c);
}

static void gone_listed(struct admin_call *c);

static void
gone_page(struct admin_call *c)
{
	if (admin_arena(c))
		admin_storage(c, STORAGE_GONE, gone_listed);
}

static void
gone_listed(struct admin_call *c)
{
	struct storage_gone_op *g = &c->op.u.gone;

	if (c->op.status != STATUS_OK) {
		admin_refuse_status(c, c->op.status, "listing the names");
		return;
	}
	for (size_t i = 0; i < g->count; i++)
		admin_say(
		    c, json_pack("{s:s,s:s,s:o,s:s}", "type", "removed-user",
			   "name", g->items[i].name.text, "removed_at",
			   admin_time(g->items[i].removed_ms), "by",
			   g->items[i].by_owner ? "owner" : "operator"));
	if (g->more && g->count > 0) {
		g->after = g->items[g->count - 1].name;
		admin_pause(c, gone_page);
	} else {
		admin_finish(c);
	}
}

void
admin_users_removed(struct admin_call *c)
{
	gone_page(c);
}

/* false: there is none in the request, which was said. */
static bool
take_name(struct admin_call *c, struct account_name *name)
{
	const char *text = admin_text(c, "name");

	if (text != NULL &&
	    account_name_parse(bytes_text(text), name) == STATUS_OK)
		return true;
	admin_refuse(c, ADMIN_USAGE,
	    "an account's name is 2 to %d of a-z, 0-9, '.', '_' and '-'",
	    LIMIT_ACCOUNT_NAME_BYTES);
	return false;
}

static void
no_such(struct admin_call *c)
{
	admin_refuse(c, ADMIN_NOT_FOUND, "there is no account %s here",
	    admin_text(c, "name"));
}

static void user_looked_for(struct admin_call *c);

static void
user_page(struct admin_call *c)
{
	if (admin_arena(c))
		admin_storage(c, STORAGE_USERS, user_looked_for);
}

/* Pages are in order: it is in this one, in a later one, or nowhere. */
static void
user_looked_for(struct admin_call *c)
{
	struct storage_users_op *u = &c->op.u.users;
	const char *name = admin_text(c, "name");
	int order = 1;

	if (c->op.status != STATUS_OK) {
		admin_refuse_status(c, c->op.status, "looking for the account");
		return;
	}
	for (size_t i = 0; i < u->count && order > 0; i++) {
		order = strcmp(name, u->items[i].name.text);
		if (order == 0) {
			admin_say(c, user_object(&u->items[i]));
			admin_finish(c);
			return;
		}
	}
	if (order < 0 || !u->more || u->count == 0) {
		no_such(c);
		return;
	}
	u->after = u->items[u->count - 1].name;
	admin_pause(c, user_page);
}

void
admin_users_show(struct admin_call *c)
{
	struct account_name name;

	if (take_name(c, &name))
		user_page(c);
}

/* What was done, in the words of the answer: the action's. */
static void
acted(struct admin_call *c)
{
	switch ((int)c->op.status) {
	case STATUS_OK:
	case STATUS_EXISTS: /* it was so already */
		admin_say(
		    c, json_pack("{s:s,s:s,s:s,s:s}", "type", "done", "command",
			   "users", "verb", admin_text(c, "action"), "name",
			   admin_text(c, "name")));
		admin_finish(c);
		return;
	case STATUS_NOT_FOUND:
		no_such(c);
		return;
	default:
		admin_refuse_status(c, c->op.status, "changing the account");
	}
}

static void
suspend(struct admin_call *c, enum suspension suspended)
{
	if (!take_name(c, &c->op.u.suspend.name))
		return;
	c->op.u.suspend.suspended = suspended;
	admin_storage(c, STORAGE_SUSPEND, acted);
}

void
admin_users_suspend(struct admin_call *c)
{
	suspend(c, SUSPENDED_BY_OPERATOR);
}

void
admin_users_resume(struct admin_call *c)
{
	suspend(c, SUSPENDED_NOT);
}

void
admin_users_remove(struct admin_call *c)
{
	if (take_name(c, &c->op.u.remove.name))
		admin_storage(c, STORAGE_REMOVE, acted);
}

/* A session of whoever had the name may take a moment to end. */
static void
freed(struct admin_call *c)
{
	if (c->op.status == STATUS_FULL && clock_mono_ms() < c->end_ms)
		admin_storage(c, STORAGE_FREE_NAME, freed);
	else if (c->op.status == STATUS_FULL)
		admin_refuse(c, ADMIN_FAILED,
		    "sessions of %s have not ended yet; try again",
		    admin_text(c, "name"));
	else if (c->op.status == STATUS_NOT_FOUND)
		admin_refuse(c, ADMIN_NOT_FOUND,
		    "nobody of the name %s was removed here",
		    admin_text(c, "name"));
	else
		acted(c);
}

void
admin_users_free(struct admin_call *c)
{
	c->end_ms = clock_mono_ms() + FREE_MS;
	if (take_name(c, &c->op.u.free_name.name))
		admin_storage(c, STORAGE_FREE_NAME, freed);
}
