/*
 * What a relay can do by lying to two who write to each other, and what they
 * then see.  Whatever it does: nobody has a message twice, nobody reads what is
 * not theirs, what is kept back is told and comes when it may, and lies cost
 * neither prekeys nor questions without end.
 */
#include "base/log.h"
#include "tests/support/test.h"
#include "tests/support/world/talks.h"

enum { ALICE, BOB, CAROL, PEOPLE };
enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

static struct toy_account *
account(struct talks *t, size_t n)
{
	return toy_find(t->s->toy, t->s->actors[n].name);
}

static void
done(struct talks *t, size_t n, enum talk_act act, size_t to)
{
	assert_int_equal(talks_run(t, n, act, to), TACIT_DONE);
}

/* alice and bob know each other and have answered; carol is a stranger. */
static int
set_up(void **state)
{
	struct talks *t = talks_new(17, PEOPLE);

	log_set_level(LOG_LEVEL_ERROR);
	done(t, ALICE, TALK_SEND, BOB);
	talks_settle(t, MINUTE_MS, 1);
	done(t, BOB, TALK_SEND, ALICE);
	talks_settle(t, MINUTE_MS, 2);
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	talks_free(*state);
	return 0;
}

static struct talk_view
seen(struct talks *t, size_t who, size_t from)
{
	struct talk_view v;

	talks_look(t, who, from, &v);
	return v;
}

/* All that alice said is with bob, once; and both can go on. */
static void
assert_whole(struct talks *t)
{
	talks_judge(t);
	assert_string_equal(t->complaint, "");
	assert_int_equal(t->lost, 0);
}

static void
what_is_kept_back_is_told_and_asked_for(void **state)
{
	struct talks *t = *state;
	struct talk_view v;

	account(t, BOB)->withhold = 3;
	account(t, BOB)->came = 0;
	for (int i = 0; i < 9; i++)
		done(t, ALICE, TALK_SEND, BOB);
	done(t, ALICE, TALK_SEND, BOB);
	account(t, BOB)->withhold = 0;
	done(t, BOB, TALK_RECEIVE, 0);
	v = seen(t, BOB, ALICE);
	assert_int_equal(v.messages, 1 + 10 - 3);
	assert_int_equal(v.missing, 3);
	talks_settle(t, MINUTE_MS, 2);
	v = seen(t, BOB, ALICE);
	assert_int_equal(v.messages, 11);
	assert_int_equal(v.missing, 0);
	assert_whole(t);
}

static void
mail_that_is_changed_is_told_and_asked_for(void **state)
{
	struct talks *t = *state;
	struct toy_mailbox *m = &account(t, BOB)->mailbox;
	struct talk_view v;

	for (int i = 0; i < 6; i++)
		done(t, ALICE, TALK_SEND, BOB);
	for (size_t i = 0; i < 6; i += 2)
		toy_mailbox_damage(m, i, 8 * (60 + 7 * i) + i);
	done(t, BOB, TALK_RECEIVE, 0);
	v = seen(t, BOB, ALICE);
	assert_int_equal(v.messages, 1 + 3);
	assert_int_equal(v.unread, 3);
	talks_settle(t, 3 * MINUTE_MS, 4);
	assert_int_equal(seen(t, BOB, ALICE).messages, 1 + 6);
	assert_whole(t);
}

/* The first that is ever said, and nothing is known of who says it. */
static void
a_first_message_that_is_changed_comes_with_the_second(void **state)
{
	struct talks *t = *state;

	done(t, CAROL, TALK_SEND, BOB);
	toy_mailbox_damage(&account(t, BOB)->mailbox, 0, 8 * 100);
	done(t, BOB, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, BOB, CAROL).unread, 1);
	assert_int_equal(account(t, CAROL)->bundles, 0); /* nobody is asked */
	done(t, CAROL, TALK_SEND, BOB);
	talks_settle(t, 3 * MINUTE_MS, 3);
	assert_int_equal(seen(t, BOB, CAROL).messages, 2);
	assert_whole(t);
}

