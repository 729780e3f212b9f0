/* Logs put back where a relay lost them, and groups that an admin puts right.
 */
#include "client/core/group/group_adopt.h"
#include "client/core/group/group_mend.h"
#include "tests/unit/core/group_world.h"

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

static void
make_admin(struct world *w, const char *whom)
{
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ROLE, whom, ROLE_ADMIN), TACIT_DONE);
}

/* A log of many keys: two removals, and a leave with what follows it. */
static void
live(struct world *w)
{
	add(w, "bob");
	add(w, "eve");
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "eve", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	assert_int_equal(wish(w, &w->c->bob, ENTRY_LEAVE, NULL, 0), TACIT_DONE);
	append(w, BYTES("nobody's"));
	add(w, "bob");
	make_admin(w, "bob");
}

/* The other chain, as a relay keeps it: index and token have to fit. */
static struct chain_token other_token;

static void
append_other(struct world *w, const struct chain_append *a)
{
	assert_int_equal(a->index, w->other_length);
	assert_true(w->other_length < CHAIN_MAX);
	if (a->index > 0)
		assert_memory_equal(
		    &a->token, &other_token, sizeof(other_token));
	if (a->index == 0)
		other_token = a->token;
	if (a->has_new_token)
		other_token = a->new_token;
	assert_status(
	    STATUS_OK, buf_copy(a->entry, &w->other[w->other_length]));
	w->other_length++;
	w->other_id = a->chain;
}

/* p brings its whole log to a chain (NULL: the group's). */
static void
copy_log(struct world *w, struct party *p, const struct chain_id *chain)
{
	uint64_t length = record_of(w, p).length;

	w->other_length = 0;
	for (uint64_t i = 0; i < length; i++) {
		struct mending m = { 0 };
		struct step s = begin(p);

		assert_status(
		    STATUS_OK, mending_make(&s, &w->group, chain, i, &m));
		step_abort(&s);
		append_other(w, &m.append);
		mending_clear(&m);
	}
}

static void
forget_other(struct world *w)
{
	for (size_t i = 0; i < w->other_length; i++)
		buf_free(w->other[i]);
	w->other_length = 0;
}

/* What p copied takes the place of the chain that was lost. */
static void
replace_chain(struct world *w)
{
	for (size_t i = 0; i < w->length; i++)
		buf_free(w->chain[i]);
	memcpy(w->chain, w->other, sizeof(w->chain));
	w->length = w->other_length;
	w->other_length = 0;
	memset(&w->other_id, 0, sizeof(w->other_id));
}

static void
one_who_joined_late_puts_back_a_whole_lost_log(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	uint64_t length;

	live(w);
	add(w, "carol");
	length = w->length;
	assert_int_equal(record_of(w, carol).length, length);
	copy_log(w, carol, NULL);
	assert_int_equal(w->other_length, length);
	replace_chain(w);
	/* Whoever reads it from there reads the same, and goes on. */
	read_log(w, &w->c->alice);
	assert_int_equal(standing(w, &w->c->alice), GROUP_MEMBER);
	add(w, "eve");
	assert_int_equal(standing(w, &w->c->eve), GROUP_MEMBER);
	assert_int_equal(record_of(w, &w->c->eve).length, w->length);
	tell(w, &w->c->eve, "here again");
	assert_int_equal(heard(&w->c->alice, "here again"), 1);
}

/* p's adoption, up to what the relay has of it. */
static struct chain_id
adopt_at_relay(struct world *w, struct party *p, struct adopting *a)
{
	struct tacit_error e;
	struct step s = begin(p);

	assert_int_equal(TACIT_DONE, adopting_make(&s, &w->group, a, &e));
	step_abort(&s);
	copy_log(w, p, &a->append.chain);
	append_other(w, &a->append);
	return a->append.chain;
}

static void
adopt(struct world *w, struct party *p)
{
	struct adopting a;
	struct step s;

	(void)adopt_at_relay(w, p, &a);
	s = begin(p);
	assert_status(STATUS_OK, adopting_take(&s, &w->group, &a));
	commit(&s);
	adopting_clear(&a);
	assert_status(STATUS_OK, flush(w, p));
}

