/* What is asked for again and sent again: every length and count is checked. */
#include "proto/envelope.h"
#include "proto/limits.h"
#include "tests/support/test.h"

static const uint8_t signature[SIGN_SIGNATURE_BYTES] = { 9 };
static const uint8_t salt[SALT_BYTES] = { 8 };

struct fixture {
	struct buf *out;
	struct buf *body;
	struct arena *arena;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct message_body b = { .id = { { 1 } }, .seq = 1, .type = 1 };

	assert_status(STATUS_OK, buf_new(1 << 20, &f->out));
	assert_status(STATUS_OK, buf_new(1 << 20, &f->body));
	assert_status(STATUS_OK, arena_new(1 << 22, &f->arena));
	assert_status(STATUS_OK, envelope_put_message_body(&b, f->body));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	buf_free(f->out);
	buf_free(f->body);
	arena_free(f->arena);
	free(f);
	return 0;
}

static enum status
pass(struct fixture *f, const struct plaintext *p, struct plaintext *got)
{
	buf_clear(f->out);
	arena_reset(f->arena);
	assert_status(STATUS_OK, envelope_put_plaintext(p, f->out));
	return envelope_get_plaintext(buf_view(f->out), f->arena, got);
}

static struct plaintext
about(enum content_kind kind)
{
	return (struct plaintext){ .counter = 1,
		.list_version = 3,
		.list_hash = { { 4 } },
		.kind = kind };
}

static struct address
bob(uint32_t device)
{
	struct address a = { .device = device };

	assert_status(STATUS_OK, account_name_parse(BYTES("bob"), &a.account));
	return a;
}

static void
numbers_are_asked_for_in_order_and_of_somebody(void **state)
{
	struct fixture *f = *state;
	struct plaintext p = about(CONTENT_RESEND_REQUEST), got;
	struct resend_request *r = &p.u.resend_request;

	r->conversation.raw[0] = 1;
	r->author = bob(1);
	r->author_key.raw[0] = 2;
	r->first = 5;
	r->last = 7;
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.kind, CONTENT_RESEND_REQUEST);
	assert_int_equal(got.u.resend_request.last, 7);
	assert_int_equal(got.u.resend_request.hashes_count, 0);
	assert_true(address_equal(&got.u.resend_request.author, &r->author));
	r->last = 4;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
	r->first = 0;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
	r->first = 1;
	r->author = bob(0);
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
}

static void
hashes_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct hash hashes[LIMIT_RESEND_HASHES + 1] = { 0 };
	struct plaintext p = about(CONTENT_RESEND_REQUEST), got;
	struct resend_request *r = &p.u.resend_request;

	hashes[1].raw[0] = 6;
	r->hashes = hashes;
	r->hashes_count = LIMIT_RESEND_HASHES;
	r->no_key = true;
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.u.resend_request.hashes[1].raw[0], 6);
	assert_true(got.u.resend_request.no_key);
	r->hashes_count++;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
}

static void
what_is_sent_again_comes_through_whole(void **state)
{
	struct fixture *f = *state;
	static struct resent_message messages[LIMIT_RESENT_MESSAGES + 1];
	struct plaintext p = about(CONTENT_RESENT), got;

	for (size_t i = 0; i < LIMIT_RESENT_MESSAGES + 1; i++)
		messages[i] = (struct resent_message){
			.author = bob(1),
			.message = { buf_view(f->body), BYTES_OF(signature),
			    AUTH_ED25519, BYTES_OF(salt), BYTES("hello") },
		};
	messages[1].has_list = true;
	messages[1].list =
	    (struct signed_list){ BYTES("list"), BYTES_OF(signature) };
	messages[1].has_hash = true;
	messages[1].hash.raw[0] = 3;
	p.u.resent.history = true;
	p.u.resent.messages = messages;
	p.u.resent.count = LIMIT_RESENT_MESSAGES;
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.u.resent.count, LIMIT_RESENT_MESSAGES);
	assert_true(got.u.resent.history);
	assert_false(got.u.resent.messages[0].has_list);
	assert_false(got.u.resent.messages[0].has_hash);
	assert_bytes(BYTES("list"), got.u.resent.messages[1].list.body);
	assert_int_equal(got.u.resent.messages[1].hash.raw[0], 3);
	assert_bytes(BYTES("hello"), got.u.resent.messages[1].message.content);
	p.u.resent.count++;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
	p.u.resent.count = 1;
	messages[0].message.salt.len--;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
	p.u.resent.count = 0;
	assert_status(STATUS_OK, pass(f, &p, &got));
}

#define codec_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		codec_test(numbers_are_asked_for_in_order_and_of_somebody),
		codec_test(hashes_are_bounded),
		codec_test(what_is_sent_again_comes_through_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
