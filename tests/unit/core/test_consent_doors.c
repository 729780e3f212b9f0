/* Who is not to come near does not come by a side door either. */
#include "client/core/account.h"
#include "client/core/handle.h"
#include "client/core/messenger/peers.h"
#include "store/client/ratchets.h"
#include "store/client/receipts.h"
#include "store/client/settings.h"
#include "tests/unit/core/repair_world.h"

/* Alice takes contacts alone, or blocks bob whom she knows. */
enum keep_out { STRANGER, BLOCKED, WAYS };

static void
keep_out(struct world *w, enum keep_out how)
{
	struct party *alice = &w->c->alice;
	struct tacit t = { .core = alice->core, .dir = alice->dir };
	struct settings settings;
	struct tacit_error e;
	bool changed = false;
	struct step s;

	if (how == BLOCKED) {
		say(alice, &w->c->bob, "hello");
		assert_int_equal(
		    tacit_contact_block(&t, "bob", true, &changed, &e),
		    TACIT_DONE);
		return;
	}
	s = begin(alice);
	assert_status(STATUS_OK, settings_get(s.txn, &settings));
	settings.policy = POLICY_CONTACTS;
	assert_status(STATUS_OK, settings_put(s.txn, &settings));
	commit(&s);
}

static size_t
lines(struct party *p)
{
	uint64_t numbers[ITEMS_MAX];

	return entries(p, numbers);
}

static bool
owes(struct party *p, struct party *to)
{
	struct receipt_due d;
	struct step s = begin(p);
	enum status st = receipt_due_get(s.txn, &to->core.self.address, &d);

	step_abort(&s);
	return st == STATUS_OK;
}

static void
control(struct world *w, struct party *from, struct party *to,
    const struct plaintext *p)
{
	struct account_name name = to->core.self.address.account;
	struct step s = begin(from);

	assert_status(STATUS_OK, messenger_control_many(&s, &name, 1, p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, from));
}

static struct hash
talk_of(struct party *a, struct party *b)
{
	struct hash talk;

	peers_conversation(
	    &a->core.self.account_key, &b->core.self.account_key, &talk);
	return talk;
}

/* What bob has to say, not as a message but as one that is sent again. */
static void
say_again(struct world *w, const struct hash *group, bool history)
{
	struct party *bob = &w->c->bob;
	struct resent_message m = {
		.author = bob->core.self.address,
		.author_key = bob->core.self.account_key,
	};
	struct plaintext p = { .kind = CONTENT_RESENT };
	struct hash talk = talk_of(&w->c->alice, bob);
	struct history_entry e;
	struct parcel lost = write_to(bob, &w->c->alice, "by the back door");
	uint64_t numbers[ITEMS_MAX];
	size_t count = entries(bob, numbers);
	struct arena *a = NULL;
	struct step s = begin(bob);

	parcel_clear(&lost);
	assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &a));
	assert_status(STATUS_OK, history_get(s.txn, numbers[count - 1], a, &e));
	step_abort(&s);
	m.message = (struct signed_message){
		.auth = AUTH_ED25519,
		.body = e.body,
		.signature = e.body_signature,
		.salt = e.salt,
		.content = e.text,
	};
	p.u.resent.group = group != NULL ? *group : talk;
	p.u.resent.history = history;
	p.u.resent.messages = &m;
	p.u.resent.count = 1;
	control(w, bob, &w->c->alice, &p);
	arena_free(a);
}

static void
what_is_said_again_is_judged_as_what_is_said(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	size_t before;

	keep_out(w, BLOCKED);
	before = lines(alice);
	say_again(w, NULL, false);
	assert_int_equal(heard(alice, "by the back door"), 0);
	assert_int_equal(lines(alice), before);
	assert_false(owes(alice, &w->c->bob));
}

static void
a_stranger_who_says_it_again_has_to_ask(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct tacit t = { .core = alice->core, .dir = alice->dir };
	struct tacit_error e;
	size_t count = 0;
	unsigned detail;

	keep_out(w, STRANGER);
	say_again(w, NULL, false);
	assert_int_equal(heard(alice, "by the back door"), 0);
	assert_int_equal(notices(alice, NOTICE_REQUEST, &detail), 1);
	assert_int_equal(lines(alice), 1);
	assert_false(owes(alice, &w->c->bob));
	assert_int_equal(
	    tacit_request_accept(&t, "bob", &count, &e), TACIT_DONE);
	assert_int_equal(heard(alice, "by the back door"), 1);
}

