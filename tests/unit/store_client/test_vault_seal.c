/* What lies in the tables, and what becomes of it in hostile hands. */
#include "fixture.h"
#include "store/client/vault_private.h"

static struct vault_key
key_of(struct vault_txn *t, enum vault_table table, const char *name)
{
	struct bytes part = bytes_text(name);

	return vault_key_hash(t, table, &part, 1);
}

static struct bytes
view_of(const struct vault_key *key)
{
	return bytes_view(key->raw, key->len);
}

static void
assert_holds(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, const char *text)
{
	struct buf *value = NULL;

	assert_status(STATUS_OK, vault_get(t, table, key, &value));
	assert_bytes(bytes_text(text), buf_view(value));
	buf_free(value);
}

/* The sealed bytes of a record, as they lie in the table. */
static struct buf *
sealed_copy(struct fixture *f, enum vault_table table, struct vault_key key)
{
	struct buf *copy = NULL;
	struct bytes sealed;

	assert_status(
	    STATUS_OK, db_get(f->t->txn, table, view_of(&key), &sealed));
	assert_status(STATUS_OK, buf_copy(sealed, &copy));
	return copy;
}

static void
assert_refused(struct fixture *f, enum vault_table table,
    const struct vault_key *key, struct bytes sealed)
{
	struct vault_cursor *c = NULL;
	struct buf *value = NULL;
	struct bytes k;

	assert_status(
	    STATUS_OK, db_put(f->t->txn, table, view_of(key), sealed, DB_PUT));
	assert_status(STATUS_CRYPTO, vault_get(f->t, table, key, &value));
	assert_status(
	    STATUS_OK, vault_cursor_open(f->t, table, key, NULL, false, &c));
	assert_status(STATUS_CRYPTO, vault_cursor_next(c, &k, &value));
	vault_cursor_close(c);
	assert_null(value);
}

static void
a_record_moved_to_another_key_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct vault_key a = key_of(f->t, VAULT_SESSIONS, "a");
	struct vault_key b = key_of(f->t, VAULT_SESSIONS, "b");
	struct buf *sealed;

	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_SESSIONS, &a, BYTES("for a")));
	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_SESSIONS, &b, BYTES("for b")));
	sealed = sealed_copy(f, VAULT_SESSIONS, a);
	assert_refused(f, VAULT_SESSIONS, &b, buf_view(sealed));
	assert_holds(f->t, VAULT_SESSIONS, &a, "for a");
	buf_free(sealed);
}

static void
a_record_moved_to_another_table_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = vault_key_number(7);
	struct buf *sealed;

	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_PREKEYS, &key, BYTES("one")));
	sealed = sealed_copy(f, VAULT_PREKEYS, key);
	for (unsigned table = 0; table < VAULT_TABLES_COUNT; table++)
		if (table != VAULT_PREKEYS)
			assert_refused(f, table, &key, buf_view(sealed));
	buf_free(sealed);
}

static void
truncated_and_flipped_records_do_not_open(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = key_of(f->t, VAULT_CONTACTS, "a");
	uint8_t bad[128];
	struct buf *sealed;
	size_t len;

	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_CONTACTS, &key, BYTES("hello")));
	sealed = sealed_copy(f, VAULT_CONTACTS, key);
	len = buf_len(sealed);
	assert_int_equal(len, 5 + VAULT_OVERHEAD_BYTES);
	memcpy(bad, buf_view(sealed).data, len);
	for (size_t cut = 0; cut < len; cut++)
		assert_refused(f, VAULT_CONTACTS, &key, bytes_view(bad, cut));
	for (size_t bit = 0; bit < len * 8; bit++) {
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(f, VAULT_CONTACTS, &key, bytes_view(bad, len));
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	bad[len] = 0;
	assert_refused(f, VAULT_CONTACTS, &key, bytes_view(bad, len + 1));
	buf_free(sealed);
}

static void
a_key_of_foreign_length_is_damage(void **state)
{
	struct fixture *f = *state;
	struct vault_cursor *c = NULL;
	uint8_t wide[VAULT_KEY_MAX_BYTES + 1] = { 0 };
	struct bytes k;

	assert_status(STATUS_OK,
	    db_put(f->t->txn, VAULT_SEEN, BYTES_OF(wide), BYTES("x"), DB_PUT));
	assert_status(STATUS_OK,
	    vault_cursor_open(f->t, VAULT_SEEN, NULL, NULL, false, &c));
	assert_status(STATUS_CRYPTO, vault_cursor_next(c, &k, NULL));
	vault_cursor_close(c);
	assert_int_equal(vault_key_last_number(BYTES("short")), 0);
}

