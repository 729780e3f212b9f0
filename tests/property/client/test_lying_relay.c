/*
 * What a relay can do to a group by lying, and what its members then see.
 * Whatever it does: nobody takes a message in twice, nobody reads what is not
 * theirs, and who is told another story than the others is told so.
 */
#include "tests/property/client/lying.h"

static void
two_logs_are_noticed_with_the_first_message(void **state)
{
	struct saga *g = *state;

	toy_fork(g->s->toy, 1);
	account(g, BOB)->view = 1;
	done(g, ALICE, ACT_RENAME, 1);
	done(g, BOB, ACT_RENAME, 2);
	settle(g);
	assert_true(stands(g, ALICE, "member") && stands(g, BOB, "member"));

	done(g, BOB, ACT_SEND, 0);
	done(g, ALICE, ACT_RECEIVE, 0);
	done(g, CAROL, ACT_RECEIVE, 0);
	assert_true(stands(g, ALICE, "frozen") && stands(g, CAROL, "frozen"));
	assert_int_equal(messages(g, ALICE), 3);
	/* One line says that the group is frozen, one stands for the message.
	 */
	assert_int_equal(notices(g, ALICE, "refused"), 2);
	assert_int_equal(do_it(g, ALICE, ACT_SEND, 0), TACIT_NOT_ALLOWED);
}

static void
a_log_that_branched_long_ago_is_noticed_too(void **state)
{
	struct saga *g = *state;

	toy_fork(g->s->toy, 1);
	account(g, BOB)->view = 1;
	done(g, BOB, ACT_RENAME, 2);
	done(g, ALICE, ACT_RENAME, 1);
	for (uint32_t i = 0; i < 3; i++)
		done(g, BOB, ACT_RENAME, 3 + i);
	settle(g);
	/* One message each way: the shorter cannot judge the longer's. */
	done(g, BOB, ACT_SEND, 0);
	done(g, ALICE, ACT_SEND, 0);
	settle(g);
	assert_true(stands(g, BOB, "frozen"));
	assert_int_equal(messages(g, BOB), 4);
	/* Ahead of what the relay shows alice: told, and not shown. */
	assert_true(
	    notices(g, ALICE, "gap") + notices(g, ALICE, "refused") > 0);
	assert_int_equal(messages(g, ALICE), 4);
}

static void
a_withheld_end_of_the_log_is_told_of_and_what_waited_comes(void **state)
{
	struct saga *g = *state;

	account(g, BOB)->chain_end = 3;
	done(g, ALICE, ACT_REMOVE, BIT(CAROL));
	done(g, ALICE, ACT_SEND, 0);
	done(g, BOB, ACT_RECEIVE, 0);
	done(g, BOB, ACT_RECEIVE, 0);
	assert_int_equal(messages(g, BOB), 3);
	assert_int_equal(notices(g, BOB, "gap"), 1);

	account(g, BOB)->chain_end = 0;
	settle(g);
	assert_int_equal(messages(g, BOB), 4);
	assert_true(stands(g, BOB, "member"));
	assert_true(stands(g, CAROL, "removed"));
	assert_int_equal(messages(g, CAROL), 3);
}

static void
swapped_chains_change_no_group(void **state)
{
	struct saga *g = *state;
	struct saga other = { .s = g->s, .title = "family" };
	struct toy_chain *a, *b;
	struct buf **entries;
	size_t length;
	struct view before, after;

	done(&other, CAROL, ACT_CREATE, BIT(ALICE) | BIT(BOB));
	settle(g);
	saga_look(g, at(g, BOB), &before);
	a = &g->s->toy->chains[0];
	b = &g->s->toy->chains[1];
	done(g, ALICE, ACT_RENAME, 5);
	done(&other, CAROL, ACT_PROMOTE, BIT(ALICE));
	done(&other, CAROL, ACT_PROMOTE, BIT(BOB));
	entries = a->entries;
	length = a->length;
	a->entries = b->entries;
	a->length = b->length;
	a->room = b->length;
	b->entries = entries;
	b->length = length;
	b->room = length;
	(void)do_it(g, BOB, ACT_RECEIVE, 0);
	(void)do_it(g, BOB, ACT_RECEIVE, 0);
	saga_look(g, at(g, BOB), &after);
	assert_int_equal(after.members, before.members);
	assert_int_equal(after.admins, before.admins);
	assert_string_equal(after.name, before.name);
	/* Whoever has read the true one sees that bob was shown another. */
	if (do_it(g, BOB, ACT_SEND, 0) == TACIT_DONE) {
		done(g, ALICE, ACT_RECEIVE, 0);
		assert_false(
		    stands(g, ALICE, "member") &&
		    notices(g, ALICE, "gap") + notices(g, ALICE, "refused") ==
			0);
	}
}

