/* A fresh key every day, and nothing that the old one sealed opens again. */
#include "store/client/vault_rekey.h"

#include <sys/wait.h>

#include "base/hook.h"
#include "ring_fixture.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

enum { SESSIONS = 1300, SESSION_BYTES = 900 };

static const char *exit_at; /* the place where this process dies */

/* Takes the place of base/hook.c. */
void
hook_reach(const char *place)
{
	if (exit_at != NULL && strcmp(exit_at, place) == 0)
		_exit(7);
}

static int64_t
made_ms(struct vault *v)
{
	struct vault_txn *t = NULL;
	int64_t at_ms;

	assert_status(STATUS_OK, vault_txn_begin(v, DB_READ, &t));
	at_ms = keyring_newest(t->ring, VAULT_RING_DAILY, 0)->created_ms;
	vault_txn_abort(t);
	return at_ms;
}

static bool
is_due(struct vault *v, int64_t now_ms)
{
	bool due = false;

	assert_status(STATUS_OK, vault_rekey_due(v, now_ms, &due));
	return due;
}

/* Until there is no more to do; how many steps it took. */
static size_t
rekey(struct vault *v, int64_t now_ms)
{
	size_t steps = 0;
	bool more = true;

	while (more) {
		assert_status(
		    STATUS_OK, vault_rekey_step(v, now_ms, false, &more));
		assert_true(++steps < 1000);
	}
	return steps;
}

static void
session_of(uint64_t n, uint8_t content[SESSION_BYTES])
{
	memset(content, (int)(n % 251), SESSION_BYTES);
	store_u64(content, n);
}

static void
put_sessions(struct fixture *f)
{
	for (uint64_t n = 1; n <= SESSIONS; n++) {
		uint8_t content[SESSION_BYTES];

		session_of(n, content);
		assert_status(STATUS_OK, vault_put(f->t, VAULT_SESSIONS,
					     key_at(n), BYTES_OF(content)));
	}
}

static void
assert_sessions(struct vault *v)
{
	struct vault_txn *t = NULL;

	assert_status(STATUS_OK, vault_txn_begin(v, DB_READ, &t));
	for (uint64_t n = 1; n <= SESSIONS; n++) {
		struct buf *value = NULL;
		uint8_t content[SESSION_BYTES];

		session_of(n, content);
		assert_status(
		    STATUS_OK, vault_get(t, VAULT_SESSIONS, key_at(n), &value));
		assert_bytes(BYTES_OF(content), buf_view(value));
		buf_free(value);
	}
	vault_txn_abort(t);
}

/* Between transactions. */
static void
pause_fixture(struct fixture *f)
{
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
}

static void
a_day_makes_a_key_due_and_not_a_moment_before(void **state)
{
	struct fixture *f = *state;
	int64_t made;

	pause_fixture(f);
	made = made_ms(f->v);
	assert_false(is_due(f->v, made));
	assert_false(is_due(f->v, made + DAY_MS - 1));
	assert_true(is_due(f->v, made + DAY_MS));
	assert_int_equal(rekey(f->v, made + DAY_MS - 1), 1); /* did nothing */
	assert_int_equal(made_ms(f->v), made);
	rekey(f->v, made + DAY_MS);
	assert_int_equal(made_ms(f->v), made + DAY_MS);
	assert_int_equal(keys_in_file(f->dir, VAULT_RING_DAILY), 1);
}

static void
a_clock_that_jumps_costs_one_exchange_each_way(void **state)
{
	static const int64_t jumps_ms[] = {
		20 * 365 * DAY_MS,
		-20 * 365 * DAY_MS,
		INT64_MAX,
		INT64_MIN,
		0,
	};
	struct fixture *f = *state;

	put_sessions(f);
	pause_fixture(f);
	for (size_t i = 0; i < sizeof(jumps_ms) / sizeof(jumps_ms[0]); i++) {
		rekey(f->v, jumps_ms[i]);
		assert_int_equal(made_ms(f->v), jumps_ms[i]);
		assert_false(is_due(f->v, jumps_ms[i]));
		assert_int_equal(keys_in_file(f->dir, VAULT_RING_DAILY), 1);
		assert_sessions(f->v);
	}
	/* An hour back is no jump. */
	rekey(f->v, 100 * DAY_MS);
	assert_false(is_due(f->v, 100 * DAY_MS - 60 * 60 * 1000));
}

static void
one_step_seals_no_more_than_its_share(void **state)
{
	struct fixture *f = *state;
	size_t steps;

	put_sessions(f);
	pause_fixture(f);
	steps = rekey(f->v, made_ms(f->v) + DAY_MS);
	assert_int_equal(steps, SESSIONS / REKEY_STEP_ITEMS + 1);
	assert_sessions(f->v);
}

