#include "tests/bench/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

bool
ledger_init(
    struct ledger *l, uint32_t messages, uint32_t senders, uint32_t recipients)
{
	memset(l, 0, sizeof(*l));
	l->job = random_u64();
	l->messages = messages;
	l->senders = senders;
	l->recipients = recipients;
	l->seen = calloc(messages, sizeof(*l->seen));
	l->next = calloc((size_t)senders * recipients, sizeof(*l->next));
	l->awaited = calloc(recipients, sizeof(*l->awaited));
	return l->seen != NULL && l->next != NULL && l->awaited != NULL;
}

void
ledger_clear(struct ledger *l)
{
	free(l->seen);
	free(l->next);
	free(l->awaited);
	l->seen = NULL;
	l->next = NULL;
	l->awaited = NULL;
}

void
ledger_write(struct ledger *l, const struct mark *mark, uint8_t *payload)
{
	store_u64(payload, l->job);
	store_u32(payload + 8, mark->number);
	store_u32(payload + 12, mark->from);
	store_u32(payload + 16, mark->to);
	store_u64(payload + 20, (uint64_t)mark->due_ns);
	store_u64(payload + 28, (uint64_t)mark->given_ns);
	l->awaited[mark->to]++;
}

static bool
read_mark(const struct ledger *l, struct bytes payload, struct mark *m)
{
	if (payload.len < LEDGER_MARK_BYTES || load_u64(payload.data) != l->job)
		return false;
	m->number = load_u32(payload.data + 8);
	m->from = load_u32(payload.data + 12);
	m->to = load_u32(payload.data + 16);
	m->due_ns = (int64_t)load_u64(payload.data + 20);
	m->given_ns = (int64_t)load_u64(payload.data + 28);
	return m->number < l->messages && m->from < l->senders &&
	       m->to < l->recipients;
}

bool
ledger_note(
    struct ledger *l, uint32_t at, struct bytes payload, struct mark *mark)
{
	uint32_t *next;

	if (!read_mark(l, payload, mark)) {
		l->foreign++;
		return false;
	}
	if (l->seen[mark->number] != 0) {
		l->repeated++;
		return true;
	}
	l->seen[mark->number] = 1;
	l->arrived++;
	next = &l->next[(size_t)mark->from * l->recipients + mark->to];
	if (mark->to != at || mark->number < *next)
		l->misplaced++;
	*next = mark->number + 1;
	l->awaited[mark->to]--;
	return true;
}

bool
ledger_is_right(const struct ledger *l, uint32_t written)
{
	if (l->arrived == written && l->repeated == 0 && l->misplaced == 0)
		return true;
	fprintf(stderr,
	    "tacit-bench: of %u messages %u arrived, %u of them misplaced or "
	    "out of order; %u came again\n",
	    written, l->arrived, l->misplaced, l->repeated);
	return false;
}