/* History of a group that is none would wait here, in megabytes. */
static void
send_history(struct world *w, enum keep_out how)
{
	struct hash nowhere;

	memset(&nowhere, 7, sizeof(nowhere));
	keep_out(w, (enum keep_out)how);
	say_again(w, &nowhere, true);
	assert_int_equal(quarantined(&w->c->alice, QUARANTINE_LOG_BEHIND), 0);
}

static void
history_of_unknown_groups_takes_no_room(void **state)
{
	send_history(*state, STRANGER);
}

static void
nor_does_that_of_who_is_blocked(void **state)
{
	send_history(*state, BLOCKED);
}

/* An answer would be a receipt. */
static void
who_asks_gets_no_sign_of_life(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct hash nothing;
	struct talk_place place = { .seq = 0 };
	struct plaintext unknown = { .kind = CONTENT_RESEND_REQUEST };
	struct plaintext places = { .kind = CONTENT_PLACES };
	struct plaintext numbers = { .kind = CONTENT_RESEND_REQUEST };

	memset(&nothing, 7, sizeof(nothing));
	unknown.u.resend_request.hashes = &nothing;
	unknown.u.resend_request.hashes_count = 1;
	places.u.places = (struct place_list){ &place, 1, true };
	numbers.u.resend_request.conversation = talk_of(alice, &w->c->bob);
	numbers.u.resend_request.author = alice->core.self.address;
	numbers.u.resend_request.author_key = alice->core.self.account_key;
	numbers.u.resend_request.first = 1;
	numbers.u.resend_request.last = 9;
	for (int how = 0; how < WAYS; how++) {
		keep_out(w, (enum keep_out)how);
		control(w, &w->c->bob, alice, &unknown);
		control(w, &w->c->bob, alice, &places);
		control(w, &w->c->bob, alice, &numbers);
		assert_int_equal(outbox_rows(alice), 0);
	}
}

static void
without_end_nobody_is_answered(void **state)
{
	struct world *w = *state;
	struct plaintext p = { .kind = CONTENT_RESEND_REQUEST };
	struct hash nothing;

	memset(&nothing, 7, sizeof(nothing));
	p.u.resend_request.hashes = &nothing;
	p.u.resend_request.hashes_count = 1;
	say(&w->c->alice, &w->c->bob, "hello");
	for (int i = 0; i < 60; i++)
		control(w, &w->c->bob, &w->c->alice, &p);
	assert_in_range(outbox_rows(&w->c->alice), 1, 30);
}

/* Nor is it asked for what it damaged itself. */
static void
damage_makes_nobody_ask(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;

	say(alice, &w->c->bob, "hello");
	for (int how = WAYS - 1; how >= 0; how--) {
		struct account_name name = name_of("bob");
		struct contact c;
		struct parcel p;
		struct step s;

		keep_out(w, (enum keep_out)how);
		s = begin(alice);
		assert_status(STATUS_OK, contact_get(s.txn, &name, &c));
		c.known = false;
		c.blocked = how == BLOCKED;
		assert_status(STATUS_OK, contact_put(s.txn, &c));
		commit(&s);
		p = write_to(&w->c->bob, alice, "damaged");
		((uint8_t *)(uintptr_t)p.item.payload.data)[20] ^= 1;
		assert_status(STATUS_OK, take(alice, &p));
		parcel_clear(&p);
		assert_int_equal(gaps_of(alice), 0);
		ask(w, alice, 0);
		assert_int_equal(outbox_rows(alice), 0);
	}
}

/* Who are in a group have to reach each other, whoever else may not. */
static void
sessions_in_a_group_are_mended_all_the_same(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct account_name name = name_of("carol");
	struct contact c;
	struct parcel p;
	struct step s;

	make_three(w);
	tell(w, &w->c->carol, "so that they meet");
	s = begin(bob);
	assert_status(STATUS_OK, contact_get(s.txn, &name, &c));
	c.known = false;
	c.blocked = true;
	assert_status(STATUS_OK, contact_put(s.txn, &c));
	commit(&s);
	p = write_to(&w->c->carol, bob, "damaged");
	((uint8_t *)(uintptr_t)p.item.payload.data)[20] ^= 1;
	assert_status(STATUS_OK, take(bob, &p));
	parcel_clear(&p);
	assert_int_equal(gaps_of(bob), 1);
	ask(w, bob, 0);
	assert_int_equal(outbox_rows(bob), 0); /* blocked: without a word */
}

