#include <sodium.h>

#include "base/number.h"
#include "proto/sign.h"
#include "tests/support/test.h"

struct keys {
	struct sign_public public;
	struct sign_secret secret;
	struct signature signature;
	struct bytes context[2];
};

static struct keys
signed_hello(void)
{
	struct keys k = { .context = { BYTES("one"), BYTES("two") } };

	sign_generate(&k.public, &k.secret);
	assert_status(STATUS_OK, sign_body(&k.secret, SIGN_MESSAGE, k.context,
				     2, BYTES("hello"), &k.signature));
	return k;
}

static enum status
verify(const struct keys *k, enum sign_purpose purpose,
    const struct bytes *context, size_t count, struct bytes body)
{
	return sign_verify(&k->public, purpose, context, count, body,
	    BYTES_OF(k->signature.raw));
}

static void
every_single_flipped_bit_of_a_signature_is_noticed(void **state)
{
	struct keys k = signed_hello();

	(void)state;
	for (size_t bit = 0; bit < SIGN_SIGNATURE_BYTES * 8; bit++) {
		k.signature.raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_status(STATUS_CRYPTO,
		    verify(&k, SIGN_MESSAGE, k.context, 2, BYTES("hello")));
		k.signature.raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_status(
	    STATUS_OK, verify(&k, SIGN_MESSAGE, k.context, 2, BYTES("hello")));
}

static void
a_signature_is_worth_nothing_for_another_purpose(void **state)
{
	struct keys k = signed_hello();

	(void)state;
	for (int p = SIGN_DEVICE_LIST; p <= SIGN_RECOVER; p++)
		assert_status(p == SIGN_MESSAGE ? STATUS_OK : STATUS_CRYPTO,
		    verify(&k, (enum sign_purpose)p, k.context, 2,
			BYTES("hello")));
}

static void
bytes_cannot_move_between_context_and_body(void **state)
{
	struct keys k = signed_hello();
	struct bytes moved[2] = { BYTES("onet"), BYTES("wo") };
	struct bytes swapped[2] = { BYTES("two"), BYTES("one") };

	(void)state;
	assert_status(
	    STATUS_CRYPTO, verify(&k, SIGN_MESSAGE, moved, 2, BYTES("hello")));
	assert_status(STATUS_CRYPTO,
	    verify(&k, SIGN_MESSAGE, swapped, 2, BYTES("hello")));
	assert_status(STATUS_CRYPTO,
	    verify(&k, SIGN_MESSAGE, k.context, 1, BYTES("hello")));
	assert_status(STATUS_CRYPTO,
	    verify(&k, SIGN_MESSAGE, k.context, 2, BYTES("hellO")));
	assert_status(
	    STATUS_CRYPTO, verify(&k, SIGN_MESSAGE, k.context, 2, BYTES("")));
}

static void
signatures_of_another_length_and_other_keys_are_refused(void **state)
{
	struct keys k = signed_hello();
	struct keys other = signed_hello();
	struct bytes s = BYTES_OF(k.signature.raw);

	(void)state;
	assert_status(
	    STATUS_CRYPTO, sign_verify(&k.public, SIGN_MESSAGE, k.context, 2,
			       BYTES("hello"), bytes_head(s, 63)));
	assert_status(
	    STATUS_CRYPTO, sign_verify(&k.public, SIGN_MESSAGE, k.context, 2,
			       BYTES("hello"), BYTES_NONE));
	assert_status(STATUS_CRYPTO, sign_verify(&other.public, SIGN_MESSAGE,
					 k.context, 2, BYTES("hello"), s));
}

static void
the_signed_bytes_are_purpose_context_and_body(void **state)
{
	struct keys k = signed_hello();
	static const uint8_t joined[] = "\0\0\0\x0ftacit/1/message"
					"\0\0\0\3one\0\0\0\3two"
					"hello";

	(void)state;
	assert_int_equal(0, crypto_sign_verify_detached(k.signature.raw, joined,
				sizeof(joined) - 1, k.public.raw));
}

static void
hashes_match_the_published_vector(void **state)
{
	/* FIPS 180-4 example: SHA-256("abc"). */
	static const char expected[] = "ba7816bf8f01cfea414140de5dae2223"
				       "b00361a396177a9cb410ff61f20015ad";
	char text[2 * HASH_BYTES + 1];
	struct hash h;

	(void)state;
	hash_bytes(BYTES("abc"), &h);
	hex_encode(hash_view(&h), text);
	assert_string_equal(text, expected);
}

static void
a_cleared_secret_is_zeros(void **state)
{
	struct keys k = signed_hello();

	(void)state;
	sign_secret_clear(&k.secret);
	assert_true(sodium_is_zero(k.secret.raw, SIGN_SECRET_BYTES));
}

static void
running_out_of_memory_signs_nothing(void **state)
{
	struct keys k = signed_hello();
	enum status st = STATUS_NOMEM;

	(void)state;
	for (size_t n = 1; st == STATUS_NOMEM; n++) {
		alloc_fail_nth(n);
		st = sign_body(&k.secret, SIGN_MESSAGE, k.context, 2,
		    BYTES("hello"), &k.signature);
		if (alloc_failed())
			assert_status(STATUS_NOMEM, st);
	}
	alloc_fail_nth(0);
	assert_status(STATUS_OK, st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_single_flipped_bit_of_a_signature_is_noticed),
		cmocka_unit_test(
		    a_signature_is_worth_nothing_for_another_purpose),
		cmocka_unit_test(bytes_cannot_move_between_context_and_body),
		cmocka_unit_test(
		    signatures_of_another_length_and_other_keys_are_refused),
		cmocka_unit_test(the_signed_bytes_are_purpose_context_and_body),
		cmocka_unit_test(hashes_match_the_published_vector),
		cmocka_unit_test(a_cleared_secret_is_zeros),
		cmocka_unit_test(running_out_of_memory_signs_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
