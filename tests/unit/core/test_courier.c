/* test_courier.c - the courier against a relay that follows a script. */
#include "client/core/courier/courier_flush.h"
#include "tests/unit/core/courier_fixture.h"

static struct counters
counters_of(struct party *p)
{
	struct step s = begin(p);
	struct counters c;

	assert_status(STATUS_OK, counters_get(s.txn, &c));
	step_abort(&s);
	return c;
}

static void
set_counters(struct party *p, const struct counters *c)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, counters_put(s.txn, c));
	commit(&s);
}

static void
a_relay_that_saw_more_submits_makes_the_profile_old(void **state)
{
	struct fixture *f = *state;
	unsigned detail;

	f->relay->mailbox.has_stream = true;
	f->relay->mailbox.submit_high = 1;
	queue_to(f, "bob", 1);
	assert_int_equal(TACIT_DAMAGED,
	    script_connect(f->relay, &f->cores->alice, &f->courier, &f->error));
	assert_null(f->courier);
	assert_int_equal(f->relay->submits_count, 0);
	assert_true(counters_of(&f->cores->alice).rolled_back_ms != 0);

	/* And it stays old, whatever the relay says later. */
	f->relay->mailbox.has_stream = false;
	assert_int_equal(TACIT_DAMAGED,
	    script_connect(f->relay, &f->cores->alice, &f->courier, &f->error));
	assert_int_equal(
	    notices(&f->cores->alice, NOTICE_ROLLED_BACK, &detail), 1);
}

static void
a_relay_that_heard_of_more_acknowledgements_makes_the_profile_old(void **state)
{
	struct fixture *f = *state;
	struct counters c = counters_of(&f->cores->alice);

	c.has_epoch = true; /* the script's epoch is zeros */
	c.acknowledged = 6;
	set_counters(&f->cores->alice, &c);
	f->relay->mailbox.acknowledged = 7;
	f->relay->mailbox.head = 9;
	assert_int_equal(TACIT_DAMAGED,
	    script_connect(f->relay, &f->cores->alice, &f->courier, &f->error));
}

static void
a_relay_that_is_behind_or_new_is_harmless(void **state)
{
	struct fixture *f = *state;
	struct counters c = counters_of(&f->cores->alice);

	c.has_epoch = true;
	c.acknowledged = 6;
	c.has_stream = true;
	c.submit_high = 100;
	set_counters(&f->cores->alice, &c);
	f->relay->mailbox.acknowledged = 3;
	f->relay->mailbox.head = 3;
	f->relay->mailbox.has_stream = true;
	f->relay->mailbox.submit_high = 50;
	connect_alice(f);

	c.epoch[0] = 1; /* it was another relay's life, restored since */
	set_counters(&f->cores->alice, &c);
	f->relay->mailbox.acknowledged = 1000;
	f->relay->mailbox.head = 1000;
	connect_alice(f);
}

static void
an_unknown_account_fails_its_message_and_no_other(void **state)
{
	struct fixture *f = *state;

	f->relay->known = NULL;
	connect_alice(f);
	queue_to(f, "nobody", 1);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->told, 1);
	assert_int_equal(f->fate.state, STATE_FAILED);
	assert_int_equal(f->why.code, TACIT_NOT_FOUND);
	assert_int_equal(rows_of(f), 0);

	f->relay->known = &f->cores->bob;
	queue_to(f, "bob", 1);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->fate.state, STATE_STORED);
}

static void
a_lost_answer_is_asked_for_with_the_same_id_and_bytes(void **state)
{
	struct fixture *f = *state;
	const struct seen_submit *seen = f->relay->submits;

	f->relay->silent = true;
	connect_alice(f);
	queue_to(f, "bob", 1);
	assert_int_equal(TACIT_UNREACHABLE, flush(f));
	assert_int_equal(rows_of(f), 1);
	f->relay->silent = false;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->submits_count, 2);
	assert_int_equal(seen[0].counter, seen[1].counter);
	assert_memory_equal(
	    &seen[0].payload, &seen[1].payload, sizeof(seen[0].payload));
	assert_int_equal(rows_of(f), 0);
}

static void
a_full_mailbox_keeps_the_row_for_a_new_attempt_of_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	const struct seen_submit *seen = f->relay->submits;

	f->relay->full = true;
	connect_alice(f);
	queue_to(f, "bob", 1);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->why.code, TACIT_REFUSED);
	assert_int_equal(f->fate.refused_count, 1);
	assert_int_equal(rows_of(f), 1);
	assert_int_equal(f->relay->submits_count, 1); /* not again at once */

	f->relay->full = false;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->submits_count, 2);
	assert_int_not_equal(seen[0].counter, seen[1].counter);
	assert_memory_equal(
	    &seen[0].payload, &seen[1].payload, sizeof(seen[0].payload));
	assert_int_equal(rows_of(f), 0);
}

static void
an_unavailable_relay_is_not_hammered(void **state)
{
	struct fixture *f = *state;

	f->relay->submit_error = ERROR_UNAVAILABLE;
	connect_alice(f);
	queue_to(f, "bob", 3);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->why.code, TACIT_UNREACHABLE);
	assert_int_equal(f->relay->submits_count, 3);
	assert_int_equal(rows_of(f), 3);
}

