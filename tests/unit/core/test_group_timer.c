/* Messages that disappear: when their signed timer says so, at everyone. */
#include <stdio.h>

#include "client/core/expiry.h"
#include "client/core/handle.h"
#include "tests/unit/core/repair_world.h"

enum { TIMER_S = 3600, MANY = 300 };

static int
timer_setup(void **state)
{
	clock_fake(1780000000000, 1000);
	return world_setup(state);
}

static int
timer_teardown(void **state)
{
	int result = world_teardown(state);

	clock_unfake();
	return result;
}

static void
wait_ms(int64_t ms)
{
	clock_fake(clock_wall_ms() + ms, clock_mono_ms() + ms);
}

/* alice and bob, with a timer of an hour. */
static void
begin_timed(struct world *w)
{
	const struct group_wish timed = {
		.type = ENTRY_SETTINGS, .has_timer = true, .timer_s = TIMER_S
	};

	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(wish_for(w, &w->c->alice, &timed), TACIT_DONE);
	read_log(w, &w->c->bob);
}

/* What `history` shows, and what it finds. */
struct seen {
	size_t texts;
	size_t disappeared;
	size_t timed;
};

static bool
look_at(const struct tacit_event *event, void *arg)
{
	struct seen *seen = arg;

	if (event->notice != NULL)
		return true;
	seen->texts += event->text_len > 0;
	seen->disappeared += event->disappeared;
	seen->timed += event->expires_ms != 0;
	assert_true(event->text != NULL);
	assert_false(event->disappeared && event->text_len > 0);
	return true;
}

static struct seen
history_of(struct party *p, const char *search)
{
	struct tacit t = { .core = p->core, .dir = p->dir };
	struct tacit_history how = {
		.kind = TACIT_GROUP, .with = "friends", .search = search
	};
	struct seen seen = { 0 };
	struct tacit_error e;

	assert_int_equal(
	    tacit_history(&t, &how, look_at, &seen, &e), TACIT_DONE);
	return seen;
}

/* How many entries on disk still have their text. */
static size_t
texts_on_disk(struct party *p)
{
	size_t texts = 0;
	struct step s = begin(p);

	for (uint64_t n = 1;; n++) {
		struct history_entry e;
		enum status st = history_get(s.txn, n, s.arena, &e);

		if (st == STATUS_NOT_FOUND)
			break;
		assert_status(STATUS_OK, st);
		assert_int_equal(e.text.len == 0, e.salt.len == 0);
		texts += e.kind == HISTORY_MESSAGE && e.text.len > 0;
	}
	step_abort(&s);
	return texts;
}

static void
a_message_disappears_at_both_ends(void **state)
{
	struct world *w = *state;
	struct party *both[] = { &w->c->alice, &w->c->bob };

	begin_timed(w);
	tell(w, &w->c->alice, "the blue flowerpot");
	wait_ms(HOUR_MS - 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(history_of(both[i], NULL).texts, 1);
		assert_int_equal(history_of(both[i], "flowerpot").texts, 1);
		assert_int_equal(history_of(both[i], NULL).timed, 1);
	}
	wait_ms(1);
	for (int i = 0; i < 2; i++) {
		struct seen seen = history_of(both[i], NULL);

		assert_int_equal(seen.texts, 0);
		assert_int_equal(seen.disappeared, 1);
		seen = history_of(both[i], "flowerpot");
		assert_int_equal(seen.disappeared, 0);
	}
	/* Hidden on the millisecond, off the disk within the minute. */
	wait_ms(60 * 1000);
	for (int i = 0; i < 2; i++) {
		assert_status(STATUS_OK, expiry_run(&both[i]->core));
		assert_int_equal(texts_on_disk(both[i]), 0);
	}
}

static void
the_time_runs_from_each_ones_own_commit(void **state)
{
	struct world *w = *state;

	begin_timed(w);
	tell(w, &w->c->alice, "first: bob has the key");
	w->deaf = &w->c->bob;
	tell(w, &w->c->alice, "fetched late");
	w->deaf = NULL;
	wait_ms(2 * HOUR_MS);
	assert_int_equal(history_of(&w->c->alice, NULL).texts, 0);
	take_item(&w->c->bob, &w->missed);
	assert_int_equal(history_of(&w->c->bob, NULL).texts, 1);
	wait_ms(HOUR_MS);
	assert_int_equal(history_of(&w->c->bob, NULL).texts, 0);
	assert_int_equal(history_of(&w->c->bob, NULL).disappeared, 2);
}