static void
old_entries_at_later_places_have_no_effect(void **state)
{
	struct saga *g = *state;
	struct toy_chain *c = chain_of(g, 0);
	struct view before, after;

	saga_look(g, at(g, BOB), &before);
	for (size_t i = 0; i < 3; i++)
		toy_chain_push(c, buf_view(c->entries[i]));
	settle(g);
	for (size_t n = ALICE; n <= CAROL; n++) {
		saga_look(g, at(g, n), &after);
		assert_string_equal(after.standing, "member");
		assert_int_equal(after.length, before.length + 3);
		assert_int_equal(after.members, before.members);
		assert_int_equal(after.admins, before.admins);
	}
	done(g, BOB, ACT_SEND, 0);
	done(g, BOB, ACT_ADD, BIT(DAVE));
	settle(g);
	assert_int_equal(messages(g, ALICE), 4);
	assert_true(stands(g, DAVE, "member"));
	saga_judge(g);
	assert_string_equal(g->complaint, "");
}

static void
a_log_without_its_end_is_put_back(void **state)
{
	struct saga *g = *state;

	done(g, ALICE, ACT_ADD, BIT(DAVE));
	settle(g);
	toy_chain_cut(chain_of(g, 0), 2);
	saga_quiet(g);
	done(g, DAVE, ACT_SEND, 0);
	done(g, CAROL, ACT_RENAME, 4);
	saga_quiet(g);
	saga_judge(g);
	assert_string_equal(g->complaint, "");
	assert_true(stands(g, DAVE, "member"));
}

static void
a_log_that_is_gone_is_put_back(void **state)
{
	struct saga *g = *state;

	toy_chain_drop(g->s->toy, chain_of(g, 0));
	saga_quiet(g);
	done(g, BOB, ACT_SEND, 0);
	done(g, CAROL, ACT_RENAME, 4);
	saga_quiet(g);
	saga_judge(g);
	assert_string_equal(g->complaint, "");
}

static void
garbage_in_the_log_has_no_effect(void **state)
{
	struct saga *g = *state;
	struct toy_chain *c = chain_of(g, 0);

	toy_chain_push(c, BYTES("this is no entry"));
	toy_chain_push(c, BYTES("\x0a\xff\xff\xff\xff\x0f"));
	done(g, BOB, ACT_SEND, 0);
	done(g, CAROL, ACT_RENAME, 4);
	saga_quiet(g);
	saga_judge(g);
	assert_string_equal(g->complaint, "");
}

static void
garbage_on_the_line_fails_and_loses_nothing(void **state)
{
	struct saga *g = *state;
	struct deed d = { .saga = g, .act = ACT_SEND };
	struct actor *a = at(g, ALICE);

	stage_begin(g->s, a, saga_do, &d);
	assert_true(stage_turn(g->s));
	assert_status(STATUS_OK,
	    buf_put(a->line->out, BYTES("\x00\x00\x00\x03\xff\xff\xff")));
	while (a->busy)
		assert_true(stage_turn(g->s));
	assert_int_equal(d.code, TACIT_UNREACHABLE);
	saga_quiet(g);
	saga_judge(g);
	assert_string_equal(g->complaint, "");
	assert_int_equal(messages(g, BOB), 4);
}

/* What lies in a mailbox, the last first. */
static void
turn_around(struct toy_mailbox *m)
{
	for (size_t i = 0; i < m->count / 2; i++) {
		struct toy_item *x = &m->items[i];
		struct toy_item *y = &m->items[m->count - 1 - i];
		struct toy_item kept = *x;

		*x = *y;
		*y = kept;
	}
	for (size_t i = 0; i < m->count; i++)
		m->items[i].item.seq = m->acknowledged + 1 + i;
}

static void
reordered_mail_is_complete_or_told_of(void **state)
{
	struct saga *g = *state;

	for (int i = 0; i < 6; i++)
		done(g, ALICE, ACT_SEND, 0);
	turn_around(&account(g, BOB)->mailbox);
	settle(g);
	assert_int_equal(messages(g, BOB), 9);
	assert_true(notices(g, BOB, "gap") > 0);
}

static void
mail_that_comes_twice_is_filed_once(void **state)
{
	struct saga *g = *state;
	struct toy_mailbox *m = &account(g, BOB)->mailbox;
	size_t count;

	for (int i = 0; i < 4; i++)
		done(g, ALICE, ACT_SEND, 0);
	count = m->count;
	for (size_t i = 0; i < count; i++) {
		struct item again = m->items[i].item;

		toy_mailbox_put(m, &again);
	}
	settle(g);
	assert_int_equal(messages(g, BOB), 7);
	assert_int_equal(notices(g, BOB, "undecryptable"), 0);
	saga_judge(g);
	assert_string_equal(g->complaint, "");
}

