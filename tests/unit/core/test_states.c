/* What becomes of our messages is told once, whenever it happened. */
#include "client/core/api/api_states.h"
#include "client/core/messenger/receipts.h"
#include "client/core/messenger/states.h"
#include "proto/codec.h"
#include "tests/unit/core/cores.h"

#include "base/random.h"

enum { CHANGES_MAX = 300 };

/* What one look told, "BOB state ..." in order. */
struct told_list {
	enum tacit_state states[CHANGES_MAX];
	size_t count;
	size_t flushed;
	bool flush_fails;
	size_t stop_after; /* 0: never */
};

static bool
keep(const struct tacit_state_change *change, void *arg)
{
	struct told_list *l = arg;

	assert_true(l->count < CHANGES_MAX);
	assert_int_equal(strlen(change->id), 2 * MESSAGE_ID_BYTES);
	assert_true(change->time_ms > 0);
	assert_string_equal(change->to.name, "bob");
	l->states[l->count++] = change->state;
	return l->stop_after == 0 || l->count < l->stop_after;
}

static bool
flush(void *arg)
{
	struct told_list *l = arg;

	l->flushed++;
	return !l->flush_fails;
}

static void
look(struct party *p, struct told_list *l)
{
	struct tacit t = { .core = p->core, .dir = p->dir };
	const struct tacit_receive how = { .flush = flush, .state = keep };
	bool go_on;

	l->count = 0;
	assert_status(STATUS_OK, states_show(&t, &how, l, &go_on));
}

static void
expect(struct party *p, enum tacit_state state)
{
	struct told_list l = { .count = 0 };

	look(p, &l);
	assert_int_equal(l.count, state == TACIT_STATE_NONE ? 0 : 1);
	if (l.count > 0)
		assert_int_equal(l.states[0], state);
	look(p, &l);
	assert_int_equal(l.count, 0); /* once */
}

/* What bob owes alice, brought. */
static void
bring_receipt(struct cores *c)
{
	struct counters counters;
	struct parcel parcel;
	size_t count = 0;
	uint64_t order;
	struct step s = begin(&c->bob);

	assert_status(STATUS_OK, counters_get(s.txn, &counters));
	order = counters.next_outbox == 0 ? 1 : counters.next_outbox;
	assert_status(STATUS_OK, receipts_gather(&s, 10, &count));
	commit(&s);
	parcel = parcel_of(&c->bob, order);
	assert_status(STATUS_OK, take(&c->alice, &parcel));
	parcel_clear(&parcel);
	stored(&c->bob, order);
}

static void
show_all(struct party *p)
{
	uint64_t numbers[ITEMS_MAX];
	struct receipt_shown shown[ITEMS_MAX];
	size_t count = entries(p, numbers), found = 0;
	struct step s = begin(p);

	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.own || e.kind != HISTORY_MESSAGE)
			continue;
		shown[found++] = (struct receipt_shown){
			.kind = e.conversation_kind,
			.from = { e.from, e.device },
			.account_key = e.from_key,
			.seq = e.seq,
		};
	}
	assert_status(STATUS_OK, receipts_note_shown(&s, shown, found));
	commit(&s);
}

static void
each_state_is_told_once(void **state)
{
	struct cores *c = *state;

	say(&c->alice, &c->bob, "one");
	expect(&c->alice, TACIT_STORED); /* by no call that would say it */
	bring_receipt(c);
	expect(&c->alice, TACIT_DELIVERED);
	show_all(&c->bob);
	bring_receipt(c);
	expect(&c->alice, TACIT_READ);
}

static void
what_happened_while_nobody_looked_is_told_as_it_is(void **state)
{
	struct cores *c = *state;

	say(&c->alice, &c->bob, "one");
	bring_receipt(c);
	show_all(&c->bob);
	bring_receipt(c);
	expect(&c->alice, TACIT_READ);
}

/* `send` says what it did. */
static void
the_call_that_sent_it_tells_itself(void **state)
{
	struct cores *c = *state;
	uint64_t order;

	say(&c->alice, &c->bob, "one");
	expect(&c->alice, TACIT_STORED);
	c->alice.core.call = 7;
	say(&c->alice, &c->bob, "two");
	c->alice.core.call = 0;
	expect(&c->alice, TACIT_STATE_NONE);
	/* It said `queued` and ended; another call brought it out. */
	c->alice.core.call = 8;
	order = compose(&c->alice, "bob", "three");
	c->alice.core.call = 9;
	assert_status(STATUS_OK, seal(&c->alice, order));
	stored(&c->alice, order);
	c->alice.core.call = 0;
	expect(&c->alice, TACIT_STORED);
}

