/* A ring that several processes use, and that crashes find half changed. */
#include <sys/wait.h>

#include "base/hook.h"
#include "ring_fixture.h"

static const char *exit_at; /* the place where this process dies */

/* Takes the place of base/hook.c. */
void
hook_reach(const char *place)
{
	if (exit_at != NULL && strcmp(exit_at, place) == 0)
		_exit(7);
}

static const char *const places[] = {
	"keyslots-replace-before",
	"keyslots-replace-after",
	"keyslots-overwrite-after",
	"ring-commit-before",
	"ring-commit-after",
};

/* Whether it died there; it then did so at the nth time. */
static bool
dies_renewing(const char *dir, const char *place, bool in_tidying)
{
	int result;
	pid_t pid = fork();

	if (pid == 0) {
		struct vault *v = fixture_vault(dir);
		struct vault_txn *t = NULL;

		assert_status(STATUS_OK, vault_txn_begin(v, DB_WRITE, &t));
		renew_bucket(t, "after");
		if (!in_tidying)
			exit_at = place;
		else /* the file before the commit is written already */
			assert_status(STATUS_OK, vault_ring_before_commit(t));
		assert_status(STATUS_OK,
		    in_tidying ? db_txn_commit(&t->txn) : vault_txn_commit(&t));
		exit_at = place;
		v = fixture_vault(dir);
		assert_status(STATUS_OK, vault_txn_begin(v, DB_WRITE, &t));
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_true(WIFEXITED(result));
	assert_true(WEXITSTATUS(result) == 7 || WEXITSTATUS(result) == 0);
	return WEXITSTATUS(result) == 7;
}

/* Whatever was committed opens, and the file ends up with what is needed. */
static void
assert_sound(struct fixture *f, bool committed)
{
	char path[512];

	reopen(f);
	assert_status(
	    STATUS_OK, reads(f->t, 1, committed ? "after" : "before"));
	assert_status(STATUS_OK, reads(f->t, 2, "untouched"));
	renew_bucket(f->t, "later");
	fixture_turn(f);
	assert_status(STATUS_OK, reads(f->t, 1, "later"));
	assert_int_equal(keys_in_file(f->dir, VAULT_RING_BUCKET), 8);
	path_of(f->dir, "keys.next", path);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
die_and_go_on(struct fixture *f, const char *place, bool in_tidying)
{
	bool committed = in_tidying || strcmp(place, "ring-commit-after") == 0;

	assert_status(STATUS_OK,
	    vault_put(f->t, VAULT_HISTORY, key_at(2), BYTES("untouched")));
	put_in_bucket(f->t, 1, "before");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	close_vault(f);
	if (!dies_renewing(f->dir, place, in_tidying))
		fail_msg("%s is not reached", place);
	assert_sound(f, committed);
}

static void
a_crash_between_file_and_database_loses_no_key(void **state)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		die_and_go_on(*state, places[i], false);
}

static void
a_crash_while_tidying_is_made_good(void **state)
{
	for (size_t i = 0; i < 3; i++)
		die_and_go_on(*state, places[i], true);
}

static void
renew_once(struct vault *v)
{
	struct vault_txn *t = NULL;

	assert_status(STATUS_OK, vault_txn_begin(v, DB_WRITE, &t));
	renew_bucket(t, "after");
	assert_status(STATUS_OK, vault_txn_commit(&t));
}

static void
a_reader_keeps_the_keys_of_its_snapshot(void **state)
{
	struct fixture *f = *state;
	struct vault_txn *reader = NULL;

	put_in_bucket(f->t, 1, "before");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_READ, &reader));
	in_another_process(f->dir, renew_once);
	assert_status(STATUS_OK, reads(reader, 1, "before"));
	vault_txn_abort(reader);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_READ, &reader));
	assert_status(STATUS_OK, reads(reader, 1, "after"));
	vault_txn_abort(reader);
	/* Whoever writes goes by the newest ring. */
	in_another_process(f->dir, renew_once);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	assert_status(STATUS_OK, reads(f->t, 1, "after"));
	renew_bucket(f->t, "ours");
	fixture_turn(f);
	assert_status(STATUS_OK, reads(f->t, 1, "ours"));
}

/* In one handle: a walk goes on while a later step changes the ring. */
static void
a_walk_goes_on_while_the_ring_changes(void **state)
{
	struct fixture *f = *state;
	struct vault_cursor *c = NULL;
	struct vault_txn *reader = NULL;
	struct buf *value = NULL;
	struct bytes key;

	put_in_bucket(f->t, 1, "before");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_READ, &reader));
	assert_status(STATUS_OK,
	    vault_cursor_open(reader, VAULT_HISTORY, NULL, NULL, false, &c));
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	renew_bucket(f->t, "after");
	fixture_turn(f);
	assert_status(STATUS_OK, vault_cursor_next(c, &key, &value));
	assert_bytes(BYTES("before"), buf_view(value));
	buf_free(value);
	vault_cursor_close(c);
	vault_txn_abort(reader);
	assert_status(STATUS_OK, reads(f->t, 1, "after"));
}

