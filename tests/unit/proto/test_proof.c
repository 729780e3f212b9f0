#include <sodium.h>

#include "proto/proof.h"
#include "tests/support/test.h"

static const struct proof_context context = {
	.who = { { "alice" }, 1 },
	.relay_key = { { 1 } },
	.nonce = { 2 },
	.exporter = { 3 },
};

static enum status
check(
    const struct proof_context *c, enum sign_purpose purpose, struct bytes body)
{
	struct sign_public public;
	struct sign_secret secret;
	struct signature proof;

	sign_generate(&public, &secret);
	assert_status(STATUS_OK, proof_make(&context, SIGN_REGISTER,
				     BYTES("list"), &secret, &proof));
	return proof_check(c, purpose, body, &public, BYTES_OF(proof.raw));
}

static void
a_proof_holds_for_nothing_but_its_own_connection(void **state)
{
	struct proof_context other[6];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		other[i] = context;
	other[0].who.device = 2;
	other[1].who.account = (struct account_name){ "alicf" };
	other[2].relay_key.raw[31] ^= 1;
	other[3].nonce[31] ^= 1;
	other[4].exporter[31] ^= 1;
	for (size_t i = 0; i < 5; i++)
		assert_status(STATUS_CRYPTO,
		    check(&other[i], SIGN_REGISTER, BYTES("list")));
	assert_status(
	    STATUS_OK, check(&other[5], SIGN_REGISTER, BYTES("list")));
}

static void
a_proof_holds_for_its_purpose_and_body_alone(void **state)
{
	(void)state;
	assert_status(
	    STATUS_CRYPTO, check(&context, SIGN_AUTHENTICATE, BYTES("list")));
	assert_status(
	    STATUS_CRYPTO, check(&context, SIGN_REGISTER, BYTES("lisT")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_proof_holds_for_nothing_but_its_own_connection),
		cmocka_unit_test(a_proof_holds_for_its_purpose_and_body_alone),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
