/* Full disks, failed writes, no memory, threads. */
#include "tests/unit/relay/storage_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/relay/schema.h"

static void
a_second_relay_is_refused_the_store(void **state)
{
	struct fixture *f = *state;
	struct storage *second = NULL;

	assert_status(STATUS_IO, storage_open(&f->options, &second));
	assert_null(second);
	assert_status(STATUS_OK, send_text(f, BYTES("x")));
}

/* What the C library would do, unless a test says that it fails. */
static bool disk_is_full;
static bool sync_fails;
static bool write_fails;

int
posix_fallocate(int fd, off_t at, off_t len)
{
	return disk_is_full ? ENOSPC
			    : (int)-syscall(SYS_fallocate, fd, 0, at, len);
}

/* LMDB calls these two as well. */
int
fdatasync(int fd)
{
	if (sync_fails) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

ssize_t
pwrite(int fd, const void *from, size_t len, off_t at)
{
	if (write_fails) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, from, len, at);
}

/* Items of a size that a few fill a file of the log. */
enum { PART_BYTES = 10000 };

static void
a_full_disk_is_said_and_work_goes_on_when_there_is_room(void **state)
{
	struct fixture *f = *state;
	uint8_t *part = arena_take(f->arena, PART_BYTES);
	struct storage_op *op = NULL;
	struct storage_op *read;
	uint64_t stored = 0;

	assert_status(STATUS_OK, send_text(f, BYTES("x")));
	stored++;
	disk_is_full = true;
	for (int i = 0; i < 100; i++) {
		op = text_op(f, bytes_view(part, PART_BYTES));
		if (op_run(f, op) != STATUS_OK)
			break;
		stored++;
	}
	assert_int_equal(op->status, STATUS_NO_SPACE);
	assert_false(storage_is_broken(f->storage));
	assert_status(STATUS_NO_SPACE, op_run(f, op));
	read = read_all(f, "bob", 0); /* reading goes on */
	assert_int_equal(read->u.read.count, stored);
	release(read);

	/* What is dead makes room even while the disk is full. */
	for (int i = 0; i < 20; i++) {
		acknowledge(f, "bob", stored);
		assert_status(STATUS_OK, op_run(f, op));
		stored++;
		assert_status(STATUS_EXISTS, op_run(f, op));
		op = text_op(f, bytes_view(part, PART_BYTES));
	}
	store_crash(f);
	assert_int_equal(state_of(f, "bob").head, stored);
	disk_is_full = false;
	assert_status(STATUS_OK, op_run(f, op));
	store_crash(f);
	assert_status(STATUS_EXISTS, op_run(f, op));
	assert_int_equal(state_of(f, "bob").head, stored + 1);
}

/* Storage has looked at everything after so long. */
static void
pass(struct fixture *f, int64_t ms)
{
	clock_fake(clock_wall_ms() + ms, clock_mono_ms() + ms);
	for (int i = 0; i < 10; i++) {
		op_settle(f);
		clock_fake(clock_wall_ms() + 5000, clock_mono_ms() + 5000);
	}
}

/* To tell a sender takes room, and making room works on memory and rows. */
static void
on_a_full_disk_mail_expires_when_its_sender_can_be_told(void **state)
{
	const int64_t day_ms = (int64_t)24 * 60 * 60 * 1000;
	struct fixture *f = *state;
	uint8_t *part = arena_take(f->arena, PART_BYTES);
	struct storage_op *op;
	uint64_t stored = 0;

	clock_fake(clock_wall_ms(), clock_mono_ms());
	store_close(f);
	f->options.limits.message_ttl_ms = 30 * day_ms;
	store_open(f);
	assert_status(STATUS_OK, send_text(f, BYTES("x")));
	disk_is_full = true;
	do {
		op = text_op(f, bytes_view(part, PART_BYTES));
		op->now_ms = clock_wall_ms();
		stored++;
	} while (op_run(f, op) == STATUS_OK);
	/* Days that are to be saved, too. */
	op = op_new(f, STORAGE_IDENTIFY);
	op->u.identify.who = address_of("bob");
	op->u.identify.with_prekeys = true;
	op->now_ms = clock_wall_ms();
	assert_status(STATUS_OK, op_run(f, op));
	acknowledge(f, "bob", 1);
	pass(f, 31 * day_ms);
	disk_is_full = false;
	for (int i = 0; i < 10; i++)
		pass(f, 60 * 1000);
	assert_int_equal(state_of(f, "alice").head, stored - 1);
	op = read_all(f, "bob", 0);
	assert_int_equal(op->u.read.count, 0);
	release(op);
	clock_unfake();
}

