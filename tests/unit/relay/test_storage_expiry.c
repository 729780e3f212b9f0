/* Mail that nobody fetches, accounts that nobody uses, clocks that jump. */
#include "tests/unit/relay/storage_fixture.h"

#include "base/clock.h"
#include "relay/metrics.h"

#define MINUTE (INT64_C(60) * 1000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOON   (INT64_C(20000) * DAY + 12 * HOUR)

static int
expiry_setup(void **state)
{
	struct fixture *f;

	clock_fake(NOON, HOUR);
	assert_int_equal(store_setup(state), 0);
	f = *state;
	f->options.limits.message_ttl_ms = 30 * DAY;
	storage_set_limits(f->storage, &f->options.limits);
	return 0;
}

static int
expiry_teardown(void **state)
{
	clock_unfake();
	return store_teardown(state);
}

/* Both clocks go on, and storage has looked at everything since. */
static void
pass(struct fixture *f, int64_t ms)
{
	clock_fake(clock_wall_ms() + ms, clock_mono_ms() + ms);
	for (int i = 0; i < 10; i++) {
		op_settle(f);
		clock_fake(clock_wall_ms() + 5000, clock_mono_ms() + 5000);
	}
}

static size_t
count_of(struct fixture *f, const char *who)
{
	struct storage_op *read = read_all(f, who, 0);
	size_t count = read->u.read.count;

	release(read);
	return count;
}

static uint64_t
expired(struct fixture *f)
{
	struct storage_op *op = op_new(f, STORAGE_STATS);

	assert_status(STATUS_OK, op_run(f, op));
	return op->u.stats.expired;
}

static void
send_typed(struct fixture *f, const char *from, const char *to, uint32_t type,
    size_t copies)
{
	struct storage_op *op = text_op(f, BYTES("r"));
	struct recipient *list =
	    arena_take_array(f->arena, copies, sizeof(*list));

	for (size_t i = 0; i < copies; i++) {
		list[i] = op->u.submit.submit.recipients[0];
		list[i].to = address_of(to);
		list[i].type = type;
	}
	op->u.submit.sender = address_of(from);
	op->u.submit.submit.recipients = list;
	op->u.submit.submit.recipients_count = copies;
	assert_status(STATUS_OK, op_run(f, op));
	assert_int_equal(op->u.submit.refused_count, 0);
}

static void
what_nobody_fetches_goes_and_its_sender_is_told(void **state)
{
	struct fixture *f = *state;
	struct storage_op *read;

	assert_status(STATUS_OK, send_text(f, BYTES("one")));
	assert_status(STATUS_OK, send_text(f, BYTES("two")));
	pass(f, 29 * DAY);
	assert_status(STATUS_OK, send_text(f, BYTES("three")));
	assert_int_equal(count_of(f, "bob"), 3);
	assert_int_equal(count_of(f, "alice"), 0);
	pass(f, 2 * DAY);
	assert_int_equal(expired(f), 2);
	read = read_all(f, "bob", 0);
	assert_int_equal(read->u.read.count, 1);
	assert_int_equal(read->u.read.items[0].item.seq, 3);
	release(read);
	read = read_all(f, "alice", 0);
	assert_int_equal(read->u.read.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct item *item = &read->u.read.items[i].item;
		struct relay_note note;

		assert_int_equal(item->type, ITEM_RELAY_NOTE);
		assert_false(item->has_sender);
		assert_status(
		    STATUS_OK, codec_get_note(item->payload, f->arena, &note));
		assert_int_equal(note.code, ERROR_EXPIRED);
		assert_bytes(BYTES("handle"), note.return_handle);
		assert_string_equal(note.to.account.text, "bob");
		assert_int_equal(note.counter, i + 1);
	}
	release(read);
}

/* Else the device would take itself for an old copy (protocol.md 4.4). */
static void
giving_up_acknowledges_nothing(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 5; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("old")));
	acknowledge(f, "bob", 2);
	pass(f, 31 * DAY);
	assert_int_equal(count_of(f, "bob"), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(state_of(f, "bob").acknowledged, 2);
		assert_int_equal(state_of(f, "bob").head, 5);
		store_reopen(f);
	}
	assert_status(STATUS_OK, send_text(f, BYTES("new")));
	assert_int_equal(count_of(f, "bob"), 1);
	acknowledge(f, "bob", 4); /* what it was sent before, and lost */
	assert_int_equal(state_of(f, "bob").acknowledged, 4);
	assert_int_equal(count_of(f, "bob"), 1);
	acknowledge(f, "bob", 6);
	assert_int_equal(state_of(f, "bob").acknowledged, 6);
	store_reopen(f);
	assert_int_equal(state_of(f, "bob").acknowledged, 6);
}

