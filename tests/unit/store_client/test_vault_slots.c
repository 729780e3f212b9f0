/* Another passphrase, another way in: nothing else changes. */
#include "store/client/vault_slots.h"

#include <sys/wait.h>

#include "base/hook.h"
#include "ring_fixture.h"

#define FIRST  BYTES("correct horse")
#define SECOND BYTES("battery staple")

static const char *exit_at; /* the place where this process dies */

/* Takes the place of base/hook.c. */
void
hook_reach(const char *place)
{
	if (exit_at != NULL && strcmp(exit_at, place) == 0)
		_exit(7);
}

static enum status
opens(const char *dir, struct bytes passphrase)
{
	struct master_key *key = NULL;
	enum status st = keyslots_open(dir, passphrase, &key);

	master_key_free(key);
	return st;
}

static enum status
opens_by(const char *dir, enum slot_kind kind, const uint8_t *secret)
{
	struct master_key *key = NULL;
	enum status st = keyslots_open_by(dir, kind, secret, &key);

	master_key_free(key);
	return st;
}

/* Outside a transaction, with one record. */
static void
begin(struct fixture *f)
{
	put_in_bucket(f->t, 1, "text");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
}

static void
assert_text(struct vault *v)
{
	struct vault_txn *t = NULL;

	assert_status(STATUS_OK, vault_txn_begin(v, DB_READ, &t));
	assert_status(STATUS_OK, reads(t, 1, "text"));
	vault_txn_abort(t);
}

static void
a_passphrase_is_set_changed_and_removed(void **state)
{
	struct fixture *f = *state;
	struct buf *before;
	struct buf *after;

	begin(f);
	before = file_copy(f->dir, "data.mdb");
	assert_status(STATUS_OK, vault_put_slot(f->v, SLOT_PASSPHRASE, FIRST));
	assert_status(STATUS_LOCKED, opens(f->dir, BYTES_NONE));
	assert_status(STATUS_LOCKED, opens(f->dir, SECOND));
	assert_status(STATUS_OK, opens(f->dir, FIRST));
	assert_status(STATUS_OK, vault_put_slot(f->v, SLOT_PASSPHRASE, SECOND));
	assert_status(STATUS_LOCKED, opens(f->dir, FIRST));
	assert_status(STATUS_OK, opens(f->dir, SECOND));
	assert_status(STATUS_OK, vault_put_slot(f->v, SLOT_PLAIN, BYTES_NONE));
	assert_status(STATUS_OK, opens(f->dir, BYTES_NONE));
	assert_text(f->v);
	after = file_copy(f->dir, "data.mdb");
	assert_bytes(buf_view(before), buf_view(after)); /* no record moved */
	vault_close(f->v);
	f->v = fixture_vault(f->dir);
	assert_text(f->v);
	buf_free(before);
	buf_free(after);
}

static void
set_first(struct vault *v)
{
	assert_status(STATUS_OK, vault_put_slot(v, SLOT_PASSPHRASE, FIRST));
}

/* And what it changes of the ring does not bring the old passphrase back. */
static void
another_process_goes_on_without_being_asked(void **state)
{
	struct fixture *f = *state;

	begin(f);
	in_another_process(f->dir, set_first);
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
	renew_bucket(f->t, "text");
	assert_status(STATUS_OK, vault_txn_commit(&f->t));
	assert_text(f->v);
	assert_status(STATUS_LOCKED, opens(f->dir, BYTES_NONE));
	assert_status(STATUS_OK, opens(f->dir, FIRST));
}

static void
other_slots_open_by_their_secret_alone(void **state)
{
	static const enum slot_kind kinds[] = { SLOT_RECOVERY, SLOT_DESKTOP };
	struct fixture *f = *state;
	uint8_t secret[SLOT_SECRET_BYTES];
	uint8_t wrong[SLOT_SECRET_BYTES] = { 1 };
	uint8_t id[SLOT_ID_BYTES];
	uint8_t found[SLOT_ID_BYTES];

	begin(f);
	memset(secret, 0xa5, sizeof(secret));
	assert_status(STATUS_OK, vault_put_slot(f->v, SLOT_PASSPHRASE, FIRST));
	for (size_t i = 0; i < 2; i++) {
		enum slot_kind kind = kinds[i];

		assert_status(STATUS_NOT_FOUND, opens_by(f->dir, kind, secret));
		assert_status(
		    STATUS_LOCKED, vault_put_slot(f->v, kind, BYTES("short")));
		assert_status(
		    STATUS_OK, vault_put_slot(f->v, kind, BYTES_OF(secret)));
		assert_status(STATUS_OK, opens_by(f->dir, kind, secret));
		assert_status(STATUS_LOCKED, opens_by(f->dir, kind, wrong));
	}
	slot_desktop_id(secret, id);
	assert_status(STATUS_OK, keyslots_desktop_id(f->dir, found));
	assert_memory_equal(id, found, sizeof(id));
	/* A new passphrase leaves them, and they leave with themselves. */
	assert_status(STATUS_OK, vault_put_slot(f->v, SLOT_PASSPHRASE, SECOND));
	for (size_t i = 0; i < 2; i++) {
		assert_status(STATUS_OK, opens_by(f->dir, kinds[i], secret));
		assert_status(STATUS_OK, vault_drop_slot(f->v, kinds[i]));
		assert_status(STATUS_EXISTS, vault_drop_slot(f->v, kinds[i]));
		assert_status(
		    STATUS_NOT_FOUND, opens_by(f->dir, kinds[i], secret));
	}
	assert_status(STATUS_NOT_FOUND, keyslots_desktop_id(f->dir, found));
	assert_status(STATUS_OK, opens(f->dir, SECOND));
}

