/* A real relay and clients that speak its protocol badly. */
#include "tests/support/relay_fixture.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

const char *const relay_program = TACIT_RELAY_BIN;

/* Timeouts short enough to wait for. */
static const char IMPATIENT[] =
    "listen = 127.0.0.1:0\nhandshake_timeout = 2s\nlogin_timeout = 2s\n"
    "message_timeout = 2s\nconnections_per_source = 20\n";

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

	if (fixture_setup_bare(state) != 0)
		return -1;
	f = *state;
	write_config(f, IMPATIENT, path, sizeof(path));
	fixture_start(f, more);
	fixture_join(f, &f->alice, "alice");
	fixture_join(f, &f->bob, "bob");
	return 0;
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
	struct wire *w = fixture_login(f, &f->alice);

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
	struct wire *w = fixture_login(f, &f->alice);

	assert_status(STATUS_OK, wire_write(w, BYTES("\x7f\xff\xff\xff")));
	assert_int_equal(ERROR_BAD_REQUEST, read_to_the_end(w));
	wire_close(w);
	exchange(f);
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
	struct wire *w = fixture_login(f, &f->alice);

	assert_status(STATUS_OK, wire_write(w, BYTES("\0\0\x01\0half")));
	wire_close(w);
	assert_served(f);
}

static void
slow_bytes_are_cut_off_in_time(void **state)
{
	struct fixture *f = *state;
	struct wire *w = fixture_login(f, &f->alice);
	int64_t begin_ms = clock_mono_ms();
	struct reply r;
	enum status st = STATUS_AGAIN;

	assert_status(STATUS_OK, wire_write(w, BYTES("\0\0\x10\0")));
	while (st == STATUS_AGAIN && clock_mono_ms() - begin_ms < 10000) {
		st = wire_write(w, BYTES("x"));
		if (st == STATUS_OK)
			st = wire_next(w, 200, &r);
		exchange(f);
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
	exchange(f);
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
		enum status st =
		    wire_connect_from(f->relay.link, "127.0.0.2", &all[i]);

		if (st == STATUS_OK)
			open++;
	}
	assert_int_equal(20, open);
	exchange(f);
	for (size_t i = 0; i < 30; i++)
		wire_close(all[i]);
	for (int i = 0; i < 50; i++) {
		struct wire *w = NULL;

		if (wire_login_from(f->relay.link, "127.0.0.2", &f->bob, &w) ==
		    STATUS_OK) {
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
	struct wire *w = fixture_login(f, &f->alice);
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

#define IMPATIENT_CASE(test)                                                   \
	cmocka_unit_test_setup_teardown(test, setup_impatient, fixture_teardown)

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
