/* Requests of administration, one step at a time, with and without memory. */
#include "tests/unit/relay/storage_fixture.h"

#include <jansson.h>
#include <stdio.h>

#include "relay/admin.h"
#include "relay/metrics.h"

enum { SAID_MAX = 400, STEPS_MAX = 1000 };

struct talk {
	struct fixture *f;
	struct admin_host host;
	json_t *said[SAID_MAX];
	size_t count;
};

static void
say(void *owner, const json_t *object)
{
	struct talk *t = owner;

	assert_true(t->count < SAID_MAX);
	t->said[t->count++] = json_deep_copy(object);
}

static void
changed(void *owner)
{
	(void)owner;
}

static const struct admin_sink sink = { say, changed };

static int
setup(void **state)
{
	struct talk *t = calloc(1, sizeof(*t));
	void *f;

	if (t == NULL || store_setup(&f) != 0)
		return -1;
	t->f = f;
	assert_status(STATUS_OK, metrics_new(&t->host.metrics));
	t->host.dir = t->f->dir;
	t->host.storage = t->f->storage;
	t->host.port = t->f->port;
	*state = t;
	return 0;
}

static void
forget(struct talk *t)
{
	for (size_t i = 0; i < t->count; i++)
		json_decref(t->said[i]);
	t->count = 0;
}

static int
teardown(void **state)
{
	struct talk *t = *state;
	void *f = t->f;
	int failed;

	forget(t);
	failed = store_teardown(&f);
	metrics_free(t->host.metrics);
	free(t);
	return failed;
}

/* Its answer is in t->said; NOMEM: it was not begun. */
static enum status
ask(struct talk *t, const char *request)
{
	struct admin_call *c = NULL;
	enum status st;

	forget(t);
	st = admin_begin(&t->host, &sink, t, bytes_text(request), &c);
	if (st != STATUS_OK)
		return st;
	for (int i = 0; !admin_is_over(c); i++) {
		assert_true(i < STEPS_MAX);
		if (admin_has_more(c))
			admin_go_on(c);
		else
			op_settle(t->f);
	}
	admin_end_call(c);
	return STATUS_OK;
}

static const char *
text(const json_t *o, const char *name)
{
	const char *value = json_string_value(json_object_get(o, name));

	return value != NULL ? value : "";
}

static void
assert_ends(const struct talk *t, const char *type, const char *code)
{
	assert_true(t->count > 0);
	assert_string_equal(type, text(t->said[t->count - 1], "type"));
	assert_string_equal(code, text(t->said[t->count - 1], "code"));
}

static void
what_is_no_request_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "null", "[]", "{", "{}", "{\"command\":\"users\"}",
		"{\"command\":\"users\",\"action\":\"dance\"}",
		"{\"command\":\"users\",\"action\":\"show\"}",
		"{\"command\":\"users\",\"action\":\"show\",\"name\":7}",
		"{\"command\":\"users\",\"action\":\"remove\",\"name\":\"\"}",
		"{\"command\":\"users\",\"action\":\"free\",\"name\":\"A B\"}",
		"{\"command\":\"invite\",\"action\":\"put\"}",
		"{\"command\":\"invite\",\"action\":\"put\",\"code_hash\":"
		"\"00\","
		"\"uses\":1,\"expires_ms\":0,\"label\":\"\"}",
		"{\"command\":\"invite\",\"action\":\"revoke\"}",
		"{\"command\":\"invite\",\"action\":\"revoke\",\"id\":\"zz\"}"
	};
	struct talk *t = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_status(STATUS_OK, ask(t, bad[i]));
		assert_int_equal(1, t->count);
		assert_ends(t, "error", "usage");
	}
}

static void
put_invite(struct talk *t, unsigned number, int64_t uses)
{
	char request[256];

	snprintf(request, sizeof(request),
	    "{\"command\":\"invite\",\"action\":\"put\",\"code_hash\":"
	    "\"%064x\",\"uses\":%lld,\"expires_ms\":0,\"label\":\"%u\"}",
	    number, (long long)uses, number);
	assert_status(STATUS_OK, ask(t, request));
	assert_ends(t, uses >= 0 ? "end" : "error", uses >= 0 ? "" : "usage");
}

