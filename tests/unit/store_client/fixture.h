/* fixture.h - a vault in a scratch directory, with one write transaction. */
#ifndef TACIT_TESTS_STORE_CLIENT_FIXTURE_H
#define TACIT_TESTS_STORE_CLIENT_FIXTURE_H

#include "proto/address.h"
#include "proto/arena.h"
#include "proto/sign.h"
#include "store/client/vault.h"
#include "tests/support/test.h"

#define NOW_MS INT64_C(1780000000000)

struct fixture {
	char *dir;
	struct vault *v;
	struct vault_txn *t;
	struct arena *a;
	struct address alice; /* device 1 */
	struct address bob;   /* device 2 */
};

static inline struct address
fixture_address(const char *name, uint32_t device)
{
	struct address a = { .device = device };

	assert_status(
	    STATUS_OK, account_name_parse(bytes_text(name), &a.account));
	return a;
}

static inline struct hash
fixture_hash(const char *text)
{
	struct hash h;

	hash_bytes(bytes_text(text), &h);
	return h;
}

static inline struct vault *
fixture_vault(const char *dir)
{
	struct master_key *key = NULL;
	struct vault *v = NULL;

	assert_status(STATUS_OK, keyslots_open(dir, BYTES_NONE, &key));
	assert_status(STATUS_OK, vault_open(dir, key, &v));
	return v;
}

static inline int
fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct master_key *key = NULL;

	assert_non_null(f);
	f->dir = scratch_dir_new();
	assert_non_null(f->dir);
	assert_status(STATUS_OK, keyslots_create(f->dir, BYTES_NONE, &key));
	master_key_free(key);
	f->v = fixture_vault(f->dir);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &f->a));
	f->alice = fixture_address("alice", 1);
	f->bob = fixture_address("bob", 2);
	*state = f;
	return 0;
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	alloc_fail_nth(0);
	vault_txn_abort(f->t);
	vault_close(f->v);
	arena_free(f->a);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

/* Commit and begin anew, as a later command would find it. */
static inline void
fixture_turn(struct fixture *f)
{
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
}

/* Commit, close and open again, as after a restart. */
static inline void
fixture_restart(struct fixture *f)
{
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	vault_close(f->v);
	f->v = fixture_vault(f->dir);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
}

#define fixture_test(function)                                                 \
	cmocka_unit_test_setup_teardown(                                       \
	    function, fixture_setup, fixture_teardown)

#endif
