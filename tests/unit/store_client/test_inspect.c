#include "store/client/inspect.h"

#include "store/client/groups.h"
#include "store/client/history.h"
#include "store/client/outbox.h"
#include "store/client/ratchets.h"
#include "store/client/self.h"
#include "store/client/vault_private.h"
#include "tests/unit/store_client/fixture.h"

static struct history_entry
entry(const struct fixture *f, const char *text)
{
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = fixture_hash("the group"),
		.from = f->alice.account,
		.device = 1,
		.seq = 1,
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
		.text = bytes_text(text),
		.received_ms = NOW_MS,
		.expires_ms = NOW_MS + 1000,
	};

	return e;
}

/* Some of everything that has an index. */
static void
fill(struct fixture *f)
{
	struct outbox_row row = {
		.kind = OUTBOX_MESSAGE,
		.state = OUTBOX_DRAFT,
		.conversation_kind = CONVERSATION_DIRECT,
		.to = f->bob.account,
		.content = BYTES("hello"),
	};
	struct group_record g = {
		.id = fixture_hash("the group"),
		.standing = GROUP_MEMBER,
	};
	struct quarantine_entry q = {
		.reason = QUARANTINE_UNDECRYPTABLE,
		.sender = f->bob,
		.payload = BYTES("12345"),
	};
	uint64_t n;

	for (uint8_t i = 1; i <= 5; i++) {
		struct history_entry e = entry(f, "said");

		e.seq = i;
		e.id.raw[0] = i;
		row.id.raw[0] = i;
		row.order = 0;
		assert_status(STATUS_OK, history_append(f->t, &e, &n));
		e.n = n;
		assert_status(STATUS_OK, history_note_number(f->t, &e));
		assert_status(STATUS_OK, outbox_put(f->t, &row, &n));
		assert_status(STATUS_OK, quarantine_add(f->t, &q, &n));
	}
	assert_status(STATUS_OK, group_set_name(f->t, &g, "friends"));
}

static void
expect_index(struct inspect_index found, size_t missing, size_t loose)
{
	assert_int_equal(found.missing, missing);
	assert_int_equal(found.loose, loose);
}

static void
expect_well(struct fixture *f)
{
	struct inspect_index found;
	struct inspect_keys keys;
	bool wrong = true;

	for (unsigned i = 0; i < VAULT_TABLES_COUNT; i++) {
		size_t records, damaged = 99;

		assert_status(STATUS_OK,
		    inspect_table(f->t, i, f->a, &records, &damaged));
		assert_int_equal(damaged, 0);
	}
	assert_status(STATUS_OK, inspect_history(f->t, f->a, &found));
	expect_index(found, 0, 0);
	assert_status(STATUS_OK, inspect_outbox(f->t, f->a, &found));
	expect_index(found, 0, 0);
	assert_status(STATUS_OK, inspect_group_names(f->t, f->a, &found));
	expect_index(found, 0, 0);
	assert_status(STATUS_OK, inspect_counters(f->t, f->a, false, &wrong));
	assert_false(wrong);
	assert_status(STATUS_OK, inspect_keys(f->t, &keys));
	assert_true(keys.keys >= 2);
}

/* As a bad sector would: the stored bytes themselves. */
static void
spoil(struct fixture *f, enum vault_table table, const struct vault_key *key)
{
	struct bytes raw = bytes_view(key->raw, key->len);
	uint8_t bad[4096];
	struct bytes v;

	assert_status(STATUS_OK, db_get(f->t->txn, (unsigned)table, raw, &v));
	assert_true(v.len <= sizeof(bad));
	memcpy(bad, v.data, v.len);
	bad[v.len - 1] ^= 1;
	assert_status(STATUS_OK, db_put(f->t->txn, (unsigned)table, raw,
				     bytes_view(bad, v.len), DB_PUT));
}

static void
a_profile_that_is_well_is_found_so(void **state)
{
	struct fixture *f = *state;

	uint32_t serial;

	expect_well(f);
	fill(f);
	expect_well(f);
	/* The ring changes: its generation is a record in clear. */
	assert_status(
	    STATUS_OK, vault_ring_use(f->t, VAULT_RING_BUCKET, 99, &serial));
	fixture_turn(f);
	expect_well(f);
}

static void
a_damaged_record_of_any_table_is_counted(void **state)
{
	struct fixture *f = *state;

	fill(f);
	for (unsigned i = 0; i < VAULT_TABLES_COUNT; i++) {
		struct vault_key key = vault_key_number(1000);
		size_t records = 0, before = 0, damaged = 0, count;

		assert_status(STATUS_OK, vault_count(f->t, i, &count));
		/* What does not decode is damage, too. */
		assert_status(
		    STATUS_OK, inspect_table(f->t, i, f->a, &records, &before));
		assert_int_equal(records, count);
		assert_int_equal(before, 0);
		assert_status(
		    STATUS_OK, vault_put(f->t, i, &key, BYTES("\xff\xff")));
		spoil(f, i, &key);
		assert_status(STATUS_OK,
		    inspect_table(f->t, i, f->a, &records, &damaged));
		assert_int_equal(records, count + 1);
		assert_int_equal(damaged, 1);
		assert_status(STATUS_OK, vault_del(f->t, i, &key));
	}
	expect_well(f);
}

