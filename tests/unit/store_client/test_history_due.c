/* Texts whose time is over: erased in time, and nothing else with them. */
#include "fixture.h"
#include "store/client/history.h"

enum { MINUTE_MS = 60 * 1000, MANY = 20 };

/* In the middle of a minute. */
#define DUE_MS (NOW_MS - NOW_MS % MINUTE_MS + 30 * 1000)

static uint64_t
add(struct fixture *f, uint8_t id, int64_t expires_ms)
{
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = fixture_hash("friends"),
		.from = f->bob.account,
		.device = f->bob.device,
		.received_ms = NOW_MS,
		.id.raw = { id },
		.text = BYTES("burn after reading"),
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
		.body = BYTES("what was signed"),
		.body_signature = BYTES("the signature"),
		.salt = BYTES("salt"),
		.expires_ms = expires_ms,
	};
	uint64_t n = 0;

	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	return n;
}

static struct history_entry
read_entry(struct fixture *f, uint64_t n)
{
	struct history_entry e;

	arena_reset(f->a);
	assert_status(STATUS_OK, history_get(f->t, n, f->a, &e));
	return e;
}

static size_t
erase(struct fixture *f, int64_t now_ms)
{
	size_t looked = 99;

	assert_status(STATUS_OK, history_erase_due(f->t, now_ms, 100, &looked));
	return looked;
}

static void
text_and_salt_go_and_what_was_signed_stays(void **state)
{
	struct fixture *f = *state;
	uint64_t n = add(f, 1, DUE_MS);
	struct history_entry e;
	size_t count;

	assert_status(STATUS_OK, history_has_due(f->t, DUE_MS + MINUTE_MS));
	assert_int_equal(erase(f, DUE_MS + MINUTE_MS), 1);
	fixture_turn(f);
	e = read_entry(f, n);
	assert_true(e.erased);
	assert_int_equal(e.text.len, 0);
	assert_int_equal(e.salt.len, 0);
	assert_true(bytes_equal(e.body, BYTES("what was signed")));
	assert_true(bytes_equal(e.body_signature, BYTES("the signature")));
	assert_status(
	    STATUS_NOT_FOUND, history_has_due(f->t, DUE_MS + MINUTE_MS));
	assert_status(STATUS_OK, vault_count(f->t, VAULT_HISTORY_DUE, &count));
	assert_int_equal(count, 0);
}

static void
nothing_goes_before_its_time(void **state)
{
	struct fixture *f = *state;
	uint64_t soon = add(f, 1, DUE_MS);
	uint64_t later = add(f, 2, DUE_MS + 10 * MINUTE_MS);
	uint64_t never = add(f, 3, 0);

	/* In its own minute, but too early. */
	assert_int_equal(erase(f, DUE_MS - 1), 0);
	assert_false(read_entry(f, soon).erased);
	assert_int_equal(erase(f, DUE_MS + MINUTE_MS), 1);
	assert_true(read_entry(f, soon).erased);
	assert_false(read_entry(f, later).erased);
	erase(f, INT64_MAX / 2);
	assert_true(read_entry(f, later).erased);
	assert_false(read_entry(f, never).erased);
	assert_int_equal(read_entry(f, never).text.len, 18);
}

static void
a_text_is_gone_on_the_millisecond(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = read_entry(f, add(f, 1, DUE_MS));

	assert_false(history_is_gone(&e, DUE_MS - 1));
	assert_true(history_is_gone(&e, DUE_MS));
	e = read_entry(f, add(f, 2, 0));
	assert_false(history_is_gone(&e, INT64_MAX));
}

static void
a_step_erases_no_more_than_it_is_told_to(void **state)
{
	struct fixture *f = *state;
	size_t looked = 0;
	size_t erased = 0;

	for (uint8_t i = 0; i < MANY; i++)
		add(f, i, DUE_MS + i * MINUTE_MS);
	do {
		assert_status(
		    STATUS_OK, history_erase_due(f->t,
				   DUE_MS + MANY * MINUTE_MS, 8, &looked));
		assert_true(looked <= 8);
		erased += looked;
	} while (looked == 8);
	assert_int_equal(erased, MANY);
	for (uint64_t n = 1; n <= MANY; n++)
		assert_true(read_entry(f, n).erased);
}

static void
what_becomes_of_it_later_does_not_bring_it_back(void **state)
{
	struct fixture *f = *state;
	uint64_t n = add(f, 1, DUE_MS);

	assert_status(
	    STATUS_OK, history_set_state(f->t, n, STATE_STORED, BYTES_NONE));
	assert_int_equal(erase(f, DUE_MS + MINUTE_MS), 1);
	assert_status(
	    STATUS_OK, history_set_state(f->t, n, STATE_READ, BYTES_NONE));
	assert_true(read_entry(f, n).erased);
	assert_int_equal(read_entry(f, n).state, STATE_READ);
	assert_int_equal(erase(f, INT64_MAX / 2), 0);
}

static void
a_foreign_key_among_them_stops_nothing(void **state)
{
	struct fixture *f = *state;
	struct vault_key nonsense = { { 0 }, 3 };
	uint64_t n = add(f, 1, DUE_MS);

	assert_status(STATUS_OK,
	    vault_put(f->t, VAULT_HISTORY_DUE, &nonsense, BYTES_NONE));
	nonsense.len = VAULT_KEY_MAX_BYTES;
	assert_status(STATUS_OK,
	    vault_put(f->t, VAULT_HISTORY_DUE, &nonsense, BYTES_NONE));
	assert_int_equal(erase(f, DUE_MS + MINUTE_MS), 3);
	assert_true(read_entry(f, n).erased);
	assert_int_equal(erase(f, DUE_MS + MINUTE_MS), 0);
}

int
main(void)
{
#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(text_and_salt_go_and_what_was_signed_stays),
		TEST(nothing_goes_before_its_time),
		TEST(a_text_is_gone_on_the_millisecond),
		TEST(a_step_erases_no_more_than_it_is_told_to),
		TEST(what_becomes_of_it_later_does_not_bring_it_back),
		TEST(a_foreign_key_among_them_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
