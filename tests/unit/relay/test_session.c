/* Getting in, and submitting. */
#include "tests/unit/relay/session_fixture.h"

/* ---- hostile first ---- */

static void
nothing_but_hello_is_answered_before_hello(void **state)
{
	struct fixture *f = *state;

	submit(f, 5);
	assert_error(f, ERROR_NOT_AUTHENTICATED);
	assert_int_equal(5, last(f)->id);
	assert_int_equal(0, fake.count);
	assert_false(f->peer.finished);
}

static void
nothing_is_submitted_before_authentication(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	submit(f, 5);
	assert_error(f, ERROR_NOT_AUTHENTICATED);
	assert_int_equal(0, fake.count);
}

static void
someone_who_keeps_asking_in_vain_is_shown_out(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 1; i < 20; i++)
		submit(f, i);
	assert_true(f->peer.finished);
	assert_int_equal(5, f->peer.count);
}

static void
garbage_is_answered_with_bad_request_and_the_end(void **state)
{
	struct fixture *f = *state;

	session_feed(f->session, BYTES("\xff\xff\xff garbage"));
	assert_error(f, ERROR_BAD_REQUEST);
	assert_true(f->peer.finished);
	hello(f->session);
	assert_int_equal(1, f->peer.count); /* nothing is said after the end */
}

static void
an_unknown_request_is_refused_and_the_next_one_is_served(void **state)
{
	struct fixture *f = *state;
	static const uint8_t unknown[] = { 0x08, 0x05, 0x9a, 0x06, 0x00 };

	open_session(f);
	session_feed(f->session, BYTES_OF(unknown));
	assert_error(f, ERROR_UNSUPPORTED);
	assert_int_equal(5, last(f)->id);
	assert_false(f->peer.finished);
	submit(f, 6);
	answer(STATUS_OK);
	assert_int_equal(REPLY_SUBMITTED, last(f)->kind);
}

static void
a_hello_of_the_future_alone_is_unsupported(void **state)
{
	struct fixture *f = *state;
	struct request r = { .id = 1, .kind = REQUEST_HELLO };

	r.u.hello.version_min = 2;
	r.u.hello.version_max = 9;
	feed(f->session, &r);
	assert_error(f, ERROR_UNSUPPORTED);
	assert_true(f->peer.finished);
}

static void
a_second_hello_ends_an_open_session(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	hello(f->session);
	assert_error(f, ERROR_BAD_REQUEST);
	assert_true(f->peer.finished);
}

static void
a_proof_by_another_key_is_denied(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	authenticate_with(f, f->session, &f->peer, &f->alice.account_secret);
	identify(f);
	assert_error(f, ERROR_DENIED);
	assert_false(session_is_authenticated(f->session));
}

static void
a_proof_for_another_connection_is_denied(void **state)
{
	struct fixture *f = *state;
	struct session *other = NULL;
	struct peer_log peer;

	assert_status(STATUS_OK, connect_peer(f, &peer, &other));
	hello(other);
	hello(f->session);
	authenticate_with(f, f->session, &peer, &f->alice.device_secret);
	identify(f);
	assert_error(f, ERROR_DENIED);
	session_free(other);
}

static void
an_unknown_account_gets_the_answer_of_a_wrong_key(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	authenticate_with(f, f->session, &f->peer, &f->alice.device_secret);
	oldest(STORAGE_IDENTIFY);
	answer(STATUS_NOT_FOUND);
	assert_error(f, ERROR_DENIED);
	assert_false(session_is_authenticated(f->session));
}

/* Prekeys take time to count, so their number would tell who is known. */
static void
no_prekeys_are_counted_for_a_wrong_key(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	authenticate_with(f, f->session, &f->peer, &f->alice.account_secret);
	identify(f);
	assert_error(f, ERROR_DENIED);
	assert_int_equal(0, fake.count);
}

static void
the_last_refusal_is_told_before_the_end(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	for (size_t i = 0; i < 5; i++) {
		assert_false(f->peer.finished);
		authenticate_with(
		    f, f->session, &f->peer, &f->alice.account_secret);
		identify(f);
	}
	assert_true(f->peer.finished);
	assert_int_equal(6, f->peer.count); /* hello and five refusals */
	assert_error(f, ERROR_DENIED);
}

