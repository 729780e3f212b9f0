/* What goes between two and is lost comes again, or is told (protocol.md 9). */
#include "client/core/messenger/peers.h"
#include "tests/unit/core/repair_world.h"

/* alice says something that never arrives. */
static void
lose_one(struct world *w, const char *text)
{
	struct parcel p = write_to(&w->c->alice, &w->c->bob, text);

	parcel_clear(&p);
}

/* What both have to say leaves, until neither has anything. */
static void
talk(struct world *w)
{
	for (int i = 0; i < 4; i++) {
		assert_status(STATUS_OK, flush(w, &w->c->alice));
		assert_status(STATUS_OK, flush(w, &w->c->bob));
	}
}

/* The newest line of this kind that bob has of anybody. */
static struct history_entry
line(struct party *p, enum notice_kind kind)
{
	struct history_entry found = { .n = 0 };
	uint64_t numbers[ITEMS_MAX];
	size_t count = entries(p, numbers);
	struct step s = begin(p);

	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.kind == HISTORY_NOTICE && e.notice == kind)
			found = e;
	}
	step_abort(&s);
	return found;
}

/* A byte changes on the way. */
static void
damage(struct parcel *p, size_t beyond_middle)
{
	struct bytes old = p->item.payload;
	size_t at = old.len / 2 + beyond_middle;
	uint8_t other = old.data[at] ^ 1;
	struct buf *changed = NULL;

	assert_status(STATUS_OK, buf_new(old.len, &changed));
	assert_status(STATUS_OK, buf_put(changed, bytes_view(old.data, at)));
	assert_status(STATUS_OK, buf_put(changed, bytes_view(&other, 1)));
	assert_status(STATUS_OK, buf_put(changed, bytes_tail(old, at + 1)));
	buf_free(p->payload);
	p->payload = changed;
	p->item.payload = buf_view(changed);
}

static void
say_damaged(struct party *from, struct party *to, const char *text)
{
	struct parcel p = write_to(from, to, text);

	damage(&p, 0);
	assert_status(STATUS_OK, take(to, &p));
	parcel_clear(&p);
}

static void
forget_session(struct party *p, struct party *with)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, session_del(s.txn, &with->core.self.address));
	commit(&s);
}

static void
numbers_that_were_skipped_are_asked_for_and_come(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	unsigned detail = 0;

	say(&w->c->alice, bob, "one");
	for (int i = 0; i < 3; i++)
		lose_one(w, "lost");
	say(&w->c->alice, bob, "heard");
	assert_int_equal(gaps_of(bob), 1);
	ask(w, bob, 0);
	talk(w);
	assert_int_equal(heard(bob, "lost"), 3);
	assert_int_equal(gaps_of(bob), 0);
	assert_int_equal(notices(bob, NOTICE_GAP, &detail), 1);
	assert_int_equal(detail, 3);
	assert_int_equal(line(bob, NOTICE_GAP).repaired, 3);
	say(&w->c->alice, bob, "after");
	assert_int_equal(gaps_of(bob), 0);
}

/* Of somebody who was never heard before, from the first number on. */
static void
what_came_before_the_first_that_arrived_is_asked_for(void **state)
{
	struct world *w = *state;

	lose_one(w, "lost");
	say_damaged(&w->c->alice, &w->c->bob, "broken");
	say(&w->c->alice, &w->c->bob, "heard");
	for (int i = 0; i < 2; i++) {
		ask(w, &w->c->bob, 0);
		talk(w);
	}
	assert_int_equal(heard(&w->c->bob, "lost"), 1);
	assert_int_equal(heard(&w->c->bob, "broken"), 1);
	assert_int_equal(gaps_of(&w->c->bob), 0);
}

