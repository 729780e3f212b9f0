/* What is missing: noticed between its neighbours, and filled by what fits. */
#include "tests/unit/core/repair_world.h"

static void
skipped_numbers_are_a_gap_between_two_heads(void **state)
{
	struct world *w = *state;
	char detail[64] = "";
	struct history_entry line;
	struct gap g;

	make_three(w);
	tell(w, &w->c->alice, "one");
	lose(w, 3);
	assert_status(STATUS_NOT_FOUND, gap_at(w, 1, &g));
	assert_status(STATUS_OK, gap_at(w, 2, &g));
	assert_int_equal(g.first, 2);
	assert_int_equal(g.last, 4);
	assert_true(g.has_before);
	assert_int_equal(g.head_first, 3);
	assert_int_equal(g.head_last, 3);
	assert_int_equal(g.asked, 0);
	assert_status(STATUS_NOT_FOUND, gap_at(w, 5, &g));
	line = line_of(w, &w->c->bob, NOTICE_GAP, detail);
	assert_int_equal(line.n, g.told);
	assert_string_equal(detail, "3");
}

static void
what_comes_late_closes_its_gap(void **state)
{
	struct world *w = *state;
	char detail[64] = "";
	struct gap g;

	make_three(w);
	tell(w, &w->c->alice, "one");
	lose(w, 1);
	assert_status(STATUS_OK, gap_at(w, 2, &g));
	take_item(&w->c->bob, &w->missed);
	assert_status(STATUS_NOT_FOUND, gap_at(w, 2, &g));
	assert_int_equal(
	    line_of(w, &w->c->bob, NOTICE_GAP, detail).repaired, 1);
}

/* Somebody was added meanwhile: its head is older than the one that came. */
static void
what_comes_late_may_have_an_older_head(void **state)
{
	struct world *w = *state;
	char detail[64] = "";
	struct gap g;

	make_three(w);
	tell(w, &w->c->alice, "one");
	w->deaf = &w->c->bob;
	tell(w, &w->c->alice, "lost");
	w->deaf = NULL;
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	tell(w, &w->c->alice, "heard");
	assert_status(STATUS_OK, gap_at(w, 2, &g));
	assert_int_equal(g.head_first, 3);
	assert_int_equal(g.head_last, 4);
	take_item(&w->c->bob, &w->missed);
	assert_status(STATUS_NOT_FOUND, gap_at(w, 2, &g));
	assert_int_equal(line_of(w, &w->c->bob, NOTICE_REFUSED, detail).n, 0);
}

static struct message_body
body_at(uint64_t seq, struct hash previous)
{
	return (struct message_body){ .seq = seq, .previous = previous };
}

static void
only_what_its_neighbours_name_fits(void **state)
{
	struct hash one = { { 1 } };
	struct hash two = { { 2 } };
	struct hash own = { { 9 } };
	struct gap g = {
		.first = 5,
		.last = 7,
		.has_before = true,
		.before = one,
		.after = two,
	};
	struct message_body b = body_at(5, one);

	(void)state;
	assert_true(repair_fits(&g, &b, &own));
	b = body_at(5, two);
	assert_false(repair_fits(&g, &b, &own));
	g.has_before = false;
	assert_true(repair_fits(&g, &b, &own));
	b = body_at(6, own);
	assert_true(repair_fits(&g, &b, &own));
	b = body_at(7, own);
	assert_false(repair_fits(&g, &b, &own));
	assert_true(repair_fits(&g, &b, &two));
	b = body_at(8, own);
	assert_false(repair_fits(&g, &b, &two));
	b = body_at(4, own);
	assert_false(repair_fits(&g, &b, &two));
}

/* From the middle: both halves know their new neighbour. */
static void
a_gap_falls_in_two(void **state)
{
	struct world *w = *state;
	struct hash hash = { { 7 } };
	struct hash previous = { { 6 } };
	struct message_body b = body_at(4, previous);
	struct gap g = { 0 };
	struct step s;

	b.head_index = 3;
	make_three(w);
	tell(w, &w->c->alice, "one");
	lose(w, 5);
	assert_status(STATUS_OK, gap_at(w, 4, &g));
	s = begin(&w->c->bob);
	assert_status(STATUS_OK, repair_fill(&s, &g, &b, &hash, false));
	commit(&s);
	assert_status(STATUS_NOT_FOUND, gap_at(w, 4, &g));
	assert_status(STATUS_OK, gap_at(w, 2, &g));
	assert_int_equal(g.last, 3);
	assert_memory_equal(&g.after, &previous, sizeof(previous));
	assert_status(STATUS_OK, gap_at(w, 6, &g));
	assert_int_equal(g.first, 5);
	assert_int_equal(g.last, 6);
	assert_memory_equal(&g.before, &hash, sizeof(hash));
}

static void
gaps_of_one_device_are_bounded(void **state)
{
	struct world *w = *state;
	struct address alice = w->c->alice.core.self.address;
	struct gap g = {
		.kind = GAP_NUMBERS,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = w->group,
		.author = alice,
	};
	size_t count = 0;
	struct step s = begin(&w->c->bob);

	for (uint64_t i = 1; i <= 200; i++) {
		g.first = g.last = 2 * i;
		assert_status(STATUS_OK, repair_note_numbers(&s, &g));
	}
	assert_status(STATUS_OK,
	    gap_count_of(s.txn, GAP_NUMBERS, &w->group, &alice, 1000, &count));
	assert_int_equal(count, 64);
	step_abort(&s);
}

static void
a_message_without_its_key_is_noticed_by_its_hash(void **state)
{
	struct world *w = *state;
	struct address alice = w->c->alice.core.self.address;
	struct hash hash;
	struct gap g;
	struct step s;

	make_three(w);
	w->deaf = &w->c->bob; /* gets neither key nor message */
	tell(w, &w->c->alice, "first under a new key");
	w->deaf = NULL;
	tell(w, &w->c->alice, "second");
	hash_bytes(w->spied[w->spied_count - 1].payload, &hash);
	s = begin(&w->c->bob);
	assert_status(STATUS_OK, gap_find_item(s.txn, &alice, &hash, &g));
	assert_true(g.no_key);
	assert_true(g.quarantined > 0 && g.told > 0);
	step_abort(&s);
	/* The key comes after all: nothing is missing any more. */
	take_item(&w->c->bob, &w->missed);
	s = begin(&w->c->bob);
	assert_status(
	    STATUS_NOT_FOUND, gap_find_item(s.txn, &alice, &hash, &g));
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(skipped_numbers_are_a_gap_between_two_heads),
		world_test(what_comes_late_closes_its_gap),
		world_test(what_comes_late_may_have_an_older_head),
		cmocka_unit_test(only_what_its_neighbours_name_fits),
		world_test(a_gap_falls_in_two),
		world_test(gaps_of_one_device_are_bounded),
		world_test(a_message_without_its_key_is_noticed_by_its_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
