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

/* Encodes without checks, as a hostile client could, and decodes. */
static enum status
pass(struct fixture *f, const struct request *r, struct request *got)
{
	uint64_t id = 0;
	enum status st;

	buf_clear(f->out);
	arena_reset(f->arena);
	assert_status(STATUS_OK, codec_put_request(r, f->out));
	assert_int_equal(load_u32(buf_view(f->out).data) + 4, buf_len(f->out));
	st = codec_get_request(
	    bytes_tail(buf_view(f->out), 4), f->arena, got, &id);
	assert_int_equal(id, r->id);
	return st;
}

static void
refuse(struct fixture *f, const struct request *r)
{
	struct request got = { .id = 99 };

	assert_status(STATUS_BAD_INPUT, pass(f, r, &got));
	assert_int_equal(got.id, 99); /* out left untouched */
}

static struct request
a_submit(struct recipient *to, size_t count)
{
	struct request r = { .id = 4, .kind = REQUEST_SUBMIT };

	for (size_t i = 0; i < count; i++)
		to[i] = (struct recipient){ bob, 11, ITEM_RATCHET, 1,
			BYTES("sealed") };
	r.u.submit = (struct submit){ { 1 }, 1, BYTES("shared"), to, count,
		BYTES("handle") };
	return r;
}

static void
submits_over_a_limit_are_refused(void **state)
{
	static struct recipient to[LIMIT_RECIPIENTS + 1];
	struct fixture *f = *state;
	struct request r = a_submit(to, 1), got;

	assert_status(STATUS_OK, pass(f, &r, &got));
	r.u.submit.counter = 0;
	refuse(f, &r);
	r = a_submit(to, 0);
	refuse(f, &r);
	r = a_submit(to, LIMIT_RECIPIENTS);
	assert_status(STATUS_OK, pass(f, &r, &got));
	r = a_submit(to, LIMIT_RECIPIENTS + 1);
	refuse(f, &r);
	r = a_submit(to, 1);
	r.u.submit.shared = BYTES_OF(big);
	refuse(f, &r);
	r.u.submit.shared = bytes_view(big, LIMIT_ITEM_BYTES);
	assert_status(STATUS_OK, pass(f, &r, &got));
	r = a_submit(to, 1);
	to[0].payload = BYTES_OF(big);
	refuse(f, &r);
	r = a_submit(to, 1);
	r.u.submit.return_handle =
	    bytes_view(big, LIMIT_RETURN_HANDLE_BYTES + 1);
	refuse(f, &r);
}

static void
recipients_need_a_name_a_device_and_a_payload(void **state)
{
	struct fixture *f = *state;
	struct recipient to[2];
	struct request r = a_submit(to, 2), got;

	to[1].to.device = 0;
	refuse(f, &r);
	r = a_submit(to, 2);
	to[1].to.account = (struct account_name){ "Bob" };
	refuse(f, &r);
	r = a_submit(to, 2);
	to[1].payload = BYTES_NONE;
	assert_status(STATUS_OK, pass(f, &r, &got));
	r.u.submit.shared = BYTES_NONE;
	refuse(f, &r);
}

static void
registrations_have_fixed_lengths(void **state)
{
	struct fixture *f = *state;
	struct request r = { .id = 2, .kind = REQUEST_REGISTER }, good, got;

	r.u.registration.list =
	    (struct signed_list){ BYTES("list"), BYTES_OF(signature) };
	r.u.registration.device = 1;
	r.u.registration.account_proof = BYTES_OF(signature);
	r.u.registration.device_proof = BYTES_OF(signature);
	r.u.registration.join_code = BYTES("sesame");
	good = r;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_bytes(BYTES("sesame"), got.u.registration.join_code);
	assert_bytes(BYTES("list"), got.u.registration.list.body);
	r.u.registration.device = 0;
	refuse(f, &r);
	r = good;
	r.u.registration.account_proof.len--;
	refuse(f, &r);
	r = good;
	r.u.registration.device_proof = BYTES_NONE;
	refuse(f, &r);
	r = good;
	r.u.registration.list.signature.len--;
	refuse(f, &r);
	r = good;
	r.u.registration.list.body =
	    bytes_view(big, LIMIT_DEVICE_LIST_BYTES + 1);
	refuse(f, &r);
	r = good;
	r.u.registration.join_code = BYTES("\xff\xfe\xfd\xfc");
	refuse(f, &r);
}

