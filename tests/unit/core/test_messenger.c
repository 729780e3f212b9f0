#include "client/core/repair/repair.h"
#include "tests/unit/core/cores.h"

static void
a_first_message_arrives_with_its_list_and_is_filed_once(void **state)
{
	struct cores *c = *state;
	struct parcel p = write_to(&c->alice, &c->bob, "hello bob");
	struct history_entry e;
	struct step s;

	assert_int_equal(p.item.type, ITEM_PREKEY);
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "hello bob"), 1);
	e = last_entry(&c->bob, &s);
	assert_int_equal(e.signature, SIGNATURE_VALID);
	assert_int_equal(e.trust, TRUST_UNVERIFIED);
	assert_int_equal(e.seq, 1);
	assert_string_equal(e.from.text, "alice");
	step_abort(&s);
	parcel_clear(&p);
}

static void
many_messages_go_both_ways_without_a_gap(void **state)
{
	struct cores *c = *state;
	unsigned detail;

	for (int i = 0; i < 8; i++) {
		say(&c->alice, &c->bob, "ping");
		say(&c->bob, &c->alice, "pong");
		say(&c->bob, &c->alice, "pong");
	}
	assert_int_equal(heard(&c->bob, "ping"), 8);
	assert_int_equal(heard(&c->alice, "pong"), 16);
	assert_int_equal(notices(&c->alice, NOTICE_GAP, &detail), 0);
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 0);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
two_who_start_at_the_same_time_still_understand_each_other(void **state)
{
	struct cores *c = *state;
	struct parcel a = write_to(&c->alice, &c->bob, "from alice");
	struct parcel b = write_to(&c->bob, &c->alice, "from bob");

	assert_status(STATUS_OK, take(&c->bob, &a));
	assert_status(STATUS_OK, take(&c->alice, &b));
	for (int i = 0; i < 3; i++) {
		say(&c->alice, &c->bob, "more");
		say(&c->bob, &c->alice, "more");
	}
	assert_int_equal(heard(&c->bob, "from alice"), 1);
	assert_int_equal(heard(&c->alice, "from bob"), 1);
	assert_int_equal(heard(&c->alice, "more"), 3);
	assert_int_equal(heard(&c->bob, "more"), 3);
	parcel_clear(&a);
	parcel_clear(&b);
}

static void
a_replayed_ciphertext_is_taken_once(void **state)
{
	struct cores *c = *state;
	struct parcel p = write_to(&c->alice, &c->bob, "once");
	unsigned detail;

	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "once"), 1);
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 0);
	parcel_clear(&p);
}

static void
a_duplicate_that_was_never_seen_is_quarantined(void **state)
{
	struct cores *c = *state;
	struct parcel p;
	unsigned detail;

	say(&c->alice, &c->bob, "one");
	say(&c->bob, &c->alice, "two");
	p = write_to(&c->alice, &c->bob, "three");
	assert_int_equal(p.item.type, ITEM_RATCHET);
	assert_status(STATUS_OK, take(&c->bob, &p));
	/* The library says duplicate before it has checked the MAC. */
	((uint8_t *)p.item.payload.data)[p.item.payload.len - 1] ^= 1;
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "three"), 1);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 1);
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	parcel_clear(&p);
}

static void
damage_undoes_itself_alone_and_the_next_message_is_read(void **state)
{
	struct cores *c = *state;
	unsigned detail;

	for (size_t cut = 0; cut < 5; cut++) {
		struct parcel p = write_to(&c->alice, &c->bob, "damaged");

		if (cut == 0)
			p.item.payload.len = 0;
		else if (cut == 1)
			p.item.payload.len /= 2;
		else
			((uint8_t *)p.item.payload
				.data)[p.item.payload.len / cut] ^= 0x10;
		assert_status(STATUS_OK, take(&c->bob, &p));
		parcel_clear(&p);
	}
	assert_int_equal(heard(&c->bob, "damaged"), 0);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 5);
	/* One line that counts, not five. */
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(detail, 5);
	say(&c->alice, &c->bob, "whole");
	assert_int_equal(heard(&c->bob, "whole"), 1);
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 1);
	assert_int_equal(detail, 5);
}

