#include "proto/envelope.h"
#include "proto/limits.h"
#include "tests/support/test.h"

struct fixture {
	struct buf *out;
	struct buf *body; /* of a message, well-formed */
	struct arena *arena;
};

static const uint8_t signature[SIGN_SIGNATURE_BYTES] = { 9 };
static const uint8_t salt[SALT_BYTES] = { 8 };
static const uint8_t big[LIMIT_PLAINTEXT_BYTES];

static struct message_body
a_body(void)
{
	return (struct message_body){ .id = { { 1 } },
		.suite = 1,
		.seq = 2,
		.previous = { { 2 } },
		.type = MESSAGE_TEXT,
		.sent_ms = 3,
		.content_hash = { { 4 } },
		.timer_s = 5,
		.head_index = 6,
		.head_hash = { { 7 } } };
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct message_body b = a_body();

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

static void
refuse(struct fixture *f, const struct plaintext *p)
{
	struct plaintext got = { .counter = 99 };

	assert_status(STATUS_BAD_INPUT, pass(f, p, &got));
	assert_int_equal(got.counter, 99); /* out left untouched */
}

static struct plaintext
a_text(const struct fixture *f)
{
	struct plaintext p = { .counter = 2,
		.previous = { { 1 } },
		.list_version = 3,
		.list_hash = { { 4 } },
		.kind = CONTENT_MESSAGE };

	p.u.message =
	    (struct signed_message){ buf_view(f->body), BYTES_OF(signature),
		    AUTH_ED25519, BYTES_OF(salt), BYTES("hello") };
	return p;
}

static void
a_message_needs_every_fixed_length(void **state)
{
	struct fixture *f = *state;
	struct plaintext p = a_text(f), got;

	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_bytes(BYTES("hello"), got.u.message.content);
	assert_bytes(buf_view(f->body), got.u.message.body);
	p.u.message.signature.len--;
	refuse(f, &p);
	p = a_text(f);
	p.u.message.salt.len--;
	refuse(f, &p);
	p = a_text(f);
	p.u.message.body = BYTES("\xff");
	refuse(f, &p);
	p = a_text(f);
	p.u.message.content = bytes_view(big, LIMIT_TEXT_BYTES);
	assert_status(STATUS_OK, pass(f, &p, &got));
	p.u.message.content.len++;
	refuse(f, &p);
	p = a_text(f);
	p.u.message.auth = AUTH_NONE; /* its reader decides */
	p.u.message.signature = BYTES_NONE;
	assert_status(STATUS_OK, pass(f, &p, &got));
}

static void
a_longer_content_is_for_types_of_later_releases(void **state)
{
	struct fixture *f = *state;
	struct message_body b = a_body();
	struct plaintext p, got;

	b.type = 77;
	buf_clear(f->body);
	assert_status(STATUS_OK, envelope_put_message_body(&b, f->body));
	p = a_text(f);
	p.u.message.content = bytes_view(big, LIMIT_TEXT_BYTES + 1);
	assert_status(STATUS_OK, pass(f, &p, &got));
	p.u.message.content = BYTES_OF(big); /* the whole is too big */
	refuse(f, &p);
}

static void
the_chain_of_a_pair_has_no_gap_by_shape(void **state)
{
	struct fixture *f = *state;
	struct plaintext p = a_text(f), got;

	p.counter = 0;
	refuse(f, &p);
	p.counter = 1; /* the encoder then leaves previous out */
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.previous.raw[0], 0);
	p = a_text(f);
	p.list_version = 0;
	refuse(f, &p);
	/* counter 2 without previous; list version 1 and hash */
	assert_status(STATUS_BAD_INPUT,
	    envelope_get_plaintext(BYTES("\x08\x02\x28\x01\x32\x20"
					 "0123456789abcdef0123456789abcdef"),
		f->arena, &got));
	/* the same with counter 1, and nothing in it */
	assert_status(STATUS_OK,
	    envelope_get_plaintext(BYTES("\x08\x01\x28\x01\x32\x20"
					 "0123456789abcdef0123456789abcdef"),
		f->arena, &got));
	assert_int_equal(got.kind, CONTENT_NONE);
}

