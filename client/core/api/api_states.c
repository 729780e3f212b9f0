#include "client/core/api/api_states.h"

#include "base/number.h"
#include "client/core/api/api_event.h"
#include "client/core/messenger/states.h"

enum { NEWS_MAX = 64, BATCH_ITEMS = 128 };

/* One look at what is new, in batches. */
struct look {
	struct tacit *t;
	const struct tacit_receive *how;
	void *arg;
	struct told_news news[NEWS_MAX];
	size_t news_count;
	uint64_t after;
	struct {
		uint64_t n;
		enum message_state state;
	} shown[BATCH_ITEMS];
	size_t shown_count;
	bool is_last; /* nothing is left behind `after` */
	bool go_on;
};

static enum status
show_one(struct look *l, struct step *s, const struct state_change *change)
{
	const struct history_entry *e = &change->e;
	char id[2 * MESSAGE_ID_BYTES + 1];
	struct event_conversation to;
	struct tacit_state_change view = {
		.id = id,
		.state = event_state(change->state),
		.time_ms = change->at_ms,
	};
	enum status st = event_conversation(
	    s, e->conversation_kind, &e->conversation, &e->peer, &to);

	if (st != STATUS_OK)
		return st;
	hex_encode(BYTES_OF(e->id), id);
	view.to = to.view;
	l->go_on = l->how->state(&view, l->arg);
	l->shown[l->shown_count].n = e->n;
	l->shown[l->shown_count++].state = change->state;
	return STATUS_OK;
}

static enum status
show_some(struct look *l)
{
	struct state_change change;
	struct step s = { 0 };
	enum status st = step_begin(&l->t->core, DB_READ, &s);

	l->shown_count = 0;
	while (st == STATUS_OK && l->go_on && l->shown_count < BATCH_ITEMS) {
		st =
		    states_next(&s, l->news, l->news_count, &l->after, &change);
		if (st == STATUS_OK)
			st = show_one(l, &s, &change);
	}
	step_abort(&s);
	l->is_last = st == STATUS_NOT_FOUND;
	return l->is_last ? STATUS_OK : st;
}

/* From here on it is known, whoever asks. */
static enum status
keep_told(struct look *l)
{
	struct step s = { 0 };
	enum status st = step_begin(&l->t->core, DB_WRITE, &s);

	for (size_t i = 0; st == STATUS_OK && i < l->shown_count; i++)
		st = states_told(&s, l->shown[i].n, l->shown[i].state);
	for (size_t i = 0; st == STATUS_OK && l->is_last && i < l->news_count;
	     i++)
		st = told_end_news(s.txn, &l->news[i]);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum status
find_news(struct look *l)
{
	struct step s = { 0 };
	enum status st = step_begin(&l->t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = told_list_news(s.txn, l->news, NEWS_MAX, &l->news_count);
	step_abort(&s);
	return st;
}

enum status
states_show(
    struct tacit *t, const struct tacit_receive *how, void *arg, bool *go_on)
{
	struct look l = { .t = t, .how = how, .arg = arg, .go_on = true };
	enum status st = find_news(&l);

	while (st == STATUS_OK && l.news_count > 0 && l.go_on && !l.is_last) {
		st = show_some(&l);
		if (st == STATUS_OK && l.shown_count > 0 &&
		    how->flush != NULL && !how->flush(arg)) {
			l.go_on = false;
			break;
		}
		if (st == STATUS_OK)
			st = keep_told(&l);
	}
	*go_on = l.go_on;
	return st;
}
