/* The form of a segment: what comes back, and what is never believed. */
#include "tests/support/test.h"

#include "store/relay/segments.h"

enum { PLACE = 8192, ROOM_BYTES = 4096 };

static const struct segment_key key = { { 1, 2, 3 } };

/* Two submits, three items; the last two share what they carry. */
struct sample {
	struct segment_submit one;
	struct segment_submit two;
	struct segment_submit *submits[2];
	struct segment_item items[3];
	uint8_t room[ROOM_BYTES];
	size_t len;
};

static void
sample_make(struct sample *s)
{
	struct segment_plan plan = {
		.number = 77,
		.place = PLACE,
		.submits = s->submits,
		.submits_count = 2,
		.items = s->items,
		.items_count = 3,
	};

	memset(s, 0, sizeof(*s));
	s->one = (struct segment_submit){
		.slot = 5,
		.stream = { 9, 8, 7, 6, 5, 4, 3, 2 },
		.counter = 0x123456789abcull,
		.return_handle = BYTES("handle"),
	};
	s->two =
	    (struct segment_submit){ .slot = 6, .counter = 8, .is_copy = true };
	s->submits[0] = &s->one;
	s->submits[1] = &s->two;
	s->items[0] = (struct segment_item){
		.slot = 1,
		.sender_slot = 5,
		.seq = 0x1122334455667788ull,
		.stored_ms = -1,
		.type = 3,
		.suite = 4,
		.payload = BYTES("own"),
		.submit = &s->one,
	};
	for (uint32_t i = 1; i < 3; i++)
		s->items[i] = (struct segment_item){
			.slot = i + 1,
			.seq = i,
			.payload = BYTES("for many"),
			.shared = true,
			.submit = &s->two,
		};
	s->len = segment_write(&plan, &key, s->room);
}

static bool
sample_check(struct sample *s, size_t len, struct segment *got)
{
	return segment_check(s->room, len, PLACE, &key, got);
}

static void
everything_comes_back_as_it_was(void **state)
{
	struct sample s;
	struct segment got;
	struct segment_walk walk;
	struct segment_submit submit;
	struct segment_item item;

	(void)state;
	sample_make(&s);
	assert_int_equal(s.len, SEGMENT_HEAD_BYTES +
				    segment_submit_bytes(&s.one) +
				    segment_submit_bytes(&s.two) +
				    segment_item_bytes(&s.items[0], true) +
				    segment_item_bytes(&s.items[1], true) +
				    segment_item_bytes(&s.items[2], false));
	assert_int_equal(
	    segment_size(bytes_view(s.room, SEGMENT_HEAD_BYTES)), s.len);
	assert_true(sample_check(&s, s.len, &got));
	assert_int_equal(got.number, 77);
	segment_walk(&got, &walk);
	assert_status(STATUS_OK, segment_next_submit(&walk, &submit));
	assert_int_equal(submit.slot, 5);
	assert_memory_equal(submit.stream, s.one.stream, STREAM_BYTES);
	assert_int_equal(submit.counter, s.one.counter);
	assert_bytes(BYTES("handle"), submit.return_handle);
	assert_false(submit.is_copy);
	assert_int_equal(submit.place, s.one.place);
	assert_status(STATUS_OK, segment_next_submit(&walk, &submit));
	assert_true(submit.is_copy);
	assert_int_equal(submit.return_handle.len, 0);
	assert_status(STATUS_NOT_FOUND, segment_next_submit(&walk, &submit));
	assert_status(STATUS_OK, segment_next_item(&walk, &item));
	assert_int_equal(item.slot, 1);
	assert_int_equal(item.sender_slot, 5);
	assert_int_equal(item.seq, 0x1122334455667788ull);
	assert_int_equal(item.stored_ms, -1);
	assert_int_equal(item.type, 3);
	assert_int_equal(item.suite, 4);
	assert_int_equal(item.place, s.items[0].place);
	assert_int_equal(item.submit_place, s.one.place);
	assert_bytes(BYTES("own"), item.payload);
	for (uint32_t i = 1; i < 3; i++) {
		assert_status(STATUS_OK, segment_next_item(&walk, &item));
		assert_int_equal(item.slot, i + 1);
		assert_bytes(BYTES("for many"), item.payload);
		assert_int_equal(item.submit_place, s.two.place);
	}
	assert_status(STATUS_NOT_FOUND, segment_next_item(&walk, &item));
}

static void
an_item_tells_where_its_payload_lies(void **state)
{
	struct sample s;
	struct segment_item item;
	uint32_t payload;
	size_t len;

	(void)state;
	sample_make(&s);
	for (int i = 0; i < 3; i++) {
		assert_status(STATUS_OK,
		    segment_item_head(s.room + (s.items[i].place - PLACE),
			&item, &payload, &len));
		assert_bytes(s.items[i].payload,
		    bytes_view(s.room + (payload - PLACE), len));
	}
}

