/* What is known of who said what about a message. */
#include <stdio.h>

#include "fixture.h"
#include "store/client/words.h"

static const struct message_target hello = {
	.id = { { 1 } },
	.author = { "alice" },
	.hash = { { 2 } },
};

static struct words
words_of(struct fixture *f, const struct hash *in,
    const struct message_target *target, const char *author, uint8_t key)
{
	struct words_about about = { in, target };
	struct words w = { .author_key.raw = { key } };

	snprintf(w.author.text, sizeof(w.author.text), "%s", author);
	w.edits_count = 99;
	assert_status(STATUS_OK, words_get(f->t, &about, &w));
	return w;
}

static void
a_row_is_of_one_author_about_one_message(void **state)
{
	struct fixture *f = *state;
	const struct hash here = fixture_hash("here");
	const struct hash there = fixture_hash("there");
	struct message_target other = hello;
	struct words_about about = { &here, &hello };
	struct words w = words_of(f, &here, &hello, "bob", 1);

	assert_int_equal(w.edits_count, 0);
	w.edits[0] = (struct word_place){ 7, 1, 3 };
	w.edits[1] = (struct word_place){ 9, 1, 0 };
	w.edits_count = 2;
	w.deletion = (struct word_place){ 11, 2, 1 };
	assert_status(STATUS_OK, words_put(f->t, &about, &w));
	fixture_turn(f);
	w = words_of(f, &here, &hello, "bob", 1);
	assert_int_equal(w.edits_count, 2);
	assert_int_equal(w.edits[0].seq, 3);
	assert_int_equal(w.edits[1].n, 9);
	assert_int_equal(w.reaction.n, 0);
	assert_int_equal(w.deletion.device, 2);

	/* Another key, name, conversation, id, author, hash: nothing. */
	assert_int_equal(words_of(f, &here, &hello, "bob", 2).edits_count, 0);
	assert_int_equal(words_of(f, &here, &hello, "bo", 1).edits_count, 0);
	assert_int_equal(words_of(f, &there, &hello, "bob", 1).edits_count, 0);
	other.id.raw[15] = 1;
	assert_int_equal(words_of(f, &here, &other, "bob", 1).edits_count, 0);
	other = hello;
	other.author.text[4] = 'a';
	assert_int_equal(words_of(f, &here, &other, "bob", 1).edits_count, 0);
	other = hello;
	other.hash.raw[31] = 1;
	assert_int_equal(words_of(f, &here, &other, "bob", 1).edits_count, 0);
}

struct counted {
	size_t rows;
	uint64_t sum;
};

static enum status
count_row(const struct words *w, void *arg)
{
	struct counted *c = arg;

	c->rows++;
	c->sum += w->reaction.n;
	return STATUS_OK;
}

static void
all_authors_are_shown_and_nobody_elses_message(void **state)
{
	struct fixture *f = *state;
	const struct hash here = fixture_hash("here");
	struct message_target other = hello;
	struct words_about about = { &here, &hello };
	struct words_about beside = { &here, &other };
	struct counted c = { 0 };

	other.id.raw[0] = 5;
	assert_status(STATUS_OK, words_each(f->t, &about, count_row, &c));
	assert_int_equal(c.rows, 0);
	for (uint8_t i = 1; i <= 5; i++) {
		struct words w = words_of(f, &here, &hello, "bob", i);

		w.reaction.n = i;
		assert_status(STATUS_OK, words_put(f->t, &about, &w));
		assert_status(STATUS_OK, words_put(f->t, &about, &w));
		assert_status(STATUS_OK, words_put(f->t, &beside, &w));
	}
	assert_status(STATUS_OK, words_each(f->t, &about, count_row, &c));
	assert_int_equal(c.rows, 5);
	assert_int_equal(c.sum, 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_row_is_of_one_author_about_one_message),
		fixture_test(all_authors_are_shown_and_nobody_elses_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
