/* Mailboxes: exactly once, nothing lost, nothing without end. */
#include "tests/unit/relay/storage_fixture.h"

static void
assert_items(struct fixture *f, const char *who, uint64_t after, size_t count)
{
	struct storage_op *read = read_all(f, who, after);

	assert_int_equal(read->u.read.count, count);
	release(read);
}

static void
a_replay_stores_nothing_twice(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = text_op(f, BYTES("one"));

	assert_status(STATUS_OK, op_run(f, op));
	assert_status(STATUS_EXISTS, op_run(f, op));
	assert_int_equal(op->u.submit.refused_count, 0);
	store_crash(f);
	assert_status(STATUS_EXISTS, op_run(f, op));
	store_reopen(f);
	assert_status(STATUS_EXISTS, op_run(f, op));
	assert_items(f, "bob", 0, 1);
}

static void
a_replay_is_known_after_its_segment_has_gone(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = text_op(f, BYTES("one"));

	assert_status(STATUS_OK, op_run(f, op));
	acknowledge(f, "bob", 1);
	store_reopen(f); /* closing drops what is dead */
	assert_status(STATUS_EXISTS, op_run(f, op));
	store_reopen(f);
	assert_status(STATUS_OK, send_text(f, BYTES("two")));
	assert_int_equal(state_of(f, "bob").head, 2);
	store_crash(f);
	f->counter--;
	assert_status(STATUS_EXISTS, send_text(f, BYTES("two")));
	assert_int_equal(state_of(f, "alice").submit_high, 2);
}

static void
the_same_id_twice_in_one_batch_is_carried_out_once(void **state)
{
	struct fixture *f = *state;
	struct storage_op *a = text_op(f, BYTES("one"));
	struct storage_op *b;

	f->counter--;
	b = text_op(f, BYTES("one"));
	op_submit(f, a);
	op_submit(f, b);
	op_settle(f);
	assert_int_equal(a->status, STATUS_OK);
	assert_int_equal(b->status, STATUS_EXISTS);
	assert_items(f, "bob", 0, 1);
}

static void
counters_may_come_in_any_order_within_the_window(void **state)
{
	struct fixture *f = *state;

	f->counter = 1999;
	assert_status(STATUS_OK, send_text(f, BYTES("a")));
	f->counter = 976;
	assert_status(STATUS_OK, send_text(f, BYTES("b")));
	f->counter = 976;
	assert_status(STATUS_EXISTS, send_text(f, BYTES("b")));
	f->counter = 975;
	assert_status(STATUS_BAD_INPUT, send_text(f, BYTES("c")));
	f->counter = UINT64_MAX;
	assert_status(STATUS_BAD_INPUT, send_text(f, BYTES("zero")));
	assert_items(f, "bob", 0, 2);
}

static void
a_new_stream_takes_the_place_of_the_old(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op;

	f->counter = 50;
	assert_status(STATUS_OK, send_text(f, BYTES("a")));
	f->counter = 0;
	op = text_op(f, BYTES("b"));
	op->u.submit.submit.stream[0] = 9;
	assert_status(STATUS_OK, op_run(f, op));
	store_crash(f);
	assert_status(STATUS_EXISTS, op_run(f, op));
	assert_int_equal(state_of(f, "alice").submit_stream[0], 9);
	assert_int_equal(state_of(f, "alice").submit_high, 1);
}

