/* Who took the place of another device asks how far others are, and is told. */
#include "tests/unit/core/repair_world.h"

/* p is a copy that went on as another device, so long ago. */
static void
renewed(struct party *p, int64_t ago_ms)
{
	struct step s = begin(p);
	struct counters c;

	assert_status(STATUS_OK, counters_get(s.txn, &c));
	c.renewed_ms = s.now_ms - ago_ms;
	assert_status(STATUS_OK, counters_put(s.txn, &c));
	commit(&s);
}

static void
ask_places(struct world *w, struct party *p)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, repair_ask_places(&s));
	commit(&s);
	assert_status(STATUS_OK, flush(w, p));
}

/* alice says `count` to the group that bob does not get, and nothing after. */
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

static void
the_last_ones_are_missed_and_come(void **state)
{
	struct world *w = *state;
	struct history_entry line;
	char detail[64] = "";
	struct gap g;

	miss_last(w, 3);
	renewed(&w->c->bob, 0);
	assert_status(STATUS_NOT_FOUND, gap_at(w, 2, &g));
	ask_places(w, &w->c->bob);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_status(STATUS_OK, gap_at(w, 2, &g));
	assert_int_equal(g.last, 4);
	line = line_of(w, &w->c->bob, NOTICE_GAP, detail);
	assert_string_equal(detail, "3");
	ask(w, &w->c->bob, 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, &w->c->bob, "lost", NULL), 3);
	assert_status(STATUS_NOT_FOUND, gap_at(w, 2, &g));
	line = line_of(w, &w->c->bob, NOTICE_GAP, detail);
	assert_int_equal(line.repaired, 3);
	/* Asked again, there is nothing new. */
	ask_places(w, &w->c->bob);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(gaps_of(&w->c->bob), 0);
	tell(w, &w->c->alice, "next");
	assert_int_equal(heard_last(w, &w->c->bob, "next", NULL), 1);
}

static void
what_two_say_is_asked_for_too(void **state)
{
	struct world *w = *state;
	struct parcel parcel;
	uint64_t order;

	make_three(w);
	order = compose(&w->c->alice, "bob", "first");
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	order = compose(&w->c->alice, "bob", "second");
	assert_status(STATUS_OK, seal(&w->c->alice, order));
	parcel = parcel_of(&w->c->alice, order); /* lost on the way */
	stored(&w->c->alice, order);
	renewed(&w->c->bob, 0);
	ask_places(w, &w->c->bob);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(gaps_of(&w->c->bob), 1);
	ask(w, &w->c->bob, 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(gaps_of(&w->c->bob), 0);
	parcel_clear(&parcel);
}

/* It is no signature: only who asked takes it. */
static void
what_nobody_asked_for_is_ignored(void **state)
{
	struct world *w = *state;
	struct gap g;

	miss_last(w, 3);
	ask_places(w, &w->c->bob); /* renewed, says nobody */
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_status(STATUS_NOT_FOUND, gap_at(w, 2, &g));
	renewed(&w->c->bob, repair_kept_ms + 1);
	ask_places(w, &w->c->bob);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_status(STATUS_NOT_FOUND, gap_at(w, 2, &g));
	renewed(&w->c->bob, repair_kept_ms - HOUR_MS);
	ask_places(w, &w->c->bob);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_status(STATUS_OK, gap_at(w, 2, &g));
}

static void
answers_are_bounded(void **state)
{
	struct world *w = *state;
	size_t answers = 0;

	make_three(w);
	for (int i = 0; i < 12; i++) {
		ask_places(w, &w->c->bob);
		answers += outbox_rows(&w->c->alice);
		assert_status(STATUS_OK, flush(w, &w->c->alice));
	}
	/* Two questions each time, and an invitation besides for one. */
	assert_int_equal(answers, 8 + 4);
}

static void
who_is_not_in_a_group_is_told_nothing_of_it(void **state)
{
	struct world *w = *state;
	struct talk_place place = { .has_group = true, .group = w->group };
	struct plaintext p = {
		.kind = CONTENT_PLACES,
		.u.places = { &place, 1, true },
	};
	struct account_name alice = name_of("alice");
	struct step s;

	make_three(w);
	tell(w, &w->c->alice, "one");
	party_register(&w->c->eve, "eve");
	s = begin(&w->c->eve);
	assert_status(STATUS_OK, messenger_control_many(&s, &alice, 1, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->eve));
	assert_int_equal(outbox_rows(&w->c->alice), 0);
}

/* A place below ours, or none, moves nothing. */
static void
a_place_that_is_behind_changes_nothing(void **state)
{
	struct world *w = *state;
	struct talk_place places[2] = {
		{ .has_group = true, .group = w->group, .seq = 1 },
		{ .seq = 0 },
	};
	struct plaintext p = {
		.kind = CONTENT_PLACES,
		.u.places = { places, 2, false },
	};
	struct account_name bob = name_of("bob");
	struct step s;

	make_three(w);
	tell(w, &w->c->alice, "one");
	tell(w, &w->c->alice, "two");
	renewed(&w->c->bob, 0);
	s = begin(&w->c->alice);
	assert_status(STATUS_OK, messenger_control_many(&s, &bob, 1, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(gaps_of(&w->c->bob), 0);
	tell(w, &w->c->alice, "three");
	assert_int_equal(gaps_of(&w->c->bob), 0);
	assert_int_equal(heard_last(w, &w->c->bob, "three", NULL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_last_ones_are_missed_and_come),
		world_test(what_two_say_is_asked_for_too),
		world_test(what_nobody_asked_for_is_ignored),
		world_test(answers_are_bounded),
		world_test(who_is_not_in_a_group_is_told_nothing_of_it),
		world_test(a_place_that_is_behind_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
