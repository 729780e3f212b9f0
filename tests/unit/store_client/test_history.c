#include "store/client/history.h"

#include <stdio.h>
#include <time.h>

#include "base/number.h"
#include "fixture.h"
#include "store/client/self.h"

static struct message_id
id_of(const char *hex)
{
	struct message_id id;

	assert_status(STATUS_OK, hex_decode(hex, id.raw, sizeof(id.raw)));
	return id;
}

#define ID_A  "00112233445566778899aabbccddeeff"
#define ID_A2 "00112233445566778899aabbccddeefe" /* the last digit differs */
#define ID_B  "00112233f45566778899aabbccddeeff" /* the ninth digit differs */
#define ID_C  "ffffffffffffffffffffffffffffffff"

static struct history_entry
message(struct fixture *f, const char *id, const char *conversation)
{
	return (struct history_entry){
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_DIRECT,
		.conversation = fixture_hash(conversation),
		.peer = f->bob.account,
		.from = f->bob.account,
		.device = f->bob.device,
		.sent_ms = NOW_MS,
		.received_ms = NOW_MS + 5,
		.id = id_of(id),
		.type = MESSAGE_TEXT,
		.text = BYTES("hello"),
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
	};
}

static void
the_same_message_is_taken_once(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = message(f, ID_A, "c");
	uint64_t n = 0;
	size_t count;

	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	assert_int_equal(n, 1);
	e.text = BYTES("another text, another conversation");
	e.conversation = fixture_hash("d");
	n = 77;
	assert_status(STATUS_EXISTS, history_append(f->t, &e, &n));
	assert_int_equal(n, 77); /* out left untouched */
	fixture_turn(f);
	assert_status(STATUS_EXISTS, history_append(f->t, &e, &n));
	assert_status(STATUS_OK, vault_count(f->t, VAULT_HISTORY, &count));
	assert_int_equal(count, 1);
}

static void
an_id_used_by_another_device_or_account_is_another_message(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = message(f, ID_A, "c");
	struct message_id id = id_of(ID_A);
	uint64_t n = 0;

	e.from = f->alice.account;
	e.own = true;
	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	e = message(f, ID_A, "c");
	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	e.device = 3;
	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	assert_int_equal(n, 3);
	/* The earliest is found: a peer cannot take over an id of ours. */
	assert_status(STATUS_OK, history_find(f->t, &id, &n));
	assert_int_equal(n, 1);
	assert_status(STATUS_OK, history_find_prefix(f->t, "00112233", &n));
	assert_int_equal(n, 1);
}

static void
a_prefix_that_fits_two_ids_is_a_conflict(void **state)
{
	const char *const ids[] = { ID_A, ID_A2, ID_B };
	struct fixture *f = *state;
	struct message_id id = id_of(ID_A2);
	uint64_t n = 0;

	for (size_t i = 0; i < 3; i++) {
		struct history_entry e = message(f, ids[i], "c");

		assert_status(STATUS_OK, history_append(f->t, &e, &n));
	}
	n = 77;
	assert_status(
	    STATUS_CONFLICT, history_find_prefix(f->t, "00112233", &n));
	assert_status(
	    STATUS_CONFLICT, history_find_prefix(f->t, "001122334", &n));
	assert_int_equal(n, 77);
	assert_status(STATUS_OK, history_find_prefix(f->t, "00112233f", &n));
	assert_int_equal(n, 3);
	assert_status(STATUS_OK, history_find_prefix(f->t, ID_A, &n));
	assert_int_equal(n, 1);
	assert_status(STATUS_OK, history_find(f->t, &id, &n));
	assert_int_equal(n, 2);
	assert_status(
	    STATUS_NOT_FOUND, history_find_prefix(f->t, "00112233e", &n));
	assert_status(
	    STATUS_NOT_FOUND, history_find_prefix(f->t, "aaaaaaaa", &n));
}

static void
what_is_not_the_start_of_an_id_is_bad_input(void **state)
{
	const char *const bad[] = { "", "0011223", "0011223G", "0011223A",
		"00112233 ", ID_A "0" };
	struct fixture *f = *state;
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_status(
		    STATUS_BAD_INPUT, history_find_prefix(f->t, bad[i], &n));
}

static void
notices_have_no_id_and_may_repeat(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = {
		.kind = HISTORY_NOTICE,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = fixture_hash("g"),
		.notice = NOTICE_GAP,
		.detail = BYTES("3"),
		.subject = f->bob.account,
	};
	struct history_entry read;
	uint64_t n = 0;

	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	assert_int_equal(n, 2);
	assert_status(STATUS_NOT_FOUND, history_find(f->t, &e.id, &n));
	assert_status(STATUS_OK, history_get(f->t, 2, f->a, &read));
	assert_int_equal(read.notice, NOTICE_GAP);
	assert_bytes(BYTES("3"), read.detail);
	assert_string_equal(read.subject.text, "bob");
	assert_string_equal(read.from.text, "");
}

