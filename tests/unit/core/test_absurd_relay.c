/* A relay that names numbers which cannot be: nothing waits, grows or breaks.
 */
#include "tests/unit/core/courier_fixture.h"

static struct counters
counters_of(struct fixture *f)
{
	struct step s = begin(&f->cores->alice);
	struct counters c;

	assert_status(STATUS_OK, counters_get(s.txn, &c));
	step_abort(&s);
	return c;
}

static size_t
prekeys_of(struct fixture *f)
{
	struct step s = begin(&f->cores->alice);
	size_t count = 0;

	assert_status(STATUS_OK, vault_count(s.txn, VAULT_PREKEYS, &count));
	step_abort(&s);
	return count;
}

static enum tacit_code
try_connect(struct fixture *f)
{
	return script_connect(
	    f->relay, &f->cores->alice, &f->courier, &f->error);
}

static void
billions_of_prekeys_are_no_answer(void **state)
{
	static const uint32_t absurd[] = { LIMIT_PREKEYS_STORED + 1,
		UINT32_C(1) << 31, UINT32_MAX };
	struct fixture *f = *state;
	size_t before = prekeys_of(f);

	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		f->relay->prekeys.one_time_count = absurd[i];
		assert_int_equal(try_connect(f), TACIT_UNREACHABLE);
		assert_int_equal(f->relay->published, 0);
	}
	/* As many as there may be, of which it knows none: once, and bounded.
	 */
	f->relay->prekeys.one_time_count = LIMIT_PREKEYS_STORED;
	for (int i = 0; i < 3; i++) {
		connect_alice(f);
		assert_int_equal(
		    courier_drain(f->courier, 0, &f->error), TACIT_DONE);
	}
	assert_true(f->relay->published <= 2 * (before + 1));
	assert_int_equal(prekeys_of(f), before);
}

/* None is left however many there were: made until there is no room for more.
 */
static void
a_relay_that_never_has_a_prekey_fills_no_disk(void **state)
{
	struct fixture *f = *state;

	f->relay->prekeys.one_time_count = 0;
	for (int i = 0; i < 150; i++) {
		connect_alice(f);
		assert_int_equal(
		    courier_drain(f->courier, 0, &f->error), TACIT_DONE);
	}
	assert_true(prekeys_of(f) <= PREKEYS_KEPT_MAX);
}

static void
a_mailbox_that_contradicts_itself_is_no_proof_of_a_newer_copy(void **state)
{
	struct fixture *f = *state;
	const struct mailbox_state absurd[] = {
		{ .acknowledged = 9, .head = 8 },
		{ .acknowledged = UINT64_MAX, .head = UINT64_MAX },
		{ .head = UINT64_MAX },
		{ .has_stream = true, .submit_high = UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		f->relay->mailbox = absurd[i];
		assert_int_equal(try_connect(f), TACIT_UNREACHABLE);
		assert_int_equal(counters_of(f).rolled_back_ms, 0);
	}
	f->relay->mailbox = (struct mailbox_state){ 0 };
	connect_alice(f);
}

static void
an_endless_wait_is_a_long_one(void **state)
{
	struct fixture *f = *state;

	queue_to(f, "bob", 1);
	connect_alice(f);
	f->relay->submit_error = ERROR_RATE_LIMITED;
	f->relay->retry_after_ms = UINT64_MAX;
	assert_int_equal(flush(f), TACIT_DONE);
	assert_int_equal(f->why.code, TACIT_REFUSED);
	assert_true(f->why.retry_after_ms <= LIMIT_RETRY_AFTER_MS);
	/* Asked for by its user it goes out at once all the same. */
	f->relay->submit_error = ERROR_NONE;
	assert_int_equal(flush(f), TACIT_DONE);
	assert_int_equal(rows_of(f), 0);
}

static void
no_bundle_before_the_end_of_time_is_a_refusal(void **state)
{
	struct account_name bob = name_of("bob");
	struct fixture *f = *state;

	f->relay->bundles_error = ERROR_RATE_LIMITED;
	f->relay->retry_after_ms = UINT64_MAX;
	connect_alice(f);
	assert_int_equal(
	    courier_meet(f->courier, &bob, 1, 0, &f->error), TACIT_REFUSED);
	assert_true(f->error.retry_after_ms > 0);
	assert_true(f->error.retry_after_ms <= LIMIT_RETRY_AFTER_MS);
}

/* What lies at a relay since tomorrow is kept no longer for that. */
static void
nothing_is_kept_for_having_come_in_the_future(void **state)
{
	struct fixture *f = *state;
	struct item garbage = { .seq = 1,
		.stored_ms = clock_wall_ms() + INT64_C(1000) * 86400 * 1000,
		.has_sender = true,
		.type = ITEM_RATCHET,
		.suite = SUITE_SIGNAL_V3,
		.payload = BYTES("garbage") };
	struct quarantine_entry q;
	struct step s;

	garbage.sender = f->cores->bob.core.self.address;
	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->bob));
	f->relay->items = &garbage;
	f->relay->items_count = 1;
	f->relay->mailbox.head = 1;
	connect_alice(f);
	assert_int_equal(courier_drain(f->courier, 0, &f->error), TACIT_DONE);
	s = begin(&f->cores->alice);
	assert_status(STATUS_OK, quarantine_next(s.txn, 0, s.arena, &q));
	assert_true(q.stored_ms <= s.now_ms);
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(billions_of_prekeys_are_no_answer),
		courier_test(a_relay_that_never_has_a_prekey_fills_no_disk),
		courier_test(
		    a_mailbox_that_contradicts_itself_is_no_proof_of_a_newer_copy),
		courier_test(an_endless_wait_is_a_long_one),
		courier_test(no_bundle_before_the_end_of_time_is_a_refusal),
		courier_test(nothing_is_kept_for_having_come_in_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