/* A limit on file size stands in for a file that cannot be made. */
static void
a_file_that_cannot_be_made_breaks_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t *big = arena_take(f->arena, LIMIT_ITEM_BYTES);
	struct storage_op *op = text_op(f, bytes_view(big, LIMIT_ITEM_BYTES));
	struct rlimit before;
	struct rlimit tiny;

	assert_status(STATUS_OK, send_text(f, BYTES("before")));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	tiny = before;
	tiny.rlim_cur = 128 * 1024;
	setrlimit(RLIMIT_FSIZE, &tiny);
	assert_status(STATUS_IO, op_run(f, op));
	setrlimit(RLIMIT_FSIZE, &before);
	assert_false(storage_is_broken(f->storage));
	assert_status(STATUS_OK, op_run(f, op));
	store_crash(f);
	assert_status(STATUS_EXISTS, op_run(f, op));
	assert_int_equal(state_of(f, "bob").head, 2);
}

/* Reads until it is killed. */
static pid_t
start_reader(struct fixture *f)
{
	int ready[2];
	pid_t child;
	char byte;

	store_close(f); /* LMDB must not be open across fork() */
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct relay_meta meta;
		struct db_txn *txn = NULL;
		struct db *db = NULL;

		if (schema_open(f->dir, f->options.map_bytes, &db, &meta) !=
			STATUS_OK ||
		    db_txn_begin(db, DB_READ, &txn) != STATUS_OK ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	store_open(f);
	return child;
}

static void
a_reader_that_was_killed_does_not_hold_the_disk(void **state)
{
	enum { TIMES = 600, KEY_BYTES = LIMIT_PREKEY_BYTES };
	struct fixture *f = *state;
	struct prekey key = {
		.type = PREKEY_SIGNED,
		.public_key =
		    bytes_view(arena_take(f->arena, KEY_BYTES), KEY_BYTES),
		.signature = BYTES("signature"),
	};
	pid_t reader;

	store_close(f);
	scratch_dir_remove(f->dir);
	f->dir = scratch_dir_new();
	f->options.map_bytes = 1024 * 1024;
	store_open(f);
	assert_status(STATUS_OK, register_list(f, &f->bob));
	reader = start_reader(f);
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	for (uint32_t i = 1; i <= TIMES; i++) { /* many times the map */
		struct storage_op *op = op_new(f, STORAGE_PUBLISH);
		enum status st = STATUS_NO_SPACE;

		key.id = i;
		op->u.publish.who = address_of("bob");
		op->u.publish.prekeys = (struct prekeys){ &key, 1 };
		for (int tries = 0; tries < 5 && st == STATUS_NO_SPACE; tries++)
			st = op_run(f, op);
		assert_status(STATUS_OK, st);
	}
}

/*
 * After a failed sync the kernel has forgotten which pages it did not write, so
 * that the next sync would succeed and prove nothing.
 */
static void
after_a_failed_sync_no_later_one_is_believed(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = text_op(f, BYTES("two"));
	struct device_list carol = list_of("carol", 1);

	assert_status(STATUS_OK, send_text(f, BYTES("one")));
	sync_fails = true;
	assert_status(STATUS_IO, op_run(f, op));
	sync_fails = false;
	assert_true(storage_is_broken(f->storage));
	assert_status(STATUS_IO, op_run(f, op));
	assert_status(STATUS_IO, register_list(f, &carol));
	/* Unknown it was: whether it is there now, it is there once. */
	store_crash(f);
	op_submit(f, op);
	op_settle(f);
	assert_true(op->status == STATUS_OK || op->status == STATUS_EXISTS);
	assert_status(STATUS_EXISTS, op_run(f, op));
	assert_int_equal(state_of(f, "bob").head, 2);
	assert_status(STATUS_OK, register_list(f, &carol));
}

static void
after_a_failed_write_nothing_is_answered_ok(void **state)
{
	struct fixture *f = *state;
	struct storage_op *read = op_new(f, STORAGE_READ);
	struct storage_op *op = text_op(f, BYTES("two"));
	struct device_list carol = list_of("carol", 1);

	assert_status(STATUS_OK, send_text(f, BYTES("before")));
	write_fails = true;
	assert_status(STATUS_IO, op_run(f, op));
	write_fails = false;
	assert_true(storage_is_broken(f->storage));
	assert_status(STATUS_IO, op_run(f, op));
	assert_status(STATUS_IO, register_list(f, &carol));
	read->u.read.who = address_of("bob");
	read->u.read.max_items = 10;
	read->u.read.max_bytes = 1000000;
	assert_status(STATUS_IO, op_run(f, read));
	/* Unknown means: the same id again, after a new start. */
	store_reopen(f);
	op_submit(f, op);
	op_settle(f);
	assert_true(op->status == STATUS_OK || op->status == STATUS_EXISTS);
	assert_int_equal(state_of(f, "bob").head, 2);
}

static enum status
do_everything(struct fixture *f, struct storage_op **ops, size_t count)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < count; i++)
		op_submit(f, ops[i]);
	op_settle(f);
	for (size_t i = 0; i < count; i++) {
		assert_true(*(bool *)ops[i]->owner);
		if (ops[i]->status == STATUS_NOMEM)
			st = STATUS_NOMEM;
		else
			assert_true(ops[i]->status == STATUS_OK ||
				    ops[i]->status == STATUS_EXISTS ||
				    ops[i]->status == STATUS_CONFLICT);
	}
	return st;
}

