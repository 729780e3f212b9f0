/* api_history.c - looking back, and searching. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "client/core/api/api_event.h"
#include "client/core/api/api_look.h"
#include "client/core/expiry.h"
#include "client/core/fold.h"
#include "client/core/handle.h"
#include "client/core/messenger/consent.h"
#include "client/core/search.h"
#include "client/core/tidy.h"
#include "client/core/words/words.h"
#include "store/client/history.h"

/* Casefolding and compatibility forms make a text longer, at most so much. */
enum { FOLDED_MAX_BYTES = 18 * LIMIT_TEXT_BYTES };

/* One look back: which entries are wanted, newest first. */
struct look {
	const struct tacit_history *how;
	const struct hash *conversation; /* NULL: all */
	struct buf *search;              /* folded; NULL: all texts */
	uint64_t *numbers;               /* all there are, then the chosen */
	size_t count;
};

static enum status
is_found(struct step *s, struct arena *a, const struct look *l,
    const struct history_entry *e, bool *found)
{
	struct buf *folded = NULL;
	struct bytes text;
	bool hidden = false;
	enum status st;

	*found = false;
	if (l->how->since_ms != 0 && e->received_ms < l->how->since_ms)
		return STATUS_OK;
	if (l->how->until_ms != 0 && e->received_ms > l->how->until_ms)
		return STATUS_OK;
	/* What is hidden takes no place among the newest. */
	st = consent_hides(s, e, &hidden);
	if (st == STATUS_OK && !hidden)
		st = words_stand_alone(s, e, found);
	if (st != STATUS_OK || !*found || l->search == NULL)
		return st;
	*found = e->kind == HISTORY_MESSAGE;
	st = words_text(s, a, e, &text);
	if (st != STATUS_OK || !*found)
		return st;
	st = fold_text(text, FOLDED_MAX_BYTES, &folded);
	if (st != STATUS_OK)
		return st;
	*found = fold_contains(buf_view(folded), buf_view(l->search));
	buf_free(folded);
	return STATUS_OK;
}

/* All numbers of the conversation, in rising order. */
static enum status
list_all(struct step *s, struct look *l)
{
	size_t room;
	enum status st = vault_count(s->txn, VAULT_HISTORY, &room);

	if (st != STATUS_OK)
		return st;
	l->numbers = calloc(room > 0 ? room : 1, sizeof(*l->numbers));
	if (l->numbers == NULL)
		return STATUS_NOMEM;
	return history_list(
	    s->txn, l->conversation, 0, true, l->numbers, room, &l->count);
}

/*
 * Keep the newest `limit` that are found.  They are gathered at the end of the
 * array, which is never ahead of what has been looked at.
 */
static enum status
choose(struct step *s, struct look *l)
{
	size_t limit = l->how->limit > 0 ? l->how->limit : l->count;
	size_t first = l->count; /* of the chosen */
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	for (size_t i = l->count; i > 0 && st == STATUS_OK; i--) {
		struct history_entry e;
		bool found = false;

		if (l->count - first == limit)
			break;
		arena_reset(a);
		st = history_get(s->txn, l->numbers[i - 1], a, &e);
		if (st == STATUS_OK)
			st = is_found(s, a, l, &e, &found);
		if (found)
			l->numbers[--first] = l->numbers[i - 1];
	}
	arena_free(a);
	if (st != STATUS_OK)
		return st;
	l->count -= first;
	memmove(l->numbers, l->numbers + first, l->count * sizeof(*l->numbers));
	return STATUS_OK;
}

static enum status
judge(struct step *s, struct arena *a, const struct history_entry *e, void *arg,
    bool *found)
{
	return is_found(s, a, arg, e, found);
}

static enum status
find(struct step *s, struct look *l)
{
	const struct search what = {
		.wanted = buf_view(l->search),
		.conversation = l->conversation,
		.since_ms = l->how->since_ms,
		.until_ms = l->how->until_ms,
		.limit = l->how->limit,
		.judge = judge,
		.arg = l,
	};

	return search_run(s, &what, &l->numbers, &l->count);
}

static enum status
look(struct tacit *t, struct look *l)
{
	struct hash conversation;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK && l->how->with != NULL) {
		st = look_find(&s, l->how->kind, l->how->with, &conversation);
		l->conversation = &conversation;
	}
	if (st == STATUS_OK && l->search != NULL) {
		st = find(&s, l);
	} else if (st == STATUS_OK) {
		st = list_all(&s, l);
		if (st == STATUS_OK)
			st = choose(&s, l);
	}
	step_abort(&s);
	l->conversation = NULL;
	return st;
}

/* One at a time: the callback may be slow, and no read should wait for it. */
/* In steps of its own; of what is not known, nothing is said. */
static void
show_holders(struct tacit *t, const struct history_entry *e,
    tacit_holder_fn *show, void *arg)
{
	char group[2 * sizeof(e->conversation) + 1];
	char id[2 * MESSAGE_ID_BYTES + 1];
	struct tacit_error ignored;

	hex_encode(BYTES_OF(e->conversation), group);
	hex_encode(BYTES_OF(e->id), id);
	(void)tacit_group_message(t, group, id, show, arg, &ignored);
}

static enum status
show_one(struct tacit *t, const struct tacit_history *how, uint64_t n,
    tacit_event_fn *show, void *arg, bool *go_on)
{
	bool to_group = false;
	struct history_entry e;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = history_get(s.txn, n, s.arena, &e);
	if (st == STATUS_OK)
		st = event_show(&s, &e, show, arg, go_on);
	if (st == STATUS_OK)
		to_group = e.own && e.kind == HISTORY_MESSAGE &&
			   e.conversation_kind == CONVERSATION_GROUP;
	step_abort(&s);
	if (to_group && *go_on && how->holder != NULL)
		show_holders(t, &e, how->holder, arg);
	return st;
}

enum tacit_code
tacit_history(struct tacit *t, const struct tacit_history *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e)
{
	struct look l = { .how = how };
	bool go_on = true;
	enum status st = STATUS_OK;

	error_clear(e);
	if (how->search != NULL)
		st = fold_text(
		    bytes_text(how->search), FOLDED_MAX_BYTES, &l.search);
	if (st == STATUS_FULL) {
		error_set(e, TACIT_USAGE, "The text to search is too long.");
		return e->code;
	}
	if (st == STATUS_OK)
		st = expiry_run(&t->core);
	if (st == STATUS_OK && l.search != NULL)
		st = tidy_blocks(&t->core);
	if (st == STATUS_OK)
		st = look(t, &l);
	for (size_t i = 0; i < l.count && go_on && st == STATUS_OK; i++)
		st = show_one(t, how, l.numbers[i], show, arg, &go_on);
	free(l.numbers);
	buf_free(l.search);
	return look_explain(e, how->kind, st);
}
