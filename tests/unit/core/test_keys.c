/* What opens a profile, with a desktop's keyring made of answers. */
#include "base/random.h"
#include "client/core/api/api_keys.h"
#include "client/core/desktop.h"
#include "cores.h"
#include "store/client/vault_slots.h"

#define PASSPHRASE "correct horse"

/* The keyring: one secret, which answers or not. */
static struct {
	bool has;
	enum status answer;
	uint8_t id[SLOT_ID_BYTES];
	uint8_t secret[SLOT_SECRET_BYTES];
	size_t lookups;
	size_t forgotten;
} desktop;

enum status
desktop_store(const uint8_t id[SLOT_ID_BYTES], const char *label,
    const uint8_t secret[SLOT_SECRET_BYTES], int64_t deadline_ms)
{
	(void)deadline_ms;
	assert_string_equal(label, "Tacit profile of alice");
	if (desktop.answer != STATUS_OK)
		return desktop.answer;
	memcpy(desktop.id, id, SLOT_ID_BYTES);
	memcpy(desktop.secret, secret, SLOT_SECRET_BYTES);
	desktop.has = true;
	return STATUS_OK;
}

enum status
desktop_lookup(const uint8_t id[SLOT_ID_BYTES], int64_t deadline_ms,
    uint8_t secret[SLOT_SECRET_BYTES])
{
	(void)deadline_ms;
	desktop.lookups++;
	if (desktop.answer != STATUS_OK)
		return desktop.answer;
	if (!desktop.has || memcmp(id, desktop.id, SLOT_ID_BYTES) != 0)
		return STATUS_NOT_FOUND;
	memcpy(secret, desktop.secret, SLOT_SECRET_BYTES);
	return STATUS_OK;
}

enum status
desktop_forget(const uint8_t id[SLOT_ID_BYTES], int64_t deadline_ms)
{
	(void)deadline_ms;
	desktop.forgotten++;
	if (memcmp(id, desktop.id, SLOT_ID_BYTES) == 0)
		desktop.has = false;
	return desktop.answer;
}

struct open_profile {
	struct party alice;
	struct tacit t;
};

static int
setup(void **state)
{
	struct open_profile *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	memset(&desktop, 0, sizeof(desktop));
	party_make(&o->alice, "alice");
	o->t.core = o->alice.core;
	o->t.dir = o->alice.dir;
	o->t.timeout_ms = 1000;
	*state = o;
	return 0;
}

static int
teardown(void **state)
{
	struct open_profile *o = *state;

	party_end(&o->alice);
	free(o);
	return 0;
}

static enum status
unlock(struct open_profile *o, const char *passphrase)
{
	struct tacit_options options = { .passphrase = passphrase,
		.passphrase_len = strlen(passphrase) };
	struct master_key *key = NULL;
	enum status st = keys_unlock(&o->t, &options, &key);

	master_key_free(key);
	return st;
}

static void
with_keyring(struct open_profile *o)
{
	struct tacit_error e;

	assert_int_equal(
	    tacit_set_passphrase(&o->t, PASSPHRASE, strlen(PASSPHRASE), &e),
	    TACIT_DONE);
	assert_int_equal(tacit_keyring_add(&o->t, &e), TACIT_DONE);
}

static void
a_keyring_opens_what_has_a_passphrase(void **state)
{
	struct open_profile *o = *state;
	struct tacit_ways ways = { 0 };
	struct tacit_error e;
	bool asks = false;

	assert_int_equal(tacit_asks_keyring(o->t.dir, &asks, &e), TACIT_DONE);
	assert_false(asks);
	assert_status(STATUS_OK, unlock(o, ""));
	assert_int_equal(desktop.lookups, 0); /* nobody asks in vain */
	with_keyring(o);
	assert_int_equal(tacit_asks_keyring(o->t.dir, &asks, &e), TACIT_DONE);
	assert_true(asks);
	assert_int_equal(tacit_ways(&o->t, &ways, &e), TACIT_DONE);
	assert_true(ways.passphrase && ways.keyring && !ways.recovery_key);
	assert_status(STATUS_OK, unlock(o, ""));
	assert_int_equal(desktop.lookups, 1);
	/* What was given counts, right or wrong. */
	assert_status(STATUS_OK, unlock(o, PASSPHRASE));
	assert_status(STATUS_LOCKED, unlock(o, "wrong"));
	assert_int_equal(desktop.lookups, 1);
}

static void
a_keyring_that_has_no_answer_or_a_wrong_one_opens_nothing(void **state)
{
	static const enum status answers[] = {
		STATUS_UNREACHABLE,
		STATUS_AGAIN,
		STATUS_NOT_FOUND,
		STATUS_IO,
	};
	struct open_profile *o = *state;

	with_keyring(o);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		desktop.answer = answers[i];
		assert_status(STATUS_LOCKED, unlock(o, ""));
	}
	desktop.answer = STATUS_OK;
	desktop.secret[0] ^= 1;
	assert_status(STATUS_LOCKED, unlock(o, ""));
	desktop.secret[0] ^= 1;
	assert_status(STATUS_OK, unlock(o, ""));
}

