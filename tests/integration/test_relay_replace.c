/* A real relay, and an account whose device is replaced while things happen. */
#include "tests/support/relay_fixture.h"

#include <pthread.h>
#include <unistd.h>

#include "proto/codec.h"
#include "tests/support/wire_devices.h"

const char *const relay_program = TACIT_RELAY_BIN;

enum { SUBMITS = 300, WAIT_MS = 10 * 1000 };

static struct wire *
greet(struct fixture *f)
{
	struct wire *w = NULL;

	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	return w;
}

static void
assert_replaced(struct fixture *f, const struct wire_person *p, struct wire **w)
{
	struct reply r;

	*w = greet(f);
	assert_status(STATUS_OK, wire_replace(*w, p, &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
}

static void
assert_no_login(struct fixture *f, const struct wire_person *p)
{
	struct wire *w = NULL;

	assert_status(STATUS_CONFLICT, wire_login(f->relay.link, p, &w));
}

struct sending {
	struct fixture *f;
	const struct wire_person *old;
	const struct wire_person *fresh;
	enum { UNANSWERED, STORED_OLD, STORED_NEW } fate[SUBMITS + 1];
};

/* To the old one, until the relay says that it is gone. */
static void *
send_all(void *arg)
{
	struct sending *s = arg;
	const struct wire_person *to = s->old;
	struct wire *w = NULL;
	struct reply r;

	if (wire_login(s->f->relay.link, &s->f->alice, &w) != STATUS_OK)
		return NULL;
	for (uint64_t n = 1; n <= SUBMITS; n++) {
		if (wire_submit(w, to, 1, n, "text", &r) != STATUS_OK)
			break;
		if (r.kind == REPLY_ERROR && to == s->old &&
		    r.u.error.code == ERROR_DEVICES_CHANGED) {
			to = s->fresh;
			n--;
			continue;
		}
		if (r.kind == REPLY_SUBMITTED)
			s->fate[n] = to == s->old ? STORED_OLD : STORED_NEW;
	}
	wire_close(w);
	return NULL;
}

/* What alice was told of, by counter. */
static void
gather_notes(struct fixture *f, bool told[SUBMITS + 1])
{
	struct wire *w = fixture_login(f, &f->alice);
	struct arena *a = NULL;
	struct reply r;

	assert_status(STATUS_OK, arena_new(1 << 20, &a));
	receive(w);
	while (
	    wire_next(w, WAIT_MS, &r) == STATUS_OK && r.kind != REPLY_DRAINED) {
		for (size_t i = 0; r.kind == REPLY_PUSH && i < r.u.push.count;
		     i++) {
			struct relay_note note;

			assert_status(
			    STATUS_OK, codec_get_note(r.u.push.items[i].payload,
					   a, &note));
			assert_int_equal(ERROR_NOT_FOUND, note.code);
			assert_in_range(note.counter, 1, SUBMITS);
			told[note.counter] = true;
			acknowledge(w, r.u.push.items[i].seq);
		}
	}
	arena_free(a);
	wire_close(w);
}

static void
what_is_in_flight_is_stored_or_told_of(void **state)
{
	static bool told[SUBMITS + 1];
	struct fixture *f = *state;
	struct wire_person fresh;
	struct sending s = { .f = f, .old = &f->bob, .fresh = &fresh };
	struct wire *old = fixture_login(f, &f->bob), *w = NULL;
	size_t to_new = 0, untold = 0;
	struct reply r;
	pthread_t thread;

	assert_status(STATUS_OK, wire_person_next(&f->bob, NULL, &fresh));
	receive(old); /* connected, receiving, acknowledging nothing */
	assert_int_equal(0, pthread_create(&thread, NULL, send_all, &s));
	assert_status(STATUS_OK, wire_next(old, WAIT_MS, &r));
	assert_replaced(f, &fresh, &w);
	while (wire_next(old, WAIT_MS, &r) == STATUS_OK)
		; /* until the relay ends it */
	wire_close(old);
	pthread_join(thread, NULL);
	for (size_t n = 1; n <= SUBMITS; n++) {
		assert_int_not_equal(UNANSWERED, s.fate[n]);
		to_new += s.fate[n] == STORED_NEW;
	}
	receive(w);
	assert_int_equal(to_new, drain(w, to_new));
	wire_close(w);
	assert_no_login(f, &f->bob);
	for (int tries = 0; tries < 20; tries++) {
		gather_notes(f, told);
		untold = 0;
		for (size_t n = 1; n <= SUBMITS; n++)
			untold += s.fate[n] == STORED_OLD && !told[n];
		if (untold == 0)
			break;
		usleep(200 * 1000);
	}
	assert_int_equal(0, untold);
	for (size_t n = 1; n <= SUBMITS; n++)
		assert_false(told[n] && s.fate[n] == STORED_NEW);
	wire_person_clear(&fresh);
}

static void
a_lost_answer_is_asked_for_again_and_another_list_is_refused(void **state)
{
	struct fixture *f = *state;
	struct wire_person fresh, rival, third;
	struct wire *w = NULL;
	struct reply r;

	assert_status(STATUS_OK, wire_person_next(&f->bob, NULL, &fresh));
	assert_status(STATUS_OK, wire_person_next(&f->bob, NULL, &rival));
	assert_status(STATUS_OK, wire_person_next(&fresh, NULL, &third));
	assert_replaced(f, &fresh, &w);
	wire_close(w);
	assert_replaced(f, &fresh, &w);
	wire_close(w);
	w = greet(f);
	assert_status(STATUS_OK, wire_replace(w, &rival, &r));
	assert_int_equal(REPLY_ERROR, r.kind);
	assert_int_equal(ERROR_LIST_TAKEN, r.u.error.code);
	assert_bytes(buf_view(fresh.list_body), r.u.error.current.body);
	/* And now with one that follows, on the same connection. */
	assert_status(STATUS_OK, wire_replace(w, &third, &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
	assert_int_equal(0, r.u.registered.head);
	wire_close(w);
	assert_no_login(f, &fresh);
	w = fixture_login(f, &third);
	wire_close(w);
	wire_person_clear(&fresh);
	wire_person_clear(&rival);
	wire_person_clear(&third);
}

static void
a_stranger_replaces_and_reads_nothing(void **state)
{
	struct fixture *f = *state;
	struct wire_person mallory, fresh;
	struct sign_public recovery;
	struct sign_secret secret;
	struct wire *w = greet(f);
	struct reply r;

	/* Bob's name under mallory's own account key. */
	assert_status(STATUS_OK, wire_person_make(&mallory, "bob"));
	assert_status(STATUS_OK, wire_person_next(&mallory, NULL, &fresh));
	assert_status(STATUS_OK, wire_replace(w, &fresh, &r));
	assert_int_equal(ERROR_DENIED, r.u.error.code);
	sign_generate(&recovery, &secret);
	assert_status(
	    STATUS_OK, wire_recover(w, &f->bob.who.account, &secret, &r));
	assert_int_equal(ERROR_DENIED, r.u.error.code);
	assert_status(STATUS_OK,
	    wire_recover(w, &f->bob.who.account, &f->bob.account_secret, &r));
	assert_int_equal(ERROR_DENIED, r.u.error.code);
	wire_close(w);
	assert_served(f);
	wire_person_clear(&mallory);
	wire_person_clear(&fresh);
}

static void
a_recovery_key_reads_the_list_it_stands_on(void **state)
{
	struct fixture *f = *state;
	struct wire_person fresh, after;
	struct sign_public recovery;
	struct sign_secret secret;
	struct wire *w = NULL;
	struct reply r;

	sign_generate(&recovery, &secret);
	assert_status(STATUS_OK, wire_person_next(&f->bob, &recovery, &fresh));
	assert_replaced(f, &fresh, &w);
	wire_close(w);
	w = greet(f);
	assert_status(
	    STATUS_OK, wire_recover(w, &f->bob.who.account, &secret, &r));
	assert_int_equal(REPLY_ACCOUNT, r.kind);
	assert_bytes(buf_view(fresh.list_body), r.u.account.body);
	assert_status(STATUS_OK, wire_person_next(&fresh, NULL, &after));
	assert_status(STATUS_OK, wire_replace(w, &after, &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
	wire_close(w);
	/* It is on no list any more. */
	w = greet(f);
	assert_status(
	    STATUS_OK, wire_recover(w, &f->bob.who.account, &secret, &r));
	assert_int_equal(ERROR_DENIED, r.u.error.code);
	wire_close(w);
	wire_person_clear(&fresh);
	wire_person_clear(&after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_in_flight_is_stored_or_told_of),
		CASE(
		    a_lost_answer_is_asked_for_again_and_another_list_is_refused),
		CASE(a_stranger_replaces_and_reads_nothing),
		CASE(a_recovery_key_reads_the_list_it_stands_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
