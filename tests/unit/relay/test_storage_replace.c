/*
 * Other devices for an account that stays: what waits for those that go is told
 * of, what they had is gone, and nobody else notices.
 */
#include "tests/unit/relay/storage_fixture.h"

#include "base/clock.h"

enum { SECOND = 1000, MINUTE = 60 * 1000 };

/* Dora, whose lists are signed by a key. */
struct dora {
	struct fixture *f;
	struct sign_secret secret;
	struct device_list list;
	struct signed_list signed_list;
};

static void
sign(struct dora *d)
{
	struct signature *signature =
	    arena_take(d->f->arena, sizeof(*signature));
	struct buf *body = NULL;

	assert_non_null(signature);
	assert_status(STATUS_OK,
	    device_list_sign(&d->list, &d->secret, &body, signature));
	assert_status(STATUS_OK,
	    arena_copy(d->f->arena, buf_view(body), &d->signed_list.body));
	d->signed_list.signature = BYTES_OF(signature->raw);
	buf_free(body);
}

static void
dora_registers(struct fixture *f, struct dora *d)
{
	struct storage_op *op = op_new(f, STORAGE_REGISTER);

	d->f = f;
	d->list = list_of("dora", 1);
	d->list.devices[0].identity_key[0] = 5;
	sign_generate(&d->list.account_key, &d->secret);
	sign(d);
	op->u.registration.list = d->list;
	op->u.registration.signed_list = d->signed_list;
	op->u.registration.device = 1;
	assert_status(STATUS_OK, op_run(f, op));
}

/* The next list, with one device of this number alone. */
static void
next_list(struct dora *d, uint32_t device)
{
	hash_bytes(d->signed_list.body, &d->list.previous);
	d->list.version++;
	d->list.devices[0].id = device;
	d->list.devices[0].registration_id = 200 + device;
	sign(d);
}

static struct storage_op *
replace_op(struct dora *d)
{
	struct storage_op *op = op_new(d->f, STORAGE_REPLACE);

	op->u.replace.list = d->list;
	op->u.replace.signed_list = d->signed_list;
	op->u.replace.device = d->list.devices[0].id;
	return op;
}

static enum status
replace(struct dora *d)
{
	return op_run(d->f, replace_op(d));
}

static struct storage_op *
to_dora(struct dora *d, uint32_t device, const char *text)
{
	struct storage_op *op = text_op(d->f, bytes_text(text));
	struct recipient *to = arena_take(d->f->arena, sizeof(*to));

	*to = *op->u.submit.submit.recipients;
	to->to = (struct address){ name_of("dora"), device };
	to->registration_id = device == 1 ? 100 : 200 + device;
	op->u.submit.submit.recipients = to;
	return op;
}

static enum status
identify(struct dora *d, uint32_t device, struct mailbox_state *state)
{
	struct storage_op *op = op_new(d->f, STORAGE_IDENTIFY);
	enum status st;

	op->u.identify.who = (struct address){ name_of("dora"), device };
	st = op_run(d->f, op);
	*state = op->u.identify.mailbox;
	return st;
}

static void
pass(struct fixture *f)
{
	for (int i = 0; i < 100; i++) {
		clock_fake(clock_wall_ms() + SECOND, clock_mono_ms() + SECOND);
		op_settle(f);
	}
}

/* One note for each of the submits, about device 1, and no other. */
static void
assert_told(struct fixture *f, uint64_t first, uint64_t last)
{
	struct storage_op *read = read_all(f, "alice", 0);
	uint64_t told = 0;

	for (size_t i = 0; i < read->u.read.count; i++) {
		struct relay_note note;

		assert_status(STATUS_OK,
		    codec_get_note(
			read->u.read.items[i].item.payload, f->arena, &note));
		assert_int_equal(note.code, ERROR_NOT_FOUND);
		assert_string_equal(note.to.account.text, "dora");
		assert_int_equal(note.to.device, 1);
		assert_in_range(note.counter, first, last);
		told |= UINT64_C(1) << note.counter;
	}
	for (uint64_t n = first; n <= last; n++)
		assert_true(told & (UINT64_C(1) << n));
	release(read);
}

