#include "tests/support/test.h"

#include "base/number.h"
#include "proto/prekey_digest.h"

static void
digest_of(const struct prekey *items, size_t count, struct hash *digest)
{
	prekeys_digest((struct prekeys){ items, count }, digest);
}

/* SHA-256 of nothing, FIPS 180-4. */
static void
no_prekeys_have_the_hash_of_nothing(void **state)
{
	struct hash digest;
	uint8_t expected[HASH_BYTES];

	(void)state;
	assert_status(STATUS_OK,
	    hex_decode(
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
		"7852b855",
		expected, sizeof(expected)));
	digest_of(NULL, 0, &digest);
	assert_bytes(BYTES_OF(expected), BYTES_OF(digest.raw));
}

static void
the_digest_is_of_type_id_length_and_key(void **state)
{
	const uint8_t written[] = { 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 2, 'h',
		'i', 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0 };
	const struct prekey items[] = {
		{ PREKEY_SIGNED, 7, BYTES("hi"), BYTES("unseen") },
		{ PREKEY_ONE_TIME, 256, BYTES_NONE, BYTES_NONE },
	};
	struct hash expected;
	struct hash digest;

	(void)state;
	hash_bytes(BYTES_OF(written), &expected);
	digest_of(items, 2, &digest);
	assert_bytes(BYTES_OF(expected.raw), BYTES_OF(digest.raw));
}

static void
any_change_changes_the_digest(void **state)
{
	const struct prekey base[] = {
		{ PREKEY_SIGNED, 1, BYTES("ab"), BYTES_NONE },
		{ PREKEY_ONE_TIME, 2, BYTES("cd"), BYTES_NONE },
	};
	struct prekey changed[2];
	struct hash before;
	struct hash after;

	(void)state;
	digest_of(base, 2, &before);
	for (size_t n = 0; n < 5; n++) {
		memcpy(changed, base, sizeof(changed));
		if (n == 0)
			changed[1].type = PREKEY_SIGNED;
		if (n == 1)
			changed[1].id = 3;
		if (n == 2)
			changed[1].public_key = BYTES("ce");
		if (n == 3) {
			changed[0] = base[1];
			changed[1] = base[0];
		}
		digest_of(changed, n == 4 ? 1 : 2, &after);
		assert_memory_not_equal(before.raw, after.raw, HASH_BYTES);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_prekeys_have_the_hash_of_nothing),
		cmocka_unit_test(the_digest_is_of_type_id_length_and_key),
		cmocka_unit_test(any_change_changes_the_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