static void
chain_requests_are_bounded(void **state)
{
	static struct chain_position positions[LIMIT_CHAIN_READS + 1];
	struct fixture *f = *state;
	struct request r = { .id = 2, .kind = REQUEST_CHAIN_APPEND }, got;

	r.u.append = (struct chain_append){ { { 1 } }, 3, BYTES("entry"),
		{ { 2 } }, true, { { 3 } } };
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_true(got.u.append.has_new_token);
	assert_int_equal(got.u.append.new_token.raw[0], 3);
	r.u.append.has_new_token = false;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_false(got.u.append.has_new_token);
	r.u.append.entry = bytes_view(big, LIMIT_CHAIN_ENTRY_BYTES + 1);
	refuse(f, &r);
	r.u.append.entry = BYTES_NONE;
	refuse(f, &r);
	r = (struct request){ .id = 3, .kind = REQUEST_CHAIN_READ };
	refuse(f, &r);
	r.u.chain_read.positions = positions;
	r.u.chain_read.count = LIMIT_CHAIN_READS + 1;
	refuse(f, &r);
	r.u.chain_read.count = LIMIT_CHAIN_READS;
	r.u.chain_read.follow = true;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.chain_read.count, LIMIT_CHAIN_READS);
	assert_true(got.u.chain_read.follow);
}

static void
removing_an_account_takes_a_whole_signature(void **state)
{
	static const uint8_t proof[SIGN_SIGNATURE_BYTES + 1] = { 7 };
	struct fixture *f = *state;
	struct request r = { .id = 2, .kind = REQUEST_REMOVE_ACCOUNT }, got;

	refuse(f, &r);
	r.u.remove_proof = bytes_view(proof, sizeof(proof));
	refuse(f, &r);
	r.u.remove_proof = bytes_view(proof, SIGN_SIGNATURE_BYTES);
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.kind, REQUEST_REMOVE_ACCOUNT);
	assert_int_equal(got.u.remove_proof.data[0], 7);
}

static void
replacing_devices_takes_a_device_and_two_whole_signatures(void **state)
{
	static const uint8_t proof[SIGN_SIGNATURE_BYTES + 1] = { 7 };
	const struct bytes whole = bytes_view(proof, SIGN_SIGNATURE_BYTES);
	struct fixture *f = *state;
	struct request r = { .id = 2, .kind = REQUEST_REPLACE_DEVICES }, got;

	r.u.replace.list = (struct signed_list){ BYTES("list"), whole };
	r.u.replace.device = 3;
	r.u.replace.account_proof = whole;
	r.u.replace.device_proof = whole;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.kind, REQUEST_REPLACE_DEVICES);
	assert_int_equal(got.u.replace.device, 3);
	assert_bytes(BYTES("list"), got.u.replace.list.body);
	assert_bytes(whole, got.u.replace.device_proof);
	r.u.replace.device = 0;
	refuse(f, &r);
	r.u.replace.device = 3;
	r.u.replace.account_proof.len--;
	refuse(f, &r);
	r.u.replace.account_proof = bytes_view(proof, sizeof(proof));
	refuse(f, &r);
	r.u.replace.account_proof = whole;
	r.u.replace.device_proof = BYTES_NONE;
	refuse(f, &r);
	r.u.replace.device_proof = whole;
	r.u.replace.list.body = BYTES_NONE;
	refuse(f, &r);
	r.u.replace.list.body = bytes_view(big, LIMIT_DEVICE_LIST_BYTES + 1);
	refuse(f, &r);
}

static void
recovering_takes_a_name_and_a_whole_signature(void **state)
{
	static const uint8_t proof[SIGN_SIGNATURE_BYTES + 1] = { 7 };
	struct fixture *f = *state;
	struct request r = { .id = 2, .kind = REQUEST_RECOVER_ACCOUNT }, got;

	r.u.recover.account = bob.account;
	refuse(f, &r);
	r.u.recover.proof = bytes_view(proof, sizeof(proof));
	refuse(f, &r);
	r.u.recover.proof.len--;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.kind, REQUEST_RECOVER_ACCOUNT);
	assert_string_equal(got.u.recover.account.text, "bob");
	r.u.recover.account = (struct account_name){ "Bob" };
	refuse(f, &r);
}

