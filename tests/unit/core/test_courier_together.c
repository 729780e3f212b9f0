/* Two processes send what is in the outbox of one profile at once. */
#include "client/core/messenger/messenger_internal.h"
#include "courier_fixture.h"
#include "store/client/outbox.h"

/* Who else runs on alice's profile, and was told first. */
struct other {
	struct core *core;
	size_t answers; /* so many of the next it is told as well */
};

/* It has sent the same rows, and files what it was answered. */
static void
other_files(struct script *r, const struct reply *answer)
{
	struct other *o = r->shelf;
	struct step s = { 0 };
	struct outbox_row row;
	enum message_state state;

	if (o->answers == 0)
		return;
	o->answers--;
	assert_status(STATUS_OK, step_begin(o->core, DB_WRITE, &s));
	assert_status(STATUS_OK, outbox_next(s.txn, 0, s.arena, &row));
	assert_status(STATUS_OK, messenger_submitted(&s, &row, answer, &state));
	commit(&s);
}

static void
begin_other(struct fixture *f, struct other *o, size_t answers)
{
	*o = (struct other){ &f->cores->alice.core, answers };
	f->relay->shelf = o;
	f->relay->meanwhile = other_files;
}

/* Of the one message of which `order` is the row. */
static uint64_t
place_of(struct fixture *f, uint64_t order)
{
	struct step s = begin(&f->cores->alice);
	struct outbox_row row;

	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	step_abort(&s);
	return row.history_n;
}

static enum message_state
state_at(struct fixture *f, uint64_t n)
{
	struct step s = begin(&f->cores->alice);
	struct history_entry e;

	assert_status(STATUS_OK, history_get(s.txn, n, s.arena, &e));
	step_abort(&s);
	return e.state;
}

static void
a_draft_again_is_not_what_was_answered(void **state)
{
	struct fixture *f = *state;
	struct other other;
	uint64_t n;

	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->bob));
	n = place_of(f, compose(&f->cores->alice, "bob", "worth saying"));
	connect_alice(f);
	f->relay->submit_error = ERROR_DEVICES_CHANGED;
	f->relay->stale = &f->cores->bob.core.self.address;
	begin_other(f, &other, 1);
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(rows_of(f), 1);
	assert_int_equal(state_at(f, n), STATE_QUEUED);

	f->relay->submit_error = ERROR_NONE;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(rows_of(f), 0);
	assert_int_equal(state_at(f, n), STATE_STORED);
}

/* As a group's message is: the second recipient is not the first. */
static uint64_t
write_to_two(struct fixture *f)
{
	struct party *p = &f->cores->alice;
	struct outbox_recipient to[2] = { 0 };
	struct outbox_row row;
	uint64_t order = compose(p, "bob", "to both of them");
	struct step s = { 0 };

	assert_status(STATUS_OK, seal(p, order));
	s = begin(p);
	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	to[0] = row.recipients[0];
	to[0].to.account = name_of("carol");
	to[1] = row.recipients[0];
	row.recipients = to;
	row.recipients_count = 2;
	assert_status(STATUS_OK, outbox_put(s.txn, &row, &order));
	commit(&s);
	return order;
}

static void
a_place_among_recipients_is_that_of_the_attempt(void **state)
{
	struct fixture *f = *state;
	struct other other;

	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->bob));
	write_to_two(f);
	connect_alice(f);
	f->relay->full = true;
	f->relay->full_at = 1;
	begin_other(f, &other, 1);
	assert_int_equal(TACIT_DONE, flush(f));
	/* Bob has not got it, and nobody may think so. */
	assert_int_equal(rows_of(f), 1);

	f->relay->full = false;
	f->relay->submits_count = 0;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->submits_count, 1);
	assert_int_equal(f->relay->submits[0].recipients, 1);
	assert_int_equal(rows_of(f), 0);
}

/* It receives, and is told that the device is gone that this was for. */
static void
other_is_told_of_a_device(struct script *r, const struct reply *answer)
{
	struct other *o = r->shelf;
	struct step s = { 0 };
	struct outbox_row row;
	struct history_entry e;
	struct relay_note note = { 0 };

	(void)answer;
	if (o->answers == 0)
		return;
	o->answers--;
	assert_status(STATUS_OK, step_begin(o->core, DB_WRITE, &s));
	assert_status(STATUS_OK, outbox_next(s.txn, 0, s.arena, &row));
	assert_status(
	    STATUS_OK, history_get(s.txn, row.history_n, s.arena, &e));
	note.counter = row.submit_counter;
	memcpy(note.stream, row.submit_stream, sizeof(note.stream));
	assert_status(STATUS_OK, messenger_send_again(&s, &note, &e));
	commit(&s);
}

static void
what_a_note_gave_back_goes_to_the_next_device(void **state)
{
	struct fixture *f = *state;
	struct other other;

	assert_status(STATUS_OK, meet(&f->cores->alice, &f->cores->bob));
	compose(&f->cores->alice, "bob", "worth saying");
	connect_alice(f);
	begin_other(f, &other, 1);
	f->relay->meanwhile = other_is_told_of_a_device;
	assert_int_equal(TACIT_DONE, flush(f));
	assert_int_equal(f->relay->submits_count, 2);
	assert_memory_not_equal(&f->relay->submits[0].payload,
	    &f->relay->submits[1].payload, sizeof(struct hash));
	assert_int_equal(rows_of(f), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(a_draft_again_is_not_what_was_answered),
		courier_test(a_place_among_recipients_is_that_of_the_attempt),
		courier_test(what_a_note_gave_back_goes_to_the_next_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