static void
no_keyring_changes_nothing_and_says_so(void **state)
{
	struct open_profile *o = *state;
	struct tacit_error e;
	bool asks = true;

	assert_int_equal(tacit_keyring_add(&o->t, &e), TACIT_USAGE);
	assert_int_equal(
	    tacit_set_passphrase(&o->t, PASSPHRASE, strlen(PASSPHRASE), &e),
	    TACIT_DONE);
	desktop.answer = STATUS_UNREACHABLE;
	assert_int_equal(tacit_keyring_add(&o->t, &e), TACIT_FAILED);
	assert_non_null(strstr(e.message, "nothing was changed"));
	desktop.answer = STATUS_AGAIN;
	assert_int_equal(tacit_keyring_add(&o->t, &e), TACIT_FAILED);
	assert_int_equal(tacit_asks_keyring(o->t.dir, &asks, &e), TACIT_DONE);
	assert_false(asks);
}

static void
another_key_replaces_the_first_and_dropping_forgets(void **state)
{
	struct open_profile *o = *state;
	uint8_t first[SLOT_ID_BYTES];
	struct tacit_error e;

	with_keyring(o);
	memcpy(first, desktop.id, sizeof(first));
	assert_int_equal(tacit_keyring_add(&o->t, &e), TACIT_DONE);
	assert_int_equal(desktop.forgotten, 1);
	assert_memory_not_equal(first, desktop.id, sizeof(first));
	assert_status(STATUS_OK, unlock(o, ""));
	assert_int_equal(tacit_keyring_drop(&o->t, &e), TACIT_DONE);
	assert_false(desktop.has);
	assert_status(STATUS_LOCKED, unlock(o, ""));
	assert_int_equal(tacit_keyring_drop(&o->t, &e), TACIT_EXISTS);
	assert_status(STATUS_OK, unlock(o, PASSPHRASE));
}

/* A keyring that is away does not keep us from closing its way in. */
static void
dropping_works_without_the_keyring(void **state)
{
	struct open_profile *o = *state;
	struct tacit_error e;

	with_keyring(o);
	desktop.answer = STATUS_UNREACHABLE;
	assert_int_equal(tacit_keyring_drop(&o->t, &e), TACIT_DONE);
	desktop.answer = STATUS_OK;
	assert_status(STATUS_LOCKED, unlock(o, ""));
}

static void
without_a_passphrase_the_keyring_is_given_up(void **state)
{
	struct open_profile *o = *state;
	struct tacit_error e;
	bool asks = true;

	with_keyring(o);
	assert_int_equal(tacit_set_passphrase(&o->t, NULL, 0, &e), TACIT_DONE);
	assert_int_equal(tacit_asks_keyring(o->t.dir, &asks, &e), TACIT_DONE);
	assert_false(asks);
	assert_false(desktop.has);
	assert_status(STATUS_OK, unlock(o, ""));
}

static enum status
unlock_by_recovery(struct open_profile *o, const char *text)
{
	struct tacit_options options = { .recovery_key = text };
	struct master_key *key = NULL;
	enum status st = keys_unlock(&o->t, &options, &key);

	master_key_free(key);
	return st;
}

static void
the_recovery_key_opens_what_a_forgotten_passphrase_closed(void **state)
{
	struct open_profile *o = *state;
	char text[RECOVERY_TEXT_BYTES];
	char other[RECOVERY_TEXT_BYTES];
	struct tacit_ways ways = { 0 };
	struct recovery_key key;
	struct tacit_error e;

	random_bytes(key.raw, sizeof(key.raw));
	recovery_key_print(&key, text);
	assert_status(STATUS_LOCKED, unlock_by_recovery(o, text));
	assert_status(STATUS_OK, keys_add_recovery(&o->t.core, &key));
	assert_int_equal(
	    tacit_set_passphrase(&o->t, PASSPHRASE, strlen(PASSPHRASE), &e),
	    TACIT_DONE);
	assert_int_equal(tacit_ways(&o->t, &ways, &e), TACIT_DONE);
	assert_true(ways.recovery_key);
	assert_status(STATUS_OK, unlock_by_recovery(o, text));
	assert_status(STATUS_LOCKED, unlock_by_recovery(o, ""));
	assert_status(STATUS_LOCKED, unlock_by_recovery(o, PASSPHRASE));
	random_bytes(key.raw, sizeof(key.raw));
	recovery_key_print(&key, other);
	assert_status(STATUS_LOCKED, unlock_by_recovery(o, other));
	recovery_key_clear(&key);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_keyring_opens_what_has_a_passphrase),
		TEST(a_keyring_that_has_no_answer_or_a_wrong_one_opens_nothing),
		TEST(no_keyring_changes_nothing_and_says_so),
		TEST(another_key_replaces_the_first_and_dropping_forgets),
		TEST(dropping_works_without_the_keyring),
		TEST(without_a_passphrase_the_keyring_is_given_up),
		TEST(the_recovery_key_opens_what_a_forgotten_passphrase_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
