/* test_socks.c - a proxy that lies, stops halfway, or lets nobody in. */
#include "tests/support/test.h"

#include <stdio.h>

#include "client/core/uplink/socks.h"

static const struct proxy OPEN = { .host = "127.0.0.1", .port = 9050 };
static const struct proxy LOCKED = {
	.host = "127.0.0.1",
	.port = 9050,
	.user = "profile",
	.password = "one",
};

static const char ONION[] =
    "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";

/* What is said now is just that, and is sent in two pieces. */
static void
said(struct socks *s, struct bytes expected)
{
	assert_bytes(expected, socks_output(s));
	assert_int_equal(0, socks_wants(s));
	socks_sent(s, 1);
	assert_int_equal(0, socks_wants(s));
	socks_sent(s, expected.len - 1);
	assert_true(socks_wants(s) > 0);
}

/* Fed in pieces of `step` bytes, never more than is wanted. */
static enum status
heard(struct socks *s, struct bytes all, size_t step)
{
	enum status st = STATUS_AGAIN;

	while (all.len > 0 && st == STATUS_AGAIN) {
		size_t len = step < all.len ? step : all.len;

		if (len > socks_wants(s))
			len = socks_wants(s);
		assert_true(len > 0);
		st = socks_take(s, bytes_head(all, len));
		all = bytes_tail(all, len);
	}
	assert_int_equal(0, all.len);
	return st;
}

/* As far as the request for a host. */
static void
ask(struct socks *s, const char *host)
{
	socks_begin(s, &OPEN, host, 4433);
	said(s, BYTES("\x05\x01\x00"));
	assert_false(socks_has_asked(s));
	assert_status(STATUS_AGAIN, heard(s, BYTES("\x05\x00"), 1));
	assert_true(socks_has_asked(s));
}

static void
a_name_is_left_to_the_proxy(void **state)
{
	struct buf *expected = NULL;
	struct socks s;

	(void)state;
	assert_status(STATUS_OK, buf_new(512, &expected));
	assert_status(
	    STATUS_OK, buf_put(expected, BYTES("\x05\x01\x00\x03\x3e")));
	assert_int_equal(0x3e, strlen(ONION));
	assert_status(STATUS_OK, buf_put(expected, bytes_text(ONION)));
	assert_status(STATUS_OK, buf_put(expected, BYTES("\x11\x51")));
	ask(&s, ONION);
	said(&s, buf_view(expected));
	assert_status(STATUS_OK,
	    heard(&s, BYTES("\x05\x00\x00\x01\x7f\x00\x00\x01\x11\x51"), 3));
	assert_int_equal(0, socks_wants(&s));
	assert_int_equal(0, socks_output(&s).len);
	socks_clear(&s);
	buf_free(expected);
}

static void
an_address_is_given_as_one(void **state)
{
	struct socks s;

	(void)state;
	ask(&s, "192.0.2.7");
	said(&s, BYTES("\x05\x01\x00\x01\xc0\x00\x02\x07\x11\x51"));
	ask(&s, "2001:db8::1");
	said(&s, BYTES("\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00"
		       "\x00\x00\x00\x00\x00\x00\x00\x01\x11\x51"));
}

static void
user_and_password_are_given_when_asked_for(void **state)
{
	struct socks s;

	(void)state;
	socks_begin(&s, &LOCKED, "relay.example", 1);
	said(&s, BYTES("\x05\x01\x02"));
	assert_status(STATUS_AGAIN, heard(&s, BYTES("\x05\x02"), 2));
	assert_false(socks_has_asked(&s));
	said(&s, BYTES("\x01\x07profile\x03one"));
	assert_status(STATUS_AGAIN, heard(&s, BYTES("\x01\x00"), 1));
	said(&s, BYTES("\x05\x01\x00\x03\x0drelay.example\x00\x01"));
}

static void
a_proxy_that_lets_nobody_in_is_told_from_one_that_is_none(void **state)
{
	struct socks s;

	(void)state;
	socks_begin(&s, &OPEN, "relay.example", 1);
	said(&s, BYTES("\x05\x01\x00"));
	assert_status(STATUS_DENIED, heard(&s, BYTES("\x05\xff"), 2));
	socks_begin(&s, &OPEN, "relay.example", 1);
	said(&s, BYTES("\x05\x01\x00"));
	assert_status(STATUS_DENIED, heard(&s, BYTES("\x05\x02"), 2));
	/* It must not get away with skipping the login either. */
	socks_begin(&s, &LOCKED, "relay.example", 1);
	said(&s, BYTES("\x05\x01\x02"));
	assert_status(STATUS_DENIED, heard(&s, BYTES("\x05\x00"), 2));
	socks_begin(&s, &LOCKED, "relay.example", 1);
	said(&s, BYTES("\x05\x01\x02"));
	assert_status(STATUS_AGAIN, heard(&s, BYTES("\x05\x02"), 2));
	said(&s, BYTES("\x01\x07profile\x03one"));
	assert_status(STATUS_DENIED, heard(&s, BYTES("\x01\x01"), 2));
	assert_int_equal(0, socks_wants(&s));

	socks_begin(&s, &OPEN, "relay.example", 1);
	said(&s, BYTES("\x05\x01\x00"));
	assert_status(STATUS_BAD_INPUT, heard(&s, BYTES("HT"), 2));
	socks_begin(&s, &OPEN, "relay.example", 1);
	said(&s, BYTES("\x05\x01\x00"));
	assert_status(STATUS_BAD_INPUT, heard(&s, BYTES("\x04\x5a"), 1));
}

