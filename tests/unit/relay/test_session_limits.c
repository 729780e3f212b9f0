/* How much one device, and all of an account, may ask for. */
#include "tests/unit/relay/session_fixture.h"

#include "relay/call.h"

/* Settings of a test, in force at once. */
static void
set_limits(struct fixture *f)
{
	common_set_limits(f->common, &f->settings);
}

static void
a_device_that_sends_too_much_is_told_when_to_come_back(void **state)
{
	struct fixture *f = *state;

	f->settings.device_submits_per_minute = 3;
	set_limits(f);
	open_session(f);
	for (uint64_t i = 1; i <= 3; i++) {
		submit(f, i);
		answer(STATUS_OK);
		assert_int_equal(REPLY_SUBMITTED, last(f)->kind);
	}
	submit(f, 4);
	assert_error(f, ERROR_RATE_LIMITED);
	assert_in_range(last(f)->retry_after_ms, 1, 20000);
	assert_false(f->peer.finished);
	f->env.mono_ms += (int64_t)last(f)->retry_after_ms;
	submit(f, 4);
	oldest(STORAGE_SUBMIT);
}

/* Spec 4.6: "not overtaken".  A token has come in before what is behind. */
static void
what_was_refused_is_not_overtaken_by_what_was_on_its_way(void **state)
{
	const struct rate_cost cost = { { 1, 1, 1 } };
	struct fixture *f = *state;
	struct spending a = { 0 };
	uint64_t wait_ms = 0;
	enum status st = STATUS_OK;

	f->settings.device_submits_per_minute = 6000; /* one in 10 ms */
	set_limits(f);
	for (int i = 0; st == STATUS_OK && i < 7000; i++)
		st = spending_take(&a, f->common, &f->settings, &f->alice.who,
		    &cost, 1, &wait_ms);
	assert_status(STATUS_FULL, st);
	assert_int_equal(1000, wait_ms);
	assert_status(STATUS_FULL, spending_take(&a, f->common, &f->settings,
				       &f->alice.who, &cost, 101, &wait_ms));
	assert_int_equal(900, wait_ms);
	assert_status(STATUS_OK, spending_take(&a, f->common, &f->settings,
				     &f->alice.who, &cost, 1001, &wait_ms));
	spending_end(&a, f->common, &f->alice.who);
}

/* Connections come and go; what is counted is the device. */
static void
another_connection_is_no_other_device(void **state)
{
	struct fixture *f = *state;
	struct session *second = NULL;
	struct peer_log log;

	f->settings.device_submits_per_minute = 2;
	set_limits(f);
	open_session(f);
	submit(f, 1);
	answer(STATUS_OK);
	submit(f, 2);
	answer(STATUS_OK);
	assert_status(STATUS_OK, connect_peer(f, &log, &second));
	open_session_of(f, &log, second);
	session_free(f->session);
	f->session = second;
	submit(f, 3);
	assert_int_equal(0, fake.count);
	assert_int_equal(ERROR_RATE_LIMITED, log.said[log.count - 1].code);
	f->session = NULL; /* the log goes with this function */
	session_free(second);
}

/* What a connection took ahead and did not use is not lost. */
static void
what_is_left_over_is_given_back(void **state)
{
	struct fixture *f = *state;

	f->settings.device_submits_per_minute = 128; /* 2 taken ahead */
	set_limits(f);
	for (int i = 0; i < 100; i++) {
		struct session *second = NULL;

		open_session(f);
		submit(f, 1);
		answer(STATUS_OK);
		assert_int_equal(REPLY_SUBMITTED, last(f)->kind);
		session_free(f->session);
		f->session = NULL;
		assert_status(STATUS_OK, connect_peer(f, &f->peer, &second));
		f->session = second;
	}
}

static void
a_payload_for_many_is_counted_once_and_recipients_each(void **state)
{
	struct recipient to[5] = { 0 };
	struct submit submit = {
		.recipients = to,
		.recipients_count = 5,
		.shared = { .len = 3000 },
	};
	struct rate_cost cost;

	(void)state;
	to[4].payload.len = 1100;
	spending_cost(&submit, &cost);
	assert_int_equal(1, cost.tokens[SPEND_SUBMITS]);
	assert_int_equal(5, cost.tokens[SPEND_KIB]);
	assert_int_equal(5, cost.tokens[SPEND_RECIPIENTS]);
}

