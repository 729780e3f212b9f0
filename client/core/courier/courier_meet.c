/* courier_meet.c - lists and bundles of the people we are about to write to. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "client/core/courier/courier_private.h"
#include "client/core/messenger/lists.h"
#include "client/core/messenger/pair.h"
#include "client/core/messenger/peers.h"
#include "client/core/ratchet/ratchet.h"

/* Answers come in the order of the question as a rule. */
static const struct account_bundles *
bundles_of(
    const struct reply *reply, size_t at, const struct account_name *name)
{
	if (at < reply->u.bundles.count &&
	    account_name_equal(&reply->u.bundles.accounts[at].account, name))
		return &reply->u.bundles.accounts[at];
	for (size_t i = 0; i < reply->u.bundles.count; i++) {
		const struct account_bundles *b = &reply->u.bundles.accounts[i];

		if (account_name_equal(&b->account, name))
			return b;
	}
	return NULL;
}

static const struct device_bundle *
bundle_of(const struct account_bundles *from, uint32_t device)
{
	for (size_t i = 0; i < from->devices_count; i++)
		if (from->devices[i].device == device)
			return &from->devices[i];
	return NULL;
}

/* Undoes itself alone: the library stores before it has checked. */
static enum status
start_one(struct step *outer, const struct address *with,
    const struct device_entry *device, struct prekeys bundle)
{
	struct step s = { 0 };
	enum status st = step_nest(outer, &s);

	if (st == STATUS_OK)
		st = ratchet_start(s.core->ratchet, s.txn, &s.core->self, with,
		    device, bundle);
	if (st == STATUS_OK)
		st = pair_note_begun(&s, with, device->registration_id);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* A session with every device of the list that lacks a good one. */
static enum status
start_all(struct step *s, const struct contact *contact,
    const struct account_bundles *from)
{
	for (size_t i = 0; i < contact->list.devices_count; i++) {
		const struct device_entry *device = &contact->list.devices[i];
		const struct device_bundle *bundle =
		    bundle_of(from, device->id);
		struct address with = { contact->name, device->id };
		bool wants = false;
		enum status st = pair_wants_bundle(s, &with, &wants);

		if (st == STATUS_OK && wants && bundle != NULL)
			st = start_one(s, &with, device, bundle->prekeys);
		if (st == STATUS_CRYPTO || st == STATUS_BAD_INPUT)
			log_event(LOG_LEVEL_WARN, "bundle-refused", "status=%s",
			    status_name(st));
		else if (st != STATUS_OK)
			return st;
	}
	return STATUS_OK;
}

static enum tacit_code
relay_code(enum error_code code)
{
	if (code == ERROR_NOT_FOUND)
		return TACIT_NOT_FOUND;
	return code == ERROR_UNAVAILABLE ? TACIT_UNREACHABLE : TACIT_REFUSED;
}

static enum status
meet_one(
    struct step *s, const struct reply *reply, size_t at, struct meeting *m)
{
	const struct account_bundles *from = bundles_of(reply, at, &m->name);
	struct contact contact;
	enum status st;

	m->code = TACIT_DONE;
	m->retry_after_ms = from == NULL ? 0 : from->retry_after_ms;
	if (from == NULL)
		m->code = TACIT_FAILED;
	else if (from->error != ERROR_NONE)
		m->code = relay_code(from->error);
	if (m->code != TACIT_DONE)
		return STATUS_OK;
	st = peers_take_list(s, &m->name, from->list, &contact);
	if (st == STATUS_UNTRUSTED)
		m->code = TACIT_KEY_CHANGED;
	else if (st == STATUS_CRYPTO || st == STATUS_BAD_INPUT)
		m->code = TACIT_FAILED;
	if (st == STATUS_CRYPTO)
		return lists_show(s, &m->name, from->list);
	if (st == STATUS_OK)
		return start_all(s, &contact, from);
	return m->code == TACIT_DONE ? st : STATUS_OK;
}

/* As many as fit into one transaction, at least one; *next moves on. */
static enum status
meet_some(struct core *core, const struct reply *reply,
    struct meeting *meetings, size_t count, size_t *next)
{
	int64_t end_ms = clock_mono_ms() + BATCH_MS;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	while (st == STATUS_OK && *next < count) {
		arena_reset(s.arena);
		st = meet_one(&s, reply, *next, &meetings[*next]);
		++*next;
		if (clock_mono_ms() >= end_ms)
			break;
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum status
meet_all(struct core *core, const struct reply *reply, struct meeting *meetings,
    size_t count)
{
	enum status st = STATUS_OK;
	size_t next = 0;

	while (st == STATUS_OK && next < count)
		st = meet_some(core, reply, meetings, count, &next);
	return st;
}

static void
all_refused(const struct reply *reply, struct meeting *meetings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		meetings[i].code = relay_code(reply->u.error.code);
		meetings[i].retry_after_ms = reply->u.error.retry_after_ms;
	}
}

enum tacit_code
courier_meet_each(struct courier *c, struct meeting *meetings, size_t count,
    int64_t deadline_ms, struct tacit_error *e)
{
	struct account_name *names = calloc(count + 1, sizeof(*names));
	struct request r = { .kind = REQUEST_TAKE_BUNDLES };
	struct reply reply = { 0 };
	struct arena *a = NULL;
	enum status st = names == NULL
			     ? STATUS_NOMEM
			     : arena_new(UPLINK_REPLY_ARENA_BYTES, &a);

	for (size_t i = 0; st == STATUS_OK && i < count; i++)
		names[i] = meetings[i].name;
	r.u.bundles.names = names;
	r.u.bundles.count = count;
	if (st == STATUS_OK)
		st = uplink_call(c->u, &r, deadline_ms, a, &reply);
	if (st == STATUS_OK && reply.kind == REPLY_BUNDLES)
		st = meet_all(c->core, &reply, meetings, count);
	else if (st == STATUS_OK && reply.kind == REPLY_ERROR)
		all_refused(&reply, meetings, count);
	else if (st == STATUS_OK || st == STATUS_BAD_INPUT)
		st = STATUS_UNREACHABLE;
	arena_free(a);
	free(names);
	return error_status(e, st);
}

enum tacit_code
courier_meeting_error(const struct meeting *m, struct tacit_error *e)
{
	const char *name = m->name.text;

	switch ((int)m->code) {
	case TACIT_DONE:
		return error_clear(e);
	case TACIT_NOT_FOUND:
		return error_set(e, m->code,
		    "The relay knows no account %s; check the name.", name);
	case TACIT_KEY_CHANGED:
		return error_set(e, m->code,
		    "The account key of %s changed; compare numbers with "
		    "`tacit verify %s`, then `tacit trust %s`.",
		    name, name, name);
	case TACIT_REFUSED:
		error_set(e, m->code,
		    "The relay gives out no keys of %s now; try again later.",
		    name);
		break;
	case TACIT_UNREACHABLE:
		error_set(e, m->code,
		    "The relay could not look up %s; try again later.", name);
		break;
	default:
		return error_set(e, m->code,
		    "The relay gave a wrong device list for %s; "
		    "nothing was sent to it.",
		    name);
	}
	e->retry_after_ms = m->retry_after_ms;
	return m->code;
}

/* `strict`: the first that cannot be met ends it. */
static enum tacit_code
meet(struct courier *c, const struct account_name *names, size_t count,
    bool strict, int64_t deadline_ms, struct tacit_error *e)
{
	struct meeting *meetings =
	    calloc(LIMIT_BUNDLE_ACCOUNTS, sizeof(*meetings));
	enum tacit_code code =
	    error_status(e, meetings == NULL ? STATUS_NOMEM : STATUS_OK);

	for (size_t done = 0; code == TACIT_DONE && done < count;) {
		size_t some = count - done;

		if (some > LIMIT_BUNDLE_ACCOUNTS)
			some = LIMIT_BUNDLE_ACCOUNTS;
		for (size_t i = 0; i < some; i++)
			meetings[i] =
			    (struct meeting){ names[done + i], TACIT_DONE, 0 };
		code = courier_meet_each(c, meetings, some, deadline_ms, e);
		for (size_t i = 0; strict && code == TACIT_DONE && i < some;
		     i++)
			code = courier_meeting_error(&meetings[i], e);
		done += some;
	}
	free(meetings);
	return code;
}

enum tacit_code
courier_meet(struct courier *c, const struct account_name *names, size_t count,
    int64_t deadline_ms, struct tacit_error *e)
{
	return meet(c, names, count, true, deadline_ms, e);
}

enum tacit_code
courier_try_to_meet(struct courier *c, const struct account_name *names,
    size_t count, int64_t deadline_ms, struct tacit_error *e)
{
	return meet(c, names, count, false, deadline_ms, e);
}
