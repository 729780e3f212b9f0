/* Who has what: spans of time, and what is owed. */
#include <stdlib.h>

#include "fixture.h"
#include "store/client/history.h"
#include "store/client/receipts.h"

enum { NUMBERS = 300 };

static void
told(struct receipt_spans *s, uint64_t first, uint64_t last, int64_t at_ms)
{
	struct ranges r = { { { first, last } }, 1 };

	receipt_spans_add(s, &r, at_ms, 0);
}

static int64_t
when(const struct receipt_spans *s, uint64_t seq)
{
	int64_t at_ms = -2;

	return receipt_spans_find(s, seq, &at_ms) ? at_ms : -1;
}

static void
a_number_keeps_the_time_it_was_first_told_of(void **state)
{
	(void)state;
	srandom(11);
	for (int round = 0; round < 300; round++) {
		struct receipt_spans s = { .count = 0 };
		int64_t model[NUMBERS];

		for (size_t n = 0; n < NUMBERS; n++)
			model[n] = -1;
		for (int64_t at = 1; at <= 12; at++) {
			struct ranges r = { .count = 0 };

			for (int i = 0; i < 3; i++) {
				uint64_t first = 1 + (uint64_t)random() % 280;
				uint64_t last = first + (uint64_t)random() % 15;

				ranges_add(&r, first, last);
				for (uint64_t n = first; n <= last; n++)
					model[n] = model[n] < 0 ? at : model[n];
			}
			receipt_spans_add(&s, &r, at, 0);
			if (s.count == RECEIPT_SPANS_MAX)
				break; /* times may be gone from here on */
			for (size_t n = 1; n < NUMBERS; n++)
				assert_int_equal(when(&s, n), model[n]);
		}
	}
}

static void
old_times_are_forgotten_and_the_numbers_stay(void **state)
{
	struct receipt_spans s = { .count = 0 };
	struct ranges more = { { { 1, 9 } }, 1 };

	(void)state;
	told(&s, 1, 3, 100);
	told(&s, 1, 6, 200);
	assert_int_equal(s.count, 2);
	receipt_spans_add(&s, &more, 300, 250);
	assert_int_equal(when(&s, 1), 0);
	assert_int_equal(when(&s, 6), 0);
	assert_int_equal(when(&s, 9), 300);
	assert_int_equal(s.count, 2);
}

static void
a_number_that_was_not_told_of_has_no_time(void **state)
{
	struct receipt_spans s = { .count = 0 };
	int64_t at_ms = 0;

	(void)state;
	told(&s, 2, 3, 100);
	assert_false(receipt_spans_find(&s, 1, &at_ms));
	assert_int_equal(at_ms, 0);
	assert_false(receipt_spans_find(&s, 4, &at_ms));
	assert_int_equal(at_ms, 0);
}

static void
however_much_is_told_there_are_so_many_spans(void **state)
{
	struct receipt_spans s = { .count = 0 };

	(void)state;
	for (uint64_t n = 1; n <= 1000; n++)
		told(&s, n, n, (int64_t)n);
	assert_int_equal(s.count, RECEIPT_SPANS_MAX);
	assert_int_equal(when(&s, 1), 0);
	assert_int_equal(when(&s, 1000), 1000);
	for (uint64_t n = 2000; n <= 4000; n += 2)
		told(&s, n, n, 5);
	assert_int_equal(s.count, RECEIPT_SPANS_MAX);
	assert_int_equal(when(&s, 4000), 5);
	assert_int_equal(when(&s, 1), -1); /* in the end it is forgotten */
	told(&s, 1, UINT64_MAX, 6);
	assert_int_equal(when(&s, UINT64_MAX), 6);
}

static void
what_a_device_has_is_kept_for_each_conversation(void **state)
{
	struct fixture *f = *state;
	struct hash c = fixture_hash("c"), d = fixture_hash("d");
	struct receipt_state was = { .delivered.count = 0 }, is;

	told(&was.delivered, 1, 7, NOW_MS);
	told(&was.read, 2, 3, NOW_MS + 1);
	assert_status(STATUS_OK, receipt_state_put(f->t, &c, &f->bob, &was));
	fixture_turn(f);
	assert_status(STATUS_OK, receipt_state_get(f->t, &c, &f->bob, &is));
	assert_int_equal(when(&is.delivered, 7), NOW_MS);
	assert_int_equal(when(&is.read, 7), -1);
	assert_int_equal(when(&is.read, 2), NOW_MS + 1);
	assert_status(STATUS_OK, receipt_state_get(f->t, &d, &f->bob, &is));
	assert_int_equal(is.delivered.count, 0);
	assert_status(STATUS_OK, receipt_state_get(f->t, &c, &f->alice, &is));
	assert_int_equal(is.delivered.count, 0);
}

static enum status
count_due(const struct receipt_due *d, void *arg)
{
	size_t *count = arg;

	*count += d->groups_count;
	return STATUS_OK;
}

static void
what_is_owed_is_found_again(void **state)
{
	struct fixture *f = *state;
	struct receipt_due was = {
		.to = f->bob,
		.account_key = { { 3 } },
		.direct = true,
		.groups = { fixture_hash("g"), fixture_hash("h") },
		.groups_count = 2,
		.row = 9,
		.again = true,
		.not_before_ms = NOW_MS,
	};
	struct receipt_due is;
	size_t count = 0;

	assert_status(STATUS_NOT_FOUND, receipt_due_get(f->t, &f->bob, &is));
	assert_status(STATUS_OK, receipt_due_put(f->t, &was));
	was.to = f->alice;
	was.groups_count = 1;
	assert_status(STATUS_OK, receipt_due_put(f->t, &was));
	fixture_turn(f);
	assert_status(STATUS_OK, receipt_due_get(f->t, &f->bob, &is));
	assert_int_equal(is.groups_count, 2);
	assert_bytes(hash_view(&was.groups[1]), hash_view(&is.groups[1]));
	assert_int_equal(is.row, 9);
	assert_true(is.direct && is.again);
	assert_status(STATUS_OK, receipt_due_each(f->t, count_due, &count));
	assert_int_equal(count, 3);
	assert_status(STATUS_OK, receipt_due_del(f->t, &f->bob));
	assert_status(STATUS_OK, receipt_due_count(f->t, &count));
	assert_int_equal(count, 1);
}

static void
a_loss_is_known_by_message_and_account(void **state)
{
	struct fixture *f = *state;
	struct message_id id = { { 1 } }, other = { { 2 } };
	enum receipt_loss why = RECEIPT_REFUSED;

	assert_status(STATUS_OK,
	    receipt_loss_put(f->t, &id, &f->bob.account, RECEIPT_EXPIRED));
	fixture_turn(f);
	assert_status(
	    STATUS_OK, receipt_loss_get(f->t, &id, &f->bob.account, &why));
	assert_int_equal(why, RECEIPT_EXPIRED);
	assert_status(STATUS_NOT_FOUND,
	    receipt_loss_get(f->t, &other, &f->bob.account, &why));
	assert_status(STATUS_NOT_FOUND,
	    receipt_loss_get(f->t, &id, &f->alice.account, &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_keeps_the_time_it_was_first_told_of),
		cmocka_unit_test(a_number_that_was_not_told_of_has_no_time),
		cmocka_unit_test(old_times_are_forgotten_and_the_numbers_stay),
		cmocka_unit_test(however_much_is_told_there_are_so_many_spans),
		fixture_test(what_a_device_has_is_kept_for_each_conversation),
		fixture_test(what_is_owed_is_found_again),
		fixture_test(a_loss_is_known_by_message_and_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
