#include "client/core/recovery.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "base/wipe.h"

enum {
	CHECK_BYTES = 3, /* of the SHA-256 of the key */
	CODED_BYTES = RECOVERY_KEY_BYTES + CHECK_BYTES,
	DIGITS = CODED_BYTES * 8 / 5,
	GROUP_DIGITS = 4,
	SEED_BYTES = 32,
	NONCE_BYTES_BOX = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	/* Of crypto_kdf; protocol.md 3.6. */
	SUBKEY_SIGN = 1,
	SUBKEY_BOX = 2,
	SUBKEY_SLOT = 3,
};

static const char kdf_context[crypto_kdf_CONTEXTBYTES + 1] = "tacitrec";
static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; /* RFC 4648 */

static_assert(RECOVERY_KEY_BYTES == crypto_kdf_KEYBYTES);
static_assert(SEED_BYTES == crypto_sign_SEEDBYTES);
static_assert(
    RECOVERY_BOX_BYTES ==
    NONCE_BYTES_BOX + SEED_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(CODED_BYTES * 8 % 5 == 0 && DIGITS % GROUP_DIGITS == 0);
static_assert(RECOVERY_TEXT_BYTES == DIGITS + DIGITS / GROUP_DIGITS);

void
recovery_key_clear(struct recovery_key *k)
{
	wipe(k, sizeof(*k));
}

static void
add_check(const struct recovery_key *k, uint8_t coded[CODED_BYTES])
{
	struct hash hash;

	hash_bytes(BYTES_OF(k->raw), &hash);
	memcpy(coded, k->raw, sizeof(k->raw));
	memcpy(coded + sizeof(k->raw), hash.raw, CHECK_BYTES);
	wipe(&hash, sizeof(hash));
}

void
recovery_key_print(const struct recovery_key *k, char text[RECOVERY_TEXT_BYTES])
{
	uint8_t coded[CODED_BYTES];
	unsigned held = 0;
	unsigned bits = 0;
	size_t at = 0;

	add_check(k, coded);
	for (size_t i = 0, digits = 0; digits < DIGITS; digits++) {
		if (bits < 5) {
			held = (held << 8 | coded[i++]) & 0xfff;
			bits += 8;
		}
		if (digits > 0 && digits % GROUP_DIGITS == 0)
			text[at++] = '-';
		bits -= 5;
		text[at++] = alphabet[held >> bits & 31];
	}
	text[at] = '\0';
	wipe(coded, sizeof(coded));
	wipe(&held, sizeof(held));
}

/* What hands write for a digit that is none is taken for what it looks like. */
static int
digit_of(uint8_t c)
{
	const char *found;

	if (c >= 'a' && c <= 'z')
		c = (uint8_t)(c - 'a' + 'A');
	if (c == '0')
		c = 'O';
	if (c == '1')
		c = 'I';
	if (c == '8')
		c = 'B';
	found = c != '\0' ? strchr(alphabet, c) : NULL;
	return found != NULL ? (int)(found - alphabet) : -1;
}

static enum status
decode(struct bytes text, uint8_t coded[CODED_BYTES])
{
	unsigned held = 0;
	unsigned bits = 0;
	size_t digits = 0;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		int digit = digit_of(c);

		if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (digit < 0 || digits++ == DIGITS)
			return STATUS_BAD_INPUT;
		held = (held << 5 | (unsigned)digit) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			coded[len++] = (uint8_t)(held >> bits);
		}
	}
	wipe(&held, sizeof(held));
	return digits == DIGITS ? STATUS_OK : STATUS_BAD_INPUT;
}

enum status
recovery_key_parse(struct bytes text, struct recovery_key *k)
{
	uint8_t coded[CODED_BYTES];
	uint8_t expected[CODED_BYTES];
	struct recovery_key got;
	enum status st = decode(text, coded);

	if (st == STATUS_OK) {
		memcpy(got.raw, coded, sizeof(got.raw));
		add_check(&got, expected);
		if (!equal_ct(BYTES_OF(coded), BYTES_OF(expected)))
			st = STATUS_CRYPTO;
	}
	if (st == STATUS_OK)
		*k = got;
	recovery_key_clear(&got);
	wipe(coded, sizeof(coded));
	wipe(expected, sizeof(expected));
	return st;
}

static void
derive(const struct recovery_key *k, uint64_t which, uint8_t out[32])
{
	/* BLAKE2b, libsodium's crypto_kdf; it fails for wrong lengths alone. */
	int rc =
	    crypto_kdf_derive_from_key(out, 32, which, kdf_context, k->raw);

	assert(rc == 0);
	(void)rc;
}

void
recovery_sign_key(const struct recovery_key *k, struct sign_public *public,
    struct sign_secret *secret)
{
	uint8_t seed[SEED_BYTES];

	derive(k, SUBKEY_SIGN, seed);
	crypto_sign_seed_keypair(public->raw, secret->raw, seed);
	wipe(seed, sizeof(seed));
}

void
recovery_slot_key(
    const struct recovery_key *k, uint8_t slot[RECOVERY_SLOT_BYTES])
{
	derive(k, SUBKEY_SLOT, slot);
}

void
recovery_seal(const struct recovery_key *k,
    const struct sign_secret *account_secret, struct device_list *list)
{
	struct sign_secret unused;
	uint8_t seed[SEED_BYTES];
	uint8_t key[32];

	recovery_sign_key(k, &list->recovery_key, &unused);
	sign_secret_clear(&unused);
	derive(k, SUBKEY_BOX, key);
	crypto_sign_ed25519_sk_to_seed(seed, account_secret->raw);
	random_bytes(list->recovery_box, NONCE_BYTES_BOX);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	    list->recovery_box + NONCE_BYTES_BOX, NULL, seed, sizeof(seed),
	    list->account_key.raw, sizeof(list->account_key.raw), NULL,
	    list->recovery_box, key);
	list->has_recovery = true;
	wipe(seed, sizeof(seed));
	wipe(key, sizeof(key));
}

enum status
recovery_open(const struct recovery_key *k, const struct device_list *list,
    struct sign_secret *account_secret)
{
	struct sign_public public;
	struct sign_secret secret;
	uint8_t seed[SEED_BYTES];
	uint8_t key[32];
	enum status st = STATUS_OK;

	recovery_sign_key(k, &public, &secret);
	sign_secret_clear(&secret);
	if (!list->has_recovery || !bytes_equal(BYTES_OF(public.raw),
				       BYTES_OF(list->recovery_key.raw)))
		return STATUS_NOT_FOUND;
	derive(k, SUBKEY_BOX, key);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(seed, NULL, NULL,
		list->recovery_box + NONCE_BYTES_BOX,
		sizeof(list->recovery_box) - NONCE_BYTES_BOX,
		list->account_key.raw, sizeof(list->account_key.raw),
		list->recovery_box, key) != 0)
		st = STATUS_CRYPTO;
	if (st == STATUS_OK) {
		crypto_sign_seed_keypair(public.raw, secret.raw, seed);
		if (!bytes_equal(
			BYTES_OF(public.raw), BYTES_OF(list->account_key.raw)))
			st = STATUS_CRYPTO;
	}
	if (st == STATUS_OK)
		*account_secret = secret;
	sign_secret_clear(&secret);
	wipe(seed, sizeof(seed));
	wipe(key, sizeof(key));
	return st;
}
