/* A real relay and clients that speak its protocol well. */
#include "tests/support/relay_fixture.h"

#include <stdio.h>

#include "base/clock.h"

const char *const relay_program = TACIT_RELAY_BIN;

/* ---- messages ---- */

static void
messages_survive_kill_and_restart_and_are_pushed_once(void **state)
{
	struct fixture *f = *state;
	struct wire *w;
	uint64_t last;

	send_texts(f, 1, 1, 20);
	relay_process_kill(&f->relay);
	fixture_start(f, NULL);
	send_texts(f, 1, 10, 20); /* ten of them are repeated */
	w = fixture_login(f, &f->bob);
	receive(w);
	last = drain(w, 29);
	acknowledge(w, last);
	/* An answer behind it shows that the acknowledgement was read. */
	receive(w);
	drain(w, 0);
	wire_close(w);
	send_texts(f, 1, 30, 1);
	assert_int_equal(0, relay_process_stop(&f->relay));
	fixture_start(f, NULL);
	w = fixture_login(f, &f->bob);
	receive(w);
	assert_int_equal(last + 1, drain(w, 1));
	wire_close(w);
}

static void
a_waiting_receiver_is_pushed_to_at_once(void **state)
{
	struct fixture *f = *state;
	struct wire *w = fixture_login(f, &f->bob);
	struct reply r;

	receive(w);
	drain(w, 0);
	for (uint64_t i = 1; i <= 5; i++) {
		int64_t begin_ms = clock_mono_ms();

		send_texts(f, 1, i, 1);
		assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
		assert_int_equal(REPLY_PUSH, r.kind);
		assert_int_equal(1, r.u.push.count);
		assert_true(r.u.push.items[0].has_sender);
		assert_string_equal(
		    "alice", r.u.push.items[0].sender.account.text);
		assert_bytes(BYTES("sealed text"), r.u.push.items[0].payload);
		assert_true(clock_mono_ms() - begin_ms < 2000);
	}
	wire_close(w);
}

static void
of_two_receivers_the_newest_wins(void **state)
{
	struct fixture *f = *state;
	struct wire *old = fixture_login(f, &f->bob),
		    *new = fixture_login(f, &f->bob);
	struct reply r;

	send_texts(f, 1, 1, 3);
	receive(old);
	drain(old, 3);
	receive(new);
	drain(new, 3); /* nothing was acknowledged */
	assert_status(STATUS_OK, wire_next(old, PATIENCE_MS, &r));
	assert_int_equal(REPLY_ERROR, r.kind);
	assert_int_equal(ERROR_REPLACED, r.u.error.code);
	send_texts(f, 1, 4, 1);
	assert_status(STATUS_OK, wire_next(new, PATIENCE_MS, &r));
	assert_int_equal(REPLY_PUSH, r.kind);
	assert_status(STATUS_AGAIN, wire_next(old, 300, &r));
	wire_close(old);
	wire_close(new);
}

static void
a_submit_for_the_wrong_devices_says_what_changed(void **state)
{
	struct fixture *f = *state;
	struct wire *w = fixture_login(f, &f->alice);
	struct wire_person stranger = f->bob;
	struct reply r;

	stranger.registration_id = f->bob.registration_id % 16380 + 1;
	assert_status(STATUS_OK, wire_submit(w, &stranger, 1, 1, "sealed", &r));
	assert_int_equal(REPLY_ERROR, r.kind);
	assert_int_equal(ERROR_DEVICES_CHANGED, r.u.error.code);
	assert_int_equal(1, r.u.error.changed.stale.count);
	wire_close(w);
}