static void
a_first_message_carries_the_whole_list(void **state)
{
	struct fixture *f = *state;
	struct plaintext p = a_text(f), got;

	p.has_list = true;
	p.list = (struct signed_list){ BYTES("list"), BYTES_OF(signature) };
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_true(got.has_list);
	assert_bytes(BYTES("list"), got.list.body);
	p.list.signature.len--;
	refuse(f, &p);
	p.list =
	    (struct signed_list){ bytes_view(big, LIMIT_DEVICE_LIST_BYTES + 1),
		    BYTES_OF(signature) };
	refuse(f, &p);
}

static void
log_keys_come_through_in_their_order(void **state)
{
	struct fixture *f = *state;
	struct log_key_item keys[3] = { { .first = 0 }, { .first = 4 },
		{ .first = 4 } };
	struct plaintext p = a_text(f), got;

	keys[2].token.raw[31] = 0x44;
	p.kind = CONTENT_GROUP_KEYS;
	memset(&p.u, 0, sizeof(p.u));
	p.u.group_keys.group.raw[0] = 1;
	p.u.group_keys.keys = (struct log_key_list){ keys, 3 };
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.u.group_keys.keys.count, 3);
	assert_memory_equal(got.u.group_keys.keys.items, keys, sizeof(keys));
	assert_int_equal(got.u.group_keys.group.raw[0], 1);
	keys[2].first = 3; /* they never go back */
	refuse(f, &p);
	keys[2].first = LIMIT_CHAIN_ENTRIES + 1;
	refuse(f, &p);
	p.u.group_keys.keys.count = 0;
	refuse(f, &p);
}

static void
more_log_keys_than_a_message_may_bring_are_refused(void **state)
{
	struct fixture *f = *state;
	struct log_key_item *keys = calloc(LIMIT_LOG_KEYS + 1, sizeof(*keys));
	struct plaintext p = a_text(f), got;

	assert_non_null(keys);
	p.kind = CONTENT_GROUP_KEYS;
	memset(&p.u, 0, sizeof(p.u));
	p.u.group_keys.keys = (struct log_key_list){ keys, LIMIT_LOG_KEYS };
	assert_status(STATUS_OK, pass(f, &p, &got));
	p.u.group_keys.keys.count++;
	refuse(f, &p);
	free(keys);
}

static void
invitations_and_asks_come_through(void **state)
{
	struct fixture *f = *state;
	struct log_key_item key = { .first = 0 };
	struct plaintext p = a_text(f), got;

	p.kind = CONTENT_GROUP_INVITE;
	memset(&p.u, 0x55, sizeof(p.u));
	p.u.group_invite.length = LIMIT_CHAIN_ENTRIES;
	p.u.group_invite.keys = (struct log_key_list){ &key, 1 };
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.u.group_invite.head.raw[31], 0x55);
	assert_int_equal(got.u.group_invite.chain.raw[31], 0x55);
	p.u.group_invite.length++;
	refuse(f, &p);
	p.u.group_invite.length = 0;
	refuse(f, &p);
	p.kind = CONTENT_GROUP_ASK;
	memset(&p.u, 0x66, sizeof(p.u));
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_memory_equal(
	    &got.u.group_ask, &p.u.group_ask, sizeof(p.u.group_ask));
}

static void
kinds_this_release_does_not_act_on_are_told(void **state)
{
	struct fixture *f = *state;
	struct plaintext p = a_text(f), got;

	p.kind = CONTENT_NONE;
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.kind, CONTENT_NONE);
	assert_status(STATUS_OK, buf_put(f->out, BYTES("\xf2\x01\x00")));
	assert_status(STATUS_OK, /* field 30, of a later release */
	    envelope_get_plaintext(buf_view(f->out), f->arena, &got));
	assert_int_equal(got.kind, CONTENT_NONE);
}

