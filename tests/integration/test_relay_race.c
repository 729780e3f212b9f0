/* A real relay and clients that all want the same at the same moment. */
#include "tests/support/relay_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/codec.h"

const char *const relay_program = TACIT_RELAY_BIN;

enum {
	RACERS = 8,
	SUBMITS = 200,
	PREKEYS = 150,
	CHAINS = LIMIT_CHAIN_READS,
};

static void
race(void *(*run)(void *arg), void *racers, size_t size, size_t count)
{
	pthread_t threads[RACERS];

	for (size_t i = 0; i < count; i++)
		assert_int_equal(0, pthread_create(&threads[i], NULL, run,
					(char *)racers + i * size));
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* ---- submits ---- */

struct sender {
	struct fixture *f;
	uint64_t answered;
};

static void *
send_all(void *arg)
{
	struct sender *s = arg;
	struct wire *w = NULL;
	struct reply r;

	if (wire_login(s->f->relay.link, &s->f->alice, &w) != STATUS_OK)
		return NULL;
	for (uint64_t i = 1; i <= SUBMITS; i++)
		if (wire_submit(w, &s->f->bob, 1, i, "text", &r) == STATUS_OK &&
		    r.kind == REPLY_SUBMITTED && r.u.submitted.count == 0)
			s->answered++;
	wire_close(w);
	return NULL;
}

static void
the_same_submits_on_many_connections_are_stored_once(void **state)
{
	struct fixture *f = *state;
	struct sender senders[4];
	struct wire *w;

	for (size_t i = 0; i < 4; i++)
		senders[i] = (struct sender){ .f = f };
	race(send_all, senders, sizeof(senders[0]), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(SUBMITS, senders[i].answered);
	w = fixture_login(f, &f->bob);
	receive(w);
	assert_int_equal(SUBMITS, drain(w, SUBMITS));
	wire_close(w);

	/* Also after a crash. */
	relay_process_kill(&f->relay);
	fixture_start(f, NULL);
	senders[0].answered = 0;
	send_all(&senders[0]);
	assert_int_equal(SUBMITS, senders[0].answered);
	w = fixture_login(f, &f->bob);
	receive(w);
	assert_int_equal(SUBMITS, drain(w, SUBMITS));
	wire_close(w);
}

/* ---- names and join codes ---- */

struct newcomer {
	struct fixture *f;
	char name[16];
	const char *code;
	enum reply_kind kind;
	enum error_code said;
};

static void *
join(void *arg)
{
	struct newcomer *n = arg;
	struct wire_person person;
	struct wire *w = NULL;
	struct reply r;

	if (wire_person_make(&person, n->name) != STATUS_OK)
		return NULL;
	if (wire_connect(n->f->relay.link, &w) == STATUS_OK &&
	    wire_hello(w) == STATUS_OK &&
	    wire_register(w, &person, n->code, &r) == STATUS_OK) {
		n->kind = r.kind;
		n->said = r.kind == REPLY_ERROR ? r.u.error.code : ERROR_NONE;
	}
	wire_close(w);
	wire_person_clear(&person);
	return NULL;
}

static void
assert_one_got_in(const struct newcomer *all, enum error_code others)
{
	size_t registered = 0, refused = 0;

	for (size_t i = 0; i < RACERS; i++) {
		registered += all[i].kind == REPLY_REGISTERED;
		refused += all[i].kind == REPLY_ERROR && all[i].said == others;
	}
	assert_int_equal(1, registered);
	assert_int_equal(RACERS - 1, refused);
}

static void
of_many_who_want_a_name_one_gets_it(void **state)
{
	struct fixture *f = *state;
	struct newcomer all[RACERS];

	for (size_t i = 0; i < RACERS; i++)
		all[i] = (struct newcomer){ .f = f, .name = "carol" };
	race(join, all, sizeof(all[0]), RACERS);
	assert_one_got_in(all, ERROR_NAME_TAKEN);
}

static void
a_code_for_one_admits_one(void **state)
{
	static const char *const closed[] = { "--join", "code", "--listen",
		"127.0.0.1:0", NULL };
	struct fixture *f = *state;
	const char *const invite[] = { TACIT_RELAY_BIN, "invite", "--data",
		f->dir, NULL };
	char text[LIMIT_LINK_BYTES + 64];
	struct newcomer all[RACERS];
	struct link link;
	const char *why;

	fixture_start(f, closed);
	assert_int_equal(0, run_program(invite, text, sizeof(text)));
	text[strcspn(text, "\n")] = '\0';
	assert_status(STATUS_OK, link_parse(bytes_text(text), &link, &why));
	for (size_t i = 0; i < RACERS; i++) {
		all[i] = (struct newcomer){ .f = f, .code = link.join_code };
		snprintf(all[i].name, sizeof(all[i].name), "guest%zu", i);
	}
	race(join, all, sizeof(all[0]), RACERS);
	assert_one_got_in(all, ERROR_JOIN_REFUSED);
}

/* ---- prekeys ---- */

static void
publish(struct wire *w)
{
	struct prekey items[PREKEYS + 1];
	struct request ask = { .kind = REQUEST_PUBLISH_PREKEYS };
	struct reply r;

	items[0] = (struct prekey){
		.type = PREKEY_SIGNED,
		.id = 1,
		.public_key = BYTES("signed"),
		.signature = BYTES("signature"),
	};
	for (uint32_t i = 1; i <= PREKEYS; i++)
		items[i] = (struct prekey){
			.type = PREKEY_ONE_TIME,
			.id = i,
			.public_key = BYTES("once"),
		};
	ask.u.publish = (struct prekeys){ items, PREKEYS + 1 };
	assert_status(STATUS_OK, wire_ask(w, &ask, &r));
	assert_int_equal(REPLY_PREKEY_STATE, r.kind);
	assert_int_equal(PREKEYS, r.u.prekey_state.one_time_count);
}

struct taker {
	struct fixture *f;
	struct wire_person who;
	atomic_uint *given; /* by id */
};

/* bob twice in one request, until the relay goes. */
static void *
take(void *arg)
{
	struct taker *t = arg;
	struct account_name names[2] = { t->f->bob.who.account,
		t->f->bob.who.account };
	struct request ask = { .kind = REQUEST_TAKE_BUNDLES };
	struct wire *w = NULL;
	struct reply r;

	if (wire_login(t->f->relay.link, &t->who, &w) != STATUS_OK)
		return NULL;
	ask.u.bundles.names = names;
	ask.u.bundles.count = 2;
	for (int i = 0; i < 15; i++) {
		ask.id = 0;
		if (wire_ask(w, &ask, &r) != STATUS_OK ||
		    r.kind != REPLY_BUNDLES)
			break;
		for (size_t a = 0; a < r.u.bundles.count; a++) {
			const struct account_bundles *b =
			    &r.u.bundles.accounts[a];

			for (size_t k = 0; b->devices_count > 0 &&
					   k < b->devices[0].prekeys.count;
			     k++)
				if (b->devices[0].prekeys.items[k].type ==
				    PREKEY_ONE_TIME)
					atomic_fetch_add(
					    &t->given[b->devices[0]
							  .prekeys.items[k]
							  .id],
					    1);
		}
	}
	wire_close(w);
	return NULL;
}

static void *
kill_soon(void *arg)
{
	struct taker *t = arg;

	usleep(30 * 1000);
	relay_process_kill(&t->f->relay);
	return NULL;
}

static void
a_one_time_prekey_is_given_once_whatever_happens(void **state)
{
	static atomic_uint given[PREKEYS + 1];
	struct fixture *f = *state;
	struct taker takers[RACERS - 1];
	struct wire *w = fixture_login(f, &f->bob);
	pthread_t killer;
	size_t count = 0;

	publish(w);
	wire_close(w);
	for (size_t i = 0; i < RACERS - 1; i++) {
		char name[] = "taker-0";

		name[6] = (char)('0' + i);
		takers[i] = (struct taker){ .f = f, .given = given };
		fixture_join(f, &takers[i].who, name);
	}
	assert_int_equal(
	    0, pthread_create(&killer, NULL, kill_soon, &takers[0]));
	race(take, takers, sizeof(takers[0]), RACERS - 1);
	pthread_join(killer, NULL);
	fixture_start(f, NULL);
	race(take, takers, sizeof(takers[0]), RACERS - 1);
	for (size_t i = 1; i <= PREKEYS; i++) {
		assert_true(given[i] <= 1);
		count += given[i];
	}
	assert_true(count > 0);
	for (size_t i = 0; i < RACERS - 1; i++)
		wire_person_clear(&takers[i].who);
}

/* ---- followers ---- */

static void
follow_many(struct wire *w, uint8_t first)
{
	static struct chain_position positions[CHAINS];
	struct request ask = { .kind = REQUEST_CHAIN_READ };

	for (size_t i = 0; i < CHAINS; i++) {
		positions[i].chain.raw[0] = first;
		positions[i].chain.raw[1] = (uint8_t)i;
		positions[i].from = UINT64_MAX;
	}
	ask.u.chain_read.positions = positions;
	ask.u.chain_read.count = CHAINS;
	ask.u.chain_read.follow = true;
	assert_status(STATUS_OK, wire_send(w, &ask));
}

struct appender {
	struct fixture *f;
	atomic_bool stop;
};

static void *
append_all(void *arg)
{
	struct appender *a = arg;
	struct request ask = { .kind = REQUEST_CHAIN_APPEND };
	struct wire *w = NULL;
	struct reply r;

	if (wire_login(a->f->relay.link, &a->f->bob, &w) != STATUS_OK)
		return NULL;
	ask.u.append.entry = BYTES("entry");
	for (uint64_t i = 0; !atomic_load(&a->stop); i++) {
		ask.id = 0;
		ask.u.append.index = i / CHAINS;
		ask.u.append.chain.raw[1] = (uint8_t)i;
		if (wire_ask(w, &ask, &r) != STATUS_OK)
			break;
	}
	wire_close(w);
	return NULL;
}

static void
followers_may_vanish_at_any_moment(void **state)
{
	struct fixture *f = *state;
	struct appender appender = { .f = f };
	struct reply r;
	pthread_t thread;

	assert_int_equal(
	    0, pthread_create(&thread, NULL, append_all, &appender));
	for (int i = 0; i < 60; i++) {
		struct wire *w = fixture_login(f, &f->alice);

		receive(w);
		follow_many(w, 0);
		if (i % 3 != 0)
			assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
		wire_close(w);
	}
	atomic_store(&appender.stop, true);
	pthread_join(thread, NULL);
	assert_served(f);
}

static void
a_connection_follows_only_so_many_chains(void **state)
{
	struct fixture *f = *state;
	struct wire *w = fixture_login(f, &f->alice);
	struct reply r;

	for (uint8_t i = 0; i < 4; i++) {
		follow_many(w, i);
		assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
		assert_int_equal(REPLY_CHAIN_TAILS, r.kind);
		assert_int_equal(CHAINS, r.u.tails.count);
	}
	follow_many(w, 9);
	assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
	assert_int_equal(REPLY_ERROR, r.kind);
	assert_int_equal(ERROR_FULL, r.u.error.code);
	wire_close(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_same_submits_on_many_connections_are_stored_once),
		CASE(of_many_who_want_a_name_one_gets_it),
		BARE_CASE(a_code_for_one_admits_one),
		CASE(a_one_time_prekey_is_given_once_whatever_happens),
		CASE(followers_may_vanish_at_any_moment),
		CASE(a_connection_follows_only_so_many_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