static void
wrong_devices_are_named_and_nothing_is_used_up(void **state)
{
	struct fixture *f = *state;
	struct device_list carol = list_of("carol", 2);
	struct recipient to[3];
	struct storage_op *op = text_op(f, BYTES("x"));
	const struct devices_changed *changed = &op->u.submit.changed;

	assert_status(STATUS_OK, register_list(f, &carol));
	to[0] = *op->u.submit.submit.recipients;
	to[1] = to[0];
	to[1].to = address_of("carol");
	to[2] = to[0];
	to[2].to = address_of("nobody");
	to[0].registration_id = 7;
	op->u.submit.submit.recipients = to;
	op->u.submit.submit.recipients_count = 3;
	assert_status(STATUS_CONFLICT, op_run(f, op));
	assert_int_equal(changed->stale.count, 1);
	assert_string_equal(changed->stale.items[0].account.text, "bob");
	assert_int_equal(changed->extra.count, 1);
	assert_string_equal(changed->extra.items[0].account.text, "nobody");
	assert_int_equal(changed->missing.count, 1);
	assert_string_equal(changed->missing.items[0].account.text, "carol");
	assert_int_equal(changed->missing.items[0].device, 2);
	assert_items(f, "bob", 0, 0);

	f->counter--;
	assert_status(STATUS_OK, send_text(f, BYTES("x")));
}

static void
a_device_named_twice_gets_both(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = text_op(f, BYTES("own"));
	struct recipient to[2];
	struct storage_op *read;

	to[0] = *op->u.submit.submit.recipients;
	to[1] = to[0];
	to[1].payload = BYTES_NONE;
	op->u.submit.submit.shared = BYTES("shared");
	op->u.submit.submit.recipients = to;
	op->u.submit.submit.recipients_count = 2;
	assert_status(STATUS_OK, op_run(f, op));
	read = read_all(f, "bob", 0);
	assert_int_equal(read->u.read.count, 2);
	assert_bytes(BYTES("own"), read->u.read.items[0].item.payload);
	assert_bytes(BYTES("shared"), read->u.read.items[1].item.payload);
	assert_int_equal(read->u.read.items[1].item.seq, 2);
	assert_int_equal(read->u.read.items[1].item.stored_ms, NOW_MS);
	assert_true(read->u.read.items[1].item.has_sender);
	assert_string_equal(
	    read->u.read.items[1].item.sender.account.text, "alice");
	release(read);
}

static void
a_full_mailbox_refuses_and_tells_the_sender(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = NULL;
	struct storage_op *read;
	struct relay_note note;

	f->options.limits.mailbox_items = 4;
	store_reopen(f);
	for (int i = 0; i < 5; i++) {
		op = text_op(f, BYTES("x"));
		assert_status(STATUS_OK, op_run(f, op));
		assert_int_equal(op->u.submit.refused_count, i == 4);
	}
	assert_int_equal(op->u.submit.refused[0].code, ERROR_FULL);
	assert_status(STATUS_EXISTS, op_run(f, op)); /* was carried out */
	assert_int_equal(op->u.submit.refused_count, 1);
	store_crash(f);
	/* The answer may have been lost with the relay: it is given again. */
	assert_status(STATUS_EXISTS, op_run(f, op));
	assert_int_equal(op->u.submit.refused_count, 1);
	assert_int_equal(op->u.submit.refused[0].index, 0);

	read = read_all(f, "alice", 0);
	assert_int_equal(read->u.read.count, 1);
	assert_int_equal(read->u.read.items[0].item.type, ITEM_RELAY_NOTE);
	assert_false(read->u.read.items[0].item.has_sender);
	assert_status(
	    STATUS_OK, codec_get_note(read->u.read.items[0].item.payload,
			   f->arena, &note));
	assert_int_equal(note.code, ERROR_FULL);
	assert_int_equal(note.counter, 5);
	assert_bytes(BYTES("handle"), note.return_handle);
	release(read);
}

static void
a_mailbox_that_was_full_accepts_again_below_half(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op;

	f->options.limits.mailbox_items = 4;
	store_reopen(f);
	for (int i = 0; i < 5; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("x")));
	acknowledge(f, "bob", 2); /* two left: not below half */
	op = text_op(f, BYTES("x"));
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.submit.refused_count, 1);
	acknowledge(f, "bob", 3); /* nothing has been deleted on disk yet */
	op = text_op(f, BYTES("x"));
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.submit.refused_count, 0);
	assert_items(f, "bob", 0, 2);
}

