#include "proto/codec.h"
#include "proto/frame.h"
#include "proto/limits.h"
#include "tests/support/test.h"

static struct frame_reader *
reader_new(size_t max)
{
	struct frame_reader *f = NULL;

	assert_status(STATUS_OK, frame_reader_new(max, &f));
	return f;
}

static void
feed(struct frame_reader *f, struct bytes b)
{
	while (b.len > 0) {
		uint8_t *room = NULL;
		size_t len = 0;

		assert_status(STATUS_OK, frame_reader_room(f, &room, &len));
		assert_true(len > 0);
		len = len < b.len ? len : b.len;
		memcpy(room, b.data, len);
		frame_reader_filled(f, len);
		b = bytes_tail(b, len);
	}
}

static enum status
outcome(struct bytes stream, size_t max)
{
	struct frame_reader *f = reader_new(max);
	struct bytes body;
	enum status st;

	feed(f, stream);
	st = frame_reader_next(f, &body);
	frame_reader_free(f);
	return st;
}

static void
lengths_over_the_limit_are_refused_before_their_bytes_come(void **state)
{
	(void)state;
	assert_status(STATUS_BAD_INPUT,
	    outcome(BYTES("\xff\xff\xff\xff"), LIMIT_MESSAGE_BYTES));
	assert_status(STATUS_BAD_INPUT,
	    outcome(BYTES("\0\x10\0\1"), LIMIT_MESSAGE_BYTES));
	assert_status(
	    STATUS_AGAIN, outcome(BYTES("\0\x10\0\0"), LIMIT_MESSAGE_BYTES));
	assert_status(
	    STATUS_BAD_INPUT, outcome(BYTES("\0\0\0\0"), LIMIT_MESSAGE_BYTES));
	assert_status(STATUS_BAD_INPUT, outcome(BYTES("\0\0\x10\1"), 4096));
	assert_status(STATUS_AGAIN, outcome(BYTES("\0\0\x10\0"), 4096));
	assert_status(STATUS_AGAIN, outcome(BYTES("\0\0\0"), 4096));
}

/* Bodies: id 7, part { slice, last }. */
#define PART_ABC                                                               \
	"\0\0\0\x09\x08\x07\x7a\x05\x0a\x03"                                   \
	"abc"
#define LAST_DEF                                                               \
	"\0\0\0\x0b\x08\x07\x7a\x07\x0a\x03"                                   \
	"def\x10\x01"
#define OTHER_DEF                                                              \
	"\0\0\0\x0b\x08\x08\x7a\x07\x0a\x03"                                   \
	"def\x10\x01"
#define EMPTY "\0\0\0\x06\x08\x07\x7a\x02\x10\x01"
#define HELLO "\0\0\0\x04\x08\x09\x12\x00"

static void
parts_out_of_place_are_refused(void **state)
{
	(void)state;
	assert_status(STATUS_BAD_INPUT,
	    outcome(BYTES(PART_ABC OTHER_DEF), LIMIT_MESSAGE_BYTES));
	assert_status(STATUS_BAD_INPUT,
	    outcome(BYTES(PART_ABC HELLO), LIMIT_MESSAGE_BYTES));
	assert_status(STATUS_BAD_INPUT,
	    outcome(BYTES(PART_ABC EMPTY), LIMIT_MESSAGE_BYTES));
	assert_status(STATUS_AGAIN,
	    outcome(BYTES(PART_ABC PART_ABC), LIMIT_MESSAGE_BYTES));
}

static void
joined_parts_obey_the_limit_of_a_whole_message(void **state)
{
	(void)state;
	assert_status(
	    STATUS_OK, outcome(BYTES(PART_ABC PART_ABC LAST_DEF), 11));
	assert_status(STATUS_BAD_INPUT,
	    outcome(BYTES(PART_ABC PART_ABC PART_ABC LAST_DEF), 11));
}

