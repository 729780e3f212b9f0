/* Who has what: receipts out, in, and what hostile ones may change. */
#include "client/core/messenger/receipts.h"
#include "tests/unit/core/receipts_said.h"

/* The state of the own message with this number, as it is shown. */
static enum message_state
state_of(struct party *p, uint64_t seq)
{
	return state_of_number(p, 1, seq);
}

static void
a_message_is_delivered_and_then_read(void **state)
{
	struct cores *c = *state;

	say(&c->alice, &c->bob, "one");
	assert_int_equal(state_of(&c->alice, 1), STATE_STORED);
	assert_true(bring_receipt(&c->bob, &c->alice));
	assert_int_equal(state_of(&c->alice, 1), STATE_DELIVERED);
	show_all(&c->bob);
	assert_true(bring_receipt(&c->bob, &c->alice));
	assert_int_equal(state_of(&c->alice, 1), STATE_READ);
	assert_int_equal(due(&c->bob), 0);
	say(&c->alice, &c->bob, "two");
	assert_int_equal(state_of(&c->alice, 1), STATE_READ);
	assert_int_equal(state_of(&c->alice, 2), STATE_STORED);
}

/* A receipt is no message: nobody is told of it, and it owes nothing. */
static void
nothing_is_owed_for_receipts_and_nothing_is_told_twice(void **state)
{
	struct cores *c = *state;
	uint64_t numbers[ITEMS_MAX];

	say(&c->alice, &c->bob, "one");
	assert_true(bring_receipt(&c->bob, &c->alice));
	assert_false(bring_receipt(&c->alice, &c->bob));
	assert_false(bring_receipt(&c->bob, &c->alice));
	assert_int_equal(entries(&c->alice, numbers), 1);
	show_all(&c->bob);
	show_all(&c->bob);
	assert_true(bring_receipt(&c->bob, &c->alice));
	show_all(&c->bob);
	assert_false(bring_receipt(&c->bob, &c->alice));
}

static void
one_receipt_makes_good_for_those_that_were_lost(void **state)
{
	struct cores *c = *state;
	struct parcel lost;
	uint64_t order;
	unsigned detail;

	for (int i = 0; i < 5; i++) {
		say(&c->alice, &c->bob, "again");
		lost = receipt_of(&c->bob, &order);
		assert_non_null(lost.payload);
		parcel_clear(&lost);
		stored(&c->bob, order);
	}
	assert_int_equal(state_of(&c->alice, 5), STATE_STORED);
	say(&c->alice, &c->bob, "last");
	assert_true(bring_receipt(&c->bob, &c->alice));
	for (uint64_t seq = 1; seq <= 6; seq++)
		assert_int_equal(state_of(&c->alice, seq), STATE_DELIVERED);
	/* And what was lost is no gap in what bob says. */
	say(&c->bob, &c->alice, "hello");
	assert_int_equal(notices(&c->alice, NOTICE_GAP, &detail), 0);
}

static void
what_is_missing_is_not_said_to_have_come(void **state)
{
	struct cores *c = *state;
	struct parcel second;

	say(&c->alice, &c->bob, "one");
	second = write_to(&c->alice, &c->bob, "two");
	say(&c->alice, &c->bob, "three");
	assert_true(bring_receipt(&c->bob, &c->alice));
	assert_int_equal(state_of(&c->alice, 1), STATE_DELIVERED);
	assert_int_equal(state_of(&c->alice, 2), STATE_STORED);
	assert_int_equal(state_of(&c->alice, 3), STATE_DELIVERED);
	assert_status(STATUS_OK, take(&c->bob, &second));
	assert_true(bring_receipt(&c->bob, &c->alice));
	assert_int_equal(state_of(&c->alice, 2), STATE_DELIVERED);
	parcel_clear(&second);
}

/* Killed between the commit and the relay's answer: the row is still there. */
static void
a_receipt_is_owed_until_the_relay_has_it(void **state)
{
	struct cores *c = *state;
	struct parcel first, none;
	uint64_t order, other;

	say(&c->alice, &c->bob, "one");
	first = receipt_of(&c->bob, &order);
	assert_int_equal(due(&c->bob), 1);
	none = receipt_of(&c->bob, &other); /* it is on its way */
	assert_null(none.payload);
	say(&c->alice, &c->bob, "two"); /* more to tell since */
	stored(&c->bob, order);
	assert_int_equal(due(&c->bob), 1);
	assert_status(STATUS_OK, take(&c->alice, &first));
	assert_int_equal(state_of(&c->alice, 2), STATE_STORED);
	assert_true(bring_receipt(&c->bob, &c->alice));
	assert_int_equal(state_of(&c->alice, 2), STATE_DELIVERED);
	parcel_clear(&first);
}