static void
prekeys_and_bundles_are_bounded(void **state)
{
	static struct prekey keys[LIMIT_PREKEYS_PER_PUBLISH + 1];
	static struct account_name names[LIMIT_BUNDLE_ACCOUNTS + 1];
	struct fixture *f = *state;
	struct request r = { .id = 2, .kind = REQUEST_PUBLISH_PREKEYS }, got;

	refuse(f, &r);
	for (size_t i = 0; i <= LIMIT_PREKEYS_PER_PUBLISH; i++)
		keys[i] = (struct prekey){ 2, 7, BYTES("key"), BYTES_NONE };
	r.u.publish = (struct prekeys){ keys, LIMIT_PREKEYS_PER_PUBLISH + 1 };
	refuse(f, &r);
	r.u.publish.count--;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_bytes(BYTES("key"), got.u.publish.items[199].public_key);
	keys[3].public_key = BYTES_NONE;
	refuse(f, &r);
	keys[3].public_key = bytes_view(big, LIMIT_PREKEY_BYTES + 1);
	refuse(f, &r);
	r = (struct request){ .id = 3, .kind = REQUEST_TAKE_BUNDLES };
	refuse(f, &r);
	for (size_t i = 0; i <= LIMIT_BUNDLE_ACCOUNTS; i++)
		names[i] = bob.account;
	r.u.bundles.names = names;
	r.u.bundles.count = LIMIT_BUNDLE_ACCOUNTS + 1;
	refuse(f, &r);
	r.u.bundles.count--;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_string_equal(got.u.bundles.names[63].text, "bob");
}

static void
small_requests_come_through_as_they_were(void **state)
{
	struct fixture *f = *state;
	struct request r = { .id = UINT64_MAX, .kind = REQUEST_HELLO }, got;

	r.u.hello.version_min = 1;
	r.u.hello.version_max = 2;
	r.u.hello.features = 3;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.hello.version_max, 2);
	r.u.hello.version_min = 3;
	refuse(f, &r);
	r = (struct request){ .id = 5, .kind = REQUEST_AUTHENTICATE };
	r.u.authenticate.who = bob;
	r.u.authenticate.proof = BYTES_OF(signature);
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_true(address_equal(&got.u.authenticate.who, &bob));
	r.u.authenticate.proof.len = 63;
	refuse(f, &r);
	r = (struct request){ .id = 6, .kind = REQUEST_PREKEY_STATUS };
	assert_status(STATUS_OK, pass(f, &r, &got));
	r = (struct request){ .id = 7, .kind = REQUEST_GET_ACCOUNT };
	refuse(f, &r);
	r.u.account = bob.account;
	assert_status(STATUS_OK, pass(f, &r, &got));
	r = (struct request){ .id = 8, .kind = REQUEST_RECEIVE };
	r.u.receive.window_items = 77;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.receive.window_items, 77);
	r = (struct request){ .id = 9, .kind = REQUEST_ACKNOWLEDGE };
	r.u.acknowledge_seq = 88;
	assert_status(STATUS_OK, pass(f, &r, &got));
	assert_int_equal(got.u.acknowledge_seq, 88);
}

static void
every_truncation_of_a_submit_is_refused(void **state)
{
	struct fixture *f = *state;
	struct recipient to[3];
	struct request r = a_submit(to, 3), got;
	struct bytes body;
	uint64_t id;

	assert_status(STATUS_OK, pass(f, &r, &got));
	body = bytes_tail(buf_view(f->out), 4);
	/* After 2 bytes there is an id and no more: an unknown request. */
	for (size_t len = 3; len < body.len; len++) {
		id = 0;
		assert_status(
		    STATUS_BAD_INPUT, codec_get_request(bytes_head(body, len),
					  f->arena, &got, &id));
		assert_int_equal(id, 4);
	}
}