static void
an_item_without_a_sender_is_kept_and_told(void **state)
{
	struct cores *c = *state;
	struct parcel p = write_to(&c->alice, &c->bob, "whose?");
	unsigned detail;

	p.item.has_sender = false;
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 1);
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	parcel_clear(&p);
}

static void
a_relay_that_lies_about_the_sender_is_not_believed(void **state)
{
	struct cores *c = *state;
	struct parcel p = write_to(&c->alice, &c->bob, "from alice");
	struct contact contact;
	struct account_name carol = name_of("carol");
	struct step s;

	p.item.sender = c->carol.core.self.address;
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "from alice"), 0);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 1);
	/* Nothing was pinned under the wrong name. */
	s = begin(&c->bob);
	assert_status(STATUS_NOT_FOUND, contact_get(s.txn, &carol, &contact));
	step_abort(&s);
	/* The true one is still read. */
	p.item.sender = c->alice.core.self.address;
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "from alice"), 1);
	/* Another device of the same account is not this one. */
	parcel_clear(&p);
	p = write_to(&c->alice, &c->bob, "again");
	p.item.sender.device = 2;
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(heard(&c->bob, "again"), 0);
	parcel_clear(&p);
}

static void
withheld_messages_are_noticed_and_accepted_late(void **state)
{
	struct cores *c = *state;
	struct parcel held[3];
	unsigned detail;

	say(&c->alice, &c->bob, "first");
	for (int i = 0; i < 3; i++)
		held[i] = write_to(&c->alice, &c->bob, "held");
	say(&c->alice, &c->bob, "last");
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 1);
	assert_int_equal(detail, 3);
	for (int i = 2; i >= 0; i--) {
		assert_status(STATUS_OK, take(&c->bob, &held[i]));
		parcel_clear(&held[i]);
	}
	assert_int_equal(heard(&c->bob, "held"), 3);
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 1);
	say(&c->alice, &c->bob, "after");
	assert_int_equal(notices(&c->bob, NOTICE_GAP, &detail), 1);
}

static void
a_lost_session_heals_by_the_next_answer(void **state)
{
	struct cores *c = *state;
	struct outbox_row row = { .order = 0 };
	struct parcel p;
	struct step s;
	unsigned detail;

	say(&c->alice, &c->bob, "one");
	say(&c->bob, &c->alice, "two");
	s = begin(&c->bob);
	assert_status(
	    STATUS_OK, session_del(s.txn, &c->alice.core.self.address));
	commit(&s);
	p = write_to(&c->alice, &c->bob, "lost");
	assert_status(STATUS_OK, take(&c->bob, &p));
	parcel_clear(&p);
	p = write_to(&c->alice, &c->bob, "lost too");
	assert_status(STATUS_OK, take(&c->bob, &p));
	parcel_clear(&p);
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(detail, 2);

	/* Bob asks for both by himself, once, in a fresh session. */
	s = begin(&c->bob);
	assert_status(STATUS_OK, repair_ask(&s));
	commit(&s);
	s = begin(&c->bob);
	assert_status(STATUS_OK, outbox_next(s.txn, 0, s.arena, &row));
	assert_int_equal(row.kind, OUTBOX_MANY);
	assert_status(
	    STATUS_NOT_FOUND, outbox_next(s.txn, row.order, s.arena, &row));
	step_abort(&s);
	assert_status(STATUS_AGAIN, seal(&c->bob, row.order));
	assert_status(STATUS_OK, meet(&c->bob, &c->alice));
	assert_status(STATUS_OK, seal(&c->bob, row.order));
	p = parcel_of(&c->bob, row.order);
	assert_int_equal(p.item.type, ITEM_PREKEY);
	assert_status(STATUS_OK, take(&c->alice, &p));
	assert_int_equal(stored(&c->bob, row.order), STATE_STORED);
	parcel_clear(&p);

	say(&c->alice, &c->bob, "healed");
	say(&c->bob, &c->alice, "indeed");
	assert_int_equal(heard(&c->bob, "healed"), 1);
	assert_int_equal(heard(&c->alice, "indeed"), 1);
	assert_int_equal(notices(&c->alice, NOTICE_UNDECRYPTABLE, &detail), 0);
}

