/* The parts of history.h beside the history itself. */
#include "fixture.h"
#include "store/client/history.h"

static void
a_sender_starts_at_zero_in_each_conversation(void **state)
{
	struct fixture *f = *state;
	struct hash c = fixture_hash("c");
	struct hash d = fixture_hash("d");
	struct sender_state zero = { 0 };
	struct sender_state was = {
		.seq = 5,
		.body_hash = fixture_hash("body"),
		.missing = 2,
		.head_index = 9,
		.delivered = { { { 1, 3 }, { 5, 5 } }, 2 },
		.read = { { { 1, 2 } }, 1 },
		.due = true,
		.told_index = 8,
		.claimed_index = 11,
		.claimed_hash = fixture_hash("claim"),
		.claimed_chain = { { 7 } },
	};
	struct sender_state is;

	assert_status(STATUS_OK, sender_put(f->t, &c, &f->bob, &was));
	fixture_turn(f);
	assert_status(STATUS_OK, sender_get(f->t, &c, &f->bob, &is));
	assert_memory_equal(&is, &was, sizeof(is));
	assert_status(STATUS_OK, sender_get(f->t, &d, &f->bob, &is));
	assert_memory_equal(&is, &zero, sizeof(is));
	assert_status(STATUS_OK, sender_get(f->t, &c, &f->alice, &is));
	assert_memory_equal(&is, &zero, sizeof(is));
}

static void
what_was_seen_is_known_by_all_its_parts(void **state)
{
	struct fixture *f = *state;
	struct bytes parts[] = { BYTES("bob"), BYTES("ciphertext") };
	struct bytes other[] = { BYTES("bobc"), BYTES("iphertext") };

	assert_status(STATUS_NOT_FOUND, seen_has(f->t, parts, 2));
	assert_status(STATUS_OK, seen_put(f->t, parts, 2, NOW_MS));
	assert_status(STATUS_OK, seen_put(f->t, parts, 2, NOW_MS));
	fixture_turn(f);
	assert_status(STATUS_OK, seen_has(f->t, parts, 2));
	assert_status(STATUS_NOT_FOUND, seen_has(f->t, parts, 1));
	assert_status(STATUS_NOT_FOUND, seen_has(f->t, other, 2));
}

static void
what_was_seen_long_ago_is_forgotten_a_few_at_a_time(void **state)
{
	enum { MARKS = 40, LOOKS = 8 };
	struct fixture *f = *state;
	size_t left = MARKS;
	int rounds = 0;

	for (uint8_t i = 0; i < MARKS; i++) {
		struct bytes part = bytes_view(&i, 1);

		assert_status(STATUS_OK,
		    seen_put(f->t, &part, 1, i % 2 ? NOW_MS : NOW_MS - 1));
	}
	while (left > MARKS / 2 && rounds++ < MARKS) {
		size_t before = left;

		assert_status(STATUS_OK, seen_prune(f->t, NOW_MS, LOOKS));
		assert_status(STATUS_OK, vault_count(f->t, VAULT_SEEN, &left));
		assert_true(before - left <= LOOKS);
	}
	assert_in_range(rounds, MARKS / LOOKS - 1, MARKS / LOOKS + 3);
	for (uint8_t i = 0; i < MARKS; i++) {
		struct bytes part = bytes_view(&i, 1);

		assert_status(i % 2 ? STATUS_OK : STATUS_NOT_FOUND,
		    seen_has(f->t, &part, 1));
	}
	/* And on it goes, from the front. */
	for (int i = 0; i < 2 * MARKS / LOOKS; i++)
		assert_status(STATUS_OK, seen_prune(f->t, NOW_MS + 1, LOOKS));
	assert_status(STATUS_OK, vault_count(f->t, VAULT_SEEN, &left));
	assert_int_equal(left, 0);
}

static void
quarantine_keeps_order_and_never_reuses_a_place(void **state)
{
	struct fixture *f = *state;
	struct quarantine_entry was = {
		.reason = QUARANTINE_NO_SENDER_KEY,
		.sender = f->bob,
		.type = 4,
		.suite = 1,
		.stored_ms = NOW_MS,
		.payload = BYTES("opaque"),
		.group = fixture_hash("g"),
	};
	struct quarantine_entry is;
	uint64_t order = 0;

	assert_status(STATUS_NOT_FOUND, quarantine_next(f->t, 0, f->a, &is));
	for (uint64_t i = 1; i <= 3; i++) {
		assert_status(STATUS_OK, quarantine_add(f->t, &was, &order));
		assert_int_equal(order, i);
	}
	assert_status(STATUS_OK, quarantine_del(f->t, 3));
	assert_status(STATUS_OK, quarantine_del(f->t, 1));
	assert_status(STATUS_NOT_FOUND, quarantine_del(f->t, 1));
	fixture_turn(f);
	assert_status(STATUS_OK, quarantine_add(f->t, &was, &order));
	assert_int_equal(order, 4);
	assert_status(STATUS_OK, quarantine_next(f->t, 0, f->a, &is));
	assert_int_equal(is.order, 2);
	assert_int_equal(is.reason, QUARANTINE_NO_SENDER_KEY);
	assert_true(address_equal(&is.sender, &f->bob));
	assert_int_equal(is.type, 4);
	assert_int_equal(is.suite, 1);
	assert_int_equal(is.stored_ms, NOW_MS);
	assert_bytes(BYTES("opaque"), is.payload);
	assert_bytes(hash_view(&was.group), hash_view(&is.group));
	assert_status(STATUS_OK, quarantine_next(f->t, 2, f->a, &is));
	assert_int_equal(is.order, 4);
	assert_status(STATUS_NOT_FOUND, quarantine_next(f->t, 4, f->a, &is));
	assert_status(
	    STATUS_NOT_FOUND, quarantine_next(f->t, UINT64_MAX, f->a, &is));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_sender_starts_at_zero_in_each_conversation),
		fixture_test(what_was_seen_is_known_by_all_its_parts),
		fixture_test(
		    what_was_seen_long_ago_is_forgotten_a_few_at_a_time),
		fixture_test(quarantine_keeps_order_and_never_reuses_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
