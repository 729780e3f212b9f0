#include "store/client/outbox.h"

#include "fixture.h"

static struct outbox_row
draft(struct fixture *f, uint8_t first)
{
	return (struct outbox_row){
		.kind = OUTBOX_MESSAGE,
		.state = OUTBOX_DRAFT,
		.conversation_kind = CONVERSATION_DIRECT,
		.to = f->bob.account,
		.id = { .raw = { first, 2, 3, 4, 5 } },
		.history_n = 7,
		.content = BYTES("what to say"),
		.created_ms = NOW_MS,
	};
}

static void
what_is_not_there_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row = draft(f, 1);
	uint64_t order = 0;
	size_t count = 9;

	assert_status(STATUS_NOT_FOUND, outbox_get(f->t, 1, f->a, &row));
	assert_status(STATUS_NOT_FOUND, outbox_find(f->t, &row.id, &order));
	assert_status(
	    STATUS_NOT_FOUND, outbox_find_prefix(f->t, "01020304", &order));
	assert_status(STATUS_NOT_FOUND, outbox_next(f->t, 0, f->a, &row));
	row.order = 1;
	assert_status(STATUS_NOT_FOUND, outbox_del(f->t, &row));
	assert_status(STATUS_OK, outbox_count(f->t, &count));
	assert_int_equal(count, 0);
}

static void
delete_row(const struct fixture *f, uint64_t order)
{
	struct outbox_row row;

	assert_status(STATUS_OK, outbox_get(f->t, order, f->a, &row));
	assert_status(STATUS_OK, outbox_del(f->t, &row));
}

static void
assert_ready_row(const struct fixture *f, const struct outbox_row *row)
{
	assert_int_equal(row->order, 1);
	assert_int_equal(row->kind, OUTBOX_MESSAGE);
	assert_int_equal(row->state, OUTBOX_READY);
	assert_int_equal(row->conversation_kind, CONVERSATION_DIRECT);
	assert_string_equal(row->to.text, "bob");
	assert_int_equal(row->history_n, 7);
	assert_bytes(BYTES_NONE, row->content);
	assert_int_equal(row->created_ms, NOW_MS);
	assert_int_equal(row->submit_counter, 3);
	assert_int_equal(row->submit_stream[7], 9);
	assert_int_equal(row->attempts, 4);
	assert_int_equal(row->next_attempt_ms, NOW_MS + 2000);
	assert_bytes(BYTES("shared box"), row->shared);
	assert_bytes(BYTES("relay unreachable"), row->last_error);
	assert_int_equal(row->recipients_count, 2);
	assert_true(address_equal(&row->recipients[0].to, &f->bob));
	assert_int_equal(row->recipients[0].registration_id, 5);
	assert_bytes(BYTES("first box"), row->recipients[0].payload);
	assert_false(row->recipients[0].done);
	assert_int_equal(row->recipients[1].type, ITEM_PREKEY);
	assert_int_equal(row->recipients[1].account_key.raw[0], 0xaa);
	assert_bytes(BYTES_NONE, row->recipients[1].payload);
	assert_true(row->recipients[1].done);
}

static void
a_draft_becomes_ciphertext_in_its_place(void **state)
{
	struct fixture *f = *state;
	struct outbox_recipient to[] = {
		{ .to = f->bob,
		    .registration_id = 5,
		    .type = ITEM_RATCHET,
		    .suite = 1,
		    .payload = BYTES("first box") },
		{ .to = f->alice,
		    .registration_id = 6,
		    .type = ITEM_PREKEY,
		    .suite = 1,
		    .done = true },
	};
	struct outbox_row row = draft(f, 1);
	uint64_t order = 0;

	to[1].account_key.raw[0] = 0xaa;
	assert_status(STATUS_OK, outbox_put(f->t, &row, &order));
	assert_int_equal(order, 1);
	assert_status(STATUS_OK, outbox_get(f->t, order, f->a, &row));
	assert_bytes(BYTES("what to say"), row.content);
	assert_int_equal(row.recipients_count, 0);

	row.state = OUTBOX_READY;
	row.content = BYTES_NONE;
	row.shared = BYTES("shared box");
	row.recipients = to;
	row.recipients_count = 2;
	row.submit_counter = 3;
	row.submit_stream[7] = 9;
	row.attempts = 4;
	row.next_attempt_ms = NOW_MS + 2000;
	row.last_error = BYTES("relay unreachable");
	assert_status(STATUS_OK, outbox_put(f->t, &row, &order));
	assert_int_equal(order, 1);
	fixture_restart(f);
	arena_reset(f->a);

	assert_status(STATUS_OK, outbox_get(f->t, 1, f->a, &row));
	assert_ready_row(f, &row);
}

