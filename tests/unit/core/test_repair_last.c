/* What a device said last before another one took its place. */
#include "tests/unit/core/repair_world.h"
#include "tests/unit/core/replaced.h"

/* The copy goes on: it says how far it was, and asks how far others are. */
static void
renew(struct party *p)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, repair_ask_places(&s));
	commit(&s);
	replace_device(p);
}

/* Bob has some of what alice said to the group, and not the last. */
static void
miss_last(struct world *w, size_t count)
{
	make_three(w);
	tell(w, &w->c->alice, "one");
	w->deaf = &w->c->bob;
	for (size_t i = 0; i < count; i++)
		tell(w, &w->c->alice, "lost");
	w->deaf = NULL;
}

/* What bob misses of a device of alice, in the group or between the two. */
static bool
misses(struct world *w, bool direct, uint32_t device, uint64_t seq)
{
	struct address from = { name_of("alice"), device };
	struct hash talk = w->group;
	struct gap g;
	enum status st;
	struct step s = begin(&w->c->bob);

	if (direct)
		peers_conversation(&w->c->alice.core.self.account_key,
		    &w->c->bob.core.self.account_key, &talk);
	st = gap_find_number(s.txn, &talk, &from, seq, &g);
	step_abort(&s);
	return st == STATUS_OK;
}

static void
a_group_misses_it_and_gets_it(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	char detail[64] = "";

	miss_last(w, 3);
	renew(alice);
	assert_status(STATUS_OK, flush(w, alice));
	assert_true(misses(w, false, 1, 2));
	assert_true(misses(w, false, 1, 4));
	assert_false(misses(w, false, 1, 5));
	(void)line_of(w, bob, NOTICE_GAP, detail);
	assert_string_equal(detail, "3");
	/* Carol has it all. */
	assert_int_equal(gaps_of(&w->c->carol), 0);
	ask(w, bob, 0);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(heard_last(w, bob, "lost", NULL), 3);
	assert_int_equal(gaps_of(bob), 0);
}

/* The author has nothing any more: a member has. */
static void
another_member_has_it(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob, *carol = &w->c->carol;

	miss_last(w, 2);
	renew(&w->c->alice);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_true(misses(w, false, 1, 3));
	w->deaf = &w->c->alice;
	ask(w, bob, 0);
	w->deaf = NULL;
	ask(w, bob, 3 * MINUTE_MS);
	assert_status(STATUS_OK, flush(w, carol));
	assert_int_equal(heard_last(w, bob, "lost", NULL), 2);
	assert_int_equal(gaps_of(bob), 0);
}

static void
between_two_it_comes_from_the_next_device(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct parcel lost;

	say(alice, bob, "first");
	lost = write_to(alice, bob, "last words");
	parcel_clear(&lost);
	renew(alice);
	assert_status(STATUS_OK, flush(w, alice));
	assert_true(misses(w, true, 1, 2));
	ask(w, bob, 0);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(heard(bob, "last words"), 1);
	assert_int_equal(gaps_of(bob), 0);
}

/* The user was told that it failed, and may say it again in other words. */
static void
what_has_failed_is_not_missed(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	uint64_t order;
	struct step s;

	say(alice, bob, "first");
	for (int i = 0; i < 2; i++) {
		order = compose(alice, "bob", "unsent");
		assert_status(STATUS_OK, seal(alice, order));
		s = begin(alice);
		assert_status(STATUS_OK, messenger_fail(&s, order, "no"));
		commit(&s);
	}
	renew(alice);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(gaps_of(bob), 0);
}

/* The row in which alice's only message to bob waits to be sent again. */
static struct outbox_row
lost_with_its_device(struct world *w, struct step *s)
{
	struct party *alice = &w->c->alice;
	struct parcel lost = write_to(alice, &w->c->bob, "for the old one");
	struct relay_note note = { .code = ERROR_NOT_FOUND };
	struct outbox_row row;
	struct history_entry e;

	parcel_clear(&lost);
	e = last_entry(alice, s);
	assert_status(STATUS_OK, messenger_send_again(s, &note, &e));
	assert_status(STATUS_OK, outbox_next(s->txn, 0, s->arena, &row));
	assert_true(row.again);
	return row;
}