static void
every_failed_allocation_costs_one_answer_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	struct device_list carol = list_of("carol", 2);
	struct account_name name = name_of("bob");
	struct prekey key = {
		.type = PREKEY_ONE_TIME,
		.public_key = BYTES("k"),
	};
	struct chain_position position = { .from = 0 };

	f->options.limits.mailbox_items = 20;
	store_reopen(f);
	for (size_t n = 1;; n++) {
		struct storage_op *ops[] = {
			op_new(f, STORAGE_REGISTER),
			op_new(f, STORAGE_PUBLISH),
			op_new(f, STORAGE_BUNDLES),
			text_op(f, BYTES("message")),
			op_new(f, STORAGE_CHAIN_APPEND),
			op_new(f, STORAGE_IDENTIFY),
			op_new(f, STORAGE_READ),
			op_new(f, STORAGE_CHAIN_READ),
		};
		struct arena *arena = NULL;
		enum status st;

		ops[0]->u.registration.list = carol;
		ops[0]->u.registration.device = 1;
		key.id = (uint32_t)n;
		ops[1]->u.publish.who = address_of("bob");
		ops[1]->u.publish.prekeys = (struct prekeys){ &key, 1 };
		ops[2]->u.bundles.names = &name;
		ops[2]->u.bundles.count = 1;
		ops[4]->u.append.append.entry = BYTES("entry");
		ops[5]->u.identify.who = address_of("bob");
		ops[5]->u.identify.with_prekeys = true;
		ops[6]->u.read.who = address_of("bob");
		ops[6]->u.read.max_items = 100;
		ops[6]->u.read.max_bytes = 1 << 20;
		ops[7]->u.chain_read.positions = &position;
		ops[7]->u.chain_read.count = 1;
		assert_status(STATUS_OK, arena_new(1 << 22, &arena));
		for (size_t i = 0; i < 8; i++)
			ops[i]->arena = arena;

		alloc_fail_nth(n);
		st = do_everything(f, ops, 8);
		alloc_fail_nth(0);
		if (ops[6]->status == STATUS_OK)
			release(ops[6]);
		arena_free(arena);
		if (n % 8 == 0)
			store_crash(f);
		if (st == STATUS_OK && !alloc_failed())
			break;
	}
	assert_status(STATUS_EXISTS, register_list(f, &carol));
}