static void
what_waited_for_the_old_device_is_told_of(void **state)
{
	struct fixture *f = *state;
	struct mailbox_state m;
	struct storage_op *op;
	struct dora d;

	dora_registers(f, &d);
	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, op_run(f, to_dora(&d, 1, "hello")));
	acknowledge(f, "dora", 1);
	next_list(&d, 2);
	assert_status(STATUS_OK, replace(&d));
	assert_status(STATUS_NOT_FOUND, identify(&d, 1, &m));
	assert_status(STATUS_OK, identify(&d, 2, &m));
	assert_int_equal(m.head, 0);
	assert_int_equal(m.acknowledged, 0);
	assert_false(m.has_stream);
	op = to_dora(&d, 1, "too late");
	assert_status(STATUS_CONFLICT, op_run(f, op));
	assert_int_equal(op->u.submit.changed.extra.count, 1);
	assert_int_equal(op->u.submit.changed.missing.count, 1);
	assert_int_equal(op->u.submit.changed.missing.items[0].device, 2);
	assert_status(STATUS_OK, op_run(f, to_dora(&d, 2, "to the new one")));
	pass(f);
	assert_told(f, 2, 3);
	assert_status(STATUS_OK, identify(&d, 2, &m));
	assert_int_equal(m.head, 1);
	store_reopen(f);
	pass(f);
	assert_told(f, 2, 3);
	assert_status(STATUS_OK, identify(&d, 2, &m));
	assert_int_equal(m.head, 1);
}

static void
a_crash_right_after_keeps_nobody_in_the_dark(void **state)
{
	struct fixture *f = *state;
	struct mailbox_state m;
	struct dora d;

	dora_registers(f, &d);
	for (int i = 0; i < 2; i++)
		assert_status(STATUS_OK, op_run(f, to_dora(&d, 1, "hello")));
	next_list(&d, 2);
	/* Under load nothing is gone through at once. */
	clock_fake(clock_wall_ms() + MINUTE, clock_mono_ms() + MINUTE);
	assert_status(STATUS_OK, replace(&d));
	store_crash(f);
	assert_status(STATUS_OK, identify(&d, 2, &m));
	assert_status(STATUS_EXISTS, replace(&d));
	for (int i = 0; i < 3; i++)
		pass(f);
	assert_told(f, 1, 2);
	store_crash(f);
	pass(f);
	assert_told(f, 1, 2);
	assert_status(STATUS_OK, op_run(f, to_dora(&d, 2, "after all")));
}

static void
a_list_that_does_not_follow_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct mailbox_state m;
	struct storage_op *op;
	struct dora d, wrong;

	dora_registers(f, &d);
	next_list(&d, 2);
	assert_status(STATUS_OK, replace(&d));
	for (int i = 0; i < 2; i++) {
		wrong = d;
		if (i == 0)
			wrong.list.version = 1; /* this one again, but other */
		next_list(&wrong, 3);
		if (i == 1)
			wrong.list.previous.raw[0] ^= 1;
		sign(&wrong);
		op = replace_op(&wrong);
		assert_status(STATUS_CONFLICT, op_run(f, op));
		assert_bytes(d.signed_list.body, op->u.replace.current.body);
	}
	wrong = d;
	next_list(&wrong, 1); /* a number that was used */
	assert_status(STATUS_BAD_INPUT, replace(&wrong));
	wrong = d;
	wrong.list.devices[0].device_key.raw[0] ^= 1;
	next_list(&wrong, 2); /* the same number with another key */
	assert_status(STATUS_BAD_INPUT, replace(&wrong));
	wrong = d;
	sign_generate(&wrong.list.account_key, &wrong.secret);
	next_list(&wrong, 3);
	assert_status(STATUS_NOT_FOUND, replace(&wrong));
	wrong = d;
	wrong.list.account = name_of("nobody");
	next_list(&wrong, 3);
	assert_status(STATUS_NOT_FOUND, replace(&wrong));
	assert_status(STATUS_OK, identify(&d, 2, &m));
	assert_status(STATUS_OK, op_run(f, to_dora(&d, 2, "all is as it was")));
}