static void
an_account_has_one_budget_for_all_its_devices(void **state)
{
	const struct rate_cost cost = { { 1, 1, 10 } };
	struct fixture *f = *state;
	struct address phone = f->alice.who, laptop = f->alice.who;
	struct address bob = f->alice.who;
	struct spending a = { 0 }, b = { 0 }, c = { 0 };
	uint64_t wait_ms = 0;

	laptop.device = 2;
	bob.account = (struct account_name){ "bob" };
	f->settings.account_recipients_per_minute = 30;
	set_limits(f);
	for (int i = 0; i < 3; i++)
		assert_status(
		    STATUS_OK, spending_take(&a, f->common, &f->settings,
				   &phone, &cost, 1, &wait_ms));
	assert_status(STATUS_FULL, spending_take(&b, f->common, &f->settings,
				       &laptop, &cost, 1, &wait_ms));
	assert_int_equal(20000, wait_ms);
	assert_status(STATUS_OK, spending_take(&c, f->common, &f->settings,
				     &bob, &cost, 1, &wait_ms));
	assert_status(STATUS_OK, spending_take(&b, f->common, &f->settings,
				     &laptop, &cost, 20001, &wait_ms));
	spending_end(&a, f->common, &phone);
	spending_end(&b, f->common, &laptop);
	spending_end(&c, f->common, &bob);
}

static void
who_asks_too_fast_is_read_more_slowly_and_not_refused(void **state)
{
	struct fixture *f = *state;
	uint64_t id = 10;

	f->settings.requests_per_minute = 60;
	open_session(f);
	while (session_is_ready(f->session)) {
		acknowledge(f->session, id++);
		assert_true(id < 100);
	}
	assert_in_range(id, 60, 70);
	assert_int_equal(REPLY_AUTHENTICATED, last(f)->kind);
	f->env.mono_ms += 1000;
	session_tick(f->session);
	assert_true(session_is_ready(f->session));
}

/* A request that is refused costs the relay as much as another. */
static void
requests_that_nobody_knows_are_counted_too(void **state)
{
	static const uint8_t unknown[] = { 0x08, 0x05, 0x9a, 0x06, 0x00 };
	struct fixture *f = *state;
	int asked = 0;

	f->settings.requests_per_minute = 60;
	open_session(f);
	while (session_is_ready(f->session)) {
		session_feed(f->session, BYTES_OF(unknown));
		assert_error(f, ERROR_UNSUPPORTED);
		assert_true(++asked < 100);
	}
	assert_false(f->peer.finished);
}

static void
ask_for_account(struct fixture *f)
{
	struct request r = { .id = 8, .kind = REQUEST_GET_ACCOUNT };

	r.u.account = f->alice.who.account;
	feed(f->session, &r);
}

static void
look_up(struct fixture *f, enum status found)
{
	ask_for_account(f);
	if (fake.count > 0)
		answer(found);
}

static void
names_that_nobody_has_are_dear(void **state)
{
	struct fixture *f = *state;
	int unknown = 0;

	f->settings.lookups_per_minute = 500;
	set_limits(f);
	open_session(f);
	do {
		look_up(f, STATUS_NOT_FOUND);
		unknown++;
	} while (last(f)->code == ERROR_NOT_FOUND);
	assert_error(f, ERROR_RATE_LIMITED);
	assert_true(last(f)->retry_after_ms > 0);
	assert_in_range(unknown, 10, 12);
}

/* All are on their way before the first is answered. */
static void
names_asked_for_at_once_are_as_dear(void **state)
{
	struct fixture *f = *state;

	f->settings.lookups_per_minute = 64;
	set_limits(f);
	open_session(f);
	while (fake.count < 50)
		ask_for_account(f);
	while (fake.count > 0)
		answer(STATUS_NOT_FOUND);
	ask_for_account(f);
	assert_error(f, ERROR_RATE_LIMITED);
	assert_in_range(last(f)->retry_after_ms, 37 * 60000, 41 * 60000);
}

static void
fake_bundles(size_t count)
{
	struct storage_op *op = oldest(STORAGE_BUNDLES);

	op->u.bundles.accounts =
	    arena_take_array(op->arena, count, sizeof(*op->u.bundles.accounts));
	assert_non_null(op->u.bundles.accounts);
	for (size_t i = 0; i < count; i++)
		op->u.bundles.accounts[i].account = op->u.bundles.names[i];
}

/* Beyond the limit there is an answer for each, and none for nothing. */
static void
as_many_bundles_as_are_left_are_given_out(void **state)
{
	struct fixture *f = *state;
	struct account_name names[100];
	struct request r = { .id = 9, .kind = REQUEST_TAKE_BUNDLES };

	f->settings.lookups_per_minute = 64;
	set_limits(f);
	open_session(f);
	for (size_t i = 0; i < 100; i++) {
		memcpy(names[i].text, "member00", sizeof("member00"));
		names[i].text[6] = (char)('0' + i / 10);
		names[i].text[7] = (char)('0' + i % 10);
	}
	r.u.bundles.names = names;
	r.u.bundles.count = 100;
	feed(f->session, &r);
	assert_int_equal(64, oldest(STORAGE_BUNDLES)->u.bundles.count);
	fake_bundles(64);
	answer(STATUS_OK);
	assert_int_equal(REPLY_BUNDLES, last(f)->kind);
	feed(f->session, &r);
	assert_error(f, ERROR_RATE_LIMITED);
	assert_in_range(last(f)->retry_after_ms, 1, 1000);
}