/* The relay shows bob another log than alice; a message tells alice. */
static struct buf *
split(struct world *w)
{
	size_t at = w->length;
	struct buf *truth;

	add(w, "carol");
	truth = w->chain[at];
	w->length = at;
	assert_int_equal(wish(w, &w->c->bob, ENTRY_ADD, "eve", 0), TACIT_DONE);
	tell(w, &w->c->bob, "who is here?");
	assert_int_equal(standing(w, &w->c->alice), GROUP_FROZEN);
	assert_int_equal(standing(w, &w->c->bob), GROUP_MEMBER);
	return truth;
}

static void
an_admin_gives_a_frozen_group_a_new_log_and_all_follow(void **state)
{
	struct world *w = *state;
	struct buf *truth;
	unsigned detail;

	add(w, "bob");
	make_admin(w, "bob");
	read_log(w, &w->c->bob);
	truth = split(w);
	/* Another message of theirs, and bob's side is frozen as well. */
	{
		struct group_record g = record_of(w, &w->c->bob);
		struct step s = begin(&w->c->bob);

		assert_status(STATUS_OK, group_freeze(&s, &g, "test"));
		commit(&s);
	}
	adopt(w, &w->c->alice);
	assert_int_equal(standing(w, &w->c->alice), GROUP_MEMBER);
	assert_int_equal(standing(w, &w->c->bob), GROUP_MEMBER);
	assert_int_equal(notices(&w->c->bob, NOTICE_GROUP_ADOPTED, &detail), 1);
	assert_memory_equal(record_of(w, &w->c->bob).head.raw,
	    record_of(w, &w->c->alice).head.raw, HASH_BYTES);
	tell(w, &w->c->bob, "all here");
	assert_int_equal(heard(&w->c->alice, "all here"), 1);
	assert_int_equal(heard(&w->c->carol, "all here"), 1);
	assert_int_equal(heard(&w->c->eve, "all here"), 0);
	buf_free(truth);
}

static void
a_member_whose_log_would_be_lost_decides_for_itself(void **state)
{
	struct world *w = *state;
	struct account_name alice = name_of("alice");
	struct group_record offer;
	struct buf *truth;
	unsigned detail;
	size_t before;
	struct step s;

	add(w, "bob");
	make_admin(w, "bob");
	read_log(w, &w->c->bob);
	truth = split(w);
	before = notices(&w->c->bob, NOTICE_REFUSED, &detail);
	adopt(w, &w->c->alice);
	/* bob's own log goes on in another way, and nothing is wrong with it.
	 */
	assert_int_equal(
	    notices(&w->c->bob, NOTICE_REFUSED, &detail), before + 1);
	assert_int_equal(notices(&w->c->bob, NOTICE_GROUP_ADOPTED, &detail), 0);
	s = begin(&w->c->bob);
	assert_status(STATUS_OK,
	    group_offer_get(s.txn, &w->group, &w->other_id, &alice, &offer));
	assert_true(offer.told);
	assert_status(STATUS_OK, group_offer_accept(&s, &offer));
	commit(&s);
	assert_memory_equal(record_of(w, &w->c->bob).head.raw,
	    record_of(w, &w->c->alice).head.raw, HASH_BYTES);
	buf_free(truth);
}

static void
a_locked_chain_is_left_behind(void **state)
{
	struct world *w = *state;
	uint64_t before;

	add(w, "bob");
	add(w, "carol");
	read_log(w, &w->c->bob);
	before = record_of(w, &w->c->bob).length;
	/* Whoever replaced the token is of no consequence: nobody asks there.
	 */
	adopt(w, &w->c->alice);
	assert_int_equal(record_of(w, &w->c->bob).length, before + 1);
	assert_memory_equal(record_of(w, &w->c->bob).chain.raw, w->other_id.raw,
	    CHAIN_ID_BYTES);
	assert_int_equal(record_of(w, &w->c->carol).length, before + 1);
	tell(w, &w->c->bob, "moved");
	assert_int_equal(heard(&w->c->carol, "moved"), 1);
}