static void
receipts_come_through_and_stand_outside_the_count(void **state)
{
	struct fixture *f = *state;
	struct receipt talks[LIMIT_RECEIPT_TALKS + 1] = {
		{ .delivered = { { { 1, 7 }, { 9, 9 } }, 2 },
		    .read = { { { 1, 3 } }, 1 } },
		{ .has_group = true,
		    .group = { { 5 } },
		    .head_index = 4,
		    .head_hash = { { 6 } } },
	};
	struct plaintext p = a_text(f), got;

	p.kind = CONTENT_RECEIPTS;
	p.counter = 0;
	p.previous = (struct hash){ { 0 } };
	p.u.receipts = (struct receipt_list){ talks, 2 };
	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.u.receipts.count, 2);
	assert_true(ranges_has(&got.u.receipts.items[0].delivered, 9));
	assert_false(ranges_has(&got.u.receipts.items[0].delivered, 8));
	assert_int_equal(got.u.receipts.items[0].read.items[0].last, 3);
	assert_false(got.u.receipts.items[0].has_group);
	assert_true(got.u.receipts.items[1].has_group);
	assert_int_equal(got.u.receipts.items[1].head_index, 4);
	assert_bytes(hash_view(&talks[1].head_hash),
	    hash_view(&got.u.receipts.items[1].head_hash));

	p.counter = 1; /* would count what may get lost */
	refuse(f, &p);
	p.counter = 0;
	p.u.receipts.count = 0;
	refuse(f, &p);
	p.u.receipts.count = LIMIT_RECEIPT_TALKS + 1;
	refuse(f, &p);
	p.u.receipts.count = 1;
	talks[0].read.items[0] = (struct range){ 3, 1 };
	refuse(f, &p);
	p = a_text(f); /* and nothing else stands there */
	p.counter = 0;
	refuse(f, &p);
}

static void
bodies_come_through_as_they_were(void **state)
{
	struct fixture *f = *state;
	struct message_body m = a_body(), m2;
	struct sender_key_body k = { .group = { { 1 } },
		.head_index = 2,
		.head_hash = { { 3 } },
		.key_id = 4,
		.iteration = 5,
		.distribution = BYTES("distribution") },
			       k2;

	assert_status(STATUS_OK,
	    envelope_get_message_body(buf_view(f->body), f->arena, &m2));
	assert_memory_equal(&m2.previous, &m.previous, HASH_BYTES);
	assert_memory_equal(&m2.head_hash, &m.head_hash, HASH_BYTES);
	assert_int_equal(m2.timer_s, 5);
	assert_status(STATUS_OK, envelope_put_sender_key_body(&k, f->out));
	assert_status(STATUS_OK,
	    envelope_get_sender_key_body(buf_view(f->out), f->arena, &k2));
	assert_int_equal(k2.iteration, 5);
	assert_bytes(BYTES("distribution"), k2.distribution);
	assert_false(m2.has_target);
	m.seq = 0;
	buf_clear(f->out);
	assert_status(STATUS_OK, envelope_put_message_body(&m, f->out));
	assert_status(STATUS_BAD_INPUT,
	    envelope_get_message_body(buf_view(f->out), f->arena, &m2));
}

/* The tags of target, target_author and target_hash. */
#define TARGET_ID                                                              \
	"\x42\x10"                                                             \
	"0123456789abcdef"
#define TARGET_AUTHOR                                                          \
	"\x62\x05"                                                             \
	"alice"
#define TARGET_HASH                                                            \
	"\x6a\x20"                                                             \
	"0123456789abcdef0123456789abcdef"

static enum status
get_body_with(struct fixture *f, struct bytes more)
{
	struct message_body m = a_body();

	buf_clear(f->out);
	assert_status(STATUS_OK, envelope_put_message_body(&m, f->out));
	assert_status(STATUS_OK, buf_put(f->out, more));
	return envelope_get_message_body(buf_view(f->out), f->arena, &m);
}

static void
what_a_message_is_about_is_named_whole_or_not_at_all(void **state)
{
	struct fixture *f = *state;
	struct message_body m = a_body(), m2;

	m.has_target = true;
	m.target.id.raw[0] = 9;
	memcpy(m.target.author.text, "alice", 6);
	m.target.hash.raw[0] = 8;
	buf_clear(f->out);
	assert_status(STATUS_OK, envelope_put_message_body(&m, f->out));
	assert_status(STATUS_OK,
	    envelope_get_message_body(buf_view(f->out), f->arena, &m2));
	assert_true(m2.has_target);
	assert_memory_equal(&m2.target, &m.target, sizeof(m.target));
	assert_status(STATUS_OK,
	    get_body_with(f, BYTES(TARGET_ID TARGET_AUTHOR TARGET_HASH)));
	assert_status(STATUS_BAD_INPUT, get_body_with(f, BYTES(TARGET_ID)));
	assert_status(
	    STATUS_BAD_INPUT, get_body_with(f, BYTES(TARGET_ID TARGET_AUTHOR)));
	assert_status(
	    STATUS_BAD_INPUT, get_body_with(f, BYTES(TARGET_ID TARGET_HASH)));
	assert_status(STATUS_BAD_INPUT,
	    get_body_with(f, BYTES(TARGET_AUTHOR TARGET_HASH)));
	assert_status(STATUS_BAD_INPUT,
	    get_body_with(f, BYTES("\x42\x01x" TARGET_AUTHOR TARGET_HASH)));
	assert_status(STATUS_BAD_INPUT,
	    get_body_with(f, BYTES(TARGET_ID "\x62\x05"
					     "Alice" TARGET_HASH)));
}

