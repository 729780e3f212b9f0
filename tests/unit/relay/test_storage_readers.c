/*
 * Several loops read and acknowledge while the writer writes, lets files go and
 * uses them again (the thread sanitizer watches).
 */
#include "tests/unit/relay/storage_fixture.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>

enum {
	READERS = 3,
	MESSAGES = 3000,
	AT_ONCE = 50,
	PAYLOAD_BYTES = 300,
	TTL_ARENA_BYTES = 64 * 1024 * 1024,
};

static const char *const names[READERS] = { "bob", "carol", "dave" };

struct reader_thread {
	struct storage *storage;
	const char *name;
	uv_thread_t thread;
	uint64_t seen; /* highest seq, without a gap */
	bool failed;
};

static void
done_flag(struct storage_op *op)
{
	*(bool *)op->owner = true;
}

static void
check_items(struct reader_thread *r, const struct storage_op *op)
{
	for (size_t i = 0; i < op->u.read.count; i++) {
		const struct item *item = &op->u.read.items[i].item;

		if (item->seq != r->seen + 1 ||
		    item->payload.len != PAYLOAD_BYTES ||
		    load_u64(item->payload.data) != item->seq ||
		    !item->has_sender)
			r->failed = true;
		r->seen = item->seq;
		blob_unref(op->u.read.items[i].owner);
	}
}

/* Reads on until it has all, acknowledging what it has. */
static void
read_on(void *arg)
{
	struct reader_thread *r = arg;
	struct storage_op op;
	struct storage_port *port;
	struct arena *arena = NULL;
	uv_loop_t loop;
	bool done;

	uv_loop_init(&loop);
	if (arena_new(TTL_ARENA_BYTES, &arena) != STATUS_OK ||
	    storage_port_open(r->storage, &loop, &port) != STATUS_OK) {
		r->failed = true;
		return;
	}
	while (r->seen < MESSAGES && !r->failed) {
		arena_reset(arena);
		memset(&op, 0, sizeof(op));
		done = false;
		op.kind = STORAGE_READ;
		op.done = done_flag;
		op.owner = &done;
		op.arena = arena;
		op.u.read.who = address_of(r->name);
		op.u.read.after = r->seen;
		op.u.read.max_items = 100;
		op.u.read.max_bytes = 1 << 20;
		if (!storage_submit(port, &op))
			r->failed = true;
		while (!done)
			uv_run(&loop, UV_RUN_ONCE);
		if (op.status != STATUS_OK)
			r->failed = true;
		else
			check_items(r, &op);
		storage_acknowledge(port, &op.u.read.who, r->seen);
	}
	storage_port_close(port);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop) != 0)
		r->failed = true;
	arena_free(arena);
}

static struct storage_op *
message(struct fixture *f, uint64_t number)
{
	struct storage_op *op = text_op(f, BYTES_NONE);
	struct recipient *to = arena_take_array(f->arena, READERS, sizeof(*to));
	uint8_t *payload = arena_take(f->arena, PAYLOAD_BYTES);

	store_u64(payload, number);
	for (size_t i = 0; i < READERS; i++) {
		to[i] = *op->u.submit.submit.recipients;
		to[i].to = address_of(names[i]);
	}
	op->u.submit.submit.shared = bytes_view(payload, PAYLOAD_BYTES);
	op->u.submit.submit.recipients = to;
	op->u.submit.submit.recipients_count = READERS;
	return op;
}

static void
write_all(struct fixture *f)
{
	struct storage_op *ops[AT_ONCE];

	for (uint64_t n = 1; n <= MESSAGES;) {
		arena_reset(f->arena);
		for (size_t i = 0; i < AT_ONCE; i++)
			ops[i] = message(f, n++);
		for (size_t i = 0; i < AT_ONCE; i++)
			op_submit(f, ops[i]);
		for (size_t i = 0; i < AT_ONCE; i++) {
			while (!*(bool *)ops[i]->owner)
				uv_run(&f->loop, UV_RUN_ONCE);
			assert_int_equal(ops[i]->status, STATUS_OK);
			assert_int_equal(ops[i]->u.submit.refused_count, 0);
		}
	}
}

static void
readers_and_the_writer_do_not_disturb_each_other(void **state)
{
	struct fixture *f = *state;
	struct reader_thread readers[READERS] = { { .name = NULL } };

	for (size_t i = 1; i < READERS; i++) {
		struct device_list list = list_of(names[i], 1);

		assert_status(STATUS_OK, register_list(f, &list));
	}
	store_close(f);
	f->options.threaded = true;
	f->options.log_file_bytes = 16 * 1024; /* many files come and go */
	store_open(f);
	for (size_t i = 0; i < READERS; i++) {
		readers[i].storage = f->storage;
		readers[i].name = names[i];
		assert_int_equal(
		    uv_thread_create(&readers[i].thread, read_on, &readers[i]),
		    0);
	}
	write_all(f);
	for (size_t i = 0; i < READERS; i++) {
		uv_thread_join(&readers[i].thread);
		assert_false(readers[i].failed);
		assert_int_equal(readers[i].seen, MESSAGES);
	}
	store_close(f);
	f->options.threaded = false;
	store_open(f);
	for (size_t i = 0; i < READERS; i++) {
		struct mailbox_state s = state_of(f, names[i]);

		assert_int_equal(s.head, MESSAGES);
		assert_int_equal(s.acknowledged, MESSAGES);
	}
}

/* The log of a full house has more files than a process may open. */
static void
more_files_than_descriptors_are_read(void **state)
{
	enum { MANY = 700, BIG_BYTES = 5000, DESCRIPTORS = 350 };
	struct fixture *f = *state;
	uint8_t *big = arena_take(f->arena, BIG_BYTES);
	struct storage_op *read;
	struct rlimit before;
	struct rlimit few;

	store_close(f);
	f->options.log_file_bytes = 16 * 1024; /* two to a file */
	store_open(f);
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = DESCRIPTORS;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (uint64_t i = 1; i <= MANY; i++) {
		struct storage_op *op = text_op(f, bytes_view(big, BIG_BYTES));

		store_u64(big, i);
		assert_status(STATUS_OK, op_run(f, op));
	}
	for (int round = 0; round < 2; round++) {
		for (uint64_t seq = 0; seq < MANY; seq += 100) {
			read = op_new(f, STORAGE_READ);
			read->u.read.who = address_of("bob");
			read->u.read.after = seq;
			read->u.read.max_items = 50;
			read->u.read.max_bytes = 1 << 30;
			assert_status(STATUS_OK, op_run(f, read));
			assert_int_equal(read->u.read.count, 50);
			for (size_t i = 0; i < 50; i++)
				assert_int_equal(
				    load_u64(read->u.read.items[i]
						 .item.payload.data),
				    seq + i + 1);
			release(read);
		}
		store_reopen(f);
	}
	acknowledge(f, "bob", MANY);
	setrlimit(RLIMIT_NOFILE, &before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    readers_and_the_writer_do_not_disturb_each_other,
		    store_setup, store_teardown),
		cmocka_unit_test_setup_teardown(
		    more_files_than_descriptors_are_read, store_setup,
		    store_teardown),
	};

	return cmocka_run_group_tests_name(
	    "storage-readers", tests, NULL, NULL);
}
