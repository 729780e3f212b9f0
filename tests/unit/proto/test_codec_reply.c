#include "proto/codec.h"
#include "proto/limits.h"
#include "tests/support/test.h"

struct fixture {
	struct buf *out;
	struct arena *arena;
};

static const uint8_t signature[SIGN_SIGNATURE_BYTES] = { 9 };
static const uint8_t big[LIMIT_ITEM_BYTES + 1];
static const struct address bob = { { "bob" }, 1 };

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_status(STATUS_OK, buf_new(16 * 1024 * 1024, &f->out));
	assert_status(STATUS_OK, arena_new(16 * 1024 * 1024, &f->arena));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	buf_free(f->out);
	arena_free(f->arena);
	free(f);
	return 0;
}

/* Encodes without checks, as a hostile relay could, and decodes. */
static enum status
pass(struct fixture *f, const struct reply *r, struct reply *got)
{
	uint64_t id = 77;
	enum status st;

	buf_clear(f->out);
	arena_reset(f->arena);
	assert_status(STATUS_OK, codec_put_reply(r, f->out));
	st = codec_get_reply(
	    bytes_tail(buf_view(f->out), 4), f->arena, got, &id);
	assert_int_equal(id, r->id);
	return st;
}

static void
refuse(struct fixture *f, const struct reply *r)
{
	struct reply got = { .id = 99 };

	assert_status(STATUS_BAD_INPUT, pass(f, r, &got));
	assert_int_equal(got.id, 99); /* out left untouched */
}

static void
errors_carry_bounded_text_and_known_codes(void **state)
{
	struct fixture *f = *state;
	struct device_ref ref = { { "bob" }, 2 };
	struct reply r = { .id = 3, .kind = REPLY_ERROR }, got;

	r.u.error.code = ERROR_DEVICES_CHANGED;
	r.u.error.message = BYTES("Devices changed.");
	r.u.error.retry_after_ms = 5;
	r.u.error.changed.stale = (struct device_refs){ &ref, 1 };
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.error.code, ERROR_DEVICES_CHANGED);
	assert_bytes(BYTES("Devices changed."), got.u.error.message);
	assert_int_equal(got.u.error.changed.missing.count, 0);
	assert_int_equal(got.u.error.changed.stale.items[0].device, 2);
	ref.device = 0;
	refuse(f, &r);
	ref.device = 1;
	r.u.error.code = (enum error_code)4711;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.error.code, ERROR_UNAVAILABLE);
	r.u.error.code = ERROR_NONE; /* an error that is none */
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.error.code, ERROR_UNAVAILABLE);
	r.u.error.message = BYTES("\xc3\x28");
	refuse(f, &r);
	memset(&r.u.error.changed, 0, sizeof(r.u.error.changed));
	r.u.error.message = bytes_view(signature, 1);
	assert_status(STATUS_OK, pass(f, &r, &got));
}

static void
a_taken_list_comes_with_the_one_in_force(void **state)
{
	struct fixture *f = *state;
	struct reply r = { .id = 3, .kind = REPLY_ERROR }, got;

	r.u.error.code = ERROR_LIST_TAKEN;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.error.code, ERROR_LIST_TAKEN);
	assert_int_equal(got.u.error.current.body.len, 0);
	r.u.error.current.body = BYTES("body");
	refuse(f, &r); /* unsigned */
	r.u.error.current.signature =
	    bytes_view(signature, SIGN_SIGNATURE_BYTES);
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_bytes(BYTES("body"), got.u.error.current.body);
}

static void
a_hello_has_fixed_lengths(void **state)
{
	struct fixture *f = *state;
	struct reply r = { .id = 1, .kind = REPLY_HELLO }, got;
	uint64_t id;

	r.u.hello.version = 1;
	r.u.hello.epoch[7] = 7;
	r.u.hello.nonce[31] = 8;
	r.u.hello.relay_key.raw[31] = 9;
	r.u.hello.time_ms = 1;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_memory_equal(&got.u.hello, &r.u.hello, sizeof(r.u.hello));
	/* hello {} */
	assert_status(STATUS_BAD_INPUT,
	    codec_get_reply(BYTES("\x08\x01\x1a\x00"), f->arena, &got, &id));
}

