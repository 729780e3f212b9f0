/*
 * A real relay under connections that mean it ill, and people beside them who
 * write to each other all the same.  The ill come from 127.0.0.2.
 */
#include "tests/support/relay_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const char *const relay_program = TACIT_RELAY_BIN;

static const char ILL[] = "127.0.0.2";

enum {
	ENTRIES = 12, /* of LIMIT_CHAIN_ENTRY_BYTES: one answer to a read */
	READS = 2000,
	PLACES = 20,
};

/* Closed, in whatever way, before anything came. */
static void
assert_shown_out(struct wire *w)
{
	struct reply r;
	enum status st = wire_next(w, PATIENCE_MS, &r);

	assert_true(st == STATUS_CLOSED || st == STATUS_IO);
}

/* ---- slow readers ---- */

static int
setup_impatient(void **state)
{
	return fixture_setup_conf(state,
	    "write_timeout = 2s\nhandshake_timeout = 2s\n"
	    "login_timeout = 2s\nmessage_timeout = 2s\n"
	    "connections_per_source = 20\n");
}

/* A chain whose reading fills what waits for a connection. */
static void
make_long_chain(struct wire *w, struct chain_id *id)
{
	static const uint8_t entry[LIMIT_CHAIN_ENTRY_BYTES - 64];
	struct request ask = { .kind = REQUEST_CHAIN_APPEND };
	struct reply r;

	memset(ask.u.append.chain.raw, 5, sizeof(ask.u.append.chain.raw));
	*id = ask.u.append.chain;
	ask.u.append.entry = BYTES_OF(entry);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		ask.id = 0;
		ask.u.append.index = i;
		assert_status(STATUS_OK, wire_ask(w, &ask, &r));
		assert_int_equal(REPLY_CHAIN_APPENDED, r.kind);
	}
}

/* Ask for more than any kernel takes from the relay, and read nothing of it. */
static struct wire *
begin_not_to_read(struct fixture *f)
{
	struct chain_position position = { .from = 0 };
	struct request ask = { .kind = REQUEST_CHAIN_READ };
	enum status st = STATUS_OK;
	struct wire *w = NULL;

	assert_status(
	    STATUS_OK, wire_login_from(f->relay.link, ILL, &f->alice, &w));
	make_long_chain(w, &position.chain);
	ask.u.chain_read.positions = &position;
	ask.u.chain_read.count = 1;
	for (int i = 0; i < READS && st == STATUS_OK; i++) {
		ask.id = 0;
		st = wire_send(w, &ask);
	}
	return w;
}

/* That it was closed shows in its place being free: nothing else gets out. */
static void
who_does_not_read_is_closed_and_others_are_served(void **state)
{
	struct fixture *f = *state;
	struct wire *all[PLACES] = { 0 };
	struct wire *slow = begin_not_to_read(f);
	size_t answers = 0;
	int rounds = 0;
	struct reply r;

	for (size_t i = 1; i < PLACES; i++)
		assert_status(STATUS_OK,
		    wire_login_from(f->relay.link, ILL, &f->bob, &all[i]));
	while (wire_login_from(f->relay.link, ILL, &f->bob, &all[0]) !=
	       STATUS_OK) {
		exchange(f);
		usleep(100 * 1000);
		assert_true(++rounds < 150);
	}
	assert_true(rounds > 0);
	while (wire_next(slow, PATIENCE_MS, &r) == STATUS_OK)
		answers++;
	assert_true(answers < READS);
	for (size_t i = 0; i < PLACES; i++)
		wire_close(all[i]);
	wire_close(slow);
}

/* ---- half-open ones ---- */

