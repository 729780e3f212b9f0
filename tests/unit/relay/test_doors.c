/* Who may connect: how many, how often, and not the banned. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "relay/bans.h"
#include "relay/doors.h"

struct fixture {
	struct settings settings;
	struct doors *doors;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	config_defaults(settings_table(), &f->settings);
	f->settings.connections = 3;
	f->settings.connections_per_source = 2;
	assert_status(STATUS_OK, doors_new(&f->settings, &f->doors));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	doors_free(f->doors);
	free(f);
	return 0;
}

static struct sockaddr_storage
address_of(const char *text)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		a.ss_family = AF_INET;
		return a;
	}
	assert_int_equal(1, inet_pton(AF_INET6, text, &v6->sin6_addr));
	a.ss_family = AF_INET6;
	return a;
}

static enum status
enter(struct fixture *f, const char *text, int64_t now_ms)
{
	struct sockaddr_storage a = address_of(text);
	struct source source;

	return doors_enter(
	    f->doors, (const struct sockaddr *)&a, now_ms, &source);
}

static void
leave(struct fixture *f, const char *text)
{
	struct sockaddr_storage a = address_of(text);
	struct source source;

	source_of_address((const struct sockaddr *)&a, &source);
	doors_leave(f->doors, &source);
}

static void
doors_close_for_one_too_many_from_one_source(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_OK, enter(f, "192.0.2.1", 1));
	assert_status(STATUS_OK, enter(f, "192.0.2.1", 1));
	assert_status(STATUS_FULL, enter(f, "192.0.2.1", 1));
	assert_status(STATUS_OK, enter(f, "2001:db8::1", 1));
	assert_status(STATUS_FULL, enter(f, "2001:db8::1", 1)); /* in all */
	leave(f, "192.0.2.1");
	assert_status(STATUS_OK, enter(f, "2001:db8::ffff", 1)); /* same /64 */
	leave(f, "192.0.2.1");
	assert_status(STATUS_FULL, enter(f, "2001:db8::2", 1));
}

static void
who_comes_back_too_often_is_kept_out_for_a_while(void **state)
{
	struct fixture *f = *state;

	f->settings.connects_per_minute = 6;
	doors_set_limits(f->doors, &f->settings);
	for (int i = 0; i < 6; i++) {
		assert_status(STATUS_OK, enter(f, "192.0.2.1", 1));
		leave(f, "192.0.2.1");
	}
	assert_status(STATUS_FULL, enter(f, "192.0.2.1", 1));
	assert_status(STATUS_OK, enter(f, "192.0.2.2", 1));
	assert_status(STATUS_OK, enter(f, "192.0.2.1", 10001));
}

/* Addresses of somebody who has a whole /48, as anybody may. */
static enum status
enter_at(struct fixture *f, unsigned subnet)
{
	char text[64];

	snprintf(text, sizeof(text), "2001:db8:7:%x::1", subnet);
	return enter(f, text, 1);
}

static void
many_networks_of_one_neighbourhood_do_not_take_every_place(void **state)
{
	struct fixture *f = *state;

	f->settings.connections = 100;
	doors_set_limits(f->doors, &f->settings);
	for (unsigned i = 0; i < 8; i++)
		assert_status(STATUS_OK, enter_at(f, i));
	assert_status(STATUS_FULL, enter_at(f, 8));
	assert_status(STATUS_FULL, enter_at(f, 0));
	assert_status(STATUS_OK, enter(f, "2001:db8:8::1", 1));
	assert_status(STATUS_OK, enter(f, "192.0.2.1", 1));
	leave(f, "2001:db8:7:3::1");
	assert_status(STATUS_OK, enter_at(f, 8));
	assert_status(STATUS_FULL, enter_at(f, 3));
}

static void
many_networks_of_one_neighbourhood_come_no_faster(void **state)
{
	struct fixture *f = *state;

	f->settings.connects_per_minute = 6;
	doors_set_limits(f->doors, &f->settings);
	for (unsigned i = 0; i < 24; i++) {
		char text[64];

		snprintf(text, sizeof(text), "2001:db8:7:%x::1", i);
		assert_status(STATUS_OK, enter_at(f, i));
		leave(f, text);
	}
	assert_status(STATUS_FULL, enter_at(f, 24));
	assert_status(STATUS_OK, enter(f, "2001:db8:8::1", 1));
}

