/* Texts that are taken out of the history for good. */
#include "fixture.h"
#include "store/client/history.h"

static uint64_t
add(struct fixture *f, uint64_t i)
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

static size_t
dirty(struct fixture *f)
{
	size_t count = 0;

	assert_status(
	    STATUS_OK, vault_count(f->t, VAULT_HISTORY_DIRTY, &count));
	return count;
}

static void
text_and_salt_go_and_what_was_signed_stays(void **state)
{
	struct fixture *f = *state;
	uint64_t first = add(f, 1);
	uint64_t second = add(f, 2);
	struct history_entry e;

	assert_status(STATUS_OK, history_erase(f->t, first));
	fixture_turn(f);
	e = read_entry(f, first);
	assert_true(e.erased);
	assert_int_equal(e.text.len, 0);
	assert_int_equal(e.salt.len, 0);
	assert_true(bytes_equal(e.body, BYTES("what was signed")));
	assert_true(bytes_equal(e.body_signature, BYTES("the signature")));
	assert_int_equal(e.expires_ms, 0);
	assert_false(read_entry(f, second).erased);
}

static void
what_is_not_there_is_not_erased(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_NOT_FOUND, history_erase(f->t, 7));
	assert_int_equal(dirty(f), 0);
}

/* One note for all that was erased in it, and none for what was gone. */
static void
a_bucket_is_noted_once(void **state)
{
	struct fixture *f = *state;
	uint64_t last = 0;

	for (uint64_t i = 1; i <= 1024; i++)
		last = add(f, i);
	assert_int_equal(dirty(f), 0);
	assert_status(STATUS_OK, history_erase(f->t, 1));
	assert_status(STATUS_OK, history_erase(f->t, 1));
	assert_status(STATUS_OK, history_erase(f->t, 1023));
	assert_int_equal(dirty(f), 1);
	assert_status(STATUS_OK, history_erase(f->t, last));
	assert_int_equal(dirty(f), 2);
}

int
main(void)
{
#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(text_and_salt_go_and_what_was_signed_stays),
		TEST(what_is_not_there_is_not_erased),
		TEST(a_bucket_is_noted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
