/* What was erased opens with nothing, whoever kept old pages of the database.
 */
#include <sys/wait.h>

#include "base/hook.h"
#include "ring_fixture.h"
#include "store/client/history.h"
#include "store/client/history_place.h"

enum { HOUR_MS = 60 * 60 * 1000, MINUTE_MS = 60 * 1000 };

/* In the middle of an hour. */
#define DUE_MS (NOW_MS - NOW_MS % HOUR_MS + HOUR_MS / 2)

static const char *exit_at; /* the place where this process dies */

/* Takes the place of base/hook.c. */
void
hook_reach(const char *place)
{
	if (exit_at != NULL && strcmp(exit_at, place) == 0)
		_exit(7);
}

static uint64_t
add(struct fixture *f, uint64_t i, int64_t expires_ms)
{
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = fixture_hash("friends"),
		.from = f->bob.account,
		.device = f->bob.device,
		.received_ms = NOW_MS,
		.text = BYTES("said in anger"),
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
		.body = BYTES("what was signed"),
		.body_signature = BYTES("the signature"),
		.salt = BYTES("salt"),
		.expires_ms = expires_ms,
	};
	uint64_t n = 0;

	store_u64(e.id.raw, i);
	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	return n;
}

static struct history_entry
read_entry(struct fixture *f, uint64_t n)
{
	struct history_entry e;

	arena_reset(f->a);
	assert_status(STATUS_OK, history_get(f->t, n, f->a, &e));
	return e;
}

static void
expect_text(struct fixture *f, uint64_t n)
{
	assert_bytes(BYTES("said in anger"), read_entry(f, n).text);
}

/* As it lies in the file now, and may lie there for ever. */
static struct buf *
sealed_copy(struct fixture *f, uint64_t n)
{
	struct vault_key key = vault_key_number(n);
	struct buf *copy = NULL;
	struct bytes sealed;

	fixture_turn(f);
	assert_status(STATUS_OK, db_get(f->t->txn, VAULT_HISTORY,
				     bytes_view(key.raw, key.len), &sealed));
	assert_status(STATUS_OK, buf_copy(sealed, &copy));
	return copy;
}

/* Keys that open it, of all that the file beside the database holds now. */
static size_t
keys_that_open(struct fixture *f, uint64_t n, const struct buf *sealed)
{
	struct vault_key key = vault_key_number(n);
	struct master_key *master = NULL;
	struct keyring *settled = NULL;
	struct keyring *ring = NULL;
	struct buf *copy = NULL;
	size_t found = 0;

	assert_status(STATUS_OK, keyslots_open(f->dir, BYTES_NONE, &master));
	assert_status(STATUS_OK, keyslots_read_ring(f->dir, master, &ring));
	assert_status(STATUS_OK, keyring_settle(ring, ring->after, &settled));
	for (size_t i = 0; i < ring->count; i++) {
		struct buf *plain = NULL;
		uint8_t raw[4096];

		assert_true(buf_len(sealed) <= sizeof(raw));
		memcpy(raw, buf_view(sealed).data, buf_len(sealed));
		store_u32(raw + 1, ring->rows[i].serial);
		assert_status(STATUS_OK, buf_new(sizeof(raw), &plain));
		if (vault_unseal(settled, VAULT_HISTORY,
			bytes_view(key.raw, key.len),
			bytes_view(raw, buf_len(sealed)), plain) == STATUS_OK) {
			assert_non_null(memmem(buf_view(plain).data,
			    buf_len(plain), "said in anger", 13));
			found++;
		}
		buf_free(plain);
	}
	buf_free(copy);
	keyring_let_go(settled);
	keyring_let_go(ring);
	master_key_free(master);
	return found;
}

static size_t
sweep_all(struct fixture *f, int64_t now_ms)
{
	size_t count = 0;

	while (history_has_dirty(f->t, now_ms) == STATUS_OK) {
		assert_status(STATUS_OK, history_sweep(f->t, now_ms));
		fixture_turn(f);
		count++;
	}
	assert_status(STATUS_NOT_FOUND, history_sweep(f->t, now_ms));
	return count;
}