static void
no_memory_at_the_start_is_reported(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_OK, send_text(f, BYTES("x")));
	store_close(f);
	for (size_t n = 1;; n++) {
		enum status st;

		alloc_fail_nth(n);
		st = storage_open(&f->options, &f->storage);
		alloc_fail_nth(0);
		if (st == STATUS_OK)
			break;
		assert_int_equal(st, STATUS_NOMEM);
	}
	storage_close(f->storage);
	store_open(f);
	assert_int_equal(state_of(f, "bob").head, 1);
}

static void
a_port_that_closes_answers_what_was_not_begun(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op = text_op(f, BYTES("x"));

	op_submit(f, op);
	store_close(f);
	assert_true(*(bool *)op->owner);
	assert_int_equal(op->status, STATUS_IO);
	store_open(f);
	assert_int_equal(state_of(f, "bob").head, 0);
}

static void
a_port_takes_only_so_many(void **state)
{
	struct fixture *f = *state;
	struct storage_op *op;
	size_t taken = 0;

	for (;;) {
		op = text_op(f, BYTES("x"));
		*(bool *)op->owner = false;
		if (!storage_submit(f->port, op))
			break;
		assert_true(++taken < 100000);
	}
	assert_int_equal(storage_step(f->storage), taken);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(state_of(f, "bob").head, taken);
	assert_status(STATUS_OK, op_run(f, op));
}

static void
with_its_thread_it_answers_on_the_loop(void **state)
{
	struct fixture *f = *state;
	struct storage_op *ops[500];
	struct storage_op *read;

	store_close(f);
	f->options.threaded = true;
	store_open(f);
	for (size_t i = 0; i < 500; i++)
		ops[i] = text_op(f, BYTES("x"));
	for (size_t i = 0; i < 500; i++) /* the arena is the writer's now */
		op_submit(f, ops[i]);
	for (size_t i = 0; i < 500; i++) {
		while (!*(bool *)ops[i]->owner)
			uv_run(&f->loop, UV_RUN_ONCE);
		assert_int_equal(ops[i]->status, STATUS_OK);
	}
	/* Closing with work in the writer's hands. */
	for (size_t i = 0; i < 500; i++)
		ops[i] = text_op(f, BYTES("y"));
	for (size_t i = 0; i < 500; i++) /* the arena is the writer's now */
		op_submit(f, ops[i]);
	store_close(f);
	f->options.threaded = false;
	store_open(f);
	read = read_all(f, "bob", 500);
	for (size_t i = 0; i < 500; i++) {
		assert_true(*(bool *)ops[i]->owner);
		if (ops[i]->status == STATUS_OK)
			assert_true(read->u.read.count > i);
	}
	release(read);
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_second_relay_is_refused_the_store),
		CASE(a_full_disk_is_said_and_work_goes_on_when_there_is_room),
		CASE(on_a_full_disk_mail_expires_when_its_sender_can_be_told),
		CASE(a_file_that_cannot_be_made_breaks_nothing),
		CASE(a_reader_that_was_killed_does_not_hold_the_disk),
		CASE(after_a_failed_sync_no_later_one_is_believed),
		CASE(after_a_failed_write_nothing_is_answered_ok),
		CASE(
		    every_failed_allocation_costs_one_answer_and_loses_nothing),
		CASE(no_memory_at_the_start_is_reported),
		CASE(a_port_that_closes_answers_what_was_not_begun),
		CASE(a_port_takes_only_so_many),
		CASE(with_its_thread_it_answers_on_the_loop),
	};

	return cmocka_run_group_tests_name("storage-faults", tests, NULL, NULL);
}
