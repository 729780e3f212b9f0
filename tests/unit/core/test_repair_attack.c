/* Askers who may not have it, and resenders who make it up. */
#include "client/core/history_check.h"
#include "tests/unit/core/repair_world.h"

/* What a hostile client puts into an answer; views into `storage`. */
struct loot {
	struct arena *storage;
	struct resent_message m;
};

static void
loot_clear(struct loot *l)
{
	arena_free(l->storage);
}

/* The message with this number of `author`, as `holder` has it. */
static struct loot
take_loot(
    struct world *w, struct party *holder, struct party *author, uint64_t seq)
{
	struct loot l = { .storage = NULL };
	struct address from = author->core.self.address;
	struct history_entry e;
	uint64_t n = 0;
	struct step s = begin(holder);

	assert_status(STATUS_OK, arena_new(1 << 20, &l.storage));
	assert_status(
	    STATUS_OK, history_find_number(s.txn, &w->group, &from, seq, &n));
	assert_status(STATUS_OK, history_get(s.txn, n, l.storage, &e));
	l.m = (struct resent_message){
		.author = from,
		.author_key = author->core.self.account_key,
		.has_list = true,
		.list = self_signed_list(&author->core.self),
		.message = { e.body, e.body_signature, AUTH_ED25519, e.salt,
		    e.text },
	};
	step_abort(&s);
	return l;
}

/* A message that `author` signs, as if it stood at seq after `previous`. */
static struct loot
sign_loot(struct world *w, struct party *author, uint64_t seq,
    const struct hash *previous, uint64_t head_index, const struct hash *head)
{
	struct loot l = { .storage = NULL };
	struct sender_state chain = { .seq = seq - 1 };
	struct address from = author->core.self.address;
	struct signed_parts parts = { 0 };
	struct saying what = { .type = MESSAGE_TEXT,
		.content = BYTES("forged") };
	struct log_place place = { .length = head_index, .head = *head };
	struct step s = begin(author);

	assert_status(STATUS_OK, arena_new(1 << 20, &l.storage));
	if (previous != NULL)
		chain.body_hash = *previous;
	random_bytes(&what.id, sizeof(what.id));
	assert_status(STATUS_OK, sender_put(s.txn, &w->group, &from, &chain));
	assert_status(STATUS_OK,
	    messenger_sign(&s, &w->group, &what, &place, &parts, &seq));
	l.m = (struct resent_message){
		.author = from,
		.author_key = author->core.self.account_key,
		.has_list = true,
		.list = self_signed_list(&author->core.self),
	};
	l.m.message.auth = AUTH_ED25519;
	l.m.message.content = what.content;
	assert_status(STATUS_OK,
	    arena_copy(l.storage, buf_view(parts.body), &l.m.message.body));
	assert_status(
	    STATUS_OK, arena_copy(l.storage, BYTES_OF(parts.signature.raw),
			   &l.m.message.signature));
	assert_status(STATUS_OK,
	    arena_copy(l.storage, BYTES_OF(parts.salt), &l.m.message.salt));
	buf_free(parts.body);
	step_abort(&s); /* nobody else hears of it */
	return l;
}

static void
resend(struct world *w, struct party *from, struct party *to,
    const struct resent_message *messages, size_t count, bool history)
{
	struct plaintext p = { .kind = CONTENT_RESENT };
	struct group_member member = member_of(to);
	struct step s = begin(from);

	p.u.resent.group = w->group;
	p.u.resent.history = history;
	p.u.resent.messages = messages;
	p.u.resent.count = count;
	/* Not as our own client does it, which sends what the history has. */
	assert_status(STATUS_OK, messenger_control(&s, &member.account, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, from));
}

static void
request(struct world *w, struct party *from, struct party *to,
    struct party *author, uint64_t first, uint64_t last)
{
	struct plaintext p = { .kind = CONTENT_RESEND_REQUEST };
	struct group_member member = member_of(to);
	struct step s = begin(from);

