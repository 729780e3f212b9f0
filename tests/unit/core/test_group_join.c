/* Requests by a link, and answers, of people who cheat. */
#include <stdio.h>

#include "store/client/joins.h"
#include "tests/unit/core/group_world.h"

static const struct join_secret secret = { { 42 } };

/* alice makes a link of id {id}, with the secret above. */
static void
make_link(struct world *w, uint8_t id, uint64_t uses)
{
	struct group_wish wish = {
		.type = ENTRY_LINK,
		.has_link = true,
		.link = { { id } },
		.link_uses = uses,
	};

	hash_bytes(BYTES_OF(secret.raw), &wish.link_hash);
	assert_int_equal(wish_for(w, &w->c->alice, &wish), TACIT_DONE);
}

/* As the pair layer hands it over: from whoever really sent it. */
static struct pair_arrival
arrival_of(struct party *to, const char *from)
{
	struct pair_arrival arrival = { .device = NULL };
	struct account_name name = name_of(from);
	struct step s = begin(to);

	assert_status(STATUS_OK, contact_get(s.txn, &name, &arrival.sender));
	step_abort(&s);
	return arrival;
}

static void
ask(struct world *w, struct party *admin, const char *who,
    const struct hash *group, uint8_t id, const struct join_secret *with)
{
	struct pair_arrival arrival;
	struct account_name name = name_of(who);
	struct step s;

	assert_status(STATUS_OK, meet(admin, party_named(w, &name)));
	arrival = arrival_of(admin, who);
	arrival.p.kind = CONTENT_JOIN_REQUEST;
	arrival.p.u.join_request.group = *group;
	arrival.p.u.join_request.link.raw[0] = id;
	arrival.p.u.join_request.secret = *with;
	s = begin(admin);
	assert_status(STATUS_OK, group_take_control(&s, &arrival));
	commit(&s);
}

static size_t
waiting(struct party *p)
{
	size_t count = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK, join_count(s.txn, &count));
	step_abort(&s);
	return count;
}

/* What p would do about the request of `who`. */
static uint32_t
verdict(struct world *w, struct party *p, const char *who)
{
	struct account_name name = name_of(who);
	struct join_row row;
	uint32_t verdict = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK, join_get(s.txn, &w->group, &name, &row));
	assert_status(STATUS_OK, group_join_judge(&s, &row, &verdict));
	step_abort(&s);
	return verdict;
}

static void
a_request_is_judged_by_the_log(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	const struct join_secret wrong = { { 43 } };

	make_link(w, 1, 1);
	ask(w, alice, "bob", &w->group, 1, &secret);
	assert_int_equal(verdict(w, alice, "bob"), 0);
	ask(w, alice, "bob", &w->group, 1, &wrong);
	assert_int_equal(verdict(w, alice, "bob"), JOIN_NO_LINK);
	ask(w, alice, "bob", &w->group, 2, &secret);
	assert_int_equal(verdict(w, alice, "bob"), JOIN_NO_LINK);
	assert_int_equal(waiting(alice), 1); /* the last one of bob's */
	ask(w, alice, "bob", &w->group, 1, &secret);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(verdict(w, alice, "bob"), JOIN_IS_MEMBER);
	assert_int_equal(wish(w, alice, ENTRY_REMOVE, "bob", 0), TACIT_DONE);
	assert_int_equal(verdict(w, alice, "bob"), JOIN_PUT_OUT);
}

static void
another_key_than_the_one_that_asked_is_not_taken_in(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct contact c;
	struct account_name bob = name_of("bob");
	struct step s;

	make_link(w, 1, 0);
	ask(w, alice, "bob", &w->group, 1, &secret);
	s = begin(alice);
	assert_status(STATUS_OK, contact_get(s.txn, &bob, &c));
	c.account_key.raw[0] ^= 1;
	assert_status(STATUS_OK, contact_put(s.txn, &c));
	commit(&s);
	assert_int_equal(verdict(w, alice, "bob"), JOIN_NOT_OURS);
}

static void
who_is_no_admin_says_nothing_to_a_guess(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	const struct join_secret wrong = { { 43 } };
	const struct hash unknown = { { 9 } };

	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	make_link(w, 1, 0);
	read_log(w, bob);
	ask(w, bob, "carol", &w->group, 1, &wrong);
	assert_int_equal(verdict(w, bob, "carol"), JOIN_NOT_OURS);
	ask(w, bob, "carol", &w->group, 1, &secret);
	assert_int_equal(verdict(w, bob, "carol"), JOIN_NOT_ADMIN);
	/* Of a group that it does not know, or is not in, nothing is kept. */
	ask(w, bob, "eve", &unknown, 1, &secret);
	assert_int_equal(waiting(bob), 1);
	ask(w, &w->c->carol, "eve", &w->group, 1, &secret);
	assert_int_equal(waiting(&w->c->carol), 0);
}

