/* api_contacts.c - whom we know, and what the user decided about them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "client/core/fold.h"
#include "client/core/handle.h"
#include "client/core/messenger/messenger.h"
#include "client/core/messenger/peers.h"
#include "client/core/ratchet/fingerprint.h"
#include "store/client/contacts.h"

static_assert((int)TACIT_SAFETY_NUMBER_DIGITS == (int)SAFETY_NUMBER_DIGITS);

static bool
show_contact(const struct contact *c, tacit_contact_fn *show, void *arg)
{
	char key[2 * SIGN_PUBLIC_BYTES + 1];
	char pending[2 * SIGN_PUBLIC_BYTES + 1];
	struct tacit_contact view = {
		.name = c->name.text,
		.alias = c->alias[0] != '\0' ? c->alias : NULL,
		.key = key,
		.verified = c->verified,
		.changed = c->has_pending,
		.pending_key = c->has_pending ? pending : NULL,
		.devices = (uint32_t)c->list.devices_count,
		.first_seen_ms = c->first_seen_ms,
	};

	hex_encode(BYTES_OF(c->account_key), key);
	hex_encode(BYTES_OF(c->pending_key), pending);
	return show(&view, arg);
}

struct names {
	struct account_name *items;
	size_t count;
	size_t room;
};

static enum status
collect(const struct contact *c, void *arg)
{
	struct names *names = arg;

	if (!c->removed && names->count < names->room)
		names->items[names->count++] = c->name;
	return STATUS_OK;
}

static int
compare(const void *a, const void *b)
{
	const struct account_name *x = a;
	const struct account_name *y = b;

	return strcmp(x->text, y->text);
}

static enum status
list_names(struct step *s, struct names *names)
{
	enum status st = vault_count(s->txn, VAULT_CONTACTS, &names->room);

	if (st != STATUS_OK)
		return st;
	names->items =
	    calloc(names->room > 0 ? names->room : 1, sizeof(*names->items));
	if (names->items == NULL)
		return STATUS_NOMEM;
	st = contacts_each(s->txn, collect, names);
	if (st == STATUS_OK)
		qsort(
		    names->items, names->count, sizeof(*names->items), compare);
	return st;
}

enum tacit_code
tacit_contacts(
    struct tacit *t, tacit_contact_fn *show, void *arg, struct tacit_error *e)
{
	struct names names = { .items = NULL };
	struct step s = { 0 };
	bool go_on = true;
	enum status st = step_begin(&t->core, DB_READ, &s);

	error_clear(e);
	if (st == STATUS_OK)
		st = list_names(&s, &names);
	for (size_t i = 0; i < names.count && go_on && st == STATUS_OK; i++) {
		struct contact c;

		st = peers_get(&s, &names.items[i], &c);
		if (st == STATUS_OK)
			go_on = show_contact(&c, show, arg);
	}
	step_abort(&s);
	free(names.items);
	return error_status(e, st);
}

static enum tacit_code
explain(struct tacit_error *e, const char *name, enum status st)
{
	if (st == STATUS_BAD_INPUT)
		return error_set(e, TACIT_USAGE,
		    "This is neither an account name nor an alias.");
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "You have not talked with %.40s yet; send a message first.",
		    name);
	return error_status(e, st);
}

static enum status
find_contact(struct step *s, const char *text, struct contact *c)
{
	struct account_name name;
	enum status st = handle_find_account(s, text, &name);

	return st == STATUS_OK ? peers_get(s, &name, c) : st;
}

enum tacit_code
tacit_contact(struct tacit *t, const char *name, tacit_contact_fn *show,
    void *arg, struct tacit_error *e)
{
	struct contact c;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	error_clear(e);
	if (st == STATUS_OK)
		st = find_contact(&s, name, &c);
	step_abort(&s);
	if (st == STATUS_OK)
		show_contact(&c, show, arg);
	return explain(e, name, st);
}

/* What is to be changed about one contact. */
typedef enum status contact_change_fn(
    struct step *s, struct contact *c, const void *arg);

