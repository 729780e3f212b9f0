#include "fixture.h"
#include "store/client/vault.h"

static struct vault_key
prefix_of(struct fixture *f, const char *name)
{
	struct bytes part = bytes_text(name);

	return vault_key_hash(f->t, VAULT_HISTORY_BY_CONVERSATION, &part, 1);
}

static void
put_numbers(struct fixture *f, const char *name, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++) {
		struct vault_key key = vault_key_append(prefix_of(f, name), n);

		assert_status(
		    STATUS_OK, vault_put(f->t, VAULT_HISTORY_BY_CONVERSATION,
				   &key, BYTES("v")));
	}
}

/* Walks to the end and says what came, as a sum and a count. */
static size_t
walk(struct fixture *f, const struct vault_key *prefix,
    const struct vault_key *from, bool backwards, uint64_t *numbers)
{
	struct vault_cursor *c = NULL;
	size_t count = 0;

	assert_status(
	    STATUS_OK, vault_cursor_open(f->t, VAULT_HISTORY_BY_CONVERSATION,
			   prefix, from, backwards, &c));
	for (;;) {
		struct buf *value = NULL;
		struct bytes key;
		enum status st = vault_cursor_next(c, &key, &value);

		if (st == STATUS_NOT_FOUND)
			break;
		assert_status(STATUS_OK, st);
		assert_bytes(BYTES("v"), buf_view(value));
		buf_free(value);
		numbers[count++] = vault_key_last_number(key);
	}
	vault_cursor_close(c);
	return count;
}

static void
an_empty_table_has_no_first_and_no_last(void **state)
{
	struct fixture *f = *state;
	struct vault_key prefix = prefix_of(f, "a");
	uint64_t numbers[8];

	assert_int_equal(walk(f, NULL, NULL, false, numbers), 0);
	assert_int_equal(walk(f, NULL, NULL, true, numbers), 0);
	assert_int_equal(walk(f, &prefix, NULL, false, numbers), 0);
	assert_int_equal(walk(f, &prefix, NULL, true, numbers), 0);
}

static void
a_walk_stays_within_its_prefix(void **state)
{
	const char *const names[] = { "a", "b", "c" };
	struct fixture *f = *state;
	uint64_t numbers[16];

	for (uint64_t i = 0; i < 3; i++)
		put_numbers(f, names[i], i * 100 + 1, i * 100 + 4);
	/* One of the three is first, one is last: each edge is met. */
	for (uint64_t i = 0; i < 3; i++) {
		struct vault_key prefix = prefix_of(f, names[i]);
		struct vault_key missing = prefix_of(f, "missing");

		assert_int_equal(walk(f, &prefix, NULL, false, numbers), 4);
		for (uint64_t j = 0; j < 4; j++)
			assert_int_equal(numbers[j], i * 100 + 1 + j);
		assert_int_equal(walk(f, &prefix, NULL, true, numbers), 4);
		for (uint64_t j = 0; j < 4; j++)
			assert_int_equal(numbers[j], i * 100 + 4 - j);
		assert_int_equal(walk(f, &missing, NULL, true, numbers), 0);
		assert_int_equal(walk(f, &missing, NULL, false, numbers), 0);
	}
	assert_int_equal(walk(f, NULL, NULL, false, numbers), 12);
	assert_int_equal(walk(f, NULL, NULL, true, numbers), 12);
}

static void
a_walk_starts_at_or_beyond_the_key_it_is_given(void **state)
{
	struct fixture *f = *state;
	struct vault_key prefix = prefix_of(f, "a");
	uint64_t numbers[16];
	struct vault_key from;

	put_numbers(f, "a", 10, 13);
	put_numbers(f, "a", 20, 22);
	from = vault_key_append(prefix, 13);
	assert_int_equal(walk(f, &prefix, &from, false, numbers), 4);
	assert_int_equal(numbers[0], 13);
	assert_int_equal(walk(f, &prefix, &from, true, numbers), 4);
	assert_int_equal(numbers[0], 13);
	from = vault_key_append(prefix, 15);
	assert_int_equal(walk(f, &prefix, &from, false, numbers), 3);
	assert_int_equal(numbers[0], 20);
	assert_int_equal(walk(f, &prefix, &from, true, numbers), 4);
	assert_int_equal(numbers[0], 13);
	from = vault_key_append(prefix, 99);
	assert_int_equal(walk(f, &prefix, &from, false, numbers), 0);
	assert_int_equal(walk(f, &prefix, &from, true, numbers), 7);
	assert_int_equal(numbers[0], 22);
	from = vault_key_append(prefix, 1);
	assert_int_equal(walk(f, &prefix, &from, true, numbers), 0);
}

/* Deletes each record it is given, and one ahead of it. */
static void
delete_on_the_way(struct fixture *f, bool backwards, size_t expected)
{
	struct vault_key prefix = prefix_of(f, "a");
	struct vault_cursor *c = NULL;
	struct bytes key;
	size_t count = 0;

	put_numbers(f, "a", 1, 40);
	assert_status(
	    STATUS_OK, vault_cursor_open(f->t, VAULT_HISTORY_BY_CONVERSATION,
			   &prefix, NULL, backwards, &c));
	while (vault_cursor_next(c, &key, NULL) == STATUS_OK) {
		uint64_t n = vault_key_last_number(key);
		struct vault_key this = vault_key_append(prefix, n);
		struct vault_key next =
		    vault_key_append(prefix, backwards ? n - 1 : n + 1);

		assert_status(STATUS_OK,
		    vault_del(f->t, VAULT_HISTORY_BY_CONVERSATION, &this));
		assert_status(STATUS_OK,
		    vault_del(f->t, VAULT_HISTORY_BY_CONVERSATION, &next));
		count++;
	}
	vault_cursor_close(c);
	assert_int_equal(count, expected);
	assert_status(STATUS_OK,
	    vault_count(f->t, VAULT_HISTORY_BY_CONVERSATION, &count));
	assert_int_equal(count, 0);
}

static void
records_may_be_deleted_on_the_way(void **state)
{
	struct fixture *f = *state;

	delete_on_the_way(f, false, 20);
	delete_on_the_way(f, true, 20);
}

static void
a_prefix_of_all_ones_has_a_last_record(void **state)
{
	struct fixture *f = *state;
	struct vault_key prefix = { .len = VAULT_HASH_BYTES };
	struct vault_key key;
	uint64_t numbers[4];

	memset(prefix.raw, 0xff, prefix.len);
	key = vault_key_append(prefix, UINT64_MAX);
	assert_status(STATUS_OK,
	    vault_put(f->t, VAULT_HISTORY_BY_CONVERSATION, &key, BYTES("v")));
	assert_int_equal(walk(f, &prefix, NULL, true, numbers), 1);
	assert_true(numbers[0] == UINT64_MAX);
	assert_int_equal(walk(f, &prefix, NULL, false, numbers), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(an_empty_table_has_no_first_and_no_last),
		fixture_test(a_walk_stays_within_its_prefix),
		fixture_test(a_walk_starts_at_or_beyond_the_key_it_is_given),
		fixture_test(records_may_be_deleted_on_the_way),
		fixture_test(a_prefix_of_all_ones_has_a_last_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
