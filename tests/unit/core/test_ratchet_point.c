#include "tests/support/test.h"

#include <sodium.h>

#include "client/core/ratchet/ratchet_point.h"

/* In hexadecimal, so that the list is not copied from the one it tests. */
static const char *const weak[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void
every_point_of_small_order_is_weak_and_libsodium_agrees(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++) {
		uint8_t point[32];
		uint8_t secret[32] = { 9 };
		uint8_t shared[32];

		assert_int_equal(0, sodium_hex2bin(point, sizeof(point),
					weak[i], 64, NULL, NULL, NULL));
		assert_true(ratchet_point_is_weak(point));
		assert_int_equal(-1, crypto_scalarmult(shared, secret, point));
		point[31] |= 0x80; /* the bit that is ignored */
		assert_true(ratchet_point_is_weak(point));
	}
}

static void
real_keys_are_not_weak(void **state)
{
	uint8_t secret[32];
	uint8_t point[32] = { 9 }; /* the base point */

	(void)state;
	assert_false(ratchet_point_is_weak(point));
	for (int i = 0; i < 100; i++) {
		randombytes_buf(secret, sizeof(secret));
		crypto_scalarmult_base(point, secret);
		assert_false(ratchet_point_is_weak(point));
	}
}

static void
a_missing_key_is_bad_input(void **state)
{
	uint8_t raw[IDENTITY_KEY_BYTES];

	(void)state;
	assert_status(STATUS_BAD_INPUT, ratchet_point_check(NULL, raw));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_point_of_small_order_is_weak_and_libsodium_agrees),
		cmocka_unit_test(real_keys_are_not_weak),
		cmocka_unit_test(a_missing_key_is_bad_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
