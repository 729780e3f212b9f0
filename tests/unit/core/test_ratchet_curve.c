/* The curve by libsodium is the library's own, only faster. */
#include "tests/support/test.h"

#include <curve.h>
#include <dlfcn.h>

#include "base/random.h"
#include "client/core/ratchet/ratchet.h"
#include "client/core/ratchet/ratchet_curve.h"

enum { ROUNDS = 300, TEXT_MAX = 200 };

typedef int donna_fn(uint8_t *, const uint8_t *, const uint8_t *);
typedef int sign_fn(unsigned char *, const unsigned char *,
    const unsigned char *, unsigned long, const unsigned char *);
typedef int verify_fn(const unsigned char *, const unsigned char *,
    const unsigned char *, unsigned long);

static void *
stock(const char *name)
{
	void *at = dlsym(RTLD_NEXT, name);

	assert_non_null(at);
	return at;
}

/* A clamped secret, as libsignal makes them, and its point. */
static void
make_key(uint8_t secret[CURVE_KEY_BYTES], uint8_t point[CURVE_KEY_BYTES])
{
	static const uint8_t base[CURVE_KEY_BYTES] = { 9 };

	random_bytes(secret, CURVE_KEY_BYTES);
	secret[0] &= 248;
	secret[31] = (uint8_t)((secret[31] & 127) | 64);
	assert_int_equal(
	    ((donna_fn *)stock("curve25519_donna"))(point, secret, base), 0);
}

static void
the_library_calls_ours(void **state)
{
	struct ratchet *r = NULL;

	(void)state;
	assert_status(STATUS_OK, ratchet_new(&r));
	assert_true(ratchet_curve_start(NULL)); /* it was tried, and is used */
	assert_true(ratchet_curve_calls() >= 4);
	ratchet_free(r);
}

static void
points_and_agreements_are_the_same(void **state)
{
	static const uint8_t base[CURVE_KEY_BYTES] = { 9 };
	donna_fn *theirs = (donna_fn *)stock("curve25519_donna");

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t secret[CURVE_KEY_BYTES], point[CURVE_KEY_BYTES];
		uint8_t ours[CURVE_KEY_BYTES], wanted[CURVE_KEY_BYTES];

		make_key(secret, point);
		assert_int_equal(curve25519_donna(ours, secret, base), 0);
		assert_memory_equal(ours, point, sizeof(ours));
		random_bytes(point, sizeof(point)); /* not only canonical */
		assert_int_equal(theirs(wanted, secret, point), 0);
		assert_int_equal(curve25519_donna(ours, secret, point), 0);
		assert_memory_equal(ours, wanted, sizeof(ours));
	}
}

static void
signatures_are_the_same_to_the_last_bit(void **state)
{
	sign_fn *theirs = (sign_fn *)stock("curve25519_sign");

	(void)state;
	for (unsigned long i = 0; i < ROUNDS; i++) {
		uint8_t secret[CURVE_KEY_BYTES], point[CURVE_KEY_BYTES];
		uint8_t ours[CURVE_SIGNATURE_BYTES];
		uint8_t wanted[CURVE_SIGNATURE_BYTES];
		uint8_t text[TEXT_MAX], random[64];

		make_key(secret, point);
		random_bytes(text, sizeof(text));
		random_bytes(random, sizeof(random));
		assert_int_equal(
		    theirs(wanted, secret, text, i % TEXT_MAX, random), 0);
		assert_int_equal(
		    curve25519_sign(ours, secret, text, i % TEXT_MAX, random),
		    0);
		assert_memory_equal(ours, wanted, sizeof(ours));
	}
}

static void
the_same_signatures_are_taken_and_refused(void **state)
{
	verify_fn *theirs = (verify_fn *)stock("curve25519_verify");

	(void)state;
	for (unsigned long i = 0; i < ROUNDS; i++) {
		uint8_t secret[CURVE_KEY_BYTES], point[CURVE_KEY_BYTES];
		uint8_t made[CURVE_SIGNATURE_BYTES];
		uint8_t text[TEXT_MAX], random[64];
		unsigned long len = 1 + i % (TEXT_MAX - 1);
		uint8_t *broken = i % 3 == 0 ? made + i % sizeof(made)
				  : i % 3 == 1
				      ? text + i % len
				      : point + i % (sizeof(point) - 1);

		make_key(secret, point);
		random_bytes(text, sizeof(text));
		random_bytes(random, sizeof(random));
		assert_int_equal(
		    curve25519_sign(made, secret, text, len, random), 0);
		assert_int_equal(curve25519_verify(made, point, text, len), 0);
		assert_int_equal(theirs(made, point, text, len), 0);
		*broken ^= (uint8_t)(1u << i % 8);
		assert_int_not_equal(
		    curve25519_verify(made, point, text, len), 0);
		assert_int_not_equal(theirs(made, point, text, len), 0);
	}
}

/* Ours refuse more: a point that makes every signature fit. */
static void
a_point_without_an_answer_signs_nothing(void **state)
{
	uint8_t point[CURVE_KEY_BYTES], made[CURVE_SIGNATURE_BYTES] = { 0 };
	uint8_t shared[CURVE_KEY_BYTES], secret[CURVE_KEY_BYTES] = { 8 };

	(void)state;
	memset(point, 0xff, sizeof(point)); /* p - 1: u + 1 has no inverse */
	point[0] = 0xec;
	point[31] = 0x7f;
	assert_int_not_equal(curve25519_verify(made, point, made, 1), 0);
	memset(point, 0, sizeof(point));
	assert_int_not_equal(curve25519_verify(made, point, made, 1), 0);
	assert_int_not_equal(curve25519_donna(shared, secret, point), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_library_calls_ours),
		cmocka_unit_test(points_and_agreements_are_the_same),
		cmocka_unit_test(signatures_are_the_same_to_the_last_bit),
		cmocka_unit_test(the_same_signatures_are_taken_and_refused),
		cmocka_unit_test(a_point_without_an_answer_signs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
