/* api_group.c - tacit_group_*(): what is done to groups. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/number.h"
#include "client/core/courier/courier.h"
#include "client/core/group/group_act.h"
#include "client/core/group/group_adopt.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"
#include "client/core/handle.h"
#include "client/core/messenger/consent.h"

static_assert((int)TACIT_TIMER_MAX_S == (int)LIMIT_TIMER_S);

/* 1 to 64 characters, NFC, no control characters, `/`, `~`, leading `-`. */
static bool
name_is_good(const char *name)
{
	utf8proc_uint8_t *nfc;
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)name;
	size_t left = strlen(name);
	size_t chars = 0;
	bool same;

	if (left == 0 || left > LIMIT_GROUP_NAME_BYTES || name[0] == '-')
		return false;
	while (left > 0) {
		utf8proc_int32_t c;
		utf8proc_ssize_t step =
		    utf8proc_iterate(at, (utf8proc_ssize_t)left, &c);

		if (step <= 0 || c == '/' || c == '~' ||
		    utf8proc_category(c) == UTF8PROC_CATEGORY_CC ||
		    utf8proc_category(c) == UTF8PROC_CATEGORY_CF)
			return false;
		at += step;
		left -= (size_t)step;
		chars++;
	}
	nfc = utf8proc_NFC((const utf8proc_uint8_t *)name);
	same = nfc != NULL && strcmp((const char *)nfc, name) == 0;
	free(nfc);
	return same && chars <= LIMIT_GROUP_NAME_CHARS;
}

static enum tacit_code
bad_name(struct tacit_error *e)
{
	return error_set(e, TACIT_USAGE,
	    "a group name has 1 to 64 characters (NFC), no control "
	    "characters, no / or ~, and does not begin with -");
}

/* Names of people as typed, into accounts; the caller frees *names. */
static enum tacit_code
find_accounts(struct tacit *t, const char *const *texts, size_t count,
    struct account_name **names, struct tacit_error *e)
{
	struct account_name *found = calloc(count + 1, sizeof(*found));
	struct step s = { 0 };
	enum tacit_code code = TACIT_DONE;
	enum status st = found == NULL ? STATUS_NOMEM : STATUS_OK;

	if (st == STATUS_OK)
		st = step_begin(&t->core, DB_READ, &s);
	code = error_status(e, st);
	for (size_t i = 0; code == TACIT_DONE && i < count; i++) {
		st = handle_find_account(&s, texts[i], &found[i]);
		if (st == STATUS_BAD_INPUT)
			code = error_set(e, TACIT_USAGE,
			    "%s is not the name of an account", texts[i]);
		else
			code = error_status(e, st);
	}
	step_abort(&s);
	if (code != TACIT_DONE) {
		free(found);
		return code;
	}
	*names = found;
	return code;
}

enum tacit_code
handle_find_group(
    struct tacit *t, const char *group, struct hash *id, struct tacit_error *e)
{
	struct group_record g;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_find(&s, group, &g);
	step_abort(&s);
	if (st == STATUS_OK)
		*id = g.id;
	return handle_explain_group(st, group, e);
}

/* Whoever changes a group has first read what there is to read. */
enum tacit_code
handle_connect_and_drain(struct tacit *t, int64_t deadline_ms,
    struct courier **c, struct tacit_error *e)
{
	enum tacit_code code = courier_open(&t->core, deadline_ms, c, e);

	if (code == TACIT_DONE)
		code = courier_drain(*c, deadline_ms, e);
	return code;
}