static void
unknown_requests_are_named_and_unknown_fields_ignored(void **state)
{
	struct fixture *f = *state;
	struct request got;
	uint64_t id = 0;

	/* id 5, field 16 of 2 bytes */
	assert_status(
	    STATUS_NOT_FOUND, codec_get_request(BYTES("\x08\x05\xf2\x01\x02zz"),
				  f->arena, &got, &id));
	assert_int_equal(id, 5);
	/* id 6, acknowledge { seq 3, field 9 of 1 byte }, field 20 */
	assert_status(STATUS_OK,
	    codec_get_request(BYTES("\x08\x06\x5a\x05\x08\x03\x4a\x01z"
				    "\xa0\x01\x07"),
		f->arena, &got, &id));
	assert_int_equal(id, 6);
	assert_int_equal(got.u.acknowledge_seq, 3);
	/* a part that is not the frame reader's */
	assert_status(
	    STATUS_BAD_INPUT, codec_get_request(BYTES("\x08\x07\x7a\x05\x0a\x03"
						      "abc"),
				  f->arena, &got, &id));
	assert_int_equal(id, 7);
	assert_status(STATUS_BAD_INPUT,
	    codec_get_request(BYTES("\xff\xff"), f->arena, &got, &id));
	assert_int_equal(id, 0);
}

static void
a_full_arena_is_not_blamed_on_the_peer(void **state)
{
	struct fixture *f = *state;
	struct recipient to[3];
	struct request r = a_submit(to, 3), got;
	struct arena *small = NULL;
	uint64_t id = 0;

	assert_status(STATUS_OK, pass(f, &r, &got));
	for (size_t max = 0; max < 1024; max += 16) {
		enum status st;

		assert_status(STATUS_OK, arena_new(max, &small));
		st = codec_get_request(
		    bytes_tail(buf_view(f->out), 4), small, &got, &id);
		assert_true(st == STATUS_NOMEM || st == STATUS_OK);
		assert_int_equal(id, 4);
		arena_free(small);
	}
}

static void
what_does_not_fit_leaves_the_output_as_it_was(void **state)
{
	struct fixture *f = *state;
	static struct recipient to[40];
	struct request r = a_submit(to, 40);
	struct buf *out = NULL;

	assert_status(STATUS_OK, buf_new(3 * 1024 * 1024, &out));
	assert_status(STATUS_OK, buf_put(out, BYTES("kept")));
	for (size_t i = 0; i < 40; i++)
		to[i].payload = bytes_view(big, LIMIT_ITEM_BYTES);
	assert_status(STATUS_FULL, codec_put_request(&r, f->out));
	assert_int_equal(buf_len(f->out), 0); /* over LIMIT_MESSAGE_BYTES */
	r.u.submit.recipients_count = 20;     /* 5 MiB, over out's ceiling */
	assert_status(STATUS_FULL, codec_put_request(&r, out));
	assert_bytes(BYTES("kept"), buf_view(out));
	buf_free(out);
}

static void
running_out_of_memory_leaves_the_output_as_it_was(void **state)
{
	static struct recipient to[10];
	struct request r = a_submit(to, 10);
	enum status st = STATUS_NOMEM;

	(void)state;
	for (size_t i = 0; i < 10; i++)
		to[i].payload = bytes_view(big, LIMIT_ITEM_BYTES);
	for (size_t n = 1; st == STATUS_NOMEM; n++) {
		struct buf *out = NULL;

		assert_status(STATUS_OK, buf_new(LIMIT_MESSAGE_BYTES, &out));
		assert_status(STATUS_OK, buf_put(out, BYTES("kept")));
		alloc_fail_nth(n);
		st = codec_put_request(&r, out);
		alloc_fail_nth(0);
		if (st != STATUS_OK)
			assert_bytes(BYTES("kept"), buf_view(out));
		buf_free(out);
	}
	assert_status(STATUS_OK, st);
}

#define codec_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		codec_test(submits_over_a_limit_are_refused),
		codec_test(recipients_need_a_name_a_device_and_a_payload),
		codec_test(registrations_have_fixed_lengths),
		codec_test(chain_requests_are_bounded),
		codec_test(removing_an_account_takes_a_whole_signature),
		codec_test(
		    replacing_devices_takes_a_device_and_two_whole_signatures),
		codec_test(recovering_takes_a_name_and_a_whole_signature),
		codec_test(prekeys_and_bundles_are_bounded),
		codec_test(small_requests_come_through_as_they_were),
		codec_test(every_truncation_of_a_submit_is_refused),
		codec_test(
		    unknown_requests_are_named_and_unknown_fields_ignored),
		codec_test(a_full_arena_is_not_blamed_on_the_peer),
		codec_test(what_does_not_fit_leaves_the_output_as_it_was),
		codec_test(running_out_of_memory_leaves_the_output_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