static void
receipts_have_room_when_messages_have_none(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op;
	struct recipient to;

	f->options.limits.mailbox_items = 1;
	store_reopen(f);
	assert_status(STATUS_OK, send_text(f, BYTES("x")));
	op = text_op(f, BYTES("receipt"));
	to = *op->u.submit.submit.recipients;
	to.type = ITEM_RECEIPT;
	op->u.submit.submit.recipients = &to;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.submit.refused_count, 0);
	assert_items(f, "bob", 0, 2);
}

static void
a_seq_is_never_given_twice(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 1; i <= 12; i++) {
		assert_status(STATUS_OK, send_text(f, BYTES("x")));
		assert_int_equal(state_of(f, "bob").head, i);
		acknowledge(f, "bob", i % 3 == 0 ? UINT64_MAX : i);
		if (i % 2 == 0)
			store_reopen(f);
		else
			store_crash(f);
		assert_int_equal(state_of(f, "bob").head, i);
		assert_true(state_of(f, "bob").acknowledged <= i);
		acknowledge(f, "bob", i);
		assert_items(f, "bob", 0, 0);
	}
}

static void
reading_goes_on_where_it_stopped_within_its_limits(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = op_new(f, STORAGE_READ);

	for (int i = 0; i < 10; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("0123456789")));
	op->u.read.who = address_of("bob");
	op->u.read.after = 3;
	op->u.read.max_items = 4;
	op->u.read.max_bytes = 35;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.read.count, 3);
	assert_int_equal(op->u.read.items[0].item.seq, 4);
	assert_int_equal(op->u.read.head, 10);
	release(op);
	op->u.read.max_bytes = 1; /* one is always let through */
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.read.count, 1);
	release(op);
	op->u.read.after = 10;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.read.count, 0);
}

static void
what_was_read_outlives_the_store(void **state)
{
	struct fixture *f = *state;
	struct storage_op *read;

	assert_status(STATUS_OK, send_text(f, BYTES("kept")));
	read = read_all(f, "bob", 0);
	acknowledge(f, "bob", 1);
	store_reopen(f);
	assert_bytes(BYTES("kept"), read->u.read.items[0].item.payload);
	release(read);
}

static void
a_big_payload_shared_by_many_is_kept_whole(void **state)
{
	struct fixture *f = *state;
	enum { MANY = 300 };
	uint8_t *big = arena_take(f->arena, LIMIT_ITEM_BYTES);
	struct recipient *to =
	    arena_take_array(f->arena, MANY, sizeof(struct recipient));
	struct storage_op *op = text_op(f, BYTES_NONE);
	struct storage_op *read;

	memset(big, 'b', LIMIT_ITEM_BYTES);
	for (int i = 0; i < MANY; i++)
		to[i] = *op->u.submit.submit.recipients;
	to[7].payload = BYTES("own");
	op->u.submit.submit.shared = bytes_view(big, LIMIT_ITEM_BYTES);
	op->u.submit.submit.recipients = to;
	op->u.submit.submit.recipients_count = MANY;
	assert_status(STATUS_OK, op_run(f, op));
	/* 64 MiB a mailbox: 255 such and the small one. */
	assert_true(op->u.submit.refused_count > 0);
	store_crash(f);
	read = read_all(f, "bob", 0);
	assert_int_equal(read->u.read.count, MANY - op->u.submit.refused_count);
	assert_bytes(BYTES("own"), read->u.read.items[7].item.payload);
	for (size_t i = 8; i < read->u.read.count; i++)
		assert_bytes(bytes_view(big, LIMIT_ITEM_BYTES),
		    read->u.read.items[i].item.payload);
	release(read);
}