static void
a_changed_key_is_quarantined_until_the_user_trusts_it(void **state)
{
	struct cores *c = *state;
	struct account_name alice = name_of("alice");
	struct parcel p[2];
	uint64_t waiting;
	uint64_t ready;
	bool changed = false;
	struct history_entry e;
	struct step s;
	unsigned detail;

	say(&c->alice, &c->bob, "the first alice");
	ready = compose(&c->bob, "alice", "for the old key");
	assert_status(STATUS_OK, seal(&c->bob, ready));

	/* Somebody else has the name now. */
	party_register(&c->eve, "alice");
	for (int i = 0; i < 2; i++) {
		p[i] = write_to(&c->eve, &c->bob, "the other alice");
		assert_status(STATUS_OK, take(&c->bob, &p[i]));
	}
	assert_int_equal(heard(&c->bob, "the other alice"), 0);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_KEY_CHANGED), 2);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 0);
	assert_int_equal(notices(&c->bob, NOTICE_IDENTITY_CHANGED, &detail), 1);

	/* Nothing goes out, and the row says why. */
	waiting = compose(&c->bob, "alice", "who are you?");
	assert_status(STATUS_UNTRUSTED, seal(&c->bob, waiting));

	/* What the old key says is shown, marked. */
	say(&c->alice, &c->bob, "still me");
	e = last_entry(&c->bob, &s);
	assert_int_equal(e.trust, TRUST_CHANGED);
	step_abort(&s);

	s = begin(&c->bob);
	assert_status(STATUS_OK, messenger_trust(&s, &alice, &changed));
	commit(&s);
	assert_true(changed);
	assert_int_equal(heard(&c->bob, "the other alice"), 2);
	assert_int_equal(quarantined(&c->bob, QUARANTINE_KEY_CHANGED), 0);
	/* What was for the old key is given up, encrypted or not. */
	s = begin(&c->bob);
	assert_status(STATUS_NOT_FOUND,
	    outbox_get(s.txn, ready, s.arena, &(struct outbox_row){ 0 }));
	step_abort(&s);
	assert_status(STATUS_NOT_FOUND, seal(&c->bob, waiting));

	s = begin(&c->bob);
	assert_status(STATUS_OK, messenger_trust(&s, &alice, &changed));
	step_abort(&s);
	assert_false(changed);
	parcel_clear(&p[0]);
	parcel_clear(&p[1]);
}

static void
the_pinned_key_speaking_again_ends_a_false_alarm(void **state)
{
	struct cores *c = *state;
	uint64_t order;
	struct parcel p;

	say(&c->alice, &c->bob, "hello");
	party_register(&c->eve, "alice");
	p = write_to(&c->eve, &c->bob, "not alice");
	assert_status(STATUS_OK, take(&c->bob, &p));
	parcel_clear(&p);
	order = compose(&c->bob, "alice", "are you there?");
	assert_status(STATUS_UNTRUSTED, seal(&c->bob, order));
	assert_status(STATUS_OK, meet(&c->bob, &c->alice));
	assert_status(STATUS_OK, seal(&c->bob, order));
	p = parcel_of(&c->bob, order);
	assert_status(STATUS_OK, take(&c->alice, &p));
	assert_int_equal(heard(&c->alice, "are you there?"), 1);
	parcel_clear(&p);
}

static void
drafts_of_a_conversation_keep_their_order(void **state)
{
	struct cores *c = *state;
	uint64_t first = compose(&c->alice, "bob", "first");
	uint64_t second = compose(&c->alice, "bob", "second");
	uint64_t other = compose(&c->alice, "carol", "other");

	assert_status(STATUS_AGAIN, seal(&c->alice, first));
	assert_status(STATUS_CONFLICT, seal(&c->alice, second));
	assert_status(STATUS_OK, meet(&c->alice, &c->carol));
	assert_status(STATUS_OK, seal(&c->alice, other));
	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	assert_status(STATUS_CONFLICT, seal(&c->alice, second));
	assert_status(STATUS_OK, seal(&c->alice, first));
	assert_status(STATUS_OK, seal(&c->alice, second));
	assert_status(STATUS_OK, seal(&c->alice, second)); /* or was */
}

