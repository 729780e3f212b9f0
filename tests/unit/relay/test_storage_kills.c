/*
 * The relay ends at every step of writing, letting go and using files again:
 * whatever was answered OK is there, once, and what is there is whole.
 */
#include "tests/unit/relay/storage_fixture.h"

#include <stdio.h>
#include <unistd.h>

#include "base/hook.h"

enum {
	MESSAGES = 200,
	FILE_BYTES = 16 * 1024, /* two messages to a file */
	PAYLOAD_BYTES = 5000,
	CHECK_EACH = 11,
	EVERY = 7, /* so many for bob, one for carol, who never comes */
};

struct killing {
	struct fixture *f;
	uint64_t tried;        /* submits handed over */
	uint64_t settled;      /* and answered OK */
	uint64_t acknowledged; /* by bob */
	size_t checked;
	size_t places; /* of all kinds together */
	bool busy;
};

static struct killing *killing;

static void
fill(uint8_t *to, uint64_t number)
{
	memset(to, (int)number, PAYLOAD_BYTES);
	store_u64(to, number);
}

static struct storage_op *
message(struct fixture *f, uint64_t number)
{
	struct storage_op *op = text_op(f, BYTES_NONE);
	struct recipient *to = arena_take_array(f->arena, 2, sizeof(*to));
	uint8_t *payload = arena_take(f->arena, PAYLOAD_BYTES);

	fill(payload, number);
	to[0] = *op->u.submit.submit.recipients;
	to[1] = to[0];
	to[1].to = address_of("carol");
	op->u.submit.submit.counter = number;
	op->u.submit.submit.shared = bytes_view(payload, PAYLOAD_BYTES);
	op->u.submit.submit.recipients = to;
	op->u.submit.submit.recipients_count = number % EVERY == 0 ? 2 : 1;
	return op;
}

/* All there is, each the message of its number. */
static void
check_mailbox(struct fixture *f, const char *who, uint64_t step,
    uint64_t least_head, uint64_t most_head)
{
	static uint8_t expected[PAYLOAD_BYTES];
	const struct mailbox_state m = state_of(f, who);
	struct storage_op *read = read_all(f, who, 0);

	assert_in_range(m.head, least_head, most_head);
	assert_int_equal(read->u.read.count, m.head - m.acknowledged);
	for (size_t i = 0; i < read->u.read.count; i++) {
		const struct item *item = &read->u.read.items[i].item;

		assert_int_equal(item->seq, m.acknowledged + i + 1);
		fill(expected, item->seq * step);
		assert_bytes(BYTES_OF(expected), item->payload);
	}
	release(read);
}

static void
check_copy(const struct killing *k)
{
	struct fixture g = { .options = k->f->options };

	g.dir = store_copy(k->f);
	uv_loop_init(&g.loop);
	assert_status(STATUS_OK, arena_new(1 << 26, &g.arena));
	store_open(&g);
	check_mailbox(&g, "bob", 1, k->settled, k->tried);
	check_mailbox(&g, "carol", EVERY, k->settled / EVERY, k->tried / EVERY);
	assert_in_range(state_of(&g, "bob").acknowledged, 0, k->acknowledged);
	for (uint64_t n = k->settled; n > 0 && n + 3 > k->settled; n--)
		assert_status(STATUS_EXISTS, op_run(&g, message(&g, n)));
	assert_status(STATUS_OK, op_run(&g, message(&g, k->tried + 1)));
	store_close(&g);
	assert_int_equal(uv_loop_close(&g.loop), 0);
	arena_free(g.arena);
	scratch_dir_remove(g.dir);
}

void
hook_reach(const char *place)
{
	struct killing *k = killing;

	if (k == NULL || k->busy)
		return;
	(void)place;
	if (++k->places % CHECK_EACH != 0) /* in turn, every kind of place */
		return;
	k->busy = true;
	k->checked++;
	check_copy(k);
	k->busy = false;
}

static void
ended_at_any_step_it_keeps_what_was_answered(void **state)
{
	struct fixture *f = *state;
	struct device_list carol = list_of("carol", 1);
	struct killing k = { .f = f };

	store_close(f);
	scratch_dir_remove(f->dir);
	f->dir = scratch_dir_new();
	f->options.log_file_bytes = FILE_BYTES;
	store_open(f);
	assert_status(STATUS_OK, register_list(f, &f->alice));
	assert_status(STATUS_OK, register_list(f, &f->bob));
	assert_status(STATUS_OK, register_list(f, &carol));
	killing = &k;
	for (uint64_t n = 1; n <= MESSAGES; n++) {
		k.tried = n;
		assert_status(STATUS_OK, op_run(f, message(f, n)));
		k.settled = n;
		if (n % 5 == 0) {
			k.acknowledged = n - 2;
			acknowledge(f, "bob", n - 2);
		}
		arena_reset(f->arena);
	}
	killing = NULL;
	assert_true(k.checked > 50);
	store_reopen(f);
	check_mailbox(f, "bob", 1, MESSAGES, MESSAGES);
	check_mailbox(f, "carol", EVERY, MESSAGES / EVERY, MESSAGES / EVERY);
}

static uint64_t
log_bytes(struct fixture *f)
{
	struct storage_op *op = op_new(f, STORAGE_STATS);

	assert_status(STATUS_OK, op_run(f, op));
	return op->u.stats.log_bytes;
}

/* One message in twenty stays; the others must not keep the disk. */
static void
what_stays_does_not_keep_what_is_gone(void **state)
{
	enum { ROUNDS = 1200, KEPT = 20 };
	struct fixture *f = *state;
	struct device_list carol = list_of("carol", 1);
	uint64_t alive = 0;

	store_close(f);
	f->options.log_file_bytes = FILE_BYTES;
	store_open(f);
	assert_status(STATUS_OK, register_list(f, &carol));
	for (uint64_t n = 1; n <= ROUNDS; n++) {
		struct storage_op *op = message(f, n);

		op->u.submit.submit.recipients_count = n % KEPT == 0 ? 2 : 1;
		alive += n % KEPT == 0 ? PAYLOAD_BYTES : 0;
		assert_status(STATUS_OK, op_run(f, op));
		acknowledge(f, "bob", n);
		assert_in_range(log_bytes(f), 0, 4 * alive + 32 * FILE_BYTES);
		arena_reset(f->arena);
	}
	for (int i = 0; i < 2; i++) {
		check_mailbox(f, "bob", 1, ROUNDS, ROUNDS);
		check_mailbox(f, "carol", KEPT, ROUNDS / KEPT, ROUNDS / KEPT);
		store_crash(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    ended_at_any_step_it_keeps_what_was_answered, store_setup,
		    store_teardown),
		cmocka_unit_test_setup_teardown(
		    what_stays_does_not_keep_what_is_gone, store_setup,
		    store_teardown),
	};

	return cmocka_run_group_tests_name("storage-kills", tests, NULL, NULL);
}
