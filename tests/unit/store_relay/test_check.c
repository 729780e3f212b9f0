/* What a damaged table looks like to who checks it. */
#include "tests/support/test.h"

#include "proto/devices.h"
#include "store/dbkey.h"
#include "store/relay/check.h"
#include "store/relay/records.h"

struct fixture {
	char *dir;
	struct db *db;
	struct relay_meta meta;
	struct buf *body;
	struct account_record account;
	struct signature signature;
	struct check_finding findings[CHECK_TABLES];
};

static const struct chain_id chain_id = { { 7 } };

static void
make_account(struct fixture *f)
{
	struct device_list list = { .version = 1, .suites = 1 };
	struct sign_secret secret;
	struct sign_public device_key;

	sign_generate(&device_key, &secret);
	sign_secret_clear(&secret);
	sign_generate(&list.account_key, &secret);
	assert_status(
	    STATUS_OK, account_name_parse(BYTES("alice"), &list.account));
	list.devices_count = 1;
	list.devices[0].id = 1;
	list.devices[0].registration_id = 5;
	list.devices[0].identity_key[0] = 5;
	list.devices[0].device_key = device_key;
	assert_status(STATUS_OK,
	    device_list_sign(&list, &secret, &f->body, &f->signature));
	sign_secret_clear(&secret);
	f->account = (struct account_record){
		.list = { buf_view(f->body), BYTES_OF(f->signature.raw) },
		.account_key = list.account_key,
		.devices_count = 1,
	};
	f->account.devices[0] = (struct account_device){ .id = 1,
		.registration_id = 5,
		.device_key = device_key,
		.slot = 1 };
	memcpy(f->account.devices[0].identity_key, list.devices[0].identity_key,
	    IDENTITY_KEY_BYTES);
}

static struct db_txn *
begin(struct fixture *f)
{
	struct db_txn *txn = NULL;

	assert_status(STATUS_OK, db_txn_begin(f->db, DB_WRITE, &txn));
	return txn;
}

static struct dbkey
prekey_key(uint32_t slot, uint32_t type, uint32_t id)
{
	struct dbkey key = dbkey_u32(slot);

	dbkey_add_u8(&key, (uint8_t)type);
	dbkey_add_u32(&key, id);
	return key;
}

static struct dbkey
entry_key(uint64_t index)
{
	struct dbkey key = dbkey_bytes(BYTES_OF(chain_id.raw));

	dbkey_add_u64(&key, index);
	return key;
}

