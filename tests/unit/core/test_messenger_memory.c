/* The messenger when memory runs out: nothing happened, and then it does. */
#include "proto/codec.h"
#include "tests/unit/core/cores.h"

/* One act of the messenger in a step of its own. */
typedef enum status act_fn(struct step *s, void *arg);

static void
fails_at_every_allocation_then_works(
    struct party *p, act_fn *act, void *arg, enum status expected)
{
	bool failed = true;

	for (size_t n = 1; failed; n++) {
		enum status st;
		struct step s = begin(p);

		assert_true(n < 5000);
		alloc_fail_nth(n);
		st = act(&s, arg);
		failed = alloc_failed();
		alloc_fail_nth(0);
		if (failed) {
			assert_status(STATUS_NOMEM, st);
			step_abort(&s);
		} else {
			assert_status(expected, st);
			commit(&s);
		}
	}
}

static enum status
act_compose(struct step *s, void *arg)
{
	struct draft d = { .kind = CONVERSATION_DIRECT,
		.to = name_of("bob"),
		.text = BYTES("hello") };
	uint64_t n;

	memset(&d.id, 3, sizeof(d.id));
	return messenger_compose(s, &d, &n, arg);
}

/* In a step of its own, as a turn of a flush does it. */
static enum status
act_say(struct step *s, void *arg)
{
	struct draft d = { .kind = CONVERSATION_DIRECT,
		.to = name_of("bob"),
		.text = BYTES("at once") };
	struct submit_id id = { .counter = 9 };
	struct outbox_row row;
	struct step inner = { 0 };
	uint64_t *order = arg;
	uint64_t n;
	enum status st = step_nest(s, &inner);

	if (st != STATUS_OK)
		return st;
	memset(&d.id, 4, sizeof(d.id));
	st = messenger_say(&inner, &d, &id, &n, &row);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	if (st == STATUS_OK)
		*order = row.order;
	return st;
}

static enum status
act_seal(struct step *s, void *arg)
{
	struct account_name needed[NAMES_MAX];
	size_t count = NAMES_MAX;
	const uint64_t *order = arg;

	return messenger_seal(s, *order, needed, &count);
}

static enum status
act_take(struct step *s, void *arg)
{
	const struct parcel *parcel = arg;

	return messenger_take(s, &parcel->item);
}

static enum status
act_answer(struct step *s, void *arg)
{
	struct refusal refused = { .index = 0, .code = ERROR_FULL };
	struct reply reply = { .kind = REPLY_SUBMITTED,
		.u.submitted = { &refused, 1 } };
	const uint64_t *order = arg;
	enum message_state state;
	struct outbox_row row;
	enum status st = outbox_get(s->txn, *order, s->arena, &row);

	if (st != STATUS_OK)
		return st;
	return messenger_submitted(s, &row, &reply, &state);
}

static enum status
act_trust(struct step *s, void *arg)
{
	struct account_name alice = name_of("alice");

	return messenger_trust(s, &alice, arg);
}

static void
sending_survives_it(void **state)
{
	struct cores *c = *state;
	uint64_t order = 0;
	struct parcel p;

	fails_at_every_allocation_then_works(
	    &c->alice, act_compose, &order, STATUS_OK);
	fails_at_every_allocation_then_works(
	    &c->alice, act_compose, &order, STATUS_EXISTS);
	fails_at_every_allocation_then_works(
	    &c->alice, act_seal, &order, STATUS_AGAIN);
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	fails_at_every_allocation_then_works(
	    &c->alice, act_seal, &order, STATUS_OK);
	fails_at_every_allocation_then_works(
	    &c->alice, act_answer, &order, STATUS_OK);
	p = parcel_of(&c->alice, order);
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "hello"), 1);
	parcel_clear(&p);
}

static void
what_is_said_at_once_survives_it(void **state)
{
	struct cores *c = *state;
	uint64_t order = 0;
	struct parcel p;
	unsigned detail;

	say(&c->alice, &c->bob, "first");
	say(&c->bob, &c->alice, "answer");
	fails_at_every_allocation_then_works(
	    &c->alice, act_say, &order, STATUS_OK);
	p = parcel_of(&c->alice, order);
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "at once"), 1);
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 0);
	fails_at_every_allocation_then_works(
	    &c->alice, act_say, &order, STATUS_EXISTS);
	parcel_clear(&p);
}

static void
receiving_survives_it(void **state)
{
	struct cores *c = *state;
	struct parcel p = write_to(&c->alice, &c->bob, "first");
	unsigned detail;

	fails_at_every_allocation_then_works(&c->bob, act_take, &p, STATUS_OK);
	parcel_clear(&p);
	say(&c->bob, &c->alice, "answer");
	p = write_to(&c->alice, &c->bob, "second");
	parcel_clear(&p);
	p = write_to(&c->alice, &c->bob, "third");
	fails_at_every_allocation_then_works(&c->bob, act_take, &p, STATUS_OK);
	assert_int_equal(heard(&c->bob, "first"), 1);
	assert_int_equal(heard(&c->bob, "third"), 1);
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 1);
	((uint8_t *)p.item.payload.data)[p.item.payload.len - 1] ^= 1;
	fails_at_every_allocation_then_works(&c->bob, act_take, &p, STATUS_OK);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 1);
	parcel_clear(&p);
}

