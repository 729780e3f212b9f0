/* api_register.c - how a profile begins: a new account, or one recovered. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hook.h"
#include "base/wipe.h"
#include "client/core/account.h"
#include "client/core/account_recover.h"
#include "client/core/api/api_keys.h"
#include "client/core/handle.h"
#include "client/core/recovery.h"
#include "store/client/vault_slots.h"

static struct bytes
passphrase_of(const struct tacit_options *options)
{
	if (options->passphrase == NULL)
		return BYTES_NONE;
	return bytes_view(options->passphrase, options->passphrase_len);
}

/* The directory and what leads to it; 0700, whatever the umask. */
static enum status
make_dir(const char *dir)
{
	char *path = strdup(dir);
	enum status st = path == NULL ? STATUS_NOMEM : STATUS_OK;

	for (char *p = path; st == STATUS_OK && p != NULL;) {
		p = strchr(p + 1, '/');
		if (p != NULL)
			*p = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			st = errno == ENOSPC || errno == EDQUOT
				 ? STATUS_NO_SPACE
				 : STATUS_IO;
		if (p != NULL)
			*p = '/';
	}
	free(path);
	return st;
}

/* Two registrations at once: the one that made the file wins. */
static enum status
make_keyslots(const char *dir, struct bytes passphrase, struct master_key **key)
{
	enum status st = keyslots_open(dir, passphrase, key);

	if (st == STATUS_NOT_FOUND)
		st = keyslots_create(dir, passphrase, key);
	if (st == STATUS_EXISTS)
		st = keyslots_open(dir, passphrase, key);
	return st;
}

/*
 * Keys first, the relay afterwards: whatever the relay ever hears of is on this
 * disk.  EXISTS: this profile is registered.  DENIED: it was begun without the
 * recovery key that is wanted now.
 */
static enum status
prepare_self(struct core *core, const struct account_name *name,
    const struct link *relay, bool recovery)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st != STATUS_OK)
		return st;
	st = self_get(s.txn, &core->self);
	if (st == STATUS_NOT_FOUND)
		st = account_make(&s, name, relay, recovery, &core->self);
	else if (st == STATUS_OK && core->self.state != SELF_UNFINISHED)
		st = STATUS_EXISTS;
	else if (st == STATUS_OK && recovery && !core->self.has_recovery)
		st = STATUS_DENIED; /* its list may have been sent without */
	else if (st == STATUS_OK)
		st = account_rename(&s, name, relay, &core->self);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	hook_reach("register-after-keys");
	return st;
}

static enum tacit_code
parse_both(const char *name, const char *link, struct account_name *account,
    struct link *relay, struct tacit_error *e)
{
	const char *why = NULL;

	if (account_name_parse(bytes_text(name), account) != STATUS_OK)
		return error_set(e, TACIT_USAGE,
		    "A name has 2 to 32 characters of a-z, 0-9, '.', '_' and "
		    "'-', and begins with a letter or digit.");
	if (link_parse(bytes_text(link), relay, &why) != STATUS_OK)
		return error_set(e, TACIT_USAGE, "%s", why);
	return error_clear(e);
}

/* A vault in the directory, made when there is none. */
static enum tacit_code
make_profile(
    const struct tacit_options *options, struct tacit *t, struct tacit_error *e)
{
	struct master_key *key = NULL;
	enum status st = make_dir(t->dir);

	if (st == STATUS_IO)
		return error_set(e, TACIT_FAILED,
		    "The directory %s cannot be made.", t->dir);
	if (st == STATUS_OK)
		st = make_keyslots(t->dir, passphrase_of(options), &key);
	if (st == STATUS_OK)
		st = vault_open(t->dir, key, &t->core.vault);
	return error_status(e, st);
}

