/* What the relay says later of messages that it had taken. */
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

static void
what_waited_for_a_removed_account_has_failed(void **state)
{
	struct cores *c = *state;
	struct sent sent = on_its_way(c, "farewell");
	unsigned detail = 0;

	assert_int_equal(stored(&c->alice, sent.order), STATE_STORED);
	note(&c->alice, ERROR_NOT_FOUND, &sent, "bob");
	assert_int_equal(state_of(&c->alice, &sent), STATE_FAILED);
	assert_int_equal(
	    notices(&c->alice, NOTICE_ACCOUNT_REMOVED, &detail), 1);
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
		cores_test(what_waited_for_a_removed_account_has_failed),
		cores_test(many_of_them_are_one_line_that_counts),
		cores_test(a_row_that_waits_for_its_answer_ends_with_the_note),
		cores_test(notes_that_name_nothing_of_ours_change_nothing),
		world_test(a_group_is_told_whom_it_did_not_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
