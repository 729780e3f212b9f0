#include "tests/support/test.h"

#include <ctype.h>

#include "client/core/ratchet/fingerprint.h"

struct person {
	struct account_name name;
	struct sign_public key;
};

static struct person
person(const char *name)
{
	struct person p;
	struct sign_secret secret;

	assert_status(STATUS_OK, account_name_parse(bytes_text(name), &p.name));
	sign_generate(&p.key, &secret);
	sign_secret_clear(&secret);
	return p;
}

static enum status
number(const struct person *a, const struct person *b,
    char digits[SAFETY_NUMBER_DIGITS + 1])
{
	return fingerprint_make(&a->name, &a->key, &b->name, &b->key, digits);
}

static void
a_key_that_is_no_point_is_refused(void **state)
{
	const struct person alice = person("alice");
	struct person bob = person("bob");
	char digits[SAFETY_NUMBER_DIGITS + 1] = "untouched";

	(void)state;
	memset(bob.key.raw, 0, sizeof(bob.key.raw));
	assert_status(STATUS_CRYPTO, number(&alice, &bob, digits));
	bob.key.raw[0] = 1; /* the neutral element */
	assert_status(STATUS_CRYPTO, number(&bob, &alice, digits));
	memset(bob.key.raw, 0xff, sizeof(bob.key.raw));
	assert_status(STATUS_CRYPTO, number(&alice, &bob, digits));
	assert_string_equal("untouched", digits);
}

static void
both_sides_see_the_same_sixty_digits(void **state)
{
	const struct person alice = person("alice");
	const struct person bob = person("bob");
	char ours[SAFETY_NUMBER_DIGITS + 1];
	char theirs[SAFETY_NUMBER_DIGITS + 1];

	(void)state;
	assert_status(STATUS_OK, number(&alice, &bob, ours));
	assert_status(STATUS_OK, number(&bob, &alice, theirs));
	assert_string_equal(ours, theirs);
	assert_int_equal(60, strlen(ours));
	for (size_t i = 0; i < 60; i++)
		assert_true(isdigit((unsigned char)ours[i]));
}

/* Bit 255 alone stays: a key and its negative have one Curve25519 form. */
static void
any_other_bit_of_a_key_changes_the_number(void **state)
{
	const struct person alice = person("alice");
	const struct person bob = person("bob");
	char before[SAFETY_NUMBER_DIGITS + 1];
	char after[SAFETY_NUMBER_DIGITS + 1];
	size_t points = 0;

	(void)state;
	assert_status(STATUS_OK, number(&alice, &bob, before));
	for (size_t bit = 0; bit < 255; bit++) {
		struct person changed = bob;
		enum status st;

		changed.key.raw[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		st = number(&alice, &changed, after);
		if (st == STATUS_CRYPTO)
			continue; /* no point any more */
		assert_status(STATUS_OK, st);
		assert_string_not_equal(before, after);
		points++;
	}
	assert_true(points > 0);
}

static void
another_name_changes_the_number(void **state)
{
	const struct person alice = person("alice");
	const struct person bob = person("bob");
	struct person bobby = bob;
	char before[SAFETY_NUMBER_DIGITS + 1];
	char after[SAFETY_NUMBER_DIGITS + 1];

	(void)state;
	assert_status(
	    STATUS_OK, account_name_parse(BYTES("bobby"), &bobby.name));
	assert_status(STATUS_OK, number(&alice, &bob, before));
	assert_status(STATUS_OK, number(&alice, &bobby, after));
	assert_string_not_equal(before, after);
}

static void
running_out_of_memory_is_said(void **state)
{
	const struct person alice = person("alice");
	const struct person bob = person("bob");
	char digits[SAFETY_NUMBER_DIGITS + 1];
	enum status st = STATUS_NOMEM;

	(void)state;
	for (size_t n = 1; st != STATUS_OK; n++) {
		alloc_fail_nth(n);
		st = number(&alice, &bob, digits);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_that_is_no_point_is_refused),
		cmocka_unit_test(both_sides_see_the_same_sixty_digits),
		cmocka_unit_test(any_other_bit_of_a_key_changes_the_number),
		cmocka_unit_test(another_name_changes_the_number),
		cmocka_unit_test(running_out_of_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
