/* What was on its way to a member's device when another took its place. */
#include "proto/codec.h"
#include "tests/unit/core/repair_world.h"
#include "tests/unit/core/replaced.h"

/* The newest of p's own messages in the group. */
static struct history_entry
last_said(struct world *w, struct party *p, struct step *s)
{
	struct history_entry e, found = { .n = 0 };
	uint64_t numbers[64];
	size_t count = 0;

	*s = begin(p);
	assert_status(STATUS_OK,
	    history_list(s->txn, &w->group, 0, true, numbers, 64, &count));
	for (size_t i = 0; i < count; i++) {
		assert_status(
		    STATUS_OK, history_get(s->txn, numbers[i], s->arena, &e));
		if (e.own && e.kind == HISTORY_MESSAGE)
			found = e;
	}
	assert_int_not_equal(found.n, 0);
	return found;
}

/* The relay gave up what lay in the mailbox of this device. */
static void
note_gone(struct world *w, struct party *to, uint32_t device, uint64_t counter)
{
	struct step s;
	struct history_entry e = last_said(w, to, &s);
	struct message_id id = e.id;
	struct relay_note n = {
		.code = ERROR_NOT_FOUND,
		.return_handle = BYTES_OF(id.raw),
		.to = { name_of("bob"), device },
		.counter = counter,
	};
	struct parcel p = { .item = { .type = ITEM_RELAY_NOTE } };

	step_abort(&s);
	assert_status(STATUS_OK, buf_new(1024, &p.payload));
	assert_status(STATUS_OK, codec_put_note(&n, p.payload));
	p.item.payload = buf_view(p.payload);
	assert_status(STATUS_OK, take(to, &p));
	parcel_clear(&p);
}

/* `by` says it, and bob's device is lost before it has fetched that. */
static void
in_flight(struct world *w, struct party *by, const char *text)
{
	w->deaf = &w->c->bob;
	tell(w, by, text);
	w->deaf = NULL;
	buf_free(w->missed_payload);
	w->missed_payload = NULL;
}

static void
invite_back(struct world *w)
{
	struct group_record g = record_of(w, &w->c->alice);
	struct account_name bob = name_of("bob");
	struct step s = begin(&w->c->alice);

	assert_status(STATUS_OK, group_invite_send(&s, &g, &bob));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	read_log(w, &w->c->bob);
}

static void
it_comes_to_the_next_device_and_nothing_from_before(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	unsigned detail;

	make_three(w);
	tell(w, alice, "before");
	in_flight(w, alice, "in flight");
	recover_device(bob);
	note_gone(w, alice, 1, 1);
	learn(alice, bob);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(heard_last(w, bob, "in flight", NULL), 0);
	invite_back(w);
	assert_int_equal(heard_last(w, bob, "in flight", NULL), 1);
	assert_int_equal(heard_last(w, bob, "before", NULL), 0);
	assert_int_equal(notices(alice, NOTICE_ACCOUNT_REMOVED, &detail), 0);
	/* What comes after it is no gap, nor is what was before. */
	tell(w, alice, "after");
	assert_int_equal(heard_last(w, bob, "after", NULL), 1);
	assert_int_equal(notices(bob, NOTICE_GAP, &detail), 0);
	assert_int_equal(gaps_of(bob), 0);
}

/* What was said since came first. */
static void
it_comes_late_as_well(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	unsigned detail;

	make_three(w);
	tell(w, alice, "before");
	in_flight(w, alice, "in flight");
	recover_device(bob);
	learn(alice, bob);
	invite_back(w);
	note_gone(w, alice, 1, 1);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(heard_last(w, bob, "in flight", NULL), 1);
	/* The relay says it again: it is there once. */
	note_gone(w, alice, 1, 2);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(heard_last(w, bob, "in flight", NULL), 1);
	assert_int_equal(notices(bob, NOTICE_GAP, &detail), 0);
}

static void
a_relay_that_loses_every_device_is_believed_three_times(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	size_t sent = 0;

	make_three(w);
	in_flight(w, alice, "in flight");
	for (uint64_t i = 1; i <= 8; i++) {
		note_gone(w, alice, 1, i);
		sent += outbox_rows(alice);
		assert_status(STATUS_OK, flush(w, alice));
	}
	assert_int_equal(sent, 3);
}

/* He has the device that it was said to, and asked for nothing. */
static void
who_has_no_new_device_takes_nothing_unasked(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	make_three(w);
	tell(w, alice, "one");
	in_flight(w, alice, "in flight");
	note_gone(w, alice, 1, 1);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(heard_last(w, bob, "in flight", NULL), 0);
}