static void
the_same_id_is_the_same_message(void **state)
{
	struct cores *c = *state;
	struct draft d = { .kind = CONVERSATION_DIRECT,
		.to = name_of("bob"),
		.text = BYTES("once") };
	uint64_t n[2] = { 0, 0 };
	uint64_t order[2] = { 0, 0 };
	struct step s = begin(&c->alice);

	memset(&d.id, 7, sizeof(d.id));
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n[0], &order[0]));
	assert_status(
	    STATUS_EXISTS, messenger_compose(&s, &d, &n[1], &order[1]));
	assert_int_equal(n[0], n[1]);
	assert_int_equal(order[0], order[1]);
	assert_status(STATUS_OK, messenger_fail(&s, order[0], "no such"));
	assert_status(
	    STATUS_EXISTS, messenger_compose(&s, &d, &n[1], &order[1]));
	assert_int_equal(order[1], 0);
	commit(&s);
}

static enum message_state
state_of_last(struct party *p)
{
	struct step s;
	enum message_state state = last_entry(p, &s).state;

	step_abort(&s);
	return state;
}

static void
a_full_mailbox_keeps_the_ciphertext_for_later(void **state)
{
	struct cores *c = *state;
	struct refusal refused = { .index = 0, .code = ERROR_FULL };
	struct reply reply = { .kind = REPLY_SUBMITTED,
		.u.submitted = { &refused, 1 } };
	struct parcel before;
	struct parcel after;
	struct outbox_row row;
	struct step s;
	uint64_t order;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	order = compose(&c->alice, "bob", "squeezed");
	assert_status(STATUS_OK, seal(&c->alice, order));
	before = parcel_of(&c->alice, order);
	assert_int_equal(answered(&c->alice, order, &reply), STATE_REFUSED);
	assert_int_equal(state_of_last(&c->alice), STATE_QUEUED);
	after = parcel_of(&c->alice, order);
	assert_bytes(before.item.payload, after.item.payload);
	s = begin(&c->alice);
	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	assert_int_equal(row.attempts, 1);
	assert_int_equal(row.submit_counter, 0);
	assert_true(row.next_attempt_ms >= s.now_ms + 1000);
	step_abort(&s);
	assert_int_equal(stored(&c->alice, order), STATE_STORED);
	assert_int_equal(state_of_last(&c->alice), STATE_STORED);
	s = begin(&c->alice);
	assert_status(STATUS_NOT_FOUND, outbox_has(s.txn, order));
	step_abort(&s);
	parcel_clear(&before);
	parcel_clear(&after);
}

static void
an_unreachable_relay_leaves_the_attempt_as_it_was(void **state)
{
	struct cores *c = *state;
	struct reply reply = { .kind = REPLY_ERROR };
	uint64_t order;

	assert_status(STATUS_OK, meet(&c->alice, &c->bob));
	order = compose(&c->alice, "bob", "patience");
	assert_status(STATUS_OK, seal(&c->alice, order));
	reply.u.error.code = ERROR_UNAVAILABLE;
	for (int i = 0; i < 20; i++)
		assert_int_equal(
		    answered(&c->alice, order, &reply), STATE_QUEUED);
	reply.u.error.code = ERROR_RATE_LIMITED;
	reply.u.error.retry_after_ms = UINT64_MAX;
	assert_int_equal(answered(&c->alice, order, &reply), STATE_REFUSED);
	reply.u.error.code = ERROR_NOT_FOUND;
	assert_int_equal(answered(&c->alice, order, &reply), STATE_FAILED);
}

