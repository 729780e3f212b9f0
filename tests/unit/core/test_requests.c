/* With the policy `contacts`, what strangers want waits for the user. */
#include <stdio.h>

#include "client/core/handle.h"
#include "client/core/messenger/consent.h"
#include "store/client/joins.h"
#include "store/client/receipts.h"
#include "store/client/requests.h"
#include "store/client/settings.h"
#include "tests/unit/core/group_world.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static struct tacit
handle(struct party *p)
{
	return (struct tacit){ .core = p->core, .dir = p->dir };
}

static void
set_policy(struct party *p, enum policy_choice policy)
{
	struct settings settings;
	struct step s = begin(p);

	assert_status(STATUS_OK, settings_get(s.txn, &settings));
	settings.policy = policy;
	assert_status(STATUS_OK, settings_put(s.txn, &settings));
	commit(&s);
}

static size_t
waiting(struct party *p)
{
	size_t count = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK, requests_count(s.txn, &count));
	step_abort(&s);
	return count;
}

static struct requests_state
state_of(struct party *p)
{
	struct requests_state state;
	struct step s = begin(p);

	assert_status(STATUS_OK, requests_state_get(s.txn, &state));
	step_abort(&s);
	return state;
}

static bool
is_known(struct party *p, const char *name)
{
	struct account_name account = name_of(name);
	struct contact c = { .known = false };
	struct step s = begin(p);

	assert_status(STATUS_OK, contact_get(s.txn, &account, &c));
	step_abort(&s);
	return c.known;
}

static bool
owes(struct party *p, struct party *to)
{
	struct receipt_due d;
	struct step s = begin(p);
	enum status st = receipt_due_get(s.txn, &to->core.self.address, &d);

	step_abort(&s);
	return st == STATUS_OK;
}

static size_t
accept(struct party *p, const char *name, enum tacit_code expected)
{
	struct tacit t = handle(p);
	struct tacit_error e;
	size_t count = 0;

	assert_int_equal(tacit_request_accept(&t, name, &count, &e), expected);
	return count;
}

static size_t
refuse(struct party *p, const char *name, bool block)
{
	struct tacit t = handle(p);
	struct tacit_error e;
	size_t count = 0;

	assert_int_equal(
	    tacit_request_refuse(&t, name, block, &count, &e), TACIT_DONE);
	return count;
}

static void
a_stranger_is_one_line_and_gets_no_receipt(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	uint64_t numbers[ITEMS_MAX];
	unsigned detail;

	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "one");
	say(&c->bob, &c->alice, "two");
	assert_int_equal(waiting(&c->alice), 2);
	assert_int_equal(notices(&c->alice, NOTICE_REQUEST, &detail), 1);
	assert_int_equal(entries(&c->alice, numbers), 1);
	assert_false(owes(&c->alice, &c->bob));
	assert_false(is_known(&c->alice, "bob"));
}

static void
what_is_accepted_comes_in_order_and_whole(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	unsigned count;

	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "one");
	say(&c->bob, &c->alice, "two");
	assert_int_equal(accept(&c->alice, "bob", TACIT_DONE), 2);
	assert_int_equal(heard(&c->alice, "one"), 1);
	assert_int_equal(heard(&c->alice, "two"), 1);
	assert_int_equal(notices(&c->alice, NOTICE_GAP, &count), 0);
	assert_true(owes(&c->alice, &c->bob));
	assert_int_equal(waiting(&c->alice), 0);
	assert_int_equal(state_of(&c->alice).bytes, 0);
	accept(&c->alice, "bob", TACIT_NOT_FOUND);
	say(&c->bob, &c->alice, "three");
	assert_int_equal(heard(&c->alice, "three"), 1);
	say(&c->alice, &c->bob, "and back");
	assert_int_equal(heard(&c->bob, "and back"), 1);
}

