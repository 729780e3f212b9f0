/* Messages between two that disappear: one setting, which both sides share. */
#include "client/core/expiry.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/timers.h"
#include "client/core/repair/repair.h"
#include "tests/unit/core/cores.h"

#include "base/clock.h"
#include "base/random.h"

enum { HOUR_S = 3600, DAY_S = 24 * 3600 };
static const int64_t second_ms = 1000;

static int
timers_setup(void **state)
{
	clock_fake(1780000000000, 1000);
	return cores_setup(state);
}

static int
timers_teardown(void **state)
{
	int result = cores_teardown(state);

	clock_unfake();
	return result;
}

static void
wait_s(int64_t s)
{
	clock_fake(
	    clock_wall_ms() + s * second_ms, clock_mono_ms() + s * second_ms);
}

/* Queue a message of any kind; its row. */
static uint64_t
draft(struct party *from, struct party *to, uint32_t type, const char *text,
    uint64_t timer_s)
{
	struct draft d = {
		.kind = CONVERSATION_DIRECT,
		.to = to->core.self.address.account,
		.type = type,
		.text = bytes_text(text),
		.timer_s = timer_s,
	};
	uint64_t n, order;
	struct step s = begin(from);

	random_bytes(&d.id, sizeof(d.id));
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	return order;
}

static struct parcel
sent(struct party *from, uint64_t order)
{
	struct parcel parcel;

	assert_status(STATUS_OK, seal(from, order));
	parcel = parcel_of(from, order);
	assert_int_equal(stored(from, order), STATE_STORED);
	return parcel;
}

static void
bring(struct party *to, struct parcel *parcel)
{
	assert_status(STATUS_OK, take(to, parcel));
	parcel_clear(parcel);
}

/* A text with a timer of its own, 0 for none. */
static void
say_for(struct party *from, struct party *to, const char *text, uint64_t s)
{
	struct parcel p = sent(from, draft(from, to, MESSAGE_TEXT, text, s));

	bring(to, &p);
}

static struct parcel
set(struct party *from, struct party *to, uint64_t timer_s)
{
	return sent(from, draft(from, to, MESSAGE_TIMER, "", timer_s));
}

static struct contact
contact_of(struct party *p, struct party *with)
{
	struct contact c;
	struct step s = begin(p);

	assert_status(STATUS_OK,
	    contact_get(s.txn, &with->core.self.address.account, &c));
	step_abort(&s);
	return c;
}

/* Both sides have this setting, as of the same turn. */
static void
assert_agree(struct cores *c, uint64_t timer_s)
{
	struct contact a = contact_of(&c->alice, &c->bob);
	struct contact b = contact_of(&c->bob, &c->alice);

	assert_int_equal(a.timer_s, timer_s);
	assert_int_equal(b.timer_s, timer_s);
	assert_int_equal(a.timer_turn, b.timer_turn);
}

static void
assert_last(struct party *p, bool has_text)
{
	struct step s;
	struct history_entry e = last_entry(p, &s);

	assert_int_equal(e.text.len > 0, has_text);
	assert_int_equal(e.erased, !has_text);
	step_abort(&s);
}

static void
acquaint(struct cores *c)
{
	say(&c->alice, &c->bob, "hello");
	say(&c->bob, &c->alice, "hello");
}

static void
one_message_disappears_at_both_ends(void **state)
{
	struct cores *c = *state;
	struct party *both[] = { &c->alice, &c->bob };

	acquaint(c);
	say_for(&c->alice, &c->bob, "for an hour", HOUR_S);
	wait_s(HOUR_S - 1);
	for (int i = 0; i < 2; i++) {
		assert_status(STATUS_OK, expiry_run(&both[i]->core));
		assert_last(both[i], true);
	}
	wait_s(61);
	for (int i = 0; i < 2; i++) {
		assert_status(STATUS_OK, expiry_run(&both[i]->core));
		assert_last(both[i], false);
	}
	/* The next one stays. */
	say(&c->bob, &c->alice, "for good");
	wait_s(300 * DAY_S);
	assert_status(STATUS_OK, expiry_run(&c->alice.core));
	assert_last(&c->alice, true);
}

static void
a_setting_holds_for_both_from_then_on(void **state)
{
	struct cores *c = *state;
	struct parcel p;

	acquaint(c);
	p = set(&c->alice, &c->bob, DAY_S);
	bring(&c->bob, &p);
	assert_agree(c, DAY_S);
	say(&c->bob, &c->alice, "gone tomorrow");
	wait_s(DAY_S + 60);
	assert_status(STATUS_OK, expiry_run(&c->alice.core));
	assert_status(STATUS_OK, expiry_run(&c->bob.core));
	assert_last(&c->alice, false);
	assert_last(&c->bob, false);
	p = set(&c->bob, &c->alice, 0);
	bring(&c->alice, &p);
	assert_agree(c, 0);
	say(&c->alice, &c->bob, "stays");
	wait_s(300 * DAY_S);
	assert_status(STATUS_OK, expiry_run(&c->bob.core));
	assert_last(&c->bob, true);
}

