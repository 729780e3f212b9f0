/* Mailboxes, chains, and no memory. */
#include "tests/unit/relay/session_fixture.h"

/* ---- receiving ---- */

static void
a_mailbox_is_pushed_in_order_and_drained_once(void **state)
{
	struct fixture *f = *state;
	size_t before;

	open_session(f);
	receive(f->session, 4, 0);
	answer_read(1, 3, 5);
	assert_int_equal(REPLY_PUSH, last(f)->kind);
	assert_int_equal(3, last(f)->count);
	assert_int_equal(3, oldest(STORAGE_READ)->u.read.after);
	answer_read(4, 2, 5);
	assert_int_equal(REPLY_DRAINED, last(f)->kind);
	assert_int_equal(5, last(f)->number);
	assert_int_equal(4, last(f)->id);
	before = f->peer.count;
	answer_read(0, 0, 5);
	assert_int_equal(0, fake.count);
	assert_int_equal(before, f->peer.count);
}

static void
an_empty_mailbox_is_drained_at_once(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	receive(f->session, 4, 0);
	answer_read(0, 0, 17);
	assert_int_equal(REPLY_DRAINED, last(f)->kind);
	assert_int_equal(17, last(f)->number);
}

static void
no_more_than_the_window_is_pushed_unacknowledged(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	receive(f->session, 4, 2);
	assert_int_equal(2, oldest(STORAGE_READ)->u.read.max_items);
	answer_read(1, 2, 9);
	assert_int_equal(0, fake.count);
	acknowledge(f->session, 1);
	assert_int_equal(1, fake.acknowledged);
	assert_int_equal(1, oldest(STORAGE_READ)->u.read.max_items);
	assert_int_equal(2, oldest(STORAGE_READ)->u.read.after);
}

static void
nobody_acknowledges_what_was_never_there(void **state)
{
	struct fixture *f = *state;

	open_session(f); /* the mailbox's head is 50 */
	acknowledge(f->session, UINT64_MAX);
	assert_int_equal(50, fake.acknowledged);
	assert_false(f->peer.finished);
}

static void
a_wake_up_during_a_read_is_not_forgotten(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	receive(f->session, 4, 0);
	fake.watches[0]->wake(fake.watches[0]);
	assert_int_equal(1, fake.count);
	answer_read(0, 0, 0);
	assert_int_equal(1, fake.count);
	answer_read(1, 1, 1);
	assert_int_equal(REPLY_PUSH, last(f)->kind);
}

static void
a_lost_wake_up_is_made_up_for_in_time(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	receive(f->session, 4, 0);
	answer_read(0, 0, 0);
	session_tick(f->session);
	assert_int_equal(0, fake.count);
	f->env.mono_ms += 30 * 1000;
	session_tick(f->session);
	assert_int_equal(1, fake.count);
}

static void
a_peer_that_does_not_read_is_pushed_nothing(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	f->peer.full = true;
	receive(f->session, 4, 0);
	assert_int_equal(0, fake.count);
	f->peer.full = false;
	session_writable(f->session);
	assert_int_equal(1, fake.count);
}

static void
the_newest_receiver_wins_and_the_old_one_is_told(void **state)
{
	struct fixture *f = *state;
	struct session *newer = NULL;
	struct peer_log peer;

	open_session(f);
	receive(f->session, 4, 0);
	answer_read(1, 2, 2);
	assert_status(STATUS_OK, connect_peer(f, &peer, &newer));
	answer_read(0, 0, 2);
	open_session_of(f, &peer, newer);
	receive(newer, 8, 0);
	session_replaced(
	    receivers_next_lost(f->common->receivers, &f->env.inbox));
	assert_null(receivers_next_lost(f->common->receivers, &f->env.inbox));
	assert_error(f, ERROR_REPLACED);
	/* What the old one had not acknowledged goes to the new one. */
	assert_int_equal(0, oldest(STORAGE_READ)->u.read.after);
	answer_read(1, 2, 2);
	assert_int_equal(REPLY_PUSH, peer.said[2].kind);
	session_free(newer);
}

static void
a_replaced_receiver_is_sent_nothing_more(void **state)
{
	struct fixture *f = *state;
	size_t before;

	open_session(f);
	receive(f->session, 4, 0);
	session_replaced(f->session);
	before = f->peer.count;
	answer_read(1, 3, 3);
	assert_int_equal(before, f->peer.count);
}

