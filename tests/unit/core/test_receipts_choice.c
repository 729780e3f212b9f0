/* What senders are told is the user's to choose. */
#include "client/core/messenger/receipts.h"
#include "store/client/settings.h"
#include "tests/unit/core/group_world.h"

static void
choose(struct party *p, enum receipts_choice choice)
{
	struct settings settings;
	struct step s = begin(p);

	assert_status(STATUS_OK, settings_get(s.txn, &settings));
	settings.receipts = choice;
	assert_status(STATUS_OK, settings_put(s.txn, &settings));
	commit(&s);
}

/* Brings what p owes to everybody; how many devices got something. */
static size_t
send_receipts(struct world *w, struct party *p)
{
	struct outbox_row row;
	struct step s = begin(p);
	size_t count = 0;
	size_t sent = 0;

	assert_status(STATUS_OK, receipts_gather(&s, 10, &count));
	commit(&s);
	s = begin(p);
	if (outbox_next(s.txn, 0, s.arena, &row) == STATUS_OK) {
		assert_int_equal(row.kind, OUTBOX_RECEIPT);
		sent = row.recipients_count;
	}
	step_abort(&s);
	if (sent > 0)
		assert_status(STATUS_OK, flush(w, p));
	return sent;
}

static void
show_all(struct party *p)
{
	uint64_t numbers[ITEMS_MAX];
	struct receipt_shown shown[ITEMS_MAX];
	size_t count = entries(p, numbers), found = 0;
	struct step s = begin(p);

	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.own || e.kind != HISTORY_MESSAGE)
			continue;
		shown[found] = (struct receipt_shown){
			.kind = e.conversation_kind,
			.from = { e.from, e.device },
			.account_key = e.from_key,
			.seq = e.seq,
		};
		if (e.conversation_kind == CONVERSATION_GROUP)
			shown[found].group = e.conversation;
		found++;
	}
	assert_status(STATUS_OK, receipts_note_shown(&s, shown, found));
	commit(&s);
}

/* What bob has of the message of alice with this number. */
static enum message_state
state_of(struct party *alice, uint64_t seq)
{
	const struct account_name bob = name_of("bob");
	struct receipt_fate fate;
	struct contact c;
	struct hash talk;
	const struct own_place place = { 1, seq };
	struct step s = begin(alice);

	assert_status(STATUS_OK, peers_get(&s, &bob, &c));
	peers_conversation(
	    &alice->core.self.account_key, &c.account_key, &talk);
	assert_status(STATUS_OK, receipts_fate(&s, &talk, &place, &bob, &fate));
	step_abort(&s);
	if (fate.read)
		return STATE_READ;
	return fate.delivered ? STATE_DELIVERED : STATE_STORED;
}

static void
with_none_nothing_leaves_the_device(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	choose(bob, RECEIPTS_NONE);
	say(alice, bob, "one");
	show_all(bob);
	assert_int_equal(send_receipts(w, bob), 0);
	assert_int_equal(state_of(alice, 1), STATE_STORED);
}

static void
with_delivered_nobody_learns_what_was_read(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	choose(bob, RECEIPTS_DELIVERED);
	say(alice, bob, "one");
	assert_int_equal(send_receipts(w, bob), 1);
	show_all(bob);
	assert_int_equal(send_receipts(w, bob), 0); /* not even its time */
	say(alice, bob, "two");
	assert_int_equal(send_receipts(w, bob), 1);
	assert_int_equal(state_of(alice, 1), STATE_DELIVERED);
	assert_int_equal(state_of(alice, 2), STATE_DELIVERED);
}

/* Who changes their mind has not changed it about what was before. */
static void
what_came_while_they_were_off_is_never_told(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	choose(bob, RECEIPTS_NONE);
	say(alice, bob, "one");
	choose(bob, RECEIPTS_DELIVERED);
	say(alice, bob, "two");
	show_all(bob);
	choose(bob, RECEIPTS_ALL);
	say(alice, bob, "three");
	show_all(bob);
	assert_int_equal(send_receipts(w, bob), 1);
	assert_int_equal(state_of(alice, 1), STATE_STORED);
	/* It is read, for it was shown again with the third. */
	assert_int_equal(state_of(alice, 2), STATE_READ);
	assert_int_equal(state_of(alice, 3), STATE_READ);
}

static void
what_is_owed_when_they_are_switched_off_is_not_sent(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct step s;
	size_t count = 0;

	say(alice, bob, "one");
	choose(bob, RECEIPTS_NONE);
	assert_int_equal(send_receipts(w, bob), 0);
	s = begin(bob);
	assert_status(STATUS_OK, receipt_due_count(s.txn, &count));
	step_abort(&s);
	assert_int_equal(count, 0);
	assert_int_equal(state_of(alice, 1), STATE_STORED);
	/* And later ones are owed as ever. */
	choose(bob, RECEIPTS_ALL);
	say(alice, bob, "two");
	assert_int_equal(send_receipts(w, bob), 1);
	assert_int_equal(state_of(alice, 2), STATE_DELIVERED);
}

static uint64_t
known(struct world *w, struct party *p, const char *who)
{
	struct account_name name = name_of(who);
	uint64_t length;
	struct step s = begin(p);

	assert_status(
	    STATUS_OK, group_known_length(&s, &w->group, &name, &length));
	step_abort(&s);
	return length;
}

static void
freeze(struct world *w, struct party *p)
{
	struct group_record g;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	g.standing = GROUP_FROZEN;
	assert_status(STATUS_OK, group_put(s.txn, &g));
	commit(&s);
}

/* A silent member is behind for the others; a frozen one still warns them. */
static void
with_none_a_head_is_told_of_a_frozen_group_alone(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	const struct receipt_talk talk = { CONVERSATION_GROUP, &w->group,
		&alice->core.self.address, &alice->core.self.account_key,
		NULL };
	struct step s;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	choose(bob, RECEIPTS_NONE);
	tell(w, alice, "hello");
	show_all(bob);
	assert_int_equal(send_receipts(w, bob), 0);
	assert_int_equal(known(w, alice, "bob"), 0);
	freeze(w, bob);
	s = begin(bob);
	assert_status(STATUS_OK, receipts_owe_head(&s, &talk));
	commit(&s);
	assert_int_equal(send_receipts(w, bob), 1);
	assert_int_equal(known(w, alice, "bob"), w->length);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(with_none_nothing_leaves_the_device),
		world_test(with_delivered_nobody_learns_what_was_read),
		world_test(what_came_while_they_were_off_is_never_told),
		world_test(what_is_owed_when_they_are_switched_off_is_not_sent),
		world_test(with_none_a_head_is_told_of_a_frozen_group_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