static void
receipts_and_notes_go_without_a_word(void **state)
{
	struct fixture *f = *state;

	send_typed(f, "alice", "bob", ITEM_RECEIPT, 3);
	assert_status(STATUS_OK, send_text(f, BYTES("a message")));
	pass(f, 31 * DAY);
	assert_int_equal(count_of(f, "bob"), 0);
	assert_int_equal(count_of(f, "alice"), 1);
	pass(f, 31 * DAY);
	assert_int_equal(count_of(f, "bob"), 0);
	assert_int_equal(count_of(f, "alice"), 0);
	assert_int_equal(expired(f), 5);
}

static void
without_room_to_tell_the_sender_the_message_stays(void **state)
{
	struct fixture *f = *state;
	size_t left = LIMIT_RECEIPT_ITEMS - 1;

	assert_status(STATUS_OK, send_text(f, BYTES("one")));
	assert_status(STATUS_OK, send_text(f, BYTES("two")));
	pass(f, 31 * DAY - HOUR);
	assert_int_equal(count_of(f, "bob"), 0);
	acknowledge(f, "alice", 2);
	assert_status(STATUS_OK, send_text(f, BYTES("three")));
	assert_status(STATUS_OK, send_text(f, BYTES("four")));
	pass(f, 29 * DAY);
	while (left > 0) {
		size_t now = left < 500 ? left : 500;

		send_typed(f, "bob", "alice", ITEM_RECEIPT, now);
		left -= now;
	}
	pass(f, 2 * DAY); /* room for one note */
	assert_int_equal(count_of(f, "bob"), 1);
	pass(f, HOUR);
	assert_int_equal(count_of(f, "bob"), 1);
	acknowledge(f, "alice", 2 + LIMIT_RECEIPT_ITEMS);
	pass(f, MINUTE);
	assert_int_equal(count_of(f, "bob"), 0);
	assert_int_equal(count_of(f, "alice"), 1);
}

static void
many_go_a_bounded_number_at_a_time(void **state)
{
	struct fixture *f = *state;
	uint64_t before = 0;

	for (int i = 0; i < 40; i++)
		send_typed(f, "alice", "bob", ITEM_RATCHET, 5);
	clock_fake(clock_wall_ms() + 31 * DAY, clock_mono_ms() + 31 * DAY);
	while (before < 200) {
		uint64_t now;

		clock_fake(clock_wall_ms() + 1000, clock_mono_ms() + 1000);
		now = expired(f);
		assert_true(now <= before + 64);
		before = now;
	}
	assert_int_equal(count_of(f, "alice"), 200);
	assert_int_equal(count_of(f, "bob"), 0);
}

static void
a_crash_in_between_says_it_twice_and_loses_nothing(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_OK, send_text(f, BYTES("one")));
	pass(f, 31 * DAY);
	assert_int_equal(count_of(f, "alice"), 1);
	store_crash(f); /* no row says yet that it is gone */
	pass(f, 2 * HOUR);
	assert_int_equal(count_of(f, "bob"), 0);
	assert_in_range(count_of(f, "alice"), 1, 2);
}

static void
nobody_is_told_when_the_sender_is_gone(void **state)
{
	struct fixture *f = *state;
	struct storage_op *remove = op_new(f, STORAGE_REMOVE);

	assert_status(STATUS_OK, send_text(f, BYTES("from nobody")));
	remove->u.remove.name = name_of("alice");
	assert_status(STATUS_OK, op_run(f, remove));
	pass(f, 31 * DAY);
	assert_int_equal(count_of(f, "bob"), 0);
	assert_int_equal(expired(f), 1);
}

