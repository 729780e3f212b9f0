/* api_keys.c - what opens a profile, looked at and changed. */
#include "client/core/api/api_keys.h"

#include <sodium.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/hook.h"
#include "base/random.h"
#include "base/wipe.h"
#include "client/core/desktop.h"
#include "store/client/vault_slots.h"

static enum status
unlock_by_desktop(const struct tacit *t, struct master_key **key)
{
	uint8_t id[SLOT_ID_BYTES];
	uint8_t *secret;
	enum status st = keyslots_desktop_id(t->dir, id);

	if (st != STATUS_OK)
		return st;
	secret = sodium_malloc(SLOT_SECRET_BYTES);
	if (secret == NULL)
		return STATUS_NOMEM;
	st = desktop_lookup(id, handle_deadline(t), secret);
	if (st == STATUS_OK)
		st = keyslots_open_by(t->dir, SLOT_DESKTOP, secret, key);
	else
		st = STATUS_LOCKED;
	sodium_free(secret); /* wipes */
	return st;
}

static enum status
unlock_by_recovery(
    const struct tacit *t, const char *text, struct master_key **key)
{
	uint8_t secret[SLOT_SECRET_BYTES];
	struct recovery_key recovery;
	enum status st = recovery_key_parse(bytes_text(text), &recovery);

	if (st != STATUS_OK)
		return STATUS_LOCKED; /* mistyped, or another's: one answer */
	recovery_slot_key(&recovery, secret);
	st = keyslots_open_by(t->dir, SLOT_RECOVERY, secret, key);
	if (st == STATUS_LOCKED || st == STATUS_NOT_FOUND)
		st = keyslots_open_by(t->dir, SLOT_RECOVERY_NEXT, secret, key);
	wipe(secret, sizeof(secret));
	recovery_key_clear(&recovery);
	return st;
}

enum status
keys_unlock(const struct tacit *t, const struct tacit_options *options,
    struct master_key **key)
{
	struct bytes passphrase = BYTES_NONE;
	enum status st;

	if (options->passphrase != NULL)
		passphrase =
		    bytes_view(options->passphrase, options->passphrase_len);
	if (options->recovery_key != NULL) {
		st = unlock_by_recovery(t, options->recovery_key, key);
		return st == STATUS_NOT_FOUND ? STATUS_LOCKED : st;
	}
	st = keyslots_open(t->dir, passphrase, key);
	/* Asked last: it loads a library and may wait for a person. */
	if (st != STATUS_LOCKED || passphrase.len > 0)
		return st;
	st = unlock_by_desktop(t, key);
	return st == STATUS_NOT_FOUND ? STATUS_LOCKED : st;
}

enum status
keys_add_recovery(struct core *core, const struct recovery_key *recovery)
{
	uint8_t secret[SLOT_SECRET_BYTES];
	enum status st;

	recovery_slot_key(recovery, secret);
	st = vault_put_slot(core->vault, SLOT_RECOVERY, BYTES_OF(secret));
	wipe(secret, sizeof(secret));
	return st;
}

enum tacit_code
tacit_asks_keyring(const char *dir, bool *asks, struct tacit_error *e)
{
	enum status st;

	*asks = false;
	st = keyslots_have(dir, SLOT_DESKTOP, asks);
	return error_status(e, st == STATUS_NOT_FOUND ? STATUS_OK : st);
}

enum tacit_code
tacit_ways(struct tacit *t, struct tacit_ways *ways, struct tacit_error *e)
{
	bool plain = false;
	enum status st = keyslots_have(t->dir, SLOT_PLAIN, &plain);

	if (st == STATUS_OK)
		st = keyslots_have(t->dir, SLOT_DESKTOP, &ways->keyring);
	if (st == STATUS_OK)
		st = keyslots_have(t->dir, SLOT_RECOVERY, &ways->recovery_key);
	if (st == STATUS_OK)
		ways->passphrase = !plain;
	return error_status(e, st);
}

/* Its slot first: what is left in the keyring then opens nothing. */
static enum status
drop_desktop(struct tacit *t)
{
	uint8_t id[SLOT_ID_BYTES];
	enum status st = keyslots_desktop_id(t->dir, id);

	if (st == STATUS_NOT_FOUND)
		return STATUS_EXISTS;
	if (st == STATUS_OK)
		st = vault_drop_slot(t->core.vault, SLOT_DESKTOP);
	if (st == STATUS_OK) {
		enum status ignored = desktop_forget(id, handle_deadline(t));

		(void)ignored;
	}
	return st;
}

enum tacit_code
tacit_set_passphrase(
    struct tacit *t, const void *passphrase, size_t len, struct tacit_error *e)
{
	enum slot_kind kind = len > 0 ? SLOT_PASSPHRASE : SLOT_PLAIN;
	enum status st =
	    vault_put_slot(t->core.vault, kind, bytes_view(passphrase, len));

	hook_reach("passphrase-set");
	if (st == STATUS_OK && len == 0)
		st = drop_desktop(t);
	return error_status(e, st == STATUS_EXISTS ? STATUS_OK : st);
}

static enum status
store_and_add(struct tacit *t, const char *label, uint8_t *secret)
{
	uint8_t id[SLOT_ID_BYTES];
	enum status st;

	random_bytes(secret, SLOT_SECRET_BYTES);
	slot_desktop_id(secret, id);
	/* There before it is needed. */
	st = desktop_store(id, label, secret, handle_deadline(t));
	hook_reach("keyring-stored");
	if (st != STATUS_OK)
		return st;
	return vault_put_slot(
	    t->core.vault, SLOT_DESKTOP, bytes_view(secret, SLOT_SECRET_BYTES));
}

enum tacit_code
tacit_keyring_add(struct tacit *t, struct tacit_error *e)
{
	uint8_t old[SLOT_ID_BYTES];
	char label[LIMIT_ACCOUNT_NAME_BYTES + 32];
	uint8_t *secret = sodium_malloc(SLOT_SECRET_BYTES);
	bool had = keyslots_desktop_id(t->dir, old) == STATUS_OK;
	bool plain = false;
	enum status st = keyslots_have(t->dir, SLOT_PLAIN, &plain);

	if (st == STATUS_OK && plain) {
		sodium_free(secret);
		return error_set(e, TACIT_USAGE,
		    "This profile has no passphrase, so it opens without a "
		    "keyring; give it one first with `tacit passphrase`.");
	}
	if (st == STATUS_OK && secret == NULL)
		st = STATUS_NOMEM;
	if (st == STATUS_OK) {
		snprintf(label, sizeof(label), "Tacit profile of %s",
		    t->core.self.address.account.text);
		st = store_and_add(t, label, secret);
	}
	sodium_free(secret);
	if (st == STATUS_OK && had) {
		enum status ignored = desktop_forget(old, handle_deadline(t));

		(void)ignored; /* it opens nothing any more */
	}
	if (st == STATUS_UNREACHABLE || st == STATUS_AGAIN)
		return error_set(e, TACIT_FAILED,
		    "No desktop keyring answers here: it needs libsecret and a "
		    "desktop session; nothing was changed.");
	return error_status(e, st);
}

enum tacit_code
tacit_keyring_drop(struct tacit *t, struct tacit_error *e)
{
	enum status st = drop_desktop(t);

	if (st == STATUS_EXISTS)
		return error_set(e, TACIT_EXISTS,
		    "The desktop keyring does not open this profile.");
	return error_status(e, st);
}