static void
a_full_lane_is_tried_again_later(void **state)
{
	struct cores *c = *state;
	struct refusal refused = { .index = 0, .code = ERROR_FULL };
	struct reply reply = { .kind = REPLY_SUBMITTED };
	struct parcel first;
	uint64_t order;
	struct receipt_due d;
	struct step s;

	say(&c->alice, &c->bob, "one");
	first = receipt_of(&c->bob, &order);
	reply.u.submitted.refused = &refused;
	reply.u.submitted.count = 1;
	answered(&c->bob, order, &reply);
	parcel_clear(&first);
	assert_false(bring_receipt(&c->bob, &c->alice)); /* not at once */
	s = begin(&c->bob);
	assert_status(
	    STATUS_OK, receipt_due_get(s.txn, &c->alice.core.self.address, &d));
	assert_true(d.not_before_ms > s.now_ms);
	d.not_before_ms = 0;
	assert_status(STATUS_OK, receipt_due_put(s.txn, &d));
	commit(&s);
	assert_true(bring_receipt(&c->bob, &c->alice));
	assert_int_equal(state_of(&c->alice, 1), STATE_DELIVERED);
}

static void
a_device_that_is_gone_is_owed_nothing_until_it_writes(void **state)
{
	struct cores *c = *state;
	struct device_ref gone;
	struct reply reply = { .kind = REPLY_ERROR };
	struct parcel first;
	uint64_t order;

	say(&c->alice, &c->bob, "one");
	first = receipt_of(&c->bob, &order);
	say(&c->alice, &c->bob, "two"); /* and it is owed again meanwhile */
	gone = (struct device_ref){ c->alice.core.self.address.account, 1 };
	reply.u.error.code = ERROR_DEVICES_CHANGED;
	reply.u.error.changed.stale = (struct device_refs){ &gone, 1 };
	answered(&c->bob, order, &reply);
	parcel_clear(&first);
	assert_int_equal(due(&c->bob), 0);
	say(&c->alice, &c->bob, "three");
	assert_true(bring_receipt(&c->bob, &c->alice));
	assert_int_equal(state_of(&c->alice, 2), STATE_DELIVERED);
}

/* Encrypts a receipt as bob's hostile client would. */
static enum status
forge(struct cores *c, const struct receipt *told, uint32_t type)
{
	struct plaintext p = { .kind = CONTENT_RECEIPTS };
	struct contact alice;
	struct parcel parcel = { 0 };
	uint32_t made;
	enum status st;
	struct step s = begin(&c->bob);

	p.u.receipts = (struct receipt_list){ told, 1 };
	assert_status(STATUS_OK,
	    peers_get(&s, &c->alice.core.self.address.account, &alice));
	assert_status(
	    STATUS_OK, pair_encrypt(&s, &alice, &alice.list.devices[0], &p,
			   &made, &parcel.payload));
	commit(&s);
	parcel.item = (struct item){
		.seq = 1,
		.stored_ms = 1,
		.has_sender = true,
		.sender = c->bob.core.self.address,
		.type = type,
		.suite = SUITE_SIGNAL_V3,
		.payload = buf_view(parcel.payload),
	};
	st = take(&c->alice, &parcel);
	parcel_clear(&parcel);
	return st;
}

static void
a_hostile_receipt_lies_about_its_sender_alone(void **state)
{
	struct cores *c = *state;
	struct receipt told = {
		.delivered = { { { 1, UINT64_MAX } }, 1 },
		.read = { { { 1, UINT64_MAX } }, 1 },
	};
	struct receipt group = told;
	uint64_t numbers[ITEMS_MAX];

	say(&c->alice, &c->carol, "for carol");
	say(&c->alice, &c->bob, "for bob");
	group.has_group = true;
	group.group = (struct hash){ { 9 } };
	assert_status(STATUS_OK, forge(c, &group, ITEM_RECEIPT)); /* no such */
	assert_status(STATUS_OK, forge(c, &told, ITEM_RECEIPT));
	assert_int_equal(entries(&c->alice, numbers), 2);
	/* Numbers that were never written count for nothing later. */
	say(&c->alice, &c->bob, "and more");
	assert_int_equal(state_of(&c->alice, 2), STATE_STORED);
}