static void
a_clock_that_jumps_gives_nothing_up_for_an_hour(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_OK, send_text(f, BYTES("precious")));
	clock_fake(clock_wall_ms() + 400 * DAY, clock_mono_ms());
	for (int i = 0; i < 50; i++)
		pass(f, 0);
	assert_int_equal(count_of(f, "bob"), 1);
	assert_status(STATUS_OK, send_text(f, BYTES("of meanwhile")));
	clock_fake(clock_wall_ms() - 400 * DAY, clock_mono_ms());
	pass(f, 2 * HOUR);
	assert_int_equal(count_of(f, "bob"), 2);
	/* What came under the wrong time lives no longer than the rest. */
	pass(f, 31 * DAY);
	assert_int_equal(count_of(f, "bob"), 0);
	/* A clock that stays there is believed in the end. */
	assert_status(STATUS_OK, send_text(f, BYTES("precious")));
	clock_fake(clock_wall_ms() + 400 * DAY, clock_mono_ms());
	for (int i = 0; i < 70; i++)
		pass(f, MINUTE);
	assert_int_equal(count_of(f, "bob"), 0);
}

static void
a_clock_that_starts_in_the_past_expires_nothing_later(void **state)
{
	struct fixture *f = *state;

	clock_fake(0, clock_mono_ms()); /* no battery, no network */
	pass(f, MINUTE);
	assert_status(STATUS_OK, send_text(f, BYTES("of 1970")));
	clock_fake(NOON + HOUR, clock_mono_ms());
	pass(f, MINUTE);
	assert_int_equal(count_of(f, "bob"), 1);
}

static void
a_relay_that_stood_still_for_a_month_waits_for_an_hour(void **state)
{
	struct fixture *f = *state;

	pass(f, 2 * HOUR);
	assert_status(STATUS_OK, send_text(f, BYTES("while it serves")));
	store_reopen(f); /* what time it was is saved */
	clock_fake(clock_wall_ms() + 40 * DAY, 5000);
	store_reopen(f);
	for (int i = 0; i < 30; i++)
		pass(f, MINUTE);
	assert_int_equal(count_of(f, "bob"), 1);
	for (int i = 0; i < 30; i++)
		pass(f, MINUTE);
	assert_int_equal(count_of(f, "bob"), 0);
}

static void
what_expired_is_counted_and_what_was_removed_is_not(void **state)
{
	struct fixture *f = *state;
	struct storage_op *remove = op_new(f, STORAGE_REMOVE);
	struct metrics *m = NULL;

	assert_status(STATUS_OK, metrics_new(&m));
	f->options.metrics = m;
	store_reopen(f);
	assert_status(STATUS_OK, send_text(f, BYTES("one")));
	assert_status(STATUS_OK, send_text(f, BYTES("two")));
	pass(f, 31 * DAY);
	assert_int_equal(metrics_get(m, METRIC_EXPIRED), 2);
	assert_status(STATUS_OK, send_text(f, BYTES("three")));
	remove->u.remove.name = name_of("bob");
	assert_status(STATUS_OK, op_run(f, remove));
	pass(f, MINUTE);
	assert_int_equal(count_of(f, "alice"), 3);
	assert_int_equal(metrics_get(m, METRIC_EXPIRED), 2);
	f->options.metrics = NULL;
	store_reopen(f);
	metrics_free(m);
}

static void
without_a_time_to_live_mail_is_kept(void **state)
{
	struct fixture *f = *state;

	f->options.limits.message_ttl_ms = 0;
	storage_set_limits(f->storage, &f->options.limits);
	assert_status(STATUS_OK, send_text(f, BYTES("for ever")));
	pass(f, 4000 * DAY);
	assert_int_equal(count_of(f, "bob"), 1);
}

static void
a_replay_is_not_told_of_what_expired_since(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = text_op(f, BYTES("answered, and lost"));

	assert_status(STATUS_OK, op_run(f, op));
	pass(f, 31 * DAY);
	assert_int_equal(count_of(f, "alice"), 1);
	assert_status(STATUS_EXISTS, op_run(f, op));
	assert_int_equal(op->u.submit.refused_count, 0);
}

static enum suspension
suspension_of(struct fixture *f, const char *who)
{
	struct storage_op *op = op_new(f, STORAGE_IDENTIFY);

	op->u.identify.who = address_of(who);
	assert_status(STATUS_OK, op_run(f, op));
	return op->u.identify.suspended;
}

static void
keep_using(struct fixture *f, const char *who)
{
	struct storage_op *op = op_new(f, STORAGE_IDENTIFY);

	op->u.identify.who = address_of(who);
	op->u.identify.with_prekeys = true;
	op->now_ms = clock_wall_ms();
	assert_status(STATUS_OK, op_run(f, op));
}

