/* The life of prekeys: compared with the relay's, cheaply, and forgotten. */
#include "proto/prekey_digest.h"
#include "tests/unit/core/courier_fixture.h"

enum { SHELF_MAX = 512, DAY_MS = 24 * 60 * 60 * 1000 };

/* What a relay keeps: given out from the oldest on, none taken twice. */
struct shelf {
	struct prekey signed_one;
	struct prekey items[SHELF_MAX];
	uint8_t keys[SHELF_MAX + 1][IDENTITY_KEY_BYTES];
	size_t first;
	size_t end;
	uint32_t high;
	size_t asked; /* how often it was asked what there is */
};

static struct prekey
keep_one(const struct prekey *p, uint8_t key[IDENTITY_KEY_BYTES])
{
	struct prekey kept = { .type = p->type, .id = p->id };

	assert_int_equal(p->public_key.len, IDENTITY_KEY_BYTES);
	memcpy(key, p->public_key.data, IDENTITY_KEY_BYTES);
	kept.public_key = bytes_view(key, IDENTITY_KEY_BYTES);
	return kept;
}

static struct prekey_state
state_of(const struct shelf *shelf)
{
	struct prekey all[SHELF_MAX + 1];
	struct prekey_state state = {
		.one_time_count = (uint32_t)(shelf->end - shelf->first)
	};

	all[0] = shelf->signed_one;
	memcpy(all + 1, shelf->items + shelf->first,
	    state.one_time_count * sizeof(all[0]));
	prekeys_digest(
	    (struct prekeys){ all, state.one_time_count + 1 }, &state.digest);
	return state;
}

static void
keep(struct script *r, struct prekeys list)
{
	struct shelf *shelf = r->shelf;
	uint32_t before = shelf->high;

	for (size_t i = 0; i < list.count; i++) {
		const struct prekey *p = &list.items[i];

		if (p->type == PREKEY_SIGNED) {
			shelf->signed_one = keep_one(p, shelf->keys[SHELF_MAX]);
			continue;
		}
		if (p->id <= before)
			continue;
		assert_true(shelf->end < SHELF_MAX);
		shelf->items[shelf->end] = keep_one(p, shelf->keys[shelf->end]);
		shelf->end++;
		if (p->id > shelf->high)
			shelf->high = p->id;
	}
}

static void
count(struct script *r)
{
	struct shelf *shelf = r->shelf;

	shelf->asked++;
	r->prekeys = state_of(shelf);
}

static struct shelf *
shelf_of(struct fixture *f)
{
	static struct shelf shelf;

	shelf = (struct shelf){ .first = 0 };
	f->relay->shelf = &shelf;
	f->relay->keep = keep;
	f->relay->count = count;
	f->relay->prekeys = (struct prekey_state){ 0 };
	return &shelf;
}

static void
drain(struct fixture *f)
{
	struct shelf *shelf = f->relay->shelf;

	f->relay->prekeys = state_of(shelf);
	f->relay->published = 0;
	shelf->asked = 0;
	connect_alice(f);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
}

/* So many days later; the relay's clock is right. */
static void
drain_after(struct fixture *f, int64_t days)
{
	static int64_t later_ms;

	later_ms += days * DAY_MS;
	clock_unfake();
	clock_fake(clock_wall_ms() + later_ms, clock_mono_ms());
	f->relay->time_ms = clock_wall_ms();
	drain(f);
	clock_unfake();
}

static size_t
stored_count(struct fixture *f)
{
	struct step s = begin(&f->cores->alice);
	size_t count = 0;

	assert_status(STATUS_OK, vault_count(s.txn, VAULT_PREKEYS, &count));
	step_abort(&s);
	return count;
}

/* As when a first message with it has come. */
static void
use_up(struct fixture *f, uint32_t id)
{
	struct step s = begin(&f->cores->alice);

	assert_status(STATUS_OK, prekey_del(s.txn, id));
	commit(&s);
}

static void
what_others_take_is_no_difference(void **state)
{
	struct fixture *f = *state;
	struct shelf *shelf = shelf_of(f);

	drain(f);
	assert_int_equal(shelf->end, PREKEYS_FULL);
	for (size_t i = 0; i < 20; i++) {
		shelf->first++;
		drain(f);
		assert_int_equal(f->relay->published, 0);
		assert_int_equal(shelf->asked, 0);
	}
}

static void
what_was_taken_and_used_since_the_relay_spoke_is_no_difference(void **state)
{
	struct fixture *f = *state;
	struct shelf *shelf = shelf_of(f);

	drain(f);
	shelf->first++;
	f->relay->prekeys = state_of(shelf);
	f->relay->published = 0;
	shelf->asked = 0;
	connect_alice(f);
	/* While the mailbox is read: given out, and used up already. */
	use_up(f, shelf->items[shelf->first++].id);
	use_up(f, shelf->items[shelf->first++].id);
	assert_int_equal(TACIT_DONE, courier_drain(f->courier, 0, &f->error));
	assert_int_equal(shelf->asked, 1);
	assert_int_equal(f->relay->published, 0);
}