static void
mail_that_comes_twice_is_there_once(void **state)
{
	struct talks *t = *state;
	struct toy_mailbox *m = &account(t, BOB)->mailbox;
	size_t count;

	account(t, BOB)->forgetful = true;
	for (int i = 0; i < 4; i++)
		done(t, ALICE, TALK_SEND, BOB);
	count = m->count;
	for (size_t i = 0; i < count; i++) {
		struct item again = m->items[i].item;

		toy_mailbox_put(m, &again);
	}
	for (int i = 0; i < 3; i++)
		done(t, BOB, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, BOB, ALICE).messages, 5);
	assert_int_equal(seen(t, BOB, ALICE).notices, 0);
	assert_whole(t);
}

static void
mail_in_another_order_is_complete(void **state)
{
	struct talks *t = *state;
	struct toy_mailbox *m = &account(t, BOB)->mailbox;
	uint64_t mail = account(t, ALICE)->mailbox.head;

	for (int i = 0; i < 7; i++)
		done(t, ALICE, TALK_SEND, BOB);
	for (size_t i = 0; i < m->count / 2; i++)
		toy_mailbox_swap(m, i, m->count - 1 - i);
	done(t, BOB, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, BOB, ALICE).messages, 8);
	assert_int_equal(seen(t, BOB, ALICE).missing, 0);
	/* It came by itself, so nobody was asked: a receipt is all. */
	assert_int_equal(account(t, ALICE)->mailbox.head, mail + 1);
	assert_whole(t);
}

static void
anothers_mail_is_read_by_nobody(void **state)
{
	struct talks *t = *state;
	struct toy_mailbox *b = &account(t, BOB)->mailbox;
	struct toy_mailbox *c = &account(t, CAROL)->mailbox;
	struct item stolen;

	done(t, ALICE, TALK_SEND, BOB);
	stolen = b->items[0].item;
	toy_mailbox_put(c, &stolen);
	toy_mailbox_drop(b, 0);
	done(t, CAROL, TALK_RECEIVE, 0);
	done(t, BOB, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, CAROL, ALICE).messages, 0);
	assert_int_equal(seen(t, BOB, ALICE).messages, 1);
	done(t, ALICE, TALK_SEND, BOB);
	done(t, BOB, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, BOB, ALICE).missing, 1);
	assert_whole(t);
}

/* In somebody's name who never wrote: carol and alice have not met. */
static void
mail_in_anothers_name_is_not_taken_for_theirs(void **state)
{
	struct talks *t = *state;
	struct toy_mailbox *b = &account(t, BOB)->mailbox;
	struct item forged;

	done(t, CAROL, TALK_SEND, BOB);
	forged = b->items[0].item;
	forged.sender = (struct address){ account(t, ALICE)->name, 1 };
	toy_mailbox_put(b, &forged);
	toy_mailbox_drop(b, 0);
	done(t, BOB, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, BOB, CAROL).messages, 0);
	assert_int_equal(seen(t, BOB, ALICE).messages, 1);
	assert_int_equal(seen(t, BOB, ALICE).unread, 1);
	assert_whole(t);
}

/* Flooded with what looks like alice's, bob neither empties her prekeys nor
 * asks her all the time, and what is hers gets through. */
static void
a_flood_of_garbage_costs_little_and_blocks_nothing(void **state)
{
	enum { HOURS = 3, FLOOD = 40 };
	struct talks *t = *state;
	struct toy_mailbox *m = &account(t, BOB)->mailbox;
	size_t bundles = account(t, ALICE)->bundles;
	uint64_t mail = account(t, ALICE)->mailbox.head;

	for (int i = 0; i < HOURS * 6; i++) {
		done(t, ALICE, TALK_SEND, BOB);
		for (size_t k = 0; k < FLOOD; k++) {
			struct item again = m->items[0].item;

			toy_mailbox_put(m, &again);
			toy_mailbox_damage(m, m->count - 1,
			    (size_t)stage_draw(t->s, 1U << 15));
		}
		done(t, BOB, TALK_RECEIVE, 0);
		assert_int_equal(seen(t, BOB, ALICE).messages, 2 + (size_t)i);
		stage_wait(t->s, 10 * MINUTE_MS);
	}
	assert_in_range(account(t, ALICE)->bundles, bundles, bundles + HOURS);
	/* A receipt for each message, and twelve questions an hour at most. */
	assert_in_range(
	    account(t, ALICE)->mailbox.head, mail, mail + HOURS * (6 * 2 + 12));
	done(t, BOB, TALK_SEND, ALICE);
	done(t, ALICE, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, ALICE, BOB).messages, 2);
}

