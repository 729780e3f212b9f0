/*
 * Whatever comes when and how often, what two people see of their messages is
 * the same in the end, and what a toy model says: a text, the newest of its
 * edits, the newest reaction of each, or nothing once it was deleted.
 *
 *   SEED=N   one story
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/core/words_said.h"

enum { STORIES = 12, SAID_MAX = 48, TEXTS_MAX = 16 };

static uint64_t seed;

/* xorshift64*, so that a story is the same everywhere. */
static uint32_t
draw(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

/* One text of alice as everybody has to see it. */
struct toy {
	uint64_t n; /* at alice */
	char text[64];
	char reaction[64]; /* hers; empty: none */
	bool deleted;
};

struct story {
	struct cores *c;
	struct toy texts[TEXTS_MAX];
	size_t texts_count;
	uint64_t edits[SAID_MAX]; /* their places, and of which text */
	size_t edit_of[SAID_MAX];
	size_t edits_count;
	struct parcel said[SAID_MAX];
	size_t said_count;
};

static void
say_text(struct story *x)
{
	struct toy *t = &x->texts[x->texts_count];

	snprintf(t->text, sizeof(t->text), "text %zu", x->texts_count++);
	x->said[x->said_count++] = write_to(&x->c->alice, &x->c->bob, t->text);
	t->n = last_n(&x->c->alice);
}

static void
say_word(struct story *x)
{
	size_t at = draw((uint32_t)x->texts_count);
	struct toy *t = &x->texts[at];
	uint32_t type = MESSAGE_REACTION + draw(3);
	char text[64] = "";

	/* Deletions end a story about one text: they are the fewest. */
	if (type == MESSAGE_DELETION && draw(3) > 0)
		type = MESSAGE_EDIT;
	if (type == MESSAGE_EDIT)
		snprintf(text, sizeof(text), "edit %zu", x->said_count);
	else if (type == MESSAGE_REACTION && draw(4) > 0)
		snprintf(text, sizeof(text), "+%zu", x->said_count);
	x->said[x->said_count++] =
	    write_about(&x->c->alice, &x->c->bob, type, text, t->n);
	if (type == MESSAGE_REACTION)
		memcpy(t->reaction, text, sizeof(text));
	else if (type == MESSAGE_EDIT)
		memcpy(t->text, text, sizeof(text));
	else
		t->deleted = true;
	if (type == MESSAGE_EDIT) {
		x->edits[x->edits_count] = last_n(&x->c->alice);
		x->edit_of[x->edits_count++] = at;
	}
}

/* Each at least once, in any order, and some more often. */
static void
bring_all(struct story *x)
{
	size_t order[2 * SAID_MAX];
	size_t count = 0;

	for (size_t i = 0; i < x->said_count; i++)
		order[count++] = i;
	for (size_t i = 0; i < x->said_count / 2; i++)
		order[count++] = draw((uint32_t)x->said_count);
	for (size_t i = count; i > 1; i--) {
		size_t with = draw((uint32_t)i);
		size_t kept = order[i - 1];

		order[i - 1] = order[with];
		order[with] = kept;
	}
	for (size_t i = 0; i < count; i++)
		assert_status(STATUS_OK, take(&x->c->bob, &x->said[order[i]]));
}

static void
compare(struct story *x, struct party *p)
{
	for (size_t i = 0; i < x->texts_count; i++) {
		const struct toy *t = &x->texts[i];
		uint64_t n = same_message(p, &x->c->alice, t->n);
		struct shown is = shown_at(p, n);

		assert_int_not_equal(n, 0);
		assert_int_equal(is.deleted, t->deleted);
		assert_int_equal(is.has_deletion, t->deleted);
		if (t->deleted) {
			assert_true(is_bare(p, n));
			continue;
		}
		assert_string_equal(is.text, t->text);
		assert_int_equal(is.reactions, t->reaction[0] != '\0');
		assert_string_equal(is.reaction, t->reaction);
	}
	for (size_t i = 0; i < x->edits_count; i++)
		if (x->texts[x->edit_of[i]].deleted)
			assert_true(is_bare(
			    p, same_message(p, &x->c->alice, x->edits[i])));
	assert_int_equal(quarantined(p, QUARANTINE_UNDECRYPTABLE), 0);
}

static void
tell_story(uint64_t number)
{
	struct story x = { .texts_count = 0 };

	seed = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
	cores_setup((void **)&x.c);
	say(&x.c->alice, &x.c->bob, "hello");
	say(&x.c->bob, &x.c->alice, "hi");
	say_text(&x);
	while (x.said_count < SAID_MAX) {
		if (x.texts_count < TEXTS_MAX && draw(4) == 0)
			say_text(&x);
		else
			say_word(&x);
	}
	bring_all(&x);
	compare(&x, &x.c->bob);
	compare(&x, &x.c->alice);
	for (size_t i = 0; i < x.said_count; i++)
		parcel_clear(&x.said[i]);
	cores_teardown((void **)&x.c);
}

static void
what_is_shown_does_not_depend_on_what_comes_when(void **state)
{
	const char *one = getenv("SEED");

	(void)state;
	if (one != NULL) {
		tell_story(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t number = 1; number <= STORIES; number++) {
		print_message("SEED=%llu\n", (unsigned long long)number);
		tell_story(number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_shown_does_not_depend_on_what_comes_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
