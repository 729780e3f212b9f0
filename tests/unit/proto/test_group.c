#include "proto/group.h"
#include "proto/limits.h"
#include "tests/support/test.h"

struct fixture {
	struct buf *out;
	struct arena *arena;
};

static const uint8_t signature[SIGN_SIGNATURE_BYTES] = { 9 };
static const uint8_t nonce[24] = { 8 };
static const uint8_t big[LIMIT_CHAIN_ENTRY_BYTES + 1];

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_status(STATUS_OK, buf_new(1 << 20, &f->out));
	assert_status(STATUS_OK, arena_new(1 << 22, &f->arena));
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

static enum status
pass(struct fixture *f, const struct group_entry_body *b,
    struct group_entry_body *got)
{
	buf_clear(f->out);
	arena_reset(f->arena);
	assert_status(STATUS_OK, group_put_body(b, f->out));
	return group_get_body(buf_view(f->out), f->arena, got);
}

static void
refuse(struct fixture *f, const struct group_entry_body *b)
{
	struct group_entry_body got = { .index = 99 };

	assert_status(STATUS_BAD_INPUT, pass(f, b, &got));
	assert_int_equal(got.index, 99); /* out left untouched */
}

static struct group_entry_body
a_creation(void)
{
	static const struct group_member members[2] = {
		{ { "alice" }, { { 1 } }, ROLE_ADMIN },
		{ { "bob" }, { { 2 } }, ROLE_MEMBER }
	};

	return (struct group_entry_body){ .author = { { "alice" }, 1 },
		.author_key = { { 1 } },
		.list_hash = { { 2 } },
		.at_ms = 3,
		.type = ENTRY_CREATE,
		.nonce = { 4 },
		.name = BYTES("friends"),
		.members = members,
		.members_count = 2 };
}

static struct group_entry_body
a_removal(void)
{
	static const struct last_seq last = { { { "bob" }, 1 }, 17 };
	struct group_entry_body b = a_creation();

	b.has_group = true;
	b.group.raw[0] = 5;
	b.index = 6;
	b.previous.raw[0] = 7;
	b.type = ENTRY_REMOVE;
	b.has_next_key = true;
	b.next_key.raw[0] = 8;
	b.name = BYTES_NONE;
	b.last = &last;
	b.last_count = 1;
	return b;
}

static void
only_the_first_entry_has_no_group_and_no_previous(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b = a_creation(), got;

	assert_status(STATUS_OK, pass(f, &b, &got));
	assert_false(got.has_group);
	b.index = 1;
	refuse(f, &b);
	b = a_removal();
	assert_status(STATUS_OK, pass(f, &b, &got));
	b.index = 0;
	refuse(f, &b);
}

static void
a_creation_needs_its_nonce(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b = a_creation();

	b.nonce[0] = 0;
	refuse(f, &b);
}

static void
names_are_text_and_accounts_are_accounts(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b = a_creation(), got;
	struct group_member m = { { "Bob" }, { { 1 } }, ROLE_MEMBER };

	b.name = BYTES("\xc3\x28");
	refuse(f, &b);
	b.name = BYTES("\xed\xa0\x80"); /* a surrogate */
	refuse(f, &b);
	b.name = bytes_view(signature, 1);
	assert_status(STATUS_OK, pass(f, &b, &got));
	b = a_creation();
	b.author.device = 0;
	refuse(f, &b);
	b = a_creation();
	b.author.account = (struct account_name){ "" };
	refuse(f, &b);
	b = a_creation();
	b.members = &m;
	b.members_count = 1;
	refuse(f, &b);
}

static void
counts_and_sizes_are_bounded(void **state)
{
	static struct group_member members[LIMIT_GROUP_MEMBERS + 1];
	static char name[LIMIT_GROUP_NAME_BYTES + 1];
	struct fixture *f = *state;
	struct group_entry_body b = a_creation(), got;

	for (size_t i = 0; i <= LIMIT_GROUP_MEMBERS; i++)
		members[i] = (struct group_member){ .account = { "ab" } };
	b.members = members;
	b.members_count = LIMIT_GROUP_MEMBERS + 1;
	refuse(f, &b);
	b.members_count = LIMIT_GROUP_MEMBERS;
	assert_status(STATUS_OK, pass(f, &b, &got));
	memset(name, 'n', sizeof(name));
	b.name = BYTES_OF(name);
	refuse(f, &b);
	b.name.len--;
	assert_status(STATUS_OK, pass(f, &b, &got));
	assert_status(
	    STATUS_BAD_INPUT, group_get_body(BYTES_OF(big), f->arena, &got));
}