/* Nor after an old copy, when everybody else is asked. */
static void
strangers_are_not_asked_how_far_they_are(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct step s;

	keep_out(w, STRANGER);
	say(&w->c->bob, alice, "who are you?");
	say(alice, &w->c->carol, "hello");
	s = begin(alice);
	assert_status(STATUS_OK, repair_ask_places(&s));
	commit(&s);
	assert_int_equal(outbox_rows(alice), 1);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(outbox_rows(&w->c->bob), 0);
	assert_int_equal(outbox_rows(&w->c->carol), 1);
}

/* Whatever lies between what it lets us have. */
static void
what_it_withholds_is_no_line(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct account_name name = name_of("alice");
	struct hash talk = talk_of(alice, &w->c->bob);
	struct plaintext p = { .kind = CONTENT_RESENT };

	keep_out(w, STRANGER);
	p.u.resent.group = talk;
	control(w, &w->c->bob, alice, &p);
	for (int i = 0; i < 5; i++) {
		struct pair_state state_of;
		struct step s = begin(&w->c->bob);

		assert_status(STATUS_OK,
		    pair_get(s.txn, &alice->core.self.address, &state_of));
		state_of.sent += 3;
		assert_status(STATUS_OK,
		    pair_put(s.txn, &alice->core.self.address, &state_of));
		assert_status(
		    STATUS_OK, messenger_control_many(&s, &name, 1, &p));
		commit(&s);
		assert_status(STATUS_OK, flush(w, &w->c->bob));
	}
	assert_int_equal(lines(alice), 0);
}

/* A list with another device beside, or in the place of, what was there. */
static void
change_device(struct party *p)
{
	struct self *self = &p->core.self;
	struct device_list *list = &self->list;

	hash_bytes(self_signed_list(self).body, &list->previous);
	list->version++;
	list->devices[1] = list->devices[0];
	list->devices[1].id = 1000 + (uint32_t)list->version;
	list->devices_count = 2;
	assert_status(STATUS_OK, account_sign_list(self));
}

static void
change_devices(struct world *w, enum keep_out how)
{
	struct party *alice = &w->c->alice;
	struct plaintext p = { .kind = CONTENT_RESENT };
	struct group_record g;
	unsigned detail;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	tell(w, alice, "one");
	p.u.resent.group = talk_of(alice, &w->c->bob);
	keep_out(w, (enum keep_out)how);
	for (int i = 0; i < 3; i++) {
		change_device(&w->c->bob);
		control(w, &w->c->bob, alice, &p);
	}
	assert_int_equal(notices(alice, NOTICE_DEVICE_CHANGED, &detail), 0);
	g = record_of(w, alice);
	assert_false(g.sender_key_stale);
}

static void
devices_of_a_stranger_are_no_line_and_no_work(void **state)
{
	change_devices(*state, STRANGER);
}

static void
devices_of_who_is_blocked_are_neither(void **state)
{
	change_devices(*state, BLOCKED);
}

/* It goes on with the keys it had. */
static void
out_of_a_group_and_blocked_it_has_no_line_there(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	unsigned detail;

	make_three(w);
	tell(w, bob, "while in");
	assert_int_equal(wish(w, alice, ENTRY_REMOVE, "bob", 0), TACIT_DONE);
	tell(w, bob, "after that"); /* it has not read of it */
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 1);
	keep_out(w, BLOCKED);
	tell(w, bob, "and again");
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(what_is_said_again_is_judged_as_what_is_said),
		world_test(a_stranger_who_says_it_again_has_to_ask),
		world_test(history_of_unknown_groups_takes_no_room),
		world_test(nor_does_that_of_who_is_blocked),
		world_test(who_asks_gets_no_sign_of_life),
		world_test(without_end_nobody_is_answered),
		world_test(damage_makes_nobody_ask),
		world_test(sessions_in_a_group_are_mended_all_the_same),
		world_test(strangers_are_not_asked_how_far_they_are),
		world_test(what_it_withholds_is_no_line),
		world_test(devices_of_a_stranger_are_no_line_and_no_work),
		world_test(devices_of_who_is_blocked_are_neither),
		world_test(out_of_a_group_and_blocked_it_has_no_line_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