static void
an_entry_comes_back_in_every_field(void **state)
{
	struct fixture *f = *state;
	struct history_entry was = message(f, ID_A, "c");
	struct history_entry is;
	uint64_t n = 0;

	was.own = true;
	was.seq = 12;
	was.from_key.raw[3] = 4;
	was.state = STATE_QUEUED;
	was.body = BYTES("body");
	was.body_signature = BYTES("signature");
	was.salt = BYTES("salt");
	was.trust = TRUST_CHANGED;
	was.signature = SIGNATURE_UNKNOWN_DEVICE;
	assert_status(STATUS_OK, history_append(f->t, &was, &n));
	fixture_restart(f);
	assert_status(STATUS_OK, history_get(f->t, n, f->a, &is));
	assert_int_equal(is.n, n);
	assert_int_equal(is.kind, HISTORY_MESSAGE);
	assert_int_equal(is.conversation_kind, CONVERSATION_DIRECT);
	assert_bytes(hash_view(&was.conversation), hash_view(&is.conversation));
	assert_true(account_name_equal(&was.peer, &is.peer));
	assert_true(account_name_equal(&was.from, &is.from));
	assert_bytes(BYTES_OF(was.from_key), BYTES_OF(is.from_key));
	assert_int_equal(is.device, 2);
	assert_true(is.own);
	assert_int_equal(is.sent_ms, NOW_MS);
	assert_int_equal(is.received_ms, NOW_MS + 5);
	assert_int_equal(is.seq, 12);
	assert_bytes(BYTES_OF(was.id), BYTES_OF(is.id));
	assert_int_equal(is.type, MESSAGE_TEXT);
	assert_bytes(was.text, is.text);
	assert_int_equal(is.signature, SIGNATURE_UNKNOWN_DEVICE);
	assert_int_equal(is.trust, TRUST_CHANGED);
	assert_int_equal(is.state, STATE_QUEUED);
	assert_bytes(was.body, is.body);
	assert_bytes(was.body_signature, is.body_signature);
	assert_bytes(was.salt, is.salt);
}

static void
a_new_state_changes_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = message(f, ID_A, "c");
	uint64_t n = 0;

	assert_status(STATUS_NOT_FOUND,
	    history_set_state(f->t, 1, STATE_STORED, BYTES_NONE));
	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	assert_status(STATUS_OK,
	    history_set_state(f->t, n, STATE_FAILED, BYTES("no such account")));
	assert_status(STATUS_OK, history_get(f->t, n, f->a, &e));
	assert_int_equal(e.state, STATE_FAILED);
	assert_bytes(BYTES("no such account"), e.reason);
	assert_bytes(BYTES("hello"), e.text);
	assert_int_equal(e.n, n);
	e.seq = 4;
	assert_status(STATUS_OK, history_replace(f->t, &e));
	assert_status(STATUS_OK, history_get(f->t, n, f->a, &e));
	assert_int_equal(e.seq, 4);
	e.n = 2; /* nothing there to replace */
	assert_status(STATUS_NOT_FOUND, history_replace(f->t, &e));
}

/* What history_list() has to answer, by walking an array. */
static size_t
model_list(const char *conversation, uint64_t after, bool newest,
    uint64_t *numbers, size_t limit, uint64_t last)
{
	uint64_t all[64];
	size_t count = 0;
	size_t skip;

	for (uint64_t n = after + 1; n != 0 && n <= last; n++)
		if (conversation == NULL ||
		    (n % 3 == 0) == (*conversation == 'x'))
			all[count++] = n;
	skip = newest && count > limit ? count - limit : 0;
	count -= skip;
	if (count > limit)
		count = limit;
	memcpy(numbers, all + skip, count * sizeof(*numbers));
	return count;
}

static void
assert_list(struct fixture *f, const char *conversation, uint64_t after,
    bool newest, size_t limit, uint64_t last)
{
	struct hash hash = fixture_hash(conversation ? conversation : "");
	uint64_t expected[64];
	uint64_t got[64];
	size_t count = 99;
	size_t want =
	    model_list(conversation, after, newest, expected, limit, last);

	assert_status(STATUS_OK, history_list(f->t, conversation ? &hash : NULL,
				     after, newest, got, limit, &count));
	assert_int_equal(count, want);
	assert_memory_equal(got, expected, count * sizeof(*got));
}

static void
lists_agree_with_an_array(void **state)
{
	const char *const conversations[] = { "x", "y", NULL };
	struct fixture *f = *state;
	uint64_t n = 0;

	/* Every third is in x, the others in y. */
	for (unsigned i = 1; i <= 30; i++) {
		struct history_entry e =
		    message(f, ID_A, i % 3 == 0 ? "x" : "y");

		e.id.raw[0] = (uint8_t)i;
		assert_status(STATUS_OK, history_append(f->t, &e, &n));
		assert_int_equal(n, i);
	}
	for (size_t c = 0; c < 3; c++)
		for (uint64_t after = 0; after <= 31; after++)
			for (size_t limit = 0; limit <= 31; limit++) {
				assert_list(f, conversations[c], after, false,
				    limit, 30);
				assert_list(f, conversations[c], after, true,
				    limit, 30);
			}
	assert_list(f, NULL, UINT64_MAX, true, 10, 30);
	assert_list(f, "x", UINT64_MAX - 1, false, 10, 30);
}

