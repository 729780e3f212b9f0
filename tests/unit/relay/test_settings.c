#include "tests/support/test.h"

#include <stdio.h>

#include "relay/settings.h"

static struct settings
defaults(void)
{
	struct settings s;

	memset(&s, 0, sizeof(s));
	config_defaults(settings_table(), &s);
	return s;
}

static enum status
set(struct settings *s, const char *name, const char *value)
{
	char why[CONFIG_WHY_BYTES] = "";
	enum status st = config_set(settings_table(), s, name, value, why);

	assert_int_equal(st == STATUS_OK, why[0] == '\0');
	return st;
}

static void
what_is_no_address_with_a_port_is_refused(void **state)
{
	static const char *const wrong[] = { "", ":", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
		"[::1]", "[::1", "[::1]80", "localhost:80", "1.2.3.4:80x",
		"1.2.3.4\n:80" };
	struct listen_address a;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_status(STATUS_BAD_INPUT, listen_parse(wrong[i], &a));
}

static void
addresses_are_told_apart(void **state)
{
	struct listen_address a;

	(void)state;
	assert_status(STATUS_OK, listen_parse("127.8.0.1:0", &a));
	assert_true(a.is_loopback && !a.is_wildcard);
	assert_status(STATUS_OK, listen_parse("[::]:4433", &a));
	assert_true(!a.is_loopback && a.is_wildcard);
	assert_string_equal("::", a.host);
	assert_int_equal(4433, a.port);
	assert_status(STATUS_OK, listen_parse("[::1]:1", &a));
	assert_true(a.is_loopback);
	assert_status(STATUS_OK, listen_parse("192.0.2.7:65535", &a));
	assert_true(!a.is_loopback && !a.is_wildcard);
}

static void
how_long_mail_and_accounts_are_kept_has_bounds(void **state)
{
	char why[CONFIG_WHY_BYTES] = "";
	struct settings s = defaults();

	(void)state;
	assert_int_equal(s.message_ttl_ms, INT64_C(30) * 24 * 3600 * 1000);
	assert_int_equal(s.inactive_ms, 0);
	assert_status(STATUS_BAD_INPUT, set(&s, "message_ttl", "59m"));
	assert_status(STATUS_BAD_INPUT, set(&s, "message_ttl", "0s"));
	assert_status(STATUS_BAD_INPUT, set(&s, "message_ttl", "366d"));
	assert_status(STATUS_OK, set(&s, "message_ttl", "1h"));
	assert_status(STATUS_OK, set(&s, "inactive_after", "1d"));
	assert_status(STATUS_OK, settings_check(&s, why));
	/* Days are counted: this would never come to be one. */
	assert_status(STATUS_OK, set(&s, "inactive_after", "23h"));
	assert_status(STATUS_BAD_INPUT, settings_check(&s, why));
	assert_string_not_equal(why, "");
}

static void
a_host_that_could_forge_a_line_is_refused(void **state)
{
	struct settings s = defaults();
	char why[CONFIG_WHY_BYTES];

	(void)state;
	assert_status(STATUS_OK, set(&s, "host", "evil\njoin = open"));
	assert_status(STATUS_BAD_INPUT, settings_check(&s, why));
}

static void
a_wildcard_needs_a_host_for_the_link(void **state)
{
	struct settings s = defaults();
	char why[CONFIG_WHY_BYTES];

	(void)state;
	assert_status(STATUS_OK, settings_check(&s, why));
	assert_status(STATUS_OK, set(&s, "listen", "0.0.0.0:4433"));
	assert_status(STATUS_BAD_INPUT, settings_check(&s, why));
	assert_non_null(strstr(why, "--host"));
	assert_status(STATUS_OK, set(&s, "host", "chat.example.org"));
	assert_status(STATUS_OK, settings_check(&s, why));
}

static void
registration_is_open_on_loopback_alone(void **state)
{
	struct settings s = defaults();

	(void)state;
	assert_false(settings_needs_code(&s));
	assert_status(STATUS_OK, set(&s, "listen", "127.0.0.1:1"));
	assert_status(STATUS_OK, set(&s, "listen", "192.0.2.1:1"));
	assert_true(settings_needs_code(&s));
	assert_status(STATUS_OK, set(&s, "join", "open"));
	assert_false(settings_needs_code(&s));
	assert_status(STATUS_OK, set(&s, "join", "code"));
	assert_true(settings_needs_code(&s));
}

static void
a_later_source_replaces_the_list_of_an_earlier_one(void **state)
{
	struct settings s = defaults();

	(void)state;
	assert_status(STATUS_OK, set(&s, "listen", "127.0.0.1:1"));
	assert_status(STATUS_OK, set(&s, "listen", "127.0.0.1:2"));
	assert_int_equal(2, s.listen.count);
	config_next_source(settings_table(), &s);
	assert_status(STATUS_OK, set(&s, "listen", "127.0.0.1:3"));
	assert_int_equal(1, s.listen.count);
	assert_string_equal("127.0.0.1:3", s.listen.items[0]);
}

static void
every_setting_has_a_default_within_its_bounds(void **state)
{
	const struct config_table *table = settings_table();
	struct settings s = defaults();

	(void)state;
	for (size_t i = 0; i < table->count; i++) {
		assert_non_null(table->settings[i].help);
		assert_non_null(table->settings[i].fallback);
	}
	assert_int_equal(10000, s.handshake_ms);
	assert_int_equal(1, s.listen.count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_address_with_a_port_is_refused),
		cmocka_unit_test(addresses_are_told_apart),
		cmocka_unit_test(
		    how_long_mail_and_accounts_are_kept_has_bounds),
		cmocka_unit_test(a_host_that_could_forge_a_line_is_refused),
		cmocka_unit_test(a_wildcard_needs_a_host_for_the_link),
		cmocka_unit_test(registration_is_open_on_loopback_alone),
		cmocka_unit_test(
		    a_later_source_replaces_the_list_of_an_earlier_one),
		cmocka_unit_test(every_setting_has_a_default_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