/* Its owner knows of lists that this relay has lost, or had never shown. */
static void
a_list_far_ahead_is_taken_whatever_it_follows(void **state)
{
	struct fixture *f = *state;
	struct mailbox_state m;
	struct dora d;

	dora_registers(f, &d);
	d.list.version = 2;
	next_list(&d, 5);
	memset(&d.list.previous, 0x5a, sizeof(d.list.previous));
	sign(&d);
	assert_status(STATUS_OK, replace(&d));
	assert_status(STATUS_OK, identify(&d, 5, &m));
	next_list(&d, 6);
	assert_status(STATUS_OK, replace(&d));
}

static void
the_same_list_comes_again_with_success_and_its_mail(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op;
	struct mailbox_state m;
	struct dora d;

	dora_registers(f, &d);
	next_list(&d, 2);
	assert_status(STATUS_OK, replace(&d));
	assert_status(STATUS_OK, op_run(f, to_dora(&d, 2, "welcome")));
	for (int i = 0; i < 2; i++) {
		op = replace_op(&d);
		assert_status(STATUS_EXISTS, op_run(f, op));
		assert_int_equal(op->u.replace.mailbox.head, 1);
		store_crash(f);
	}
	assert_status(STATUS_OK, identify(&d, 2, &m));
	assert_int_equal(m.head, 1);
}

static void
a_suspended_account_keeps_its_devices(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = op_new(f, STORAGE_SUSPEND);
	struct mailbox_state m;
	struct dora d;

	dora_registers(f, &d);
	op->u.suspend.name = name_of("dora");
	op->u.suspend.suspended = SUSPENDED_BY_OPERATOR;
	assert_status(STATUS_OK, op_run(f, op));
	next_list(&d, 2);
	op = replace_op(&d);
	assert_status(STATUS_DENIED, op_run(f, op));
	assert_int_equal(op->u.replace.suspended, SUSPENDED_BY_OPERATOR);
	assert_status(STATUS_OK, identify(&d, 1, &m));
}

static void
what_the_old_device_sent_still_says_who_sent_it(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op, *read;
	struct dora d;

	dora_registers(f, &d);
	op = text_op(f, BYTES("farewell"));
	op->u.submit.sender = address_of("dora");
	assert_status(STATUS_OK, op_run(f, op));
	next_list(&d, 2);
	assert_status(STATUS_OK, replace(&d));
	for (int i = 0; i < 2; i++) {
		read = read_all(f, "bob", 0);
		assert_int_equal(read->u.read.count, 1);
		assert_string_equal(
		    read->u.read.items[0].item.sender.account.text, "dora");
		assert_int_equal(read->u.read.items[0].item.sender.device, 1);
		release(read);
		store_crash(f);
	}
	/* And it can submit nothing more. */
	op = text_op(f, BYTES("from the grave"));
	op->u.submit.sender = address_of("dora");
	assert_status(STATUS_NOT_FOUND, op_run(f, op));
}

