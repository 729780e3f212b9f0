/* What the relay says later of messages that it had taken, and of devices. */
#include "base/random.h"
#include "tests/unit/core/group_world.h"

#include "proto/codec.h"

/* The row of a message that is on its way, as far as a note tells of it. */
struct sent {
	struct message_id id;
	uint8_t stream[STREAM_BYTES];
	uint64_t counter;
	uint64_t order;
};

static struct sent
sent_of(struct party *from, uint64_t order)
{
	struct sent sent = { .order = order };
	struct outbox_row row;
	struct step s = begin(from);

	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	sent.id = row.id;
	memcpy(sent.stream, row.submit_stream, STREAM_BYTES);
	sent.counter = row.submit_counter;
	step_abort(&s);
	return sent;
}

/* Sealed to bob, and not answered yet. */
static struct sent
on_its_way(struct cores *c, const char *text)
{
	uint64_t order = compose(&c->alice, "bob", text);
	enum status st = seal(&c->alice, order);

	if (st == STATUS_AGAIN) {
		assert_status(STATUS_OK, meet(&c->alice, &c->bob));
		st = seal(&c->alice, order);
	}
	assert_status(STATUS_OK, st);
	return sent_of(&c->alice, order);
}

static void
note(struct party *to, enum error_code code, const struct sent *sent,
    const char *who)
{
	struct relay_note n = {
		.code = code,
		.return_handle = BYTES_OF(sent->id.raw),
		.to = { name_of(who), 1 },
		.counter = sent->counter,
	};
	struct parcel p = { .item = { .type = ITEM_RELAY_NOTE } };

	memcpy(n.stream, sent->stream, STREAM_BYTES);
	assert_status(STATUS_OK, buf_new(1024, &p.payload));
	assert_status(STATUS_OK, codec_put_note(&n, p.payload));
	p.item.payload = buf_view(p.payload);
	assert_status(STATUS_OK, take(to, &p));
	parcel_clear(&p);
}

static enum message_state
state_of(struct party *from, const struct sent *sent)
{
	struct history_entry e;
	struct step s = begin(from);
	uint64_t n = 0;

	assert_status(STATUS_OK, history_find(s.txn, &sent->id, &n));
	assert_status(STATUS_OK, history_get(s.txn, n, s.arena, &e));
	step_abort(&s);
	return e.state;
}

static void
what_nobody_fetched_is_expired_and_said_once(void **state)
{
	struct cores *c = *state;
	struct sent sent = on_its_way(c, "anybody there?");
	unsigned detail = 0;

	assert_int_equal(stored(&c->alice, sent.order), STATE_STORED);
	for (int i = 0; i < 2; i++) { /* a relay may say it twice */
		note(&c->alice, ERROR_EXPIRED, &sent, "bob");
		assert_int_equal(state_of(&c->alice, &sent), STATE_EXPIRED);
		assert_int_equal(
		    notices(&c->alice, NOTICE_EXPIRED, &detail), 1);
		assert_int_equal(detail, 1);
	}
}

/* The row in which it waits to be sent again. */
static uint64_t
order_again(struct party *p, const struct sent *sent)
{
	struct step s = begin(p);
	uint64_t order = 0;

	assert_status(STATUS_OK, outbox_find(s.txn, &sent->id, &order));
	step_abort(&s);
	return order;
}

static void
what_waited_for_a_removed_account_is_told(void **state)
{
	struct cores *c = *state;
	struct sent sent = on_its_way(c, "farewell");
	unsigned detail = 0;
	uint64_t order;
	struct step s;

	assert_int_equal(stored(&c->alice, sent.order), STATE_STORED);
	note(&c->alice, ERROR_NOT_FOUND, &sent, "bob");
	assert_int_equal(state_of(&c->alice, &sent), STATE_QUEUED);
	order = order_again(&c->alice, &sent);
	/* The relay knows no such account (courier_seal.c). */
	s = begin(&c->alice);
	assert_status(
	    STATUS_OK, messenger_fail(&s, order, "There is no such account."));
	commit(&s);
	assert_int_equal(state_of(&c->alice, &sent), STATE_DEVICE_GONE);
	assert_int_equal(
	    notices(&c->alice, NOTICE_ACCOUNT_REMOVED, &detail), 1);
	assert_int_equal(detail, 1);
}