	p.u.resend_request.conversation = w->group;
	p.u.resend_request.author = author->core.self.address;
	p.u.resend_request.author_key = author->core.self.account_key;
	p.u.resend_request.first = first;
	p.u.resend_request.last = last;
	assert_status(STATUS_OK, messenger_control_members(&s, &member, 1, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, from));
}

static void
who_came_later_gets_nothing_from_before(void **state)
{
	struct world *w = *state;

	make_three(w);
	tell(w, &w->c->alice, "before");
	request(w, &w->c->eve, &w->c->alice, &w->c->alice, 1, 9);
	assert_int_equal(outbox_rows(&w->c->alice), 0);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	request(w, &w->c->eve, &w->c->alice, &w->c->alice, 1, 9);
	request(w, &w->c->eve, &w->c->carol, &w->c->alice, 1, 9);
	assert_int_equal(outbox_rows(&w->c->alice), 0);
	assert_int_equal(outbox_rows(&w->c->carol), 0);
	tell(w, &w->c->alice, "after");
	request(w, &w->c->eve, &w->c->alice, &w->c->alice, 1, UINT64_MAX);
	assert_int_equal(outbox_rows(&w->c->alice), 1);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, &w->c->eve, "before", NULL), 0);
}

static void
who_was_removed_gets_nothing_from_after(void **state)
{
	struct world *w = *state;

	make_three(w);
	tell(w, &w->c->alice, "while in");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "bob", 0), TACIT_DONE);
	tell(w, &w->c->alice, "after");
	request(w, &w->c->bob, &w->c->alice, &w->c->alice, 2, 9);
	assert_int_equal(outbox_rows(&w->c->alice), 0);
	request(w, &w->c->bob, &w->c->alice, &w->c->alice, 1, 1);
	assert_int_equal(outbox_rows(&w->c->alice), 1);
}

/* A member is a name with a key. */
static void
the_same_name_with_another_key_gets_nothing(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct pair_arrival arrival = { .storage = NULL };
	struct account_name bob = name_of("bob");
	struct step s;

	make_three(w);
	tell(w, alice, "one");
	for (int other = 1; other >= 0; other--) {
		s = begin(alice);
		assert_status(
		    STATUS_OK, contact_get(s.txn, &bob, &arrival.sender));
		arrival.device = &arrival.sender.list.devices[0];
		arrival.sender.account_key.raw[0] ^= (uint8_t)other;
		arrival.p.u.resend_request = (struct resend_request){
			.conversation = w->group,
			.author = alice->core.self.address,
			.author_key = alice->core.self.account_key,
			.first = 1,
			.last = 1,
		};
		assert_status(STATUS_OK, repair_take_request(&s, &arrival));
		commit(&s);
		assert_int_equal(outbox_rows(alice), 1 - other);
	}
}

static void
an_asker_gets_each_message_three_times(void **state)
{
	struct world *w = *state;

	make_three(w);
	tell(w, &w->c->alice, "one");
	for (int i = 0; i < 5; i++)
		request(w, &w->c->bob, &w->c->alice, &w->c->alice, 1, 1);
	assert_int_equal(outbox_rows(&w->c->alice), 3);
	request(w, &w->c->carol, &w->c->alice, &w->c->alice, 1, 1);
	assert_int_equal(outbox_rows(&w->c->alice), 4);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, &w->c->bob, "one", NULL), 1);
}