static void
a_segment_cut_short_or_with_a_bit_wrong_is_none(void **state)
{
	struct sample s;
	struct segment got;

	(void)state;
	sample_make(&s);
	for (size_t len = 0; len < s.len; len++)
		assert_false(sample_check(&s, len, &got));
	for (size_t i = 0; i < s.len * 8; i++) {
		uint8_t bit = (uint8_t)(1 << i % 8);

		s.room[i / 8] ^= bit;
		assert_false(sample_check(&s, s.len, &got));
		s.room[i / 8] ^= bit;
	}
	assert_true(sample_check(&s, s.len, &got));
}

/* An earlier life of the file, or what a sender put into a payload. */
static void
a_segment_of_another_key_is_none(void **state)
{
	const struct segment_key other = { { 1, 2, 4 } };
	struct sample s;
	struct segment got;

	(void)state;
	sample_make(&s);
	assert_false(segment_check(s.room, s.len, PLACE, &other, &got));
}

/* The sum is right, and yet: a disk that lies may know the key. */
static void
what_lies_about_its_inside_is_told(void **state)
{
	enum { HANDLE_LEN = SEGMENT_HEAD_BYTES + 8 };
	struct sample s;
	struct segment got;
	struct segment_walk walk;
	struct segment_submit submit;
	struct segment_item item;
	uint8_t *head;

	(void)state;
	sample_make(&s);
	assert_true(sample_check(&s, s.len, &got));
	store_u32(s.room + HANDLE_LEN, LIMIT_RETURN_HANDLE_BYTES + 1);
	segment_walk(&got, &walk);
	assert_status(STATUS_IO, segment_next_submit(&walk, &submit));
	store_u32(s.room + HANDLE_LEN, 6);

	head = s.room + (s.items[0].place - PLACE);
	for (size_t field = 36; field <= 40; field += 4) {
		const uint32_t lies[] = { 0, PLACE - 1, UINT32_MAX,
			(uint32_t)(PLACE + s.len - 2), UINT32_MAX / 2 };
		uint32_t before = load_u32(head + field);

		for (size_t i = field == 40 ? 2 : 0; i < 5; i++) {
			store_u32(head + field, lies[i]);
			segment_walk(&got, &walk);
			while (segment_next_submit(&walk, &submit) == STATUS_OK)
				;
			assert_status(
			    STATUS_IO, segment_next_item(&walk, &item));
		}
		store_u32(head + field, before);
	}
	got.items_count = 1000;
	segment_walk(&got, &walk);
	while (segment_next_submit(&walk, &submit) == STATUS_OK)
		;
	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, segment_next_item(&walk, &item));
	assert_status(STATUS_IO, segment_next_item(&walk, &item));
	got.submits_count = 1000;
	segment_walk(&got, &walk);
	do
		memset(&submit, 0, sizeof(submit));
	while (walk.at < got.all.len &&
	       segment_next_submit(&walk, &submit) == STATUS_OK);
	assert_true(walk.at <= got.all.len);
}

static void
a_payload_for_many_is_stored_once(void **state)
{
	enum { MANY = 1000, BIG = 100 * 1000 };
	struct segment_submit submit = { .slot = 1 };
	struct segment_submit *submits[] = { &submit };
	struct segment_item *items = calloc(MANY, sizeof(*items));
	uint8_t *big = calloc(1, BIG);
	uint8_t *room = calloc(1, BIG + MANY * 64);
	const struct segment_plan plan = {
		.submits = submits,
		.submits_count = 1,
		.items = items,
		.items_count = MANY,
	};

	(void)state;
	assert_true(items != NULL && big != NULL && room != NULL);
	for (uint32_t i = 0; i < MANY; i++)
		items[i] = (struct segment_item){
			.slot = i + 1,
			.seq = 1,
			.shared = true,
			.submit = &submit,
			.payload = bytes_view(big, BIG),
		};
	assert_true(segment_write(&plan, &key, room) < BIG + MANY * 64);
	free(items);
	free(big);
	free(room);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back_as_it_was),
		cmocka_unit_test(an_item_tells_where_its_payload_lies),
		cmocka_unit_test(
		    a_segment_cut_short_or_with_a_bit_wrong_is_none),
		cmocka_unit_test(a_segment_of_another_key_is_none),
		cmocka_unit_test(what_lies_about_its_inside_is_told),
		cmocka_unit_test(a_payload_for_many_is_stored_once),
	};

	return cmocka_run_group_tests_name("segments", tests, NULL, NULL);
}