/* The same words, signed as they were, to whatever device there is now. */
static void
what_waited_for_a_removed_device_is_sent_again(void **state)
{
	struct cores *c = *state;
	struct sent sent = on_its_way(c, "to your other device");
	unsigned detail = 0;
	struct parcel p;
	uint64_t order;

	assert_int_equal(stored(&c->alice, sent.order), STATE_STORED);
	for (int i = 0; i < 2; i++)
		note(&c->alice, ERROR_NOT_FOUND, &sent, "bob");
	order = order_again(&c->alice, &sent);
	assert_status(STATUS_OK, seal(&c->alice, order));
	p = parcel_of(&c->alice, order);
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_status(STATUS_OK, take(&c->bob, &p));
	parcel_clear(&p);
	assert_int_equal(heard(&c->bob, "to your other device"), 1);
	assert_int_equal(stored(&c->alice, order), STATE_STORED);
	assert_int_equal(state_of(&c->alice, &sent), STATE_STORED);
	assert_int_equal(
	    notices(&c->alice, NOTICE_ACCOUNT_REMOVED, &detail), 0);
}

static uint64_t
last_seq(struct party *p)
{
	struct step s;
	uint64_t seq = last_entry(p, &s).seq;

	step_abort(&s);
	return seq;
}

static void
a_device_that_is_gone_has_its_message_encrypted_anew(void **state)
{
	struct cores *c = *state;
	struct device_ref stale = { name_of("bob"), 1 };
	struct reply reply = { .kind = REPLY_ERROR };
	struct parcel p;
	uint64_t order;

	reply.u.error.code = ERROR_DEVICES_CHANGED;
	reply.u.error.changed.stale = (struct device_refs){ &stale, 1 };
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	order = compose(&c->alice, "bob", "too late");
	assert_status(STATUS_OK, seal(&c->alice, order));
	assert_int_equal(answered(&c->alice, order, &reply), STATE_QUEUED);
	assert_status(STATUS_AGAIN, seal(&c->alice, order));
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_OK, seal(&c->alice, order));
	p = parcel_of(&c->alice, order);
	assert_status(STATUS_OK, take(&c->bob, &p));
	parcel_clear(&p);
	assert_int_equal(stored(&c->alice, order), STATE_STORED);
	assert_int_equal(heard(&c->bob, "too late"), 1);
	/* Signed once: nothing is missing between it and the next. */
	say(&c->alice, &c->bob, "next");
	assert_int_equal(last_seq(&c->bob), 2);
}

static void
what_was_for_the_old_key_is_not_encrypted_for_the_new(void **state)
{
	struct cores *c = *state;
	struct account_name bob = name_of("bob");
	struct device_ref gone = { bob, 1 };
	struct reply reply = { .kind = REPLY_ERROR };
	bool changed = false;
	struct step s;
	uint64_t order;

	reply.u.error.code = ERROR_DEVICES_CHANGED;
	reply.u.error.changed.extra = (struct device_refs){ &gone, 1 };
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	order = compose(&c->alice, "bob", "for the first bob");
	assert_status(STATUS_OK, seal(&c->alice, order));
	party_register(&c->eve, "bob");
	(void)answered(&c->alice, order, &reply);
	assert_status(STATUS_UNTRUSTED, meet(&c->alice, &c->eve));
	assert_status(STATUS_UNTRUSTED, seal(&c->alice, order));
	s = begin(&c->alice);
	assert_status(STATUS_OK, messenger_trust(&s, &bob, &changed));
	commit(&s);
	assert_true(changed);
	assert_status(STATUS_NOT_FOUND, seal(&c->alice, order));
}

/* A relay may say so of whatever it likes, and of every attempt. */
static void
a_relay_that_loses_every_device_is_believed_three_times(void **state)
{
	struct cores *c = *state;
	struct sent sent = on_its_way(c, "again and again");

	assert_int_equal(stored(&c->alice, sent.order), STATE_STORED);
	for (uint64_t i = 0; i < 3; i++) {
		sent.counter = 100 + i;
		note(&c->alice, ERROR_NOT_FOUND, &sent, "bob");
		assert_int_equal(state_of(&c->alice, &sent), STATE_QUEUED);
		sent.order = order_again(&c->alice, &sent);
		assert_status(STATUS_OK, seal(&c->alice, sent.order));
		assert_int_equal(stored(&c->alice, sent.order), STATE_STORED);
	}
	sent.counter = 104;
	note(&c->alice, ERROR_NOT_FOUND, &sent, "bob");
	assert_int_equal(state_of(&c->alice, &sent), STATE_DEVICE_GONE);
}

