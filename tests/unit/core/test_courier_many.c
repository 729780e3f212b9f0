/* Control for many on its way to the relay. */
#include "tests/unit/core/courier_fixture.h"

static void
queue_for_all(struct fixture *f, const char *const *to, size_t count)
{
	struct account_name names[NAMES_MAX];
	struct log_key_item key = { .first = 0 };
	struct plaintext p = { .kind = CONTENT_GROUP_KEYS };
	struct step s = begin(&f->cores->alice);

	p.u.group_keys.keys = (struct log_key_list){ &key, 1 };
	for (size_t i = 0; i < count; i++)
		names[i] = name_of(to[i]);
	assert_status(STATUS_OK, messenger_control_many(&s, names, count, &p));
	commit(&s);
}

static size_t
still_waiting(struct fixture *f)
{
	struct outbox_row row;
	struct step s = begin(&f->cores->alice);
	size_t count;

	assert_status(STATUS_OK, outbox_next(s.txn, 0, s.arena, &row));
	count = row.waiting_count;
	step_abort(&s);
	return count;
}

static void
many_are_met_in_one_request_and_written_to_in_one_submit(void **state)
{
	struct fixture *f = *state;
	const char *const to[] = { "bob", "carol", "nobody" };

	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->carol));
	queue_for_all(f, to, 3);
	connect_alice(f);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->lookups, 1);
	assert_int_equal(f->relay->submits_count, 1);
	assert_int_equal(f->relay->submits[0].recipients, 2);
	assert_int_equal(rows_of(f), 0); /* the relay knows no nobody */
}

static void
who_gives_out_no_keys_is_asked_once_in_a_flush_and_again_in_the_next(
    void **state)
{
	struct fixture *f = *state;
	const char *const to[] = { "bob", "carol" };

	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->carol));
	queue_for_all(f, to, 2);
	f->relay->bundles_error = ERROR_RATE_LIMITED;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->lookups, 1);
	assert_int_equal(f->relay->submits_count, 1);
	assert_int_equal(f->relay->submits[0].recipients, 1);
	assert_int_equal(still_waiting(f), 1);

	f->relay->bundles_error = ERROR_NONE;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->lookups, 2);
	assert_int_equal(f->relay->submits_count, 2);
	assert_int_equal(rows_of(f), 0);
}

/* An account is met once in a flush, so it ends; the next one tries again. */
static void
a_relay_that_always_speaks_of_other_devices_ends_no_flush(void **state)
{
	struct fixture *f = *state;
	const char *const to[] = { "bob" };

	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->bob));
	queue_for_all(f, to, 1);
	f->relay->submit_error = ERROR_DEVICES_CHANGED;
	f->relay->stale = &f->cores->bob.core.self.address;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->submits_count, 2);
	assert_int_equal(still_waiting(f), 1);

	f->relay->submit_error = ERROR_NONE;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(rows_of(f), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(
		    many_are_met_in_one_request_and_written_to_in_one_submit),
		courier_test(
		    who_gives_out_no_keys_is_asked_once_in_a_flush_and_again_in_the_next),
		courier_test(
		    a_relay_that_always_speaks_of_other_devices_ends_no_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