/* Whoever comes writes under the new key, and goes on with the exchange. */
static void
write_and_go_on(struct vault *v)
{
	struct vault_txn *t = NULL;
	uint32_t serial = 0;
	int64_t now = made_ms(v);

	assert_true(is_due(v, now)); /* it is under way */
	assert_status(STATUS_OK, vault_txn_begin(v, DB_WRITE, &t));
	assert_status(
	    STATUS_OK, vault_put(t, VAULT_PAIRS, key_at(1), BYTES("pair")));
	assert_status(
	    STATUS_OK, vault_serial(t, VAULT_PAIRS, key_at(1), &serial));
	assert_int_equal(
	    serial, keyring_newest(t->ring, VAULT_RING_DAILY, 0)->serial);
	assert_status(STATUS_OK, vault_txn_commit(&t));
	rekey(v, now);
}

static void
what_others_write_meanwhile_is_under_the_new_key(void **state)
{
	struct fixture *f = *state;
	bool more = false;
	int64_t now;

	put_sessions(f);
	pause_fixture(f);
	now = made_ms(f->v) + DAY_MS;
	assert_status(STATUS_OK, vault_rekey_step(f->v, now, false, &more));
	assert_true(more);
	in_another_process(f->dir, write_and_go_on);
	assert_false(is_due(f->v, now));
	assert_sessions(f->v);
	assert_int_equal(keys_in_file(f->dir, VAULT_RING_DAILY), 1);
}

static void
keys_of_buckets_and_hours_are_left_alone(void **state)
{
	struct fixture *f = *state;
	uint32_t serial = put_in_bucket(f->t, 1, "text");
	uint32_t found = 0;

	assert_status(STATUS_OK, vault_put_under(f->t, VAULT_QUARANTINE,
				     key_at(1), BYTES("held"), serial));
	pause_fixture(f);
	rekey(f->v, made_ms(f->v) + DAY_MS);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	assert_status(STATUS_OK, reads(f->t, 1, "text"));
	assert_status(
	    STATUS_OK, vault_serial(f->t, VAULT_QUARANTINE, key_at(1), &found));
	assert_int_equal(found, serial);
}

static void
a_record_that_does_not_open_does_not_hold_the_key(void **state)
{
	struct fixture *f = *state;
	struct bytes sealed;
	uint8_t bad[100];
	struct vault_key key = vault_key_number(5);
	struct bytes at = bytes_view(key.raw, key.len);

	for (uint64_t n = 1; n < 9; n++)
		assert_status(STATUS_OK,
		    vault_put(f->t, VAULT_PAIRS, key_at(n), BYTES("pair")));
	assert_status(STATUS_OK, db_get(f->t->txn, VAULT_PAIRS, at, &sealed));
	assert_true(sealed.len < sizeof(bad));
	memcpy(bad, sealed.data, sealed.len);
	bad[sealed.len - 1] ^= 1;
	assert_status(STATUS_OK, db_put(f->t->txn, VAULT_PAIRS, at,
				     bytes_view(bad, sealed.len), DB_PUT));
	pause_fixture(f);
	rekey(f->v, made_ms(f->v) + DAY_MS);
	assert_int_equal(keys_in_file(f->dir, VAULT_RING_DAILY), 1);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	assert_status(STATUS_OK, vault_has(f->t, VAULT_PAIRS, key_at(8)));
}

/* All records of sessions, as they are sealed now. */
static struct buf **
sealed_sessions(struct vault *v)
{
	struct buf **all = calloc(SESSIONS + 1, sizeof(struct buf *));
	struct vault_txn *t = NULL;

	assert_non_null(all);
	assert_status(STATUS_OK, vault_txn_begin(v, DB_READ, &t));
	for (uint64_t n = 1; n <= SESSIONS; n++) {
		const struct vault_key *key = key_at(n);
		struct bytes sealed;

		assert_status(
		    STATUS_OK, db_get(t->txn, VAULT_SESSIONS,
				   bytes_view(key->raw, key->len), &sealed));
		assert_status(STATUS_OK, buf_copy(sealed, &all[n]));
	}
	vault_txn_abort(t);
	return all;
}

/* How many of them lie somewhere in the file, and how many of those open. */
static void
look_for(struct buf **all, const struct buf *file, struct vault *v,
    size_t *lie_there, size_t *open)
{
	struct vault_txn *t = NULL;
	struct buf *out = NULL;

	*lie_there = 0;
	*open = 0;
	assert_status(STATUS_OK, buf_new(SESSION_BYTES, &out));
	assert_status(STATUS_OK, vault_txn_begin(v, DB_READ, &t));
	for (uint64_t n = 1; n <= SESSIONS; n++) {
		const struct vault_key *key = key_at(n);
		struct bytes sealed = buf_view(all[n]);

		if (memmem(buf_view(file).data, buf_len(file), sealed.data,
			sealed.len) != NULL)
			++*lie_there;
		buf_clear(out);
		if (vault_unseal(t->ring, VAULT_SESSIONS,
			bytes_view(key->raw, key->len), sealed,
			out) == STATUS_OK)
			++*open;
	}
	vault_txn_abort(t);
	buf_free(out);
}

