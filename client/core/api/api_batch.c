#include "client/core/api/api_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/random.h"
#include "client/core/api/api_event.h"

static struct sending *
find_order(struct batch *b, uint64_t order)
{
	for (size_t i = 0; i < b->count; i++) {
		size_t at = (b->hint + i) % b->count;

		if (b->items[at].order != order)
			continue;
		b->hint = at + 1;
		return &b->items[at];
	}
	return NULL;
}

static void
forget_fate(struct sending *item)
{
	for (size_t i = 0; i < item->refused_count; i++)
		free(item->refused[i]);
	free(item->refused);
	item->refused = NULL;
	item->refused_count = 0;
	free(item->why);
	item->why = NULL;
}

static void
keep_refused(struct sending *item, const struct courier_fate *fate)
{
	if (fate->refused_count == 0)
		return;
	item->refused = calloc(fate->refused_count, sizeof(*item->refused));
	if (item->refused == NULL)
		return;
	for (size_t i = 0; i < fate->refused_count; i++) {
		char *name = strdup(fate->refused[i]);

		if (name != NULL)
			item->refused[item->refused_count++] = name;
	}
}

void
batch_keep_fate(const struct courier_fate *fate, void *arg)
{
	struct sending *item = find_order(arg, fate->order);

	if (item == NULL)
		return;
	forget_fate(item);
	if (fate->why != NULL) {
		item->why = calloc(1, sizeof(*item->why));
		if (item->why != NULL)
			*item->why = *fate->why;
	}
	keep_refused(item, fate);
}

static enum status
tell_one(struct batch *b, struct step *s, struct sending *item)
{
	struct event_conversation to;
	struct history_entry entry;
	struct tacit_sent sent = { 0 };
	char id[2 * MESSAGE_ID_BYTES + 1];
	enum status st = history_get(s->txn, item->n, s->arena, &entry);

	if (st == STATUS_OK)
		st = event_conversation(s, entry.conversation_kind,
		    &entry.conversation, &entry.peer, &to);
	if (st != STATUS_OK)
		return st;
	hex_encode(BYTES_OF(entry.id), id);
	sent.id = id;
	sent.state = event_state(entry.state);
	sent.to = to.view;
	sent.refused = (const char *const *)item->refused;
	sent.refused_count = item->refused_count;
	b->sent(&sent, b->arg);
	return STATUS_OK;
}

enum status
batch_tell(struct batch *b)
{
	struct step s = { 0 };
	enum status st;

	if (b->sent == NULL)
		return STATUS_OK;
	st = step_begin(&b->t->core, DB_READ, &s);
	for (size_t i = 0; st == STATUS_OK && i < b->composed; i++)
		st = tell_one(b, &s, &b->items[i]);
	step_abort(&s);
	return st;
}

enum tacit_code
batch_reason(const struct batch *b, struct tacit_error *e)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].why != NULL) {
			*e = *b->items[i].why;
			return e->code;
		}
	return error_clear(e);
}

enum status
batch_init(struct batch *b, struct tacit *t, size_t count)
{
	*b = (struct batch){ .t = t };
	do
		random_bytes(&t->core.call, sizeof(t->core.call));
	while (t->core.call == 0);
	b->items = calloc(count, sizeof(*b->items));
	if (b->items == NULL)
		return STATUS_NOMEM;
	b->count = count;
	return STATUS_OK;
}

void
batch_forget_fates(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		forget_fate(&b->items[i]);
}

void
batch_clear(struct batch *b)
{
	batch_forget_fates(b);
	b->t->core.call = 0;
	free(b->items);
	b->items = NULL;
	b->count = 0;
}