static void
half_a_handshake_takes_a_place_only_for_a_while(void **state)
{
	struct fixture *f = *state;
	struct wire *all[PLACES + 1] = { 0 };

	for (size_t i = 0; i <= PLACES; i++) {
		assert_status(STATUS_OK,
		    wire_connect_plain_from(f->relay.link, ILL, &all[i]));
		(void)(wire_write(all[i], BYTES("\x16\x03\x01\x02")) ==
		       STATUS_OK);
	}
	exchange(f);
	for (size_t i = 0; i <= PLACES; i++) {
		assert_shown_out(all[i]);
		wire_close(all[i]);
		all[i] = NULL;
	}
	assert_status(
	    STATUS_OK, wire_login_from(f->relay.link, ILL, &f->bob, &all[0]));
	wire_close(all[0]);
}

/* ---- floods ---- */

static int
setup_crowded(void **state)
{
	return fixture_setup_conf(
	    state, "connections = 40\nconnections_per_source = 30\n");
}

static void
when_every_place_is_taken_those_inside_go_on(void **state)
{
	static const char *const sources[] = { "127.0.0.2", "127.0.0.3",
		"127.0.0.4", "127.0.0.5" };
	struct fixture *f = *state;
	struct wire *alice = fixture_login(f, &f->alice);
	struct wire *bob = fixture_login(f, &f->bob);
	struct wire *crowd[100] = { 0 };
	struct wire *late = NULL;
	struct reply r;

	for (size_t i = 0; i < 100; i++)
		assert_status(STATUS_OK, wire_connect_plain_from(f->relay.link,
					     sources[i % 4], &crowd[i]));
	assert_int_not_equal(
	    STATUS_OK, wire_login(f->relay.link, &f->bob, &late));
	assert_status(STATUS_OK,
	    wire_submit(alice, &f->bob, 1, 1, "it is full here", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	receive(bob);
	acknowledge(bob, drain(bob, 1));
	wire_close(alice);
	wire_close(bob);
	for (size_t i = 0; i < 100; i++)
		wire_close(crowd[i]);
}

static int
setup_hasty(void **state)
{
	return fixture_setup_conf(state, "connects_per_minute = 300\n");
}

struct flood {
	const char *link;
	atomic_bool over;
	unsigned shaken;
	unsigned refused;
};

static void *
shake_hands(void *arg)
{
	struct flood *flood = arg;

	while (flood->refused < 50 && !flood->over) {
		struct wire *w = NULL;

		if (wire_connect_from(flood->link, ILL, &w) == STATUS_OK)
			flood->shaken++;
		else
			flood->refused++;
		wire_close(w);
	}
	return NULL;
}

static void
a_flood_of_handshakes_is_shut_out_and_others_come_in(void **state)
{
	struct fixture *f = *state;
	struct flood flood = { .link = f->relay.link };
	pthread_t thread;

	assert_int_equal(0, pthread_create(&thread, NULL, shake_hands, &flood));
	for (int i = 0; i < 30; i++)
		exchange(f);
	pthread_join(thread, NULL);
	assert_int_equal(50, flood.refused);
	assert_true(flood.shaken >= 250);
	exchange(f);
}

/* ---- replays ---- */

/* A true proof, as somebody saw it go by. */
static void
proof_of_alice(struct fixture *f, struct signature *proof)
{
	struct proof_context context;
	struct wire *w = NULL;

	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	wire_proof_context(w, &f->alice.who, &context);
	assert_status(
	    STATUS_OK, proof_make(&context, SIGN_AUTHENTICATE, BYTES_NONE,
			   &f->alice.device_secret, proof));
	wire_close(w);
}

static void
a_proof_that_is_repeated_opens_nothing_and_ends_in_five(void **state)
{
	struct fixture *f = *state;
	struct request ask = { .kind = REQUEST_AUTHENTICATE };
	struct signature proof;
	struct reply r;

	proof_of_alice(f, &proof);
	ask.u.authenticate.who = f->alice.who;
	ask.u.authenticate.proof = BYTES_OF(proof.raw);
	for (int i = 0; i < 10; i++) {
		struct wire *w = NULL;
		int denied = 0;

		assert_status(
		    STATUS_OK, wire_connect_from(f->relay.link, ILL, &w));
		assert_status(STATUS_OK, wire_hello(w));
		for (ask.id = 0; wire_ask(w, &ask, &r) == STATUS_OK;
		     ask.id = 0) {
			assert_int_equal(REPLY_ERROR, r.kind);
			assert_int_equal(ERROR_DENIED, r.u.error.code);
			denied++;
		}
		assert_int_equal(5, denied);
		wire_close(w);
		exchange(f);
	}
}

/* ---- memory ---- */

enum { MANY = 6000, AT_ONCE = 100 };

static int
setup_tight(void **state)
{
	struct rlimit files;

	assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &files));
	files.rlim_cur = files.rlim_max;
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &files));
	return fixture_setup_conf(state,
	    "memory_mib = 64\nconnections_per_source = 10000\n"
	    "connects_per_minute = 100000\nhandshake_timeout = 300s\n");
}

