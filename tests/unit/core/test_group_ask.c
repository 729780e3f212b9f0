/* Keys of a log that got lost on the way: asked for, and given to whom. */
#include "tests/unit/core/group_world.h"

static void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

/* eve goes, and the key of what follows never reaches bob. */
static void
lose_key(struct world *w)
{
	add(w, "bob");
	add(w, "carol");
	add(w, "eve");
	w->deaf = &w->c->bob;
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "eve", 0), TACIT_DONE);
	w->deaf = NULL;
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ROLE, "carol", ROLE_ADMIN), TACIT_DONE);
}

/* The step is as late as this many minutes. */
static void
read_later(struct world *w, struct party *p, int64_t minutes)
{
	struct group_record g = record_of(w, p);
	struct step s = begin(p);

	g.next_ask_ms -= minutes * 60 * 1000;
	assert_status(STATUS_OK, group_put(s.txn, &g));
	commit(&s);
	(void)sync_log(w, p);
}

static void
a_key_that_got_lost_is_asked_for_and_comes(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;

	lose_key(w);
	assert_status(STATUS_AGAIN, sync_log(w, bob));
	assert_true(record_of(w, bob).is_waiting);
	assert_status(STATUS_OK, flush(w, bob)); /* to alice */
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_status(STATUS_OK, sync_log(w, bob));
	assert_false(record_of(w, bob).is_waiting);
	assert_int_equal(record_of(w, bob).length, w->length);
	read_log(w, &w->c->carol);
	tell(w, bob, "here");
	assert_int_equal(heard(&w->c->carol, "here"), 1);
}

static size_t
rows_waiting(struct party *p)
{
	size_t count = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK, outbox_count(s.txn, &count));
	step_abort(&s);
	return count;
}

static void
one_is_asked_after_the_other_and_not_at_once(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	unsigned detail;

	lose_key(w);
	assert_status(STATUS_AGAIN, sync_log(w, bob));
	assert_status(STATUS_AGAIN, sync_log(w, bob));
	assert_int_equal(rows_waiting(bob), 1);
	read_later(w, bob, 2);
	assert_int_equal(rows_waiting(bob), 2);
	/* Both were asked once, and have time to answer before it is said. */
	assert_int_equal(notices(bob, NOTICE_GAP, &detail), 0);
	read_later(w, bob, 2);
	assert_int_equal(rows_waiting(bob), 3);
	assert_int_equal(notices(bob, NOTICE_GAP, &detail), 1);
	for (int i = 0; i < 100; i++)
		read_later(w, bob, 24 * 60);
	assert_int_equal(rows_waiting(bob), 32);
	assert_int_equal(notices(bob, NOTICE_GAP, &detail), 1);
}

/* p asks alice; how many rows she queues for it. */
static size_t
ask_alice(struct world *w, struct party *p, const struct group_key_id *key)
{
	struct plaintext ask = { .kind = CONTENT_GROUP_ASK };
	struct account_name alice = name_of("alice");
	size_t before = rows_waiting(&w->c->alice);
	struct step s = begin(p);

	ask.u.group_ask.group = w->group;
	ask.u.group_ask.key_id = *key;
	assert_status(STATUS_OK, messenger_control(&s, &alice, &ask));
	commit(&s);
	assert_status(STATUS_OK, flush(w, p));
	return rows_waiting(&w->c->alice) - before;
}

static void
who_was_removed_gets_no_key_of_what_follows(void **state)
{
	struct world *w = *state;
	struct group_key_id before;

	add(w, "bob");
	add(w, "eve");
	before = record_of(w, &w->c->alice).log_key;
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, "eve", 0), TACIT_DONE);
	assert_int_equal(ask_alice(w, &w->c->eve, &before), 1);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	{
		struct group_key_id after = record_of(w, &w->c->alice).log_key;
		struct group_record g = record_of(w, &w->c->eve);
		struct group_secret secret;
		struct step s = begin(&w->c->eve);

		assert_status(STATUS_NOT_FOUND,
		    group_secret_get(s.txn, &g, &after, &secret));
		step_abort(&s);
		assert_int_equal(ask_alice(w, &w->c->eve, &after), 0);
	}
}