/*
 * What a thief has who takes the disk afterwards, with the passphrase: a
 * database whose freed pages hold old sessions, and today's keys.  And one who
 * took a copy of the database before.
 */
static void
no_old_session_opens_with_the_new_keys(void **state)
{
	struct fixture *f = *state;
	struct buf **old;
	struct buf *before;
	struct buf *after;
	size_t lie_there;
	size_t open;

	put_sessions(f);
	pause_fixture(f);
	old = sealed_sessions(f->v);
	before = file_copy(f->dir, "data.mdb");
	look_for(old, before, f->v, &lie_there, &open);
	assert_int_equal(lie_there, SESSIONS);
	assert_int_equal(open, SESSIONS);

	rekey(f->v, made_ms(f->v) + DAY_MS);
	vault_close(f->v);
	f->v = fixture_vault(f->dir);
	after = file_copy(f->dir, "data.mdb");
	look_for(old, after, f->v, &lie_there, &open);
	assert_true(lie_there > 0); /* or this would show nothing */
	assert_int_equal(open, 0);
	assert_sessions(f->v);

	vault_close(f->v);
	f->v = NULL;
	file_put(f->dir, "data.mdb", before);
	assert_status(STATUS_CONFLICT, try_open(f));
	for (size_t n = 1; n <= SESSIONS; n++)
		buf_free(old[n]);
	free(old);
	buf_free(before);
	buf_free(after);
}

/* Nor does the old key lie where its file was. */
static void
the_file_that_held_the_old_key_is_overwritten(void **state)
{
	struct fixture *f = *state;
	uint8_t content[4096];
	char path[512];
	FILE *old;
	size_t len;

	pause_fixture(f);
	path_of(f->dir, "keys", path);
	old = fopen(path, "rb");
	assert_non_null(old);
	setvbuf(old, NULL, _IONBF, 0);
	rekey(f->v, made_ms(f->v) + DAY_MS);
	len = fread(content, 1, sizeof(content), old);
	fclose(old);
	assert_true(len > 100);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(content[i], 0);
}

static void
die_at_step(const char *dir, const char *place)
{
	int result;
	pid_t pid = fork();

	if (pid == 0) {
		struct vault *v = fixture_vault(dir);
		bool more;

		exit_at = place;
		assert_status(STATUS_OK,
		    vault_rekey_step(v, made_ms(v) + DAY_MS, false, &more));
		_exit(1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 7);
}

static void
a_crash_in_any_step_is_gone_on_from(void **state)
{
	static const char *const places[] = {
		"keyslots-replace-before",
		"keyslots-replace-after",
		"ring-commit-before",
		"ring-commit-after",
		"rekey-step-after",
	};
	struct fixture *f = *state;

	put_sessions(f);
	pause_fixture(f);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		vault_close(f->v);
		f->v = NULL;
		die_at_step(f->dir, places[i]);
		f->v = fixture_vault(f->dir);
		assert_sessions(f->v);
		rekey(f->v, made_ms(f->v) + DAY_MS);
		assert_sessions(f->v);
		assert_int_equal(keys_in_file(f->dir, VAULT_RING_DAILY), 1);
	}
}

static void
running_out_of_memory_stops_a_step_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	enum status st = STATUS_NOMEM;
	bool more = false;

	put_sessions(f);
	pause_fixture(f);
	for (size_t n = 1; st != STATUS_OK; n++) {
		int64_t now = made_ms(f->v) + DAY_MS;

		alloc_fail_nth(n);
		st = vault_rekey_step(f->v, now, false, &more);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
	}
	rekey(f->v, made_ms(f->v));
	assert_sessions(f->v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_day_makes_a_key_due_and_not_a_moment_before),
		fixture_test(a_clock_that_jumps_costs_one_exchange_each_way),
		fixture_test(one_step_seals_no_more_than_its_share),
		fixture_test(what_others_write_meanwhile_is_under_the_new_key),
		fixture_test(keys_of_buckets_and_hours_are_left_alone),
		fixture_test(a_record_that_does_not_open_does_not_hold_the_key),
		fixture_test(no_old_session_opens_with_the_new_keys),
		fixture_test(the_file_that_held_the_old_key_is_overwritten),
		fixture_test(a_crash_in_any_step_is_gone_on_from),
		fixture_test(
		    running_out_of_memory_stops_a_step_and_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