static void
an_account_that_nobody_uses_is_suspended_and_no_more(void **state)
{
	struct fixture *f = *state;
	struct storage_op *resume = op_new(f, STORAGE_SUSPEND);

	f->options.limits.inactive_ms = 100 * DAY;
	f->options.limits.message_ttl_ms = 0;
	storage_set_limits(f->storage, &f->options.limits);
	/* The fixture's accounts are of 1970: from now on it counts. */
	keep_using(f, "alice");
	keep_using(f, "bob");
	assert_status(STATUS_OK, send_text(f, BYTES("are you well?")));
	for (int i = 0; i < 11; i++) {
		assert_int_equal(suspension_of(f, "bob"), SUSPENDED_NOT);
		pass(f, 9 * DAY);
		keep_using(f, "alice");
	}
	pass(f, 3 * DAY);
	assert_int_equal(suspension_of(f, "bob"), SUSPENDED_INACTIVE);
	assert_int_equal(suspension_of(f, "alice"), SUSPENDED_NOT);
	store_crash(f);
	assert_int_equal(suspension_of(f, "bob"), SUSPENDED_INACTIVE);
	assert_int_equal(count_of(f, "bob"), 1);
	resume->u.suspend.name = name_of("bob");
	resume->now_ms = clock_wall_ms();
	assert_status(STATUS_OK, op_run(f, resume));
	pass(f, DAY);
	assert_int_equal(suspension_of(f, "bob"), SUSPENDED_NOT);
}

static void
remove_bob(struct fixture *f)
{
	struct storage_op *op = op_new(f, STORAGE_REMOVE);

	op->u.remove.name = name_of("bob");
	assert_status(STATUS_OK, op_run(f, op));
}

/* Of submits `first` to `last`, each once or, after a crash, twice. */
static void
assert_told_of_removal(struct fixture *f, uint64_t first, uint64_t last)
{
	struct storage_op *read = read_all(f, "alice", 0);
	uint64_t told = 0;

	for (size_t i = 0; i < read->u.read.count; i++) {
		struct relay_note note;

		assert_status(STATUS_OK,
		    codec_get_note(
			read->u.read.items[i].item.payload, f->arena, &note));
		assert_int_equal(note.code, ERROR_NOT_FOUND);
		assert_string_equal(note.to.account.text, "bob");
		assert_in_range(note.counter, first, last);
		told |= UINT64_C(1) << note.counter;
	}
	assert_in_range(
	    read->u.read.count, last - first + 1, 2 * (last - first + 1));
	for (uint64_t n = first; n <= last; n++)
		assert_true(told & (UINT64_C(1) << n));
	release(read);
}

static void
whoever_wrote_to_a_removed_account_is_told(void **state)
{
	struct fixture *f = *state;

	f->options.limits.message_ttl_ms = 0; /* that is no matter of time */
	storage_set_limits(f->storage, &f->options.limits);
	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("are you there?")));
	send_typed(f, "alice", "bob", ITEM_RECEIPT, 2);
	acknowledge(f, "bob", 1);
	remove_bob(f);
	pass(f, MINUTE);
	assert_told_of_removal(f, 2, 3);
	store_reopen(f);
	pass(f, MINUTE);
	assert_told_of_removal(f, 2, 3);
}

static void
a_crash_after_a_removal_keeps_nobody_in_the_dark(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("are you there?")));
	acknowledge(f, "bob", 1); /* of which no row tells yet */
	/* Under load nothing is gone through at once. */
	clock_fake(clock_wall_ms() + MINUTE, clock_mono_ms() + MINUTE);
	remove_bob(f);
	store_crash(f);
	for (int i = 0; i < 5; i++)
		pass(f, MINUTE);
	assert_told_of_removal(f, 2, 3);
	store_crash(f);
	pass(f, MINUTE);
	assert_told_of_removal(f, 2, 3);
}