static void
what_a_resender_changes_is_dropped(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct loot two;
	struct resent_message bad[5];
	uint8_t byte[SIGN_SIGNATURE_BYTES];

	make_three(w);
	tell(w, &w->c->carol, "hello"); /* so that bob knows carol */
	tell(w, &w->c->alice, "one");
	lose(w, 1);
	two = take_loot(w, &w->c->carol, &w->c->alice, 2);
	for (size_t i = 0; i < 5; i++)
		bad[i] = two.m;
	bad[0].message.content = BYTES("other words");
	memcpy(byte, two.m.message.signature.data, sizeof(byte));
	byte[3] ^= 1;
	bad[1].message.signature = BYTES_OF(byte);
	bad[2].message.salt = bytes_view(two.m.message.body.data, SALT_BYTES);
	bad[3].author = w->c->carol.core.self.address;
	bad[4].author_key.raw[4] ^= 1;
	resend(w, &w->c->carol, bob, bad, 5, false);
	assert_int_equal(heard_last(w, bob, "lost", NULL), 0);
	assert_int_equal(heard_last(w, bob, "other words", NULL), 0);
	assert_int_equal(gaps_of(bob), 1);
	resend(w, &w->c->carol, bob, &two.m, 1, false);
	assert_int_equal(heard_last(w, bob, "lost", NULL), 1);
	assert_int_equal(gaps_of(bob), 0);
	/* Again, and again in one answer. */
	bad[0] = bad[1] = two.m;
	resend(w, &w->c->carol, bob, bad, 2, false);
	assert_int_equal(heard_last(w, bob, "lost", NULL), 1);
	loot_clear(&two);
}

static void
what_nobody_asked_for_is_dropped(void **state)
{
	struct world *w = *state;
	struct loot one;

	make_three(w);
	tell(w, &w->c->alice, "before");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	tell(w, &w->c->bob, "hello");
	one = take_loot(w, &w->c->bob, &w->c->alice, 1);
	resend(w, &w->c->bob, &w->c->eve, &one.m, 1, false);
	/* Nor as history, by anyone but who invited. */
	resend(w, &w->c->bob, &w->c->eve, &one.m, 1, true);
	/* And who invited has to say that it is that. */
	resend(w, &w->c->alice, &w->c->eve, &one.m, 1, false);
	assert_int_equal(heard_last(w, &w->c->eve, "before", NULL), 0);
	resend(w, &w->c->alice, &w->c->eve, &one.m, 1, true);
	assert_int_equal(heard_last(w, &w->c->eve, "before", NULL), 1);
	loot_clear(&one);
}

/* Somebody outside signs, somebody inside hands it on. */
static void
words_of_who_was_no_member_are_dropped(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct gap g = {
		.kind = GAP_NUMBERS,
		.conversation_kind = CONVERSATION_GROUP,
		.conversation = w->group,
		.author = w->c->eve.core.self.address,
		.author_key = w->c->eve.core.self.account_key,
		.first = 1,
		.last = 9,
		.head_last = 9,
	};
	struct group_record before;
	struct loot l;
	struct step s;

	make_three(w);
	tell(w, &w->c->carol, "hello");
	before = record_of(w, bob);
	s = begin(bob); /* the worst case: it is even waited for */
	assert_status(STATUS_OK, repair_note_numbers(&s, &g));
	commit(&s);
	l = sign_loot(w, &w->c->eve, 1, NULL, before.length, &before.head);
	resend(w, &w->c->carol, bob, &l.m, 1, false);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	read_log(w, bob);
	resend(w, &w->c->carol, bob, &l.m, 1, false);
	assert_int_equal(heard_last(w, bob, "forged", NULL), 0);
	loot_clear(&l);
	/* The same at the head under which eve is in. */
	before = record_of(w, bob);
	l = sign_loot(w, &w->c->eve, 1, NULL, before.length, &before.head);
	resend(w, &w->c->carol, bob, &l.m, 1, false);
	assert_int_equal(heard_last(w, bob, "forged", NULL), 1);
	loot_clear(&l);
}

/* Two messages with one number: only the one that the next one names. */
static void
an_author_cannot_put_another_one_in_its_place(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct group_record g;
	struct hash previous;
	struct loot one, forged;

	make_three(w);
	tell(w, &w->c->alice, "one");
	lose(w, 1);
	one = take_loot(w, bob, &w->c->alice, 1);
	hash_bytes(one.m.message.body, &previous);
	g = record_of(w, bob);
	forged = sign_loot(w, &w->c->alice, 2, &previous, g.length, &g.head);
	resend(w, &w->c->alice, bob, &forged.m, 1, false);
	assert_int_equal(heard_last(w, bob, "forged", NULL), 0);
	assert_int_equal(gaps_of(bob), 1);
	ask(w, bob, 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, bob, "lost", NULL), 1);
	loot_clear(&one);
	loot_clear(&forged);
}