/* What was said before has the time that it was said with. */
static void
of_a_message_and_the_setting_the_shorter_counts(void **state)
{
	struct cores *c = *state;
	struct parcel p;
	const struct {
		uint64_t own_s;
		uint64_t expected_s;
	} cases[] = { { 0, DAY_S }, { HOUR_S, HOUR_S }, { 2 * DAY_S, DAY_S } };

	acquaint(c);
	p = set(&c->alice, &c->bob, DAY_S);
	bring(&c->bob, &p);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct step s;
		struct history_entry e;

		say_for(&c->alice, &c->bob, "text", cases[i].own_s);
		e = last_entry(&c->bob, &s);
		assert_int_equal(e.expires_ms,
		    s.now_ms + (int64_t)cases[i].expected_s * second_ms);
		step_abort(&s);
	}
}

static void
two_who_change_it_at_once_end_with_the_shorter(void **state)
{
	struct cores *c = *state;
	const uint64_t pairs[][3] = { { DAY_S, HOUR_S, HOUR_S },
		{ 0, DAY_S, DAY_S }, { HOUR_S, 0, HOUR_S },
		{ DAY_S, DAY_S, DAY_S } };

	acquaint(c);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct parcel a = set(&c->alice, &c->bob, pairs[i][0]);
		struct parcel b = set(&c->bob, &c->alice, pairs[i][1]);

		bring(&c->bob, &a);
		bring(&c->alice, &b);
		assert_agree(c, pairs[i][2]);
	}
}

static void
whichever_way_they_come_the_last_one_counts(void **state)
{
	struct cores *c = *state;
	struct parcel first, second;

	acquaint(c);
	first = set(&c->alice, &c->bob, HOUR_S);
	second = set(&c->alice, &c->bob, DAY_S);
	bring(&c->bob, &second);
	bring(&c->bob, &first);
	assert_agree(c, DAY_S);
}

/* A change that got lost, or a profile that was made anew, is made good. */
static void
every_message_carries_the_setting(void **state)
{
	struct cores *c = *state;
	unsigned detail;
	struct parcel lost;
	struct history_entry e;
	struct step s;

	acquaint(c);
	lost = set(&c->alice, &c->bob, DAY_S);
	parcel_clear(&lost);
	say(&c->alice, &c->bob, "by this you know");
	assert_agree(c, DAY_S);
	assert_int_equal(notices(&c->bob, NOTICE_SETTINGS_CHANGED, &detail), 1);
	s = begin(&c->bob);
	/* hello twice, the gap, the line, the message */
	assert_status(STATUS_OK, history_get(s.txn, 4, s.arena, &e));
	assert_int_equal(e.notice, NOTICE_SETTINGS_CHANGED);
	assert_true(bytes_equal(e.detail, BYTES("timer 1d")));
	step_abort(&s);
	/* Once. */
	say(&c->alice, &c->bob, "and again");
	assert_int_equal(notices(&c->bob, NOTICE_SETTINGS_CHANGED, &detail), 1);
}

/* What the line has told, the change itself does not tell once more. */
static void
a_change_that_comes_after_its_line_is_not_shown(void **state)
{
	struct cores *c = *state;
	struct party *both[] = { &c->alice, &c->bob };

	acquaint(c);
	for (int i = 0; i < 2; i++) {
		struct party *from = both[i], *to = both[1 - i];
		struct parcel late = set(from, to, (uint64_t)i + DAY_S);
		struct history_entry e;
		bool hidden = false;
		struct step s;

		say(from, to, "by this you know");
		bring(to, &late);
		assert_agree(c, (uint64_t)i + DAY_S);
		e = last_entry(to, &s);
		assert_int_equal(e.type, MESSAGE_TIMER);
		assert_status(STATUS_OK, consent_hides(&s, &e, &hidden));
		assert_true(hidden);
		step_abort(&s);
		/* In its order it is shown as ever. */
		late = set(from, to, HOUR_S);
		bring(to, &late);
		e = last_entry(to, &s);
		assert_status(STATUS_OK, consent_hides(&s, &e, &hidden));
		assert_false(hidden);
		step_abort(&s);
	}
}

static void
what_was_overtaken_says_so(void **state)
{
	struct cores *c = *state;
	struct parcel a, b;
	struct history_entry e;
	struct step s;

	acquaint(c);
	a = set(&c->alice, &c->bob, HOUR_S);
	b = set(&c->bob, &c->alice, DAY_S);
	bring(&c->bob, &a);
	bring(&c->alice, &b);
	e = last_entry(&c->alice, &s);
	assert_int_equal(e.type, MESSAGE_TIMER);
	assert_true(bytes_equal(e.detail, BYTES("timer 1d")));
	assert_true(bytes_equal(e.reason, BYTES("another one counts")));
	step_abort(&s);
	e = last_entry(&c->bob, &s);
	assert_int_equal(e.reason.len, 0);
	step_abort(&s);
}