static void
every_withheld_message_is_missed(void **state)
{
	struct saga *g = *state;
	size_t had = messages(g, BOB);

	account(g, BOB)->withhold = 10;
	account(g, BOB)->came = 0;
	for (int i = 0; i < 15; i++)
		done(g, ALICE, ACT_SEND, 0);
	done(g, BOB, ACT_RECEIVE, 0);
	assert_int_equal(messages(g, BOB), had + 14);
	assert_int_equal(notices(g, BOB, "gap"), 1);
}

static void
swapped_mailboxes_give_nobody_anothers_mail(void **state)
{
	struct saga *g = *state;
	struct toy_mailbox *b = &account(g, BOB)->mailbox;
	struct toy_mailbox *d = &account(g, DAVE)->mailbox;
	struct toy_item *items;
	size_t count, room;

	done(g, ALICE, ACT_SEND, 0);
	items = b->items;
	count = b->count;
	room = b->room;
	assert_int_equal(count, 1);
	b->items = d->items;
	b->count = d->count;
	b->room = d->room;
	d->items = items;
	d->count = count;
	d->room = room;
	d->head = b->head;
	(void)do_it(g, DAVE, ACT_RECEIVE, 0);
	(void)do_it(g, BOB, ACT_RECEIVE, 0);
	assert_int_equal(messages(g, DAVE), 0);
	done(g, ALICE, ACT_SEND, 0);
	done(g, BOB, ACT_RECEIVE, 0);
	assert_int_equal(messages(g, BOB), 4);
	assert_int_equal(notices(g, BOB, "gap"), 1);
}

/*
 * An invitation waits for keys that are dave's, and dave's client publishes
 * them again as soon as it sees what the relay has.
 */
static void
prekeys_of_others_are_not_taken_for_ones_own(void **state)
{
	struct saga *g = *state;
	struct toy_account *d = account(g, DAVE);

	d->signed_prekey = account(g, BOB)->signed_prekey;
	(void)do_it(g, ALICE, ACT_ADD, BIT(DAVE));
	done(g, ALICE, ACT_RECEIVE, 0);
	assert_int_equal(d->mailbox.head, 0);
	assert_true(saga_waits(g, at(g, ALICE)) > 0);

	saga_quiet(g);
	saga_judge(g);
	assert_string_equal(g->complaint, "");
	assert_true(stands(g, DAVE, "member"));
}

/* Whom the relay cuts off so is told of it, and so is who wrote. */
static void
a_list_of_somebody_else_is_not_taken_for_ones_own(void **state)
{
	struct saga *g = *state;
	struct toy_account *b = account(g, BOB);
	struct toy_account *d = account(g, DAVE);
	struct buf *list = b->list;
	struct signature signature = b->list_signature;

	b->list = d->list;
	b->list_signature = d->list_signature;
	b->registration_id++;
	done(g, ALICE, ACT_SEND, 0);
	settle(g);
	assert_int_equal(messages(g, DAVE), 0);
	assert_int_equal(messages(g, CAROL), 4);
	assert_int_equal(notices(g, ALICE, "refused"), 1);

	b->list = list;
	b->list_signature = signature;
	b->registration_id--;
	done(g, ALICE, ACT_SEND, 0);
	done(g, BOB, ACT_RECEIVE, 0);
	assert_int_equal(notices(g, BOB, "gap"), 1);
	assert_int_equal(notices(g, CAROL, "gap"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIE(two_logs_are_noticed_with_the_first_message),
		LIE(a_log_that_branched_long_ago_is_noticed_too),
		LIE(a_withheld_end_of_the_log_is_told_of_and_what_waited_comes),
		LIE(swapped_chains_change_no_group),
		LIE(old_entries_at_later_places_have_no_effect),
		LIE(a_log_without_its_end_is_put_back),
		LIE(a_log_that_is_gone_is_put_back),
		LIE(garbage_in_the_log_has_no_effect),
		LIE(garbage_on_the_line_fails_and_loses_nothing),
		LIE(reordered_mail_is_complete_or_told_of),
		LIE(mail_that_comes_twice_is_filed_once),
		LIE(every_withheld_message_is_missed),
		LIE(swapped_mailboxes_give_nobody_anothers_mail),
		LIE(prekeys_of_others_are_not_taken_for_ones_own),
		LIE(a_list_of_somebody_else_is_not_taken_for_ones_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