/* The list in an answer proves a device, and pins nothing. */
static void
an_answer_pins_nobody(void **state)
{
	struct world *w = *state;
	struct party *eve = &w->c->eve;
	struct account_name carol = name_of("carol");
	struct contact c;
	struct loot one;
	struct step s;

	make_three(w);
	tell(w, &w->c->carol, "words of carol");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	one = take_loot(w, &w->c->alice, &w->c->carol, 1);
	resend(w, &w->c->alice, eve, &one.m, 1, true);
	assert_int_equal(heard_last(w, eve, "words of carol", NULL), 1);
	s = begin(eve);
	assert_status(STATUS_NOT_FOUND, contact_get(s.txn, &carol, &c));
	step_abort(&s);
	loot_clear(&one);
}

static enum status
count_break(struct step *s, enum history_break why,
    const struct history_entry *e, void *arg)
{
	(void)s;
	(void)why;
	(void)e;
	++*(size_t *)arg;
	return STATUS_OK;
}

/* The list is kept all the same: the history is to be checked again later. */
static void
what_an_answer_proved_is_proved_later(void **state)
{
	struct world *w = *state;
	struct party *eve = &w->c->eve;
	size_t broken = 0;
	const struct history_check how = { .show = count_break,
		.arg = &broken };
	struct history_check_sum sum;
	struct loot one;

	make_three(w);
	tell(w, &w->c->carol, "words of carol");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	one = take_loot(w, &w->c->alice, &w->c->carol, 1);
	resend(w, &w->c->alice, eve, &one.m, 1, true);
	assert_status(STATUS_OK, history_check_run(&eve->core, &how, &sum));
	assert_int_equal(broken, 0);
	assert_int_equal(sum.intact, 1);
	loot_clear(&one);
}

/* What was said before, from whoever invited; and only what is young. */
static void
a_new_member_is_sent_what_was_said_before(void **state)
{
	struct world *w = *state;
	struct party *eve = &w->c->eve;
	struct group_member member = member_of(eve);
	struct history_entry e = { 0 };
	struct step s;

	make_three(w);
	tell(w, &w->c->bob, "of bob");
	tell(w, &w->c->alice, "of alice");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	s = begin(&w->c->alice);
	assert_status(STATUS_OK,
	    repair_send_history(&s, &w->group, &member, s.now_ms + MINUTE_MS));
	commit(&s);
	assert_int_equal(outbox_rows(&w->c->alice), 0); /* all too old */
	s = begin(&w->c->alice);
	assert_status(STATUS_OK,
	    repair_send_history(&s, &w->group, &member, s.now_ms - MINUTE_MS));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, eve, "of alice", NULL), 1);
	assert_int_equal(heard_last(w, eve, "of bob", &e), 1);
	assert_int_equal(e.signature, SIGNATURE_VALID);
	assert_string_equal(e.from.text, "bob");
	assert_string_equal(e.resent_by.text, "alice");
	/* What comes now is nothing that was missed. */
	read_log(w, &w->c->bob);
	tell(w, &w->c->bob, "new");
	assert_int_equal(heard_last(w, eve, "new", NULL), 1);
	assert_int_equal(gaps_of(eve), 0);
}

/* To the chain that p knows of, as if the log were so long there. */
static void
promise(struct world *w, struct party *from, struct party *to, uint64_t length)
{
	struct plaintext p = { .kind = CONTENT_GROUP_INVITE };
	struct group_member member = member_of(to);
	struct group_record g = record_of(w, from);
	struct step s = begin(from);

	p.u.group_invite.group = g.id;
	p.u.group_invite.chain = g.chain;
	p.u.group_invite.length = length;
	p.u.group_invite.head = g.head;
	assert_status(STATUS_OK,
	    group_keys_list(&s, &g, NULL, UINT64_MAX, &p.u.group_invite.keys));
	assert_status(STATUS_OK, messenger_control_members(&s, &member, 1, &p));
	group_keys_clear(&p.u.group_invite.keys);
	commit(&s);
	assert_status(STATUS_OK, flush(w, from));
}