static void
states_come_through_and_may_not_be_missing(void **state)
{
	struct fixture *f = *state;
	struct mailbox_state m = { 1, 2, true, { 3 }, 4 };
	struct prekey_state p = { 5, { { 7 } } };
	struct reply r = { .id = 1, .kind = REPLY_AUTHENTICATED }, got;
	uint64_t id;

	r.u.authenticated.mailbox = m;
	r.u.authenticated.prekeys = p;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.authenticated.mailbox.acknowledged, 1);
	assert_int_equal(got.u.authenticated.mailbox.head, 2);
	assert_true(got.u.authenticated.mailbox.has_stream);
	assert_int_equal(got.u.authenticated.mailbox.submit_stream[0], 3);
	assert_int_equal(got.u.authenticated.mailbox.submit_high, 4);
	assert_memory_equal(&got.u.authenticated.prekeys, &p, sizeof(p));
	r = (struct reply){ .id = 2, .kind = REPLY_REGISTERED };
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_false(got.u.registered.has_stream);
	r = (struct reply){ .id = 3, .kind = REPLY_PREKEY_STATE };
	r.u.prekey_state = p;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.prekey_state.one_time_count, 5);
	/* registered {}, authenticated {}, prekey_state {} */
	assert_status(STATUS_BAD_INPUT,
	    codec_get_reply(BYTES("\x22\x00"), f->arena, &got, &id));
	assert_status(STATUS_BAD_INPUT,
	    codec_get_reply(BYTES("\x2a\x00"), f->arena, &got, &id));
	assert_status(STATUS_BAD_INPUT,
	    codec_get_reply(BYTES("\x32\x00"), f->arena, &got, &id));
}

static void
absurd_numbers_are_refused_or_cut(void **state)
{
	struct fixture *f = *state;
	struct reply r = { .kind = REPLY_PREKEY_STATE, .id = 1 };
	struct reply got = { 0 };
	struct mailbox_state *m = &r.u.registered;

	r.u.prekey_state.one_time_count = LIMIT_PREKEYS_STORED;
	assert_status(STATUS_OK, pass(f, &r, &got));
	r.u.prekey_state.one_time_count = LIMIT_PREKEYS_STORED + 1;
	refuse(f, &r);
	r.u.prekey_state.one_time_count = UINT32_MAX;
	refuse(f, &r);
	r = (struct reply){ .kind = REPLY_AUTHENTICATED, .id = 1 };
	r.u.authenticated.prekeys.one_time_count = UINT32_MAX;
	refuse(f, &r);

	r = (struct reply){ .kind = REPLY_REGISTERED, .id = 1 };
	m->acknowledged = 7;
	m->head = 7;
	assert_status(STATUS_OK, pass(f, &r, &got));
	m->acknowledged = 8; /* what was never there */
	refuse(f, &r);
	*m = (struct mailbox_state){ .head = UINT64_MAX };
	refuse(f, &r);
	*m = (struct mailbox_state){ .has_stream = true,
		.submit_high = UINT64_MAX };
	refuse(f, &r);

	r = (struct reply){ .kind = REPLY_ERROR, .id = 1 };
	r.u.error.code = ERROR_RATE_LIMITED;
	r.u.error.retry_after_ms = UINT64_MAX;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.error.retry_after_ms, LIMIT_RETRY_AFTER_MS);
}

static void
times_that_cannot_be_are_refused(void **state)
{
	static const int64_t absurd[] = { INT64_MIN, -1, INT64_MAX };
	struct fixture *f = *state;
	struct reply got = { 0 };

	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		struct item item = { .seq = 1,
			.type = ITEM_RATCHET,
			.stored_ms = absurd[i],
			.payload = BYTES("x") };
		struct reply r = { .kind = REPLY_HELLO, .id = 1 };

		r.u.hello.time_ms = 0;
		assert_status(STATUS_OK, pass(f, &r, &got));
		r.u.hello.time_ms = absurd[i];
		refuse(f, &r);
		r = (struct reply){ .kind = REPLY_PUSH, .id = 1 };
		r.u.push.items = &item;
		r.u.push.count = 1;
		refuse(f, &r);
	}
}