static void
unanswered_submits_stay_inside_the_window(void **state)
{
	struct fixture *f = *state;

	f->relay->silent = true;
	connect_alice(f);
	queue_to(f, "bob", LIMIT_SUBMIT_WINDOW + 100);
	assert_int_equal(TACIT_UNREACHABLE, flush(f));
	script_finish(f->relay);
	assert_int_equal(f->relay->submits_count, SUBMIT_SPAN);

	/* Also for the next command, which sends those again, and no more. */
	connect_alice(f);
	assert_int_equal(TACIT_UNREACHABLE, flush(f));
	script_finish(f->relay);
	assert_int_equal(f->relay->submits_count, 2 * SUBMIT_SPAN);
	for (size_t i = 0; i < SUBMIT_SPAN; i++)
		assert_int_equal(f->relay->submits[i].counter,
		    f->relay->submits[SUBMIT_SPAN + i].counter);

	f->relay->silent = false;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(rows_of(f), 0);
}

static void
items_are_acknowledged_once_committed_and_not_taken_again(void **state)
{
	struct fixture *f = *state;
	struct item items[3] = { 0 };
	uint64_t numbers[8];
	struct step s;
	size_t count = 0, again = 0;

	for (size_t i = 0; i < 3; i++) {
		items[i].seq = i + 1;
		items[i].has_sender = true;
		items[i].sender = f->cores->bob.core.self.address;
		items[i].type = ITEM_RATCHET;
		items[i].suite = SUITE_SIGNAL_V3;
		items[i].payload = i == 0   ? BYTES("no ratchet message")
				   : i == 1 ? BYTES("nor this")
					    : BYTES("nor that");
	}
	f->relay->items = items;
	f->relay->items_count = 3;
	f->relay->mailbox.head = 3;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
	script_finish(f->relay);
	assert_int_equal(f->relay->acknowledged, 3);
	assert_int_equal(counters_of(&f->cores->alice).acknowledged, 3);
	s = begin(&f->cores->alice);
	assert_status(
	    STATUS_OK, history_list(s.txn, NULL, 0, false, numbers, 8, &count));
	step_abort(&s);

	/* The relay never heard of it and pushes them again. */
	f->relay->acknowledged = 0;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
	script_finish(f->relay);
	assert_int_equal(f->relay->acknowledged, 3);
	s = begin(&f->cores->alice);
	assert_status(
	    STATUS_OK, history_list(s.txn, NULL, 0, false, numbers, 8, &again));
	step_abort(&s);
	assert_int_equal(count, again);
}

static void
a_made_up_place_in_the_mailbox_hides_nothing_that_follows(void **state)
{
	struct fixture *f = *state;
	struct item item = {
		.seq = UINT64_MAX,
		.has_sender = true,
		.sender = f->cores->bob.core.self.address,
		.type = ITEM_SENDER_KEY,
		.suite = SUITE_SIGNAL_V3,
		.payload = BYTES("no message"),
	};

	f->relay->items = &item;
	f->relay->items_count = 1;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
	item.seq = 1;
	item.payload = BYTES("no message either");
	connect_alice(f);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
	script_finish(f->relay);
	assert_int_equal(
	    quarantined(&f->cores->alice, QUARANTINE_UNDECRYPTABLE), 2);
}

static void
a_relay_that_pushes_for_ever_does_not_hold_a_command_for_ever(void **state)
{
	struct fixture *f = *state;
	struct item item = {
		.seq = 1,
		.has_sender = true,
		.sender = f->cores->bob.core.self.address,
		.type = ITEM_SENDER_KEY,
		.suite = SUITE_SIGNAL_V3,
		.payload = BYTES("no message"),
	};

	f->relay->items = &item;
	f->relay->items_count = 1;
	f->relay->pushes = 1000;
	connect_alice(f);
	assert_int_equal(
	    TACIT_UNREACHABLE, courier_drain(f->courier, 0, &f->error));
	/* What came is filed all the same. */
	assert_int_equal(
	    quarantined(&f->cores->alice, QUARANTINE_UNDECRYPTABLE), 1);
}

static void
a_line_that_dies_after_news_of_a_log_ends_the_drain_at_once(void **state)
{
	struct fixture *f = *state;
	int64_t began_ms;

	f->relay->only_chains = true;
	connect_alice(f);
	began_ms = clock_mono_ms();
	assert_int_equal(TACIT_UNREACHABLE,
	    courier_drain(f->courier, began_ms + 5000, &f->error));
	assert_true(clock_mono_ms() - began_ms < 2500);
}

static bool
go_on(void *arg)
{
	(void)arg;
	return true;
}

