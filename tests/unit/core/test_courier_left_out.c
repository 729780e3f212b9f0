/* Whoever a row leaves out is named to its sender. */
#include "client/core/courier/courier_flush.h"
#include "tests/unit/core/scripted_relay.h"

/* As a group's message is, when a member's account key has changed. */
static void
leave_carol_out(struct party *p, uint64_t order)
{
	struct outbox_recipient to[2] = { 0 };
	struct outbox_row row;
	struct step s = begin(p);

	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	assert_int_equal(row.recipients_count, 1);
	to[0].to.account = name_of("carol");
	to[0].done = true;
	to[1] = row.recipients[0];
	row.recipients = to;
	row.recipients_count = 2;
	assert_status(STATUS_OK, outbox_put(s.txn, &row, &order));
	commit(&s);
}

static void
note_names(const struct courier_fate *fate, void *arg)
{
	size_t *named = arg;

	assert_int_equal(fate->state, STATE_STORED);
	assert_null(fate->why);
	for (size_t i = 0; i < fate->refused_count; i++)
		*named += strcmp(fate->refused[i], "carol") == 0;
}

static void
who_was_left_out_is_named_with_those_who_refused(void **state)
{
	struct cores *cores = *state;
	struct script *relay = script_new();
	struct courier *courier = NULL;
	struct tacit_error e;
	size_t named = 0;
	uint64_t order;

	relay->known = &cores->bob;
	assert_status(STATUS_OK, meet(&cores->alice, &cores->bob));
	order = compose(&cores->alice, "bob", "to most of them");
	assert_status(STATUS_OK, seal(&cores->alice, order));
	leave_carol_out(&cores->alice, order);
	assert_int_equal(
	    TACIT_DONE, script_connect(relay, &cores->alice, &courier, &e));
	assert_int_equal(
	    TACIT_DONE, courier_flush(courier, 0, note_names, &named, &e));
	assert_int_equal(named, 1);
	courier_close(courier);
	script_free(relay);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(who_was_left_out_is_named_with_those_who_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
