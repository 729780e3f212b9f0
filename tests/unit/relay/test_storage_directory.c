/* Accounts, join codes, prekeys, chains, wake-ups. */
#include "tests/unit/relay/storage_fixture.h"

static void
a_name_belongs_to_the_keys_that_took_it(void **state)
{
	struct fixture *f = *state;
	struct device_list thief = f->alice;

	assert_status(STATUS_EXISTS, register_list(f, &f->alice));
	thief.account_key.raw[0] ^= 1;
	assert_status(STATUS_CONFLICT, register_list(f, &thief));
	thief = f->alice;
	thief.devices[0].device_key.raw[0] ^= 1;
	assert_status(STATUS_CONFLICT, register_list(f, &thief));
	store_crash(f);
	assert_status(STATUS_EXISTS, register_list(f, &f->alice));
	assert_status(STATUS_CONFLICT, register_list(f, &thief));
}

static void
two_who_want_a_name_at_once_do_not_both_get_it(void **state)
{
	struct fixture *f = *state;
	struct storage_op *a = op_new(f, STORAGE_REGISTER);
	struct storage_op *b = op_new(f, STORAGE_REGISTER);

	a->u.registration.list = list_of("carol", 1);
	a->u.registration.device = 1;
	b->u.registration = a->u.registration;
	b->u.registration.list.account_key.raw[0] ^= 1;
	op_submit(f, a);
	op_submit(f, b);
	op_settle(f);
	assert_int_equal(a->status, STATUS_OK);
	assert_int_equal(b->status, STATUS_CONFLICT);
}

static enum status
join(struct fixture *f, const char *name, const struct hash *code)
{
	struct storage_op *op = op_new(f, STORAGE_REGISTER);

	op->u.registration.list = list_of(name, 1);
	op->u.registration.device = 1;
	op->u.registration.code_needed = true;
	op->u.registration.has_code = code != NULL;
	if (code != NULL)
		op->u.registration.code_hash = *code;
	return op_run(f, op);
}

static enum status
invite_put(struct fixture *f, const struct storage_invite *invite)
{
	struct storage_op *op = op_new(f, STORAGE_INVITE_PUT);
	enum status st;

	op->u.invite_put.invite = *invite;
	st = op_run(f, op);
	return st == STATUS_OK && op->u.invite_put.replaced ? STATUS_EXISTS
							    : st;
}

static void
a_join_code_works_as_often_and_as_long_as_it_says(void **state)
{
	struct fixture *f = *state;
	struct storage_invite invite = { .uses = 1, .label = "friends" };
	uint8_t salt[JOIN_SALT_BYTES];

	storage_join_salt(f->storage, salt);
	assert_status(STATUS_OK,
	    storage_join_hash(salt, BYTES("secret"), &invite.code_hash));
	assert_status(STATUS_DENIED, join(f, "carol", NULL));
	assert_status(STATUS_DENIED, join(f, "carol", &invite.code_hash));
	assert_status(STATUS_OK, invite_put(f, &invite));
	/* Whoever has no code learns nothing; a repeat costs no use. */
	assert_status(STATUS_DENIED, join(f, "alicf", NULL));
	assert_status(STATUS_OK, join(f, "carol", &invite.code_hash));
	assert_status(STATUS_EXISTS, join(f, "carol", &invite.code_hash));
	assert_status(STATUS_DENIED, join(f, "dave", &invite.code_hash));
	invite.uses = 0;
	invite.expires_ms = NOW_MS + 1;
	assert_status(STATUS_EXISTS, invite_put(f, &invite));
	assert_status(STATUS_OK, join(f, "dave", &invite.code_hash));
	assert_status(STATUS_OK, join(f, "erin", &invite.code_hash));
	invite.expires_ms = NOW_MS;
	assert_status(STATUS_EXISTS, invite_put(f, &invite));
	assert_status(STATUS_DENIED, join(f, "frank", &invite.code_hash));
}

static void
a_taken_name_does_not_use_up_a_code(void **state)
{
	struct fixture *f = *state;
	struct storage_invite invite = { .uses = 1 };
	struct device_list thief = f->alice;
	struct storage_op *op = op_new(f, STORAGE_REGISTER);

	assert_status(STATUS_OK, invite_put(f, &invite));
	thief.account_key.raw[0] ^= 1;
	op->u.registration.list = thief;
	op->u.registration.device = 1;
	op->u.registration.code_needed = true;
	op->u.registration.has_code = true;
	assert_status(STATUS_CONFLICT, op_run(f, op));
	assert_status(STATUS_OK, join(f, "carol", &invite.code_hash));
}