enum { ROUNDS = 60 };

static int
churn(const char *dir, bool renew)
{
	struct vault *v = fixture_vault(dir);

	for (int i = 0; i < ROUNDS; i++) {
		struct vault_txn *t = NULL;

		if (vault_txn_begin(v, renew ? DB_WRITE : DB_READ, &t) !=
			STATUS_OK ||
		    reads(t, 1, "same") != STATUS_OK)
			return 1;
		if (renew)
			renew_bucket(t, "same");
		if (renew && vault_txn_commit(&t) != STATUS_OK)
			return 2;
		vault_txn_abort(t);
		t = NULL;
		if (vault_txn_begin(v, DB_WRITE, &t) != STATUS_OK)
			return 3;
		put_in_bucket(t, 1, "same");
		if (vault_txn_commit(&t) != STATUS_OK)
			return 4;
	}
	vault_close(v);
	return 0;
}

static void
processes_that_renew_read_and_write_at_once_lose_nothing(void **state)
{
	struct fixture *f = *state;

	put_in_bucket(f->t, 1, "same");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	close_vault(f);
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(churn(f->dir, i < 2));
	}
	for (int i = 0; i < 4; i++) {
		int result;

		assert_true(wait(&result) > 0);
		assert_true(WIFEXITED(result));
		assert_int_equal(WEXITSTATUS(result), 0);
	}
	reopen(f);
	assert_status(STATUS_OK, reads(f->t, 1, "same"));
	fixture_turn(f);
	assert_int_equal(keys_in_file(f->dir, VAULT_RING_BUCKET), 8);
}

static void
assert_of_another_time(struct fixture *f)
{
	struct buf *keys = file_copy(f->dir, "keys");
	struct buf *data = file_copy(f->dir, "data.mdb");
	struct buf *now;

	assert_status(STATUS_CONFLICT, try_open(f));
	assert_null(f->v);
	now = file_copy(f->dir, "keys");
	assert_bytes(buf_view(keys), buf_view(now));
	buf_free(now);
	now = file_copy(f->dir, "data.mdb");
	assert_bytes(buf_view(data), buf_view(now));
	buf_free(now);
	buf_free(keys);
	buf_free(data);
}

static void
keys_and_database_of_different_times_are_told(void **state)
{
	struct fixture *f = *state;
	struct buf *old_keys;
	struct buf *old_data;
	struct buf *keys;

	put_in_bucket(f->t, 1, "old");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	close_vault(f);
	old_keys = file_copy(f->dir, "keys");
	old_data = file_copy(f->dir, "data.mdb");
	reopen(f);
	renew_bucket(f->t, "new");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	close_vault(f);
	keys = file_copy(f->dir, "keys");

	file_put(f->dir, "keys", old_keys); /* older than the database */
	assert_of_another_time(f);
	file_put(f->dir, "keys", keys);
	reopen(f);
	assert_status(STATUS_OK, reads(f->t, 1, "new"));
	close_vault(f);

	file_put(f->dir, "data.mdb", old_data); /* the keys are newer */
	assert_of_another_time(f);
	file_put(f->dir, "keys", old_keys); /* both of the same time */
	reopen(f);
	assert_status(STATUS_OK, reads(f->t, 1, "old"));
	buf_free(old_keys);
	buf_free(old_data);
	buf_free(keys);
}

static void
packed_keys_open_a_copy_of_that_moment(void **state)
{
	struct fixture *f = *state;
	struct buf *keys = NULL;
	struct buf *data;

	put_in_bucket(f->t, 1, "then");
	fixture_turn(f);
	assert_status(STATUS_OK, buf_new(1024 * 1024, &keys));
	assert_status(STATUS_OK, vault_pack_keys(f->t, keys));
	data = file_copy(f->dir, "data.mdb");
	renew_bucket(f->t, "later");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	close_vault(f);
	file_put(f->dir, "keys", keys);
	file_put(f->dir, "data.mdb", data);
	reopen(f);
	assert_status(STATUS_OK, reads(f->t, 1, "then"));
	buf_free(keys);
	buf_free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_crash_between_file_and_database_loses_no_key),
		fixture_test(a_crash_while_tidying_is_made_good),
		fixture_test(a_reader_keeps_the_keys_of_its_snapshot),
		fixture_test(a_walk_goes_on_while_the_ring_changes),
		fixture_test(
		    processes_that_renew_read_and_write_at_once_lose_nothing),
		fixture_test(keys_and_database_of_different_times_are_told),
		fixture_test(packed_keys_open_a_copy_of_that_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
