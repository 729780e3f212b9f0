/* Direct messages that are taken at once, and when one of them is bad. */
#include "tests/unit/core/cores.h"

enum { WORDS = 4 };

static const char *const words[WORDS] = { "one", "two", "three", "four" };

/* Both have a session that was answered in; four that bob has not read. */
static void
write_all(struct cores *c, struct parcel parcels[WORDS])
{
	say(&c->alice, &c->bob, "to begin with");
	say(&c->bob, &c->alice, "an answer");
	for (size_t i = 0; i < WORDS; i++) {
		parcels[i] = write_to(&c->alice, &c->bob, words[i]);
		assert_true(messenger_goes_together(&parcels[i].item));
	}
}

static enum status
take_together(struct party *p, const struct parcel parcels[WORDS])
{
	const struct item *run[WORDS];
	struct step s = begin(p);
	enum status st;

	for (size_t i = 0; i < WORDS; i++)
		run[i] = &parcels[i].item;
	st = messenger_take_together(&s, run, WORDS);
	commit(&s); /* as the courier does, whatever became of them */
	return st;
}

static void
clear_all(struct parcel parcels[WORDS])
{
	for (size_t i = 0; i < WORDS; i++)
		parcel_clear(&parcels[i]);
}

static void
taken_at_once_each_is_filed_once(void **state)
{
	struct cores *c = *state;
	struct parcel parcels[WORDS];
	unsigned detail;

	write_all(c, parcels);
	assert_status(STATUS_OK, take_together(&c->bob, parcels));
	assert_status(STATUS_OK, take_together(&c->bob, parcels));
	for (size_t i = 0; i < WORDS; i++) {
		assert_status(STATUS_OK, take(&c->bob, &parcels[i]));
		assert_int_equal(heard(&c->bob, words[i]), 1);
	}
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 0);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 0);
	say(&c->bob, &c->alice, "still here");
	assert_int_equal(heard(&c->alice, "still here"), 1);
	clear_all(parcels);
}

static void
one_that_comes_twice_in_a_run_is_filed_once(void **state)
{
	struct cores *c = *state;
	struct parcel parcels[WORDS];
	struct item second;

	write_all(c, parcels);
	second = parcels[1].item;
	parcels[1].item = parcels[0].item;
	assert_status(STATUS_OK, take_together(&c->bob, parcels));
	assert_int_equal(heard(&c->bob, words[0]), 1);
	parcels[1].item = second;
	assert_status(STATUS_OK, take(&c->bob, &parcels[1]));
	assert_int_equal(heard(&c->bob, words[1]), 1);
	clear_all(parcels);
}

/* No ratchet may have moved, or what is good could not be taken after it. */
static void
one_that_is_bad_undoes_the_others_and_stops_none(void **state)
{
	struct cores *c = *state;
	struct parcel parcels[WORDS];

	write_all(c, parcels);
	((uint8_t *)parcels[2]
		.item.payload.data)[parcels[2].item.payload.len - 1] ^= 1;
	assert_status(STATUS_CRYPTO, take_together(&c->bob, parcels));
	for (size_t i = 0; i < WORDS; i++)
		assert_int_equal(heard(&c->bob, words[i]), 0);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 0);

	for (size_t i = 0; i < WORDS; i++) {
		assert_status(STATUS_OK, take(&c->bob, &parcels[i]));
		assert_int_equal(heard(&c->bob, words[i]), i != 2);
	}
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 1);
	clear_all(parcels);
}

/* The relay pushes alice's words as carol's. */
static void
one_under_another_name_undoes_the_others(void **state)
{
	struct cores *c = *state;
	struct parcel parcels[WORDS];

	write_all(c, parcels);
	parcels[3].item.sender = c->bob.core.self.address;
	assert_true(take_together(&c->bob, parcels) != STATUS_OK);
	for (size_t i = 0; i < WORDS; i++)
		assert_int_equal(heard(&c->bob, words[i]), 0);
	clear_all(parcels);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(taken_at_once_each_is_filed_once),
		cores_test(one_that_comes_twice_in_a_run_is_filed_once),
		cores_test(one_that_is_bad_undoes_the_others_and_stops_none),
		cores_test(one_under_another_name_undoes_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
