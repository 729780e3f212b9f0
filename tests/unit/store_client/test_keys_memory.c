/* Keys are in pages of their own, and in no other memory of the process. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "store/client/keyslots_private.h"
#include "store/client/vault_private.h"

enum { KEY_BYTES = KEYRING_KEY_BYTES, KEYS = 4, CHUNK_BYTES = 1024 * 1024 };

/* What is looked for, turned around, so that the search does not find itself.
 */
struct wanted {
	const uint8_t *lies_at;
	uint8_t inverted[KEY_BYTES];
};

static void
want(struct wanted *w, const uint8_t *key)
{
	w->lies_at = key;
	for (size_t i = 0; i < KEY_BYTES; i++)
		w->inverted[i] = (uint8_t)~key[i];
}

static bool
is_there(const uint8_t *at, const struct wanted *w)
{
	for (size_t i = 0; i < KEY_BYTES / 2; i++)
		if ((at[i] ^ w->inverted[i]) != 0xff)
			return false;
	return true;
}

/* Copies of the key in one stretch of memory, but for where it belongs. */
static size_t
search(int memory, uintptr_t from, uintptr_t to, const struct wanted *w)
{
	static uint8_t chunk[CHUNK_BYTES + KEY_BYTES];
	size_t found = 0;

	for (uintptr_t at = from; at < to; at += CHUNK_BYTES) {
		size_t len = to - at < sizeof(chunk) ? to - at : sizeof(chunk);
		ssize_t got = pread(memory, chunk, len, (off_t)at);

		for (ssize_t i = 0; i + KEY_BYTES <= got; i++)
			if (at + (size_t)i != (uintptr_t)w->lies_at &&
			    is_there(chunk + i, w))
				found++;
		sodium_memzero(chunk, sizeof(chunk));
	}
	return found;
}

static size_t
search_all(const struct wanted *w)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	size_t found = 0;
	char line[1024];

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to;
		char may[5];

		assert_int_equal(
		    sscanf(line, "%lx-%lx %4s", &from, &to, may), 3);
		/* What is larger is a sanitizer's, and mostly nothing. */
		if (to - from < (1UL << 32) && may[0] == 'r' && may[1] == 'w' &&
		    may[3] == 'p' && strstr(line, ".mdb") == NULL)
			found += search(memory, from, to, w);
	}
	fclose(maps);
	close(memory);
	return found;
}

static void
look_for_keys_of(struct vault *v)
{
	const struct keyring *ring = v->ring;
	struct wanted wanted[KEYS];

	want(&wanted[0], v->master->raw);
	want(&wanted[1], keyring_newest(ring, VAULT_RING_BASE, 0)->key);
	want(&wanted[2], keyring_newest(ring, VAULT_RING_DAILY, 0)->key);
	want(&wanted[3], keyring_newest(ring, VAULT_RING_BUCKET, 0)->key);
	for (size_t i = 0; i < KEYS; i++)
		assert_int_equal(search_all(&wanted[i]), 0);
}

static void
no_key_lies_in_ordinary_memory(void **state)
{
	char *dir = scratch_dir_new();
	struct bytes passphrase = BYTES("correct horse");
	struct master_key *key = NULL;
	struct vault_txn *t = NULL;
	struct vault *v = NULL;
	uint32_t serial = 0;

	(void)state;
	assert_status(STATUS_OK, keyslots_create(dir, passphrase, &key));
	master_key_free(key);
	assert_status(STATUS_OK, keyslots_open(dir, passphrase, &key));
	assert_status(STATUS_OK, vault_open(dir, key, &v));
	assert_status(STATUS_OK, vault_txn_begin(v, DB_WRITE, &t));
	assert_status(
	    STATUS_OK, vault_ring_use(t, VAULT_RING_BUCKET, 0, &serial));
	assert_status(STATUS_OK, vault_txn_commit(&t));
	look_for_keys_of(v);
	vault_close(v);
	scratch_dir_remove(dir);
}

/* Or the test above would show nothing. */
static void
the_search_finds_a_key_that_was_left_lying(void **state)
{
	uint8_t *key = sodium_malloc(KEY_BYTES);
	uint8_t *copy = malloc(KEY_BYTES);
	struct wanted w;

	(void)state;
	assert_non_null(key);
	assert_non_null(copy);
	randombytes_buf(key, KEY_BYTES);
	want(&w, key);
	assert_int_equal(search_all(&w), 0);
	memcpy(copy, key, KEY_BYTES);
	assert_true(search_all(&w) > 0);
	free(copy);
	sodium_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_search_finds_a_key_that_was_left_lying),
		cmocka_unit_test(no_key_lies_in_ordinary_memory),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