static void
what_was_said_without_a_timer_stays(void **state)
{
	struct world *w = *state;

	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	tell(w, &w->c->alice, "said before");
	begin_timed(w);
	tell(w, &w->c->alice, "said under it");
	wait_ms(400LL * 24 * HOUR_MS);
	assert_int_equal(history_of(&w->c->alice, NULL).texts, 1);
	assert_int_equal(history_of(&w->c->alice, "before").texts, 1);
	assert_int_equal(texts_on_disk(&w->c->alice), 1);
}

static void
a_message_that_was_erased_does_not_come_back(void **state)
{
	struct world *w = *state;
	struct item again;
	struct seen seen;

	begin_timed(w);
	tell(w, &w->c->alice, "once");
	wait_ms(2 * HOUR_MS);
	assert_status(STATUS_OK, expiry_run(&w->c->bob.core));
	again = w->spied[w->spied_count - 1];
	again.seq++;
	take_item(&w->c->bob, &again);
	seen = history_of(&w->c->bob, NULL);
	assert_int_equal(seen.texts, 0);
	assert_int_equal(seen.disappeared, 1);
}

/* How many answers alice sends when bob asks for what he lacks. */
static size_t
answers(struct world *w)
{
	size_t rows;

	ask(w, &w->c->bob, 0);
	rows = outbox_rows(&w->c->alice);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	return rows;
}

static void
what_is_over_is_not_sent_again(void **state)
{
	struct world *w = *state;

	begin_timed(w);
	tell(w, &w->c->alice, "first: bob has the key");
	lose(w, 2);
	wait_ms(HOUR_MS);
	/* Over, and for a moment still on alice's disk. */
	assert_int_equal(texts_on_disk(&w->c->alice), 4);
	assert_int_equal(answers(w), 0);
	wait_ms(HOUR_MS);
	assert_status(STATUS_OK, expiry_run(&w->c->alice.core));
	assert_int_equal(texts_on_disk(&w->c->alice), 0);
	assert_int_equal(answers(w), 0);
	assert_int_equal(heard(&w->c->bob, "lost"), 0);
}

static void
what_is_not_over_is_sent_again_and_counts_from_there(void **state)
{
	struct world *w = *state;

	begin_timed(w);
	tell(w, &w->c->alice, "first: bob has the key");
	lose(w, 2);
	wait_ms(HOUR_MS / 2);
	assert_int_equal(answers(w), 1);
	assert_int_equal(heard(&w->c->bob, "lost"), 2);
	wait_ms(HOUR_MS / 2);
	assert_int_equal(history_of(&w->c->bob, NULL).texts, 2);
	wait_ms(HOUR_MS / 2);
	assert_int_equal(history_of(&w->c->bob, NULL).texts, 0);
}

/* Of bob, under the present head, with a timer of his own. */
static void
say_timed(struct world *w, uint64_t timer_s, bool bad_signature)
{
	struct group_record g = record_of(w, &w->c->bob);
	struct forged f = honest(&w->c->bob, BYTES("mine"), g.length, &g.head);

	f.timer_s = timer_s;
	f.bad_signature = bad_signature;
	say_forged(w, &w->c->bob, &w->c->alice, &f);
}

static void
a_timer_that_nobody_signed_erases_nothing(void **state)
{
	struct world *w = *state;

	begin_timed(w);
	tell(w, &w->c->bob, "so that alice has the key");
	say_timed(w, 1, true);
	wait_ms(HOUR_MS * 24);
	assert_int_equal(history_of(&w->c->alice, NULL).disappeared, 1);
	assert_int_equal(history_of(&w->c->alice, NULL).texts, 1);
	assert_int_equal(texts_on_disk(&w->c->alice), 1);
}

static void
an_absurd_timer_is_refused(void **state)
{
	const uint64_t absurd[] = { LIMIT_TIMER_S + 1, UINT64_MAX,
		(uint64_t)INT64_MAX / 1000, (uint64_t)INT64_MAX };
	struct world *w = *state;

	begin_timed(w);
	tell(w, &w->c->bob, "so that alice has the key");
	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++)
		say_timed(w, absurd[i], false);
	assert_int_equal(history_of(&w->c->alice, NULL).texts, 1);
	say_timed(w, LIMIT_TIMER_S, false);
	assert_int_equal(history_of(&w->c->alice, NULL).texts, 2);
}

static void
after_a_long_absence_all_of_it_goes_at_once(void **state)
{
	struct world *w = *state;

	begin_timed(w);
	tell(w, &w->c->bob, "so that alice has the key");
	for (int i = 0; i < MANY; i++)
		say_timed(w, 60 + (uint64_t)i, false);
	wait_ms(40LL * 24 * HOUR_MS);
	assert_status(STATUS_OK, expiry_run(&w->c->alice.core));
	assert_int_equal(texts_on_disk(&w->c->alice), 0);
	assert_int_equal(history_of(&w->c->alice, NULL).disappeared, MANY + 1);
}