static void
lower_limits_of_a_reload_hold_for_newcomers(void **state)
{
	struct fixture *f = *state;

	assert_status(STATUS_OK, enter(f, "192.0.2.1", 1));
	assert_status(STATUS_OK, enter(f, "192.0.2.1", 1));
	f->settings.connections = 1;
	doors_set_limits(f->doors, &f->settings);
	leave(f, "192.0.2.1");
	assert_status(STATUS_FULL, enter(f, "192.0.2.1", 1));
	leave(f, "192.0.2.1");
	assert_status(STATUS_OK, enter(f, "192.0.2.1", 1));
}

static void
ban(struct fixture *f, const char *text)
{
	snprintf(f->settings.ban.items[f->settings.ban.count++],
	    CONFIG_TEXT_BYTES, "%s", text);
	doors_set_limits(f->doors, &f->settings);
}

static void
who_is_banned_does_not_get_in_by_any_spelling(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_storage a = address_of("192.0.2.9");

	ban(f, "192.0.2.9");
	ban(f, "198.51.100.128/25");
	ban(f, "2001:db8:1::/47");
	assert_status(STATUS_DENIED, enter(f, "192.0.2.9", 1));
	assert_status(STATUS_DENIED, enter(f, "::ffff:192.0.2.9", 1));
	assert_status(STATUS_DENIED, enter(f, "198.51.100.200", 1));
	assert_status(STATUS_DENIED, enter(f, "2001:db8:1:2::3", 1));
	assert_status(STATUS_DENIED, enter(f, "2001:db8:0:ffff::", 1));
	assert_true(doors_have_banned(f->doors, (const struct sockaddr *)&a));
	assert_status(STATUS_OK, enter(f, "192.0.2.8", 1));
	assert_status(STATUS_OK, enter(f, "198.51.100.127", 1));
	assert_status(STATUS_OK, enter(f, "2001:db8:2::", 1));
}

/* A ban of all IPv6 is not one of IPv4, and the other way round. */
static void
a_ban_counts_for_its_own_kind_of_address(void **state)
{
	struct fixture *f = *state;

	ban(f, "::/0");
	assert_status(STATUS_DENIED, enter(f, "2001:db8::1", 1));
	assert_status(STATUS_OK, enter(f, "192.0.2.1", 1));
	assert_status(STATUS_OK, enter(f, "::ffff:192.0.2.1", 1));
	f->settings.ban.count = 0;
	ban(f, "0.0.0.0/0");
	assert_status(STATUS_DENIED, enter(f, "192.0.2.2", 1));
	assert_status(STATUS_OK, enter(f, "2001:db8::1", 1));
}

static void
what_is_no_address_bans_nobody(void **state)
{
	static const char *const wrong[] = { "", "/", "192.0.2.1/", "192.0.2",
		"192.0.2.1/33", "192.0.2.1/-1", "2001:db8::/129", "::1/x",
		"relay.example.org", "192.0.2.1 ", "192.0.2.1/24/8",
		"2001:db8:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0" };
	char why[CONFIG_WHY_BYTES] = "";
	struct fixture *f = *state;
	struct ban b;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_status(STATUS_BAD_INPUT, ban_parse(wrong[i], &b));
	ban(f, ""); /* an emptied list */
	assert_status(STATUS_OK, settings_check(&f->settings, why));
	assert_status(STATUS_OK, enter(f, "0.0.0.0", 1));
	ban(f, "somebody");
	assert_status(STATUS_BAD_INPUT, settings_check(&f->settings, why));
	assert_non_null(strstr(why, "somebody"));
}

static void
without_memory_there_are_no_doors(void **state)
{
	struct fixture *f = *state;
	struct doors *d = NULL;
	bool failed = true;

	for (size_t n = 1; failed; n++) {
		struct sockaddr_storage a = address_of("192.0.2.1");
		struct source source;
		enum status st;

		alloc_fail_nth(n);
		st = doors_new(&f->settings, &d);
		if (st == STATUS_OK)
			st = doors_enter(
			    d, (const struct sockaddr *)&a, 1, &source);
		failed = alloc_failed();
		alloc_fail_nth(0);
		assert_status(failed ? STATUS_NOMEM : STATUS_OK, st);
		doors_free(d);
		d = NULL;
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(doors_close_for_one_too_many_from_one_source),
		CASE(who_comes_back_too_often_is_kept_out_for_a_while),
		CASE(
		    many_networks_of_one_neighbourhood_do_not_take_every_place),
		CASE(many_networks_of_one_neighbourhood_come_no_faster),
		CASE(lower_limits_of_a_reload_hold_for_newcomers),
		CASE(who_is_banned_does_not_get_in_by_any_spelling),
		CASE(a_ban_counts_for_its_own_kind_of_address),
		CASE(what_is_no_address_bans_nobody),
		CASE(without_memory_there_are_no_doors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