static void
what_is_refused_is_gone_and_may_be_asked_again(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	unsigned detail;

	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "one");
	assert_int_equal(refuse(&c->alice, "bob", false), 1);
	assert_int_equal(waiting(&c->alice), 0);
	say(&c->bob, &c->alice, "two");
	assert_int_equal(waiting(&c->alice), 1);
	/* Not another line on the same day. */
	assert_int_equal(notices(&c->alice, NOTICE_REQUEST, &detail), 1);
	assert_int_equal(refuse(&c->alice, "bob", true), 1);
	say(&c->bob, &c->alice, "three");
	assert_int_equal(waiting(&c->alice), 0);
	assert_int_equal(heard(&c->alice, "three"), 0);
}

static void
one_strangers_flood_costs_a_share_and_hides_nobody(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	size_t kept;
	unsigned detail;

	set_policy(&c->alice, POLICY_CONTACTS);
	for (size_t i = 0; i < 100; i++)
		say(&c->bob, &c->alice, "me, me, me");
	kept = waiting(&c->alice);
	assert_in_range(kept, 1, 32);
	assert_int_equal(state_of(&c->alice).dropped, 100 - kept);
	say(&c->carol, &c->alice, "hello");
	assert_int_equal(waiting(&c->alice), kept + 1);
	assert_int_equal(notices(&c->alice, NOTICE_REQUEST, &detail), 2);
	/* What there was no room for is missing, and shown as that. */
	assert_int_equal(accept(&c->alice, "bob", TACIT_DONE), kept);
	say(&c->bob, &c->alice, "at last");
	assert_int_equal(heard(&c->alice, "at last"), 1);
	assert_int_equal(notices(&c->alice, NOTICE_GAP, &detail), 1);
	assert_int_equal(detail, 100 - kept);
}

/* So many rows of each of so many people, as of now. */
static void
crowd(struct party *p, size_t people, size_t rows)
{
	struct step s = begin(p);

	for (size_t i = 0; i < people * rows; i++) {
		struct request_row row = { .received_ms = s.now_ms,
			.plaintext = BYTES("x") };

		snprintf(row.account.text, sizeof(row.account.text), "s%zu",
		    i / rows);
		assert_status(STATUS_OK, request_add(s.txn, &row));
	}
	commit(&s);
}

static void
when_all_is_full_who_has_most_gives_way_to_a_first_word(void **state)
{
	struct cores *c = ((struct world *)*state)->c;

	set_policy(&c->alice, POLICY_CONTACTS);
	crowd(&c->alice, 32, 32);
	say(&c->bob, &c->alice, "hello");
	assert_int_equal(waiting(&c->alice), 1024);
	assert_int_equal(state_of(&c->alice).dropped, 1);
	say(&c->bob, &c->alice, "a second word takes no room");
	assert_int_equal(waiting(&c->alice), 1024);
	assert_int_equal(accept(&c->alice, "bob", TACIT_DONE), 1);
	assert_int_equal(heard(&c->alice, "hello"), 1);
}

static void
a_crowd_of_one_word_each_is_bounded(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	unsigned detail;

	set_policy(&c->alice, POLICY_CONTACTS);
	crowd(&c->alice, 1024, 1);
	say(&c->bob, &c->alice, "hello");
	assert_int_equal(waiting(&c->alice), 1024);
	assert_int_equal(notices(&c->alice, NOTICE_REQUEST, &detail), 1);
	assert_int_equal(accept(&c->alice, "bob", TACIT_DONE), 1);
}

/* By bytes it may take many, one after the other, to make room for one. */
static void
a_crowd_of_long_words_gives_way_to_another(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	static char words[20000];
	struct requests_state full;
	struct step s;

	set_policy(&c->alice, POLICY_CONTACTS);
	crowd(&c->alice, 400, 1);
	full = state_of(&c->alice);
	full.bytes = 16 * 1024 * 1024 - 100; /* as if they were that long */
	s = begin(&c->alice);
	assert_status(STATUS_OK, requests_state_put(s.txn, &full));
	commit(&s);
	memset(words, 'x', sizeof(words) - 1);
	say(&c->bob, &c->alice, words);
	assert_int_equal(waiting(&c->alice), 400 - 64);
	assert_int_equal(state_of(&c->alice).dropped, 64 + 1);
}

