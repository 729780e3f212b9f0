/* What a message to a group moves at its receiver, and what it must not. */
#include "tests/unit/core/group_world.h"

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

static void
what_was_not_signed_moves_no_head(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct forged f;
	struct group_record g;
	unsigned detail;

	add(w, "bob");
	tell(w, &w->c->bob, "hello");
	add(w, "carol"); /* bob has not read of it */
	g = record_of(w, alice);
	f = honest(&w->c->bob, BYTES("forged"), g.length, &g.head);
	f.bad_signature = true;
	say_forged(w, &w->c->bob, alice, &f);
	w->deaf = &w->c->carol;
	tell(w, &w->c->bob, "still here");
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 0);
	assert_int_equal(heard(alice, "still here"), 1);
}

static void
say_what_waits(struct party *p)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, group_tell_held(&s));
	commit(&s);
}

static void
a_gap_of_one_member_hides_no_held_message_of_another(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct account_name alice = name_of("alice");
	struct group_record g;
	struct step s;
	unsigned detail;

	add(w, "bob");
	add(w, "carol");
	tell(w, &w->c->alice, "ahead of bob");
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 1);
	g = record_of(w, bob);
	s = begin(bob);
	assert_status(STATUS_OK,
	    group_tell(&s, &g, NOTICE_GAP, &alice, NULL, BYTES("3")));
	commit(&s);
	say_what_waits(bob);
	assert_int_equal(notices(bob, NOTICE_GAP, &detail), 2);
	say_what_waits(bob);
	assert_int_equal(notices(bob, NOTICE_GAP, &detail), 2);
}

static void
two_lists_of_one_version_are_told(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct group_record g;
	struct forged f;
	unsigned detail;

	add(w, "bob");
	tell(w, &w->c->bob, "hello");
	g = record_of(w, alice);
	f = honest(&w->c->bob, BYTES("by another list"), g.length, &g.head);
	f.list_hash.raw[0] ^= 1;
	say_forged(w, &w->c->bob, alice, &f);
	assert_int_equal(heard(alice, "by another list"), 0);
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 1);
}

static void
a_list_that_is_newer_than_ours_stops_no_message(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct group_record g;
	struct forged f;
	unsigned detail;

	add(w, "bob");
	tell(w, &w->c->bob, "hello");
	g = record_of(w, alice);
	f = honest(&w->c->bob, BYTES("newer"), g.length, &g.head);
	f.list_version++;
	f.list_hash.raw[0] ^= 1;
	say_forged(w, &w->c->bob, alice, &f);
	assert_int_equal(heard(alice, "newer"), 1);
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 0);
}

/* A stranger's garbage stays where it is; what waits is another matter. */
static void
garbage_takes_no_room_from_what_waits_for_the_log(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	uint8_t *garbage = calloc(1, LIMIT_ITEM_BYTES);
	struct item item = {
		.seq = 1,
		.has_sender = true,
		.sender = w->c->eve.core.self.address,
		.type = ITEM_PREKEY,
		.payload = bytes_view(garbage, LIMIT_ITEM_BYTES),
	};

	assert_non_null(garbage);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	for (uint32_t i = 0; i < 260; i++) {
		store_u32(garbage, i);
		take_item(bob, &item);
	}
	free(garbage);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	tell(w, &w->c->alice, "ahead of the log");
	assert_int_equal(heard(bob, "ahead of the log"), 0);
	read_log(w, bob);
	assert_int_equal(heard(bob, "ahead of the log"), 1);
}

/* Its log never comes: it is given up, told, and takes no room for ever. */
static void
what_waits_for_a_log_that_never_comes_is_given_up(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct group_record g;
	struct hash never = { { 3 } };
	unsigned told = 0;
	struct step s;

	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	tell(w, &w->c->alice, "hello");
	g = record_of(w, bob);
	{
		struct forged f = honest(
		    &w->c->alice, BYTES("far ahead"), g.length + 9, &never);

		say_forged(w, &w->c->alice, bob, &f);
	}
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 1);
	s = begin(bob);
	assert_status(STATUS_OK, group_tell_held(&s));
	commit(&s);
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 1);
	s = begin(bob);
	s.now_ms += INT64_C(46) * 24 * 3600 * 1000;
	assert_status(STATUS_OK, group_tell_held(&s));
	commit(&s);
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 0);
	assert_int_equal(notices(bob, NOTICE_UNDECRYPTABLE, &told), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(garbage_takes_no_room_from_what_waits_for_the_log),
		world_test(what_waits_for_a_log_that_never_comes_is_given_up),
		world_test(what_was_not_signed_moves_no_head),
		world_test(
		    a_gap_of_one_member_hides_no_held_message_of_another),
		world_test(two_lists_of_one_version_are_told),
		world_test(a_list_that_is_newer_than_ours_stops_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