static void
what_was_erased_opens_with_nothing(void **state)
{
	struct fixture *f = *state;
	uint64_t n = add(f, 1, 0);
	uint64_t other = add(f, 2, 0);
	struct buf *old = sealed_copy(f, n);

	assert_int_equal(keys_that_open(f, n, old), 1);
	assert_status(STATUS_OK, history_erase(f->t, n));
	fixture_turn(f);
	assert_int_equal(keys_that_open(f, n, old), 1); /* so far */
	assert_int_equal(sweep_all(f, NOW_MS), 1);
	assert_int_equal(keys_that_open(f, n, old), 0);
	fixture_restart(f);
	assert_int_equal(keys_that_open(f, n, old), 0);
	assert_true(read_entry(f, n).erased);
	expect_text(f, other);
	buf_free(old);
}

static void
a_sweep_keeps_every_other_row(void **state)
{
	struct fixture *f = *state;
	uint64_t erased[] = { 5, 1023, 1024, 2047 };

	for (uint64_t i = 1; i <= 2100; i++)
		add(f, i, i % 7 == 0 ? DUE_MS : 0);
	for (size_t i = 0; i < 4; i++)
		assert_status(STATUS_OK, history_erase(f->t, erased[i]));
	fixture_turn(f);
	assert_int_equal(sweep_all(f, NOW_MS), 2);
	fixture_restart(f);
	for (uint64_t n = 1; n <= 2100; n++) {
		if (n == 5 || n == 1023 || n == 1024 || n == 2047)
			assert_true(read_entry(f, n).erased);
		else
			expect_text(f, n);
	}
}

/* The key of its hour goes when the hour is over, without a sweep. */
static void
a_timer_needs_no_sweep(void **state)
{
	struct fixture *f = *state;
	uint64_t n = add(f, 1, DUE_MS);
	uint64_t later = add(f, 2, DUE_MS + HOUR_MS);
	struct buf *old = sealed_copy(f, n);
	size_t looked;

	assert_int_equal(keys_that_open(f, n, old), 1);
	assert_status(STATUS_OK,
	    history_erase_due(f->t, DUE_MS + MINUTE_MS, 100, &looked));
	assert_true(read_entry(f, n).erased);
	assert_int_equal(sweep_all(f, DUE_MS + MINUTE_MS), 0);
	assert_status(STATUS_OK,
	    history_erase_due(f->t, DUE_MS + HOUR_MS / 2 - 1, 100, &looked));
	fixture_turn(f);
	assert_int_equal(keys_that_open(f, n, old), 1);
	assert_status(
	    STATUS_OK, history_erase_due(f->t, DUE_MS + HOUR_MS / 2 + MINUTE_MS,
			   100, &looked));
	fixture_turn(f);
	assert_int_equal(keys_that_open(f, n, old), 0);
	assert_true(read_entry(f, n).erased);
	expect_text(f, later);
	buf_free(old);
}

/* Whose timer runs for a year does not open for a year. */
static void
a_text_with_a_timer_can_be_erased_before(void **state)
{
	struct fixture *f = *state;
	uint64_t n = add(f, 1, DUE_MS);
	uint64_t same_hour = add(f, 2, DUE_MS + MINUTE_MS);
	struct buf *old = sealed_copy(f, n);

	assert_status(STATUS_OK, history_erase(f->t, n));
	assert_int_equal(sweep_all(f, NOW_MS), 1);
	assert_int_equal(keys_that_open(f, n, old), 0);
	expect_text(f, same_hour);
	buf_free(old);
}

/* A draft gets its timer when it is signed; its old form goes with its time. */
static void
a_timer_that_comes_later_erases_the_older_form_too(void **state)
{
	struct fixture *f = *state;
	uint64_t n = add(f, 1, 0);
	uint64_t other = add(f, 2, 0);
	struct buf *old = sealed_copy(f, n);
	struct history_entry e = read_entry(f, n);
	size_t looked;

	e.expires_ms = DUE_MS;
	assert_status(STATUS_OK, history_replace(f->t, &e));
	assert_int_equal(sweep_all(f, DUE_MS - 1), 0);
	expect_text(f, n);
	assert_status(
	    STATUS_OK, history_erase_due(f->t, DUE_MS + HOUR_MS, 100, &looked));
	assert_int_equal(sweep_all(f, DUE_MS + HOUR_MS), 1);
	assert_int_equal(keys_that_open(f, n, old), 0);
	assert_true(read_entry(f, n).erased);
	expect_text(f, other);
	buf_free(old);
}

