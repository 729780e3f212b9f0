/* When a message to a group waits, whom it leaves out, and what is said. */
#include "tests/unit/core/group_world.h"

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

/* The oldest row of p's outbox, in its step. */
static struct outbox_row
first_row(struct party *p, struct step *s)
{
	struct outbox_row row;

	*s = begin(p);
	assert_status(STATUS_OK, outbox_next(s->txn, 0, s->arena, &row));
	return row;
}

static void
assert_says(struct bytes sentence, const char *part)
{
	char text[512] = { 0 };

	assert_true(sentence.len < sizeof(text));
	memcpy(text, sentence.data, sentence.len);
	assert_non_null(strstr(text, part));
}

static void
nothing_is_sent_while_the_log_goes_on_unread(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct outbox_row row;
	struct step s;

	add(w, "bob");
	add(w, "carol");
	add(w, "eve");
	read_log(w, bob);
	tell(w, bob, "all four");
	w->deaf = bob; /* its mailbox is full: the new log key does not come */
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "eve", 0), TACIT_DONE);
	w->deaf = NULL;
	assert_status(STATUS_OK, sync_log(w, bob));
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0), TACIT_DONE);
	assert_status(STATUS_AGAIN, sync_log(w, bob));
	assert_status(STATUS_AGAIN, speak(w, bob, "not for carol"));
	row = first_row(bob, &s);
	assert_int_equal(row.state, OUTBOX_DRAFT);
	assert_says(row.last_error, "cannot be read here yet");
	step_abort(&s);
	take_item(bob, &w->missed); /* now there is room */
	assert_status(STATUS_OK, sync_log(w, bob));
	assert_status(STATUS_OK, flush(w, bob));
	assert_int_equal(heard(&w->c->alice, "not for carol"), 1);
	assert_int_equal(heard(&w->c->carol, "not for carol"), 0);
}

static void
a_relay_that_takes_back_what_it_said_of_a_log_stops_nobody(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct chain_tail tail = { 0 };
	struct step s;

	add(w, "bob");
	tail.chain = record_of(w, bob).chain;
	tail.from = w->length;
	tail.length = w->length + 5;
	s = begin(bob);
	assert_status(STATUS_OK, group_take_tail(&s, &w->group, &tail));
	commit(&s);
	assert_status(STATUS_AGAIN, speak(w, bob, "hello"));
	assert_status(STATUS_OK, sync_log(w, bob));
	assert_status(STATUS_OK, flush(w, bob));
	assert_int_equal(heard(&w->c->alice, "hello"), 1);
}

/* p is told that the account has another key now. */
static void
replace_key(struct party *p, const char *name, bool accepted)
{
	struct account_name account = name_of(name);
	struct contact c;
	struct step s = begin(p);

	assert_status(STATUS_OK, contact_get(s.txn, &account, &c));
	c.has_pending = true;
	c.pending_key = c.account_key;
	c.pending_key.raw[0] ^= 1;
	c.pending_list = c.list;
	c.pending_list.account_key = c.pending_key;
	c.pending_list_hash = c.list_hash;
	assert_status(STATUS_OK, contact_put(s.txn, &c));
	if (accepted)
		assert_status(STATUS_OK, peers_trust(&s, &account));
	commit(&s);
}

static void
whoever_is_left_out_is_named_in_the_row(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct draft d = { .kind = CONVERSATION_GROUP, .text = BYTES("hi") };
	size_t named = 0;
	struct outbox_row row;
	struct step s;
	uint64_t n;
	uint64_t order;

	add(w, "bob");
	add(w, "carol");
	replace_key(alice, "bob", false);
	d.group = w->group;
	d.id.raw[0] = 1;
	s = begin(alice);
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	assert_status(STATUS_OK, seal_meeting(w, alice, order));
	row = first_row(alice, &s);
	for (size_t i = 0; i < row.recipients_count; i++) {
		if (strcmp(row.recipients[i].to.account.text, "bob") != 0)
			continue;
		assert_true(row.recipients[i].done);
		assert_int_equal(row.recipients[i].type, 0);
		assert_int_equal(row.recipients[i].payload.len, 0);
		named++;
	}
	step_abort(&s);
	assert_int_equal(named, 1);
	assert_int_equal(stored(alice, order), STATE_STORED);
}

static void
a_message_that_would_leave_everybody_out_waits(void **state)
{
	struct world *w = *state;
	struct outbox_row row;
	struct step s;

	add(w, "bob");
	replace_key(&w->c->alice, "bob", false);
	assert_status(STATUS_UNTRUSTED, speak(w, &w->c->alice, "hello?"));
	row = first_row(&w->c->alice, &s);
	assert_int_equal(row.state, OUTBOX_DRAFT);
	assert_says(row.last_error, "tacit trust");
	step_abort(&s);
}

static void
a_trusted_key_that_the_group_has_not_asks_for_an_admin(void **state)
{
	struct world *w = *state;
	struct outbox_row row;
	struct step s;

	add(w, "bob");
	add(w, "carol");
	replace_key(&w->c->alice, "bob", true);
	assert_status(STATUS_UNTRUSTED, speak(w, &w->c->alice, "hello"));
	row = first_row(&w->c->alice, &s);
	assert_says(row.last_error, "tacit group add 'friends' bob");
	step_abort(&s);
}

static void
a_key_of_the_group_that_the_user_has_not_asks_the_user(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct outbox_row row;
	struct step s;

	add(w, "bob");
	add(w, "carol");
	assert_status(STATUS_OK, meet(bob, &w->c->carol));
	replace_key(&w->c->alice, "carol", true);
	/* alice's contact has a key of its own making: nobody else met it. */
	s = begin(&w->c->alice);
	{
		struct group_wish again = { .type = ENTRY_ADD };
		struct account_name carol = name_of("carol");
		struct group_prepared p;
		struct tacit_error e;

		again.names = &carol;
		again.names_count = 1;
		assert_int_equal(
		    group_prepare(&s, &w->group, &again, &p, &e), TACIT_DONE);
		append(w, p.append.entry);
		group_prepared_clear(&p);
	}
	step_abort(&s);
	assert_status(STATUS_OK, sync_log(w, bob));
	assert_status(STATUS_UNTRUSTED, speak(w, bob, "hello"));
	row = first_row(bob, &s);
	assert_says(row.last_error, "tacit trust carol");
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(nothing_is_sent_while_the_log_goes_on_unread),
		world_test(
		    a_relay_that_takes_back_what_it_said_of_a_log_stops_nobody),
		world_test(whoever_is_left_out_is_named_in_the_row),
		world_test(a_message_that_would_leave_everybody_out_waits),
		world_test(
		    a_trusted_key_that_the_group_has_not_asks_for_an_admin),
		world_test(
		    a_key_of_the_group_that_the_user_has_not_asks_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
