#include "client/core/messenger/states.h"

#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/receipts.h"

/* Nothing follows these. */
static bool
is_last(enum message_state state)
{
	switch (state) {
	case STATE_NONE:
	case STATE_QUEUED:
	case STATE_STORED:
	case STATE_DELIVERED:
		return false;
	case STATE_READ:
	case STATE_EXPIRED:
	case STATE_REFUSED:
	case STATE_FAILED:
	case STATE_DEVICE_GONE:
		return true;
	}
	return false;
}

enum status
states_composed(struct step *s, const struct history_entry *e)
{
	const struct told row = {
		.n = e->n,
		.conversation = e->conversation,
		.state = STATE_QUEUED,
		.call = s->core->call,
	};

	return messenger_own(told_put(s->txn, &row));
}

/* The row says what was told; it goes when nothing more can come. */
static enum status
note_told(struct step *s, struct told *row, enum message_state state)
{
	row->state = state;
	row->changed_ms = 0;
	return messenger_own(
	    is_last(state) ? told_del(s->txn, row->n) : told_put(s->txn, row));
}

enum status
states_set(
    struct step *s, uint64_t n, enum message_state state, struct bytes reason)
{
	struct told row;
	enum status st = history_set_state(s->txn, n, state, reason);

	if (st == STATUS_OK)
		st = told_get(s->txn, n, &row);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
	if (row.state == state)
		return STATUS_OK;
	/* The call that composed it is not over, and says so itself. */
	if (row.call != 0 && row.call == s->core->call)
		return note_told(s, &row, state);
	row.changed_ms = s->now_ms;
	st = told_put(s->txn, &row);
	if (st == STATUS_OK)
		st = told_note_news(s->txn, &row.conversation, s->now_ms);
	return messenger_own(st);
}

enum status
states_heard(struct step *s, const struct hash *conversation, int64_t at_ms)
{
	return messenger_own(told_note_news(s->txn, conversation, at_ms));
}

enum status
states_told(struct step *s, uint64_t n, enum message_state state)
{
	struct told row;
	enum status st = told_get(s->txn, n, &row);

	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
	return note_told(s, &row, state);
}

static const struct told_news *
find_news(const struct told_news *news, size_t count, const struct told *row)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(&news[i].conversation, &row->conversation,
			sizeof(row->conversation)) == 0)
			return &news[i];
	return NULL;
}

static int64_t
changed_ms(const struct told *row, const struct told_news *news,
    enum message_state state)
{
	if (state != STATE_DELIVERED && state != STATE_READ &&
	    row->changed_ms != 0)
		return row->changed_ms;
	return news->at_ms;
}

/* NOT_FOUND: what was told still holds. */
static enum status
look(struct step *s, const struct told *row, const struct told_news *news,
    struct state_change *change)
{
	enum status st = history_get(s->txn, row->n, s->arena, &change->e);

	if (st == STATUS_OK)
		st = receipts_state(s, &change->e, &change->state);
	if (st == STATUS_OK && change->state == row->state)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		change->at_ms = changed_ms(row, news, change->state);
	return st;
}

enum status
states_next(struct step *s, const struct told_news *news, size_t news_count,
    uint64_t *after, struct state_change *change)
{
	struct told row;
	enum status st = told_next(s->txn, *after, &row);

	for (; st == STATUS_OK; st = told_next(s->txn, *after, &row)) {
		const struct told_news *mine =
		    find_news(news, news_count, &row);

		*after = row.n;
		if (mine == NULL)
			continue;
		st = look(s, &row, mine, change);
		if (st != STATUS_NOT_FOUND)
			return messenger_own(st);
	}
	return messenger_own(st);
}
