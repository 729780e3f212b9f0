/*
 * A store of version 1, written here as that release wrote it, becomes one of
 * version 2 that knows the same.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <unistd.h>

#include "base/hook.h"
#include "store/dbkey.h"
#include "store/relay/index.h"
#include "store/relay/migrate.h"

enum { FILE_BYTES = 64 * 1024, SENDER = 1, READER = 2, ROOM = 300 * 1024 };

struct fixture {
	char *dir;
	struct db *db;
	struct relay_meta meta;
	struct journal *j;
	struct index *x;
};

/* The place at which the test wants the process to end, as it were. */
static const char *stop_at;
static bool stopped;

void
hook_reach(const char *place)
{
	if (stop_at != NULL && strcmp(place, stop_at) == 0)
		stopped = true;
}

/* After that nothing may be written any more. */
int
fdatasync(int fd)
{
	(void)fd;
	errno = EIO;
	return stopped ? -1 : 0;
}

static const uint8_t stream[STREAM_BYTES] = { 1, 2, 3 };

struct old_item {
	uint32_t slot;
	uint64_t seq;
	struct bytes payload;
	bool shares; /* the payload of the one before */
};

struct old_segment {
	uint64_t number;
	uint64_t counter; /* of the mark; 0: none */
	const struct old_item *items;
	size_t count;
};

static struct dbkey
key_of(uint64_t number)
{
	struct dbkey k = dbkey_bytes(BYTES_NONE);

	dbkey_add_u64(&k, number);
	return k;
}

static void
put(struct db_txn *txn, enum relay_table table, const struct dbkey *key,
    struct bytes row)
{
	assert_status(
	    STATUS_OK, db_put(txn, table, dbkey_view(key), row, DB_PUT));
}

static void
put_segment(struct db_txn *txn, const struct old_segment *s)
{
	uint8_t *row = calloc(1, ROOM);
	size_t marks = s->counter != 0;
	uint8_t *item = row + 16 + marks * 20;
	size_t end = 16 + marks * 20 + s->count * 40;
	size_t place = end;
	struct dbkey key = key_of(s->number);

	assert_non_null(row);
	if (marks > 0) {
		store_u32(row + 16, SENDER);
		memcpy(row + 20, stream, STREAM_BYTES);
		store_u64(row + 28, s->counter);
	}
	for (size_t i = 0; i < s->count; i++, item += 40) {
		const struct old_item *from = &s->items[i];

		if (!from->shares)
			place = end;
		store_u32(item, from->slot);
		store_u32(item + 4, SENDER);
		store_u64(item + 8, from->seq);
		store_u64(item + 16, 1000000);
		store_u32(item + 24, ITEM_RATCHET);
		store_u32(item + 28, 1);
		store_u32(item + 32, (uint32_t)place);
		store_u32(item + 36, (uint32_t)from->payload.len);
		if (from->shares)
			continue;
		if (from->payload.len > 0)
			memcpy(
			    row + place, from->payload.data, from->payload.len);
		end += from->payload.len;
	}
	store_u32(row, 1);
	store_u32(row + 4, (uint32_t)marks);
	store_u32(row + 8, (uint32_t)s->count);
	store_u32(row + 12, (uint32_t)end);
	put(txn, TABLE_SEGMENTS, &key, bytes_view(row, end));
	free(row);
}

static void
put_account(struct db_txn *txn, const char *name, uint32_t slot)
{
	struct account_record record = {
		.list = { BYTES("body"), BYTES("signature") },
		.devices = { { .id = 1, .registration_id = 7, .slot = slot } },
		.devices_count = 1,
	};

	assert_status(
	    STATUS_OK, record_put_account(txn, bytes_text(name), &record));
}