static void
only_an_admin_gives_a_group_a_new_log(void **state)
{
	struct world *w = *state;
	struct adopting a;
	struct tacit_error e;
	struct step s;

	add(w, "bob");
	read_log(w, &w->c->bob);
	s = begin(&w->c->bob);
	assert_int_equal(
	    TACIT_NOT_ALLOWED, adopting_make(&s, &w->group, &a, &e));
	step_abort(&s);
	adopting_clear(&a);
}

/* The log is the true one, in a chain where the others are not. */
static void
offer_copy(struct world *w, struct party *from, const char *to)
{
	struct chain_id chain = { { 5 } };
	struct plaintext p = { .kind = CONTENT_GROUP_INVITE };
	struct account_name name = name_of(to);
	struct group_record g = record_of(w, from);
	struct step s;

	copy_log(w, from, &chain);
	assert_status(STATUS_OK, meet(from, party_named(w, &name)));
	s = begin(from);
	p.u.group_invite.group = g.id;
	p.u.group_invite.chain = chain;
	p.u.group_invite.length = g.length;
	p.u.group_invite.head = g.head;
	assert_status(STATUS_OK,
	    group_keys_list(&s, &g, NULL, UINT64_MAX, &p.u.group_invite.keys));
	assert_status(STATUS_OK, messenger_control(&s, &name, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, from));
}

static void
a_member_who_copies_the_log_moves_nobody(void **state)
{
	struct world *w = *state;
	unsigned detail;

	add(w, "bob");
	read_log(w, &w->c->bob);
	offer_copy(w, &w->c->bob, "alice");
	assert_memory_not_equal(record_of(w, &w->c->alice).chain.raw,
	    w->other_id.raw, CHAIN_ID_BYTES);
	assert_int_equal(notices(&w->c->alice, NOTICE_REFUSED, &detail), 1);
}

/* It freezes them by a head that never was, and offers the log from before. */
static void
who_is_no_admin_any_more_thaws_nobody(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	struct hash never = { { 1 } };
	struct forged f;
	unsigned detail;
	size_t before;

	add(w, "bob");
	make_admin(w, "bob");
	read_log(w, bob);
	tell(w, bob, "I am an admin");
	assert_int_equal(
	    wish(w, alice, ENTRY_ROLE, "bob", ROLE_MEMBER), TACIT_DONE);
	f = honest(bob, BYTES("look"), record_of(w, alice).length, &never);
	say_forged(w, bob, alice, &f);
	assert_int_equal(standing(w, alice), GROUP_FROZEN);
	before = notices(alice, NOTICE_REFUSED, &detail);
	adopt(w, bob);
	assert_int_equal(standing(w, alice), GROUP_FROZEN);
	assert_memory_not_equal(
	    record_of(w, alice).chain.raw, w->other_id.raw, CHAIN_ID_BYTES);
	/* The user may still want it. */
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), before + 1);
}

static void
a_member_takes_no_new_one_aside(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct party *carol = &w->c->carol;

	add(w, "bob");
	w->deaf = carol;
	add(w, "carol");
	w->deaf = NULL;
	read_log(w, bob);
	offer_copy(w, bob, "carol");
	assert_int_equal(standing(w, carol), 0);
	bring_item(w, carol, &w->missed);
	assert_int_equal(standing(w, carol), GROUP_MEMBER);
	assert_memory_equal(record_of(w, carol).chain.raw,
	    record_of(w, &w->c->alice).chain.raw, CHAIN_ID_BYTES);
}