/* Two mailboxes share segments; one is emptied, the other keeps one in 16. */
static void
what_is_alive_survives_the_death_of_its_neighbours(void **state)
{
	struct fixture *f = *state;
	enum { ROUNDS = 200, EACH = 16 };
	struct device_list carol = list_of("carol", 1);
	struct storage_op *read;

	assert_status(STATUS_OK, register_list(f, &carol));
	for (uint8_t r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < EACH; i++) {
			struct storage_op *op = text_op(f, BYTES_OF(r));
			struct recipient *to =
			    arena_take(f->arena, sizeof(struct recipient));

			*to = *op->u.submit.submit.recipients;
			to->payload.data = arena_take(f->arena, 1);
			*(uint8_t *)(uintptr_t)to->payload.data = r;
			if (i == 5)
				to->to = address_of("carol");
			op->u.submit.submit.recipients = to;
			op_submit(f, op);
		}
		op_settle(f);
		if (r % 5 == 4)
			acknowledge(f, "bob", UINT64_MAX);
		if (r % 50 == 30)
			store_crash(f);
		if (r % 50 == 40)
			store_reopen(f);
	}
	for (int i = 0; i < 3; i++) {
		read = read_all(f, "carol", 0);
		assert_int_equal(read->u.read.count, ROUNDS);
		for (uint8_t r = 0; r < ROUNDS; r++)
			assert_bytes(
			    BYTES_OF(r), read->u.read.items[r].item.payload);
		release(read);
		if (i == 0)
			store_reopen(f);
		else
			store_crash(f);
	}
	assert_items(f, "bob", 0, 0);
}

/* More devices than cursors are saved in passing: the drop saves the others. */
static void
what_a_dropped_segment_knew_is_not_forgotten(void **state)
{
	enum { MANY = 100, ROUNDS = 70 };
	struct fixture *f = *state;
	struct recipient *to =
	    arena_take_array(f->arena, MANY, sizeof(struct recipient));
	struct storage_op *op;

	for (int i = 0; i < MANY; i++) {
		struct device_list list;
		char name[3] = { (char)('a' + i / 10), (char)('0' + i % 10) };

		list = list_of(name, 1);
		assert_status(STATUS_OK, register_list(f, &list));
		to[i] = *text_op(f, BYTES("x"))->u.submit.submit.recipients;
		to[i].to = address_of(name);
	}
	for (int r = 0; r < ROUNDS; r++) {
		op = text_op(f, BYTES("x"));
		op->u.submit.submit.recipients = to;
		op->u.submit.submit.recipients_count = MANY;
		assert_status(STATUS_OK, op_run(f, op));
	}
	for (int i = 0; i < MANY; i++)
		storage_acknowledge(f->port, &to[i].to, ROUNDS);
	op_settle(f);
	assert_status(STATUS_OK, send_text(f, BYTES("to bob")));
	store_crash(f);
	for (int i = 0; i < MANY; i++) {
		struct mailbox_state s = state_of(f, to[i].to.account.text);

		assert_int_equal(s.head, ROUNDS);
		assert_int_equal(s.acknowledged, ROUNDS);
	}
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_replay_stores_nothing_twice),
		CASE(a_replay_is_known_after_its_segment_has_gone),
		CASE(the_same_id_twice_in_one_batch_is_carried_out_once),
		CASE(counters_may_come_in_any_order_within_the_window),
		CASE(a_new_stream_takes_the_place_of_the_old),
		CASE(wrong_devices_are_named_and_nothing_is_used_up),
		CASE(a_device_named_twice_gets_both),
		CASE(a_full_mailbox_refuses_and_tells_the_sender),
		CASE(a_mailbox_that_was_full_accepts_again_below_half),
		CASE(receipts_have_room_when_messages_have_none),
		CASE(a_seq_is_never_given_twice),
		CASE(reading_goes_on_where_it_stopped_within_its_limits),
		CASE(what_was_read_outlives_the_store),
		CASE(a_big_payload_shared_by_many_is_kept_whole),
		CASE(what_is_alive_survives_the_death_of_its_neighbours),
		CASE(what_a_dropped_segment_knew_is_not_forgotten),
	};

	return cmocka_run_group_tests_name(
	    "storage-mailbox", tests, NULL, NULL);
}