static void
a_changed_key_survives_it(void **state)
{
	struct cores *c = *state;
	bool changed = false;
	struct parcel p;

	say(&c->alice, &c->bob, "first");
	assert_status(STATUS_OK, seal(&c->bob, compose(&c->bob, "alice", "x")));
	party_register(&c->eve, "alice");
	p = write_to(&c->eve, &c->bob, "second");
	fails_at_every_allocation_then_works(&c->bob, act_take, &p, STATUS_OK);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_KEY_CHANGED), 1);
	fails_at_every_allocation_then_works(
	    &c->bob, act_trust, &changed, STATUS_OK);
	assert_true(changed);
	assert_int_equal(heard(&c->bob, "second"), 1);
	parcel_clear(&p);
}

static void
a_lost_session_survives_it(void **state)
{
	struct cores *c = *state;
	struct parcel p;
	struct step s;

	say(&c->alice, &c->bob, "first");
	say(&c->bob, &c->alice, "answer");
	s = begin(&c->bob);
	assert_status(
	    STATUS_OK, session_del(s.txn, &c->alice.core.self.address));
	commit(&s);
	p = write_to(&c->alice, &c->bob, "lost");
	fails_at_every_allocation_then_works(&c->bob, act_take, &p, STATUS_OK);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 1);
	parcel_clear(&p);
}

/* A message of alice's that the relay said OK to, in its first attempt. */
static struct outbox_row
sealed_row(struct cores *c, const char *text)
{
	struct outbox_row row;
	uint64_t order;
	struct step s;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	order = compose(&c->alice, "bob", text);
	assert_status(STATUS_OK, seal(&c->alice, order));
	s = begin(&c->alice);
	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	row.submit_counter = 7;
	memset(row.submit_stream, 5, sizeof(row.submit_stream));
	assert_status(STATUS_OK, outbox_put(s.txn, &row, &order));
	commit(&s);
	return row; /* its views are gone, its numbers are not */
}

static struct parcel
note_about(struct cores *c, const struct outbox_row *row)
{
	struct relay_note note = { .code = ERROR_FULL,
		.return_handle = BYTES_OF(row->id),
		.to = c->bob.core.self.address,
		.counter = row->submit_counter };
	struct parcel p = { .item = { .type = ITEM_RELAY_NOTE } };

	memcpy(note.stream, row->submit_stream, sizeof(note.stream));
	assert_status(STATUS_OK, buf_new(1024, &p.payload));
	assert_status(STATUS_OK, codec_put_note(&note, p.payload));
	p.item.payload = buf_view(p.payload);
	return p;
}

static enum message_state
state_of(struct cores *c, const struct outbox_row *row)
{
	struct history_entry e;
	struct step s = begin(&c->alice);

	assert_status(
	    STATUS_OK, history_get(s.txn, row->history_n, s.arena, &e));
	step_abort(&s);
	return e.state;
}

static void
a_refusal_that_only_the_note_tells_is_not_lost(void **state)
{
	struct cores *c = *state;
	struct outbox_row row = sealed_row(c, "squeezed");
	struct parcel note = note_about(c, &row);

	/* The row still waits: it takes a new id. */
	fails_at_every_allocation_then_works(
	    &c->alice, act_take, &note, STATUS_OK);
	assert_int_equal(state_of(c, &row), STATE_QUEUED);
	assert_int_equal(stored(&c->alice, row.order), STATE_STORED);
	parcel_clear(&note);

	/* A replay was answered OK before the note was read. */
	row = sealed_row(c, "believed");
	note = note_about(c, &row);
	assert_int_equal(stored(&c->alice, row.order), STATE_STORED);
	fails_at_every_allocation_then_works(
	    &c->alice, act_take, &note, STATUS_OK);
	assert_int_equal(state_of(c, &row), STATE_REFUSED);
	parcel_clear(&note);
}

static void
a_note_about_a_known_refusal_changes_nothing(void **state)
{
	struct cores *c = *state;
	struct outbox_row row = sealed_row(c, "squeezed");
	struct parcel note = note_about(c, &row);
	struct step s = begin(&c->alice);

	assert_status(STATUS_OK, act_answer(&s, &row.order));
	commit(&s);
	assert_int_equal(stored(&c->alice, row.order), STATE_STORED);
	assert_status(STATUS_OK, take(&c->alice, &note));
	assert_int_equal(state_of(c, &row), STATE_STORED);
	/* Whoever is not the relay cannot say such things. */
	note.item.has_sender = true;
	note.item.sender = c->carol.core.self.address;
	assert_status(STATUS_OK, take(&c->alice, &note));
	parcel_clear(&note);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(sending_survives_it),
		cores_test(what_is_said_at_once_survives_it),
		cores_test(receiving_survives_it),
		cores_test(a_changed_key_survives_it),
		cores_test(a_lost_session_survives_it),
		cores_test(a_refusal_that_only_the_note_tells_is_not_lost),
		cores_test(a_note_about_a_known_refusal_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