static void
an_invitation_that_never_comes_true_stops_no_repair(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;

	make_three(w);
	tell(w, &w->c->carol, "hello");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0), TACIT_DONE);
	read_log(w, bob);
	promise(w, &w->c->carol, bob, LIMIT_CHAIN_ENTRIES);
	tell(w, &w->c->alice, "one");
	lose(w, 2);
	ask(w, bob, 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, bob, "lost", NULL), 2);
	assert_int_equal(gaps_of(bob), 0);
}

/* Numbers that the removal allows, under a head of before: new words. */
static void
who_invited_and_was_removed_adds_nothing_to_the_history(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct group_record before;
	struct loot l;

	make_three(w);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_DONE);
	read_log(w, bob);
	tell(w, bob, "of that time");
	before = record_of(w, bob);
	assert_int_equal(wish(w, bob, ENTRY_ADD, "eve", 0), TACIT_DONE);
	l = sign_loot(w, bob, 1, NULL, before.length, &before.head);
	read_log(w, &w->c->alice);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "bob", 0), TACIT_DONE);
	read_log(w, &w->c->eve);
	resend(w, bob, &w->c->eve, &l.m, 1, true);
	assert_int_equal(heard_last(w, &w->c->eve, "forged", NULL), 0);
	/* Nor as the inviter of somebody who is in already. */
	promise(w, bob, &w->c->eve, record_of(w, &w->c->eve).length + 1);
	resend(w, bob, &w->c->eve, &l.m, 1, true);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "carol", 0), TACIT_DONE);
	read_log(w, &w->c->eve);
	assert_int_equal(heard_last(w, &w->c->eve, "forged", NULL), 0);
	loot_clear(&l);
}

/* Every page of the log tries it again; it was sent once. */
static void
what_waits_for_the_log_is_counted_once(void **state)
{
	enum { PAGES = 600, TEXT_BYTES = 30 * 1024 };
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *eve = &w->c->eve;
	struct group_member member = member_of(eve);
	char *text = calloc(1, TEXT_BYTES + 1);
	struct step s;

	assert_non_null(text);
	memset(text, 'x', TEXT_BYTES);
	make_three(w);
	tell(w, alice, text);
	w->deaf = eve;
	assert_int_equal(wish(w, alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
	w->deaf = NULL;
	s = begin(alice);
	assert_status(STATUS_OK,
	    repair_send_history(&s, &w->group, &member, s.now_ms - MINUTE_MS));
	commit(&s);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(quarantined(eve, QUARANTINE_LOG_BEHIND), 1);
	for (int i = 0; i < PAGES; i++) {
		s = begin(eve);
		assert_status(STATUS_OK, group_retry_held(&s, &w->group));
		commit(&s);
	}
	bring_item(w, eve, &w->missed);
	assert_int_equal(standing(w, eve), GROUP_MEMBER);
	assert_int_equal(heard_last(w, eve, text, NULL), 1);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(who_came_later_gets_nothing_from_before),
		world_test(who_was_removed_gets_nothing_from_after),
		world_test(the_same_name_with_another_key_gets_nothing),
		world_test(an_asker_gets_each_message_three_times),
		world_test(what_a_resender_changes_is_dropped),
		world_test(what_nobody_asked_for_is_dropped),
		world_test(words_of_who_was_no_member_are_dropped),
		world_test(an_author_cannot_put_another_one_in_its_place),
		world_test(an_answer_pins_nobody),
		world_test(what_an_answer_proved_is_proved_later),
		world_test(an_invitation_that_never_comes_true_stops_no_repair),
		world_test(
		    who_invited_and_was_removed_adds_nothing_to_the_history),
		world_test(what_waits_for_the_log_is_counted_once),
		world_test(a_new_member_is_sent_what_was_said_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