static void
what_was_not_flushed_is_told_again(void **state)
{
	struct cores *c = *state;
	struct told_list l = { .flush_fails = true };

	say(&c->alice, &c->bob, "one");
	look(&c->alice, &l);
	assert_int_equal(l.count, 1);
	expect(&c->alice, TACIT_STORED);
}

static void
who_wants_no_more_gets_the_rest_later(void **state)
{
	struct cores *c = *state;
	struct told_list l = { .stop_after = 2 };

	for (int i = 0; i < 5; i++)
		say(&c->alice, &c->bob, "text");
	look(&c->alice, &l);
	assert_int_equal(l.count, 2);
	l.stop_after = 0;
	look(&c->alice, &l);
	assert_int_equal(l.count, 3);
	look(&c->alice, &l);
	assert_int_equal(l.count, 0);
}

/* A note of the relay that it gave up the last message of alice. */
static void
give_up(struct cores *c, enum error_code code)
{
	static uint64_t counter;
	struct relay_note note = {
		.to = c->bob.core.self.address,
		.counter = ++counter,
		.code = code,
	};
	struct item item = { .seq = 1, .type = ITEM_RELAY_NOTE };
	struct buf *payload = NULL;
	struct step s;
	struct history_entry e = last_entry(&c->alice, &s);
	struct message_id id = e.id;

	step_abort(&s);
	note.return_handle = BYTES_OF(id);
	assert_status(STATUS_OK, buf_new(1024, &payload));
	assert_status(STATUS_OK, codec_put_note(&note, payload));
	item.payload = buf_view(payload);
	s = begin(&c->alice);
	assert_status(STATUS_OK, messenger_take(&s, &item));
	commit(&s);
	buf_free(payload);
}

static void
what_nobody_fetched_ends_as_expired(void **state)
{
	struct cores *c = *state;
	struct parcel p = write_to(&c->alice, &c->bob, "one");

	expect(&c->alice, TACIT_STORED);
	give_up(c, ERROR_EXPIRED);
	expect(&c->alice, TACIT_EXPIRED);
	parcel_clear(&p);
	p = write_to(&c->alice, &c->bob, "two");
	expect(&c->alice, TACIT_STORED);
	give_up(c, ERROR_NOT_FOUND);
	expect(&c->alice, TACIT_QUEUED); /* for another device */
	parcel_clear(&p);
}

static void
what_fails_in_the_outbox_is_told(void **state)
{
	struct cores *c = *state;
	uint64_t order = compose(&c->alice, "bob", "one");
	struct step s = begin(&c->alice);

	assert_status(
	    STATUS_OK, messenger_fail(&s, order, "there is no such account"));
	commit(&s);
	expect(&c->alice, TACIT_STATE_FAILED);
}

/* However many are never read, the table stays as it is. */
static void
only_the_newest_are_kept(void **state)
{
	struct cores *c = *state;
	struct step s = begin(&c->alice);
	struct told row = { .state = STATE_STORED };
	size_t count;

	for (uint64_t n = 1; n <= TOLD_MAX + 50; n++) {
		row.n = n;
		assert_status(STATUS_OK, told_put(s.txn, &row));
	}
	assert_status(STATUS_OK, vault_count(s.txn, VAULT_TOLD, &count));
	assert_int_equal(count, TOLD_MAX);
	assert_status(STATUS_OK, told_next(s.txn, 0, &row));
	assert_int_equal(row.n, 51);
	assert_status(STATUS_OK, told_put(s.txn, &row)); /* replaces */
	assert_status(STATUS_OK, vault_count(s.txn, VAULT_TOLD, &count));
	assert_int_equal(count, TOLD_MAX);
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(each_state_is_told_once),
		cores_test(what_happened_while_nobody_looked_is_told_as_it_is),
		cores_test(the_call_that_sent_it_tells_itself),
		cores_test(what_was_not_flushed_is_told_again),
		cores_test(who_wants_no_more_gets_the_rest_later),
		cores_test(what_nobody_fetched_ends_as_expired),
		cores_test(what_fails_in_the_outbox_is_told),
		cores_test(only_the_newest_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