static void
receipts_and_notes_that_are_none_make_no_line(void **state)
{
	struct cores *c = *state;
	struct parcel p = { .item = { .type = ITEM_RECEIPT } };
	uint64_t numbers[ITEMS_MAX];

	assert_status(STATUS_OK, take(&c->bob, &p));
	p.item.type = ITEM_RELAY_NOTE;
	p.item.payload = BYTES("nonsense");
	assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(entries(&c->bob, numbers), 0);
}

static void
an_item_of_an_unknown_type_is_kept_and_told_once(void **state)
{
	struct cores *c = *state;
	struct parcel p = write_to(&c->alice, &c->bob, "of the future");
	unsigned detail;

	p.item.type = 99;
	for (int i = 0; i < 2; i++)
		assert_status(STATUS_OK, take(&c->bob, &p));
	assert_int_equal(quarantined(&c->bob, QUARANTINE_UNDECRYPTABLE), 1);
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
	assert_int_equal(detail, 1);
	parcel_clear(&p);
}

/* Receiving shows what is above its cursor, and nothing again. */
static void
a_line_that_was_shown_counts_no_further(void **state)
{
	struct cores *c = *state;
	struct parcel p = write_to(&c->alice, &c->bob, "damaged");
	unsigned detail;
	struct step s;

	for (size_t i = 0; i < 3; i++) {
		((uint8_t *)p.item.payload.data)[p.item.payload.len / 2] ^= 1;
		p.item.payload.len--;
		assert_status(STATUS_OK, take(&c->bob, &p));
		if (i != 1)
			continue;
		assert_int_equal(
		    notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 1);
		assert_int_equal(detail, 2);
		s = begin(&c->bob);
		assert_status(
		    STATUS_OK, cursor_put(s.txn, CURSOR_SHOWN, UINT32_MAX));
		commit(&s);
	}
	assert_int_equal(notices(&c->bob, NOTICE_UNDECRYPTABLE, &detail), 2);
	assert_int_equal(detail, 1);
	parcel_clear(&p);
}

static void
a_removed_contact_comes_back_with_its_next_message(void **state)
{
	struct cores *c = *state;
	struct account_name alice = name_of("alice");
	struct contact contact;
	struct step s;

	say(&c->alice, &c->bob, "hello");
	s = begin(&c->bob);
	assert_status(STATUS_OK, contact_get(s.txn, &alice, &contact));
	contact.removed = true;
	assert_status(STATUS_OK, contact_put(s.txn, &contact));
	commit(&s);
	say(&c->alice, &c->bob, "hello again");
	s = begin(&c->bob);
	assert_status(STATUS_OK, contact_get(s.txn, &alice, &contact));
	assert_false(contact.removed);
	step_abort(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(
		    damage_undoes_itself_alone_and_the_next_message_is_read),
		cores_test(a_replayed_ciphertext_is_taken_once),
		cores_test(a_duplicate_that_was_never_seen_is_quarantined),
		cores_test(an_item_without_a_sender_is_kept_and_told),
		cores_test(a_relay_that_lies_about_the_sender_is_not_believed),
		cores_test(
		    a_changed_key_is_quarantined_until_the_user_trusts_it),
		cores_test(the_pinned_key_speaking_again_ends_a_false_alarm),
		cores_test(withheld_messages_are_noticed_and_accepted_late),
		cores_test(a_lost_session_heals_by_the_next_answer),
		cores_test(receipts_and_notes_that_are_none_make_no_line),
		cores_test(an_item_of_an_unknown_type_is_kept_and_told_once),
		cores_test(a_line_that_was_shown_counts_no_further),
		cores_test(a_full_mailbox_keeps_the_ciphertext_for_later),
		cores_test(an_unreachable_relay_leaves_the_attempt_as_it_was),
		cores_test(drafts_of_a_conversation_keep_their_order),
		cores_test(the_same_id_is_the_same_message),
		cores_test(a_removed_contact_comes_back_with_its_next_message),
		cores_test(
		    a_first_message_arrives_with_its_list_and_is_filed_once),
		cores_test(many_messages_go_both_ways_without_a_gap),
		cores_test(
		    two_who_start_at_the_same_time_still_understand_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