static void
a_device_that_stays_keeps_its_mail_and_its_place(void **state)
{
	struct fixture *f = *state;
	struct mailbox_state m;
	struct storage_op *op;
	struct dora d;

	dora_registers(f, &d);
	assert_status(STATUS_OK, op_run(f, to_dora(&d, 1, "one")));
	assert_status(STATUS_OK, op_run(f, to_dora(&d, 1, "two")));
	acknowledge(f, "dora", 1);
	hash_bytes(d.signed_list.body, &d.list.previous);
	d.list.version++;
	d.list.devices[1] = d.list.devices[0];
	d.list.devices[1].id = 2;
	d.list.devices[1].registration_id = 202;
	d.list.devices_count = 2;
	sign(&d);
	op = replace_op(&d);
	op->u.replace.device = 2;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.replace.mailbox.head, 0);
	acknowledge(f, "dora", 1);
	for (int i = 0; i < 2; i++) {
		struct storage_op *read = read_all(f, "dora", 0);

		/* A crash may undo an acknowledgement. */
		assert_in_range(read->u.read.count, 1, 1 + i);
		assert_bytes(BYTES("two"),
		    read->u.read.items[read->u.read.count - 1].item.payload);
		release(read);
		assert_status(STATUS_OK, identify(&d, 1, &m));
		assert_int_equal(m.head, 2);
		store_crash(f);
	}
	assert_status(STATUS_CONFLICT, op_run(f, to_dora(&d, 1, "not all")));
}

static void
what_shares_a_batch_with_it_comes_before_or_after(void **state)
{
	struct fixture *f = *state;
	struct storage_op *before, *first, *twice, *other, *again, *remove;
	struct storage_op *publish = op_new(f, STORAGE_PUBLISH);
	struct dora d, next;
	struct mailbox_state m;

	dora_registers(f, &d);
	before = to_dora(&d, 1, "in flight");
	next_list(&d, 2);
	first = replace_op(&d);
	twice = replace_op(&d);
	next = d;
	next_list(&next, 3);
	other = replace_op(&next);
	again = op_new(f, STORAGE_REGISTER);
	again->u.registration.list = d.list;
	again->u.registration.signed_list = d.signed_list;
	again->u.registration.device = 2;
	remove = op_new(f, STORAGE_REMOVE);
	remove->u.remove.name = name_of("dora");
	publish->u.publish.who = address_of("dora");
	op_submit(f, before);
	op_submit(f, first);
	op_submit(f, twice);
	op_submit(f, other);
	op_submit(f, again);
	op_submit(f, publish);
	op_submit(f, remove);
	op_settle(f);
	assert_int_equal(before->status, STATUS_OK); /* submits go first */
	assert_int_equal(first->status, STATUS_OK);
	assert_int_equal(twice->status, STATUS_EXISTS);
	assert_int_equal(other->status, STATUS_FULL);
	assert_int_equal(again->status, STATUS_EXISTS);
	assert_int_equal(again->u.registration.mailbox.head, 0);
	assert_int_equal(publish->status, STATUS_NOT_FOUND);
	assert_int_equal(remove->status, STATUS_FULL);
	pass(f);
	assert_told(f, 1, 1);
	assert_status(STATUS_OK, replace(&next));
	assert_status(STATUS_OK, identify(&d, 3, &m));
	store_crash(f);
	assert_status(STATUS_OK, identify(&d, 3, &m));
}

struct evicted {
	struct storage_eviction list[8];
	size_t count;
};

static void
note_eviction(void *owner, const struct storage_eviction *e)
{
	struct evicted *evicted = owner;

	assert_non_null(e);
	assert_true(evicted->count < 8);
	evicted->list[evicted->count++] = *e;
}

static void
the_old_device_is_shown_the_door_and_nobody_else(void **state)
{
	struct fixture *f = *state;
	struct evicted evicted = { .count = 0 };
	struct dora d;

	dora_registers(f, &d);
	storage_port_on_evicted(f->port, note_eviction, &evicted);
	next_list(&d, 2);
	assert_status(STATUS_OK, replace(&d));
	assert_status(STATUS_EXISTS, replace(&d));
	assert_int_equal(evicted.count, 1);
	assert_string_equal(evicted.list[0].name.text, "dora");
	assert_int_equal(evicted.list[0].device, 1);
}