static enum tacit_code
there_is_one(const struct tacit *t, struct tacit_error *e)
{
	const char *name = t->core.self.address.account.text;

	if (t->core.self.state == SELF_RECOVERING)
		return error_set(e, TACIT_EXISTS,
		    "In %s the recovery of %s did not finish; finish it with "
		    "`tacit recover`.",
		    t->dir, name);
	if (t->core.self.state == SELF_UNFINISHED)
		return error_set(e, TACIT_EXISTS,
		    "In %s the registration of %s did not finish; finish it "
		    "with `tacit register`, or recover in another profile.",
		    t->dir, name);
	return error_set(e, TACIT_EXISTS,
	    "The profile in %s is registered already, as %s.", t->dir, name);
}

/* Also of an earlier attempt, which may not have shown it. */
static enum tacit_code
show_recovery(struct core *core, const struct tacit_registration *how,
    struct tacit_error *e)
{
	char text[RECOVERY_TEXT_BYTES];
	struct recovery_key key;
	enum status st;
	bool shown;

	if (!core->self.has_recovery)
		return error_clear(e);
	if (how == NULL || how->show_recovery == NULL)
		return error_set(e, TACIT_USAGE,
		    "This registration was begun with a recovery key; say "
		    "again where it goes.");
	memcpy(key.raw, core->self.recovery, sizeof(key.raw));
	st = keys_add_recovery(core, &key);
	if (st != STATUS_OK) {
		recovery_key_clear(&key);
		return error_status(e, st);
	}
	recovery_key_print(&key, text);
	shown = how->show_recovery(text, how->arg);
	recovery_key_clear(&key);
	wipe(text, sizeof(text));
	return shown ? error_clear(e)
		     : error_set(e, TACIT_FAILED,
			   "The recovery key was not taken down; nothing was "
			   "registered.");
}

/*
 * What was begun without a passphrase and goes on with one has it from here on:
 * whoever chose one would not look whether it counts.
 */
static enum status
take_passphrase(const struct tacit_options *options, struct tacit *t)
{
	struct bytes passphrase = passphrase_of(options);
	bool plain = false;
	enum status st;

	if (passphrase.len == 0)
		return STATUS_OK;
	st = keyslots_have(t->dir, SLOT_PLAIN, &plain);
	if (st != STATUS_OK || !plain)
		return st;
	return vault_put_slot(t->core.vault, SLOT_PASSPHRASE, passphrase);
}

static enum tacit_code
register_profile(const struct tacit_options *options, struct tacit *t,
    const struct account_name *name, const struct link *relay,
    const struct tacit_registration *how, struct tacit_error *e)
{
	const bool recovery = how != NULL && how->show_recovery != NULL;
	enum tacit_code code;
	enum status st;

	assert(t != NULL);
	code = make_profile(options, t, e);
	if (code != TACIT_DONE)
		return code;
	st = prepare_self(&t->core, name, relay, recovery);
	if (st == STATUS_EXISTS)
		return there_is_one(t, e);
	if (st == STATUS_DENIED)
		return error_set(e, TACIT_USAGE,
		    "This registration was begun without a recovery key; "
		    "finish it without one, or begin in another profile.");
	if (st == STATUS_OK)
		st = take_passphrase(options, t);
	code = error_status(e, st);
	if (code == TACIT_DONE)
		code = show_recovery(&t->core, how, e);
	if (code == TACIT_DONE) /* counted from here: people took their time */
		code = account_register(&t->core, handle_deadline(t), e);
	return code;
}

enum tacit_code
tacit_register_with(const struct tacit_options *options, const char *name,
    const char *link, const struct tacit_registration *how, struct tacit **t,
    struct tacit_error *e)
{
	struct account_name account;
	struct link relay = { 0 };
	struct tacit *fresh = NULL;
	enum tacit_code code = parse_both(name, link, &account, &relay, e);

	if (code == TACIT_DONE)
		code = handle_make(options, &fresh, e);
	if (code == TACIT_DONE)
		code =
		    register_profile(options, fresh, &account, &relay, how, e);
	link_clear(&relay);
	if (code == TACIT_DONE)
		*t = fresh;
	else
		tacit_close(fresh);
	return code;
}