static void
two_admins_at_once_end_in_one_log(void **state)
{
	struct world *w = *state;
	struct adopting a, b;
	struct buf *first[CHAIN_MAX];
	struct chain_id first_id;
	size_t first_length;
	struct group_record ga, gb;
	struct step s;

	add(w, "bob");
	make_admin(w, "bob");
	read_log(w, &w->c->bob);
	w->deaf = &w->c->bob;
	first_id = adopt_at_relay(w, &w->c->alice, &a);
	memcpy(first, w->other, sizeof(first));
	first_length = w->other_length;
	w->other_length = 0;
	s = begin(&w->c->alice);
	assert_status(STATUS_OK, adopting_take(&s, &w->group, &a));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	w->deaf = NULL;
	(void)adopt_at_relay(w, &w->c->bob, &b);
	s = begin(&w->c->bob);
	assert_status(STATUS_OK, adopting_take(&s, &w->group, &b));
	commit(&s);
	assert_status(STATUS_OK, flush(w, &w->c->bob));
	/* alice has read bob's log now; and bob gets to know of alice's. */
	forget_other(w);
	memcpy(w->other, first, sizeof(first));
	w->other_length = first_length;
	w->other_id = first_id;
	bring_item(w, &w->c->bob, &w->missed);
	ga = record_of(w, &w->c->alice);
	gb = record_of(w, &w->c->bob);
	assert_memory_equal(ga.head.raw, gb.head.raw, HASH_BYTES);
	assert_memory_equal(ga.chain.raw, gb.chain.raw, CHAIN_ID_BYTES);
	adopting_clear(&a);
	adopting_clear(&b);
}

static void
a_group_frozen_for_a_newer_release_thaws_when_it_is_understood(void **state)
{
	struct world *w = *state;
	struct group_record g;
	unsigned detail;
	struct step s;

	add(w, "bob");
	g = record_of(w, &w->c->bob);
	s = begin(&w->c->bob);
	g.frost = FROST_NEWER; /* as if by an entry that was unknown then */
	assert_status(STATUS_OK, group_freeze(&s, &g, "update"));
	commit(&s);
	add(w, "carol");
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_int_equal(standing(w, &w->c->bob), GROUP_MEMBER);
	assert_int_equal(record_of(w, &w->c->bob).length, w->length);
	assert_int_equal(notices(&w->c->bob, NOTICE_REFUSED, &detail), 1);
}

/* p hears from `who` that its log has this head. */
static void
hear_head(struct world *w, struct party *p, struct party *who, uint64_t index,
    uint8_t head)
{
	const struct address *from = &who->core.self.address;
	struct hash hash = { { head } };
	struct contact c;
	struct step s = begin(p);

	assert_status(STATUS_OK, contact_get(s.txn, &from->account, &c));
	assert_status(
	    STATUS_OK, group_hear_head(&s, &w->group, &c, from, index, &hash));
	commit(&s);
}

static void
judge_heads(struct world *w, struct party *p)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, group_judge_heads(&s, &w->group));
	commit(&s);
}

/*
 * An entry that alice cannot read is in bob's log, as a receipt told both
 * others: what it says of the old chain is nothing against the new one.
 */
static void
what_was_heard_of_the_old_chain_does_not_freeze_the_new_one(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *carol = &w->c->carol;
	uint64_t length;

	add(w, "bob");
	add(w, "carol");
	read_log(w, &w->c->bob);
	tell(w, &w->c->bob, "hello");
	length = record_of(w, alice).length;
	hear_head(w, alice, &w->c->bob, length + 1, 9);
	hear_head(w, carol, &w->c->bob, length + 1, 9);
	adopt(w, alice);
	judge_heads(w, alice);
	judge_heads(w, carol);
	assert_int_equal(standing(w, alice), GROUP_MEMBER);
	assert_int_equal(standing(w, carol), GROUP_MEMBER);
	/* Not even when something else is heard. */
	tell(w, carol, "hello");
	hear_head(w, alice, carol, length + 9, 9);
	judge_heads(w, alice);
	assert_int_equal(standing(w, alice), GROUP_MEMBER);
	/* What is said of the new one counts, though it is shorter. */
	hear_head(w, alice, &w->c->bob, length + 2, 8);
	assert_int_equal(record_of(w, alice).claimed, length + 9);
}

static void
take_up(struct world *w, struct party *p, const char *from)
{
	struct account_name name = name_of(from);
	struct group_record offer;
	struct step s = begin(p);

	assert_status(STATUS_OK,
	    group_offer_get(s.txn, &w->group, &w->other_id, &name, &offer));
	assert_true(offer.told);
	assert_status(STATUS_OK, group_offer_accept(&s, &offer));
	commit(&s);
}