static void
rows_are_walked_in_order_and_orders_never_come_back(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row;
	uint64_t order = 0;
	size_t count = 0;

	for (uint8_t i = 1; i <= 3; i++) {
		row = draft(f, i);
		assert_status(STATUS_OK, outbox_put(f->t, &row, &order));
		assert_int_equal(order, i);
	}
	delete_row(f, 3);
	delete_row(f, 1);
	row = draft(f, 4);
	assert_status(STATUS_OK, outbox_put(f->t, &row, &order));
	assert_int_equal(order, 4);
	assert_status(STATUS_OK, outbox_next(f->t, 0, f->a, &row));
	assert_int_equal(row.order, 2);
	assert_status(STATUS_OK, outbox_next(f->t, 2, f->a, &row));
	assert_int_equal(row.order, 4);
	assert_status(STATUS_NOT_FOUND, outbox_next(f->t, 4, f->a, &row));
	assert_status(STATUS_OK, outbox_prev(f->t, UINT64_MAX, f->a, &row));
	assert_int_equal(row.order, 4);
	assert_status(STATUS_OK, outbox_prev(f->t, 4, f->a, &row));
	assert_int_equal(row.order, 2);
	assert_status(STATUS_NOT_FOUND, outbox_prev(f->t, 2, f->a, &row));
	assert_status(STATUS_NOT_FOUND, outbox_prev(f->t, 0, f->a, &row));
	assert_status(STATUS_OK, outbox_count(f->t, &count));
	assert_int_equal(count, 2);
}

static void
a_row_is_found_by_its_id_until_it_is_gone(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row = draft(f, 1);
	struct message_id id = row.id;
	uint64_t order = 0;

	assert_status(STATUS_OK, outbox_put(f->t, &row, &order));
	row.id.raw[6] = 1; /* same first bytes */
	assert_status(STATUS_OK, outbox_put(f->t, &row, &order));
	assert_status(STATUS_OK, outbox_find(f->t, &row.id, &order));
	assert_int_equal(order, 2);
	assert_status(
	    STATUS_CONFLICT, outbox_find_prefix(f->t, "01020304", &order));
	assert_status(
	    STATUS_OK, outbox_find_prefix(f->t, "01020304050000", &order));
	assert_int_equal(order, 1);
	delete_row(f, 1);
	assert_status(STATUS_NOT_FOUND, outbox_find(f->t, &id, &order));
	assert_status(STATUS_OK, outbox_find_prefix(f->t, "01020304", &order));
	assert_int_equal(order, 2);
	assert_status(
	    STATUS_BAD_INPUT, outbox_find_prefix(f->t, "0102030", &order));
}

static void
control_rows_do_not_stand_in_a_message_s_way(void **state)
{
	struct fixture *f = *state;
	struct outbox_row row = draft(f, 1);
	struct outbox_row control = draft(f, 1);
	uint64_t order = 0;

	control.kind = OUTBOX_CONTROL;
	assert_status(STATUS_OK, outbox_put(f->t, &row, &order));
	assert_status(STATUS_OK, outbox_put(f->t, &control, &order));
	assert_status(STATUS_OK, outbox_find(f->t, &row.id, &order));
	assert_int_equal(order, 1);
	assert_status(STATUS_OK, outbox_find_prefix(f->t, "01020304", &order));
	assert_int_equal(order, 1);
	delete_row(f, 2);
	assert_status(STATUS_OK, outbox_find(f->t, &row.id, &order));
}

static enum status
put_and_read(struct fixture *f)
{
	struct outbox_recipient to[] = { { .to = f->bob }, { .to = f->alice } };
	struct outbox_row row = draft(f, 1);
	struct vault_txn *inner = NULL;
	uint64_t order = 0;
	enum status st = vault_txn_begin_nested(f->t, &inner);

	row.recipients = to;
	row.recipients_count = 2;
	arena_reset(f->a);
	if (st == STATUS_OK)
		st = outbox_put(inner, &row, &order);
	if (st == STATUS_OK)
		st = outbox_find_prefix(inner, "01020304", &order);
	if (st == STATUS_OK)
		st = outbox_get(inner, order, f->a, &row);
	if (st == STATUS_OK)
		st = vault_txn_commit(&inner);
	else
		vault_txn_abort(inner);
	return st;
}

static void
running_out_of_memory_queues_nothing(void **state)
{
	struct fixture *f = *state;
	enum status st = STATUS_NOMEM;
	size_t count = 0;

	for (size_t n = 1; st != STATUS_OK; n++) {
		assert_status(STATUS_OK, outbox_count(f->t, &count));
		assert_int_equal(count, 0);
		alloc_fail_nth(n);
		st = put_and_read(f);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
	}
	assert_status(STATUS_OK, outbox_count(f->t, &count));
	assert_int_equal(count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_is_not_there_is_not_found),
		fixture_test(a_draft_becomes_ciphertext_in_its_place),
		fixture_test(
		    rows_are_walked_in_order_and_orders_never_come_back),
		fixture_test(a_row_is_found_by_its_id_until_it_is_gone),
		fixture_test(control_rows_do_not_stand_in_a_message_s_way),
		fixture_test(running_out_of_memory_queues_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