static void
pushed_items_are_bounded(void **state)
{
	static struct item items[LIMIT_PUSH_WINDOW_ITEMS + 1];
	struct fixture *f = *state;
	struct reply r = { .kind = REPLY_PUSH }, got;

	for (size_t i = 0; i <= LIMIT_PUSH_WINDOW_ITEMS; i++)
		items[i] = (struct item){ i + 1, 5, true, bob, ITEM_RATCHET, 1,
			BYTES("sealed") };
	r.u.push.items = items;
	r.u.push.count = LIMIT_PUSH_WINDOW_ITEMS + 1;
	refuse(f, &r);
	r.u.push.count = LIMIT_PUSH_WINDOW_ITEMS;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.push.items[9].stored_ms, 5);
	assert_true(address_equal(&got.u.push.items[9].sender, &bob));
	r.u.push.count = 2;
	items[1].seq = 0;
	refuse(f, &r);
	items[1].seq = 2;
	items[1].sender.device = 0;
	refuse(f, &r);
	items[1].has_sender = false; /* sealed sender */
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_false(got.u.push.items[1].has_sender);
	items[1].payload = BYTES_OF(big);
	refuse(f, &r);
}

static void
bundles_are_bounded_and_empty_when_refused(void **state)
{
	static struct account_bundles accounts[LIMIT_BUNDLE_ACCOUNTS + 1];
	struct device_bundle devices[LIMIT_DEVICES_PER_ACCOUNT + 1];
	struct fixture *f = *state;
	struct prekey key = { 2, 1, BYTES("key"), BYTES_NONE };
	struct reply r = { .id = 1, .kind = REPLY_BUNDLES }, got;

	for (size_t i = 0; i <= LIMIT_DEVICES_PER_ACCOUNT; i++)
		devices[i] =
		    (struct device_bundle){ (uint32_t)i + 1, { &key, 1 } };
	for (size_t i = 0; i <= LIMIT_BUNDLE_ACCOUNTS; i++)
		accounts[i] = (struct account_bundles){ .account = { "bob" },
			.list = { BYTES("list"), BYTES_OF(signature) },
			.devices = devices,
			.devices_count = LIMIT_DEVICES_PER_ACCOUNT };
	r.u.bundles.accounts = accounts;
	r.u.bundles.count = LIMIT_BUNDLE_ACCOUNTS + 1;
	refuse(f, &r);
	r.u.bundles.count = 1;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_bytes(BYTES("key"),
	    got.u.bundles.accounts[0].devices[7].prekeys.items[0].public_key);
	accounts[0].devices_count++;
	refuse(f, &r);
	accounts[0].devices_count = 1;
	devices[0].device = 0;
	refuse(f, &r);
	devices[0].device = 1;
	accounts[0].list.body = BYTES_NONE;
	refuse(f, &r);
	accounts[0].error = ERROR_NOT_FOUND;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.bundles.accounts[0].error, ERROR_NOT_FOUND);
	assert_int_equal(got.u.bundles.accounts[0].devices_count, 0);
}

static void
chain_tails_are_bounded(void **state)
{
	static struct chain_tail tails[LIMIT_CHAIN_READS + 1];
	struct fixture *f = *state;
	struct bytes entries[2] = { BYTES("one"), BYTES("two") };
	struct reply r = { .id = 1, .kind = REPLY_CHAIN_TAILS }, got;

	tails[0] = (struct chain_tail){ { { 1 } }, 4, 6, entries, 2 };
	r.u.tails.tails = tails;
	r.u.tails.count = LIMIT_CHAIN_READS + 1;
	refuse(f, &r);
	r.u.tails.count = LIMIT_CHAIN_READS;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_bytes(BYTES("two"), got.u.tails.tails[0].entries[1]);
	assert_int_equal(got.u.tails.tails[0].length, 6);
	entries[1] = bytes_view(big, LIMIT_CHAIN_ENTRY_BYTES + 1);
	refuse(f, &r);
	entries[1] = BYTES_NONE;
	refuse(f, &r);
}

