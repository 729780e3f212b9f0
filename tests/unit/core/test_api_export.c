/* All of the history, through the public library. */
#include <stdio.h>

#include "client/core/handle.h"
#include "tests/unit/core/cores.h"

enum { MANY = 300 }; /* more than one transaction reads */

struct shown {
	size_t count;
	uint64_t last;
	size_t stop_at; /* 0: never */
	char texts[256];
};

static bool
show(const struct tacit_event *event, void *arg)
{
	struct shown *s = arg;
	size_t used = strlen(s->texts);

	assert_true(event->n > s->last);
	s->last = event->n;
	s->count++;
	if (used + event->text_len + 2 < sizeof(s->texts))
		snprintf(s->texts + used, sizeof(s->texts) - used, "%s,",
		    event->text);
	return s->count != s->stop_at;
}

static struct shown export(
    struct party *p, struct tacit_export how, enum tacit_code expected)
{
	struct tacit t = { .core = p->core, .dir = p->dir };
	struct tacit_error e;
	struct shown s = { .count = 0 };

	if (how.kind == 0)
		how.kind = TACIT_DIRECT;
	assert_int_equal(tacit_export(&t, &how, show, &s, &e), expected);
	return s;
}

static void
everything_or_one_conversation_is_shown_in_its_order(void **state)
{
	struct cores *c = *state;
	struct shown s;

	say(&c->bob, &c->alice, "one");
	say(&c->carol, &c->alice, "two");
	say(&c->alice, &c->bob, "three");
	s = export(&c->alice, (struct tacit_export){ 0 }, TACIT_DONE);
	assert_string_equal(s.texts, "one,two,three,");
	s = export(
	    &c->alice, (struct tacit_export){ .with = "bob" }, TACIT_DONE);
	assert_string_equal(s.texts, "one,three,");
	s = export(
	    &c->alice, (struct tacit_export){ .until_ms = 1 }, TACIT_DONE);
	assert_int_equal(s.count, 0);
	s = export(
	    &c->alice, (struct tacit_export){ .since_ms = 1 }, TACIT_DONE);
	assert_int_equal(s.count, 3);
	export(
	    &c->alice, (struct tacit_export){ .with = "eve" }, TACIT_NOT_FOUND);
	export(
	    &c->alice, (struct tacit_export){ .with = "No Name" }, TACIT_USAGE);
	export(&c->alice,
	    (struct tacit_export){ .kind = TACIT_GROUP, .with = "none" },
	    TACIT_NOT_FOUND);
}

static void
append_many(struct party *p)
{
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_DIRECT,
		.peer = name_of("bob"),
		.from = name_of("bob"),
		.device = 1,
		.received_ms = 1,
		.text = BYTES("x"),
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
	};
	struct step s = begin(p);
	uint64_t n;

	peers_history_key(&e.peer, &e.conversation);
	for (uint64_t i = 0; i < MANY; i++) {
		store_u64(e.id.raw, i);
		assert_status(STATUS_OK, history_append(s.txn, &e, &n));
	}
	commit(&s);
}

static void
there_is_no_limit_but_the_reader_may_stop(void **state)
{
	struct cores *c = *state;
	struct tacit t = { .core = c->alice.core, .dir = c->alice.dir };
	const struct tacit_export all = { .kind = TACIT_DIRECT };
	struct shown s;
	struct tacit_error e;

	append_many(&c->alice);
	s = export(&c->alice, all, TACIT_DONE);
	assert_int_equal(s.count, MANY);
	s = export(
	    &c->alice, (struct tacit_export){ .with = "bob" }, TACIT_DONE);
	assert_int_equal(s.count, MANY);
	s = (struct shown){ .stop_at = 200 };
	assert_int_equal(tacit_export(&t, &all, show, &s, &e), TACIT_DONE);
	assert_int_equal(s.count, 200);
}

/* Whoever exports because of the damage wants the rest. */
static void
what_is_damaged_is_counted_and_the_rest_is_shown(void **state)
{
	struct cores *c = *state;
	struct vault_key second = vault_key_number(2);
	struct shown shown;
	struct step s;

	say(&c->bob, &c->alice, "one");
	say(&c->bob, &c->alice, "two");
	say(&c->bob, &c->alice, "three");
	s = begin(&c->alice);
	assert_status(STATUS_OK,
	    vault_put(s.txn, VAULT_HISTORY, &second, BYTES("\xff\xff")));
	commit(&s);
	shown = export(&c->alice, (struct tacit_export){ 0 }, TACIT_DAMAGED);
	assert_string_equal(shown.texts, "one,three,");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(
		    everything_or_one_conversation_is_shown_in_its_order),
		cores_test(there_is_no_limit_but_the_reader_may_stop),
		cores_test(what_is_damaged_is_counted_and_the_rest_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
