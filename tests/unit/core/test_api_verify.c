/* Is it them: safety numbers are compared exactly, and marked for one key. */
#include "client/core/handle.h"
#include "tests/unit/core/cores.h"

enum { TEXT_BYTES = 256 };

static struct tacit
handle(struct party *p)
{
	return (struct tacit){ .core = p->core, .dir = p->dir };
}

static enum tacit_code
verify(struct party *p, const char *name, const char *compare, bool mark,
    struct tacit_safety_number *number)
{
	struct tacit t = handle(p);
	struct tacit_verify how = { .compare = compare, .mark = mark };
	struct tacit_error e;
	enum tacit_code code = tacit_verify(&t, name, &how, number, &e);

	assert_int_equal(code, e.code);
	return code;
}

static void
expect_verified(struct party *p, const char *name, bool verified)
{
	struct tacit_safety_number number;

	assert_int_equal(verify(p, name, NULL, false, &number), TACIT_DONE);
	assert_int_equal(number.verified, verified);
}

static void
safety_numbers_agree_and_a_changed_key_cannot_be_marked(void **state)
{
	struct cores *c = *state;
	struct tacit b = handle(&c->bob);
	struct tacit_safety_number one, two;
	bool yes = true;
	struct tacit_error e;

	say(&c->alice, &c->bob, "hello");
	say(&c->bob, &c->alice, "hello");
	assert_int_equal(
	    verify(&c->alice, "bob", NULL, false, &one), TACIT_DONE);
	assert_false(one.verified);
	assert_int_equal(
	    verify(&c->bob, "alice", NULL, true, &two), TACIT_DONE);
	assert_true(two.verified);
	assert_string_equal(one.digits, two.digits);

	party_register(&c->eve, "alice");
	assert_int_equal(meet(&c->bob, &c->eve), STATUS_UNTRUSTED);
	assert_int_equal(
	    verify(&c->bob, "alice", NULL, true, &two), TACIT_KEY_CHANGED);
	assert_true(two.changed);
	assert_string_not_equal(one.digits, two.digits); /* to compare now */
	assert_int_equal(tacit_trust(&b, "alice", &yes, &e), TACIT_DONE);
	assert_true(yes);
	assert_int_equal(tacit_trust(&b, "alice", &yes, &e), TACIT_DONE);
	assert_false(yes);
	assert_int_equal(
	    verify(&c->bob, "alice", NULL, false, &one), TACIT_DONE);
	assert_false(one.verified);
	assert_false(one.changed);
	assert_string_equal(one.digits, two.digits);
}

static void
a_number_is_the_same_however_it_is_spaced(void **state)
{
	static const char *const between[] = { "", " ", "\n", " \t\r\n",
		"\xc2\xa0", "\xe2\x80\xaf" };
	struct cores *c = *state;
	struct tacit_safety_number number;

	say(&c->alice, &c->bob, "hello");
	assert_int_equal(
	    verify(&c->alice, "bob", NULL, false, &number), TACIT_DONE);
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		char spaced[TEXT_BYTES * 2] = "";

		for (size_t j = 0; number.digits[j] != '\0'; j++) {
			char digit[2] = { number.digits[j], '\0' };

			if (j % 5 == 0)
				strcat(spaced, between[i]);
			strcat(spaced, digit);
		}
		strcat(spaced, between[i]);
		assert_int_equal(
		    verify(&c->alice, "bob", spaced, false, &number),
		    TACIT_DONE);
	}
	expect_verified(&c->alice, "bob", false); /* nothing marks by itself */
}

static void
one_other_digit_is_another_number_and_marks_nothing(void **state)
{
	struct cores *c = *state;
	struct tacit_safety_number number;

	say(&c->alice, &c->bob, "hello");
	assert_int_equal(
	    verify(&c->alice, "bob", NULL, false, &number), TACIT_DONE);
	for (size_t i = 0; number.digits[i] != '\0'; i++) {
		char other[TACIT_SAFETY_NUMBER_DIGITS + 1];

		memcpy(other, number.digits, sizeof(other));
		other[i] = other[i] == '9' ? '0' : (char)(other[i] + 1);
		assert_int_equal(verify(&c->alice, "bob", other, true, &number),
		    TACIT_KEY_CHANGED);
	}
	expect_verified(&c->alice, "bob", false);
	assert_int_equal(
	    verify(&c->alice, "bob", number.digits, true, &number), TACIT_DONE);
	expect_verified(&c->alice, "bob", true);
	/* What was marked stays, and says nothing about another number. */
	number.digits[0] = number.digits[0] == '9' ? '0' : '9';
	assert_int_equal(verify(&c->alice, "bob", number.digits, true, &number),
	    TACIT_KEY_CHANGED);
}

static void
what_is_no_safety_number_is_told_from_a_wrong_one(void **state)
{
	struct cores *c = *state;
	struct tacit_safety_number number;
	char text[TEXT_BYTES] = "";

	say(&c->alice, &c->bob, "hello");
	assert_int_equal(
	    verify(&c->alice, "bob", NULL, false, &number), TACIT_DONE);
	assert_int_equal(
	    verify(&c->alice, "bob", "", true, &number), TACIT_USAGE);
	memcpy(text, number.digits, TACIT_SAFETY_NUMBER_DIGITS - 1);
	assert_int_equal(
	    verify(&c->alice, "bob", text, true, &number), TACIT_USAGE);
	strcpy(text, number.digits);
	strcat(text, "0");
	assert_int_equal(
	    verify(&c->alice, "bob", text, true, &number), TACIT_USAGE);
	strcpy(text, number.digits);
	text[7] = 'O';
	assert_int_equal(
	    verify(&c->alice, "bob", text, true, &number), TACIT_USAGE);
	/* Digits of other scripts look the same to people alone. */
	strcpy(text, number.digits);
	strcpy(text + 57, "\xd9\xa1\xd9\xa2\xd9\xa3");
	assert_int_equal(
	    verify(&c->alice, "bob", text, true, &number), TACIT_USAGE);
	expect_verified(&c->alice, "bob", false);
}

static void
the_number_of_a_new_key_is_compared_before_it_is_accepted(void **state)
{
	struct cores *c = *state;
	struct tacit_safety_number old, fresh;

	say(&c->alice, &c->bob, "hello");
	assert_int_equal(
	    verify(&c->bob, "alice", NULL, true, &old), TACIT_DONE);
	party_register(&c->eve, "alice");
	assert_int_equal(meet(&c->bob, &c->eve), STATUS_UNTRUSTED);
	assert_int_equal(verify(&c->bob, "alice", old.digits, false, &fresh),
	    TACIT_KEY_CHANGED);
	assert_int_equal(
	    verify(&c->bob, "alice", fresh.digits, false, &fresh), TACIT_DONE);
	assert_true(fresh.changed);
	assert_false(fresh.verified);
	assert_int_equal(verify(&c->bob, "alice", fresh.digits, true, &fresh),
	    TACIT_KEY_CHANGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(
		    safety_numbers_agree_and_a_changed_key_cannot_be_marked),
		cores_test(a_number_is_the_same_however_it_is_spaced),
		cores_test(one_other_digit_is_another_number_and_marks_nothing),
		cores_test(what_is_no_safety_number_is_told_from_a_wrong_one),
		cores_test(
		    the_number_of_a_new_key_is_compared_before_it_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