static void
a_content_is_as_long_as_its_type_may_be(void **state)
{
	static const struct {
		uint32_t type;
		size_t max;
	} kinds[] = { { MESSAGE_TEXT, LIMIT_TEXT_BYTES },
		{ MESSAGE_REACTION, LIMIT_REACTION_BYTES },
		{ MESSAGE_EDIT, LIMIT_TEXT_BYTES }, { MESSAGE_DELETION, 0 } };
	struct fixture *f = *state;
	struct plaintext p, got;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct message_body b = a_body();

		b.type = kinds[i].type;
		buf_clear(f->body);
		assert_status(
		    STATUS_OK, envelope_put_message_body(&b, f->body));
		p = a_text(f);
		p.u.message.content = bytes_view(big, kinds[i].max);
		assert_status(STATUS_OK, pass(f, &p, &got));
		p.u.message.content.len++;
		refuse(f, &p);
	}
}

static void
a_group_message_names_the_list_of_its_sender(void **state)
{
	struct fixture *f = *state;
	struct group_plaintext p = { a_text(f).u.message, 3, { { 4 } } }, got;

	assert_status(STATUS_OK, envelope_put_group_plaintext(&p, f->out));
	assert_status(STATUS_OK,
	    envelope_get_group_plaintext(buf_view(f->out), f->arena, &got));
	assert_int_equal(got.list_version, 3);
	assert_bytes(BYTES("hello"), got.message.content);
	p.list_version = 0;
	buf_clear(f->out);
	assert_status(STATUS_OK, envelope_put_group_plaintext(&p, f->out));
	assert_status(STATUS_BAD_INPUT,
	    envelope_get_group_plaintext(buf_view(f->out), f->arena, &got));
	assert_status(STATUS_BAD_INPUT,
	    envelope_get_group_plaintext(BYTES_NONE, f->arena, &got));
}

static void
every_truncation_is_refused_or_lacks_its_content(void **state)
{
	struct fixture *f = *state;
	struct plaintext p = a_text(f), got;

	assert_status(STATUS_OK, pass(f, &p, &got));
	for (size_t len = 0; len < buf_len(f->out); len++)
		if (envelope_get_plaintext(bytes_head(buf_view(f->out), len),
			f->arena, &got) == STATUS_OK)
			assert_int_equal(got.kind, CONTENT_NONE);
}

static void
running_out_of_memory_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct plaintext p = a_text(f);
	enum status st = STATUS_NOMEM;

	for (size_t n = 1; st == STATUS_NOMEM; n++) {
		struct buf *out = NULL;

		assert_status(STATUS_OK, buf_new(1 << 20, &out));
		alloc_fail_nth(n);
		st = envelope_put_plaintext(&p, out);
		alloc_fail_nth(0);
		if (st != STATUS_OK)
			assert_int_equal(buf_len(out), 0);
		buf_free(out);
	}
	assert_status(STATUS_OK, st);
}

#define codec_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		codec_test(a_message_needs_every_fixed_length),
		codec_test(a_longer_content_is_for_types_of_later_releases),
		codec_test(the_chain_of_a_pair_has_no_gap_by_shape),
		codec_test(a_first_message_carries_the_whole_list),
		codec_test(log_keys_come_through_in_their_order),
		codec_test(more_log_keys_than_a_message_may_bring_are_refused),
		codec_test(invitations_and_asks_come_through),
		codec_test(kinds_this_release_does_not_act_on_are_told),
		codec_test(receipts_come_through_and_stand_outside_the_count),
		codec_test(bodies_come_through_as_they_were),
		codec_test(
		    what_a_message_is_about_is_named_whole_or_not_at_all),
		codec_test(a_content_is_as_long_as_its_type_may_be),
		codec_test(a_group_message_names_the_list_of_its_sender),
		codec_test(every_truncation_is_refused_or_lacks_its_content),
		codec_test(running_out_of_memory_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