static void
what_cannot_be_reached_is_said(void **state)
{
	struct socks s;

	(void)state;
	for (int reply = 1; reply < 256; reply++) {
		const uint8_t answer[] = { 5, (uint8_t)reply, 0, 1, 0 };

		ask(&s, "relay.example");
		socks_sent(&s, socks_output(&s).len);
		assert_status(
		    STATUS_UNREACHABLE, heard(&s, BYTES_OF(answer), 5));
		assert_int_equal(reply, s.reply);
		assert_int_equal(0, socks_wants(&s));
	}
}

/* Nothing of what follows the answer is taken, however long the answer is. */
static void
an_answer_of_any_length_ends_where_it_ends(void **state)
{
	uint8_t answer[SOCKS_IN_BYTES] = { 5, 0, 0, 3 };
	struct socks s;

	(void)state;
	for (size_t name = 0; name < 256; name++) {
		size_t len = 5 + name + 2;

		answer[4] = (uint8_t)name;
		for (size_t step = 1; step < len; step += 1 + step) {
			ask(&s, "relay.example");
			socks_sent(&s, socks_output(&s).len);
			assert_status(STATUS_OK,
			    heard(&s, bytes_view(answer, len), step));
		}
		/* Cut anywhere it is not there yet. */
		ask(&s, "relay.example");
		socks_sent(&s, socks_output(&s).len);
		assert_status(
		    STATUS_AGAIN, heard(&s, bytes_view(answer, len - 1), 64));
		assert_int_equal(1, socks_wants(&s));
	}
}

static void
an_answer_of_an_unknown_kind_is_no_answer(void **state)
{
	struct socks s;

	(void)state;
	ask(&s, "relay.example");
	socks_sent(&s, socks_output(&s).len);
	assert_status(
	    STATUS_BAD_INPUT, heard(&s, BYTES("\x05\x00\x00\x02\x00"), 5));
	ask(&s, "relay.example");
	socks_sent(&s, socks_output(&s).len);
	assert_status(
	    STATUS_BAD_INPUT, heard(&s, BYTES("\x04\x00\x00\x01\x00"), 1));
}

static void
proxies_are_written_in_one_way(void **state)
{
	static const char *const wrong[] = { "", "127.0.0.1:9050", "socks5h://",
		"socks5h://127.0.0.1",
		"socks5h://127.0.0.1:", "socks5h://127.0.0.1:0",
		"socks5h://127.0.0.1:65536", "socks5h://127.0.0.1:9050/",
		"socks5h://:9050", "socks5h://::1:9050", "socks5h://[::1:9050",
		"socks5h://[127.0.0.1]:9050", "socks5h://[::1]9050",
		"socks5h://proxy.example:9050", "socks5h://a@127.0.0.1:9050",
		"socks5h://a:@127.0.0.1:9050", "socks5h://:b@127.0.0.1:9050",
		"socks5h://a:b:c@127.0.0.1:9050",
		"socks5h://a%20:b@127.0.0.1:9050",
		"socks5h://a b:c@127.0.0.1:9050", "socks5h://@127.0.0.1:9050",
		"socks5://127.0.0.1:9050", "http://127.0.0.1:9050",
		"SOCKS5H://127.0.0.1:9050" };
	struct proxy p = { .port = 77 };
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		why = NULL;
		assert_status(
		    STATUS_BAD_INPUT, proxy_parse(wrong[i], &p, &why));
		assert_non_null(why);
		assert_int_equal(77, p.port);
	}
	assert_status(
	    STATUS_OK, proxy_parse("socks5h://localhost:9050", &p, &why));
	assert_string_equal("127.0.0.1", p.host);
	assert_string_equal("", p.user);
	assert_status(
	    STATUS_OK, proxy_parse("socks5h://user:pass@[::1]:1080", &p, &why));
	assert_string_equal("::1", p.host);
	assert_int_equal(1080, p.port);
	assert_string_equal("user", p.user);
	assert_string_equal("pass", p.password);
}

static void
words_and_names_of_the_longest_kind_fit(void **state)
{
	char text[600], name[256];
	struct proxy p;
	const char *why;
	struct socks s;

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	snprintf(text, sizeof(text), "socks5h://%s:%s@127.0.0.1:1", name, name);
	assert_status(STATUS_OK, proxy_parse(text, &p, &why));
	socks_begin(&s, &p, name, 1);
	socks_sent(&s, socks_output(&s).len);
	assert_status(STATUS_AGAIN, heard(&s, BYTES("\x05\x02"), 2));
	assert_int_equal(3 + 2 * 255, socks_output(&s).len);
	socks_sent(&s, socks_output(&s).len);
	assert_status(STATUS_AGAIN, heard(&s, BYTES("\x01\x00"), 2));
	assert_int_equal(4 + 1 + 255 + 2, socks_output(&s).len);
	snprintf(
	    text, sizeof(text), "socks5h://n%s:%s@127.0.0.1:1", name, name);
	assert_status(STATUS_BAD_INPUT, proxy_parse(text, &p, &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_left_to_the_proxy),
		cmocka_unit_test(an_address_is_given_as_one),
		cmocka_unit_test(user_and_password_are_given_when_asked_for),
		cmocka_unit_test(
		    a_proxy_that_lets_nobody_in_is_told_from_one_that_is_none),
		cmocka_unit_test(what_cannot_be_reached_is_said),
		cmocka_unit_test(an_answer_of_any_length_ends_where_it_ends),
		cmocka_unit_test(an_answer_of_an_unknown_kind_is_no_answer),
		cmocka_unit_test(proxies_are_written_in_one_way),
		cmocka_unit_test(words_and_names_of_the_longest_kind_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