static void
what_the_relay_lost_is_published_once_and_no_more(void **state)
{
	struct fixture *f = *state;
	struct shelf *shelf = shelf_of(f);

	drain(f);
	memmove(
	    shelf->items + 50, shelf->items + 51, 49 * sizeof(shelf->items[0]));
	shelf->end--;
	drain(f);
	assert_int_equal(f->relay->published, PREKEYS_FULL + 1);
	drain(f);
	assert_int_equal(f->relay->published, 0);
	/* A relay that lost all of them gets new ones. */
	shelf->first = shelf->end;
	drain(f);
	assert_int_equal(f->relay->published, PREKEYS_FULL);
	assert_int_equal(shelf->end - shelf->first, PREKEYS_FULL);
	drain(f);
	assert_int_equal(f->relay->published, 0);
}

static void
a_signed_prekey_that_the_relay_lost_comes_back(void **state)
{
	struct fixture *f = *state;
	struct shelf *shelf = shelf_of(f);
	uint32_t id;

	drain(f);
	id = shelf->signed_one.id;
	shelf->signed_one.id = 77;
	drain(f);
	assert_int_equal(shelf->signed_one.id, id);
}

static void
as_long_as_nothing_changes_no_prekey_is_read(void **state)
{
	struct fixture *f = *state;
	struct shelf *shelf = shelf_of(f);
	struct step s;

	drain(f);
	drain(f); /* compared, and remembered */
	s = begin(&f->cores->alice);
	for (size_t i = shelf->first; i < shelf->end; i++) {
		struct stored_prekey info = { .id = shelf->items[i].id };

		assert_status(
		    STATUS_OK, prekey_put(s.txn, &info, BYTES("not a key")));
	}
	commit(&s);
	drain(f);
	assert_int_equal(f->relay->published, 0);
	shelf->first++;
	f->relay->prekeys = state_of(shelf);
	connect_alice(f);
	assert_int_not_equal(
	    TACIT_DONE, courier_drain(f->courier, 0, &f->error));
}

static void
what_has_been_gone_for_fifty_days_is_forgotten(void **state)
{
	struct fixture *f = *state;
	struct shelf *shelf = shelf_of(f);

	drain_after(f, 0);
	shelf->first += 10;
	drain_after(f, 1);
	assert_int_equal(stored_count(f), PREKEYS_FULL);
	drain_after(f, 48);
	assert_int_equal(stored_count(f), PREKEYS_FULL);
	/* The mailbox has been read since; a message would have come. */
	drain_after(f, 2);
	drain_after(f, 1);
	assert_int_equal(stored_count(f), PREKEYS_FULL - 10);
	shelf->first += 10;
	drain_after(f, 1);
	assert_int_equal(stored_count(f), PREKEYS_FULL - 10);
}

/* The clock is ahead of the relay's, which says so. */
static void
a_clock_that_jumps_forgets_no_prekey(void **state)
{
	struct fixture *f = *state;
	struct shelf *shelf = shelf_of(f);
	int64_t now_ms = clock_wall_ms();

	f->relay->time_ms = now_ms;
	drain(f);
	shelf->first += 10;
	drain(f);
	for (int i = 0; i < 3; i++) {
		clock_fake(
		    now_ms + (60 + i) * (int64_t)DAY_MS, clock_mono_ms());
		drain(f);
		clock_unfake();
	}
	assert_int_equal(stored_count(f), PREKEYS_FULL);
}

static void
a_signed_prekey_from_the_future_does_not_stay(void **state)
{
	struct fixture *f = *state;
	struct shelf *shelf = shelf_of(f);
	uint32_t id;

	clock_fake(clock_wall_ms() + 1000 * (int64_t)DAY_MS, clock_mono_ms());
	drain(f);
	clock_unfake();
	id = shelf->signed_one.id;
	drain(f);
	assert_true(shelf->signed_one.id > id);
	id = shelf->signed_one.id;
	drain(f);
	assert_int_equal(shelf->signed_one.id, id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		courier_test(what_others_take_is_no_difference),
		courier_test(
		    what_was_taken_and_used_since_the_relay_spoke_is_no_difference),
		courier_test(what_the_relay_lost_is_published_once_and_no_more),
		courier_test(a_signed_prekey_that_the_relay_lost_comes_back),
		courier_test(as_long_as_nothing_changes_no_prekey_is_read),
		courier_test(what_has_been_gone_for_fifty_days_is_forgotten),
		courier_test(a_clock_that_jumps_forgets_no_prekey),
		courier_test(a_signed_prekey_from_the_future_does_not_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