static void
long_lists_come_in_pages_and_whole(void **state)
{
	struct talk *t = *state;

	put_invite(t, 0, -1);
	for (unsigned i = 0; i < 300; i++)
		put_invite(t, i, 1);
	assert_status(
	    STATUS_OK, ask(t, "{\"command\":\"invite\",\"action\":\"list\"}"));
	assert_int_equal(301, t->count);
	assert_ends(t, "end", "");
	for (unsigned i = 0; i < 300; i++) {
		char label[8];

		snprintf(label, sizeof(label), "%u", i);
		assert_string_equal(label, text(t->said[i], "label"));
	}
}

static void
accounts_are_told_and_changed(void **state)
{
	struct talk *t = *state;

	assert_status(
	    STATUS_OK, ask(t, "{\"command\":\"users\",\"action\":\"list\"}"));
	assert_int_equal(3, t->count);
	assert_string_equal("alice", text(t->said[0], "name"));
	assert_status(
	    STATUS_OK, ask(t, "{\"command\":\"users\",\"action\":\"suspend\","
			      "\"name\":\"bob\"}"));
	assert_ends(t, "end", "");
	assert_status(
	    STATUS_OK, ask(t, "{\"command\":\"users\",\"action\":\"show\","
			      "\"name\":\"bob\"}"));
	assert_string_equal("operator", text(t->said[0], "suspended"));
	assert_status(
	    STATUS_OK, ask(t, "{\"command\":\"users\",\"action\":\"remove\","
			      "\"name\":\"bob\"}"));
	assert_ends(t, "end", "");
	assert_status(
	    STATUS_OK, ask(t, "{\"command\":\"users\",\"action\":\"show\","
			      "\"name\":\"bob\"}"));
	assert_ends(t, "error", "not-found");
}

static void
reloading_needs_a_relay_that_serves(void **state)
{
	struct talk *t = *state;

	assert_status(STATUS_OK, ask(t, "{\"command\":\"reload\"}"));
	assert_ends(t, "error", "failed");
}

/* Whoever asked has gone: what storage has in hand comes back to nobody. */
static void
who_leaves_in_the_middle_is_forgotten(void **state)
{
	static const char request[] =
	    "{\"command\":\"users\",\"action\":\"list\"}";
	struct talk *t = *state;
	struct admin_call *c = NULL;

	assert_status(STATUS_OK,
	    admin_begin(&t->host, &sink, t, bytes_text(request), &c));
	assert_false(admin_is_over(c));
	admin_end_call(c);
	op_settle(t->f);
	assert_int_equal(0, t->count);

	/* And one that holds the log lets go of it. */
	assert_status(STATUS_OK,
	    admin_begin(&t->host, &sink, t,
		BYTES("{\"command\":\"backup\",\"action\":\"hold\"}"), &c));
	assert_false(admin_is_over(c));
	assert_string_equal("held", text(t->said[0], "type"));
	admin_end_call(c);
}

static void
without_memory_an_answer_ends_all_the_same(void **state)
{
	static const char *const requests[] = { "{\"command\":\"stats\"}",
		"{\"command\":\"users\",\"action\":\"list\"}",
		"{\"command\":\"users\",\"action\":\"removed\"}",
		"{\"command\":\"invite\",\"action\":\"list\"}",
		"{\"command\":\"invite\",\"action\":\"salt\"}",
		"{\"command\":\"backup\",\"action\":\"files\"}" };
	struct talk *t = *state;

	put_invite(t, 1, 1);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		bool failed = true;

		for (size_t n = 1; failed; n++) {
			enum status st;

			alloc_fail_nth(n);
			st = ask(t, requests[i]);
			failed = alloc_failed();
			alloc_fail_nth(0);
			assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		}
		assert_ends(t, "end", "");
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_no_request_is_refused),
		CASE(long_lists_come_in_pages_and_whole),
		CASE(accounts_are_told_and_changed),
		CASE(reloading_needs_a_relay_that_serves),
		CASE(who_leaves_in_the_middle_is_forgotten),
		CASE(without_memory_an_answer_ends_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
