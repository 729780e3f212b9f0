#include "tests/bench/tacit_devices.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/devices.h"

enum { KEY_OF_ACCOUNT, KEY_OF_DEVICE, KEY_OF_IDENTITY };

/*
 * One second after the epoch: a list that is made again is the same bytes, and
 * the same registration.
 */
enum { ISSUED_MS = 1000 };

void
tacit_device_address(uint64_t seed, uint32_t n, struct address *who)
{
	memset(who, 0, sizeof(*who));
	snprintf(who->account.text, sizeof(who->account.text), "b%llx-%u",
	    (unsigned long long)(seed & 0xffffffffU), n);
	who->device = 1;
}

uint32_t
tacit_device_registration(uint32_t n)
{
	return 1 + n % 16380;
}

static void
derive(uint64_t seed, uint32_t n, uint8_t use, uint8_t out[HASH_BYTES])
{
	uint8_t from[13];
	struct hash hash;

	store_u64(from, seed);
	store_u32(from + 8, n);
	from[12] = use;
	hash_bytes(BYTES_OF(from), &hash);
	memcpy(out, hash.raw, HASH_BYTES);
}

static void
derive_pair(uint64_t seed, uint32_t n, uint8_t use, struct sign_public *public,
    struct sign_secret *secret)
{
	uint8_t of_key[HASH_BYTES];

	derive(seed, n, use, of_key);
	crypto_sign_seed_keypair(public->raw, secret->raw, of_key);
}

void
tacit_device_key(uint64_t seed, uint32_t n, struct sign_public *public,
    struct sign_secret *secret)
{
	derive_pair(seed, n, KEY_OF_DEVICE, public, secret);
}

enum status
tacit_account_make(uint64_t seed, uint32_t n, struct tacit_account *a)
{
	struct device_list list = { .version = 1, .suites = 1 };
	struct device_entry *d = &list.devices[0];

	memset(a, 0, sizeof(*a));
	tacit_device_address(seed, n, &a->who);
	derive_pair(
	    seed, n, KEY_OF_ACCOUNT, &list.account_key, &a->account_secret);
	tacit_device_key(seed, n, &d->device_key, &a->device_secret);
	list.account = a->who.account;
	list.issued_ms = ISSUED_MS;
	list.devices_count = 1;
	d->id = a->who.device;
	d->registration_id = tacit_device_registration(n);
	d->identity_key[0] = 5; /* libsignal's type of a Curve25519 key */
	derive(seed, n, KEY_OF_IDENTITY, d->identity_key + 1);
	return device_list_sign(
	    &list, &a->account_secret, &a->list_body, &a->list_signature);
}

void
tacit_account_clear(struct tacit_account *a)
{
	sign_secret_clear(&a->account_secret);
	sign_secret_clear(&a->device_secret);
	buf_free(a->list_body);
	a->list_body = NULL;
}