static void
follow_chains(struct fixture *f, uint8_t from, size_t count)
{
	struct chain_position *positions = calloc(count, sizeof(*positions));
	struct chain_tail *tails = calloc(count, sizeof(*tails));
	struct request r = { .id = 6, .kind = REQUEST_CHAIN_READ };
	struct storage_op *op;

	assert_non_null(positions);
	assert_non_null(tails);
	for (size_t i = 0; i < count; i++)
		positions[i].chain.raw[0] = (uint8_t)(from + i);
	r.u.chain_read.positions = positions;
	r.u.chain_read.count = count;
	r.u.chain_read.follow = true;
	feed(f->session, &r);
	op = oldest(STORAGE_CHAIN_READ);
	op->u.chain_read.tails = tails;
	answer(STATUS_OK);
	free(positions);
	free(tails);
}

static void
chains_that_are_followed_count_as_memory(void **state)
{
	struct fixture *f = *state;
	size_t before;

	open_session(f);
	before = f->env.held_bytes;
	follow_chains(f, 0, 60);
	assert_in_range(f->env.held_bytes, before + 60 * 100, before + 60000);
	assert_true(session_held_bytes(f->session) >= 60 * 100);
	session_free(f->session);
	f->session = NULL;
	assert_true(f->env.held_bytes <= before);
}

/* Looked at once more, as if a wake-up had been lost. */
static size_t
checked_after(struct fixture *f, int64_t ms)
{
	static struct chain_tail tails[64];
	size_t count = 0;

	f->env.mono_ms += ms;
	session_tick(f->session);
	while (fake.count > 0) {
		struct storage_op *op = oldest(STORAGE_CHAIN_READ);

		count += op->u.chain_read.count;
		op->u.chain_read.tails = tails;
		answer(STATUS_OK);
	}
	return count;
}

static void
who_follows_many_chains_is_not_looked_after_more_often(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	follow_chains(f, 0, 10);
	(void)checked_after(f, 600000);
	assert_int_equal(10, checked_after(f, 60000));
	follow_chains(f, 10, 50);
	assert_int_equal(0, checked_after(f, 60000));
	assert_int_equal(60, checked_after(f, 60000));
}

static void
a_full_disk_stores_nothing_new_and_gives_out_what_is_there(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	atomic_store(&f->common->pressure, PRESSURE_OUT);
	submit(f, 1);
	assert_error(f, ERROR_UNAVAILABLE);
	assert_true(last(f)->retry_after_ms > 0);
	assert_false(f->peer.finished);
	receive(f->session, 4, 0);
	answer_read(1, 2, 2);
	acknowledge(f->session, 2);
	assert_int_equal(2, fake.acknowledged);
	atomic_store(&f->common->pressure, PRESSURE_LOW);
	submit(f, 1);
	assert_int_equal(STORAGE_SUBMIT, fake.queue[fake.count - 1]->kind);
}

static void
short_of_disk_or_memory_there_are_no_new_accounts(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	atomic_store(&f->common->pressure, PRESSURE_LOW);
	register_alice(f, &f->alice.account_secret, NULL);
	assert_error(f, ERROR_UNAVAILABLE);
	assert_true(last(f)->retry_after_ms > 0);
	atomic_store(&f->common->pressure, PRESSURE_NONE);
	f->env.budget_bytes = 0;
	register_alice(f, &f->alice.account_secret, NULL);
	assert_error(f, ERROR_UNAVAILABLE);
	assert_int_equal(0, fake.count);
	f->env.budget_bytes = SIZE_MAX;
	register_alice(f, &f->alice.account_secret, NULL);
	oldest(STORAGE_REGISTER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_device_that_sends_too_much_is_told_when_to_come_back),
		CASE(another_connection_is_no_other_device),
		CASE(what_was_refused_is_not_overtaken_by_what_was_on_its_way),
		CASE(what_is_left_over_is_given_back),
		CASE(a_payload_for_many_is_counted_once_and_recipients_each),
		CASE(an_account_has_one_budget_for_all_its_devices),
		CASE(who_asks_too_fast_is_read_more_slowly_and_not_refused),
		CASE(requests_that_nobody_knows_are_counted_too),
		CASE(names_that_nobody_has_are_dear),
		CASE(names_asked_for_at_once_are_as_dear),
		CASE(as_many_bundles_as_are_left_are_given_out),
		CASE(chains_that_are_followed_count_as_memory),
		CASE(who_follows_many_chains_is_not_looked_after_more_often),
		CASE(
		    a_full_disk_stores_nothing_new_and_gives_out_what_is_there),
		CASE(short_of_disk_or_memory_there_are_no_new_accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
