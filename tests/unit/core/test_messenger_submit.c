/* What the relay answers to a message, and what is said of it. */
#include "base/random.h"
#include "tests/unit/core/group_world.h"

static enum status
seal_to_all(struct world *w, struct bytes text, uint64_t *order)
{
	struct draft d = {
		.kind = CONVERSATION_GROUP,
		.group = w->group,
		.text = text,
	};
	uint64_t n;
	struct step s = begin(&w->c->alice);

	random_bytes(&d.id, sizeof(d.id));
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, order));
	commit(&s);
	return seal_meeting(w, &w->c->alice, *order);
}

static uint64_t
seal_words(struct world *w, struct bytes text)
{
	uint64_t order = 0;

	assert_status(STATUS_OK, seal_to_all(w, text, &order));
	return order;
}

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

static void
whoever_misses_a_message_that_others_get_is_named_once(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct device_ref stale = { name_of("carol"), 1 };
	struct reply changed = { .kind = REPLY_ERROR };
	struct history_entry e;
	unsigned detail;
	uint64_t order;
	struct step s;

	changed.u.error.code = ERROR_DEVICES_CHANGED;
	changed.u.error.changed.stale = (struct device_refs){ &stale, 1 };
	add(w, "bob");
	add(w, "carol");
	order = seal_words(w, BYTES("not for carol"));
	assert_int_equal(answered(alice, order, &changed), STATE_QUEUED);
	assert_int_equal(stored(alice, order), STATE_STORED);
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 1);
	e = last_entry(alice, &s);
	assert_int_equal(e.conversation_kind, CONVERSATION_GROUP);
	assert_false(e.own); /* or receiving would not show it */
	assert_memory_equal(e.detail.data, "carol does not", 14);
	step_abort(&s);
}

static void
a_message_that_nobody_gets_is_failed_and_no_more_is_said(void **state)
{
	struct world *w = *state;
	struct reply reply = { .kind = REPLY_ERROR };
	unsigned detail;
	uint64_t order;

	reply.u.error.code = ERROR_TOO_LARGE;
	add(w, "bob");
	order = seal_words(w, BYTES("for nobody"));
	assert_int_equal(answered(&w->c->alice, order, &reply), STATE_FAILED);
	assert_int_equal(notices(&w->c->alice, NOTICE_REFUSED, &detail), 0);
}

static void
what_is_too_long_for_a_group_fails_and_blocks_nothing(void **state)
{
	struct world *w = *state;
	struct buf *text = NULL;
	struct history_entry e;
	uint64_t order;
	struct step s;

	add(w, "bob");
	assert_status(STATUS_OK, buf_new(LIMIT_PLAINTEXT_BYTES, &text));
	while (buf_len(text) < LIMIT_PLAINTEXT_BYTES)
		assert_status(STATUS_OK, buf_put(text, BYTES("x")));
	assert_status(STATUS_DENIED, seal_to_all(w, buf_view(text), &order));
	buf_free(text);
	e = last_entry(&w->c->alice, &s);
	assert_int_equal(e.state, STATE_FAILED);
	step_abort(&s);
	assert_status(STATUS_OK, seal_to_all(w, BYTES("short"), &order));
}

static void
a_refusal_is_told_by_its_own_code(void **state)
{
	static const struct {
		enum error_code code;
		const char *sentence;
	} cases[] = {
		{ ERROR_FULL, "A recipient's mailbox is full." },
		{ ERROR_RATE_LIMITED, "The relay asks to send more slowly." },
		{ ERROR_UNAVAILABLE, "The relay could not take it now." },
	};
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct refusal refused = { 0, ERROR_NONE };
	struct reply reply = { .kind = REPLY_SUBMITTED };
	uint64_t order;

	assert_status(STATUS_OK, meet(alice, &w->c->bob));
	order = compose(alice, "bob", "squeezed");
	assert_status(STATUS_OK, seal(alice, order));
	reply.u.submitted.refused = &refused;
	reply.u.submitted.count = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outbox_row row;
		struct step s;

		refused.code = cases[i].code;
		(void)answered(alice, order, &reply);
		s = begin(alice);
		assert_status(
		    STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
		assert_bytes(row.last_error, bytes_text(cases[i].sentence));
		step_abort(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(
		    whoever_misses_a_message_that_others_get_is_named_once),
		world_test(
		    a_message_that_nobody_gets_is_failed_and_no_more_is_said),
		world_test(
		    what_is_too_long_for_a_group_fails_and_blocks_nothing),
		world_test(a_refusal_is_told_by_its_own_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