static void
equal_values_are_sealed_differently(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = key_of(f->t, VAULT_CONTACTS, "a");
	struct buf *first;
	struct buf *second;

	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_CONTACTS, &key, BYTES("same")));
	first = sealed_copy(f, VAULT_CONTACTS, key);
	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_CONTACTS, &key, BYTES("same")));
	second = sealed_copy(f, VAULT_CONTACTS, key);
	assert_false(bytes_equal(
	    bytes_tail(buf_view(first), 5), bytes_tail(buf_view(second), 5)));
	buf_free(first);
	buf_free(second);
}

enum { NONCES_MAX = 64, NONCE_BYTES = VAULT_NONCE_BYTES };

struct nonces {
	uint8_t all[NONCES_MAX][NONCE_BYTES];
	size_t count;
};

static void
seal_one(struct vault_txn *t, struct nonces *seen)
{
	struct vault_key key = vault_key_number(1);
	struct bytes sealed;

	assert_status(
	    STATUS_OK, vault_put(t, VAULT_PREKEYS, &key, BYTES("same")));
	assert_status(
	    STATUS_OK, db_get(t->txn, VAULT_PREKEYS, view_of(&key), &sealed));
	assert_true(seen->count < NONCES_MAX);
	memcpy(seen->all[seen->count], sealed.data + 5, NONCE_BYTES);
	for (size_t i = 0; i < seen->count; i++)
		assert_memory_not_equal(
		    seen->all[i], seen->all[seen->count], NONCE_BYTES);
	seen->count++;
}

/* Also not with what was undone: its pages may lie on the disk. */
static void
no_nonce_comes_twice_whatever_is_undone(void **state)
{
	struct fixture *f = *state;
	struct nonces seen = { .count = 0 };

	for (int i = 0; i < 4; i++) {
		struct vault_txn *inner = NULL;
		struct vault_txn *inmost = NULL;

		seal_one(f->t, &seen);
		assert_status(STATUS_OK, vault_txn_begin_nested(f->t, &inner));
		seal_one(inner, &seen);
		assert_status(
		    STATUS_OK, vault_txn_begin_nested(inner, &inmost));
		seal_one(inmost, &seen);
		if (i % 2 == 0)
			vault_txn_abort(inmost);
		else
			assert_status(STATUS_OK, vault_txn_commit(&inmost));
		seal_one(inner, &seen);
		if (i < 2)
			vault_txn_abort(inner);
		else
			assert_status(STATUS_OK, vault_txn_commit(&inner));
		seal_one(f->t, &seen);
		if (i == 1) {
			vault_txn_abort(f->t);
			assert_status(
			    STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
		} else {
			fixture_turn(f);
		}
	}
	assert_int_equal(seen.count, 20);
}

static void
lookup_hashes_keep_parts_and_tables_apart(void **state)
{
	struct fixture *f = *state;
	struct bytes split[] = { BYTES("ab"), BYTES("c") };
	struct bytes other[] = { BYTES("a"), BYTES("bc") };
	struct vault_key k = vault_key_hash(f->t, VAULT_SEEN, split, 2);
	struct vault_key l = vault_key_hash(f->t, VAULT_SEEN, other, 2);
	struct vault_key m = vault_key_hash(f->t, VAULT_PAIRS, split, 2);

	assert_int_equal(k.len, VAULT_HASH_BYTES);
	assert_false(bytes_equal(view_of(&k), view_of(&l)));
	assert_false(bytes_equal(view_of(&k), view_of(&m)));
}

/* Storage.md 4, in one go and from the key. */
static void
lookup_hashes_are_keyed_with_what_the_base_key_gives(void **state)
{
	struct fixture *f = *state;
	struct bytes part = BYTES("ab");
	struct vault_key k = vault_key_hash(f->t, VAULT_SEEN, &part, 1);
	const struct keyring_row *base =
	    keyring_newest(f->t->ring, VAULT_RING_BASE, 0);
	uint8_t said[4 + 4 + 2] = { 0 };
	uint8_t key[KEYRING_KEY_BYTES];
	uint8_t hash[VAULT_HASH_BYTES];

	assert_non_null(base);
	crypto_kdf_derive_from_key(key, sizeof(key), 0, "tacit-vl", base->key);
	store_u32(said, VAULT_SEEN);
	store_u32(said + 4, 2);
	memcpy(said + 8, "ab", 2);
	crypto_generichash(
	    hash, sizeof(hash), said, sizeof(said), key, sizeof(key));
	assert_bytes(BYTES_OF(hash), view_of(&k));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_record_moved_to_another_key_does_not_open),
		fixture_test(a_record_moved_to_another_table_does_not_open),
		fixture_test(truncated_and_flipped_records_do_not_open),
		fixture_test(a_key_of_foreign_length_is_damage),
		fixture_test(equal_values_are_sealed_differently),
		fixture_test(no_nonce_comes_twice_whatever_is_undone),
		fixture_test(lookup_hashes_keep_parts_and_tables_apart),
		fixture_test(
		    lookup_hashes_are_keyed_with_what_the_base_key_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