/* Sender alice, reader bob: three read, and two marks known to a row. */
static void
fill(struct fixture *f)
{
	static uint8_t big[200 * 1024];
	const struct old_item one[] = {
		{ READER, 1, BYTES("read"), false },
		{ READER, 2, BYTES("read"), false },
	};
	const struct old_item two[] = {
		{ READER, 3, BYTES("read"), false },
		{ READER, 4, BYTES("four"), false },
		{ READER, 5, BYTES("five"), false },
	};
	const struct old_item three[] = {
		{ READER, 6, BYTES_OF(big), false },
		{ READER, 7, BYTES_OF(big), true },
		{ READER, 8, BYTES_OF(big), true },
		{ READER, 9, BYTES("nine"), false },
		{ 77, 1, BYTES("of nobody"), false },
	};
	const struct old_segment segments[] = {
		{ 3, 1, one, 2 },
		{ 4, 2, two, 3 },
		{ 9, 5, three, 5 },
	};
	const struct cursor_record cursor = { .acknowledged = 3, .head = 5 };
	struct stream_record row = { .segment = 4 };
	struct dbkey reader = dbkey_u32(READER);
	struct dbkey sender = dbkey_u32(SENDER);
	struct db_txn *txn = NULL;

	memset(big, 9, sizeof(big));
	replay_mark(&row.replay, stream, 1);
	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
	put_account(txn, "alice", SENDER);
	put_account(txn, "bob", READER);
	for (size_t i = 0; i < 3; i++)
		put_segment(txn, &segments[i]);
	assert_status(
	    STATUS_OK, record_put_cursor(txn, dbkey_view(&reader), &cursor));
	assert_status(
	    STATUS_OK, record_put_stream(txn, dbkey_view(&sender), &row));
	f->meta.version = 1;
	assert_status(STATUS_OK, schema_put_meta(txn, &f->meta));
	assert_status(STATUS_OK, db_txn_commit(&txn));
}

static void
open_db(struct fixture *f)
{
	assert_status(
	    STATUS_OK, schema_open(f->dir, 1 << 28, &f->db, &f->meta));
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	stop_at = NULL;
	stopped = false;
	f->dir = scratch_dir_new();
	open_db(f);
	fill(f);
	*state = f;
	return 0;
}