/* The relay may call it a message: it is what it is, and counts nothing. */
static void
the_relay_changes_nothing_by_another_type(void **state)
{
	struct cores *c = *state;
	struct receipt told = { .delivered = { { { 1, 1 } }, 1 } };
	struct parcel text;
	unsigned detail;

	say(&c->alice, &c->bob, "one");
	assert_status(STATUS_OK, forge(c, &told, ITEM_RATCHET));
	assert_int_equal(state_of(&c->alice, 1), STATE_DELIVERED);
	/* A message called a receipt is withheld, which is noticed. */
	text = write_to(&c->bob, &c->alice, "hidden");
	text.item.type = ITEM_RECEIPT;
	assert_status(STATUS_OK, take(&c->alice, &text));
	say(&c->bob, &c->alice, "shown");
	assert_int_equal(notices(&c->alice, NOTICE_GAP, &detail), 1);
	text.item.type = ITEM_RATCHET; /* its ratchet step is not used up */
	assert_status(STATUS_OK, take(&c->alice, &text));
	assert_int_equal(heard(&c->alice, "hidden"), 1);
	parcel_clear(&text);
}

static void
what_cannot_be_read_is_dropped_without_a_word(void **state)
{
	struct cores *c = *state;
	struct parcel p;
	uint64_t numbers[ITEMS_MAX], order;

	say(&c->alice, &c->bob, "one");
	p = receipt_of(&c->bob, &order);
	p.item.sender = c->eve.core.self.address; /* of nobody we know */
	assert_status(STATUS_OK, take(&c->alice, &p));
	p.item.sender = c->bob.core.self.address;
	p.item.type = ITEM_RECEIPT_PREKEY;
	assert_status(STATUS_OK, take(&c->alice, &p));
	assert_int_equal(state_of(&c->alice, 1), STATE_STORED);
	p.item.type = ITEM_RECEIPT;
	for (int i = 0; i < 2; i++) /* and twice is once */
		assert_status(STATUS_OK, take(&c->alice, &p));
	assert_int_equal(state_of(&c->alice, 1), STATE_DELIVERED);
	assert_int_equal(entries(&c->alice, numbers), 1);
	assert_int_equal(quarantined(&c->alice, QUARANTINE_UNDECRYPTABLE), 0);
	parcel_clear(&p);
}

/* Lost receipts must never leave the other too far behind for a message. */
static void
no_chain_is_used_up_by_receipts(void **state)
{
	struct cores *c = *state;
	const struct address *alice = &c->alice.core.self.address;
	struct reply reply = { .kind = REPLY_SUBMITTED };
	struct step s;
	int sent = 0;

	say(&c->alice, &c->bob, "one");
	s = begin(&c->bob);
	for (int i = 0; i < 1100; i++) { /* all of them get lost */
		struct receipt_due d = { .to = *alice,
			.account_key = c->alice.core.self.account_key,
			.direct = true };
		struct outbox_row row;
		size_t count;

		assert_status(STATUS_OK, receipt_due_put(s.txn, &d));
		assert_status(STATUS_OK, receipts_gather(&s, 10, &count));
		arena_reset(s.arena);
		if (outbox_next(s.txn, 0, s.arena, &row) != STATUS_OK)
			continue;
		assert_int_equal(row.kind, OUTBOX_RECEIPT);
		assert_status(STATUS_OK, receipts_submitted(&s, &row, &reply));
		sent++;
	}
	commit(&s);
	assert_int_equal(sent, 1000);
	say(&c->bob, &c->alice, "still to be read");
	assert_int_equal(heard(&c->alice, "still to be read"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(a_message_is_delivered_and_then_read),
		cores_test(
		    nothing_is_owed_for_receipts_and_nothing_is_told_twice),
		cores_test(one_receipt_makes_good_for_those_that_were_lost),
		cores_test(what_is_missing_is_not_said_to_have_come),
		cores_test(a_receipt_is_owed_until_the_relay_has_it),
		cores_test(a_full_lane_is_tried_again_later),
		cores_test(
		    a_device_that_is_gone_is_owed_nothing_until_it_writes),
		cores_test(a_hostile_receipt_lies_about_its_sender_alone),
		cores_test(the_relay_changes_nothing_by_another_type),
		cores_test(what_cannot_be_read_is_dropped_without_a_word),
		cores_test(no_chain_is_used_up_by_receipts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
