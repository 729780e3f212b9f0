/* api_contacts.c - whom we know, and what the user decided about them. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "client/core/api/api_contacts.h"
#include "client/core/fold.h"
#include "client/core/handle.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/messenger.h"
#include "client/core/messenger/peers.h"
#include "store/client/contacts.h"

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
		.blocked = c->blocked,
		.timer_s = c->timer_s,
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

	/* Whoever is blocked is seen, or nobody could be let in again. */
	if ((!c->removed || c->blocked) && names->count < names->room)
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

enum tacit_code
contact_explain(struct tacit_error *e, const char *name, enum status st)
{
	if (st == STATUS_BAD_INPUT)
		return error_set(e, TACIT_USAGE,
		    "This is neither an account name nor an alias.");
	if (st == STATUS_NOT_FOUND)
		return error_set(e, TACIT_NOT_FOUND,
		    "You have not talked with %.40s yet: `tacit contacts` "
		    "lists whom you know, and a message makes a contact.",
		    name);
	return error_status(e, st);
}

enum status
contact_find(struct step *s, const char *text, struct contact *c)
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
		st = contact_find(&s, name, &c);
	step_abort(&s);
	if (st == STATUS_OK)
		show_contact(&c, show, arg);
	return contact_explain(e, name, st);
}

enum status
contact_change(struct tacit *t, const char *name, contact_change_fn *change,
    const void *arg)
{
	struct contact c;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = contact_find(&s, name, &c);
	if (st == STATUS_OK)
		st = change(&s, &c, arg);
	if (st == STATUS_OK)
		st = contact_put(s.txn, &c);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* EXISTS: another contact, or this account, is called so. */
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
	/* What the two said would look as if we had said it. */
	if (strcmp(alias, s->core->self.address.account.text) == 0)
		return STATUS_EXISTS;
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
	st = contact_change(t, name, set_alias, alias);
	if (st == STATUS_EXISTS)
		return error_set(e, TACIT_EXISTS,
		    "Another contact is called so, or you are; choose another "
		    "alias.");
	return contact_explain(e, name, st);
}

static enum status
hide(struct step *s, struct contact *c, const void *arg)
{
	(void)s;
	(void)arg;
	c->removed = true;
	c->known = false;
	return STATUS_OK;
}

enum tacit_code
tacit_contact_remove(struct tacit *t, const char *name, struct tacit_error *e)
{
	error_clear(e);
	return contact_explain(e, name, contact_change(t, name, hide, NULL));
}

struct blocking {
	bool block;
	bool *changed;
};

static enum status
set_blocked(struct step *s, struct contact *c, const void *arg)
{
	const struct blocking *wish = arg;
	size_t count;

	*wish->changed = c->blocked != wish->block;
	c->blocked = wish->block;
	/* What it asked for before is dropped like what it asks for now. */
	return wish->block ? consent_refuse(s, &c->name, false, &count)
			   : STATUS_OK;
}

enum tacit_code
tacit_contact_block(struct tacit *t, const char *name, bool block,
    bool *changed, struct tacit_error *e)
{
	const struct blocking wish = { block, changed };

	error_clear(e);
	return contact_explain(
	    e, name, contact_change(t, name, set_blocked, &wish));
}