enum tacit_code
tacit_register(const struct tacit_options *options, const char *name,
    const char *link, struct tacit **t, struct tacit_error *e)
{
	return tacit_register_with(options, name, link, NULL, t, e);
}

/* NOT_FOUND: nothing was begun here. */
static enum status
find_begun(struct core *core)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = self_get(s.txn, &core->self);
	step_abort(&s);
	return st;
}

static enum tacit_code
look_at_begun(const struct tacit_options *options, struct tacit *t,
    bool recover, struct tacit_error *e)
{
	const enum self_state goes_on =
	    recover ? SELF_RECOVERING : SELF_UNFINISHED;
	struct master_key *key = NULL;
	enum status st;

	assert(t != NULL);
	st = keyslots_open(t->dir, passphrase_of(options), &key);
	if (st == STATUS_OK)
		st = vault_open(t->dir, key, &t->core.vault);
	if (st == STATUS_OK)
		st = find_begun(&t->core);
	if (st == STATUS_NOT_FOUND)
		return error_clear(e);
	if (st == STATUS_OK && t->core.self.state != goes_on)
		return there_is_one(t, e);
	return error_status(e, st);
}

enum tacit_code
tacit_may_begin(
    const struct tacit_options *options, bool recover, struct tacit_error *e)
{
	struct tacit *fresh = NULL;
	enum tacit_code code = handle_make(options, &fresh, e);

	if (code == TACIT_DONE)
		code = look_at_begun(options, fresh, recover, e);
	tacit_close(fresh);
	return code;
}

static enum tacit_code
recover_profile(const struct tacit_options *options, struct tacit *t,
    const struct account_name *name, const struct link *relay,
    const struct recovery_key *key, struct tacit_error *e)
{
	enum tacit_code code;
	enum status st;

	assert(t != NULL);
	code = make_profile(options, t, e);
	if (code != TACIT_DONE)
		return code;
	st = find_begun(&t->core);
	if (st == STATUS_OK &&
	    (t->core.self.state != SELF_RECOVERING ||
		!account_name_equal(&t->core.self.address.account, name)))
		return there_is_one(t, e);
	if (st == STATUS_OK || st == STATUS_NOT_FOUND)
		st = take_passphrase(options, t);
	if (st == STATUS_OK)
		st = keys_add_recovery(&t->core, key);
	if (st != STATUS_OK)
		return error_status(e, st);
	return account_recover(
	    &t->core, name, relay, key, handle_deadline(t), e);
}

static enum tacit_code
parse_key(const char *text, struct recovery_key *key, struct tacit_error *e)
{
	enum status st = recovery_key_parse(bytes_text(text), key);

	if (st == STATUS_CRYPTO)
		return error_set(e, TACIT_USAGE,
		    "This recovery key is mistyped; compare it once more.");
	if (st != STATUS_OK)
		return error_set(e, TACIT_USAGE,
		    "A recovery key has 14 groups of 4 letters and digits.");
	return error_clear(e);
}

enum tacit_code
tacit_recover(const struct tacit_options *options, const char *name,
    const char *link, const char *key, struct tacit **t, struct tacit_error *e)
{
	struct account_name account;
	struct link relay = { 0 };
	struct recovery_key recovery = { { 0 } };
	struct tacit *fresh = NULL;
	enum tacit_code code = parse_both(name, link, &account, &relay, e);

	if (code == TACIT_DONE)
		code = handle_make(options, &fresh, e);
	if (code == TACIT_DONE)
		code = parse_key(key, &recovery, e);
	if (code == TACIT_DONE)
		code = recover_profile(
		    options, fresh, &account, &relay, &recovery, e);
	recovery_key_clear(&recovery);
	link_clear(&relay);
	if (code == TACIT_DONE)
		*t = fresh;
	else
		tacit_close(fresh);
	return code;
}
