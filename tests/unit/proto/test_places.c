#include "proto/envelope.h"

#include "tests/support/test.h"

struct fixture {
	struct arena *a;
	struct buf *encoded;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &f->a));
	assert_status(STATUS_OK, buf_new(LIMIT_PLAINTEXT_BYTES, &f->encoded));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	alloc_fail_nth(0);
	arena_free(f->a);
	buf_free(f->encoded);
	free(f);
	return 0;
}

static enum status
pass(struct fixture *f, const struct plaintext *p, struct plaintext *got)
{
	enum status st;

	buf_clear(f->encoded);
	arena_reset(f->a);
	st = envelope_put_plaintext(p, f->encoded);
	if (st == STATUS_OK)
		st = envelope_get_plaintext(buf_view(f->encoded), f->a, got);
	return st;
}

static void
places_come_back_in_every_field(void **state)
{
	struct fixture *f = *state;
	struct talk_place items[2] = {
		{ .seq = 7, .body_hash = { { 1, 2 } } },
		{ .has_group = true,
		    .group = { { 3 } },
		    .seq = 9,
		    .body_hash = { { 4 } },
		    .head_index = 5 },
	};
	struct plaintext got, p = {
		.kind = CONTENT_PLACES,
		.counter = 1,
		.list_version = 1,
		.u.places = { items, 2, false },
	};

	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.kind, CONTENT_PLACES);
	assert_int_equal(got.u.places.count, 2);
	assert_false(got.u.places.asks);
	assert_false(got.u.places.items[0].has_group);
	assert_int_equal(got.u.places.items[0].seq, 7);
	assert_int_equal(got.u.places.items[0].body_hash.raw[1], 2);
	assert_true(got.u.places.items[1].has_group);
	assert_int_equal(got.u.places.items[1].group.raw[0], 3);
	assert_int_equal(got.u.places.items[1].seq, 9);
	assert_int_equal(got.u.places.items[1].head_index, 5);
}

static void
places_are_bounded_and_a_question_says_none(void **state)
{
	static struct talk_place items[LIMIT_PLACES + 1];
	struct fixture *f = *state;
	struct plaintext got, p = {
		.kind = CONTENT_PLACES,
		.counter = 1,
		.list_version = 1,
		.u.places = { items, LIMIT_PLACES, true },
	};

	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_true(got.u.places.asks);
	p.u.places.count++;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
	p.u.places.count = 0;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
	p.u.places.count = 1;
	items[0].seq = 3;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
}

static void
a_question_may_say_how_far_the_device_before_had_come(void **state)
{
	struct fixture *f = *state;
	struct talk_place place = { .seq = 3, .device = 2 };
	struct plaintext got, p = {
		.kind = CONTENT_PLACES,
		.counter = 1,
		.list_version = 1,
		.u.places = { &place, 1, true },
	};

	assert_status(STATUS_OK, pass(f, &p, &got));
	assert_int_equal(got.u.places.items[0].seq, 3);
	assert_int_equal(got.u.places.items[0].device, 2);
	place.seq = 0;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
	place.seq = 3;
	p.u.places.asks = false;
	assert_status(STATUS_BAD_INPUT, pass(f, &p, &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    places_come_back_in_every_field, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    places_are_bounded_and_a_question_says_none, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_question_may_say_how_far_the_device_before_had_come,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