/* A list that device_list_sign() would not make. */
static void
rename_alice(struct fixture *f, uint8_t first)
{
	struct buf *forged = NULL;
	struct bytes from = buf_view(f->alice.list_body);
	uint8_t *at;
	uint8_t *name;

	assert_status(STATUS_OK, buf_new(from.len, &forged));
	assert_status(STATUS_OK, buf_grow(forged, from.len, &at));
	memcpy(at, from.data, from.len);
	name = memmem(at, from.len, "lice", 4);
	assert_non_null(name);
	name[-1] = first;
	buf_free(f->alice.list_body);
	f->alice.list_body = forged;
}

static void
a_name_that_is_none_is_told_so_and_another_may_be_tried(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	rename_alice(f, 'A');
	register_alice(f, &f->alice.account_secret, NULL);
	assert_error(f, ERROR_BAD_NAME);
	assert_false(f->peer.finished);
	rename_alice(f, 'b'); /* a name, and not what was signed */
	register_alice(f, &f->alice.account_secret, NULL);
	assert_error(f, ERROR_DENIED);
	assert_int_equal(0, fake.count);
}

static void
a_list_that_is_malformed_ends_the_connection_with_a_code(void **state)
{
	struct fixture *f = *state;
	struct buf *cut = NULL;

	hello(f->session);
	assert_status(STATUS_OK,
	    buf_copy(bytes_head(buf_view(f->alice.list_body), 20), &cut));
	buf_free(f->alice.list_body);
	f->alice.list_body = cut;
	register_alice(f, &f->alice.account_secret, NULL);
	assert_error(f, ERROR_BAD_REQUEST);
	assert_true(f->peer.finished);
}

static void
nothing_is_taken_while_authentication_is_in_flight(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	assert_true(session_is_ready(f->session));
	authenticate_with(f, f->session, &f->peer, &f->alice.device_secret);
	assert_false(session_is_ready(f->session));
	identify(f);
	assert_true(session_is_ready(f->session));
}

static void
a_registration_by_another_account_key_is_denied(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	register_alice(f, &f->alice.device_secret, NULL);
	assert_error(f, ERROR_DENIED);
	assert_int_equal(0, fake.count);
}

static void
a_taken_name_stays_taken(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	register_alice(f, &f->alice.account_secret, NULL);
	oldest(STORAGE_REGISTER);
	answer(STATUS_CONFLICT);
	assert_error(f, ERROR_NAME_TAKEN);
	assert_false(session_is_authenticated(f->session));
}

static void
registering_again_with_the_same_keys_succeeds(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	register_alice(f, &f->alice.account_secret, NULL);
	answer(STATUS_EXISTS);
	assert_int_equal(REPLY_REGISTERED, last(f)->kind);
	assert_true(session_is_authenticated(f->session));
}

static void
wrong_join_codes_run_out_and_say_when_to_come_back(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	for (int i = 0; i < 3; i++) {
		register_alice(f, &f->alice.account_secret, "guess");
		finish_job(f);
		assert_true(oldest(STORAGE_REGISTER)->u.registration.has_code);
		answer(STATUS_DENIED);
		assert_error(f, ERROR_JOIN_REFUSED);
	}
	register_alice(f, &f->alice.account_secret, "guess");
	assert_null(f->job);
	assert_error(f, ERROR_RATE_LIMITED);
	assert_int_equal(30 * 1000, last(f)->retry_after_ms);
}

static void
a_right_join_code_costs_no_guess(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 10; i++) {
		hello(f->session);
		register_alice(f, &f->alice.account_secret, "right");
		finish_job(f);
		answer(STATUS_OK);
		assert_int_equal(REPLY_REGISTERED, last(f)->kind);
		session_free(f->session);
		assert_status(
		    STATUS_OK, connect_peer(f, &f->peer, &f->session));
	}
}

static void
without_a_code_a_closed_relay_registers_nobody(void **state)
{
	struct fixture *f = *state;

	hello(f->session);
	register_alice(f, &f->alice.account_secret, NULL);
	assert_true(oldest(STORAGE_REGISTER)->u.registration.code_needed);
	assert_false(oldest(STORAGE_REGISTER)->u.registration.has_code);
	answer(STATUS_DENIED);
	assert_error(f, ERROR_JOIN_REFUSED);
}