/* A message as a hostile client of bob signs it. */
static enum status
say_hostile(struct cores *c, const struct saying *said)
{
	struct plaintext p = { .kind = CONTENT_MESSAGE };
	struct signed_parts parts = { 0 };
	struct saying what = *said;
	struct parcel parcel = { 0 };
	struct contact alice = contact_of(&c->bob, &c->alice);
	struct hash talk;
	uint64_t seq;
	enum status st;
	struct step s = begin(&c->bob);

	random_bytes(&what.id, sizeof(what.id));
	what.sent_ms = s.now_ms;
	peers_conversation(
	    &c->bob.core.self.account_key, &alice.account_key, &talk);
	assert_status(
	    STATUS_OK, messenger_sign(&s, &talk, &what, NULL, &parts, &seq));
	p.u.message = (struct signed_message){
		.body = buf_view(parts.body),
		.signature = BYTES_OF(parts.signature),
		.auth = AUTH_ED25519,
		.salt = BYTES_OF(parts.salt),
		.content = what.content,
	};
	assert_status(
	    STATUS_OK, pair_encrypt(&s, &alice, &alice.list.devices[0], &p,
			   &parcel.item.type, &parcel.payload));
	commit(&s);
	parcel.item.seq = 1;
	parcel.item.stored_ms = 1;
	parcel.item.has_sender = true;
	parcel.item.sender = c->bob.core.self.address;
	parcel.item.suite = SUITE_SIGNAL_V3;
	parcel.item.payload = buf_view(parcel.payload);
	st = take(&c->alice, &parcel);
	parcel_clear(&parcel);
	buf_free(parts.body);
	return st;
}

/* Nobody takes the last turn there is, and so the last word for ever. */
static void
nobody_has_the_last_word(void **state)
{
	struct cores *c = *state;
	const struct saying last = { .type = MESSAGE_TIMER,
		.talk_turn = UINT64_MAX,
		.talk_timer_s = 5 };
	struct parcel p;

	acquaint(c);
	assert_status(STATUS_OK, say_hostile(c, &last));
	assert_int_equal(contact_of(&c->alice, &c->bob).timer_s, 5);
	p = set(&c->alice, &c->bob, 0);
	parcel_clear(&p);
	assert_int_equal(contact_of(&c->alice, &c->bob).timer_s, 0);
	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, say_hostile(c, &last));
	assert_true(
	    contact_of(&c->alice, &c->bob).timer_turn < 5 * TIMER_TURNS_MAX);
}

static void
what_is_no_setting_changes_nothing(void **state)
{
	struct cores *c = *state;
	const struct saying bad[] = {
		{ .type = MESSAGE_TIMER, .talk_timer_s = HOUR_S }, /* no turn */
		{ .type = MESSAGE_TIMER,
		    .talk_turn = 9,
		    .talk_timer_s = LIMIT_TIMER_S + 1 },
		{ .type = MESSAGE_TEXT,
		    .content = BYTES("text"),
		    .talk_turn = 9,
		    .talk_timer_s = UINT64_MAX },
		{ .type = MESSAGE_TIMER,
		    .talk_turn = 9,
		    .talk_timer_s = HOUR_S,
		    .content = BYTES("not empty") },
	};

	acquaint(c);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_status(STATUS_OK, say_hostile(c, &bad[i]));
		assert_int_equal(contact_of(&c->alice, &c->bob).timer_turn, 0);
		assert_int_equal(contact_of(&c->alice, &c->bob).timer_s, 0);
	}
}

/* The relay is away for longer than the timer: it runs from each one's own. */
static void
what_was_fetched_late_stays_as_long_as_what_was_not(void **state)
{
	struct cores *c = *state;
	struct parcel p;

	acquaint(c);
	p = sent(
	    &c->alice, draft(&c->alice, &c->bob, MESSAGE_TEXT, "late", HOUR_S));
	wait_s(HOUR_S + 60);
	assert_status(STATUS_OK, expiry_run(&c->alice.core));
	assert_last(&c->alice, false);
	bring(&c->bob, &p);
	assert_last(&c->bob, true);
	wait_s(HOUR_S + 60);
	assert_status(STATUS_OK, expiry_run(&c->bob.core));
	assert_last(&c->bob, false);
}

int
main(void)
{
#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, timers_setup, timers_teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_message_disappears_at_both_ends),
		TEST(a_setting_holds_for_both_from_then_on),
		TEST(of_a_message_and_the_setting_the_shorter_counts),
		TEST(two_who_change_it_at_once_end_with_the_shorter),
		TEST(whichever_way_they_come_the_last_one_counts),
		TEST(every_message_carries_the_setting),
		TEST(a_change_that_comes_after_its_line_is_not_shown),
		TEST(what_was_overtaken_says_so),
		TEST(nobody_has_the_last_word),
		TEST(what_is_no_setting_changes_nothing),
		TEST(what_was_fetched_late_stays_as_long_as_what_was_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
