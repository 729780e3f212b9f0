/* Links into a group, and what is said of them between devices. */
#include <sodium.h>

#include "proto/envelope.h"
#include "proto/link_group.h"
#include "tests/support/test.h"

#define PIN   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define GROUP "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ID    "000102030405060708090a0b0c0d0e0f"
#define HASH  "AAECAwQFBgcICQoLDA0ODw"
#define START "tacit://host:44/g#pin=" PIN
#define PARTS ",group=" GROUP ",link=" ID ",secret=" PIN
#define ALICE ",admin=alice~" HASH
#define WHOLE START PARTS ALICE

static enum status
parse(const char *text, struct link_group *l)
{
	const char *why = NULL;
	enum status st = link_group_parse(bytes_text(text), l, &why);

	if (st != STATUS_OK)
		assert_non_null(why);
	return st;
}

static void
a_link_comes_back_as_it_was(void **state)
{
	char text[LIMIT_LINK_BYTES + 1];
	struct link_group l;

	(void)state;
	assert_status(
	    STATUS_OK, parse(" " WHOLE ",admin=bob~" HASH ",later=x\n", &l));
	assert_string_equal(l.relay.host, "host");
	assert_int_equal(l.relay.port, 44);
	assert_true(l.relay.has_pin);
	assert_int_equal(l.group.raw[31], 31);
	assert_int_equal(l.id.raw[15], 15);
	assert_int_equal(l.secret.raw[31], 31);
	assert_int_equal(l.admins_count, 2);
	assert_string_equal(l.admins[1].name.text, "bob");
	assert_status(STATUS_OK, link_group_format(&l, text));
	assert_string_equal(text, WHOLE ",admin=bob~" HASH);
	link_group_clear(&l);
	assert_true(sodium_is_zero((const void *)&l, sizeof(l)));
}

static void
what_is_damaged_missing_or_there_twice_is_refused(void **state)
{
	static const char *const bad[] = { "", "tacit://host/", START,
		START PARTS, START ALICE, "tacit://host/#pin=" PIN PARTS ALICE,
		"tacit://host/g/#pin=" PIN PARTS ALICE, WHOLE ",group=" GROUP,
		WHOLE ",link=" ID, WHOLE ",secret=" PIN, WHOLE ",pin=" PIN,
		WHOLE ALICE, WHOLE "x", WHOLE ",admin=bob", WHOLE ",admin=~",
		WHOLE ",admin=BOB~" HASH, WHOLE ",admin=bob~" HASH "A",
		WHOLE ",admin=bob~", START ",group=" ID ",link=" ID ALICE,
		START ",group=" GROUP ",link=" GROUP ",secret=" PIN ALICE,
		START ",group=" GROUP ",link=" ID ",secret=AAAA" ALICE,
		WHOLE ",admin=b2~" HASH ",admin=b3~" HASH ",admin=b4~" HASH
		      ",admin=b5~" HASH };
	struct link_group l = { .admins_count = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_status(STATUS_BAD_INPUT, parse(bad[i], &l));
	assert_int_equal(l.admins_count, 7); /* out left untouched */
}

/* Who registers with it is told what it is for. */
static void
a_relays_link_and_a_groups_are_told_apart(void **state)
{
	struct link relay;
	const char *why = NULL;

	(void)state;
	assert_status(
	    STATUS_BAD_INPUT, link_parse(bytes_text(WHOLE), &relay, &why));
	assert_non_null(strstr(why, "group join"));
}

static void
the_longest_link_still_fits(void **state)
{
	char text[LIMIT_LINK_BYTES + 1];
	struct link_group l;

	(void)state;
	assert_status(STATUS_OK, parse(WHOLE, &l));
	memset(l.relay.host, 'h', LIMIT_HOST_BYTES);
	l.relay.port = 65535;
	l.admins_count = LIMIT_LINK_ADMINS;
	for (size_t i = 0; i < l.admins_count; i++) {
		memset(&l.admins[i], 0, sizeof(l.admins[i]));
		memset(l.admins[i].name.text, 'a' + (int)i,
		    LIMIT_ACCOUNT_NAME_BYTES);
	}
	assert_status(STATUS_OK, link_group_format(&l, text));
	assert_status(STATUS_OK, parse(text, &l));
	link_group_clear(&l);
}

static void
a_request_and_an_answer_come_back(void **state)
{
	struct plaintext p = {
		.counter = 1, .list_version = 1, .kind = CONTENT_JOIN_REQUEST
	};
	struct plaintext got;
	struct buf *out = NULL;
	struct arena *a = NULL;

	(void)state;
	assert_status(STATUS_OK, buf_new(LIMIT_PLAINTEXT_BYTES, &out));
	assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &a));
	p.u.join_request.group.raw[0] = 1;
	p.u.join_request.link.raw[0] = 2;
	p.u.join_request.secret.raw[0] = 3;
	assert_status(STATUS_OK, envelope_put_plaintext(&p, out));
	assert_status(
	    STATUS_OK, envelope_get_plaintext(buf_view(out), a, &got));
	assert_int_equal(got.kind, CONTENT_JOIN_REQUEST);
	assert_memory_equal(
	    &got.u.join_request, &p.u.join_request, sizeof(got.u.join_request));
	buf_clear(out);
	p.kind = CONTENT_JOIN_ANSWER;
	memset(&p.u, 0, sizeof(p.u));
	p.u.join_answer.link.raw[0] = 2;
	p.u.join_answer.reason = 99; /* of a later release */
	assert_status(STATUS_OK, envelope_put_plaintext(&p, out));
	assert_status(
	    STATUS_OK, envelope_get_plaintext(buf_view(out), a, &got));
	assert_int_equal(got.u.join_answer.reason, 99);
	assert_int_equal(got.u.join_answer.link.raw[0], 2);
	buf_free(out);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_damaged_missing_or_there_twice_is_refused),
		cmocka_unit_test(a_link_comes_back_as_it_was),
		cmocka_unit_test(a_relays_link_and_a_groups_are_told_apart),
		cmocka_unit_test(the_longest_link_still_fits),
		cmocka_unit_test(a_request_and_an_answer_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