/* Whoever floods under many names leaves room for what is right. */
static void
a_flood_of_requests_is_bounded(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct pair_arrival arrival;
	struct step s;

	make_link(w, 1, 0);
	assert_status(STATUS_OK, meet(alice, &w->c->eve));
	arrival = arrival_of(alice, "eve");
	arrival.p.kind = CONTENT_JOIN_REQUEST;
	arrival.p.u.join_request.group = w->group;
	s = begin(alice);
	for (int i = 0; i < 2000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "flood%d", i);
		arrival.sender.name = name_of(name);
		assert_status(STATUS_OK, group_take_control(&s, &arrival));
	}
	commit(&s);
	assert_int_equal(waiting(alice), 64);
	ask(w, alice, "bob", &w->group, 1, &secret);
	assert_int_equal(verdict(w, alice, "bob"), 0);
	/* Also with the right secret there is an end. */
	arrival.p.u.join_request.link.raw[0] = 1;
	arrival.p.u.join_request.secret = secret;
	s = begin(alice);
	for (int i = 0; i < 2000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "guest%d", i);
		arrival.sender.name = name_of(name);
		assert_status(STATUS_OK, group_take_control(&s, &arrival));
	}
	commit(&s);
	assert_int_equal(waiting(alice), LIMIT_JOIN_REQUESTS);
}

/* eve asked alice and bob by link 1. */
static void
be_asked(struct world *w, struct party *p)
{
	struct group_record g = {
		.id = w->group,
		.standing = GROUP_ASKED,
		.asked_link = { { 1 } },
		.asked_count = 2,
	};
	struct step s;

	assert_status(STATUS_OK, meet(p, &w->c->alice));
	assert_status(STATUS_OK, meet(p, &w->c->bob));
	assert_status(STATUS_OK, meet(p, &w->c->carol));
	g.asked[0].name = name_of("alice");
	g.asked[0].account_key = w->c->alice.core.self.account_key;
	g.asked[1].name = name_of("bob");
	g.asked[1].account_key = w->c->bob.core.self.account_key;
	s = begin(p);
	assert_status(STATUS_OK, group_put(s.txn, &g));
	commit(&s);
}

static enum group_standing
answered_by(struct world *w, struct party *p, const char *who, uint8_t id,
    uint32_t reason)
{
	struct pair_arrival arrival = arrival_of(p, who);
	struct step s = begin(p);

	arrival.p.kind = CONTENT_JOIN_ANSWER;
	arrival.p.u.join_answer.group = w->group;
	arrival.p.u.join_answer.link.raw[0] = id;
	arrival.p.u.join_answer.reason = reason;
	assert_status(STATUS_OK, group_take_control(&s, &arrival));
	commit(&s);
	return standing(w, p);
}

static void
only_whom_one_asked_can_refuse(void **state)
{
	struct world *w = *state;
	struct party *eve = &w->c->eve;
	unsigned detail;

	be_asked(w, eve);
	assert_int_equal(answered_by(w, eve, "carol", 1, JOIN_REVOKED),
	    GROUP_ASKED); /* not asked */
	assert_int_equal(answered_by(w, eve, "alice", 2, JOIN_REVOKED),
	    GROUP_ASKED); /* about another link */
	assert_int_equal(
	    answered_by(w, eve, "alice", 1, JOIN_NOT_ADMIN), GROUP_ASKED);
	assert_int_equal(answered_by(w, eve, "alice", 1, JOIN_REVOKED),
	    GROUP_ASKED); /* it has answered */
	assert_int_equal(notices(eve, NOTICE_JOIN_REFUSED, &detail), 0);
	assert_int_equal(
	    answered_by(w, eve, "bob", 1, JOIN_USED_UP), GROUP_REFUSED);
	assert_int_equal(notices(eve, NOTICE_JOIN_REFUSED, &detail), 1);
	assert_string_equal(record_of(w, eve).reason, "the link is used up");
	/* And never does to a group that one is in. */
	assert_int_equal(
	    answered_by(w, eve, "bob", 1, JOIN_USED_UP), GROUP_REFUSED);
	assert_int_equal(notices(eve, NOTICE_JOIN_REFUSED, &detail), 1);
}

static void
when_all_are_no_admins_any_more_one_is_told(void **state)
{
	struct world *w = *state;
	struct party *eve = &w->c->eve;

	be_asked(w, eve);
	assert_int_equal(
	    answered_by(w, eve, "alice", 1, JOIN_NOT_ADMIN), GROUP_ASKED);
	assert_int_equal(
	    answered_by(w, eve, "bob", 1, JOIN_NOT_ADMIN), GROUP_REFUSED);
	/* A later release's reason is a refusal all the same. */
	be_asked(w, eve);
	assert_int_equal(answered_by(w, eve, "bob", 1, 99), GROUP_REFUSED);
	assert_string_equal(
	    record_of(w, eve).reason, "an admin has to add you");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_request_is_judged_by_the_log),
		world_test(another_key_than_the_one_that_asked_is_not_taken_in),
		world_test(who_is_no_admin_says_nothing_to_a_guess),
		world_test(a_flood_of_requests_is_bounded),
		world_test(only_whom_one_asked_can_refuse),
		world_test(when_all_are_no_admins_any_more_one_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
