#include "tests/support/test.h"

#include "store/dbkey.h"
#include "store/relay/schema.h"
#include "store/relay/segments.h"

struct fixture {
	char *dir;
	struct db *db;
	struct db_txn *txn;
	struct relay_meta meta;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dir = scratch_dir_new();
	assert_status(
	    STATUS_OK, schema_open(f->dir, 1 << 28, &f->db, &f->meta));
	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &f->txn));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	db_txn_abort(f->txn);
	db_close(f->db);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

static void
put_raw(struct fixture *f, uint64_t number, struct bytes row)
{
	struct dbkey key = dbkey_u64(number);

	assert_status(STATUS_OK,
	    db_put(f->txn, TABLE_SEGMENTS, dbkey_view(&key), row, DB_PUT));
}

static void
a_segment_cut_short_anywhere_is_refused(void **state)
{
	struct fixture *f = *state;
	struct segment_mark mark = { .slot = 3, .counter = 4 };
	struct segment_item items[2] = {
		{ .slot = 1, .seq = 1, .payload = BYTES("one"), .mark = &mark },
		{ .slot = 2, .seq = 9, .payload = BYTES("twelve") },
	};
	uint8_t copy[256];
	uint64_t next = 1;
	struct segment s;

	assert_status(STATUS_OK, segments_append(f->txn, items, 2, &next));
	assert_status(STATUS_OK, segments_read(f->txn, 1, &s));
	assert_true(s.all.len <= sizeof(copy));
	memcpy(copy, s.all.data, s.all.len);
	for (size_t len = 0; len < s.all.len; len++) {
		put_raw(f, 2, bytes_view(copy, len));
		assert_status(STATUS_IO, segments_read(f->txn, 2, &s));
		assert_status(STATUS_OK, segments_read(f->txn, 1, &s));
	}
}

static void
counts_and_offsets_that_lie_are_refused(void **state)
{
	enum { HEAD = 16, OFFSET = HEAD + 32 };
	struct fixture *f = *state;
	struct segment_item item = { .seq = 1, .payload = BYTES("one") };
	uint8_t copy[256];
	uint64_t next = 1;
	struct segment s;
	size_t len;

	assert_status(STATUS_OK, segments_append(f->txn, &item, 1, &next));
	assert_status(STATUS_OK, segments_read(f->txn, 1, &s));
	len = s.all.len;
	memcpy(copy, s.all.data, len);
	for (size_t field = 0; field < HEAD; field += 4) {
		uint32_t before = load_u32(copy + field);

		store_u32(copy + field, UINT32_MAX);
		assert_status(
		    STATUS_IO, segment_parse(bytes_view(copy, len), &s));
		store_u32(copy + field, before);
	}
	store_u32(copy + OFFSET, (uint32_t)len - 2);
	assert_status(STATUS_OK, segment_parse(bytes_view(copy, len), &s));
	assert_status(STATUS_IO, segment_item_at(&s, 0, &item));
	store_u32(copy + OFFSET, UINT32_MAX);
	assert_status(STATUS_IO, segment_item_at(&s, 0, &item));
}

static void
everything_comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;
	const struct segment_mark mark = {
		.slot = 77,
		.stream = { 1, 2, 3, 4, 5, 6, 7, 8 },
		.counter = 99,
	};
	struct segment_item items[2] = {
		{
		    .slot = 5,
		    .sender_slot = 77,
		    .seq = 0x123456789abcull,
		    .stored_ms = -1,
		    .type = 2,
		    .suite = 1,
		    .payload = BYTES("hello"),
		    .mark = &mark,
		},
		{ .slot = 6, .seq = 2, .payload = BYTES_NONE },
	};
	struct segment_mark got_mark;
	struct segment_item got;
	uint64_t next = 10;
	struct segment s;

	assert_status(STATUS_OK, segments_append(f->txn, items, 2, &next));
	assert_int_equal(next, 11);
	assert_int_equal(items[1].segment, 10);
	assert_int_equal(items[1].index, 1);
	assert_status(STATUS_OK, segments_read(f->txn, 10, &s));
	assert_int_equal(s.items_count, 2);
	assert_int_equal(s.marks_count, 1);
	segment_mark_at(&s, 0, &got_mark);
	assert_int_equal(got_mark.slot, 77);
	assert_memory_equal(got_mark.stream, mark.stream, STREAM_BYTES);
	assert_int_equal(got_mark.counter, 99);
	assert_status(STATUS_OK, segment_item_at(&s, 0, &got));
	assert_int_equal(got.slot, 5);
	assert_int_equal(got.sender_slot, 77);
	assert_int_equal(got.seq, 0x123456789abcull);
	assert_int_equal(got.stored_ms, -1);
	assert_bytes(BYTES("hello"), got.payload);
	assert_status(STATUS_OK, segment_item_at(&s, 1, &got));
	assert_int_equal(got.payload.len, 0);
	assert_status(STATUS_OK, segments_drop(f->txn, 10));
	assert_status(STATUS_NOT_FOUND, segments_read(f->txn, 10, &s));
}

static void
a_shared_payload_is_stored_once(void **state)
{
	enum { MANY = 1000, BIG = 100 * 1000 };
	struct fixture *f = *state;
	struct segment_item *items = calloc(MANY, sizeof(*items));
	uint8_t *big = calloc(1, BIG);
	uint64_t next = 1;
	struct segment s;

	assert_non_null(items);
	assert_non_null(big);
	for (uint32_t i = 0; i < MANY; i++)
		items[i] = (struct segment_item){
			.slot = i + 1,
			.seq = 1,
			.shared = true,
			.payload = bytes_view(big, BIG),
		};
	assert_status(STATUS_OK, segments_append(f->txn, items, MANY, &next));
	assert_int_equal(next, 2);
	assert_status(STATUS_OK, segments_read(f->txn, 1, &s));
	assert_true(s.all.len < BIG + MANY * 64);
	free(items);
	free(big);
}

static void
many_small_ones_fill_segments_of_the_size_agreed(void **state)
{
	enum { MANY = 1000, SMALL = 300 };
	struct fixture *f = *state;
	struct segment_item *items = calloc(MANY, sizeof(*items));
	uint8_t small[SMALL] = { 0 };
	uint64_t next = 1;
	struct segment s;

	assert_non_null(items);
	for (uint32_t i = 0; i < MANY; i++)
		items[i] = (struct segment_item){
			.slot = 1,
			.seq = i + 1,
			.payload = BYTES_OF(small),
		};
	assert_status(STATUS_OK, segments_append(f->txn, items, MANY, &next));
	assert_int_equal(next, 7);
	for (uint64_t n = 1; n < next; n++) {
		assert_status(STATUS_OK, segments_read(f->txn, n, &s));
		assert_true(s.all.len <= LIMIT_SEGMENT_BYTES);
	}
	/* A number is never written twice. */
	next = 3;
	assert_status(STATUS_IO, segments_append(f->txn, items, 1, &next));
	free(items);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_segment_cut_short_anywhere_is_refused),
		CASE(counts_and_offsets_that_lie_are_refused),
		CASE(everything_comes_back_as_it_was),
		CASE(a_shared_payload_is_stored_once),
		CASE(many_small_ones_fill_segments_of_the_size_agreed),
	};

	return cmocka_run_group_tests_name("segments", tests, NULL, NULL);
}
