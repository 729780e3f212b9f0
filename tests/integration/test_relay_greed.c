/*
 * A real relay and accounts that take, guess and send more than their part,
 * beside people who get theirs all the same.  The greedy come from 127.0.0.2.
 */
#include "tests/support/relay_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const relay_program = TACIT_RELAY_BIN;

static const char ILL[] = "127.0.0.2";

static struct wire *
connect_ill(struct fixture *f)
{
	struct wire *w = NULL;

	assert_status(STATUS_OK, wire_connect_from(f->relay.link, ILL, &w));
	assert_status(STATUS_OK, wire_hello(w));
	return w;
}

/* Registered, and logged in. */
static struct wire *
join_ill(struct fixture *f, const char *name, struct wire_person *p)
{
	struct wire *w;
	struct reply r;

	assert_status(STATUS_OK, wire_person_make(p, name));
	w = connect_ill(f);
	assert_status(STATUS_OK, wire_register(w, p, NULL, &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
	return w;
}

static void
assert_told_to_wait(const struct reply *r, enum error_code code)
{
	assert_int_equal(REPLY_ERROR, r->kind);
	assert_int_equal(code, r->u.error.code);
	assert_true(r->u.error.retry_after_ms > 0);
}

/* ---- join codes ---- */

enum { GUESSES = 3 };

static void
guess(struct fixture *f)
{
	struct wire_person guesser;
	struct wire *w = connect_ill(f);
	struct reply r;

	assert_status(STATUS_OK, wire_person_make(&guesser, "guesser"));
	for (int i = 0; i < GUESSES; i++) {
		assert_status(
		    STATUS_OK, wire_register(w, &guesser, "perhaps", &r));
		assert_int_equal(ERROR_JOIN_REFUSED, r.u.error.code);
	}
	assert_status(STATUS_OK, wire_register(w, &guesser, "the-code", &r));
	assert_told_to_wait(&r, ERROR_RATE_LIMITED); /* although it is right */
	wire_close(w);
	wire_person_clear(&guesser);
}

static void
guessed_join_codes_run_out_and_the_invited_come_in(void **state)
{
	static const char *const none[] = { NULL };
	struct fixture *f = *state;
	char path[512], out[LIMIT_LINK_BYTES + 64];
	const char *invite[] = { TACIT_RELAY_BIN, "invite", "--data", f->dir,
		"--code-file", path, NULL };
	struct wire_person guest;
	struct wire *w = NULL;
	struct reply r;
	FILE *file;

	snprintf(path, sizeof(path), "%s/code", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("the-code\n", file);
	fclose(file);
	fixture_write_conf(f, "join = code\njoin_guesses_burst = 3\n");
	fixture_start(f, none);
	assert_int_equal(0, run_program(invite, out, sizeof(out)));
	guess(f);
	assert_status(STATUS_OK, wire_person_make(&guest, "guest"));
	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	assert_status(STATUS_OK, wire_register(w, &guest, "the-code", &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
	wire_close(w);
	wire_person_clear(&guest);
}

/* ---- names ---- */

static int
setup_names(void **state)
{
	return fixture_setup_conf(
	    state, "lookups_per_minute = 300\nregistrations_burst = 21\n");
}

static enum error_code
look_up(struct wire *w, const char *name, struct reply *r)
{
	struct request ask = { .kind = REQUEST_GET_ACCOUNT };

	assert_status(
	    STATUS_OK, account_name_parse(bytes_text(name), &ask.u.account));
	assert_status(STATUS_OK, wire_ask(w, &ask, r));
	return r->kind == REPLY_ERROR ? r->u.error.code : ERROR_NONE;
}

static void
who_tries_names_is_stopped_and_others_find_theirs(void **state)
{
	struct fixture *f = *state;
	struct wire_person mallory;
	struct wire *ill = join_ill(f, "mallory", &mallory);
	struct wire *well = fixture_login(f, &f->alice);
	struct reply r;
	int tried = 0;

	while (look_up(ill, "nobody", &r) == ERROR_NOT_FOUND)
		tried++;
	assert_told_to_wait(&r, ERROR_RATE_LIMITED);
	assert_in_range(tried, 6, 7); /* 50 each, of 300 */
	for (int i = 0; i < 100; i++)
		assert_int_equal(ERROR_NONE, look_up(well, "bob", &r));
	wire_close(ill);
	wire_close(well);
	wire_person_clear(&mallory);
	exchange(f);
}

/* As many as a group has: one request, an answer for each. */
static void
a_group_of_names_is_looked_up_as_far_as_the_limit_goes(void **state)
{
	static struct account_name names[LIMIT_BUNDLE_ACCOUNTS];
	struct fixture *f = *state;
	struct request ask = { .kind = REQUEST_TAKE_BUNDLES };
	struct wire *w = fixture_login(f, &f->alice);
	size_t unknown = 0, told_to_wait = 0;
	struct reply r;

	for (size_t i = 1; i < LIMIT_BUNDLE_ACCOUNTS; i++)
		snprintf(names[i].text, sizeof(names[i].text), "member%zu", i);
	names[0] = f->bob.who.account;
	ask.u.bundles.names = names;
	ask.u.bundles.count = LIMIT_BUNDLE_ACCOUNTS;
	assert_status(STATUS_OK, wire_ask(w, &ask, &r));
	assert_int_equal(REPLY_BUNDLES, r.kind);
	assert_int_equal(LIMIT_BUNDLE_ACCOUNTS, r.u.bundles.count);
	assert_int_equal(ERROR_NONE, r.u.bundles.accounts[0].error);
	for (size_t i = 1; i < LIMIT_BUNDLE_ACCOUNTS; i++) {
		const struct account_bundles *b = &r.u.bundles.accounts[i];

		assert_string_equal(names[i].text, b->account.text);
		unknown += b->error == ERROR_NOT_FOUND;
		told_to_wait +=
		    b->error == ERROR_RATE_LIMITED && b->retry_after_ms > 0;
	}
	assert_in_range(unknown, 299, 310); /* of 300 with bob's */
	assert_int_equal(LIMIT_BUNDLE_ACCOUNTS - 1, unknown + told_to_wait);
	wire_close(w);
	exchange(f);
}

static void
who_registers_taken_names_is_stopped_and_others_register(void **state)
{
	struct fixture *f = *state;
	struct wire_person thief, carol;
	struct wire *ill = connect_ill(f);
	struct reply r = { 0 };
	int taken = 0;

	assert_status(STATUS_OK, wire_person_make(&thief, "alice"));
	for (;;) {
		assert_status(STATUS_OK, wire_register(ill, &thief, NULL, &r));
		if (r.u.error.code != ERROR_NAME_TAKEN)
			break;
		taken++;
	}
	assert_told_to_wait(&r, ERROR_RATE_LIMITED);
	assert_in_range(taken, 2, 4); /* 10 each, of 21, and one a second */
	wire_close(ill);
	wire_person_clear(&thief);
	fixture_join(f, &carol, "carol");
	wire_person_clear(&carol);
	exchange(f);
}

/* ---- prekeys ---- */

enum { PREKEYS = 20, PER_HOUR = 6 };

static int
setup_prekeys(void **state)
{
	return fixture_setup_conf(state, "prekeys_per_hour = 6\n");
}

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

/* How many one-time prekeys come with a bundle, which always comes. */
static size_t
take_bundle(struct wire *w, const struct wire_person *of)
{
	struct request ask = { .kind = REQUEST_TAKE_BUNDLES };
	const struct account_bundles *b;
	struct reply r;

	ask.u.bundles.names = &of->who.account;
	ask.u.bundles.count = 1;
	assert_status(STATUS_OK, wire_ask(w, &ask, &r));
	assert_int_equal(REPLY_BUNDLES, r.kind);
	b = &r.u.bundles.accounts[0];
	assert_int_equal(ERROR_NONE, b->error);
	assert_int_equal(1, b->devices_count);
	assert_int_equal(PREKEY_SIGNED, b->devices[0].prekeys.items[0].type);
	return b->devices[0].prekeys.count - 1;
}

static void
several_together_cannot_drain_prekeys_and_first_contact_goes_on(void **state)
{
	struct fixture *f = *state;
	struct request ask = { .kind = REQUEST_PREKEY_STATUS };
	struct wire *bob = fixture_login(f, &f->bob);
	struct wire *alice = fixture_login(f, &f->alice);
	struct wire_person gang[3];
	struct reply r;
	size_t got = 0;

	publish(bob);
	publish(alice);
	for (size_t i = 0; i < 3; i++) {
		char name[] = "gang0";
		struct wire *w;

		name[4] = (char)('0' + i);
		w = join_ill(f, name, &gang[i]);
		for (int n = 0; n < 10; n++)
			got += take_bundle(w, &f->bob);
		wire_close(w);
		wire_person_clear(&gang[i]);
	}
	assert_int_equal(PER_HOUR, got);
	assert_status(STATUS_OK, wire_ask(bob, &ask, &r));
	assert_int_equal(PREKEYS - PER_HOUR, r.u.prekey_state.one_time_count);
	assert_int_equal(0, take_bundle(alice, &f->bob)); /* without one */
	assert_int_equal(1, take_bundle(bob, &f->alice));
	wire_close(alice);
	wire_close(bob);
}

/* ---- mailboxes ---- */

static int
setup_small_mailboxes(void **state)
{
	return fixture_setup_conf(state, "mailbox_items = 40\n");
}

static void
one_sender_cannot_fill_a_mailbox_and_others_get_through(void **state)
{
	struct fixture *f = *state;
	struct wire_person mallory;
	struct wire *ill = join_ill(f, "mallory", &mallory);
	struct wire *w = fixture_login(f, &f->alice);
	size_t stored = 0;
	struct reply r;

	for (uint64_t i = 1; i <= 60; i++) {
		assert_status(
		    STATUS_OK, wire_submit(ill, &f->bob, 1, i, "spam", &r));
		assert_int_equal(REPLY_SUBMITTED, r.kind);
		stored += r.u.submitted.count == 0;
		if (r.u.submitted.count > 0)
			assert_int_equal(
			    ERROR_FULL, r.u.submitted.refused[0].code);
	}
	assert_int_equal(30, stored); /* half, and a quarter */
	for (uint64_t i = 1; i <= 10; i++) {
		assert_status(
		    STATUS_OK, wire_submit(w, &f->bob, 1, i, "hello", &r));
		assert_int_equal(REPLY_SUBMITTED, r.kind);
		assert_int_equal(0, r.u.submitted.count);
	}
	wire_close(ill);
	wire_close(w);
	w = fixture_login(f, &f->bob);
	receive(w);
	drain(w, 40);
	wire_close(w);
	wire_person_clear(&mallory);
}

/* ---- too much ---- */

static int
setup_sparing(void **state)
{
	return fixture_setup_conf(state, "device_submits_per_minute = 60\n");
}

static void
who_sends_too_much_is_told_to_wait_and_others_are_not(void **state)
{
	struct fixture *f = *state;
	struct wire_person mallory;
	struct wire *ill = join_ill(f, "mallory", &mallory);
	uint64_t sent = 0;
	struct reply r = { 0 };

	do {
		assert_status(STATUS_OK,
		    wire_submit(ill, &f->alice, 1, ++sent, "spam", &r));
	} while (r.kind == REPLY_SUBMITTED && sent < 200);
	assert_told_to_wait(&r, ERROR_RATE_LIMITED);
	assert_true(sent > 60);
	for (int i = 0; i < 10; i++)
		exchange(f);
	/* Nothing was used up: the same submit goes when its time has come. */
	usleep((useconds_t)r.u.error.retry_after_ms * 1000);
	assert_status(
	    STATUS_OK, wire_submit(ill, &f->alice, 1, sent, "spam", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	wire_close(ill);
	wire_person_clear(&mallory);
}

#define GREED(setup, test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BARE_CASE(guessed_join_codes_run_out_and_the_invited_come_in),
		GREED(setup_names,
		    who_tries_names_is_stopped_and_others_find_theirs),
		GREED(setup_names,
		    a_group_of_names_is_looked_up_as_far_as_the_limit_goes),
		GREED(setup_names,
		    who_registers_taken_names_is_stopped_and_others_register),
		GREED(setup_prekeys,
		    several_together_cannot_drain_prekeys_and_first_contact_goes_on),
		GREED(setup_small_mailboxes,
		    one_sender_cannot_fill_a_mailbox_and_others_get_through),
		GREED(setup_sparing,
		    who_sends_too_much_is_told_to_wait_and_others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