/*
 * The read of before would go on where the old receiver stood, and a cumulative
 * acknowledgement would then cover what the new one was never shown.
 */
static void
a_receiver_that_begins_anew_gets_everything_again(void **state)
{
	struct fixture *f = *state;

	open_session(f);
	receive(f->session, 4, 0);
	answer_read(1, 3, 5);
	assert_int_equal(3, oldest(STORAGE_READ)->u.read.after);
	session_replaced(f->session);
	receive(f->session, 5, 0);
	answer_read(4, 2, 5); /* of the old one */
	assert_error(f, ERROR_REPLACED);
	assert_int_equal(0, oldest(STORAGE_READ)->u.read.after);
	answer_read(1, 5, 5);
	assert_int_equal(5, f->peer.said[f->peer.count - 2].count);
	assert_int_equal(REPLY_DRAINED, last(f)->kind);
	assert_int_equal(5, last(f)->id);
}

/* It has no answer, so it needs no id. */
static void
an_acknowledgement_needs_no_id(void **state)
{
	struct fixture *f = *state;
	struct request r = { .id = 0, .kind = REQUEST_ACKNOWLEDGE };

	open_session(f);
	r.u.acknowledge_seq = 20;
	feed(f->session, &r);
	assert_int_equal(20, fake.acknowledged);
	assert_false(f->peer.finished);
}

/* ---- bundles and chains ---- */

static void
one_target_cannot_be_drained_of_its_prekeys(void **state)
{
	struct fixture *f = *state;
	struct request r = { .id = 6, .kind = REQUEST_TAKE_BUNDLES };
	struct storage_op *op;

	open_session(f);
	r.u.bundles.names = &f->alice.who.account;
	r.u.bundles.count = 1;
	for (int i = 0; i < 64; i++) {
		feed(f->session, &r);
		op = oldest(STORAGE_BUNDLES);
		assert_int_equal(1, op->u.bundles.count);
		op->u.bundles.accounts = arena_take_array(
		    op->arena, 1, sizeof(*op->u.bundles.accounts));
		op->u.bundles.accounts[0].account = f->alice.who.account;
		op->u.bundles.accounts[0].error = ERROR_NOT_FOUND;
		answer(STATUS_OK);
		assert_int_equal(REPLY_BUNDLES, last(f)->kind);
	}
	feed(f->session, &r);
	assert_int_equal(0, oldest(STORAGE_BUNDLES)->u.bundles.count);
	answer(STATUS_OK);
	assert_int_equal(REPLY_BUNDLES, last(f)->kind);
}

static void
a_followed_chain_is_told_of_when_it_grew(void **state)
{
	struct fixture *f = *state;
	const struct chain_position position = { .chain = { { 5 } } };
	struct request r = { .id = 6, .kind = REQUEST_CHAIN_READ };
	struct chain_tail tail = { .chain = { { 5 } }, .length = 2 };
	size_t before;

	open_session(f);
	r.u.chain_read.positions = &position;
	r.u.chain_read.count = 1;
	r.u.chain_read.follow = true;
	feed(f->session, &r);
	assert_int_equal(1, fake.watches_count);
	oldest(STORAGE_CHAIN_READ)->u.chain_read.tails = &tail;
	answer(STATUS_OK);
	assert_int_equal(REPLY_CHAIN_TAILS, last(f)->kind);
	before = f->peer.count;
	fake.watches[0]->wake(fake.watches[0]);
	oldest(STORAGE_CHAIN_READ)->u.chain_read.tails = &tail;
	answer(STATUS_OK);
	assert_int_equal(before, f->peer.count); /* it had not grown */
	fake.watches[0]->wake(fake.watches[0]);
	tail.length = 3;
	oldest(STORAGE_CHAIN_READ)->u.chain_read.tails = &tail;
	answer(STATUS_OK);
	assert_int_equal(REPLY_CHAIN_CHANGED, last(f)->kind);
	assert_int_equal(3, last(f)->number);
}