/* The crowd's own day gives way, whoever comes next. */
static void
who_comes_before_or_after_a_crowd_is_not_hidden_by_it(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	int64_t now_ms = clock_wall_ms();

	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "before");
	clock_fake(now_ms + DAY_MS, clock_mono_ms());
	crowd(&c->alice, 1023, 1);
	clock_fake(now_ms + 2 * DAY_MS, clock_mono_ms());
	say(&c->carol, &c->alice, "after");
	for (int i = 0; i < 20; i++)
		say(&c->eve, &c->alice, "of the crowd");
	clock_unfake();
	assert_int_equal(waiting(&c->alice), 1024);
	assert_int_equal(accept(&c->alice, "bob", TACIT_DONE), 1);
	assert_int_equal(accept(&c->alice, "carol", TACIT_DONE), 1);
	assert_int_equal(heard(&c->alice, "before"), 1);
	assert_int_equal(heard(&c->alice, "after"), 1);
}

static void
strangers_lines_are_so_many_a_day_and_none_is_hidden(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	struct requests_state full;
	unsigned detail;
	struct step s;

	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "hello");
	full = state_of(&c->alice);
	assert_int_equal(full.that_day, 1);
	full.that_day = 100;
	s = begin(&c->alice);
	assert_status(STATUS_OK, requests_state_put(s.txn, &full));
	commit(&s);
	say(&c->carol, &c->alice, "hello");
	assert_int_equal(notices(&c->alice, NOTICE_REQUEST, &detail), 1);
	assert_int_equal(waiting(&c->alice), 2);
	clock_fake(clock_wall_ms() + DAY_MS, clock_mono_ms());
	say(&c->eve, &c->alice, "hello");
	clock_unfake();
	assert_int_equal(notices(&c->alice, NOTICE_REQUEST, &detail), 2);
	assert_int_equal(accept(&c->alice, "carol", TACIT_DONE), 1);
	assert_int_equal(heard(&c->alice, "hello"), 1);
}

static void
what_nobody_answers_for_a_month_goes(void **state)
{
	struct cores *c = ((struct world *)*state)->c;

	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "hello");
	clock_fake(clock_wall_ms() + 31 * (int64_t)DAY_MS, clock_mono_ms());
	say(&c->carol, &c->alice, "hello");
	clock_unfake();
	assert_int_equal(waiting(&c->alice), 1);
	accept(&c->alice, "bob", TACIT_NOT_FOUND);
}

static void
who_was_written_to_first_is_no_stranger(void **state)
{
	struct cores *c = ((struct world *)*state)->c;

	set_policy(&c->alice, POLICY_CONTACTS);
	(void)compose(&c->alice, "bob", "are you there?"); /* not sent yet */
	say(&c->bob, &c->alice, "are you?");
	assert_int_equal(heard(&c->alice, "are you?"), 1);
	assert_int_equal(waiting(&c->alice), 0);
	/* Writing to somebody who asks is an answer as well. */
	say(&c->carol, &c->alice, "hello");
	assert_int_equal(waiting(&c->alice), 1);
	(void)compose(&c->alice, "carol", "hello, carol");
	assert_int_equal(heard(&c->alice, "hello"), 1);
	assert_int_equal(waiting(&c->alice), 0);
}

static void
who_wrote_while_all_might_is_no_stranger_until_removed(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	struct tacit t = handle(&c->alice);
	struct tacit_error e;

	say(&c->bob, &c->alice, "one");
	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "two");
	assert_int_equal(heard(&c->alice, "two"), 1);
	assert_int_equal(tacit_contact_remove(&t, "bob", &e), TACIT_DONE);
	say(&c->bob, &c->alice, "three");
	assert_int_equal(heard(&c->alice, "three"), 0);
	assert_int_equal(waiting(&c->alice), 1);
}

