#include "store/client/vault.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

static void
assert_holds(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, const char *text)
{
	struct buf *value = NULL;

	assert_status(STATUS_OK, vault_get(t, table, key, &value));
	assert_bytes(bytes_text(text), buf_view(value));
	buf_free(value);
}

static void
other_keys_do_not_open_the_database(void **state)
{
	struct fixture *f = *state;
	struct master_key *key = NULL;
	struct vault *v = NULL;
	char path[512];

	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	snprintf(path, sizeof(path), "%s/keys", f->dir);
	assert_int_equal(unlink(path), 0);
	vault_close(f->v);
	f->v = NULL;
	assert_status(STATUS_OK, keyslots_create(f->dir, BYTES_NONE, &key));
	assert_status(STATUS_CRYPTO, vault_open(f->dir, key, &v));
	assert_null(v);
}

static enum status
open_again(struct fixture *f)
{
	struct master_key *key = NULL;

	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	vault_close(f->v);
	f->v = NULL;
	assert_status(STATUS_OK, keyslots_open(f->dir, BYTES_NONE, &key));
	return vault_open(f->dir, key, &f->v);
}

static void
a_later_format_is_refused(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = vault_key_number(VAULT_META_CHECK);
	struct buf *packed = vault_packed(f->t);

	assert_status(STATUS_OK, record_pack_check(3, packed));
	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_META, &key, buf_view(packed)));
	assert_status(STATUS_BAD_INPUT, open_again(f));
}

static void
records_without_the_check_are_damage(void **state)
{
	struct fixture *f = *state;
	struct vault_key check = vault_key_number(VAULT_META_CHECK);
	struct vault_key key = vault_key_number(1);

	assert_status(STATUS_OK, vault_del(f->t, VAULT_META, &check));
	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_HISTORY, &key, BYTES("x")));
	assert_status(STATUS_CRYPTO, open_again(f));
}

static void
a_value_above_the_ceiling_is_full(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = vault_key_number(1);
	struct bytes huge =
	    bytes_view(f, (size_t)VAULT_VALUE_MAX_BYTES + 1); /* not read */

	assert_status(STATUS_FULL, vault_put(f->t, VAULT_OUTBOX, &key, huge));
	assert_status(STATUS_NOT_FOUND, vault_has(f->t, VAULT_OUTBOX, &key));
}

static void
empty_and_large_values_come_back(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = vault_key_number(1);
	size_t len = 8 * 1024 * 1024;
	uint8_t *large = calloc(len, 1);
	struct buf *value = NULL;
	size_t count = 0;

	assert_non_null(large);
	large[len - 1] = 1;
	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_OUTBOX, &key, BYTES_NONE));
	assert_holds(f->t, VAULT_OUTBOX, &key, "");
	assert_status(STATUS_OK,
	    vault_put(f->t, VAULT_OUTBOX, &key, bytes_view(large, len)));
	fixture_restart(f);
	assert_status(STATUS_OK, vault_get(f->t, VAULT_OUTBOX, &key, &value));
	assert_bytes(bytes_view(large, len), buf_view(value));
	assert_status(STATUS_OK, vault_count(f->t, VAULT_OUTBOX, &count));
	assert_int_equal(count, 1);
	assert_status(STATUS_OK, vault_del(f->t, VAULT_OUTBOX, &key));
	assert_status(STATUS_NOT_FOUND, vault_del(f->t, VAULT_OUTBOX, &key));
	buf_free(value);
	free(large);
}

static void
a_nested_abort_undoes_itself_alone(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = vault_key_number(1);
	struct vault_txn *inner = NULL;

	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_OUTBOX, &key, BYTES("before")));
	assert_status(STATUS_OK, vault_txn_begin_nested(f->t, &inner));
	assert_status(
	    STATUS_OK, vault_put(inner, VAULT_OUTBOX, &key, BYTES("inside")));
	assert_holds(inner, VAULT_OUTBOX, &key, "inside");
	vault_txn_abort(inner);
	assert_holds(f->t, VAULT_OUTBOX, &key, "before");

	assert_status(STATUS_OK, vault_txn_begin_nested(f->t, &inner));
	assert_status(
	    STATUS_OK, vault_put(inner, VAULT_OUTBOX, &key, BYTES("kept")));
	assert_status(STATUS_OK, vault_txn_commit(&inner));
	assert_null(inner);
	fixture_turn(f);
	assert_holds(f->t, VAULT_OUTBOX, &key, "kept");
}

