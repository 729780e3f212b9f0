/* A search by blocks finds what looking at every row finds. */
#include <stdio.h>

#include "client/core/fold.h"
#include "client/core/handle.h"
#include "client/core/search.h"
#include "client/core/search_block.h"
#include "client/core/tidy.h"
#include "store/client/history_blocks.h"
#include "tests/unit/core/words_said.h"

#define BEGAN_MS INT64_C(1780000000000)

enum { MANY = 2600, FOUND_MAX = 3000 };

struct hits {
	size_t count;
	uint64_t numbers[FOUND_MAX];
};

static bool
show(const struct tacit_event *event, void *arg)
{
	struct hits *hits = arg;

	assert_true(hits->count < FOUND_MAX);
	assert_true(
	    hits->count == 0 || hits->numbers[hits->count - 1] < event->n);
	hits->numbers[hits->count++] = event->n;
	return true;
}

static struct hits
find(struct party *p, const char *text, struct tacit_history how)
{
	struct tacit t = { .core = p->core, .dir = p->dir };
	struct hits hits = { .count = 0 };
	struct tacit_error e;

	how.kind = TACIT_DIRECT;
	how.search = text;
	assert_int_equal(tacit_history(&t, &how, show, &hits, &e), TACIT_DONE);
	return hits;
}

static const char *const words[] = { "Tür", "TÜR", "tur", "apple", "Apple pie",
	"pie", "\xef\xbd\x81pple", "pineapple", "strasse", "Straße" };
enum { WORDS = sizeof(words) / sizeof(words[0]) };

static struct history_entry
entry_of(uint64_t i, const char *peer, struct bytes text)
{
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = CONVERSATION_DIRECT,
		.peer = name_of(peer),
		.from = name_of(peer),
		.device = 1,
		.received_ms = BEGAN_MS + (int64_t)i,
		.type = MESSAGE_TEXT,
		.text = text,
		.signature = SIGNATURE_VALID,
		.trust = TRUST_UNVERIFIED,
	};

	peers_history_key(&e.peer, &e.conversation);
	store_u64(e.id.raw, i + 1);
	return e;
}

/* Texts of all sorts: long ones, some with timers, in two conversations. */
static void
fill_from(struct party *p, uint64_t first)
{
	struct step s = begin(p);
	char *text = calloc(LIMIT_TEXT_BYTES + 1, 1);
	uint64_t seed = 1;

	assert_non_null(text);
	for (uint64_t i = first; i < first + MANY; i++) {
		struct history_entry e;
		uint64_t n;
		int len;

		seed = seed * UINT64_C(6364136223846793005) + 1;
		len = snprintf(text, LIMIT_TEXT_BYTES, "%s %s %s",
		    words[(seed >> 33) % WORDS], words[(seed >> 41) % WORDS],
		    words[(seed >> 49) % WORDS]);
		if (i % 97 == 0) {
			memset(text + len, 'x', 20000);
			snprintf(text + 20000, 32, "needle%d", (int)(i % 2));
			len = (int)strlen(text);
		}
		e = entry_of(i, i % 3 == 0 ? "bob" : "carol",
		    bytes_view(text, (size_t)len));
		if (i % 11 == 0)
			e.expires_ms = s.now_ms + DAY_MS;
		assert_status(STATUS_OK, history_append(s.txn, &e, &n));
	}
	commit(&s);
	free(text);
}

static void
fill(struct party *p)
{
	fill_from(p, 0);
}

/* The same by looking at every row: what is right whatever blocks say. */
static struct hits
find_slowly(struct party *p, const char *text, const struct tacit_history *how)
{
	struct hits hits = { .count = 0 };
	struct buf *wanted = NULL;
	struct step s = begin(p);

	assert_status(STATUS_OK, fold_text(bytes_text(text), 1 << 20, &wanted));
	for (uint64_t n = 1; n <= MANY; n++) {
		struct arena *a = NULL;
		struct history_entry e;
		struct buf *folded = NULL;

		assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &a));
		assert_status(STATUS_OK, history_get(s.txn, n, a, &e));
		assert_status(STATUS_OK, fold_text(e.text, 1 << 20, &folded));
		if (!e.erased &&
		    fold_contains(buf_view(folded), buf_view(wanted)) &&
		    (how->with == NULL ||
			strcmp(how->with, e.peer.text) == 0) &&
		    e.received_ms >= how->since_ms &&
		    (how->until_ms == 0 || e.received_ms <= how->until_ms))
			hits.numbers[hits.count++] = n;
		buf_free(folded);
		arena_free(a);
	}
	buf_free(wanted);
	step_abort(&s);
	if (how->limit != 0 && hits.count > how->limit) {
		memmove(hits.numbers, hits.numbers + hits.count - how->limit,
		    how->limit * sizeof(hits.numbers[0]));
		hits.count = how->limit;
	}
	return hits;
}

static void
expect_same(struct party *p, const char *text, const struct tacit_history *how)
{
	struct hits found = find(p, text, *how);
	struct hits right = find_slowly(p, text, how);

	assert_int_equal(found.count, right.count);
	assert_memory_equal(found.numbers, right.numbers,
	    right.count * sizeof(right.numbers[0]));
}

static void
expect_blocks(struct party *p, size_t wanted)
{
	struct step s = begin(p);
	size_t count = 0;

	assert_status(
	    STATUS_OK, vault_count(s.txn, VAULT_HISTORY_BLOCKS, &count));
	step_abort(&s);
	assert_int_equal(count, wanted);
}