static void
what_waits_signed_goes_as_it_was_signed(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct history_entry e;
	struct step s;
	bool sent = false;

	for (int i = 0; i < 2; i++) {
		struct outbox_row row = lost_with_its_device(w, &s);

		assert_status(STATUS_OK, repair_send_former(&s, &row, &sent));
		commit(&s);
		assert_true(sent);
		assert_int_equal(outbox_rows(alice), 1);
		replace_device(alice);
		e = last_entry(alice, &s);
		assert_int_equal(e.state, STATE_QUEUED);
		step_abort(&s);
		assert_status(STATUS_OK, flush(w, alice));
		assert_int_equal(heard(bob, "for the old one"), (size_t)i + 1);
		e = last_entry(alice, &s);
		assert_int_equal(e.state, STATE_STORED);
		step_abort(&s);
	}
}

static void
whose_account_is_gone_does_not_get_it(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct account_name bob = name_of("bob");
	struct history_entry e;
	struct step s;
	struct outbox_row row = lost_with_its_device(w, &s);
	const uint64_t n = row.history_n;
	bool sent = false;
	unsigned detail;

	assert_status(STATUS_OK, repair_send_former(&s, &row, &sent));
	commit(&s);
	replace_device(alice);
	s = begin(alice);
	assert_status(STATUS_OK, outbox_next(s.txn, 0, s.arena, &row));
	assert_status(STATUS_OK, messenger_seal_some(&s, row.order, &bob, 1));
	commit(&s);
	stored(alice, row.order);
	assert_int_equal(notices(alice, NOTICE_ACCOUNT_REMOVED, &detail), 1);
	s = begin(alice);
	assert_status(STATUS_OK, history_get(s.txn, n, s.arena, &e));
	assert_int_equal(e.state, STATE_DEVICE_GONE);
	step_abort(&s);
}

/* As a hostile client of alice asks it, from her second device. */
static void
claim(struct world *w, const struct talk_place *place)
{
	struct account_name bob = name_of("bob");
	struct plaintext p = { .kind = CONTENT_PLACES,
		.u.places = { place, 1, true } };
	struct step s = begin(&w->c->alice);

	assert_status(STATUS_OK, messenger_control_many(&s, &bob, 1, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
}

static void
of_devices_that_are_not_gone_or_never_were_nothing_is_taken(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	static const uint32_t devices[] = { 2, 3, UINT32_MAX };

	say(alice, bob, "first");
	renew(alice);
	say(alice, bob, "new here");
	for (size_t i = 0; i < 3; i++) {
		const struct talk_place place = { .device = devices[i],
			.seq = 9 };

		claim(w, &place);
		assert_int_equal(gaps_of(bob), 0);
	}
	replace_device(alice);
	replace_device(alice); /* nobody ever saw a list with 3 */
	say(alice, bob, "and here");
	claim(w, &(struct talk_place){ .device = 3, .seq = 9 });
	assert_int_equal(gaps_of(bob), 0);
	claim(w, &(struct talk_place){ .device = 2, .seq = 1 });
	assert_int_equal(gaps_of(bob), 0);
	claim(w, &(struct talk_place){ .device = 2, .seq = 2 });
	assert_true(misses(w, true, 2, 2));
}

/* What the group said before bob was in it is not his to miss. */
static void
who_came_later_misses_nothing(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	read_log(w, &w->c->carol);
	tell(w, alice, "before bob");
	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	renew(alice);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(gaps_of(&w->c->bob), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_group_misses_it_and_gets_it),
		world_test(another_member_has_it),
		world_test(between_two_it_comes_from_the_next_device),
		world_test(what_has_failed_is_not_missed),
		world_test(what_waits_signed_goes_as_it_was_signed),
		world_test(whose_account_is_gone_does_not_get_it),
		world_test(
		    of_devices_that_are_not_gone_or_never_were_nothing_is_taken),
		world_test(who_came_later_misses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