/* Whom the user takes in is no stranger (protocol.md 7.8). */
static enum status
acquaint(struct tacit *t, const struct account_name *names, size_t count)
{
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	for (size_t i = 0; st == STATUS_OK && i < count; i++)
		st = consent_write(&s, &names[i]);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_group_create(struct tacit *t, const char *name,
    const char *const *members, size_t members_count, tacit_group_fn *show,
    void *arg, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct account_name *names = NULL;
	struct courier *c = NULL;
	struct hash id;
	char hex[HASH_BYTES * 2 + 1];
	enum tacit_code code;

	if (!name_is_good(name))
		return bad_name(e);
	code = find_accounts(t, members, members_count, &names, e);
	if (code == TACIT_DONE)
		code = handle_connect_and_drain(t, deadline_ms, &c, e);
	if (code == TACIT_DONE)
		code = group_act_create(
		    c, name, names, members_count, deadline_ms, &id, e);
	if (code == TACIT_DONE)
		code = error_status(e, acquaint(t, names, members_count));
	if (code == TACIT_DONE) {
		hex_encode(hash_view(&id), hex);
		code = tacit_group(t, hex, show, arg, e);
	}
	courier_close(c);
	free(names);
	return code;
}

static enum tacit_code
change(struct tacit *t, enum tacit_group_act act, const char *group,
    const char *const *names, size_t names_count, int64_t history_ms,
    size_t *changed, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct account_name *accounts = NULL;
	struct courier *c = NULL;
	struct hash id;
	enum tacit_code code;

	*changed = 0;
	code = handle_find_group(t, group, &id, e);
	if (code == TACIT_DONE)
		code = find_accounts(t, names, names_count, &accounts, e);
	if (code == TACIT_DONE)
		code = handle_connect_and_drain(t, deadline_ms, &c, e);
	if (code == TACIT_DONE)
		code = group_act_change(c, &id, act, accounts, names_count,
		    deadline_ms, changed, e);
	if (code == TACIT_DONE && act == TACIT_GROUP_ADD)
		code = error_status(e, acquaint(t, accounts, names_count));
	if (code == TACIT_DONE && history_ms > 0)
		code = group_act_send_history(
		    c, &id, accounts, names_count, history_ms, deadline_ms, e);
	courier_close(c);
	free(accounts);
	return code;
}

enum tacit_code
tacit_group_change(struct tacit *t, enum tacit_group_act act, const char *group,
    const char *const *names, size_t names_count, size_t *changed,
    struct tacit_error *e)
{
	return change(t, act, group, names, names_count, 0, changed, e);
}

enum tacit_code
tacit_group_add(struct tacit *t, const char *group, const char *const *names,
    size_t names_count, int64_t history_ms, size_t *changed,
    struct tacit_error *e)
{
	return change(t, TACIT_GROUP_ADD, group, names, names_count, history_ms,
	    changed, e);
}

enum tacit_code
tacit_group_set(struct tacit *t, const char *group,
    const struct tacit_group_settings *wanted, bool *changed,
    struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct courier *c = NULL;
	size_t made = 0;
	struct hash id;
	enum tacit_code code;

	*changed = false;
	if (wanted->has_timer && wanted->timer_s > LIMIT_TIMER_S)
		return error_set(e, TACIT_USAGE, "a timer is at most %d days",
		    LIMIT_TIMER_S / (24 * 3600));
	code = handle_find_group(t, group, &id, e);
	if (code == TACIT_DONE)
		code = handle_connect_and_drain(t, deadline_ms, &c, e);
	if (code == TACIT_DONE)
		code = group_act_set(c, &id, wanted, deadline_ms, &made, e);
	*changed = made > 0;
	courier_close(c);
	return code;
}

enum tacit_code
tacit_group_adopt(struct tacit *t, const char *group, const char *from,
    bool *changed, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct account_name *name = NULL;
	struct courier *c = NULL;
	struct hash id;
	enum tacit_code code = handle_find_group(t, group, &id, e);

	*changed = false;
	if (code == TACIT_DONE && from != NULL)
		code = find_accounts(t, &from, 1, &name, e);
	if (code == TACIT_DONE)
		code = handle_connect_and_drain(t, deadline_ms, &c, e);
	if (code == TACIT_DONE && from == NULL)
		code = group_adopt(c, &id, deadline_ms, changed, e);
	else if (code == TACIT_DONE) {
		code = group_adopt_from(c, &id, name, deadline_ms, e);
		*changed = code == TACIT_DONE;
	}
	courier_close(c);
	free(name);
	return code;
}

static bool
name_is_taken(struct tacit *t, const char *name, const struct hash *by)
{
	struct step s = { 0 };
	struct hash id;
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_find_name(s.txn, name, &id);
	step_abort(&s);
	return st == STATUS_OK && memcmp(&id, by, sizeof(id)) != 0;
}

enum tacit_code
tacit_group_rename(
    struct tacit *t, const char *group, const char *name, struct tacit_error *e)
{
	int64_t deadline_ms = handle_deadline(t);
	struct courier *c = NULL;
	struct hash id;
	enum tacit_code code;

	if (!name_is_good(name))
		return bad_name(e);
	code = handle_find_group(t, group, &id, e);
	if (code != TACIT_DONE)
		return code;
	if (name_is_taken(t, name, &id))
		return error_set(e, TACIT_EXISTS,
		    "you have a group named %s already; choose another name",
		    name);
	code = handle_connect_and_drain(t, deadline_ms, &c, e);
	if (code == TACIT_DONE)
		code = group_act_rename(c, &id, name, deadline_ms, e);
	courier_close(c);
	return code;
}