static const struct tacit_history hows[] = { { .limit = 0 }, { .limit = 7 },
	{ .with = "bob" }, { .with = "bob", .limit = 5 },
	{ .since_ms = BEGAN_MS + 500, .until_ms = BEGAN_MS + 1500 } };

static void
what_is_found_is_what_every_row_says(void **state)
{
	static const char *const wanted[] = { "apple", "TÜR", "STRASSE", "pie ",
		"x", "needle1", "pineapple pineapple", "nowhere" };
	struct cores *c = *state;

	fill(&c->alice);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		for (size_t j = 0; j < sizeof(hows) / sizeof(hows[0]); j++)
			expect_same(&c->alice, wanted[i], &hows[j]);
	expect_blocks(&c->alice, MANY / HISTORY_BUCKET_ROWS);
}

static void
erase_at(struct party *p, uint64_t n)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, history_erase(s.txn, n));
	commit(&s);
}

/* At once, and after the block was made anew. */
static void
what_was_erased_is_not_found(void **state)
{
	struct cores *c = *state;
	const struct tacit_history all = { .limit = 0 };
	struct hits before;

	fill(&c->alice);
	before = find(&c->alice, "apple", all);
	expect_blocks(&c->alice, 2);
	erase_at(&c->alice, before.numbers[3]);
	expect_same(&c->alice, "apple", &all);
	assert_status(STATUS_OK, tidy_run(&c->alice.core));
	expect_blocks(&c->alice, 2);
	expect_same(&c->alice, "apple", &all);
	assert_int_equal(find(&c->alice, "apple", all).count, before.count - 1);
}

/* Nobody who has the bucket's key and not the hour's reads it in the block. */
static void
a_text_with_a_timer_is_in_no_block(void **state)
{
	struct cores *c = *state;
	struct search_entry entry;
	struct buf *block = NULL;
	size_t looks = 0;
	size_t texts = 0;
	struct bytes left;
	struct step s;

	fill(&c->alice);
	assert_status(STATUS_OK, tidy_blocks(&c->alice.core));
	s = begin(&c->alice);
	assert_status(STATUS_OK, history_block_get(s.txn, 0, &block));
	left = buf_view(block);
	while (search_entry_next(&left, &entry) == STATUS_OK) {
		bool timed = (entry.offset - 1) % 11 == 0;
		bool is_long = (entry.offset - 1) % 97 == 0;

		assert_int_equal(
		    (entry.flags & SEARCH_LOOK) != 0, timed || is_long);
		assert_int_equal(entry.text.len == 0, timed || is_long);
		looks += timed || is_long;
		texts += !timed && !is_long;
	}
	assert_int_equal(looks + texts, HISTORY_BUCKET_ROWS - 1);
	buf_free(block);
	step_abort(&s);
}

/* The edit stands in another bucket than what it changes. */
static void
an_edited_text_is_found_by_what_it_says_now(void **state)
{
	struct cores *c = *state;
	const struct tacit_history all = { .limit = 3 };
	struct hits hits;
	uint64_t hers;

	say(&c->alice, &c->bob, "the old wording");
	hers = last_n(&c->alice);
	fill_from(&c->bob, 0);
	say_about(&c->alice, &c->bob, MESSAGE_EDIT, "the NEW wording", hers);
	fill_from(&c->bob, MANY);
	expect_blocks(&c->bob, 0);
	hits = find(&c->bob, "new wording", all);
	assert_int_equal(hits.count, 1);
	assert_int_equal(hits.numbers[0], 1);
	expect_blocks(&c->bob, 2 * MANY / HISTORY_BUCKET_ROWS);
	assert_int_equal(find(&c->bob, "old wording", all).count, 0);
	assert_int_equal(find(&c->bob, "wording", all).count, 1);
}

static void
hostile_blocks_are_refused(void **state)
{
	uint8_t raw[64] = { 0 };
	struct search_entry e;
	struct bytes left;

	(void)state;
	for (size_t len = 1; len < 23; len++) {
		left = bytes_view(raw, len);
		assert_status(STATUS_CRYPTO, search_entry_next(&left, &e));
	}
	left = bytes_view(raw, 23);
	assert_status(STATUS_OK, search_entry_next(&left, &e));
	assert_status(STATUS_NOT_FOUND, search_entry_next(&left, &e));
	raw[22] = 42; /* the text is one byte longer than what follows */
	left = bytes_view(raw, sizeof(raw));
	assert_status(STATUS_CRYPTO, search_entry_next(&left, &e));
}

/* A block that does not open is made up for by looking at its rows. */
static void
a_damaged_block_hides_nothing(void **state)
{
	struct cores *c = *state;
	struct vault_key key = vault_key_number(1);
	const struct tacit_history all = { .limit = 0 };
	struct step s;

	fill(&c->alice);
	assert_status(STATUS_OK, tidy_blocks(&c->alice.core));
	s = begin(&c->alice);
	assert_status(STATUS_OK,
	    vault_put(s.txn, VAULT_HISTORY_BLOCKS, &key, BYTES("nonsense")));
	commit(&s);
	expect_same(&c->alice, "apple", &all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cores_test(what_is_found_is_what_every_row_says),
		cores_test(what_was_erased_is_not_found),
		cores_test(a_text_with_a_timer_is_in_no_block),
		cores_test(an_edited_text_is_found_by_what_it_says_now),
		cores_test(hostile_blocks_are_refused),
		cores_test(a_damaged_block_hides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