static void
parts_come_out_as_one_and_the_next_message_follows(void **state)
{
	struct frame_reader *f = reader_new(LIMIT_MESSAGE_BYTES);
	struct bytes body;

	(void)state;
	feed(f, BYTES(PART_ABC LAST_DEF HELLO PART_ABC));
	assert_status(STATUS_OK, frame_reader_next(f, &body));
	assert_bytes(BYTES("abcdef"), body);
	assert_status(STATUS_OK, frame_reader_next(f, &body));
	assert_bytes(BYTES("\x08\x09\x12\x00"), body);
	assert_status(STATUS_AGAIN, frame_reader_next(f, &body));
	feed(f, BYTES(LAST_DEF));
	assert_status(STATUS_OK, frame_reader_next(f, &body));
	assert_bytes(BYTES("abcdef"), body);
	frame_reader_free(f);
}

static void
a_limit_can_be_lifted_on_the_way(void **state)
{
	struct frame_reader *f = reader_new(2);
	struct bytes body;

	(void)state;
	feed(f, BYTES(HELLO));
	assert_status(STATUS_BAD_INPUT, frame_reader_next(f, &body));
	frame_reader_set_limit(f, SIZE_MAX);
	assert_status(STATUS_OK, frame_reader_next(f, &body));
	frame_reader_free(f);
}

static void
a_feeder_that_takes_nothing_out_is_stopped(void **state)
{
	struct frame_reader *f = reader_new(LIMIT_MESSAGE_BYTES);
	uint8_t *room = NULL;
	size_t len = 0, total = 0;
	enum status st = STATUS_OK;

	(void)state;
	while (st == STATUS_OK) {
		st = frame_reader_room(f, &room, &len);
		if (st != STATUS_OK)
			break;
		memset(room, 0, len);
		frame_reader_filled(f, len);
		total += len;
		assert_true(total <= 2 * LIMIT_FRAME_BYTES);
	}
	assert_status(STATUS_FULL, st);
	frame_reader_free(f);
}

static void
the_largest_frame_passes_and_one_byte_more_is_not_made(void **state)
{
	struct frame_reader *f = reader_new(LIMIT_MESSAGE_BYTES);
	uint8_t *big = calloc(LIMIT_FRAME_BYTES + 1, 1);
	struct buf *out = NULL;
	struct bytes body;

	(void)state;
	assert_status(STATUS_OK, buf_new(LIMIT_MESSAGE_BYTES, &out));
	assert_status(
	    STATUS_OK, buf_put_field(out, bytes_view(big, LIMIT_FRAME_BYTES)));
	feed(f, buf_view(out));
	assert_status(STATUS_OK, frame_reader_next(f, &body));
	assert_bytes(bytes_view(big, LIMIT_FRAME_BYTES), body);
	buf_free(out);
	free(big);
	frame_reader_free(f);
}

static enum status
read_parts(void)
{
	struct frame_reader *f = NULL;
	struct bytes stream = BYTES(PART_ABC LAST_DEF), body;
	uint8_t *room = NULL;
	size_t len = 0;
	enum status st = frame_reader_new(LIMIT_MESSAGE_BYTES, &f);

	if (st == STATUS_OK)
		st = frame_reader_room(f, &room, &len);
	if (st == STATUS_OK) {
		memcpy(room, stream.data, stream.len);
		frame_reader_filled(f, stream.len);
		st = frame_reader_next(f, &body);
	}
	frame_reader_free(f);
	return st;
}

static void
running_out_of_memory_is_told_and_leaks_nothing(void **state)
{
	enum status st = STATUS_NOMEM;
	size_t n = 0;

	(void)state;
	while (st == STATUS_NOMEM) {
		alloc_fail_nth(++n);
		st = read_parts();
	}
	alloc_fail_nth(0);
	assert_status(STATUS_OK, st);
	assert_true(n > 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    lengths_over_the_limit_are_refused_before_their_bytes_come),
		cmocka_unit_test(parts_out_of_place_are_refused),
		cmocka_unit_test(
		    joined_parts_obey_the_limit_of_a_whole_message),
		cmocka_unit_test(
		    parts_come_out_as_one_and_the_next_message_follows),
		cmocka_unit_test(a_limit_can_be_lifted_on_the_way),
		cmocka_unit_test(a_feeder_that_takes_nothing_out_is_stopped),
		cmocka_unit_test(
		    the_largest_frame_passes_and_one_byte_more_is_not_made),
		cmocka_unit_test(
		    running_out_of_memory_is_told_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