static void
what_is_damaged_can_be_dropped_and_nothing_else_is(void **state)
{
	struct fixture *f = *state;
	struct vault_key second = vault_key_number(2);
	struct vault_key fourth = vault_key_number(4);
	size_t dropped = 0, count = 0;

	fill(f);
	spoil(f, VAULT_OUTBOX, &second);
	spoil(f, VAULT_OUTBOX, &fourth);
	assert_true(inspect_may_drop(VAULT_OUTBOX));
	assert_false(inspect_may_drop(VAULT_CONTACTS));
	assert_false(inspect_may_drop(VAULT_META));
	assert_status(
	    STATUS_OK, inspect_drop(f->t, VAULT_OUTBOX, f->a, &dropped));
	assert_int_equal(dropped, 2);
	assert_status(STATUS_OK, outbox_count(f->t, &count));
	assert_int_equal(count, 3);
}

static void
delete_first(struct fixture *f, enum vault_table table)
{
	struct vault_cursor *c = NULL;
	struct vault_key key = { .len = 0 };
	struct bytes raw;

	assert_status(
	    STATUS_OK, vault_cursor_open(f->t, table, NULL, NULL, false, &c));
	assert_status(STATUS_OK, vault_cursor_next(c, &raw, NULL));
	memcpy(key.raw, raw.data, raw.len);
	key.len = raw.len;
	assert_status(STATUS_OK, vault_del(f->t, table, &key));
	vault_cursor_close(c);
}

static void
every_index_of_the_history_is_made_anew(void **state)
{
	static const enum vault_table ways[] = { VAULT_HISTORY_BY_CONVERSATION,
		VAULT_HISTORY_BY_ID, VAULT_HISTORY_BY_NUMBER,
		VAULT_HISTORY_DUE };
	struct fixture *f = *state;
	struct vault_key stray = vault_key_number(77);
	struct inspect_index found;

	fill(f);
	for (size_t i = 0; i < 4; i++) {
		delete_first(f, ways[i]);
		assert_status(STATUS_OK, inspect_history(f->t, f->a, &found));
		expect_index(found, 1, 0);
		assert_status(STATUS_OK, inspect_mend_history(f->t, f->a));
		expect_well(f);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_status(
		    STATUS_OK, vault_put(f->t, ways[i], &stray, BYTES_NONE));
		assert_status(STATUS_OK, inspect_history(f->t, f->a, &found));
		expect_index(found, 0, 1);
		assert_status(STATUS_OK, inspect_mend_history(f->t, f->a));
		expect_well(f);
	}
	/* A row that is gone leaves its ways behind. */
	delete_first(f, VAULT_HISTORY);
	assert_status(STATUS_OK, inspect_history(f->t, f->a, &found));
	expect_index(found, 0, 4);
	assert_status(STATUS_OK, inspect_mend_history(f->t, f->a));
	expect_well(f);
}

static void
the_outbox_and_names_are_found_again(void **state)
{
	struct fixture *f = *state;
	struct inspect_index found;

	fill(f);
	delete_first(f, VAULT_OUTBOX_BY_ID);
	assert_status(STATUS_OK, inspect_outbox(f->t, f->a, &found));
	expect_index(found, 1, 0);
	assert_status(STATUS_OK, inspect_mend_outbox(f->t, f->a));
	delete_first(f, VAULT_OUTBOX);
	assert_status(STATUS_OK, inspect_outbox(f->t, f->a, &found));
	expect_index(found, 0, 1);
	assert_status(STATUS_OK, inspect_mend_outbox(f->t, f->a));
	delete_first(f, VAULT_GROUP_NAMES);
	assert_status(STATUS_OK, inspect_group_names(f->t, f->a, &found));
	expect_index(found, 1, 0);
	assert_status(STATUS_OK, inspect_mend_group_names(f->t, f->a));
	delete_first(f, VAULT_GROUPS);
	assert_status(STATUS_OK, inspect_group_names(f->t, f->a, &found));
	expect_index(found, 0, 1);
	assert_status(STATUS_OK, inspect_mend_group_names(f->t, f->a));
	expect_well(f);
}

static void
no_number_is_given_out_twice(void **state)
{
	struct fixture *f = *state;
	struct counters c;
	bool wrong = false;

	fill(f);
	assert_status(STATUS_OK, counters_get(f->t, &c));
	c.next_history = 2;
	c.next_outbox = 1;
	c.quarantine_bytes = 3;
	assert_status(STATUS_OK, counters_put(f->t, &c));
	assert_status(STATUS_OK, inspect_counters(f->t, f->a, false, &wrong));
	assert_true(wrong);
	assert_status(STATUS_OK, inspect_counters(f->t, f->a, true, &wrong));
	assert_status(STATUS_OK, counters_get(f->t, &c));
	assert_int_equal(c.next_history, 6);
	assert_int_equal(c.next_outbox, 6);
	assert_int_equal(c.quarantine_bytes, 25);
	/* What is above is not lowered: it may have been in use. */
	c.next_history = 99;
	assert_status(STATUS_OK, counters_put(f->t, &c));
	expect_well(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_profile_that_is_well_is_found_so),
		fixture_test(a_damaged_record_of_any_table_is_counted),
		fixture_test(
		    what_is_damaged_can_be_dropped_and_nothing_else_is),
		fixture_test(every_index_of_the_history_is_made_anew),
		fixture_test(the_outbox_and_names_are_found_again),
		fixture_test(no_number_is_given_out_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