/* A text with a timer of its own, whoever's the shorter one is. */
static void
tell_for(struct world *w, struct party *p, uint64_t timer_s, uint64_t expected)
{
	struct draft d = {
		.kind = CONVERSATION_GROUP,
		.group = w->group,
		.text = BYTES("for a while"),
		.timer_s = timer_s,
	};
	struct party *both[] = { &w->c->alice, &w->c->bob };
	uint64_t n, order;
	struct step s = begin(p);

	random_bytes(&d.id, sizeof(d.id));
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	assert_status(STATUS_OK, flush(w, p));
	for (int i = 0; i < 2; i++) {
		struct history_entry e = last_entry(both[i], &s);

		assert_int_equal(
		    e.expires_ms, s.now_ms + (int64_t)expected * INT64_C(1000));
		step_abort(&s);
	}
}

static void
a_message_may_disappear_sooner_and_not_later(void **state)
{
	struct world *w = *state;

	begin_timed(w);
	tell(w, &w->c->alice, "first: bob has the key");
	tell_for(w, &w->c->alice, 60, 60);
	tell_for(w, &w->c->alice, 2 * TIMER_S, TIMER_S);
	tell_for(w, &w->c->alice, 0, TIMER_S);
}

/* carol is told of the group's past, and not yet that she is in it. */
static void
send_history_ahead(struct world *w)
{
	struct party *alice = &w->c->alice, *carol = &w->c->carol;
	struct group_member member = member_of(carol);
	struct step s;

	w->deaf = carol;
	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	w->deaf = NULL;
	s = begin(alice);
	assert_status(STATUS_OK, repair_send_history(&s, &w->group, &member,
				     s.now_ms - 10 * INT64_C(1000) * TIMER_S));
	commit(&s);
	assert_status(STATUS_OK, flush(w, alice));
}

static void
what_is_sent_again_waits_no_longer_than_its_time(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;

	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	tell(w, &w->c->alice, "without a timer");
	begin_timed(w);
	tell(w, &w->c->alice, "the blue flowerpot");
	send_history_ahead(w);
	assert_int_equal(quarantined(carol, QUARANTINE_LOG_BEHIND), 2);
	/* To try it again gives it no more time. */
	wait_ms(HOUR_MS / 2);
	for (int i = 0; i < 3; i++) {
		struct step s = begin(carol);

		assert_status(STATUS_OK, group_retry_held(&s, &w->group));
		commit(&s);
	}
	wait_ms(HOUR_MS / 2 - 1);
	assert_status(STATUS_OK, expiry_run(&carol->core));
	assert_int_equal(quarantined(carol, QUARANTINE_LOG_BEHIND), 2);
	wait_ms(1);
	assert_status(STATUS_OK, expiry_run(&carol->core));
	assert_int_equal(quarantined(carol, QUARANTINE_LOG_BEHIND), 1);
	bring_item(w, carol, &w->missed);
	assert_int_equal(standing(w, carol), GROUP_MEMBER);
	assert_int_equal(heard(carol, "without a timer"), 1);
	assert_int_equal(heard(carol, "the blue flowerpot"), 0);
}

static void
what_waits_for_the_log_waits_no_longer_than_its_time(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	unsigned detail;

	begin_timed(w);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	tell(w, &w->c->alice, "the blue flowerpot");
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 1);
	wait_ms(HOUR_MS - 1);
	assert_status(STATUS_OK, expiry_run(&bob->core));
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 1);
	wait_ms(1);
	assert_status(STATUS_OK, expiry_run(&bob->core));
	assert_int_equal(quarantined(bob, QUARANTINE_LOG_BEHIND), 0);
	/* Nobody has read it, so it is told. */
	assert_int_equal(notices(bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_status(STATUS_OK, expiry_run(&bob->core));
	assert_int_equal(notices(bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(detail, 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, timer_setup, timer_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_message_disappears_at_both_ends),
		TEST(the_time_runs_from_each_ones_own_commit),
		TEST(what_was_said_without_a_timer_stays),
		TEST(a_message_that_was_erased_does_not_come_back),
		TEST(what_is_over_is_not_sent_again),
		TEST(what_is_not_over_is_sent_again_and_counts_from_there),
		TEST(a_timer_that_nobody_signed_erases_nothing),
		TEST(an_absurd_timer_is_refused),
		TEST(after_a_long_absence_all_of_it_goes_at_once),
		TEST(a_message_may_disappear_sooner_and_not_later),
		TEST(what_is_sent_again_waits_no_longer_than_its_time),
		TEST(what_waits_for_the_log_waits_no_longer_than_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