static void
following_waits_for_a_silent_relay_half_a_minute_and_not_an_hour(void **state)
{
	enum { HOUR_MS = 60 * 60 * 1000 };
	struct fixture *f = *state;

	f->relay->only_chains = true;
	connect_alice(f);
	f->relay->patience_ms = 0;
	assert_int_equal(TACIT_UNREACHABLE,
	    courier_follow(f->courier, clock_mono_ms() + HOUR_MS, NULL, go_on,
		NULL, &f->error));
	assert_true(f->relay->patience_ms > 0);
	assert_true(f->relay->patience_ms <= 30 * 1000);
}

static void
a_second_receiver_waits_for_the_first(void **state)
{
	struct fixture *f = *state;
	struct lock *lock = NULL;

	assert_status(STATUS_OK, lock_try(f->cores->alice.dir, &lock));
	f->relay->mailbox.head = 5;
	connect_alice(f);
	assert_int_equal(
	    TACIT_UNREACHABLE, courier_drain(f->courier, 0, &f->error));
	assert_true(courier_receiver_is_elsewhere(f->courier));
	lock_free(lock);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
	assert_false(courier_receiver_is_elsewhere(f->courier));
}

static void
prekeys_are_filled_up_when_few_are_left(void **state)
{
	struct fixture *f = *state;

	f->relay->prekeys.one_time_count = PREKEYS_LOW - 1;
	connect_alice(f);
	/* Those made at first were not published yet: they are enough. */
	assert_int_equal(f->relay->published, PREKEYS_FULL + 1);
	f->relay->published = 0;
	connect_alice(f);
	assert_int_equal(f->relay->published, PREKEYS_FULL - (PREKEYS_LOW - 1));
	f->relay->prekeys.one_time_count = PREKEYS_FULL;
	f->relay->published = 0;
	connect_alice(f);
	assert_true(f->relay->published <= 1); /* the signed one */
}

static void
a_relay_that_never_has_prekeys_is_not_fed_for_ever(void **state)
{
	struct fixture *f = *state;
	struct step s = begin(&f->cores->alice);

	const struct prekey_life life = { .published_id = PREKEYS_KEPT_MAX };

	assert_status(STATUS_OK, prekey_life_put(s.txn, &life));
	for (uint32_t i = 1; i <= PREKEYS_KEPT_MAX; i++) {
		struct stored_prekey info = { .id = i };

		assert_status(STATUS_OK, prekey_put(s.txn, &info, BYTES("x")));
	}
	commit(&s);
	f->relay->prekeys.one_time_count = 0;
	connect_alice(f);
	assert_true(f->relay->published <= 1); /* the signed one */
}

static void
a_signed_prekey_is_changed_when_it_is_due(void **state)
{
	enum { DAY_MS = 24 * 60 * 60 * 1000 };
	struct fixture *f = *state;
	struct step s;
	size_t count = 0;

	connect_alice(f);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
	clock_fake(clock_wall_ms() + 2 * DAY_MS + 1, clock_mono_ms());
	connect_alice(f);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
	clock_unfake();
	s = begin(&f->cores->alice);
	assert_status(
	    STATUS_OK, vault_count(s.txn, VAULT_SIGNED_PREKEYS, &count));
	step_abort(&s);
	assert_int_equal(count, 2);

	/* The old private half goes 50 days later, and no earlier. */
	for (int day = 10; day <= 56; day += 23) {
		clock_fake(
		    clock_wall_ms() + (int64_t)day * DAY_MS, clock_mono_ms());
		connect_alice(f);
		assert_int_equal(
		    TACIT_DONE, courier_drain(f->courier, 0, &f->error));
		clock_unfake();
	}
	s = begin(&f->cores->alice);
	assert_status(
	    STATUS_OK, vault_count(s.txn, VAULT_SIGNED_PREKEYS, &count));
	step_abort(&s);
	assert_int_equal(count, 4); /* 5 were made; the first one went */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(
		    a_relay_that_saw_more_submits_makes_the_profile_old),
		courier_test(
		    a_relay_that_heard_of_more_acknowledgements_makes_the_profile_old),
		courier_test(a_relay_that_is_behind_or_new_is_harmless),
		courier_test(an_unknown_account_fails_its_message_and_no_other),
		courier_test(
		    a_lost_answer_is_asked_for_with_the_same_id_and_bytes),
		courier_test(
		    a_full_mailbox_keeps_the_row_for_a_new_attempt_of_the_same_bytes),
		courier_test(an_unavailable_relay_is_not_hammered),
		courier_test(unanswered_submits_stay_inside_the_window),
		courier_test(
		    items_are_acknowledged_once_committed_and_not_taken_again),
		courier_test(
		    a_made_up_place_in_the_mailbox_hides_nothing_that_follows),
		courier_test(
		    a_relay_that_pushes_for_ever_does_not_hold_a_command_for_ever),
		courier_test(
		    a_line_that_dies_after_news_of_a_log_ends_the_drain_at_once),
		courier_test(
		    following_waits_for_a_silent_relay_half_a_minute_and_not_an_hour),
		courier_test(a_second_receiver_waits_for_the_first),
		courier_test(prekeys_are_filled_up_when_few_are_left),
		courier_test(
		    a_relay_that_never_has_prekeys_is_not_fed_for_ever),
		courier_test(a_signed_prekey_is_changed_when_it_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