static void
a_removal_comes_through_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct group_entry_body b = a_removal(), got;

	b.timer_s = 9;
	b.who_may_add = 2;
	assert_status(STATUS_OK, pass(f, &b, &got));
	assert_memory_equal(&got.group, &b.group, HASH_BYTES);
	assert_memory_equal(&got.previous, &b.previous, HASH_BYTES);
	assert_memory_equal(&got.list_hash, &b.list_hash, HASH_BYTES);
	assert_memory_equal(&got.author_key, &b.author_key, 32);
	assert_true(got.has_next_key);
	assert_int_equal(got.next_key.raw[0], 8);
	assert_int_equal(got.type, ENTRY_REMOVE);
	assert_int_equal(got.at_ms, 3);
	assert_int_equal(got.timer_s, 9);
	assert_int_equal(got.who_may_add, 2);
	assert_int_equal(got.members_count, 2);
	assert_string_equal(got.members[1].account.text, "bob");
	assert_int_equal(got.members[1].role, ROLE_MEMBER);
	assert_int_equal(got.last[0].seq, 17);
}

static void
entries_and_seals_have_fixed_lengths(void **state)
{
	struct fixture *f = *state;
	struct group_entry e = { BYTES("body"), BYTES_OF(signature),
		{ BYTES("list"), BYTES_OF(signature) } },
			   e2;
	struct sealed_entry s = { { { 1 } }, BYTES_OF(nonce),
		BYTES_OF(signature) },
			    s2;

	assert_status(STATUS_OK, group_put_entry(&e, f->out));
	assert_status(
	    STATUS_OK, group_get_entry(buf_view(f->out), f->arena, &e2));
	assert_bytes(e.body, e2.body);
	e.signature.len--;
	buf_clear(f->out);
	assert_status(STATUS_OK, group_put_entry(&e, f->out));
	assert_status(
	    STATUS_BAD_INPUT, group_get_entry(buf_view(f->out), f->arena, &e2));
	buf_clear(f->out);
	assert_status(STATUS_OK, group_put_sealed(&s, f->out));
	assert_status(
	    STATUS_OK, group_get_sealed(buf_view(f->out), f->arena, &s2));
	assert_bytes(s.box, s2.box);
	s.nonce.len--;
	buf_clear(f->out);
	assert_status(STATUS_OK, group_put_sealed(&s, f->out));
	assert_status(STATUS_BAD_INPUT,
	    group_get_sealed(buf_view(f->out), f->arena, &s2));
}

static void
a_seal_of_a_later_release_is_told_from_damage(void **state)
{
	struct fixture *f = *state;
	struct sealed_entry s;

	assert_status(STATUS_NOT_FOUND,
	    group_get_sealed(BYTES("\x08\x02"), f->arena, &s));
	assert_status(STATUS_BAD_INPUT,
	    group_get_sealed(BYTES("\x08\x01"), f->arena, &s));
	assert_status(
	    STATUS_BAD_INPUT, group_get_sealed(BYTES_NONE, f->arena, &s));
}

static void
running_out_of_memory_writes_nothing(void **state)
{
	struct group_entry_body b = a_creation();
	enum status st = STATUS_NOMEM;

	(void)state;
	for (size_t n = 1; st == STATUS_NOMEM; n++) {
		struct buf *out = NULL;

		assert_status(STATUS_OK, buf_new(1 << 20, &out));
		alloc_fail_nth(n);
		st = group_put_body(&b, out);
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
		codec_test(only_the_first_entry_has_no_group_and_no_previous),
		codec_test(a_creation_needs_its_nonce),
		codec_test(names_are_text_and_accounts_are_accounts),
		codec_test(counts_and_sizes_are_bounded),
		codec_test(a_removal_comes_through_as_it_was),
		codec_test(entries_and_seals_have_fixed_lengths),
		codec_test(a_seal_of_a_later_release_is_told_from_damage),
		codec_test(running_out_of_memory_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