static void
close_all(struct fixture *f)
{
	index_free(f->x);
	journal_close(f->j);
	db_close(f->db);
	f->x = NULL;
	f->j = NULL;
	f->db = NULL;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	close_all(f);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

static enum status
migrate(struct fixture *f)
{
	return migrate_store(f->db, f->dir, FILE_BYTES, &f->meta);
}

static void
load(struct fixture *f)
{
	assert_status(STATUS_OK, journal_open(f->dir, FILE_BYTES, &f->j));
	assert_status(STATUS_OK, index_load(f->db, f->j, &f->x));
}

/* The payload of one of bob's. */
static void
expect_payload(struct fixture *f, uint64_t seq, size_t len, uint8_t first)
{
	const struct queue_entry *e =
	    mailbox_find(index_slot(f->x, READER), seq);
	uint8_t head[SEGMENT_ITEM_BYTES];
	struct journal_file *file;
	struct segment_item item;
	uint32_t place;
	size_t got;

	assert_non_null(e);
	assert_int_not_equal(e->position, 0);
	file = journal_hold(f->j, e->position);
	assert_status(STATUS_OK,
	    journal_read(file, (uint32_t)(e->position - journal_position(file)),
		sizeof(head), head));
	assert_status(STATUS_OK, segment_item_head(head, &item, &place, &got));
	assert_int_equal(item.seq, seq);
	assert_int_equal(item.sender_slot, SENDER);
	assert_int_equal(item.stored_ms, 1000000);
	assert_int_equal(item.submit_place, 0);
	assert_int_equal(got, len);
	assert_status(STATUS_OK, journal_read(file, place, 1, head));
	assert_int_equal(head[0], first);
	journal_release(f->j, file);
}

static void
expect_all(struct fixture *f)
{
	const struct mailbox *bob = index_slot(f->x, READER);
	const struct mailbox *alice = index_slot(f->x, SENDER);
	struct journal_use use;

	assert_int_equal(bob->acknowledged, 3);
	assert_int_equal(bob->head, 9);
	assert_int_equal(bob->queue_len, 6);
	expect_payload(f, 4, 4, 'f');
	expect_payload(f, 5, 4, 'f');
	for (uint64_t seq = 6; seq <= 8; seq++)
		expect_payload(f, seq, 200 * 1024, 9);
	expect_payload(f, 9, 4, 'n');
	for (uint64_t counter = 1; counter <= 5; counter++)
		assert_status(
		    counter == 3 || counter == 4 ? STATUS_OK : STATUS_EXISTS,
		    replay_check(&alice->replay, stream, counter));
	assert_true(journal_next_segment(f->j) > 9);
	journal_usage(f->j, &use);
	assert_true(use.bytes < 500 * 1024); /* shared once */
}

static void
a_store_of_version_1_is_as_before(void **state)
{
	struct fixture *f = *state;
	struct db_txn *txn = NULL;
	size_t left = 1;

	assert_status(STATUS_OK, migrate(f));
	assert_int_equal(f->meta.version, SCHEMA_VERSION);
	for (int i = 0; i < 2; i++) {
		load(f);
		expect_all(f);
		assert_status(STATUS_OK, db_txn_begin(f->db, DB_READ, &txn));
		assert_status(STATUS_OK, db_count(txn, TABLE_SEGMENTS, &left));
		assert_int_equal(left, 0);
		db_txn_abort(txn);
		close_all(f);
		open_db(f);
		assert_int_equal(f->meta.version, SCHEMA_VERSION);
		assert_status(STATUS_OK, migrate(f)); /* nothing to do */
	}
}

/* Ended anywhere before the commit, it begins anew with the old store. */
static void
a_migration_that_was_cut_off_begins_anew(void **state)
{
	static const char *const places[] = { "journal-file-created",
		"journal-file-header", "journal-file-ready",
		"journal-write-before", "journal-written", "journal-flushed",
		"migrate-journal", "migrate-commit" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		stop_at = places[i];
		stopped = false;
		assert_status(STATUS_IO, migrate(f));
		assert_true(stopped);
		stop_at = NULL;
		stopped = false;
		close_all(f);
		open_db(f);
		assert_int_equal(f->meta.version, 1);
	}
	assert_status(STATUS_OK, migrate(f));
	load(f);
	expect_all(f);
}

static void
no_memory_changes_nothing(void **state)
{
	struct fixture *f = *state;
	enum status st = STATUS_NOMEM;

	for (size_t n = 1; st != STATUS_OK; n++) {
		alloc_fail_nth(n);
		st = migrate(f);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		if (st != STATUS_OK)
			assert_int_equal(f->meta.version, 1);
	}
	load(f);
	expect_all(f);
}

static void
a_damaged_segment_stops_it_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct dbkey key = key_of(5);
	struct db_txn *txn = NULL;

	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
	put(txn, TABLE_SEGMENTS, &key, BYTES("no segment, as anybody sees"));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_status(STATUS_IO, migrate(f));
	assert_int_equal(f->meta.version, 1);
}

/* Numbers go on where they were, even when nothing at all was to be kept. */
static void
a_store_without_messages_keeps_its_numbers(void **state)
{
	struct fixture *f = *state;
	const struct cursor_record cursor = { .acknowledged = 9, .head = 9 };
	struct stream_record row = { .segment = 50 };
	struct dbkey reader = dbkey_u32(READER);
	struct dbkey sender = dbkey_u32(SENDER);
	struct db_txn *txn = NULL;

	replay_mark(&row.replay, stream, 5);
	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
	assert_status(
	    STATUS_OK, record_put_cursor(txn, dbkey_view(&reader), &cursor));
	assert_status(
	    STATUS_OK, record_put_stream(txn, dbkey_view(&sender), &row));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_status(STATUS_OK, migrate(f));
	load(f);
	assert_int_equal(index_slot(f->x, READER)->head, 9);
	assert_int_equal(index_slot(f->x, READER)->queue_len, 0);
	assert_true(journal_next_segment(f->j) > 50);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_store_of_version_1_is_as_before),
		CASE(a_migration_that_was_cut_off_begins_anew),
		CASE(no_memory_changes_nothing),
		CASE(a_damaged_segment_stops_it_and_changes_nothing),
		CASE(a_store_without_messages_keeps_its_numbers),
	};

	return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
