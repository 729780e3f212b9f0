/* A real relay and clients that speak its protocol, well or badly. */
#include "tests/support/test.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "proto/frame.h"
#include "tests/support/relay_process.h"
#include "tests/support/wire_client.h"

enum { PATIENCE_MS = 10 * 1000 };

struct fixture {
	char *dir;
	struct relay_process relay;
	struct wire_person alice;
	struct wire_person bob;
};

static const char *const ANY_PORT[] = { "--listen", "127.0.0.1:0", "--workers",
	"2", NULL };

/* Timeouts short enough to wait for. */
static const char IMPATIENT[] =
    "listen = 127.0.0.1:0\nhandshake_timeout = 2s\nlogin_timeout = 2s\n"
    "message_timeout = 2s\nconnections_per_source = 20\n";

static void
start(struct fixture *f, const char *const *more)
{
	assert_true(
	    relay_process_start(&f->relay, TACIT_RELAY_BIN, f->dir, more));
}

static void
join(struct fixture *f, struct wire_person *p, const char *name)
{
	struct wire *w = NULL;
	struct reply r;

	assert_status(STATUS_OK, wire_person_make(p, name));
	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	assert_status(STATUS_OK, wire_register(w, p, NULL, &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
	wire_close(w);
}

static int
setup_bare(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	signal(SIGPIPE, SIG_IGN);
	if (f == NULL || sodium_init() < 0)
		return -1;
	f->dir = scratch_dir_new();
	*state = f;
	return f->dir == NULL ? -1 : 0;
}

static int
setup(void **state)
{
	struct fixture *f;

	if (setup_bare(state) != 0)
		return -1;
	f = *state;
	start(f, ANY_PORT);
	join(f, &f->alice, "alice");
	join(f, &f->bob, "bob");
	return 0;
}

static void
write_config(struct fixture *f, const char *text, char *path, size_t size)
{
	FILE *file;

	snprintf(path, size, "%s/test.conf", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int
setup_impatient(void **state)
{
	struct fixture *f;
	char path[512];
	const char *more[] = { "--config", path, NULL };

	if (setup_bare(state) != 0)
		return -1;
	f = *state;
	write_config(f, IMPATIENT, path, sizeof(path));
	start(f, more);
	join(f, &f->alice, "alice");
	join(f, &f->bob, "bob");
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	if (f->relay.pid != 0)
		assert_int_equal(0, relay_process_stop(&f->relay));
	wire_person_clear(&f->alice);
	wire_person_clear(&f->bob);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

static struct wire *
login(struct fixture *f, const struct wire_person *p)
{
	struct wire *w = NULL;

	assert_status(STATUS_OK, wire_login(f->relay.link, p, &w));
	return w;
}

static void
assert_served(struct fixture *f)
{
	wire_close(login(f, &f->bob));
}

/* Read until the relay closes; the last error code it said. */
static enum error_code
read_to_the_end(struct wire *w)
{
	enum error_code code = ERROR_NONE;
	struct reply r;
	enum status st;

	while ((st = wire_next(w, PATIENCE_MS, &r)) == STATUS_OK)
		if (r.kind == REPLY_ERROR)
			code = r.u.error.code;
	assert_int_not_equal(STATUS_AGAIN, st);
	return code;
}

static void
receive(struct wire *w)
{
	struct request ask = { .kind = REQUEST_RECEIVE };

	assert_status(STATUS_OK, wire_send(w, &ask));
}

static void
acknowledge(struct wire *w, uint64_t seq)
{
	struct request ask = { .kind = REQUEST_ACKNOWLEDGE };

	ask.u.acknowledge_seq = seq;
	assert_status(STATUS_OK, wire_send(w, &ask));
}

/* Collect pushes up to the drained mark; the highest seq, in order. */
static uint64_t
drain(struct wire *w, size_t expected)
{
	uint64_t seq = 0;
	size_t count = 0;
	struct reply r = { 0 };

	while (r.kind != REPLY_DRAINED) {
		assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
		for (size_t i = 0; r.kind == REPLY_PUSH && i < r.u.push.count;
		     i++) {
			assert_true(r.u.push.items[i].seq > seq);
			seq = r.u.push.items[i].seq;
			count++;
		}
	}
	assert_int_equal(expected, count);
	return seq;
}

static void
send_texts(struct fixture *f, uint8_t stream, uint64_t from, size_t count)
{
	struct wire *w = login(f, &f->alice);
	struct reply r;

	for (uint64_t i = from; i < from + count; i++) {
		assert_status(STATUS_OK,
		    wire_submit(w, &f->bob, stream, i, "sealed text", &r));
		assert_int_equal(REPLY_SUBMITTED, r.kind);
		assert_int_equal(0, r.u.submitted.count);
	}
	wire_close(w);
}

/* ---- hostile ---- */

static void
garbage_instead_of_tls_closes_that_connection_only(void **state)
{
	struct fixture *f = *state;
	struct wire *w = NULL;
	struct reply r;

	assert_status(STATUS_OK, wire_connect_plain(f->relay.link, &w));
	assert_status(STATUS_OK,
	    wire_write(w, BYTES("GET / HTTP/1.1\r\nHost: relay\r\n\r\n")));
	assert_int_not_equal(STATUS_AGAIN, wire_next(w, PATIENCE_MS, &r));
	wire_close(w);
	assert_served(f);
}

static void
garbage_inside_tls_is_told_so_and_closed(void **state)
{
	struct fixture *f = *state;
	struct wire *w = login(f, &f->alice);

	assert_status(STATUS_OK,
	    wire_write(w, BYTES("\0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xff")));
	assert_int_equal(ERROR_BAD_REQUEST, read_to_the_end(w));
	wire_close(w);
	assert_served(f);
}

static void
an_oversized_length_is_refused_before_its_bytes_come(void **state)
{
	struct fixture *f = *state;
	struct wire *w = login(f, &f->alice);

	assert_status(STATUS_OK, wire_write(w, BYTES("\x7f\xff\xff\xff")));
	assert_int_equal(ERROR_BAD_REQUEST, read_to_the_end(w));
	wire_close(w);
	assert_served(f);
}

static void
a_large_message_before_authentication_is_refused(void **state)
{
	struct fixture *f = *state;
	struct wire *w = NULL;

	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	assert_status(STATUS_OK, wire_write(w, BYTES("\0\x01\0\x01")));
	assert_int_equal(ERROR_BAD_REQUEST, read_to_the_end(w));
	wire_close(w);
	assert_served(f);
}

static void
a_message_cut_off_in_the_middle_harms_nobody(void **state)
{
	struct fixture *f = *state;
	struct wire *w = login(f, &f->alice);

	assert_status(STATUS_OK, wire_write(w, BYTES("\0\0\x01\0half")));
	wire_close(w);
	assert_served(f);
}

static void
slow_bytes_are_cut_off_in_time(void **state)
{
	struct fixture *f = *state;
	struct wire *w = login(f, &f->alice);
	int64_t begin_ms = clock_mono_ms();
	struct reply r;
	enum status st = STATUS_AGAIN;

	assert_status(STATUS_OK, wire_write(w, BYTES("\0\0\x10\0")));
	while (st == STATUS_AGAIN && clock_mono_ms() - begin_ms < 10000) {
		st = wire_write(w, BYTES("x"));
		if (st == STATUS_OK)
			st = wire_next(w, 200, &r);
	}
	assert_int_not_equal(STATUS_AGAIN, st);
	assert_true(clock_mono_ms() - begin_ms < 8000);
	wire_close(w);
	assert_served(f);
}

static void
who_says_nothing_is_shown_out(void **state)
{
	struct fixture *f = *state;
	struct wire *mute = NULL, *shy = NULL;
	struct reply r;
	enum status st;

	assert_status(STATUS_OK, wire_connect_plain(f->relay.link, &mute));
	assert_status(STATUS_OK, wire_connect(f->relay.link, &shy));
	assert_status(STATUS_OK, wire_hello(shy));
	st = wire_next(shy, PATIENCE_MS, &r);
	assert_true(st == STATUS_CLOSED || st == STATUS_IO);
	st = wire_next(mute, PATIENCE_MS, &r);
	assert_true(st == STATUS_CLOSED || st == STATUS_IO);
	wire_close(mute);
	wire_close(shy);
	assert_served(f);
}

static void
one_address_cannot_take_every_connection(void **state)
{
	struct fixture *f = *state;
	struct wire *all[30] = { 0 };
	size_t open = 0;

	for (size_t i = 0; i < 30; i++) {
		enum status st = wire_connect(f->relay.link, &all[i]);

		if (st == STATUS_OK)
			open++;
	}
	assert_true(open >= 15 && open <= 20);
	for (size_t i = 0; i < 30; i++)
		wire_close(all[i]);
	for (int i = 0; i < 50; i++) {
		struct wire *w = NULL;

		if (wire_login(f->relay.link, &f->bob, &w) == STATUS_OK) {
			wire_close(w);
			return;
		}
		usleep(100 * 1000);
	}
	fail_msg("the places were not given back");
}

static void
a_link_with_one_wrong_bit_does_not_connect(void **state)
{
	struct fixture *f = *state;
	char text[LIMIT_LINK_BYTES + 1];
	struct wire *w = NULL;
	struct link link;
	const char *why;

	assert_status(
	    STATUS_OK, link_parse(bytes_text(f->relay.link), &link, &why));
	link.pin.raw[31] ^= 1;
	assert_status(STATUS_OK, link_format(&link, text));
	assert_status(STATUS_WRONG_RELAY, wire_connect(text, &w));
	assert_null(w);
}

static void
a_name_belongs_to_the_keys_that_took_it(void **state)
{
	struct fixture *f = *state;
	struct wire_person thief;
	struct wire *w = NULL;
	struct reply r;

	assert_status(STATUS_OK, wire_person_make(&thief, "alice"));
	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	assert_status(STATUS_OK, wire_register(w, &thief, NULL, &r));
	assert_int_equal(REPLY_ERROR, r.kind);
	assert_int_equal(ERROR_NAME_TAKEN, r.u.error.code);
	assert_status(STATUS_OK, wire_authenticate(w, &thief, &r));
	assert_int_equal(ERROR_DENIED, r.u.error.code);
	/* The owner may take it again: an answer may have been lost. */
	assert_status(STATUS_OK, wire_register(w, &f->alice, NULL, &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
	wire_close(w);
	wire_person_clear(&thief);
}

static void
a_proof_is_worth_nothing_on_another_connection(void **state)
{
	struct fixture *f = *state;
	struct request ask = { .kind = REQUEST_AUTHENTICATE };
	struct proof_context context;
	struct signature proof;
	struct wire *first = NULL, *second = NULL;
	struct reply r;

	assert_status(STATUS_OK, wire_connect(f->relay.link, &first));
	assert_status(STATUS_OK, wire_connect(f->relay.link, &second));
	assert_status(STATUS_OK, wire_hello(first));
	assert_status(STATUS_OK, wire_hello(second));
	wire_proof_context(first, &f->alice.who, &context);
	assert_status(
	    STATUS_OK, proof_make(&context, SIGN_AUTHENTICATE, BYTES_NONE,
			   &f->alice.device_secret, &proof));
	ask.u.authenticate.who = f->alice.who;
	ask.u.authenticate.proof = BYTES_OF(proof.raw);
	assert_status(STATUS_OK, wire_ask(second, &ask, &r));
	assert_int_equal(REPLY_ERROR, r.kind);
	assert_int_equal(ERROR_DENIED, r.u.error.code);
	ask.id = 0;
	assert_status(STATUS_OK, wire_ask(first, &ask, &r));
	assert_int_equal(REPLY_AUTHENTICATED, r.kind);
	wire_close(first);
	wire_close(second);
}

static void
an_unknown_request_is_refused_and_the_connection_stays(void **state)
{
	struct fixture *f = *state;
	struct wire *w = login(f, &f->alice);
	struct request ask = { .kind = REQUEST_PREKEY_STATUS };
	struct reply r;

	assert_status(STATUS_OK,
	    wire_write(w, BYTES("\0\0\0\x06\x08\xe7\x07\x9a\x06\0")));
	assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
	assert_int_equal(ERROR_UNSUPPORTED, r.u.error.code);
	assert_int_equal(999, r.id);
	assert_status(STATUS_OK, wire_ask(w, &ask, &r));
	assert_int_equal(REPLY_PREKEY_STATE, r.kind);
	wire_close(w);
}

/* ---- messages ---- */

static void
messages_survive_kill_and_restart_and_are_pushed_once(void **state)
{
	struct fixture *f = *state;
	struct wire *w;
	uint64_t last;

	send_texts(f, 1, 1, 20);
	relay_process_kill(&f->relay);
	start(f, NULL);
	send_texts(f, 1, 10, 20); /* ten of them are repeated */
	w = login(f, &f->bob);
	receive(w);
	last = drain(w, 29);
	acknowledge(w, last);
	/* An answer behind it shows that the acknowledgement was read. */
	receive(w);
	drain(w, 0);
	wire_close(w);
	send_texts(f, 1, 30, 1);
	assert_int_equal(0, relay_process_stop(&f->relay));
	start(f, NULL);
	w = login(f, &f->bob);
	receive(w);
	assert_int_equal(last + 1, drain(w, 1));
	wire_close(w);
}

static void
a_waiting_receiver_is_pushed_to_at_once(void **state)
{
	struct fixture *f = *state;
	struct wire *w = login(f, &f->bob);
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
	struct wire *old = login(f, &f->bob), *new = login(f, &f->bob);
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
	struct wire *w = login(f, &f->alice);
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
	struct wire *a = login(f, &f->alice), *b = login(f, &f->bob);
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

	start(f, closed);
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
	start(f, NULL);
	assert_memory_equal(served, f->relay.link, strlen(f->relay.link));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define IMPATIENT_CASE(test)                                                   \
	cmocka_unit_test_setup_teardown(test, setup_impatient, teardown)
#define BARE_CASE(test)                                                        \
	cmocka_unit_test_setup_teardown(test, setup_bare, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(garbage_instead_of_tls_closes_that_connection_only),
		CASE(garbage_inside_tls_is_told_so_and_closed),
		CASE(an_oversized_length_is_refused_before_its_bytes_come),
		CASE(a_large_message_before_authentication_is_refused),
		CASE(a_message_cut_off_in_the_middle_harms_nobody),
		IMPATIENT_CASE(slow_bytes_are_cut_off_in_time),
		IMPATIENT_CASE(who_says_nothing_is_shown_out),
		IMPATIENT_CASE(one_address_cannot_take_every_connection),
		CASE(a_link_with_one_wrong_bit_does_not_connect),
		CASE(a_name_belongs_to_the_keys_that_took_it),
		CASE(a_proof_is_worth_nothing_on_another_connection),
		CASE(an_unknown_request_is_refused_and_the_connection_stays),
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
