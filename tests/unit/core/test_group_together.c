/* Messages to a group that are taken at once, and when one of them is bad. */
#include "tests/unit/core/group_world.h"

enum { WORDS = 3 };

static const char *const words[WORDS] = { "one", "two", "three" };

/* Carol has alice's key and none of these; their ciphertexts, in order. */
static void
say_unheard(struct world *w, struct item items[WORDS])
{
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	tell(w, &w->c->alice, "to begin with");
	w->deaf = &w->c->carol;
	for (size_t i = 0; i < WORDS; i++) {
		tell(w, &w->c->alice, words[i]);
		items[i] = w->spied[w->spied_count - 1];
		assert_true(messenger_goes_together(&items[i]));
	}
}

static enum status
take_together(struct party *p, const struct item *items)
{
	const struct item *run[WORDS];
	struct step s = begin(p);
	enum status st;

	for (size_t i = 0; i < WORDS; i++)
		run[i] = &items[i];
	st = messenger_take_together(&s, run, WORDS);
	commit(&s); /* as the courier does, whatever became of them */
	return st;
}

static void
assert_heard(struct party *p, unsigned times)
{
	unsigned detail;

	for (size_t i = 0; i < WORDS; i++)
		assert_int_equal(heard(p, words[i]), times);
	assert_int_equal(notices(p, NOTICE_GAP, &detail), 0);
}

static void
taken_at_once_each_is_filed_once(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	struct item items[WORDS];

	say_unheard(w, items);
	assert_status(STATUS_OK, take_together(carol, items));
	assert_heard(carol, 1);
	assert_status(STATUS_OK, take_together(carol, items));
	for (size_t i = 0; i < WORDS; i++)
		take_item(carol, &items[i]);
	assert_heard(carol, 1);
	assert_int_equal(quarantined(carol, QUARANTINE_UNDECRYPTABLE), 0);
}

/* Keys must not have moved, or what is good could not be taken after it. */
static void
one_that_is_bad_undoes_the_others_and_stops_none(void **state)
{
	struct world *w = *state;
	struct party *carol = &w->c->carol;
	struct item items[WORDS];
	struct buf *bad = NULL;
	uint8_t last;

	say_unheard(w, items);
	assert_status(STATUS_OK, buf_copy(items[1].payload, &bad));
	last = (uint8_t)(buf_view(bad).data[buf_len(bad) - 1] ^ 1);
	buf_truncate(bad, buf_len(bad) - 1);
	assert_status(STATUS_OK, buf_put(bad, bytes_view(&last, 1)));
	items[1].payload = buf_view(bad);
	assert_status(STATUS_CRYPTO, take_together(carol, items));
	assert_heard(carol, 0);
	assert_int_equal(quarantined(carol, QUARANTINE_UNDECRYPTABLE), 0);

	for (size_t i = 0; i < WORDS; i++)
		take_item(carol, &items[i]);
	assert_int_equal(quarantined(carol, QUARANTINE_UNDECRYPTABLE), 1);
	assert_int_equal(heard(carol, words[0]), 1);
	assert_int_equal(heard(carol, words[1]), 0);
	assert_int_equal(heard(carol, words[2]), 1);
	buf_free(bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(taken_at_once_each_is_filed_once),
		world_test(one_that_is_bad_undoes_the_others_and_stops_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