/* An entry behind an adopted log, which its author takes in. */
static void
rename_in_other(struct world *w, struct party *p, const char *name)
{
	const struct group_wish wish = {
		.type = ENTRY_RENAME,
		.name = bytes_text(name),
	};
	struct group_prepared prepared;
	struct tacit_error e;
	struct step s = begin(p);

	assert_int_equal(
	    TACIT_DONE, group_prepare(&s, &w->group, &wish, &prepared, &e));
	commit(&s);
	append_other(w, &prepared.append);
	group_prepared_clear(&prepared);
	read_log(w, p);
}

/* What was written under a log that counts no more says nothing of order. */
static void
a_shorter_log_that_was_taken_up_is_written_under(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct party *carol = &w->c->carol;
	unsigned detail;

	add(w, "bob");
	make_admin(w, "bob");
	add(w, "carol");
	assert_int_equal(
	    wish(w, bob, ENTRY_ROLE, "carol", ROLE_ADMIN), TACIT_DONE);
	assert_int_equal(
	    wish(w, bob, ENTRY_ROLE, "carol", ROLE_MEMBER), TACIT_DONE);
	read_log(w, carol);
	tell(w, carol, "before"); /* alice has not read so far: it waits */
	assert_int_equal(heard(bob, "before"), 1);
	assert_int_equal(heard(alice, "before"), 0);
	adopt(w, alice);
	take_up(w, bob, "alice");
	take_up(w, carol, "alice");
	tell(w, carol, "after");
	assert_int_equal(heard(bob, "after"), 1);
	assert_int_equal(heard(alice, "after"), 1);
	/* What waits at alice for entries that are gone is told, no more. */
	rename_in_other(w, alice, "one");
	assert_int_equal(standing(w, alice), GROUP_MEMBER);
	assert_int_equal(quarantined(alice, QUARANTINE_LOG_BEHIND), 0);
	assert_int_equal(notices(alice, NOTICE_REFUSED, &detail), 1);
}

/* Whoever may append can put there what looks like a later release's. */
static void
what_no_release_knows_does_not_end_a_group(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;
	struct sealed_entry e = {
		.nonce = BYTES("123456789012345678901234"),
		.box = BYTES("1234567890123456"),
	};
	struct buf *sealed = NULL;
	struct bytes raw;

	add(w, "bob");
	read_log(w, bob);
	assert_status(STATUS_OK, buf_new(256, &sealed));
	assert_status(STATUS_OK, group_put_sealed(&e, sealed));
	raw = buf_view(sealed);
	assert_int_equal(raw.data[1], 1); /* the version */
	((uint8_t *)(uintptr_t)raw.data)[1] = 2;
	append(w, raw);
	buf_free(sealed);
	assert_status(STATUS_CONFLICT, sync_log(w, alice));
	assert_status(STATUS_CONFLICT, sync_log(w, bob));
	assert_int_equal(standing(w, alice), GROUP_FROZEN);
	adopt(w, alice);
	assert_int_equal(standing(w, alice), GROUP_MEMBER);
	assert_int_equal(standing(w, bob), GROUP_MEMBER);
	tell(w, bob, "we go on");
	assert_int_equal(heard(alice, "we go on"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(one_who_joined_late_puts_back_a_whole_lost_log),
		world_test(
		    an_admin_gives_a_frozen_group_a_new_log_and_all_follow),
		world_test(a_member_whose_log_would_be_lost_decides_for_itself),
		world_test(a_locked_chain_is_left_behind),
		world_test(only_an_admin_gives_a_group_a_new_log),
		world_test(a_member_who_copies_the_log_moves_nobody),
		world_test(who_is_no_admin_any_more_thaws_nobody),
		world_test(a_member_takes_no_new_one_aside),
		world_test(two_admins_at_once_end_in_one_log),
		world_test(
		    a_group_frozen_for_a_newer_release_thaws_when_it_is_understood),
		world_test(
		    what_was_heard_of_the_old_chain_does_not_freeze_the_new_one),
		world_test(a_shorter_log_that_was_taken_up_is_written_under),
		world_test(what_no_release_knows_does_not_end_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
