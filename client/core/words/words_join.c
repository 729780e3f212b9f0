/* words_join.c - all that counts for a message, to be shown with it. */
#include <stdlib.h>
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/words/words.h"

/* More reactions than a group has members are of those who were. */
enum { REACTIONS_MAX = 2 * LIMIT_GROUP_MEMBERS };

struct joining {
	struct step *s;
	const struct history_entry *about;
	struct words_joined *to;
	struct arena *a;
};

/* Does the message at n say what it was noted for?  *yes. */
static enum status
check(struct joining *x, uint64_t n, uint32_t type, bool *yes)
{
	struct history_entry e;
	enum status st;

	*yes = false;
	arena_reset(x->a);
	st = history_get(x->s->txn, n, x->a, &e);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
	if (e.type != type || words_refuse(&e, x->about) != NULL)
		return STATUS_OK;
	/* One without content takes the one before back. */
	*yes = type != MESSAGE_REACTION ||
	       (e.text.len > 0 && !history_is_gone(&e, x->s->now_ms));
	return STATUS_OK;
}

static enum status
join_edits(struct joining *x, const struct words *w)
{
	bool yes = false;
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < w->edits_count; i++) {
		st = check(x, w->edits[i].n, MESSAGE_EDIT, &yes);
		if (st == STATUS_OK && yes)
			x->to->edits[x->to->edits_count++] = w->edits[i].n;
	}
	if (st == STATUS_OK && w->deletion.n != 0)
		st = check(x, w->deletion.n, MESSAGE_DELETION, &yes);
	if (st == STATUS_OK && w->deletion.n != 0 && yes)
		x->to->deletion = w->deletion.n;
	return st;
}

/* Most messages have none. */
static enum status
make_room(struct joining *x)
{
	x->to->reactions =
	    arena_take_array(x->s->arena, REACTIONS_MAX, sizeof(uint64_t));
	return x->to->reactions == NULL ? STATUS_NOMEM : STATUS_OK;
}

static enum status
join_one(const struct words *w, void *arg)
{
	struct joining *x = arg;
	const struct history_entry *about = x->about;
	bool yes = false;
	enum status st = STATUS_OK;

	if (account_name_equal(&w->author, &about->from) &&
	    memcmp(&w->author_key, &about->from_key, sizeof(w->author_key)) ==
		0)
		st = join_edits(x, w);
	if (st == STATUS_OK && w->reaction.n != 0 &&
	    x->to->reactions_count < REACTIONS_MAX)
		st = check(x, w->reaction.n, MESSAGE_REACTION, &yes);
	if (st == STATUS_OK && yes && x->to->reactions == NULL)
		st = make_room(x);
	if (st == STATUS_OK && yes)
		x->to->reactions[x->to->reactions_count++] = w->reaction.n;
	return st;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

enum status
words_join(
    struct step *s, const struct history_entry *e, struct words_joined *joined)
{
	struct message_target target = { .id = e->id, .author = e->from };
	const struct words_about about = { &e->conversation, &target };
	struct joining x = { .s = s, .about = e, .to = joined };
	enum status st;

	*joined = (struct words_joined){ .edits_count = 0 };
	if (e->kind != HISTORY_MESSAGE || e->type != MESSAGE_TEXT ||
	    e->body.len == 0)
		return STATUS_OK;
	hash_bytes(e->body, &target.hash);
	st = arena_new(LIMIT_ARENA_BYTES, &x.a);
	if (st == STATUS_OK)
		st = messenger_own(words_each(s->txn, &about, join_one, &x));
	arena_free(x.a);
	if (st == STATUS_OK && joined->reactions_count > 1)
		qsort(joined->reactions, joined->reactions_count,
		    sizeof(uint64_t), by_number);
	return st;
}

/* The newest of a row of edits that counts, into e. */
static enum status
newest_edit(struct step *s, struct arena *a, const struct words *w,
    const struct history_entry *about, struct history_entry *e)
{
	enum status st = STATUS_NOT_FOUND;

	for (size_t i = w->edits_count; st == STATUS_NOT_FOUND && i > 0; i--) {
		st = history_get(s->txn, w->edits[i - 1].n, a, e);
		if (st == STATUS_OK && words_refuse(e, about) != NULL)
			st = STATUS_NOT_FOUND;
	}
	return messenger_own(st);
}

enum status
words_text(struct step *s, struct arena *a, const struct history_entry *e,
    struct bytes *text)
{
	struct message_target target = { .id = e->id, .author = e->from };
	const struct words_about about = { &e->conversation, &target };
	struct words w = { .author = e->from, .author_key = e->from_key };
	struct history_entry edit;
	enum status st;

	/* Of a later release: what its content means, nobody here knows. */
	*text = history_is_gone(e, s->now_ms) || e->type > MESSAGE_DELETION
		    ? BYTES_NONE
		    : e->text;
	if (text->len == 0 || e->type != MESSAGE_TEXT || e->body.len == 0)
		return STATUS_OK;
	hash_bytes(e->body, &target.hash);
	st = messenger_own(words_get(s->txn, &about, &w));
	if (st == STATUS_OK)
		st = newest_edit(s, a, &w, e, &edit);
	if (st == STATUS_OK)
		*text =
		    history_is_gone(&edit, s->now_ms) ? BYTES_NONE : edit.text;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}