static void
the_epoch_and_the_list_stay_as_they_were(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = op_new(f, STORAGE_ACCOUNT);
	uint8_t before[EPOCH_BYTES];
	uint8_t after[EPOCH_BYTES];

	storage_epoch(f->storage, before);
	store_crash(f);
	storage_epoch(f->storage, after);
	assert_memory_equal(before, after, EPOCH_BYTES);
	op->u.account.name = name_of("bob");
	assert_status(STATUS_OK, op_run(f, op));
	assert_bytes(BYTES("body"), op->u.account.list.body);
	assert_bytes(BYTES("signature"), op->u.account.list.signature);
	op->u.account.name = name_of("nobody");
	assert_status(STATUS_NOT_FOUND, op_run(f, op));
}

static struct storage_op *
publish_op(
    struct fixture *f, uint32_t signed_id, uint32_t first, uint32_t count)
{
	struct storage_op *op = op_new(f, STORAGE_PUBLISH);
	struct prekey *items =
	    arena_take_array(f->arena, count + 1, sizeof(*items));

	items[0] = (struct prekey){
		.type = PREKEY_SIGNED,
		.id = signed_id,
		.public_key = BYTES("signed"),
		.signature = BYTES("by identity"),
	};
	for (uint32_t i = 0; i < count; i++)
		items[i + 1] = (struct prekey){
			.type = PREKEY_ONE_TIME,
			.id = first + i,
			.public_key = BYTES("once"),
		};
	op->u.publish.who = address_of("bob");
	op->u.publish.prekeys = (struct prekeys){ items, count + 1 };
	return op;
}

static struct prekeys
take(struct fixture *f, const char *name)
{
	struct storage_op *op = op_new(f, STORAGE_BUNDLES);
	struct account_name names[2] = { name_of(name), name_of("nobody") };

	op->u.bundles.names = names;
	op->u.bundles.count = 2;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.bundles.accounts[1].error, ERROR_NOT_FOUND);
	if (op->u.bundles.accounts[0].devices_count == 0)
		return (struct prekeys){ NULL, 0 };
	return op->u.bundles.accounts[0].devices[0].prekeys;
}

static void
a_one_time_prekey_is_handed_out_once(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = publish_op(f, 1, 10, 2);
	struct prekeys got;

	assert_int_equal(take(f, "bob").count, 0);
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.publish.state.one_time_count, 2);
	got = take(f, "bob");
	assert_int_equal(got.count, 2);
	assert_bytes(BYTES("by identity"), got.items[0].signature);
	assert_int_equal(got.items[1].id, 10);
	store_crash(f);
	assert_int_equal(take(f, "bob").items[1].id, 11);
	assert_int_equal(take(f, "bob").count, 1);
	/* The same upload again brings none of them back. */
	assert_status(STATUS_OK, op_run(f, publish_op(f, 1, 10, 2)));
	assert_int_equal(take(f, "bob").count, 1);
	assert_status(STATUS_OK, op_run(f, publish_op(f, 2, 11, 2)));
	got = take(f, "bob");
	assert_int_equal(got.count, 2);
	assert_int_equal(got.items[0].id, 2);
	assert_int_equal(got.items[1].id, 12);
}

/* As large as lists and prekeys may be: the answer has an end. */
static void
what_an_answer_has_no_room_for_costs_no_prekey(void **state)
{
	static uint8_t large[LIMIT_PREKEY_BYTES];
	static struct account_name names[LIMIT_BUNDLE_ACCOUNTS];
	struct fixture *f = *state;
	struct storage_op *op = publish_op(f, 1, 1, 390);
	struct prekey items[391];
	size_t given = 0, refused = 0;

	memcpy(items, op->u.publish.prekeys.items, sizeof(items));
	for (size_t i = 0; i < 391; i++)
		items[i].public_key = BYTES_OF(large);
	op->u.publish.prekeys.items = items;
	assert_status(STATUS_OK, op_run(f, op));
	for (size_t i = 0; i < LIMIT_BUNDLE_ACCOUNTS; i++)
		names[i] = name_of("bob");
	op = op_new(f, STORAGE_BUNDLES);
	op->u.bundles.names = names;
	op->u.bundles.count = LIMIT_BUNDLE_ACCOUNTS;
	assert_status(STATUS_OK, op_run(f, op));
	for (size_t i = 0; i < LIMIT_BUNDLE_ACCOUNTS; i++) {
		const struct account_bundles *b = &op->u.bundles.accounts[i];

		given += b->error == ERROR_NONE;
		refused += b->error == ERROR_UNAVAILABLE &&
			   b->retry_after_ms > 0 && b->devices_count == 0;
	}
	assert_int_equal(given + refused, LIMIT_BUNDLE_ACCOUNTS);
	/* Two prekeys each, until they were used up, then one. */
	assert_in_range(given, 376, 390);
	op = op_new(f, STORAGE_PREKEY_STATE);
	op->u.prekey_state.who = address_of("bob");
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.prekey_state.state.one_time_count, 390 - given);
}