/* Carol passes on what alice said: nobody asked her, and she is no author. */
static void
others_words_are_not_taken_unasked(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct party *carol = &w->c->carol;
	struct account_name name = name_of("bob");
	struct plaintext p = { .kind = CONTENT_RESENT };
	struct resent_message m;
	struct history_entry e;
	struct buf *content = NULL;
	struct step s;

	make_three(w);
	in_flight(w, alice, "in flight");
	e = last_said(w, alice, &s);
	m = (struct resent_message){
		.author = { e.from, e.device },
		.author_key = e.from_key,
		.has_list = true,
		.list = self_signed_list(&alice->core.self),
		.message = { e.body, e.body_signature, AUTH_ED25519, e.salt,
		    e.text },
	};
	p.u.resent =
	    (struct resent){ .group = w->group, .messages = &m, .count = 1 };
	assert_status(STATUS_OK, messenger_encode_control(&p, &content));
	step_abort(&s);
	recover_device(bob);
	learn(alice, bob);
	learn(carol, bob);
	invite_back(w);
	assert_status(STATUS_OK, meet(carol, bob));
	s = begin(carol);
	assert_status(
	    STATUS_OK, envelope_get_plaintext(buf_view(content), s.arena, &p));
	assert_status(STATUS_OK, messenger_control_many(&s, &name, 1, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, carol));
	assert_int_equal(heard_last(w, bob, "in flight", NULL), 0);
	buf_free(content);
}

/* Nobody gets what was said before he was in it, whatever the relay says. */
static void
who_was_no_member_then_gets_nothing(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	read_log(w, &w->c->carol);
	tell(w, alice, "before bob");
	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	note_gone(w, alice, 1, 1);
	assert_int_equal(outbox_rows(alice), 0);
}

/* Encrypted for a device that was gone before the relay had it. */
static void
what_the_relay_did_not_take_comes_too(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct device_ref gone = { name_of("bob"), 1 };
	struct reply reply = { .kind = REPLY_ERROR };
	struct draft d = {
		.kind = CONVERSATION_GROUP,
		.id.raw = { 0x77 },
		.text = BYTES("in flight"),
	};
	struct step s;
	uint64_t n, order;
	unsigned detail;

	make_three(w);
	tell(w, alice, "before");
	d.group = w->group;
	s = begin(alice);
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	assert_status(STATUS_OK, seal_meeting(w, alice, order));
	recover_device(bob);
	reply.u.error.code = ERROR_DEVICES_CHANGED;
	reply.u.error.changed.extra = (struct device_refs){ &gone, 1 };
	assert_int_equal(answered(alice, order, &reply), STATE_QUEUED);
	learn(alice, bob);
	w->deaf = bob; /* the row that is left is for carol alone */
	stored(alice, order);
	w->deaf = NULL;
	invite_back(w);
	assert_int_equal(heard_last(w, bob, "in flight", NULL), 1);
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 0);
}

/* There is no such account any more: its author is told, as ever. */
static void
who_is_gone_for_good_is_told_of(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct account_name bob = name_of("bob");
	struct outbox_row row = { .order = 0 };
	unsigned detail = 0;
	struct step s;

	make_three(w);
	in_flight(w, alice, "in flight");
	note_gone(w, alice, 1, 1);
	assert_int_equal(outbox_rows(alice), 1);
	assert_int_equal(notices(alice, NOTICE_ACCOUNT_REMOVED, &detail), 0);
	s = begin(alice);
	assert_status(STATUS_OK, outbox_next(s.txn, 0, s.arena, &row));
	assert_status(STATUS_OK, messenger_seal_some(&s, row.order, &bob, 1));
	commit(&s);
	stored(alice, row.order);
	assert_int_equal(notices(alice, NOTICE_ACCOUNT_REMOVED, &detail), 1);
	assert_int_equal(outbox_rows(alice), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(it_comes_to_the_next_device_and_nothing_from_before),
		world_test(it_comes_late_as_well),
		world_test(
		    a_relay_that_loses_every_device_is_believed_three_times),
		world_test(who_has_no_new_device_takes_nothing_unasked),
		world_test(others_words_are_not_taken_unasked),
		world_test(who_was_no_member_then_gets_nothing),
		world_test(what_the_relay_did_not_take_comes_too),
		world_test(who_is_gone_for_good_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