static void
an_abort_forgets_everything(void **state)
{
	struct fixture *f = *state;
	struct vault_key key = vault_key_number(1);

	assert_status(
	    STATUS_OK, vault_put(f->t, VAULT_OUTBOX, &key, BYTES("gone")));
	vault_txn_abort(f->t);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_READ, &f->t));
	assert_status(STATUS_NOT_FOUND, vault_has(f->t, VAULT_OUTBOX, &key));
}

enum { WRITERS = 2, WRITES = 100 };

/* Also the first to open: the check record is made by one of them. */
static int
write_from_another_process(const char *dir)
{
	struct vault *v = fixture_vault(dir);

	for (size_t i = 0; i < WRITES; i++) {
		struct vault_txn *t = NULL;
		struct counters c;

		if (vault_txn_begin(v, DB_WRITE, &t) != STATUS_OK ||
		    counters_get(t, &c) != STATUS_OK)
			return 1;
		c.next_history++;
		if (counters_put(t, &c) != STATUS_OK ||
		    vault_txn_commit(&t) != STATUS_OK)
			return 1;
	}
	vault_close(v);
	return 0;
}

static void
two_processes_write_at_once_and_lose_nothing(void **state)
{
	char *dir = scratch_dir_new();
	struct master_key *key = NULL;
	struct vault_txn *t = NULL;
	struct counters c;
	struct vault *v;

	(void)state;
	assert_status(STATUS_OK, keyslots_create(dir, BYTES_NONE, &key));
	master_key_free(key);
	for (size_t i = 0; i < WRITERS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(write_from_another_process(dir));
	}
	for (size_t i = 0; i < WRITERS; i++) {
		int result;

		assert_true(wait(&result) > 0);
		assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
	}
	v = fixture_vault(dir);
	assert_status(STATUS_OK, vault_txn_begin(v, DB_READ, &t));
	assert_status(STATUS_OK, counters_get(t, &c));
	assert_int_equal(c.next_history, WRITERS * WRITES);
	vault_txn_abort(t);
	vault_close(v);
	scratch_dir_remove(dir);
}

static void
running_out_of_memory_in_open_leaves_it_closed(void **state)
{
	char *dir = scratch_dir_new();
	enum status st = STATUS_NOMEM;
	struct master_key *key = NULL;
	struct vault *v = NULL;

	(void)state;
	assert_status(STATUS_OK, keyslots_create(dir, BYTES_NONE, &key));
	for (size_t n = 1; st != STATUS_OK; n++) {
		alloc_fail_nth(n);
		st = vault_open(dir, key, &v);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		if (st != STATUS_OK)
			assert_status(
			    STATUS_OK, keyslots_open(dir, BYTES_NONE, &key));
	}
	vault_close(v);
	scratch_dir_remove(dir);
}

static enum status
use_everything(struct fixture *f)
{
	struct vault_key key = vault_key_number(1);
	struct vault_txn *inner = NULL;
	struct vault_cursor *c = NULL;
	struct buf *value = NULL;
	struct bytes k;
	enum status st = vault_txn_begin_nested(f->t, &inner);

	if (st == STATUS_OK)
		st = vault_put(inner, VAULT_OUTBOX, &key, BYTES("a"));
	if (st == STATUS_OK)
		st = vault_get(inner, VAULT_OUTBOX, &key, &value);
	buf_free(value);
	value = NULL;
	if (st == STATUS_OK)
		st = vault_cursor_open(
		    inner, VAULT_OUTBOX, NULL, NULL, false, &c);
	if (st == STATUS_OK)
		st = vault_cursor_next(c, &k, &value);
	buf_free(value);
	vault_cursor_close(c);
	vault_txn_abort(inner);
	return st;
}

static void
running_out_of_memory_in_use_is_told(void **state)
{
	struct fixture *f = *state;
	enum status st = STATUS_NOMEM;

	for (size_t n = 1; st != STATUS_OK; n++) {
		alloc_fail_nth(n);
		st = use_everything(f);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(other_keys_do_not_open_the_database),
		fixture_test(a_later_format_is_refused),
		fixture_test(records_without_the_check_are_damage),
		fixture_test(a_value_above_the_ceiling_is_full),
		fixture_test(empty_and_large_values_come_back),
		fixture_test(a_nested_abort_undoes_itself_alone),
		fixture_test(an_abort_forgets_everything),
		cmocka_unit_test(two_processes_write_at_once_and_lose_nothing),
		cmocka_unit_test(
		    running_out_of_memory_in_open_leaves_it_closed),
		fixture_test(running_out_of_memory_in_use_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