static void
a_shorter_timer_counts_for_the_older_form_too(void **state)
{
	struct fixture *f = *state;
	uint64_t n = add(f, 1, DUE_MS + 100 * INT64_C(3600000));
	struct buf *old = sealed_copy(f, n);
	struct history_entry e = read_entry(f, n);
	size_t looked;

	e.expires_ms = DUE_MS;
	assert_status(STATUS_OK, history_replace(f->t, &e));
	assert_status(
	    STATUS_OK, history_erase_due(f->t, DUE_MS + HOUR_MS, 100, &looked));
	assert_int_equal(sweep_all(f, DUE_MS + HOUR_MS), 1);
	assert_int_equal(keys_that_open(f, n, old), 0);
	buf_free(old);
}

/* What is damaged stays so, and keeps nothing else from being erased. */
static void
a_damaged_row_stops_no_sweep(void **state)
{
	struct fixture *f = *state;
	uint64_t n = add(f, 1, 0);
	uint64_t damaged = add(f, 2, 0);
	uint64_t other = add(f, 3, 0);
	struct vault_key key = vault_key_number(damaged);
	struct buf *bytes = sealed_copy(f, damaged);
	struct buf *old = sealed_copy(f, n);
	struct bytes torn = buf_view(bytes);

	torn.len--;
	assert_status(
	    STATUS_OK, db_put(f->t->txn, VAULT_HISTORY,
			   bytes_view(key.raw, key.len), torn, DB_PUT));
	assert_status(STATUS_OK, history_erase(f->t, n));
	assert_int_equal(sweep_all(f, NOW_MS), 1);
	assert_int_equal(keys_that_open(f, n, old), 0);
	expect_text(f, other);
	buf_free(bytes);
	buf_free(old);
}

static const char *const places[] = {
	"keyslots-replace-before",
	"keyslots-replace-after",
	"ring-commit-before",
	"ring-commit-after",
};

/* Dies at the place while it sweeps; the nth time that it is reached. */
static void
sweep_and_die(const char *dir, const char *place)
{
	int result;
	pid_t pid = fork();

	if (pid == 0) {
		struct vault *v = fixture_vault(dir);
		struct vault_txn *t = NULL;

		if (vault_txn_begin(v, DB_WRITE, &t) != STATUS_OK ||
		    history_sweep(t, NOW_MS) != STATUS_OK)
			_exit(1);
		exit_at = place;
		_exit(vault_txn_commit(&t) == STATUS_OK ? 0 : 2);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 7);
}

static void
a_crash_in_a_sweep_loses_nothing_and_leaves_no_key(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint64_t n = add(f, 10 * i + 1, 0);
		uint64_t other = add(f, 10 * i + 2, 0);
		struct buf *old = sealed_copy(f, n);

		assert_status(STATUS_OK, history_erase(f->t, n));
		assert_status(STATUS_OK, vault_txn_commit(&f->t));
		close_vault(f);
		sweep_and_die(f->dir, places[i]);
		reopen(f);
		assert_true(read_entry(f, n).erased);
		expect_text(f, other);
		sweep_all(f, NOW_MS);
		/* The file is tidied by whoever writes next. */
		fixture_restart(f);
		assert_int_equal(keys_that_open(f, n, old), 0);
		expect_text(f, other);
		buf_free(old);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_was_erased_opens_with_nothing),
		fixture_test(a_sweep_keeps_every_other_row),
		fixture_test(a_timer_needs_no_sweep),
		fixture_test(a_text_with_a_timer_can_be_erased_before),
		fixture_test(
		    a_timer_that_comes_later_erases_the_older_form_too),
		fixture_test(a_shorter_timer_counts_for_the_older_form_too),
		fixture_test(a_damaged_row_stops_no_sweep),
		fixture_test(
		    a_crash_in_a_sweep_loses_nothing_and_leaves_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
