/* What one device may make the relay keep, or hold in memory. */
#include "tests/unit/relay/session_fixture.h"

#include "proto/frame.h"

static void
a_note_in_the_name_of_the_relay_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct recipient to = {
		.to = f->alice.who,
		.registration_id = 1,
		.type = ITEM_RELAY_NOTE,
		.suite = SUITE_SIGNAL_V3,
		.payload = BYTES("refused"),
	};
	struct request r = { .id = 3, .kind = REQUEST_SUBMIT };

	open_session(f);
	r.u.submit.counter = 1;
	r.u.submit.recipients = &to;
	r.u.submit.recipients_count = 1;
	feed(f->session, &r);
	assert_error(f, ERROR_BAD_REQUEST);
	assert_true(f->peer.finished);
	assert_int_equal(0, fake.count);
}

static void
chains_grow_only_so_fast(void **state)
{
	static const uint8_t entry[LIMIT_CHAIN_ENTRY_BYTES];
	struct fixture *f = *state;
	struct request r = { .id = 3, .kind = REQUEST_CHAIN_APPEND };
	size_t taken = 0;

	open_session(f);
	r.u.append.entry = BYTES_OF(entry);
	for (feed(f->session, &r); fake.count > 0; taken++) {
		answer(STATUS_OK);
		feed(f->session, &r);
	}
	assert_error(f, ERROR_RATE_LIMITED);
	assert_true(last(f)->retry_after_ms > 0);
	assert_in_range(taken * sizeof(entry), 1 << 20, 1 << 23);
	assert_false(f->peer.finished);
	f->env.mono_ms += (int64_t)last(f)->retry_after_ms;
	feed(f->session, &r);
	oldest(STORAGE_CHAIN_APPEND);
}

static void
what_is_in_flight_is_counted_until_it_is_answered(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	assert_int_equal(0, f->env.held_bytes);
	submit(f, 3);
	assert_true(f->env.held_bytes > 0);
	assert_int_equal(f->env.held_bytes, session_held_bytes(f->session));
	answer(STATUS_OK);
	assert_int_equal(0, f->env.held_bytes);
}

static void
while_memory_is_tight_small_things_go_on_and_big_answers_wait(void **state)
{
	struct fixture *f = *state;
	const struct chain_position position = { .chain = { { 5 } } };
	struct request r = { .id = 5, .kind = REQUEST_CHAIN_READ };

	open_session(f);
	f->env.budget_bytes = 0;
	submit(f, 3);
	answer(STATUS_OK);
	assert_int_equal(REPLY_SUBMITTED, last(f)->kind);
	receive(f->session, 4, 0);
	assert_int_equal(0, fake.count);
	r.u.chain_read.positions = &position;
	r.u.chain_read.count = 1;
	feed(f->session, &r);
	assert_error(f, ERROR_UNAVAILABLE);
	assert_true(last(f)->retry_after_ms > 0);
	assert_false(f->peer.finished);
	f->env.budget_bytes = SIZE_MAX;
	session_tick(f->session);
	answer_read(1, 2, 2);
	assert_int_equal(REPLY_DRAINED, last(f)->kind);
}

/* As many payloads as big as may be. */
static void
the_largest_message_there_may_be_is_taken(void **state)
{
	static const uint8_t payload[LIMIT_ITEM_BYTES];
	struct fixture *f = *state;
	struct recipient to[31];
	struct request r = { .id = 3, .kind = REQUEST_SUBMIT };
	struct buf *whole = NULL;
	struct frame_reader *reader = NULL;
	struct bytes body, left;

	open_session(f);
	for (size_t i = 0; i < 31; i++)
		to[i] = (struct recipient){
			.to = f->alice.who,
			.registration_id = 1,
			.type = ITEM_RATCHET,
			.suite = SUITE_SIGNAL_V3,
			.payload = BYTES_OF(payload),
		};
	r.u.submit.counter = 1;
	r.u.submit.recipients = to;
	r.u.submit.recipients_count = 31;
	assert_status(
	    STATUS_OK, buf_new((size_t)2 * LIMIT_MESSAGE_BYTES, &whole));
	assert_status(STATUS_OK, codec_put_request(&r, whole));
	assert_status(
	    STATUS_OK, frame_reader_new(LIMIT_MESSAGE_BYTES, &reader));
	left = buf_view(whole);
	while (frame_reader_next(reader, &body) == STATUS_AGAIN) {
		uint8_t *room;
		size_t len;

		assert_status(
		    STATUS_OK, frame_reader_room(reader, &room, &len));
		len = len < left.len ? len : left.len;
		assert_true(len > 0);
		memcpy(room, left.data, len);
		frame_reader_filled(reader, len);
		left = bytes_tail(left, len);
	}
	session_feed(f->session, body);
	assert_int_equal(
	    31, oldest(STORAGE_SUBMIT)->u.submit.submit.recipients_count);
	frame_reader_free(reader);
	buf_free(whole);
}

/* Else it would be acknowledged, unseen, together with the next. */
static void
a_push_that_finds_no_room_ends_the_connection(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	receive(f->session, 4, 0);
	f->peer.no_room = true;
	answer_read(1, 2, 4);
	assert_true(f->peer.finished);
	assert_int_equal(0, fake.count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_note_in_the_name_of_the_relay_is_refused),
		CASE(chains_grow_only_so_fast),
		CASE(what_is_in_flight_is_counted_until_it_is_answered),
		CASE(
		    while_memory_is_tight_small_things_go_on_and_big_answers_wait),
		CASE(a_push_that_finds_no_room_ends_the_connection),
		CASE(the_largest_message_there_may_be_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