static void
strangers_and_new_keys_of_old_names_get_nothing(void **state)
{
	struct world *w = *state;
	struct group_key_id key;
	struct account_name bob = name_of("bob");
	struct step s;

	add(w, "bob");
	key = record_of(w, &w->c->alice).log_key;
	assert_int_equal(ask_alice(w, &w->c->carol, &key), 0);
	/* bob's name has another owner, whom alice accepts as such. */
	party_register(&w->c->bob, "robert");
	party_register(&w->c->eve, "bob");
	assert_status(STATUS_UNTRUSTED, meet(&w->c->alice, &w->c->eve));
	s = begin(&w->c->alice);
	assert_status(STATUS_OK, peers_trust(&s, &bob));
	commit(&s);
	assert_int_equal(ask_alice(w, &w->c->eve, &key), 0);
}

static void
who_asks_again_and_again_is_answered_a_few_times(void **state)
{
	struct world *w = *state;
	struct group_key_id key;
	size_t answers = 0;

	add(w, "bob");
	key = record_of(w, &w->c->alice).log_key;
	for (int i = 0; i < 20; i++)
		answers += ask_alice(w, &w->c->bob, &key);
	assert_int_equal(answers, 8);
}

/* Nobody has written under it yet, and bob is the first who wants to. */
static void
a_key_is_asked_for_before_it_is_needed(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice, *bob = &w->c->bob;

	add(w, "bob");
	assert_int_equal(
	    wish(w, alice, ENTRY_ROLE, "bob", ROLE_ADMIN), TACIT_DONE);
	add(w, "eve");
	w->deaf = bob;
	assert_int_equal(wish(w, alice, ENTRY_REMOVE, "eve", 0), TACIT_DONE);
	w->deaf = NULL;
	read_log(w, bob);
	assert_int_equal(wish(w, bob, ENTRY_ADD, "carol", 0), TACIT_FAILED);
	assert_status(STATUS_OK, flush(w, bob));
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(wish(w, bob, ENTRY_ADD, "carol", 0), TACIT_DONE);
	read_log(w, alice);
	assert_int_equal(record_of(w, alice).length, w->length);
}

/* More keys than are kept of those that no entry has named. */
static void
flood(struct world *w, struct party *from, const char *whom)
{
	struct log_key_item junk[GROUP_LOOSE_KEYS + 1] = { 0 };
	struct plaintext p = { .kind = CONTENT_GROUP_KEYS };
	struct account_name to = name_of(whom);
	struct step s = begin(from);

	for (size_t i = 0; i < GROUP_LOOSE_KEYS + 1; i++)
		random_bytes(&junk[i].key, sizeof(junk[i].key));
	p.u.group_keys.group = w->group;
	p.u.group_keys.keys =
	    (struct log_key_list){ junk, GROUP_LOOSE_KEYS + 1 };
	assert_status(STATUS_OK, messenger_control(&s, &to, &p));
	commit(&s);
	assert_status(STATUS_OK, flush(w, from));
}

/* Between the commit of a new key and the entry that names it. */
static void
no_flood_takes_the_author_s_own_key_away(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct account_name eve = name_of("eve");
	const struct group_wish wish_it = {
		.type = ENTRY_REMOVE,
		.names = &eve,
		.names_count = 1,
	};
	struct group_prepared prepared;
	struct tacit_error e;
	struct step s;

	add(w, "bob");
	add(w, "eve");
	s = begin(alice);
	assert_int_equal(
	    TACIT_DONE, group_prepare(&s, &w->group, &wish_it, &prepared, &e));
	commit(&s);
	assert_status(STATUS_OK, flush(w, alice));
	flood(w, &w->c->eve, "alice");
	flood(w, &w->c->eve, "bob");
	append(w, prepared.append.entry);
	group_prepared_clear(&prepared);
	read_log(w, alice);
	add(w, "carol");
	/* bob has lost it, and asks. */
	assert_status(STATUS_AGAIN, sync_log(w, &w->c->bob));
	assert_status(STATUS_OK, flush(w, &w->c->bob));
	assert_status(STATUS_OK, flush(w, alice));
	assert_status(STATUS_OK, sync_log(w, &w->c->bob));
	assert_int_equal(record_of(w, &w->c->bob).length, w->length);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_key_that_got_lost_is_asked_for_and_comes),
		world_test(one_is_asked_after_the_other_and_not_at_once),
		world_test(who_was_removed_gets_no_key_of_what_follows),
		world_test(strangers_and_new_keys_of_old_names_get_nothing),
		world_test(who_asks_again_and_again_is_answered_a_few_times),
		world_test(a_key_is_asked_for_before_it_is_needed),
		world_test(no_flood_takes_the_author_s_own_key_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