static void
when_the_policy_opens_what_waited_comes_first(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	unsigned count;

	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "one");
	set_policy(&c->alice, POLICY_OPEN);
	say(&c->bob, &c->alice, "two");
	assert_int_equal(heard(&c->alice, "one"), 1);
	assert_int_equal(heard(&c->alice, "two"), 1);
	assert_int_equal(notices(&c->alice, NOTICE_GAP, &count), 0);
	assert_int_equal(waiting(&c->alice), 0);
}

static void
a_strangers_invitation_waits_too(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	set_policy(bob, POLICY_CONTACTS);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(standing(w, bob), 0);
	assert_int_equal(waiting(bob), 1);
	assert_int_equal(accept(bob, "alice", TACIT_DONE), 1);
	read_invited(w, bob);
	assert_int_equal(standing(w, bob), GROUP_MEMBER);
	tell(w, alice, "welcome");
	assert_int_equal(heard(bob, "welcome"), 1);
}

static void
in_a_group_strangers_are_members(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct party *carol = &w->c->carol;

	say(alice, bob, "hello");
	set_policy(bob, POLICY_CONTACTS);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_status(STATUS_OK, sync_log(w, bob));
	tell(w, carol, "hello all");
	assert_int_equal(heard(bob, "hello all"), 1);
	assert_int_equal(waiting(bob), 0);
	/* But not beside it. */
	say(carol, bob, "psst");
	assert_int_equal(heard(bob, "psst"), 0);
	assert_int_equal(waiting(bob), 1);
}

static void
who_comes_by_a_link_is_heard(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct plaintext p = { .kind = CONTENT_JOIN_REQUEST };
	size_t count = 0;
	struct step s;

	set_policy(alice, POLICY_CONTACTS);
	assert_status(STATUS_OK, meet(bob, alice));
	p.u.join_request.group = w->group;
	p.u.join_request.link.raw[0] = 1;
	s = begin(bob);
	assert_status(STATUS_OK,
	    messenger_control(&s, &alice->core.self.address.account, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, bob));
	assert_int_equal(waiting(alice), 0);
	s = begin(alice);
	assert_status(STATUS_OK, join_count(s.txn, &count));
	step_abort(&s);
	assert_int_equal(count, 1);
}

static void
blocking_drops_what_was_asked(void **state)
{
	struct cores *c = ((struct world *)*state)->c;
	struct tacit t = handle(&c->alice);
	struct tacit_error e;
	bool changed;

	set_policy(&c->alice, POLICY_CONTACTS);
	say(&c->bob, &c->alice, "hello");
	assert_int_equal(
	    tacit_contact_block(&t, "bob", true, &changed, &e), TACIT_DONE);
	assert_int_equal(waiting(&c->alice), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_stranger_is_one_line_and_gets_no_receipt),
		world_test(what_is_accepted_comes_in_order_and_whole),
		world_test(what_is_refused_is_gone_and_may_be_asked_again),
		world_test(one_strangers_flood_costs_a_share_and_hides_nobody),
		world_test(
		    when_all_is_full_who_has_most_gives_way_to_a_first_word),
		world_test(a_crowd_of_one_word_each_is_bounded),
		world_test(a_crowd_of_long_words_gives_way_to_another),
		world_test(
		    who_comes_before_or_after_a_crowd_is_not_hidden_by_it),
		world_test(
		    strangers_lines_are_so_many_a_day_and_none_is_hidden),
		world_test(what_nobody_answers_for_a_month_goes),
		world_test(who_was_written_to_first_is_no_stranger),
		world_test(
		    who_wrote_while_all_might_is_no_stranger_until_removed),
		world_test(when_the_policy_opens_what_waited_comes_first),
		world_test(a_strangers_invitation_waits_too),
		world_test(in_a_group_strangers_are_members),
		world_test(who_comes_by_a_link_is_heard),
		world_test(blocking_drops_what_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
