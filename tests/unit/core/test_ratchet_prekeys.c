#include "tests/unit/core/ratchet_fixture.h"

static struct prekeys
listed(struct party *p, bool unpublished_only)
{
	struct prekeys list = { NULL, 0 };

	assert_status(
	    STATUS_OK, ratchet_list_prekeys(p->ratchet, p->outer, &p->self,
			   unpublished_only, p->arena, &list));
	return list;
}

static void
a_bundle_that_is_not_usable_is_bad_input(void **state)
{
	struct fixture *f = *state;
	struct prekeys good = bundle_of(&f->bob, true);
	struct prekey items[4];

	assert_status(STATUS_BAD_INPUT,
	    start(&f->alice, &f->bob, (struct prekeys){ NULL, 0 }));
	assert_status(STATUS_BAD_INPUT,
	    start(&f->alice, &f->bob, (struct prekeys){ good.items + 1, 1 }));

	/* Two of a kind, ids out of range, keys of a wrong length or type. */
	memcpy(items, good.items, 2 * sizeof(*items));
	items[2] = items[0];
	assert_status(STATUS_BAD_INPUT,
	    start(&f->alice, &f->bob, (struct prekeys){ items, 3 }));
	items[0].id = 0;
	assert_status(STATUS_BAD_INPUT,
	    start(&f->alice, &f->bob, (struct prekeys){ items, 2 }));
	items[0].id = 0xffffff;
	assert_status(STATUS_BAD_INPUT,
	    start(&f->alice, &f->bob, (struct prekeys){ items, 2 }));
	for (size_t len = 0; len < IDENTITY_KEY_BYTES; len++) {
		items[0] = good.items[0];
		items[0].public_key = bytes_head(items[0].public_key, len);
		assert_status(STATUS_BAD_INPUT,
		    start(&f->alice, &f->bob, (struct prekeys){ items, 2 }));
	}
	for (size_t len = 0; len < 64; len++) {
		items[0] = good.items[0];
		items[0].signature = bytes_head(items[0].signature, len);
		assert_status(STATUS_BAD_INPUT,
		    start(&f->alice, &f->bob, (struct prekeys){ items, 2 }));
	}
	assert_int_equal(0, count_of(&f->alice, VAULT_SESSIONS));
}

static void
prekeys_of_unknown_types_are_skipped(void **state)
{
	struct fixture *f = *state;
	struct prekeys good = bundle_of(&f->bob, true);
	struct prekey items[3];

	items[0] = (struct prekey){ .type = 77, .public_key = BYTES("kem") };
	memcpy(items + 1, good.items, 2 * sizeof(*items));
	assert_status(
	    STATUS_OK, start(&f->alice, &f->bob, (struct prekeys){ items, 3 }));
	pass(&f->alice, &f->bob, "hello");
}

static void
ids_are_never_used_twice(void **state)
{
	struct fixture *f = *state;
	struct counters c;

	/* Four were made, ids 1 to 4; one is used up. */
	befriend(&f->alice, &f->bob);
	assert_status(STATUS_OK, ratchet_make_prekeys(f->bob.ratchet,
				     f->bob.outer, 2, FIXTURE_NOW_MS));
	arena_reset(f->bob.arena);
	{
		struct prekeys list = listed(&f->bob, false);

		assert_int_equal(6, list.count);
		assert_int_equal(PREKEY_SIGNED, list.items[0].type);
		assert_int_equal(64, list.items[0].signature.len);
		for (size_t i = 1; i < 6; i++) {
			assert_int_equal(PREKEY_ONE_TIME, list.items[i].type);
			assert_int_equal(i + 1, list.items[i].id);
			assert_int_equal(33, list.items[i].public_key.len);
			assert_int_equal(0, list.items[i].signature.len);
		}
	}
	assert_status(STATUS_OK, counters_get(f->bob.outer, &c));
	assert_int_equal(7, c.next_prekey_id);
}