static enum status
change_contact(struct tacit *t, const char *name, contact_change_fn *change,
    const void *arg)
{
	struct contact c;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = find_contact(&s, name, &c);
	if (st == STATUS_OK)
		st = change(&s, &c, arg);
	if (st == STATUS_OK)
		st = contact_put(s.txn, &c);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* EXISTS: another contact is called so. */
static enum status
match_alias(const struct contact *c, void *arg)
{
	const struct contact *wanted = arg;

	if (account_name_equal(&c->name, &wanted->name))
		return STATUS_OK;
	return strcmp(c->alias, wanted->alias) == 0 ||
		       strcmp(c->name.text, wanted->alias) == 0
		   ? STATUS_EXISTS
		   : STATUS_OK;
}

static enum status
set_alias(struct step *s, struct contact *c, const void *arg)
{
	const char *alias = arg;

	memset(c->alias, 0, sizeof(c->alias));
	memcpy(c->alias, alias, strlen(alias)); /* checked by the caller */
	if (alias[0] == '\0')
		return STATUS_OK;
	return contacts_each(s->txn, match_alias, c);
}

enum tacit_code
tacit_contact_rename(
    struct tacit *t, const char *name, const char *alias, struct tacit_error *e)
{
	enum status st;

	error_clear(e);
	if (alias[0] != '\0' &&
	    !fold_is_label(bytes_text(alias), CONTACT_ALIAS_BYTES))
		return error_set(e, TACIT_USAGE,
		    "An alias is at most %d bytes of visible text.",
		    CONTACT_ALIAS_BYTES);
	st = change_contact(t, name, set_alias, alias);
	if (st == STATUS_EXISTS)
		return error_set(e, TACIT_EXISTS,
		    "Another contact is called so; choose another alias.");
	return explain(e, name, st);
}

static enum status
hide(struct step *s, struct contact *c, const void *arg)
{
	(void)s;
	(void)arg;
	c->removed = true;
	return STATUS_OK;
}

enum tacit_code
tacit_contact_remove(struct tacit *t, const char *name, struct tacit_error *e)
{
	error_clear(e);
	return explain(e, name, change_contact(t, name, hide, NULL));
}

static enum status
mark_verified(struct step *s, struct contact *c, const void *arg)
{
	const struct sign_public *compared = arg;

	(void)s;
	/* Another process may have accepted another key meanwhile. */
	if (c->has_pending ||
	    memcmp(compared, &c->account_key, sizeof(c->account_key)) != 0)
		return STATUS_UNTRUSTED;
	c->verified = true;
	return STATUS_OK;
}

static enum tacit_code
refuse_mark(struct tacit_error *e, const struct contact *c)
{
	return error_set(e, TACIT_KEY_CHANGED,
	    "The identity key of %s has changed; compare the new safety "
	    "number, then run `tacit trust %s`.",
	    c->name.text, c->name.text);
}

/*
 * With a change pending it is the new key's number that matters: what has to be
 * compared before it is accepted.
 */
enum tacit_code
tacit_verify(struct tacit *t, const char *name, bool mark,
    char digits[TACIT_SAFETY_NUMBER_DIGITS + 1], bool *verified,
    struct tacit_error *e)
{
	const struct self *self = &t->core.self;
	const struct sign_public *key;
	struct contact c;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	error_clear(e);
	if (st == STATUS_OK)
		st = find_contact(&s, name, &c);
	step_abort(&s);
	if (st != STATUS_OK)
		return explain(e, name, st);
	key = c.has_pending ? &c.pending_key : &c.account_key;
	st = fingerprint_make(
	    &self->address.account, &self->account_key, &c.name, key, digits);
	if (st != STATUS_OK)
		return error_status(e, st);
	*verified = c.verified && !c.has_pending;
	if (!mark || *verified)
		return TACIT_DONE;
	if (c.has_pending)
		return refuse_mark(e, &c);
	st = change_contact(t, c.name.text, mark_verified, &c.account_key);
	if (st == STATUS_UNTRUSTED)
		return refuse_mark(e, &c);
	*verified = st == STATUS_OK;
	return explain(e, name, st);
}

enum tacit_code
tacit_trust(
    struct tacit *t, const char *name, bool *changed, struct tacit_error *e)
{
	struct account_name account;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	error_clear(e);
	if (st == STATUS_OK)
		st = handle_find_account(&s, name, &account);
	if (st == STATUS_OK)
		st = messenger_trust(&s, &account, changed);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return explain(e, name, st);
}