/* ---- submit ---- */

static void
a_submit_is_answered_only_when_storage_is_done(void **state)
{
	struct fixture *f = *state;
	size_t before;

	open_session(f);
	before = f->peer.count;
	submit(f, 9);
	assert_int_equal(before, f->peer.count);
	assert_true(address_equal(
	    &oldest(STORAGE_SUBMIT)->u.submit.sender, &f->alice.who));
	answer(STATUS_OK);
	assert_int_equal(REPLY_SUBMITTED, last(f)->kind);
	assert_int_equal(9, last(f)->id);
}

static void
every_end_of_a_submit_has_its_answer(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum status st;
		enum error_code code;
	} ends[] = {
		{ STATUS_CONFLICT, ERROR_DEVICES_CHANGED },
		{ STATUS_FULL, ERROR_FULL },
		{ STATUS_NO_SPACE, ERROR_UNAVAILABLE },
		{ STATUS_IO, ERROR_UNAVAILABLE },
		{ STATUS_NOMEM, ERROR_UNAVAILABLE },
		{ STATUS_BAD_INPUT, ERROR_BAD_REQUEST },
	};

	open_session(f);
	submit(f, 1);
	answer(STATUS_EXISTS);
	assert_int_equal(REPLY_SUBMITTED, last(f)->kind);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		submit(f, i + 2);
		answer(ends[i].st);
		assert_error(f, ends[i].code);
		assert_int_equal(i + 2, last(f)->id);
	}
	assert_true(f->peer.finished); /* by the last of them */
}

static void
what_storage_does_not_take_is_offered_again(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	submit(f, 1);
	fake.refuse = 1;
	submit(f, 2);
	assert_int_equal(1, fake.count);
	assert_false(session_is_ready(f->session));
	answer(STATUS_OK); /* every `done` offers what waits again */
	assert_int_equal(1, fake.count);
	assert_true(session_is_ready(f->session));
	answer(STATUS_OK);
	assert_int_equal(2, last(f)->id);
}

static void
a_peer_that_leaves_in_the_middle_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	submit(f, 1);
	receive(f->session, 2, 0);
	fake.refuse = 1;
	submit(f, 3);
	session_free(f->session);
	f->session = NULL;
	while (fake.count > 0)
		answer(STATUS_OK);
	assert_int_equal(0, f->env.calls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_but_hello_is_answered_before_hello),
		CASE(nothing_is_submitted_before_authentication),
		CASE(someone_who_keeps_asking_in_vain_is_shown_out),
		CASE(garbage_is_answered_with_bad_request_and_the_end),
		CASE(an_unknown_request_is_refused_and_the_next_one_is_served),
		CASE(a_hello_of_the_future_alone_is_unsupported),
		CASE(a_second_hello_ends_an_open_session),
		CASE(a_proof_by_another_key_is_denied),
		CASE(a_proof_for_another_connection_is_denied),
		CASE(an_unknown_account_gets_the_answer_of_a_wrong_key),
		CASE(no_prekeys_are_counted_for_a_wrong_key),
		CASE(the_last_refusal_is_told_before_the_end),
		CASE(a_name_that_is_none_is_told_so_and_another_may_be_tried),
		CASE(a_list_that_is_malformed_ends_the_connection_with_a_code),
		CASE(nothing_is_taken_while_authentication_is_in_flight),
		CASE(a_registration_by_another_account_key_is_denied),
		CASE(a_taken_name_stays_taken),
		CASE(registering_again_with_the_same_keys_succeeds),
		CODE_CASE(wrong_join_codes_run_out_and_say_when_to_come_back),
		CODE_CASE(a_right_join_code_costs_no_guess),
		CODE_CASE(without_a_code_a_closed_relay_registers_nobody),
		CASE(a_submit_is_answered_only_when_storage_is_done),
		CASE(every_end_of_a_submit_has_its_answer),
		CASE(what_storage_does_not_take_is_offered_again),
		CASE(a_peer_that_leaves_in_the_middle_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