static void
the_next_recovery_key_takes_the_place_of_the_one_before(void **state)
{
	struct fixture *f = *state;
	uint8_t old[SLOT_SECRET_BYTES] = { 1 };
	uint8_t next[SLOT_SECRET_BYTES] = { 2 };

	begin(f);
	assert_status(STATUS_EXISTS, vault_turn_recovery(f->v));
	assert_status(
	    STATUS_OK, vault_put_slot(f->v, SLOT_RECOVERY, BYTES_OF(old)));
	assert_status(STATUS_EXISTS, vault_turn_recovery(f->v));
	assert_status(STATUS_OK,
	    vault_put_slot(f->v, SLOT_RECOVERY_NEXT, BYTES_OF(next)));
	assert_status(STATUS_OK, opens_by(f->dir, SLOT_RECOVERY, old));
	assert_status(STATUS_OK, opens_by(f->dir, SLOT_RECOVERY_NEXT, next));
	assert_status(STATUS_OK, vault_turn_recovery(f->v));
	assert_status(STATUS_LOCKED, opens_by(f->dir, SLOT_RECOVERY, old));
	assert_status(STATUS_OK, opens_by(f->dir, SLOT_RECOVERY, next));
	assert_status(
	    STATUS_NOT_FOUND, opens_by(f->dir, SLOT_RECOVERY_NEXT, next));
	assert_status(STATUS_OK, opens(f->dir, BYTES_NONE));
}

/* A secret of one kind is none of another, though both are 32 bytes. */
static void
a_slot_is_not_taken_for_one_of_another_kind(void **state)
{
	struct fixture *f = *state;
	uint8_t secret[SLOT_SECRET_BYTES] = { 3 };
	struct keyslot slot;
	struct slot_room room;

	begin(f);
	assert_status(STATUS_OK, keyslot_wrap(f->v->master, SLOT_RECOVERY,
				     BYTES_OF(secret), &room, &slot));
	slot.kind = SLOT_DESKTOP;
	assert_status(STATUS_OK, keyslots_put_slot(f->dir, &slot));
	assert_status(STATUS_LOCKED, opens_by(f->dir, SLOT_DESKTOP, secret));
}

static void
a_profile_keeps_a_way_in(void **state)
{
	struct fixture *f = *state;

	begin(f);
	assert_status(STATUS_DENIED, vault_drop_slot(f->v, SLOT_PLAIN));
	assert_status(STATUS_OK, opens(f->dir, BYTES_NONE));
	assert_status(STATUS_OK, vault_put_slot(f->v, SLOT_PASSPHRASE, FIRST));
	assert_status(STATUS_DENIED, vault_drop_slot(f->v, SLOT_PASSPHRASE));
	assert_status(STATUS_OK, opens(f->dir, FIRST));
}

static void
die_changing(const char *dir, const char *place)
{
	int result;
	pid_t pid = fork();

	if (pid == 0) {
		struct master_key *key = NULL;
		struct vault *v = NULL;

		assert_status(STATUS_OK, keyslots_open(dir, FIRST, &key));
		assert_status(STATUS_OK, vault_open(dir, key, &v));
		exit_at = place;
		assert_status(
		    STATUS_OK, vault_put_slot(v, SLOT_PASSPHRASE, SECOND));
		_exit(1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 7);
}

static void
a_crash_leaves_the_old_passphrase_or_the_new_one(void **state)
{
	struct fixture *f = *state;

	begin(f);
	assert_status(STATUS_OK, vault_put_slot(f->v, SLOT_PASSPHRASE, FIRST));
	vault_close(f->v);
	f->v = NULL;
	die_changing(f->dir, "keyslots-replace-before");
	assert_status(STATUS_OK, opens(f->dir, FIRST));
	assert_status(STATUS_LOCKED, opens(f->dir, SECOND));
	die_changing(f->dir, "keyslots-replace-after");
	assert_status(STATUS_OK, opens(f->dir, SECOND));
	assert_status(STATUS_LOCKED, opens(f->dir, FIRST));
}

/* What lay in the old slot, and a guess at the passphrase could open. */
static void
the_old_file_is_overwritten(void **state)
{
	struct fixture *f = *state;
	uint8_t content[4096];
	char path[512];
	FILE *old;
	size_t len;

	begin(f);
	path_of(f->dir, "keys", path);
	old = fopen(path, "rb");
	assert_non_null(old);
	assert_status(STATUS_OK, vault_put_slot(f->v, SLOT_PASSPHRASE, FIRST));
	len = fread(content, 1, sizeof(content), old);
	fclose(old);
	assert_true(len > 100);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(content[i], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_passphrase_is_set_changed_and_removed),
		fixture_test(another_process_goes_on_without_being_asked),
		fixture_test(other_slots_open_by_their_secret_alone),
		fixture_test(
		    the_next_recovery_key_takes_the_place_of_the_one_before),
		fixture_test(a_slot_is_not_taken_for_one_of_another_kind),
		fixture_test(a_profile_keeps_a_way_in),
		fixture_test(a_crash_leaves_the_old_passphrase_or_the_new_one),
		fixture_test(the_old_file_is_overwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
