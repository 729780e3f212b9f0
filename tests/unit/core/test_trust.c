/* What waited for the old key is not encrypted to the new one. */
#include "tests/unit/core/cores.h"

static size_t
rows_of(struct party *p)
{
	size_t count = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK, outbox_count(s.txn, &count));
	step_abort(&s);
	return count;
}

/* eve takes bob's name under a key of her own, and alice hears of it. */
static void
take_over(struct cores *c)
{
	party_register(&c->eve, "bob");
	assert_int_equal(meet(&c->alice, &c->eve), STATUS_UNTRUSTED);
}

static void
trust_bob(struct cores *c)
{
	struct account_name bob = name_of("bob");
	bool changed = false;
	struct step s = begin(&c->alice);

	assert_status(STATUS_OK, messenger_trust(&s, &bob, &changed));
	commit(&s);
	assert_true(changed);
}

static enum message_state
state_of(struct party *p, const char *text)
{
	uint64_t numbers[ITEMS_MAX];
	size_t count = entries(p, numbers);
	enum message_state state = STATE_NONE;
	struct step s = begin(p);

	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.own && bytes_equal(e.text, bytes_text(text)))
			state = e.state;
	}
	step_abort(&s);
	return state;
}

static void
a_draft_from_before_the_change_is_given_up(void **state)
{
	struct cores *c = *state;

	say(&c->alice, &c->bob, "hello");
	take_over(c);
	(void)compose(&c->alice, "carol", "for carol");
	(void)compose(&c->alice, "bob", "for the first bob");
	trust_bob(c);
	assert_int_equal(
	    state_of(&c->alice, "for the first bob"), STATE_FAILED);
	assert_int_equal(rows_of(&c->alice), 1); /* carol's goes on */
}

static void
control_messages_for_the_old_key_are_given_up(void **state)
{
	struct cores *c = *state;
	struct plaintext p = { .kind = CONTENT_NONE };
	struct account_name bob = name_of("bob");
	struct step s;

	say(&c->alice, &c->bob, "hello");
	s = begin(&c->alice);
	assert_status(STATUS_OK, messenger_control(&s, &bob, &p));
	commit(&s);
	take_over(c);
	trust_bob(c);
	assert_int_equal(rows_of(&c->alice), 0);
}

static void
ciphertext_for_the_old_key_is_given_up(void **state)
{
	struct cores *c = *state;
	uint64_t order;

	say(&c->alice, &c->bob, "hello");
	order = compose(&c->alice, "bob", "for the first bob");
	assert_status(STATUS_OK, seal(&c->alice, order));
	take_over(c);
	trust_bob(c);
	assert_int_equal(
	    state_of(&c->alice, "for the first bob"), STATE_FAILED);
	assert_int_equal(rows_of(&c->alice), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(a_draft_from_before_the_change_is_given_up),
		cores_test(control_messages_for_the_old_key_are_given_up),
		cores_test(ciphertext_for_the_old_key_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