static void
what_cannot_be_read_is_asked_for_by_its_ciphertext(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *alice = &w->c->alice;
	unsigned detail = 0;

	say(alice, bob, "one");
	say(bob, alice, "two");
	forget_session(bob, alice);
	for (int i = 0; i < 3; i++)
		say(alice, bob, "unreadable");
	assert_int_equal(heard(bob, "unreadable"), 0);
	assert_int_equal(notices(bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(detail, 3);
	assert_int_equal(gaps_of(bob), 3);
	ask(w, bob, 0);
	talk(w);
	assert_int_equal(heard(bob, "unreadable"), 3);
	assert_int_equal(line(bob, NOTICE_UNDECRYPTABLE).repaired, 3);
	assert_int_equal(gaps_of(bob), 0);
	assert_int_equal(quarantined(bob, QUARANTINE_UNDECRYPTABLE), 0);
	say(alice, bob, "after");
	say(bob, alice, "indeed");
	assert_int_equal(heard(bob, "after"), 1);
	assert_int_equal(heard(alice, "indeed"), 1);
}

/* Its sender knows no such ciphertext, and says so: the number is next. */
static void
what_was_damaged_is_asked_for_by_its_number(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;

	say(&w->c->alice, bob, "one");
	say_damaged(&w->c->alice, bob, "broken");
	say(&w->c->alice, bob, "whole");
	assert_int_equal(gaps_of(bob), 2);
	ask(w, bob, 0);
	talk(w);
	assert_int_equal(heard(bob, "broken"), 0);
	assert_int_equal(gaps_of(bob), 1);
	ask(w, bob, 0);
	talk(w);
	assert_int_equal(heard(bob, "broken"), 1);
	assert_int_equal(gaps_of(bob), 0);
	assert_int_equal(line(bob, NOTICE_GAP).repaired, 1);
}

/* A relay puts whatever it likes into a mailbox, in anybody's name. */
static void
garbage_makes_one_session_an_hour_and_few_questions(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *alice = &w->c->alice;
	struct parcel p;
	size_t begun = 0;
	size_t asked = 0;

	say(alice, bob, "one");
	say(bob, alice, "two");
	p = write_to(alice, bob, "seen by the relay");
	for (int minute = 0; minute < 60; minute++) {
		struct outbox_row row = { .order = 0 };
		struct account_name needed[NAMES_MAX];
		size_t count = NAMES_MAX;
		enum status st;
		struct step s;

		for (int i = 0; i < 10; i++) {
			damage(&p, (size_t)i % 8);
			assert_status(STATUS_OK, take(bob, &p));
		}
		s = begin(bob);
		s.now_ms += minute * (int64_t)MINUTE_MS;
		assert_status(STATUS_OK, repair_ask(&s));
		st = outbox_next(s.txn, 0, s.arena, &row);
		if (st == STATUS_NOT_FOUND) {
			commit(&s);
			continue;
		}
		asked++;
		st = messenger_seal(&s, row.order, needed, &count);
		commit(&s);
		if (st == STATUS_AGAIN) {
			begun++;
			assert_status(STATUS_OK, meet(bob, alice));
		}
		assert_status(STATUS_OK, flush(w, bob));
	}
	parcel_clear(&p);
	assert_int_equal(begun, 1);
	assert_in_range(asked, 1, 12);
	assert_in_range(gaps_of(bob), 1, 256);
	/* And nothing is in the way of what is real. */
	say(alice, bob, "real");
	say(bob, alice, "too");
	assert_int_equal(heard(bob, "real"), 1);
	assert_int_equal(heard(alice, "too"), 1);
}

/* Both lost the session, and both begin another at once. */
static void
two_who_begin_anew_at_once_come_to_read_each_other(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *alice = &w->c->alice;
	struct parcel a, b;

	say(alice, bob, "one");
	say(bob, alice, "two");
	forget_session(alice, bob);
	forget_session(bob, alice);
	for (int i = 0; i < 6; i++) {
		a = write_to(alice, bob, "from alice");
		b = write_to(bob, alice, "from bob");
		assert_status(STATUS_OK, take(bob, &a));
		assert_status(STATUS_OK, take(alice, &b));
		parcel_clear(&a);
		parcel_clear(&b);
	}
	assert_int_equal(heard(bob, "from alice"), 6);
	assert_int_equal(heard(alice, "from bob"), 6);
	assert_int_equal(quarantined(bob, QUARANTINE_UNDECRYPTABLE), 0);
	assert_int_equal(quarantined(alice, QUARANTINE_UNDECRYPTABLE), 0);
}

/* A fresh session leaves the old one for what was under way in it. */
static void
what_was_under_way_in_the_old_session_is_read(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *alice = &w->c->alice;
	struct parcel p;

	say(alice, bob, "one");
	say(bob, alice, "two");
	p = write_to(alice, bob, "under way");
	say_damaged(alice, bob, "broken");
	ask(w, bob, 0); /* in a fresh session */
	assert_status(STATUS_OK, take(bob, &p));
	parcel_clear(&p);
	assert_int_equal(heard(bob, "under way"), 1);
	talk(w);
	say(bob, alice, "in either");
	assert_int_equal(heard(alice, "in either"), 1);
}

/* A first message to a prekey that is gone: nobody can answer, nor knows. */
static void
a_session_that_nobody_answers_is_begun_anew_after_a_day(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *alice = &w->c->alice;
	struct parcel p;
	struct step s;
	uint64_t order;

	p = write_to(alice, bob, "first");
	s = begin(bob);
	for (uint32_t id = 1; id < 200; id++)
		(void)prekey_del(s.txn, id);
	commit(&s);
	assert_status(STATUS_OK, take(bob, &p));
	parcel_clear(&p);
	say(alice, bob, "second");
	assert_int_equal(heard(bob, "second"), 0);
	order = compose(alice, "bob", "third");
	s = begin(alice);
	s.now_ms += DAY_MS;
	{
		struct account_name needed[NAMES_MAX];
		size_t count = NAMES_MAX;

		assert_status(
		    STATUS_AGAIN, messenger_seal(&s, order, needed, &count));
		/* Nobody waits for a relay that gives no bundle. */
		assert_status(
		    STATUS_OK, messenger_seal(&s, order, needed, &count));
	}
	step_abort(&s);
	s = begin(alice);
	s.now_ms += DAY_MS;
	assert_status(
	    STATUS_NOT_FOUND, pair_has_session(&s, &bob->core.self.address));
	commit(&s);
	s = begin(bob);
	assert_status(STATUS_OK,
	    ratchet_make_prekeys(bob->core.ratchet, s.txn, 4, s.now_ms));
	commit(&s);
	assert_status(STATUS_OK, meet(alice, bob));
	assert_status(STATUS_OK, seal(alice, order));
	p = parcel_of(alice, order);
	assert_status(STATUS_OK, take(bob, &p));
	parcel_clear(&p);
	stored(alice, order);
	assert_int_equal(heard(bob, "third"), 1);
	ask(w, bob, 0);
	talk(w);
	assert_int_equal(heard(bob, "first"), 1);
	assert_int_equal(heard(bob, "second"), 1);
}

static void
nobody_is_asked_for_more_than_three_times(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct step s;

	say(&w->c->alice, bob, "one");
	lose_one(w, "lost");
	say(&w->c->alice, bob, "heard");
	for (int64_t day = 0; day < 36; day++) {
		s = begin(bob);
		s.now_ms += day * DAY_MS;
		assert_status(STATUS_OK, repair_ask(&s));
		commit(&s);
	}
	assert_int_equal(outbox_rows(bob), REPAIR_ASKS_MAX);
	s = begin(bob);
	s.now_ms += 38 * (int64_t)DAY_MS;
	assert_status(STATUS_OK, repair_ask(&s));
	commit(&s);
	assert_int_equal(gaps_of(bob), 0);
}

/* An asker's word, as it comes out of its session. */
static void
request(struct party *to, struct party *from, uint64_t first, uint64_t last)
{
	struct pair_arrival arrival = { .storage = NULL };
	struct resend_request *r = &arrival.p.u.resend_request;
	struct step s = begin(to);

	assert_status(
	    STATUS_OK, contact_get(s.txn, &from->core.self.address.account,
			   &arrival.sender));
	arrival.device = &arrival.sender.list.devices[0];
	arrival.p.kind = CONTENT_RESEND_REQUEST;
	peers_conversation(&to->core.self.account_key,
	    &from->core.self.account_key, &r->conversation);
	r->author = to->core.self.address;
	r->author_key = to->core.self.account_key;
	r->first = first;
	r->last = last;
	assert_status(STATUS_OK, repair_take_request(&s, &arrival));
	commit(&s);
}

static void
nobody_gets_what_was_said_to_another_or_taken_back(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *alice = &w->c->alice;
	struct party *carol = &w->c->carol;
	uint64_t order;
	struct step s;

	say(carol, alice, "hello");
	say(alice, bob, "for bob");
	say(alice, carol, "for carol");
	order = compose(alice, "bob", "taken back");
	assert_status(STATUS_OK, seal(alice, order));
	s = begin(alice);
	assert_status(STATUS_OK, messenger_fail(&s, order, "cancelled"));
	commit(&s);
	say(alice, bob, "on");
	request(alice, carol, 1, UINT64_MAX);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(heard(carol, "for bob"), 0);
	ask(w, bob, 0);
	request(alice, bob, 1, UINT64_MAX);
	talk(w);
	assert_int_equal(heard(bob, "taken back"), 0);
	assert_int_equal(heard(bob, "for bob"), 1);
	assert_int_equal(gaps_of(bob), 1); /* told, and never to come */
}

static void
one_message_is_given_three_times_at_most(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;

	say(alice, &w->c->bob, "one");
	say(&w->c->bob, alice, "two");
	for (int i = 0; i < 5; i++)
		request(alice, &w->c->bob, 1, 1);
	assert_int_equal(outbox_rows(alice), 3);
	talk(w);
	assert_int_equal(heard(&w->c->bob, "one"), 1);
}

/* What waits in the outbox may wait for longer than the text may stay. */
static void
an_answer_that_waits_keeps_no_text_and_sends_none_that_is_gone(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct outbox_row row = { .order = 0 };
	struct history_entry e;
	struct step s;
	uint64_t n = 0;

	say(alice, &w->c->bob, "one");
	lose_one(w, "not for long");
	lose_one(w, "for ever");
	say(alice, &w->c->bob, "heard");
	request(alice, &w->c->bob, 2, 3);
	s = begin(alice);
	assert_status(STATUS_OK, outbox_next(s.txn, 0, s.arena, &row));
	assert_null(memmem(row.content.data, row.content.len, "for", 3));
	for (n = 1; history_get(s.txn, n, s.arena, &e) == STATUS_OK; n++)
		if (bytes_equal(e.text, BYTES("not for long")))
			assert_status(STATUS_OK, history_erase(s.txn, n));
	commit(&s);
	talk(w);
	assert_int_equal(heard(&w->c->bob, "for ever"), 1);
	assert_int_equal(heard(&w->c->bob, "not for long"), 0);
}

/* In the name of devices that alice has never had, too. */
static void
garbage_of_many_devices_leaves_room_for_what_is_missing(void **state)
{
	enum { DEVICES = 16, EACH = 256 };
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	struct address sender = alice->core.self.address;
	struct hash talk;
	struct gap g;
	struct step s;

	say(alice, bob, "one");
	s = begin(bob);
	for (uint32_t i = 0; i < DEVICES * EACH; i++) {
		uint8_t garbage[4];
		const struct repair_item item = {
			.kind = CONVERSATION_DIRECT,
			.sender = &sender,
			.payload = BYTES_OF(garbage),
		};

		store_u32(garbage, i);
		sender.device = 1 + i / EACH;
		assert_status(STATUS_OK, repair_note_item(&s, &item));
	}
	commit(&s);
	lose_one(w, "lost");
	say(alice, bob, "heard");
	peers_conversation(
	    &alice->core.self.account_key, &bob->core.self.account_key, &talk);
	s = begin(bob);
	assert_status(STATUS_OK,
	    gap_find_number(s.txn, &talk, &alice->core.self.address, 2, &g));
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(numbers_that_were_skipped_are_asked_for_and_come),
		world_test(
		    what_came_before_the_first_that_arrived_is_asked_for),
		world_test(what_cannot_be_read_is_asked_for_by_its_ciphertext),
		world_test(what_was_damaged_is_asked_for_by_its_number),
		world_test(
		    garbage_of_many_devices_leaves_room_for_what_is_missing),
		world_test(garbage_makes_one_session_an_hour_and_few_questions),
		world_test(two_who_begin_anew_at_once_come_to_read_each_other),
		world_test(what_was_under_way_in_the_old_session_is_read),
		world_test(
		    a_session_that_nobody_answers_is_begun_anew_after_a_day),
		world_test(nobody_is_asked_for_more_than_three_times),
		world_test(nobody_gets_what_was_said_to_another_or_taken_back),
		world_test(one_message_is_given_three_times_at_most),
		world_test(
		    an_answer_that_waits_keeps_no_text_and_sends_none_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
