#include "client/core/search.h"

#include <stdlib.h>
#include <string.h>

#include "client/core/fold.h"
#include "client/core/search_block.h"
#include "client/core/words/words.h"
#include "store/client/history_blocks.h"

/* A search under way, from the newest bucket to the first. */
struct hunt {
	struct step *s;
	const struct search *what;
	struct arena *a; /* of one entry */
	uint64_t *found;
	size_t count;
	size_t room;
};

static enum status
add(struct hunt *h, uint64_t n)
{
	if (h->count == h->room) {
		size_t room = h->room == 0 ? 64 : 2 * h->room;
		uint64_t *more = calloc(room, sizeof(*more));

		if (more == NULL)
			return STATUS_NOMEM;
		if (h->count > 0)
			memcpy(more, h->found, h->count * sizeof(*more));
		free(h->found);
		h->found = more;
		h->room = room;
	}
	h->found[h->count++] = n;
	return STATUS_OK;
}

static bool
is_of_talk(const struct hunt *h, const struct history_entry *e)
{
	const struct hash *wanted = h->what->conversation;

	return wanted == NULL ||
	       memcmp(wanted, &e->conversation, sizeof(*wanted)) == 0;
}

static enum status
judge(struct hunt *h, const struct history_entry *e)
{
	bool found = false;
	enum status st = STATUS_OK;

	if (is_of_talk(h, e))
		st = h->what->judge(h->s, h->a, e, h->what->arg, &found);
	return st == STATUS_OK && found ? add(h, e->n) : st;
}

/* An edit is found as what it is the text of. */
static enum status
judge_row(struct hunt *h, uint64_t n)
{
	struct history_entry e;
	struct history_entry about;
	enum status st;

	arena_reset(h->a);
	st = history_get(h->s->txn, n, h->a, &e);
	/* What does not open is damage, and no reason to find nothing. */
	if (st == STATUS_NOT_FOUND || st == STATUS_CRYPTO)
		return STATUS_OK;
	if (st == STATUS_OK)
		st = judge(h, &e);
	if (st != STATUS_OK || e.type != MESSAGE_EDIT || !e.has_target)
		return st;
	st = words_find(h->s, h->a, &e.conversation, &e.target, &about);
	if (st == STATUS_NOT_FOUND)
		return STATUS_OK;
	return st == STATUS_OK ? judge(h, &about) : st;
}

/* The text of an edit came at another time than what it is shown with. */
static bool
may_be(const struct search *what, const struct search_entry *e)
{
	if (what->conversation != NULL &&
	    memcmp(e->talk, what->conversation->raw, sizeof(e->talk)) != 0)
		return false;
	if ((e->flags & SEARCH_EDIT) == 0 &&
	    ((what->since_ms != 0 && e->received_ms < what->since_ms) ||
		(what->until_ms != 0 && e->received_ms > what->until_ms)))
		return false;
	return (e->flags & SEARCH_LOOK) != 0 ||
	       fold_contains(e->text, what->wanted);
}

static enum status
hunt_block(struct hunt *h, uint64_t bucket, struct bytes block)
{
	struct search_entry e;
	enum status st;

	while ((st = search_entry_next(&block, &e)) == STATUS_OK) {
		if (!may_be(h->what, &e))
			continue;
		st = judge_row(h, bucket * HISTORY_BUCKET_ROWS + e.offset);
		if (st != STATUS_OK)
			break;
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
hunt_bucket(struct hunt *h, uint64_t bucket)
{
	struct buf *block = NULL;
	enum status st = history_block_get(h->s->txn, bucket, &block);

	if (st == STATUS_OK)
		st = hunt_block(h, bucket, buf_view(block));
	buf_free(block);
	if (st != STATUS_NOT_FOUND && st != STATUS_CRYPTO)
		return st;
	st = STATUS_OK;
	for (uint64_t i = 0; i < HISTORY_BUCKET_ROWS && st == STATUS_OK; i++)
		st = judge_row(h, bucket * HISTORY_BUCKET_ROWS + i);
	return st;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Rising and each once: a text and its edit may both hold what is wanted. */
static void
order(struct hunt *h)
{
	size_t kept = 0;

	if (h->count > 0)
		qsort(h->found, h->count, sizeof(*h->found), compare);
	for (size_t i = 0; i < h->count; i++)
		if (i == 0 || h->found[i] != h->found[i - 1])
			h->found[kept++] = h->found[i];
	h->count = kept;
}

/* No earlier bucket can hold one that is newer than these. */
static bool
has_enough(struct hunt *h, uint64_t bucket)
{
	size_t newer = 0;

	if (h->what->limit == 0 || h->count < h->what->limit)
		return false;
	order(h);
	for (size_t i = 0; i < h->count; i++)
		newer += history_bucket_of(h->found[i]) >= bucket;
	return newer >= h->what->limit;
}

static void
keep_newest(struct hunt *h)
{
	size_t limit = h->what->limit;

	order(h);
	if (limit == 0 || h->count <= limit)
		return;
	memmove(
	    h->found, h->found + h->count - limit, limit * sizeof(*h->found));
	h->count = limit;
}

enum status
search_run(struct step *s, const struct search *what, uint64_t **numbers,
    size_t *count)
{
	struct hunt h = { .s = s, .what = what };
	uint64_t full = 0;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &h.a);

	if (st == STATUS_OK)
		st = history_full_buckets(s->txn, &full);
	for (uint64_t i = full + 1; i > 0 && st == STATUS_OK; i--) {
		st = hunt_bucket(&h, i - 1);
		if (st == STATUS_OK && has_enough(&h, i - 1))
			break;
	}
	arena_free(h.a);
	if (st != STATUS_OK) {
		free(h.found);
		return st;
	}
	keep_newest(&h);
	*numbers = h.found;
	*count = h.count;
	return STATUS_OK;
}