static void
the_next_of_a_name_has_nothing_of_the_one_before(void **state)
{
	enum { MESSAGES = 300 };
	struct fixture *f = *state;
	struct storage_op *op = op_new(f, STORAGE_FREE_NAME);
	struct device_list second = list_of("bob", 1);
	struct recipient *list =
	    arena_take_array(f->arena, MESSAGES, sizeof(*list));
	struct storage_op *many = text_op(f, BYTES("for the first"));

	for (size_t i = 0; i < MESSAGES; i++)
		list[i] = many->u.submit.submit.recipients[0];
	many->u.submit.submit.recipients = list;
	many->u.submit.submit.recipients_count = MESSAGES;
	assert_status(STATUS_OK, op_run(f, many));
	remove_bob(f);
	op->u.free_name.name = name_of("bob");
	assert_status(STATUS_OK, op_run(f, op));
	second.account_key.raw[0] ^= 1;
	assert_status(STATUS_OK, register_list(f, &second));
	assert_true(count_of(f, "alice") < MESSAGES);
	assert_int_equal(count_of(f, "bob"), 0);
	store_crash(f);
	assert_status(STATUS_OK, send_text(f, BYTES("for the second")));
	for (int i = 0; i < 30; i++)
		pass(f, MINUTE);
	assert_int_equal(state_of(f, "bob").head, 1);
	assert_int_equal(count_of(f, "bob"), 1);
	assert_in_range(count_of(f, "alice"), MESSAGES, MESSAGES + 64);
}

/* The nth allocation fails, whichever it is; later there is memory again. */
static void
without_memory_nothing_goes_without_a_word(void **state)
{
	struct fixture *f = *state;
	size_t sent = 0;
	bool failed = true;

	for (size_t n = 1; failed; n++) {
		assert_status(STATUS_OK, send_text(f, BYTES("one more")));
		sent++;
		clock_fake(
		    clock_wall_ms() + 31 * DAY, clock_mono_ms() + 31 * DAY);
		alloc_fail_nth(n);
		for (int i = 0; i < 5; i++) { /* it looks at a part at once */
			storage_step(f->storage);
			clock_fake(
			    clock_wall_ms() + 5000, clock_mono_ms() + 5000);
		}
		failed = alloc_failed();
		alloc_fail_nth(0);
		pass(f, MINUTE);
		assert_int_equal(count_of(f, "bob"), 0);
		/* Notes grow old, too, and go without a word. */
		assert_int_equal(count_of(f, "alice"), 1);
	}
	assert_true(sent > 1);
}

static void
without_memory_a_removal_has_happened_or_not(void **state)
{
	struct fixture *f = *state;
	bool failed = true;

	for (size_t n = 1; failed; n++) {
		struct storage_op *op = op_new(f, STORAGE_REMOVE);
		struct storage_op *free_name = op_new(f, STORAGE_FREE_NAME);
		uint64_t told = state_of(f, "alice").head;
		struct arena *arena = NULL;

		assert_status(STATUS_OK, send_text(f, BYTES("for bob")));
		op->u.remove.name = name_of("bob");
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
			assert_int_equal(count_of(f, "bob"), 1);
			remove_bob(f);
		}
		pass(f, MINUTE);
		assert_int_equal(state_of(f, "alice").head, told + 1);
		acknowledge(f, "alice", told + 1);
		free_name->u.free_name.name = name_of("bob");
		assert_status(STATUS_OK, op_run(f, free_name));
		assert_status(STATUS_OK, register_list(f, &f->bob));
	}
}

#define EXPIRES(name)                                                          \
	cmocka_unit_test_setup_teardown(name, expiry_setup, expiry_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EXPIRES(what_nobody_fetches_goes_and_its_sender_is_told),
		EXPIRES(giving_up_acknowledges_nothing),
		EXPIRES(receipts_and_notes_go_without_a_word),
		EXPIRES(without_room_to_tell_the_sender_the_message_stays),
		EXPIRES(many_go_a_bounded_number_at_a_time),
		EXPIRES(a_crash_in_between_says_it_twice_and_loses_nothing),
		EXPIRES(nobody_is_told_when_the_sender_is_gone),
		EXPIRES(a_clock_that_jumps_gives_nothing_up_for_an_hour),
		EXPIRES(a_clock_that_starts_in_the_past_expires_nothing_later),
		EXPIRES(a_relay_that_stood_still_for_a_month_waits_for_an_hour),
		EXPIRES(without_a_time_to_live_mail_is_kept),
		EXPIRES(what_expired_is_counted_and_what_was_removed_is_not),
		EXPIRES(a_replay_is_not_told_of_what_expired_since),
		EXPIRES(an_account_that_nobody_uses_is_suspended_and_no_more),
		EXPIRES(whoever_wrote_to_a_removed_account_is_told),
		EXPIRES(a_crash_after_a_removal_keeps_nobody_in_the_dark),
		EXPIRES(the_next_of_a_name_has_nothing_of_the_one_before),
		EXPIRES(without_memory_nothing_goes_without_a_word),
		EXPIRES(without_memory_a_removal_has_happened_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
