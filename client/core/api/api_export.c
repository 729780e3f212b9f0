/* api_export.c - all of the history, a piece at a time. */
#include "client/core/api/api_event.h"
#include "client/core/api/api_look.h"
#include "client/core/expiry.h"
#include "client/core/words/words.h"
#include "store/client/history.h"

/*
 * Rows of one transaction: enough that beginning one costs nothing beside them,
 * and few enough that a reader of our output who stops reading pins little.
 */
enum { EXPORT_ROWS = 128 };

struct export
{
	const struct tacit_export *how;
	const struct hash *conversation; /* NULL: all */
	tacit_event_fn *show;
	void *arg;
	uint64_t after; /* shown up to here */
	bool go_on;
	size_t damaged;
};

static bool
is_in_time(const struct tacit_export *how, const struct history_entry *e)
{
	return (how->since_ms == 0 || e->received_ms >= how->since_ms) &&
	       (how->until_ms == 0 || e->received_ms <= how->until_ms);
}

static enum status
export_one(struct step *s, struct export *x, uint64_t n)
{
	struct history_entry e;
	bool alone = false;
	enum status st = history_get(s->txn, n, s->arena, &e);

	x->after = n;
	if (st == STATUS_CRYPTO) {
		x->damaged++; /* the others are wanted all the more */
		return STATUS_OK;
	}
	if (st == STATUS_OK && is_in_time(x->how, &e))
		st = words_stand_alone(s, &e, &alone);
	if (st != STATUS_OK || !alone)
		return st;
	return event_show(s, &e, x->show, x->arg, &x->go_on);
}

/* NOT_FOUND: that was the last of it. */
static enum status
export_some(struct core *core, struct export *x)
{
	uint64_t numbers[EXPORT_ROWS];
	size_t count = 0;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = history_list(s.txn, x->conversation, x->after, false,
		    numbers, EXPORT_ROWS, &count);
	for (size_t i = 0; i < count && x->go_on && st == STATUS_OK; i++)
		st = export_one(&s, x, numbers[i]);
	step_abort(&s);
	if (st == STATUS_OK && count < EXPORT_ROWS)
		st = STATUS_NOT_FOUND;
	return st;
}

static enum status
find(struct core *core, const struct tacit_export *how, struct hash *id)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = look_find(&s, how->kind, how->with, id);
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_export(struct tacit *t, const struct tacit_export *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e)
{
	struct export x = {
		.how = how, .show = show, .arg = arg, .go_on = true
	};
	struct hash id;
	enum status st;

	error_clear(e);
	st = expiry_run(&t->core);
	if (st == STATUS_OK && how->with != NULL) {
		st = find(&t->core, how, &id);
		if (st != STATUS_OK)
			return look_explain(e, how->kind, st);
		x.conversation = &id;
	}
	while (st == STATUS_OK && x.go_on)
		st = export_some(&t->core, &x);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return error_status(e, st);
	if (x.damaged > 0)
		return error_set(e, TACIT_DAMAGED,
		    "Of the history %zu %s damaged and left out; restore a "
		    "backup.",
		    x.damaged, x.damaged == 1 ? "entry is" : "entries are");
	return TACIT_DONE;
}