static void
many_of_them_are_one_line_that_counts(void **state)
{
	enum { MESSAGES = 5 };
	struct cores *c = *state;
	struct sent sent[MESSAGES];
	unsigned detail = 0;

	for (int i = 0; i < MESSAGES; i++) {
		sent[i] = on_its_way(c, "again");
		sent[i].counter = (uint64_t)i + 1; /* the courier counts */
		assert_int_equal(
		    stored(&c->alice, sent[i].order), STATE_STORED);
	}
	for (int i = 0; i < MESSAGES; i++)
		note(&c->alice, ERROR_EXPIRED, &sent[i], "bob");
	assert_int_equal(notices(&c->alice, NOTICE_EXPIRED, &detail), 1);
	assert_int_equal(detail, MESSAGES);
}

static void
a_row_that_waits_for_its_answer_ends_with_the_note(void **state)
{
	struct cores *c = *state;
	struct sent sent = on_its_way(c, "the answer is lost");
	struct sent other = sent;
	struct outbox_row row;
	struct step s;

	other.counter++; /* of an earlier attempt */
	note(&c->alice, ERROR_EXPIRED, &other, "bob");
	assert_int_equal(state_of(&c->alice, &sent), STATE_QUEUED);
	note(&c->alice, ERROR_EXPIRED, &sent, "bob");
	assert_int_equal(state_of(&c->alice, &sent), STATE_EXPIRED);
	s = begin(&c->alice);
	assert_status(
	    STATUS_NOT_FOUND, outbox_get(s.txn, sent.order, s.arena, &row));
	step_abort(&s);
}

static void
notes_that_name_nothing_of_ours_change_nothing(void **state)
{
	struct cores *c = *state;
	struct sent sent = on_its_way(c, "hello");
	struct sent unknown = { .counter = 1 };
	unsigned detail = 0;

	assert_int_equal(stored(&c->alice, sent.order), STATE_STORED);
	note(&c->alice, ERROR_EXPIRED, &unknown, "bob");
	note(&c->alice, ERROR_EXPIRED, &sent, "alice"); /* a device of ours */
	note(&c->alice, ERROR_UNAVAILABLE, &sent, "bob");
	note(&c->bob, ERROR_EXPIRED, &sent, "alice");
	assert_int_equal(state_of(&c->alice, &sent), STATE_STORED);
	assert_int_equal(notices(&c->alice, NOTICE_EXPIRED, &detail), 0);
	assert_int_equal(notices(&c->bob, NOTICE_EXPIRED, &detail), 0);
}

static void
a_group_is_told_whom_it_did_not_reach(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct history_entry e;
	struct draft d = {
		.kind = CONVERSATION_GROUP,
		.group = w->group,
		.text = BYTES("to all of you"),
	};
	struct sent sent;
	unsigned detail = 0;
	uint64_t order = 0, n;
	struct step s;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	random_bytes(&d.id, sizeof(d.id));
	s = begin(alice);
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	assert_status(STATUS_OK, seal_meeting(w, alice, order));
	sent = sent_of(alice, order);
	assert_int_equal(stored(alice, order), STATE_STORED);
	note(alice, ERROR_EXPIRED, &sent, "carol");
	note(alice, ERROR_EXPIRED, &sent, "carol");
	assert_int_equal(state_of(alice, &sent), STATE_STORED);
	assert_int_equal(notices(alice, NOTICE_EXPIRED, &detail), 1);
	assert_int_equal(detail, 1);
	e = last_entry(alice, &s);
	assert_int_equal(e.conversation_kind, CONVERSATION_GROUP);
	assert_string_equal(e.subject.text, "carol");
	assert_false(e.own); /* or receiving would not show it */
	step_abort(&s);
	/* Nobody is left who could get it. */
	note(alice, ERROR_EXPIRED, &sent, "bob");
	assert_int_equal(state_of(alice, &sent), STATE_EXPIRED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(what_nobody_fetched_is_expired_and_said_once),
		cores_test(what_waited_for_a_removed_account_is_told),
		cores_test(what_waited_for_a_removed_device_is_sent_again),
		cores_test(
		    a_device_that_is_gone_has_its_message_encrypted_anew),
		cores_test(
		    what_was_for_the_old_key_is_not_encrypted_for_the_new),
		cores_test(
		    a_relay_that_loses_every_device_is_believed_three_times),
		cores_test(many_of_them_are_one_line_that_counts),
		cores_test(a_row_that_waits_for_its_answer_ends_with_the_note),
		cores_test(notes_that_name_nothing_of_ours_change_nothing),
		world_test(a_group_is_told_whom_it_did_not_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
