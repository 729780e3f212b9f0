/* Frames cut at every byte come out as if they had arrived at once. */
#include "proto/codec.h"
#include "proto/frame.h"
#include "proto/limits.h"
#include "tests/support/test.h"

enum { REQUESTS = 5 };

/* The toy model: requests whose id and seq say which one they are. */
static struct buf *
stream_new(void)
{
	struct buf *stream = NULL;

	assert_status(STATUS_OK, buf_new(LIMIT_MESSAGE_BYTES, &stream));
	for (uint64_t i = 0; i < REQUESTS; i++) {
		struct request r = { .id = i + 1, .kind = REQUEST_ACKNOWLEDGE };

		r.u.acknowledge_seq = (uint64_t)1 << (i * 9);
		assert_status(STATUS_OK, codec_put_request(&r, stream));
	}
	return stream;
}

static void
put(struct frame_reader *f, struct bytes b)
{
	while (b.len > 0) {
		uint8_t *room = NULL;
		size_t len = 0;

		assert_status(STATUS_OK, frame_reader_room(f, &room, &len));
		len = len < b.len ? len : b.len;
		memcpy(room, b.data, len);
		frame_reader_filled(f, len);
		b = bytes_tail(b, len);
	}
}

/* Takes what is whole; *next is the id that has to come. */
static void
take(struct frame_reader *f, struct arena *a, uint64_t *next)
{
	struct bytes body;

	while (frame_reader_next(f, &body) == STATUS_OK) {
		struct request r;
		uint64_t id = 0;

		assert_status(STATUS_OK, codec_get_request(body, a, &r, &id));
		assert_int_equal(id, *next);
		assert_int_equal(
		    r.u.acknowledge_seq, (uint64_t)1 << ((*next - 1) * 9));
		(*next)++;
		arena_reset(a);
	}
}

static void
run_cuts(const size_t *cuts, size_t count, struct bytes stream)
{
	struct frame_reader *f = NULL;
	struct arena *a = NULL;
	uint64_t next = 1;
	size_t at = 0;

	assert_status(STATUS_OK, frame_reader_new(LIMIT_MESSAGE_BYTES, &f));
	assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &a));
	for (size_t i = 0; i <= count; i++) {
		size_t end = i < count ? cuts[i] : stream.len;

		put(f, bytes_head(bytes_tail(stream, at), end - at));
		take(f, a, &next);
		at = end;
	}
	assert_int_equal(next, REQUESTS + 1);
	frame_reader_free(f);
	arena_free(a);
}

static void
two_cuts_at_any_two_bytes_change_nothing(void **state)
{
	struct buf *stream = stream_new();
	struct bytes all = buf_view(stream);

	(void)state;
	for (size_t first = 0; first <= all.len; first++)
		for (size_t second = first; second <= all.len; second++) {
			const size_t cuts[] = { first, second };

			run_cuts(cuts, 2, all);
		}
	buf_free(stream);
}

static void
single_bytes_change_nothing(void **state)
{
	struct buf *stream = stream_new();
	size_t cuts[512];
	size_t count = buf_len(stream);

	(void)state;
	assert_true(count < 512);
	for (size_t i = 0; i < count; i++)
		cuts[i] = i;
	run_cuts(cuts, count, buf_view(stream));
	buf_free(stream);
}

enum { RECIPIENTS = 9 };

static uint8_t payload[LIMIT_ITEM_BYTES];

/* A submit that needs parts. */
static struct buf *
big_stream_new(void)
{
	struct recipient to[RECIPIENTS];
	struct request r = { .id = 5, .kind = REQUEST_SUBMIT };
	struct buf *stream = NULL;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < RECIPIENTS; i++)
		to[i] =
		    (struct recipient){ .to = { { "bob" }, 1 + (uint32_t)i },
			    .payload = BYTES_OF(payload) };
	r.u.submit.counter = 1;
	r.u.submit.recipients = to;
	r.u.submit.recipients_count = RECIPIENTS;
	assert_status(STATUS_OK, buf_new(2 * LIMIT_MESSAGE_BYTES, &stream));
	assert_status(STATUS_OK, codec_put_request(&r, stream));
	assert_true(buf_len(stream) > 2 * LIMIT_FRAME_BYTES);
	return stream;
}

/* Looks for a message every `step` bytes; it has to come with the last. */
static void
run_steps(struct bytes left, size_t step, struct arena *a)
{
	struct bytes body = BYTES_NONE;
	struct frame_reader *f = NULL;
	enum status st = STATUS_AGAIN;
	struct request got;
	uint64_t id = 0;

	assert_status(STATUS_OK, frame_reader_new(LIMIT_MESSAGE_BYTES, &f));
	while (left.len > 0 && st == STATUS_AGAIN) {
		put(f, bytes_head(left, step));
		left = bytes_tail(left, step);
		st = frame_reader_next(f, &body);
	}
	assert_status(STATUS_OK, st);
	assert_int_equal(left.len, 0);
	assert_status(STATUS_OK, codec_get_request(body, a, &got, &id));
	assert_int_equal(got.u.submit.recipients_count, RECIPIENTS);
	for (size_t i = 0; i < RECIPIENTS; i++)
		assert_bytes(
		    BYTES_OF(payload), got.u.submit.recipients[i].payload);
	frame_reader_free(f);
}

static void
a_message_in_parts_survives_every_step_width(void **state)
{
	struct buf *stream = big_stream_new();
	struct arena *a = NULL;

	(void)state;
	assert_status(STATUS_OK, arena_new(2 * LIMIT_ARENA_BYTES, &a));
	for (size_t step = 997; step < 16 * 1024; step += 1499) {
		run_steps(buf_view(stream), step, a);
		arena_reset(a);
	}
	arena_free(a);
	buf_free(stream);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_cuts_at_any_two_bytes_change_nothing),
		cmocka_unit_test(single_bytes_change_nothing),
		cmocka_unit_test(a_message_in_parts_survives_every_step_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