static void
small_replies_come_through_as_they_were(void **state)
{
	struct fixture *f = *state;
	struct refusal refused = { 3, ERROR_FULL };
	struct reply r = { .id = 1, .kind = REPLY_SUBMITTED }, got;

	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.submitted.count, 0);
	r.u.submitted.refused = &refused;
	r.u.submitted.count = 1;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.submitted.refused[0].code, ERROR_FULL);
	refused.index = LIMIT_RECIPIENTS;
	refuse(f, &r);
	r = (struct reply){ .id = 2, .kind = REPLY_ACCOUNT };
	refuse(f, &r);
	r.u.account = (struct signed_list){ BYTES("l"), BYTES_OF(signature) };
	assert_status(STATUS_OK, pass(f, &r, &got));
	r = (struct reply){ .kind = REPLY_DRAINED, .u.drained_head = 9 };
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.drained_head, 9);
	r = (struct reply){ .id = 3, .kind = REPLY_CHAIN_APPENDED };
	r.u.chain_length = 8;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.chain_length, 8);
	r = (struct reply){ .kind = REPLY_CHAIN_CHANGED };
	r.u.chain_changed.chain.raw[31] = 1;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.chain_changed.chain.raw[31], 1);
	r = (struct reply){ .id = 4, .kind = REPLY_ACCOUNT_REMOVED };
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.kind, REPLY_ACCOUNT_REMOVED);
}

static void
a_reply_of_a_later_release_is_named(void **state)
{
	struct fixture *f = *state;
	struct reply got;
	uint64_t id = 0;

	/* id 5, field 17 of 2 bytes */
	assert_status(
	    STATUS_NOT_FOUND, codec_get_reply(BYTES("\x08\x05\x8a\x01\x02zz"),
				  f->arena, &got, &id));
	assert_int_equal(id, 5);
}

static void
notes_come_through_and_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct relay_note n = { ERROR_FULL, BYTES("handle"), bob, { 1 }, 2 };
	struct relay_note got = { .counter = 99 };

	assert_status(STATUS_OK, codec_put_note(&n, f->out));
	assert_status(
	    STATUS_OK, codec_get_note(buf_view(f->out), f->arena, &got));
	assert_int_equal(got.code, ERROR_FULL);
	assert_bytes(BYTES("handle"), got.return_handle);
	assert_true(address_equal(&got.to, &bob));
	assert_int_equal(got.counter, 2);
	n.return_handle = bytes_view(big, LIMIT_RETURN_HANDLE_BYTES + 1);
	buf_clear(f->out);
	assert_status(STATUS_OK, codec_put_note(&n, f->out));
	assert_status(
	    STATUS_BAD_INPUT, codec_get_note(buf_view(f->out), f->arena, &got));
	assert_status(
	    STATUS_BAD_INPUT, codec_get_note(BYTES_NONE, f->arena, &got));
	assert_status(
	    STATUS_BAD_INPUT, codec_get_note(BYTES("\xff"), f->arena, &got));
}

#define codec_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		codec_test(errors_carry_bounded_text_and_known_codes),
		codec_test(a_taken_list_comes_with_the_one_in_force),
		codec_test(a_hello_has_fixed_lengths),
		codec_test(states_come_through_and_may_not_be_missing),
		codec_test(absurd_numbers_are_refused_or_cut),
		codec_test(times_that_cannot_be_are_refused),
		codec_test(pushed_items_are_bounded),
		codec_test(bundles_are_bounded_and_empty_when_refused),
		codec_test(chain_tails_are_bounded),
		codec_test(small_replies_come_through_as_they_were),
		codec_test(a_reply_of_a_later_release_is_named),
		codec_test(notes_come_through_and_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
