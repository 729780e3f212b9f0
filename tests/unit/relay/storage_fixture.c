#include "tests/unit/relay/storage_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIXTURE_ARENA_BYTES = 256 * 1024 * 1024 };

void
store_open(struct fixture *f)
{
	f->options.dir = f->dir;
	assert_status(STATUS_OK, storage_open(&f->options, &f->storage));
	assert_status(
	    STATUS_OK, storage_port_open(f->storage, &f->loop, &f->port));
}

void
store_close(struct fixture *f)
{
	storage_port_close(f->port);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	storage_close(f->storage);
	f->port = NULL;
	f->storage = NULL;
}

void
store_reopen(struct fixture *f)
{
	store_close(f);
	store_open(f);
}

static void
copy_file(int from_dir, int to_dir, const char *name)
{
	struct stat st;
	off_t at = 0;
	int from = openat(from_dir, name, O_RDONLY);
	int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(from >= 0 && to >= 0);
	assert_int_equal(fstat(from, &st), 0);
	while (at < st.st_size)
		assert_true(
		    sendfile(to, from, &at, (size_t)(st.st_size - at)) > 0);
	close(from);
	close(to);
}

/* The database, and the log. */
static void
copy_store(const char *from_dir, const char *to_dir)
{
	int from = open(from_dir, O_RDONLY | O_DIRECTORY);
	int to = open(to_dir, O_RDONLY | O_DIRECTORY);
	int from_log = openat(from, "log", O_RDONLY | O_DIRECTORY);
	int to_log;
	struct dirent *entry;
	DIR *dir;

	copy_file(from, to, "data.mdb");
	assert_int_equal(mkdirat(to, "log", 0700), 0);
	to_log = openat(to, "log", O_RDONLY | O_DIRECTORY);
	dir = fdopendir(from_log);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			copy_file(from_log, to_log, entry->d_name);
	closedir(dir);
	close(to_log);
	close(from);
	close(to);
}

char *
store_copy(const struct fixture *f)
{
	char *fresh = scratch_dir_new();

	assert_non_null(fresh);
	copy_store(f->dir, fresh);
	return fresh;
}

void
store_crash(struct fixture *f)
{
	char *fresh = store_copy(f);

	store_close(f);
	scratch_dir_remove(f->dir);
	f->dir = fresh;
	store_open(f);
}

int
store_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dir = scratch_dir_new();
	f->options.map_bytes = (size_t)1 << 30;
	f->options.log_file_bytes = 64 * 1024;
	uv_loop_init(&f->loop);
	assert_status(STATUS_OK, arena_new(FIXTURE_ARENA_BYTES, &f->arena));
	store_open(f);
	f->alice = list_of("alice", 1);
	f->bob = list_of("bob", 1);
	assert_status(STATUS_OK, register_list(f, &f->alice));
	assert_status(STATUS_OK, register_list(f, &f->bob));
	*state = f;
	return 0;
}

int
store_teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	arena_free(f->arena);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

static void
op_done(struct storage_op *op)
{
	*(bool *)op->owner = true;
}

struct storage_op *
op_new(struct fixture *f, enum storage_kind kind)
{
	struct storage_op *op = arena_take(f->arena, sizeof(*op));

	assert_non_null(op);
	op->kind = kind;
	op->done = op_done;
	op->owner = arena_take(f->arena, sizeof(bool));
	op->arena = f->arena;
	op->now_ms = NOW_MS;
	return op;
}

void
op_submit(struct fixture *f, struct storage_op *op)
{
	*(bool *)op->owner = false;
	assert_true(storage_submit(f->port, op));
}

void
op_settle(struct fixture *f)
{
	storage_step(f->storage);
	uv_run(&f->loop, UV_RUN_NOWAIT);
}

enum status
op_run(struct fixture *f, struct storage_op *op)
{
	op_submit(f, op);
	assert_false(*(bool *)op->owner); /* never inside the call */
	op_settle(f);
	assert_true(*(bool *)op->owner);
	return op->status;
}

struct account_name
name_of(const char *text)
{
	struct account_name name;

	assert_status(STATUS_OK, account_name_parse(bytes_text(text), &name));
	return name;
}

struct address
address_of(const char *text)
{
	return (struct address){ name_of(text), 1 };
}

struct device_list
list_of(const char *name, uint32_t devices)
{
	struct device_list list = {
		.account = name_of(name),
		.version = 1,
		.devices_count = devices,
	};

	memset(list.account_key.raw, name[0], sizeof(list.account_key.raw));
	for (uint32_t i = 0; i < devices; i++) {
		list.devices[i].id = i + 1;
		list.devices[i].registration_id = 100 + i;
		memset(list.devices[i].device_key.raw, name[1] + (int)i,
		    sizeof(list.devices[i].device_key.raw));
	}
	return list;
}

enum status
register_list(struct fixture *f, const struct device_list *list)
{
	struct storage_op *op = op_new(f, STORAGE_REGISTER);

	op->u.registration.list = *list;
	op->u.registration.signed_list.body = BYTES("body");
	op->u.registration.signed_list.signature = BYTES("signature");
	op->u.registration.device = 1;
	return op_run(f, op);
}

struct storage_op *
text_op(struct fixture *f, struct bytes payload)
{
	struct storage_op *op = op_new(f, STORAGE_SUBMIT);
	struct recipient *to = arena_take(f->arena, sizeof(*to));

	*to = (struct recipient){
		.to = address_of("bob"),
		.registration_id = 100,
		.type = ITEM_RATCHET,
		.suite = SUITE_SIGNAL_V3,
		.payload = payload,
	};
	op->u.submit.sender = address_of("alice");
	op->u.submit.submit.counter = ++f->counter;
	op->u.submit.submit.recipients = to;
	op->u.submit.submit.recipients_count = 1;
	op->u.submit.submit.return_handle = BYTES("handle");
	return op;
}

enum status
send_text(struct fixture *f, struct bytes payload)
{
	return op_run(f, text_op(f, payload));
}

struct storage_op *
read_all(struct fixture *f, const char *who, uint64_t after)
{
	struct storage_op *op = op_new(f, STORAGE_READ);

	op->u.read.who = address_of(who);
	op->u.read.after = after;
	op->u.read.max_items = 1000000;
	op->u.read.max_bytes = 1 << 30;
	assert_status(STATUS_OK, op_run(f, op));
	return op;
}

void
release(struct storage_op *read)
{
	for (size_t i = 0; i < read->u.read.count; i++)
		blob_unref(read->u.read.items[i].owner);
	read->u.read.count = 0;
}

void
acknowledge(struct fixture *f, const char *who, uint64_t seq)
{
	struct address address = address_of(who);

	storage_acknowledge(f->port, &address, seq);
	op_settle(f);
}

struct mailbox_state
state_of(struct fixture *f, const char *who)
{
	struct storage_op *op = op_new(f, STORAGE_IDENTIFY);

	op->u.identify.who = address_of(who);
	assert_status(STATUS_OK, op_run(f, op));
	return op->u.identify.mailbox;
}