static void
prekeys_have_a_limit_and_over_it_nothing_is_stored(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op;

	assert_status(STATUS_OK, op_run(f, publish_op(f, 1, 1, 399)));
	assert_status(STATUS_FULL, op_run(f, publish_op(f, 1, 400, 2)));
	op = publish_op(f, 1, 400, 1);
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.publish.state.one_time_count, 400);
}

static struct storage_op *
append_op(struct fixture *f, uint64_t index, struct bytes entry, uint8_t token)
{
	struct storage_op *op = op_new(f, STORAGE_CHAIN_APPEND);

	op->u.append.append.index = index;
	op->u.append.append.entry = entry;
	op->u.append.append.token.raw[0] = token;
	return op;
}

static void
a_chain_takes_only_the_next_entry_from_who_holds_the_token(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = append_op(f, 0, BYTES("zero"), 1);
	struct chain_position from = { .from = 1 };

	assert_status(
	    STATUS_CONFLICT, op_run(f, append_op(f, 1, BYTES("one"), 1)));
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.append.length, 1);
	assert_status(STATUS_OK, op_run(f, op)); /* its answer was lost */
	assert_status(
	    STATUS_CONFLICT, op_run(f, append_op(f, 0, BYTES("other"), 1)));
	assert_status(
	    STATUS_DENIED, op_run(f, append_op(f, 1, BYTES("one"), 2)));
	op = append_op(f, 1, BYTES("one"), 1);
	op->u.append.append.has_new_token = true;
	op->u.append.append.new_token.raw[0] = 2;
	assert_status(STATUS_OK, op_run(f, op));
	store_crash(f);
	assert_status(STATUS_OK, op_run(f, op));
	assert_status(
	    STATUS_DENIED, op_run(f, append_op(f, 2, BYTES("two"), 1)));
	assert_status(STATUS_OK, op_run(f, append_op(f, 2, BYTES("two"), 2)));

	op = op_new(f, STORAGE_CHAIN_READ);
	op->u.chain_read.positions = &from;
	op->u.chain_read.count = 1;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.chain_read.tails[0].length, 3);
	assert_int_equal(op->u.chain_read.tails[0].entries_count, 2);
	assert_bytes(BYTES("two"), op->u.chain_read.tails[0].entries[1]);
	from.chain.raw[0] = 1;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.chain_read.tails[0].length, 0);
}

static void
count_wake(struct storage_watch *w)
{
	(*(int *)w->owner)++;
}

static void
a_watcher_is_woken_for_its_own_until_it_leaves(void **state)
{
	struct fixture *f = *state;
	int bob = 0;
	int alice = 0;
	int chain = 0;
	struct storage_watch watches[] = {
		{ .wake = count_wake, .owner = &bob, .who = address_of("bob") },
		{ .wake = count_wake,
		    .owner = &alice,
		    .who = address_of("alice") },
		{ .wake = count_wake, .owner = &chain, .is_chain = true },
	};

	for (size_t i = 0; i < 3; i++)
		storage_watch(f->port, &watches[i]);
	assert_status(STATUS_OK, send_text(f, BYTES("x")));
	assert_int_equal(bob, 1);
	f->counter--;
	assert_status(STATUS_EXISTS, send_text(f, BYTES("x")));
	assert_status(STATUS_OK, op_run(f, append_op(f, 0, BYTES("e"), 1)));
	assert_int_equal(bob, 1);
	assert_int_equal(chain, 1);
	assert_int_equal(alice, 0);
	/* Leaving while a wake-up is on its way. */
	op_submit(f, text_op(f, BYTES("y")));
	storage_step(f->storage);
	storage_unwatch(&watches[0]);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(bob, 1);
	storage_unwatch(&watches[0]);
	storage_unwatch(&watches[1]);
	storage_unwatch(&watches[2]);
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_name_belongs_to_the_keys_that_took_it),
		CASE(two_who_want_a_name_at_once_do_not_both_get_it),
		CASE(a_join_code_works_as_often_and_as_long_as_it_says),
		CASE(a_taken_name_does_not_use_up_a_code),
		CASE(the_epoch_and_the_list_stay_as_they_were),
		CASE(a_one_time_prekey_is_handed_out_once),
		CASE(what_an_answer_has_no_room_for_costs_no_prekey),
		CASE(prekeys_have_a_limit_and_over_it_nothing_is_stored),
		CASE(
		    a_chain_takes_only_the_next_entry_from_who_holds_the_token),
		CASE(a_watcher_is_woken_for_its_own_until_it_leaves),
	};

	return cmocka_run_group_tests_name(
	    "storage-directory", tests, NULL, NULL);
}