static void
the_name_is_the_accounts_own_still(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = op_new(f, STORAGE_GONE);
	struct dora d;

	dora_registers(f, &d);
	next_list(&d, 2);
	assert_status(STATUS_OK, replace(&d));
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.gone.count, 0);
	op = op_new(f, STORAGE_FREE_NAME);
	op->u.free_name.name = name_of("dora");
	assert_status(STATUS_NOT_FOUND, op_run(f, op));
	op = op_new(f, STORAGE_REMOVE);
	op->u.remove.name = name_of("dora");
	assert_status(STATUS_OK, op_run(f, op));
	op = op_new(f, STORAGE_GONE);
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.gone.count, 1);
}

/* Many times over, with mail each time: every sender hears of every loss. */
static void
often_replaced_it_forgets_no_debt(void **state)
{
	enum { TIMES = 20 };
	struct fixture *f = *state;
	struct storage_op *read;
	struct mailbox_state m;
	struct dora d;

	dora_registers(f, &d);
	clock_fake(clock_wall_ms() + MINUTE, clock_mono_ms() + MINUTE);
	for (uint32_t i = 1; i <= TIMES; i++) {
		assert_status(STATUS_OK, op_run(f, to_dora(&d, i, "x")));
		next_list(&d, i + 1);
		assert_status(STATUS_OK, replace(&d));
	}
	store_crash(f);
	for (int i = 0; i < 3; i++)
		pass(f);
	read = read_all(f, "alice", 0);
	assert_in_range(read->u.read.count, TIMES, 2 * TIMES);
	release(read);
	assert_status(STATUS_OK, identify(&d, TIMES + 1, &m));
}

static void
without_memory_it_has_happened_or_not(void **state)
{
	struct fixture *f = *state;
	struct mailbox_state m;
	bool failed = true;
	struct dora d;

	dora_registers(f, &d);
	assert_status(STATUS_OK, op_run(f, to_dora(&d, 1, "hello")));
	for (size_t n = 1; failed; n++) {
		const uint32_t old = d.list.devices[0].id;
		const struct dora before = d;
		struct arena *arena = NULL;
		struct storage_op *op;

		next_list(&d, old + 1);
		op = replace_op(&d);
		assert_status(STATUS_OK, arena_new(1 << 20, &arena));
		op->arena = arena;
		op_submit(f, op);
		alloc_fail_nth(n);
		storage_step(f->storage);
		failed = alloc_failed();
		alloc_fail_nth(0);
		op_settle(f);
		arena_free(arena);
		if (op->status != STATUS_OK) {
			assert_int_equal(op->status, STATUS_NOMEM);
			d = before;
		}
		assert_status(
		    op->status == STATUS_OK ? STATUS_NOT_FOUND : STATUS_OK,
		    identify(&d, old, &m));
		assert_status(STATUS_OK,
		    op_run(f, to_dora(&d, d.list.devices[0].id, "hello")));
	}
}

static int
setup(void **state)
{
	clock_fake(NOW_MS + INT64_C(1000) * MINUTE, 1000);
	return store_setup(state);
}

static int
teardown(void **state)
{
	clock_unfake();
	return store_teardown(state);
}

#define REPLACES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		REPLACES(what_waited_for_the_old_device_is_told_of),
		REPLACES(a_crash_right_after_keeps_nobody_in_the_dark),
		REPLACES(a_list_that_does_not_follow_changes_nothing),
		REPLACES(a_list_far_ahead_is_taken_whatever_it_follows),
		REPLACES(the_same_list_comes_again_with_success_and_its_mail),
		REPLACES(a_suspended_account_keeps_its_devices),
		REPLACES(what_the_old_device_sent_still_says_who_sent_it),
		REPLACES(a_device_that_stays_keeps_its_mail_and_its_place),
		REPLACES(what_shares_a_batch_with_it_comes_before_or_after),
		REPLACES(the_old_device_is_shown_the_door_and_nobody_else),
		REPLACES(the_name_is_the_accounts_own_still),
		REPLACES(often_replaced_it_forgets_no_debt),
		REPLACES(without_memory_it_has_happened_or_not),
	};

	return cmocka_run_group_tests_name(
	    "storage-replace", tests, NULL, NULL);
}