static void
an_append_that_lost_the_race_says_so(void **state)
{
	struct fixture *f = *state;
	struct request r = { .id = 6, .kind = REQUEST_CHAIN_APPEND };

	open_session(f);
	r.u.append.entry = BYTES("entry");
	feed(f->session, &r);
	oldest(STORAGE_CHAIN_APPEND);
	answer(STATUS_CONFLICT);
	assert_error(f, ERROR_CHAIN_TAKEN);
}

/* ---- no memory ---- */

/* A submit, or a read of one chain that is not there. */
static void
answer_tails(void)
{
	struct storage_op *op = fake.queue[0];

	if (op->kind == STORAGE_CHAIN_READ)
		op->u.chain_read.tails = arena_take_array(op->arena,
		    op->u.chain_read.count, sizeof(*op->u.chain_read.tails));
	answer(op->kind == STORAGE_CHAIN_READ && op->u.chain_read.tails == NULL
		   ? STATUS_NOMEM
		   : STATUS_OK);
}

/* A whole conversation in which one allocation fails. */
static bool
converse(struct fixture *f, size_t fail_nth)
{
	struct buf *frames[3] = { 0 };
	bool failed;
	const struct recipient to = {
		.to = f->alice.who,
		.registration_id = 1,
		.type = ITEM_RATCHET,
		.suite = SUITE_SIGNAL_V3,
		.payload = BYTES("sealed"),
	};
	const struct chain_position position = { .chain = { { 5 } } };
	struct request r[3] = { { .id = 3, .kind = REQUEST_SUBMIT },
		{ .id = 4, .kind = REQUEST_RECEIVE },
		{ .id = 5, .kind = REQUEST_CHAIN_READ } };

	r[0].u.submit.counter = 1;
	r[0].u.submit.recipients = &to;
	r[0].u.submit.recipients_count = 1;
	r[2].u.chain_read.positions = &position;
	r[2].u.chain_read.count = 1;
	r[2].u.chain_read.follow = true;
	open_session(f);
	session_env_clear(&f->env); /* every arena is made anew */
	for (size_t i = 0; i < 3; i++) {
		assert_status(STATUS_OK, buf_new(4096, &frames[i]));
		assert_status(STATUS_OK, codec_put_request(&r[i], frames[i]));
	}
	alloc_fail_nth(fail_nth);
	for (size_t i = 0; i < 3; i++)
		session_feed(f->session, bytes_tail(buf_view(frames[i]), 4));
	for (int i = 0; i < 20 && fake.count > 0; i++) {
		if (fake.queue[0]->kind == STORAGE_READ)
			answer_read(1, i == 1 ? 2 : 0, 2);
		else
			answer_tails();
	}
	failed = alloc_failed();
	alloc_fail_nth(0);
	for (size_t i = 0; i < 3; i++)
		buf_free(frames[i]);
	return failed;
}

static void
without_memory_one_connection_ends_and_nothing_leaks(void **state)
{
	struct fixture *f = *state;
	size_t n = 0;
	bool failed = true;

	while (failed) {
		failed = converse(f, ++n);
		session_free(f->session);
		f->session = NULL;
		while (fake.count > 0)
			answer(STATUS_IO);
		assert_int_equal(0, f->env.calls);
		assert_int_equal(0, fake.watches_count);
		assert_int_equal(0, fake.blob.refs);
		assert_status(
		    STATUS_OK, connect_peer(f, &f->peer, &f->session));
	}
	assert_true(n > 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_mailbox_is_pushed_in_order_and_drained_once),
		CASE(an_empty_mailbox_is_drained_at_once),
		CASE(no_more_than_the_window_is_pushed_unacknowledged),
		CASE(nobody_acknowledges_what_was_never_there),
		CASE(a_wake_up_during_a_read_is_not_forgotten),
		CASE(a_lost_wake_up_is_made_up_for_in_time),
		CASE(a_peer_that_does_not_read_is_pushed_nothing),
		CASE(the_newest_receiver_wins_and_the_old_one_is_told),
		CASE(a_replaced_receiver_is_sent_nothing_more),
		CASE(a_receiver_that_begins_anew_gets_everything_again),
		CASE(an_acknowledgement_needs_no_id),
		CASE(one_target_cannot_be_drained_of_its_prekeys),
		CASE(a_followed_chain_is_told_of_when_it_grew),
		CASE(an_append_that_lost_the_race_says_so),
		CASE(without_memory_one_connection_ends_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