/* 64 MiB, of which connections may take three quarters at 16 KiB each. */
static void
newcomers_are_refused_before_memory_runs_out_for_others(void **state)
{
	static struct wire *crowd[MANY];
	struct fixture *f = *state;
	struct wire *alice = fixture_login(f, &f->alice);
	struct wire *bob = fixture_login(f, &f->bob);
	struct wire *late = NULL;
	struct rlimit files;
	size_t count = 0;
	struct reply r;

	assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &files));
	if (files.rlim_cur < MANY + 100)
		skip(); /* the system gives no more */
	while (wire_login(f->relay.link, &f->bob, &late) == STATUS_OK) {
		wire_close(late);
		late = NULL;
		assert_true(count + AT_ONCE <= MANY);
		for (size_t i = 0; i < AT_ONCE; i++)
			assert_status(
			    STATUS_OK, wire_connect_plain_from(f->relay.link,
					   ILL, &crowd[count++]));
	}
	assert_in_range(count, 2500, MANY);
	assert_status(STATUS_OK,
	    wire_submit(alice, &f->bob, 1, 1, "it is crowded here", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	receive(bob);
	acknowledge(bob, drain(bob, 1));
	wire_close(alice);
	wire_close(bob);
	for (size_t i = 0; i < count; i++)
		wire_close(crowd[i]);
	for (int i = 0; late == NULL && i < 100; i++)
		if (wire_login(f->relay.link, &f->bob, &late) != STATUS_OK)
			usleep(50 * 1000);
	assert_non_null(late); /* they have gone, and there is room again */
	wire_close(late);
}

/* ---- bans ---- */

static int
setup_open(void **state)
{
	return fixture_setup_conf(state, "");
}

static void
a_ban_ends_the_connections_it_names_and_no_others(void **state)
{
	struct fixture *f = *state;
	struct wire *ill = NULL, *again = NULL;
	struct wire *well = fixture_login(f, &f->alice);
	struct reply r;

	assert_status(
	    STATUS_OK, wire_login_from(f->relay.link, ILL, &f->bob, &ill));
	fixture_write_conf(f, "ban = 192.0.2.0/24\nban = 127.0.0.2\n");
	assert_int_equal(0, kill(f->relay.pid, SIGHUP));
	assert_shown_out(ill);
	wire_close(ill);
	assert_int_not_equal(
	    STATUS_OK, wire_login_from(f->relay.link, ILL, &f->bob, &again));
	assert_status(
	    STATUS_OK, wire_submit(well, &f->bob, 1, 1, "at last", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	wire_close(well);
}

#define ABUSE(setup, test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ABUSE(setup_impatient,
		    who_does_not_read_is_closed_and_others_are_served),
		ABUSE(setup_impatient,
		    half_a_handshake_takes_a_place_only_for_a_while),
		ABUSE(setup_crowded,
		    when_every_place_is_taken_those_inside_go_on),
		ABUSE(setup_hasty,
		    a_flood_of_handshakes_is_shut_out_and_others_come_in),
		ABUSE(setup_open,
		    a_proof_that_is_repeated_opens_nothing_and_ends_in_five),
		ABUSE(setup_tight,
		    newcomers_are_refused_before_memory_runs_out_for_others),
		ABUSE(setup_open,
		    a_ban_ends_the_connections_it_names_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