static void
two_who_append_at_once_get_different_answers_and_followers_hear(void **state)
{
	struct fixture *f = *state;
	struct wire *a = fixture_login(f, &f->alice),
		    *b = fixture_login(f, &f->bob);
	const struct chain_position position = { .chain = { { 8 } } };
	struct request read = { .kind = REQUEST_CHAIN_READ };
	struct request append = { .kind = REQUEST_CHAIN_APPEND };
	struct reply r;

	read.u.chain_read.positions = &position;
	read.u.chain_read.count = 1;
	read.u.chain_read.follow = true;
	assert_status(STATUS_OK, wire_ask(b, &read, &r));
	assert_int_equal(REPLY_CHAIN_TAILS, r.kind);
	assert_int_equal(0, r.u.tails.tails[0].length);
	append.u.append.chain = position.chain;
	append.u.append.entry = BYTES("genesis");
	assert_status(STATUS_OK, wire_ask(a, &append, &r));
	assert_int_equal(REPLY_CHAIN_APPENDED, r.kind);
	append.id = 0;
	append.u.append.entry = BYTES("another genesis");
	assert_status(STATUS_OK, wire_ask(a, &append, &r));
	assert_int_equal(ERROR_CHAIN_TAKEN, r.u.error.code);
	assert_status(STATUS_OK, wire_next(b, PATIENCE_MS, &r));
	assert_int_equal(REPLY_CHAIN_CHANGED, r.kind);
	assert_int_equal(1, r.u.chain_changed.length);
	wire_close(a);
	wire_close(b);
}

/* ---- join codes and commands ---- */

static void
an_invitation_admits_one_person_while_the_relay_serves(void **state)
{
	struct fixture *f = *state;
	const char *const closed[] = { "--listen", "127.0.0.1:0", "--join",
		"code", NULL };
	const char *const invite[] = { TACIT_RELAY_BIN, "invite", "--data",
		f->dir, NULL };
	char text[LIMIT_LINK_BYTES + 2];
	struct wire *w = NULL;
	struct link link;
	const char *why;
	struct reply r;

	fixture_start(f, closed);
	assert_int_equal(0, run_program(invite, text, sizeof(text)));
	assert_status(STATUS_OK, link_parse(bytes_text(text), &link, &why));
	assert_true(strlen(link.join_code) >= 16);
	assert_status(STATUS_OK, wire_person_make(&f->alice, "alice"));
	assert_status(STATUS_OK, wire_person_make(&f->bob, "bob"));
	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	assert_status(STATUS_OK, wire_register(w, &f->alice, NULL, &r));
	assert_int_equal(ERROR_JOIN_REFUSED, r.u.error.code);
	assert_status(STATUS_OK, wire_register(w, &f->alice, "wrong", &r));
	assert_int_equal(ERROR_JOIN_REFUSED, r.u.error.code);
	assert_status(
	    STATUS_OK, wire_register(w, &f->alice, link.join_code, &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
	wire_close(w);
	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	assert_status(STATUS_OK, wire_register(w, &f->bob, link.join_code, &r));
	assert_int_equal(ERROR_JOIN_REFUSED, r.u.error.code);
	wire_close(w);
}

static void
a_second_relay_on_the_same_directory_does_not_start(void **state)
{
	struct fixture *f = *state;
	const char *const argv[] = { TACIT_RELAY_BIN, "serve", "--data", f->dir,
		"--listen", "127.0.0.1:0", NULL };
	char out[64];

	assert_int_equal(1, run_program(argv, out, sizeof(out)));
	assert_string_equal("", out);
	assert_served(f);
}

static void
the_link_is_the_same_serving_or_not(void **state)
{
	struct fixture *f = *state;
	const char *const argv[] = { TACIT_RELAY_BIN, "link", "--data", f->dir,
		NULL };
	char out[LIMIT_LINK_BYTES + 2], served[LIMIT_LINK_BYTES + 2];

	snprintf(served, sizeof(served), "%s\n", f->relay.link);
	assert_int_equal(0, run_program(argv, out, sizeof(out)));
	assert_string_equal(served, out);
	assert_int_equal(0, relay_process_stop(&f->relay));
	assert_int_equal(0, run_program(argv, out, sizeof(out)));
	assert_string_equal(served, out);
	fixture_start(f, NULL);
	assert_memory_equal(served, f->relay.link, strlen(f->relay.link));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(messages_survive_kill_and_restart_and_are_pushed_once),
		CASE(a_waiting_receiver_is_pushed_to_at_once),
		CASE(of_two_receivers_the_newest_wins),
		CASE(a_submit_for_the_wrong_devices_says_what_changed),
		CASE(
		    two_who_append_at_once_get_different_answers_and_followers_hear),
		BARE_CASE(
		    an_invitation_admits_one_person_while_the_relay_serves),
		CASE(a_second_relay_on_the_same_directory_does_not_start),
		CASE(the_link_is_the_same_serving_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
