/* api_open.c - opening, closing and registering a profile. */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "client/core/account.h"
#include "client/core/api/api_keys.h"
#include "client/core/expiry.h"
#include "client/core/group/group.h"
#include "client/core/handle.h"
#include "client/core/upkeep.h"
#include "store/client/contacts.h"

enum {
	TIMEOUT_MS = 30 * 1000,
	UPKEEP_MS = 500, /* at the end of a command */
};

int64_t
handle_deadline(const struct tacit *t)
{
	assert(t != NULL);
	return clock_mono_ms() + t->timeout_ms;
}

struct finding {
	const char *alias;
	struct account_name *name;
};

/* EXISTS: found, which ends the walk. */
static enum status
match_alias(const struct contact *c, void *arg)
{
	struct finding *f = arg;

	if (c->removed || strcmp(c->alias, f->alias) != 0)
		return STATUS_OK;
	*f->name = c->name;
	return STATUS_EXISTS;
}

/* An exact account name that is known wins over somebody's alias. */
enum status
handle_find_account(struct step *s, const char *text, struct account_name *name)
{
	struct finding f = { text, name };
	struct account_name parsed;
	struct contact contact;
	bool is_name =
	    account_name_parse(bytes_text(text), &parsed) == STATUS_OK;
	enum status st = STATUS_NOT_FOUND;

	if (text[0] == '\0')
		return STATUS_BAD_INPUT;
	if (is_name)
		st = contact_get(s->txn, &parsed, &contact);
	if (st == STATUS_NOT_FOUND) {
		st = contacts_each(s->txn, match_alias, &f);
		if (st != STATUS_OK)
			return st == STATUS_EXISTS ? STATUS_OK : st;
	}
	if (st != STATUS_OK)
		return st;
	if (!is_name)
		return STATUS_BAD_INPUT;
	*name = parsed;
	return STATUS_OK;
}

void
tacit_close(struct tacit *t)
{
	if (t == NULL)
		return;
	/* Whoever ran the command has its result by now. */
	if (t->is_open)
		upkeep_run(&t->core, UPKEEP_MS);
	group_cache_free(t->core.groups);
	ratchet_free(t->core.ratchet);
	vault_close(t->core.vault);
	self_clear(&t->core.self);
	proxy_clear(&t->proxy);
	free(t->dir);
	free(t);
}

static enum status
handle_new(const struct tacit_options *options, struct tacit **t)
{
	struct tacit *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->timeout_ms =
	    options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
	fresh->dir = strdup(options->dir);
	fresh->core.dir = fresh->dir;
	st = fresh->dir == NULL ? STATUS_NOMEM
				: ratchet_new(&fresh->core.ratchet);
	if (st == STATUS_OK)
		*t = fresh;
	else
		tacit_close(fresh);
	return st;
}

/* Nothing goes around a proxy that cannot be understood. */
static enum tacit_code
take_proxy(
    const struct tacit_options *options, struct tacit *t, struct tacit_error *e)
{
	const char *why = NULL;

	assert(t != NULL);
	if (options->proxy == NULL || options->proxy[0] == '\0')
		return error_clear(e);
	if (proxy_parse(options->proxy, &t->proxy, &why) != STATUS_OK)
		return error_set(e, TACIT_USAGE, "%s", why);
	t->core.proxy = &t->proxy;
	return error_clear(e);
}

static enum tacit_code
library_ready(struct tacit_error *e)
{
	if (sodium_init() < 0)
		return error_set(
		    e, TACIT_FAILED, "The crypto library cannot start.");
	return error_clear(e);
}

static enum tacit_code
no_profile(struct tacit_error *e, const char *dir)
{
	return error_set(e, TACIT_NOT_FOUND,
	    "There is no profile in %s; make one with `tacit register NAME "
	    "--relay LINK`.",
	    dir);
}

enum tacit_code
tacit_needs_passphrase(const char *dir, bool *needed, struct tacit_error *e)
{
	enum tacit_code code = library_ready(e);
	enum status st;

	if (code != TACIT_DONE)
		return code;
	*needed = false;
	st = keyslots_need_passphrase(dir, needed);
	if (st == STATUS_NOT_FOUND)
		st = STATUS_OK;
	return error_status(e, st);
}

static enum status
read_self(struct core *core)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = self_get(s.txn, &core->self);
	step_abort(&s);
	return st;
}

static enum tacit_code
finish_first(const struct core *core, struct tacit_error *e)
{
	if (core->self.state == SELF_RECOVERING)
		return error_set(e, TACIT_NOT_FOUND,
		    "The recovery of this profile did not finish; finish it "
		    "with `tacit recover`.");
	return error_set(e, TACIT_NOT_FOUND,
	    "The registration of this profile did not finish; finish it with "
	    "`tacit register`.");
}

enum tacit_code
handle_open(
    const struct tacit_options *options, struct tacit *t, struct tacit_error *e)
{
	struct master_key *key = NULL;
	enum tacit_code code;
	enum status st;

	assert(t != NULL);
	st = keys_unlock(t, options, &key);
	if (st == STATUS_NOT_FOUND)
		return no_profile(e, t->dir);
	if (st == STATUS_OK)
		st = vault_open(t->dir, key, &t->core.vault);
	if (st == STATUS_OK) {
		st = read_self(&t->core);
		if (st == STATUS_NOT_FOUND)
			return finish_first(&t->core, e);
	}
	if (st == STATUS_CONFLICT)
		return error_set(e, TACIT_DAMAGED,
		    "In %s the file keys and the database are of different "
		    "times: one of them was replaced by an older copy. Put "
		    "back both from the same backup; nothing was changed.",
		    t->dir);
	if (st == STATUS_IO) /* it is there, so this is not a new one */
		return error_set(e, TACIT_DAMAGED,
		    "The profile in %s cannot be opened: its database is "
		    "damaged or not readable. Restore a backup.",
		    t->dir);
	if (st == STATUS_LOCKED && options->recovery_key != NULL)
		return error_set(e, TACIT_PASSPHRASE,
		    "That is not the recovery key of this profile; compare it "
		    "once more.");
	code = error_status(e, st);
	if (code == TACIT_DONE && t->core.self.state != SELF_REGISTERED)
		return finish_first(&t->core, e);
	return code;
}

enum tacit_code
handle_make(const struct tacit_options *options, struct tacit **t,
    struct tacit_error *e)
{
	struct tacit *fresh = NULL;
	enum tacit_code code = library_ready(e);

	if (code == TACIT_DONE)
		code = error_status(e, handle_new(options, &fresh));
	if (code == TACIT_DONE)
		code = take_proxy(options, fresh, e);
	if (code == TACIT_DONE)
		*t = fresh;
	else
		tacit_close(fresh);
	return code;
}

enum tacit_code
tacit_open(const struct tacit_options *options, struct tacit **t,
    struct tacit_error *e)
{
	struct tacit *fresh = NULL;
	enum tacit_code code = handle_make(options, &fresh, e);

	if (code == TACIT_DONE)
		code = handle_open(options, fresh, e);
	if (code == TACIT_DONE)
		code = error_status(e, expiry_run(&fresh->core));
	if (code == TACIT_DONE)
		fresh->is_open = true;
	if (code == TACIT_DONE)
		*t = fresh;
	else
		tacit_close(fresh);
	return code;
}