static void
a_nested_abort_gives_its_number_back(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = message(f, ID_A, "c");
	struct vault_txn *inner = NULL;
	uint64_t n = 0;

	assert_status(STATUS_OK, vault_txn_begin_nested(f->t, &inner));
	assert_status(STATUS_OK, history_append(inner, &e, &n));
	vault_txn_abort(inner);
	assert_status(STATUS_NOT_FOUND, history_find(f->t, &e.id, &n));
	assert_status(STATUS_OK, vault_txn_begin_nested(f->t, &inner));
	assert_status(STATUS_OK, history_append(inner, &e, &n));
	assert_status(STATUS_OK, vault_txn_commit(&inner));
	assert_int_equal(n, 1);
	assert_status(STATUS_OK, history_find(f->t, &e.id, &n));
}

static void
an_arena_too_small_is_out_of_memory(void **state)
{
	struct fixture *f = *state;
	struct history_entry e = message(f, ID_A, "c");
	uint8_t text[4096] = { 0 };
	struct arena *small = NULL;
	uint64_t n = 0;

	e.text = BYTES_OF(text);
	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	assert_status(STATUS_OK, arena_new(1024, &small));
	assert_status(STATUS_NOMEM, history_get(f->t, n, small, &e));
	arena_free(small);
}

static enum status
append_and_read(struct fixture *f)
{
	struct history_entry e = message(f, ID_A, "c");
	struct vault_txn *inner = NULL;
	uint64_t numbers[4];
	size_t count;
	uint64_t n = 0;
	enum status st = vault_txn_begin_nested(f->t, &inner);

	if (st == STATUS_OK)
		st = history_append(inner, &e, &n);
	if (st == STATUS_OK)
		st = history_set_state(inner, n, STATE_READ, BYTES("why"));
	if (st == STATUS_OK)
		st = history_find(inner, &e.id, &n);
	if (st == STATUS_OK)
		st = history_list(
		    inner, &e.conversation, 0, true, numbers, 4, &count);
	if (st == STATUS_OK)
		st = vault_txn_commit(&inner);
	else
		vault_txn_abort(inner);
	return st;
}

static void
running_out_of_memory_appends_nothing(void **state)
{
	struct fixture *f = *state;
	enum status st = STATUS_NOMEM;
	size_t count = 0;

	for (size_t n = 1; st != STATUS_OK; n++) {
		assert_status(
		    STATUS_OK, vault_count(f->t, VAULT_HISTORY, &count));
		assert_int_equal(count, 0);
		alloc_fail_nth(n);
		st = append_and_read(f);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
	}
	assert_status(STATUS_OK, vault_count(f->t, VAULT_HISTORY, &count));
	assert_int_equal(count, 1);
}

/* A peer chooses its ids, and may let all of them begin alike. */
static void
ids_that_begin_alike_cost_others_nothing(void **state)
{
	enum { MANY = 2000 };
	struct fixture *f = *state;
	struct history_entry e = message(f, ID_A, "c");
	struct message_id wanted = id_of(ID_A2);
	clock_t began;
	uint64_t n = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		store_u32(e.id.raw + 8, i);
		assert_status(STATUS_OK, history_append(f->t, &e, &n));
	}
	e.id = wanted;
	assert_status(STATUS_OK, history_append(f->t, &e, &n));
	began = clock();
	for (int i = 0; i < MANY; i++) {
		uint64_t found = 0;

		assert_status(
		    STATUS_OK, history_next_of_id(f->t, &wanted, 0, &found));
		assert_int_equal(found, n);
		assert_status(STATUS_NOT_FOUND,
		    history_next_of_id(f->t, &wanted, found, &found));
		assert_status(STATUS_OK, history_find(f->t, &wanted, &found));
		assert_int_equal(found, n);
	}
	/* Tens of seconds, did it look at all of them. */
	assert_true(clock() - began < 3 * CLOCKS_PER_SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(the_same_message_is_taken_once),
		fixture_test(ids_that_begin_alike_cost_others_nothing),
		fixture_test(
		    an_id_used_by_another_device_or_account_is_another_message),
		fixture_test(a_prefix_that_fits_two_ids_is_a_conflict),
		fixture_test(what_is_not_the_start_of_an_id_is_bad_input),
		fixture_test(notices_have_no_id_and_may_repeat),
		fixture_test(an_entry_comes_back_in_every_field),
		fixture_test(a_new_state_changes_nothing_else),
		fixture_test(lists_agree_with_an_array),
		fixture_test(a_nested_abort_gives_its_number_back),
		fixture_test(an_arena_too_small_is_out_of_memory),
		fixture_test(running_out_of_memory_appends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