/* A row of every kind, as they should be. */
static void
fill(struct fixture *f)
{
	struct dbkey slot = dbkey_u32(1), key;
	struct db_txn *txn = begin(f);
	const uint8_t public_key[33] = { 5 }, signature[64] = { 0 };
	const struct prekey prekey = { PREKEY_ONE_TIME, 9, BYTES_OF(public_key),
		BYTES_OF(signature) };
	const struct prekey_head head = { 9, true };
	const struct cursor_record cursor = { 3, 4, 0 };
	const struct invite_record invite = { .uses = 1 };
	const struct chain_record chain = { .length = 2 };
	const struct gone_record gone = { .devices = { { .slot = 2, .id = 1 } },
		.devices_count = 1 };
	const struct hash code = { { 1 } };

	f->meta.last_slot = 2;
	assert_status(STATUS_OK, schema_put_meta(txn, &f->meta));
	assert_status(
	    STATUS_OK, record_put_account(txn, BYTES("alice"), &f->account));
	assert_status(STATUS_OK, record_put_gone(txn, BYTES("bob"), &gone));
	assert_status(
	    STATUS_OK, record_put_cursor(txn, dbkey_view(&slot), &cursor));
	assert_status(
	    STATUS_OK, record_put_prekey_head(txn, dbkey_view(&slot), &head));
	key = prekey_key(1, PREKEY_ONE_TIME, 9);
	assert_status(
	    STATUS_OK, record_put_prekey(txn, dbkey_view(&key), &prekey));
	assert_status(
	    STATUS_OK, record_put_invite(txn, hash_view(&code), &invite));
	assert_status(
	    STATUS_OK, record_put_chain(txn, BYTES_OF(chain_id.raw), &chain));
	for (uint64_t i = 0; i < 2; i++) {
		key = entry_key(i);
		assert_status(STATUS_OK,
		    record_put_entry(txn, dbkey_view(&key), BYTES("x")));
	}
	assert_status(STATUS_OK, db_txn_commit(&txn));
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = scratch_dir_new();
	assert_status(
	    STATUS_OK, schema_open(f->dir, 1 << 28, &f->db, &f->meta));
	make_account(f);
	fill(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	db_close(f->db);
	buf_free(f->body);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

/* So many rows of that table are wrong, and none of any other. */
static void
assert_wrong(struct fixture *f, const char *table, uint64_t wrong)
{
	assert_status(STATUS_OK, check_tables(f->db, f->findings));
	for (size_t i = 0; i < CHECK_TABLES; i++) {
		const struct check_finding *got = &f->findings[i];
		bool here = strcmp(got->table, table) == 0;

		assert_int_equal(here ? wrong : 0, got->wrong);
		assert_true((got->why[0] != '\0') == (got->wrong > 0));
	}
}

static void
put(struct fixture *f, enum relay_table table, struct bytes key,
    struct bytes row)
{
	struct db_txn *txn = begin(f);

	assert_status(STATUS_OK, db_put(txn, table, key, row, DB_PUT));
	assert_status(STATUS_OK, db_txn_commit(&txn));
}

static void
what_is_as_it_should_be_passes(void **state)
{
	struct fixture *f = *state;

	assert_wrong(f, "", 0);
	assert_int_equal(1, f->findings[0].rows);
	assert_int_equal(2, f->findings[7].rows);
}

static void
rows_and_keys_that_are_garbage_are_found(void **state)
{
	static const struct {
		enum relay_table table;
		const char *name;
		struct bytes key;
	} rows[] = {
		{ TABLE_ACCOUNTS, "accounts", BYTES_NONE },
		{ TABLE_GONE, "removed", BYTES_NONE },
		{ TABLE_CURSORS, "cursors", BYTES_NONE },
		{ TABLE_STREAMS, "streams", BYTES_NONE },
		{ TABLE_PREKEYS, "prekeys", BYTES_NONE },
		{ TABLE_INVITES, "invites", BYTES_NONE },
		{ TABLE_CHAINS, "chains", BYTES_NONE },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct db_txn *txn;

		put(f, rows[i].table, BYTES("NO KEY"), BYTES("\xff garbage"));
		assert_wrong(f, rows[i].name, 1);
		txn = begin(f);
		assert_status(
		    STATUS_OK, db_del(txn, rows[i].table, BYTES("NO KEY")));
		assert_status(STATUS_OK, db_txn_commit(&txn));
	}
	put(f, TABLE_ACCOUNTS, BYTES("bob2"), BYTES("\xff garbage"));
	assert_wrong(f, "accounts", 1);
}

static void
an_account_that_is_not_what_its_list_says_is_found(void **state)
{
	struct fixture *f = *state;
	struct db_txn *txn = begin(f);

	/* Under another name, and in a slot that is taken. */
	assert_status(
	    STATUS_OK, record_put_account(txn, BYTES("carol"), &f->account));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_wrong(f, "accounts", 1);
	f->account.devices[0].slot = 3;
	txn = begin(f);
	assert_status(STATUS_OK, db_del(txn, TABLE_ACCOUNTS, BYTES("carol")));
	assert_status(
	    STATUS_OK, record_put_account(txn, BYTES("alice"), &f->account));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_status(STATUS_OK, check_tables(f->db, f->findings));
	assert_int_equal(1, f->findings[0].wrong);
	assert_non_null(strstr(f->findings[0].why, "slot 3"));
}

static void
a_cursor_beyond_its_mailbox_is_found(void **state)
{
	const struct cursor_record cursor = { 5, 4, 0 };
	struct fixture *f = *state;
	struct dbkey slot = dbkey_u32(1);
	struct db_txn *txn = begin(f);

	assert_status(
	    STATUS_OK, record_put_cursor(txn, dbkey_view(&slot), &cursor));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_wrong(f, "cursors", 1);
}

static void
prekeys_of_nobody_and_too_high_ones_are_found(void **state)
{
	struct fixture *f = *state;
	struct dbkey from = prekey_key(1, PREKEY_ONE_TIME, 9);
	struct dbkey high = prekey_key(1, PREKEY_ONE_TIME, 10);
	struct dbkey nobodys = prekey_key(2, PREKEY_SIGNED, 1);
	struct db_txn *txn = begin(f);
	uint8_t copy[256];
	struct bytes row;

	assert_status(
	    STATUS_OK, db_get(txn, TABLE_PREKEYS, dbkey_view(&from), &row));
	memcpy(copy, row.data, row.len);
	row.data = copy;
	assert_status(STATUS_OK,
	    db_put(txn, TABLE_PREKEYS, dbkey_view(&high), row, DB_PUT));
	assert_status(STATUS_OK,
	    db_put(txn, TABLE_PREKEYS, dbkey_view(&nobodys), row, DB_PUT));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_wrong(f, "prekeys", 2);
}

static void
chains_with_gaps_and_loose_ends_are_found(void **state)
{
	struct fixture *f = *state;
	struct dbkey first = entry_key(0), beyond = entry_key(2);
	struct db_txn *txn = begin(f);

	assert_status(
	    STATUS_OK, db_del(txn, TABLE_ENTRIES, dbkey_view(&first)));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_wrong(f, "entries", 1);
	assert_non_null(strstr(f->findings[7].why, "chains say 2"));
	txn = begin(f);
	assert_status(
	    STATUS_OK, record_put_entry(txn, dbkey_view(&beyond), BYTES("x")));
	assert_status(STATUS_OK, db_txn_commit(&txn));
	assert_wrong(f, "entries", 1);
	assert_non_null(strstr(f->findings[7].why, "beyond its chain"));
}

static void
a_lack_of_memory_is_not_called_damage(void **state)
{
	struct fixture *f = *state;
	enum status st = STATUS_NOMEM;

	for (size_t n = 1; st == STATUS_NOMEM; n++) {
		alloc_fail_nth(n);
		st = check_tables(f->db, f->findings);
		assert_true(st == STATUS_NOMEM || st == STATUS_OK);
		assert_true(st == STATUS_NOMEM || !alloc_failed());
	}
	alloc_fail_nth(0);
	assert_status(STATUS_OK, st);
	assert_wrong(f, "", 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_as_it_should_be_passes),
		CASE(rows_and_keys_that_are_garbage_are_found),
		CASE(an_account_that_is_not_what_its_list_says_is_found),
		CASE(a_cursor_beyond_its_mailbox_is_found),
		CASE(prekeys_of_nobody_and_too_high_ones_are_found),
		CASE(chains_with_gaps_and_loose_ends_are_found),
		CASE(a_lack_of_memory_is_not_called_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