/* The prekey that is gone again, to somebody bob does not know. */
static void
prekeys_that_are_given_twice_leave_nobody_out_for_long(void **state)
{
	struct talks *t = *state;

	account(t, BOB)->repeating = true;
	done(t, ALICE, TALK_FORGET, BOB);
	done(t, ALICE, TALK_SEND, BOB);
	done(t, BOB, TALK_RECEIVE, 0);
	done(t, CAROL, TALK_SEND, BOB);
	done(t, BOB, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, BOB, CAROL).messages, 0);
	assert_int_equal(seen(t, BOB, CAROL).unread, 1);
	account(t, BOB)->repeating = false;
	account(t, BOB)->one_time_count = 0; /* the signed one serves as well */
	stage_wait(t->s, 25 * HOUR_MS);
	done(t, CAROL, TALK_SEND, BOB);
	talks_settle(t, 3 * MINUTE_MS, 3);
	assert_int_equal(seen(t, BOB, CAROL).messages, 2);
	assert_whole(t);
}

/* Keys that are carol's, or an old list, are not taken for bob's. */
static void
keys_and_lists_of_another_get_nothing(void **state)
{
	struct talks *t = *state;
	struct toy_account *b = account(t, BOB);
	struct toy_account *c = account(t, CAROL);
	struct toy_prekey kept = b->signed_prekey;
	struct buf *list = b->list;
	struct signature signature = b->list_signature;

	done(t, ALICE, TALK_FORGET, BOB);
	b->signed_prekey = c->signed_prekey;
	(void)talks_run(t, ALICE, TALK_SEND, BOB);
	assert_int_equal(b->mailbox.count, 0);
	b->signed_prekey = kept;
	b->list = c->list;
	b->list_signature = c->list_signature;
	(void)talks_run(t, ALICE, TALK_SEND, BOB);
	assert_int_equal(b->mailbox.count, 0);
	assert_int_equal(c->mailbox.count, 0);
	b->list = list;
	b->list_signature = signature;
	stage_wait(t->s, 7 * HOUR_MS);
	(void)talks_run(t, ALICE, TALK_RETRY, BOB);
	done(t, BOB, TALK_RECEIVE, 0);
	assert_int_equal(seen(t, BOB, ALICE).messages, 3);
	assert_whole(t);
}

/* Both lose what they had of the other, at once or in turn. */
static void
lost_sessions_come_back_and_nothing_is_lost(void **state)
{
	struct talks *t = *state;

	for (int i = 0; i < 3; i++) {
		done(t, ALICE, TALK_SEND, BOB);
		done(t, BOB, TALK_SEND, ALICE);
		if (i != 1)
			done(t, ALICE, TALK_FORGET, BOB);
		if (i != 2)
			done(t, BOB, TALK_FORGET, ALICE);
		done(t, ALICE, TALK_SEND, BOB);
		done(t, BOB, TALK_SEND, ALICE);
		talks_settle(t, 3 * MINUTE_MS, 4);
		assert_int_equal(
		    seen(t, BOB, ALICE).messages, 1 + 2 * (size_t)(i + 1));
		assert_int_equal(
		    seen(t, ALICE, BOB).messages, 1 + 2 * (size_t)(i + 1));
	}
	assert_whole(t);
}

#define LIE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIE(what_is_kept_back_is_told_and_asked_for),
		LIE(mail_that_is_changed_is_told_and_asked_for),
		LIE(a_first_message_that_is_changed_comes_with_the_second),
		LIE(mail_that_comes_twice_is_there_once),
		LIE(mail_in_another_order_is_complete),
		LIE(anothers_mail_is_read_by_nobody),
		LIE(mail_in_anothers_name_is_not_taken_for_theirs),
		LIE(a_flood_of_garbage_costs_little_and_blocks_nothing),
		LIE(prekeys_that_are_given_twice_leave_nobody_out_for_long),
		LIE(keys_and_lists_of_another_get_nothing),
		LIE(lost_sessions_come_back_and_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
