/* Messages of a type that only a later release knows. */
#include "tests/unit/core/group_hostile.h"

static struct history_entry
last_of(struct party *p)
{
	struct step s;
	struct history_entry e = last_entry(p, &s);

	step_abort(&s);
	return e;
}

static void
a_message_of_a_later_release_is_kept_and_stops_nothing(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct group_record g;
	struct history_entry e;
	struct forged f;
	unsigned detail;

	add(w, "bob");
	tell(w, &w->c->bob, "hello");
	g = record_of(w, alice);
	f = honest(&w->c->bob, BYTES("\xff\x00\x01"), g.length, &g.head);
	f.what.type = 77;
	say_forged(w, &w->c->bob, alice, &f);
	e = last_of(alice);
	assert_int_equal(e.kind, HISTORY_MESSAGE);
	assert_int_equal(e.type, 77);
	assert_int_equal(e.seq, 2);
	assert_int_equal(e.signature, SIGNATURE_VALID);
	assert_int_equal(quarantined(alice, QUARANTINE_UNDECRYPTABLE), 0);
	f = honest(&w->c->bob, BYTES("and on"), g.length, &g.head);
	say_forged(w, &w->c->bob, alice, &f);
	assert_int_equal(heard(alice, "and on"), 1);
	assert_int_equal(notices(alice, NOTICE_GAP, &detail), 0);
}

static void
a_later_type_that_is_not_signed_is_shown_as_such(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct group_record g;
	struct forged f;

	add(w, "bob");
	tell(w, &w->c->bob, "hello");
	g = record_of(w, alice);
	f = honest(&w->c->bob, BYTES("x"), g.length, &g.head);
	f.what.type = 77;
	f.bad_signature = true;
	say_forged(w, &w->c->bob, alice, &f);
	assert_int_equal(last_of(alice).signature, SIGNATURE_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(
		    a_message_of_a_later_release_is_kept_and_stops_nothing),
		world_test(a_later_type_that_is_not_signed_is_shown_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