static void
when_the_ids_are_used_up_no_more_are_made(void **state)
{
	struct fixture *f = *state;
	struct counters c;

	assert_status(STATUS_OK, counters_get(f->bob.outer, &c));
	c.next_prekey_id = 0xfffffd;
	c.next_signed_prekey_id = 0xfffffe;
	assert_status(STATUS_OK, counters_put(f->bob.outer, &c));
	assert_status(STATUS_FULL,
	    ratchet_make_prekeys(f->bob.ratchet, f->bob.outer, 2, 1));
	assert_status(STATUS_FULL, ratchet_make_signed_prekey(f->bob.ratchet,
				       f->bob.outer, &f->bob.self, 1));
	assert_status(STATUS_OK,
	    ratchet_make_prekeys(f->bob.ratchet, f->bob.outer, 1, 1));
	assert_int_equal(5, count_of(&f->bob, VAULT_PREKEYS));
}

/* Mark what is there as published, as the caller does. */
static enum status
publish_signed(const struct stored_prekey *info, struct bytes record, void *arg)
{
	struct stored_prekey changed = *info;

	changed.published = true;
	return signed_prekey_put(arg, &changed, record);
}

static void
what_is_published_is_listed_only_when_all_is_asked_for(void **state)
{
	struct fixture *f = *state;
	struct party *bob = &f->bob;
	const struct prekey_life life = { .published_id = 4 };
	struct prekeys list;

	assert_int_equal(5, listed(bob, true).count);
	assert_status(STATUS_OK, prekey_life_put(bob->outer, &life));
	assert_int_equal(1, listed(bob, true).count);
	assert_status(STATUS_OK,
	    signed_prekeys_each(bob->outer, publish_signed, bob->outer));
	assert_int_equal(0, listed(bob, true).count);
	assert_int_equal(5, listed(bob, false).count);

	assert_status(
	    STATUS_OK, ratchet_make_signed_prekey(bob->ratchet, bob->outer,
			   &bob->self, FIXTURE_NOW_MS + 1));
	list = listed(bob, true);
	assert_int_equal(1, list.count);
	assert_int_equal(PREKEY_SIGNED, list.items[0].type);
	assert_int_equal(2, list.items[0].id);
}

static void
an_older_signed_prekey_still_opens_what_was_made_for_it(void **state)
{
	struct fixture *f = *state;
	struct prekeys old = bundle_of(&f->bob, false);

	assert_status(
	    STATUS_OK, ratchet_make_signed_prekey(f->bob.ratchet, f->bob.outer,
			   &f->bob.self, FIXTURE_NOW_MS + 1));
	assert_status(STATUS_OK, start(&f->alice, &f->bob, old));
	pass(&f->alice, &f->bob, "made for the old one");
}

static void
an_arena_that_is_too_small_is_no_memory(void **state)
{
	struct fixture *f = *state;
	struct prekeys list = { NULL, 99 };
	struct arena *small = NULL;

	assert_status(STATUS_OK, arena_new(256, &small));
	assert_status(
	    STATUS_NOMEM, ratchet_list_prekeys(f->bob.ratchet, f->bob.outer,
			      &f->bob.self, false, small, &list));
	assert_int_equal(99, list.count);
	arena_free(small);
}

static void
running_out_of_memory_is_said(void **state)
{
	struct fixture *f = *state;
	struct party *bob = &f->bob;
	enum status st = STATUS_NOMEM;

	for (size_t n = 1; st != STATUS_OK; n++) {
		struct vault_txn *t = inside(bob);

		alloc_fail_nth(n);
		st = ratchet_make_prekeys(bob->ratchet, t, 2, 1);
		if (st == STATUS_OK)
			st = ratchet_make_signed_prekey(
			    bob->ratchet, t, &bob->self, 1);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		assert_status(st, close_step(t, st));
	}
	assert_int_equal(6, count_of(bob, VAULT_PREKEYS));
	assert_int_equal(2, count_of(bob, VAULT_SIGNED_PREKEYS));
}

int
main(void)
{
#define WITH_FIXTURE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(a_bundle_that_is_not_usable_is_bad_input),
		WITH_FIXTURE(prekeys_of_unknown_types_are_skipped),
		WITH_FIXTURE(ids_are_never_used_twice),
		WITH_FIXTURE(when_the_ids_are_used_up_no_more_are_made),
		WITH_FIXTURE(
		    what_is_published_is_listed_only_when_all_is_asked_for),
		WITH_FIXTURE(
		    an_older_signed_prekey_still_opens_what_was_made_for_it),
		WITH_FIXTURE(an_arena_that_is_too_small_is_no_memory),
		WITH_FIXTURE(running_out_of_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
