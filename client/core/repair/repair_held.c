/*
 * repair_held.c - what was sent again and is ahead of our log, kept aside as it
 * came, without what has been taken: until the log is here, or its time is
 * over.
 */
#include "client/core/repair/repair_held.h"
#include "client/core/messenger/messenger_internal.h"

/* Those that are over at the same time, as one. */
static enum status
hold_alike(const struct repair_rest *r, struct plaintext *p, uint64_t timer_s)
{
	const struct quarantine_entry *was = r->was;
	struct step *s = r->s;
	struct quarantine_entry q = {
		.reason = QUARANTINE_LOG_BEHIND,
		.sender = r->sender,
		.type = ITEM_RATCHET,
		.suite = SUITE_SIGNAL_V3,
		.stored_ms = was != NULL ? was->stored_ms : s->now_ms,
		.group = r->resent->group,
		.due_ms = was != NULL ? was->due_ms
				      : messenger_expires_ms(s, timer_s),
	};
	struct buf *content = NULL;
	uint64_t order;
	enum status st = messenger_encode_control(p, &content);

	if (st == STATUS_OK) {
		q.payload = buf_view(content);
		st = messenger_keep(s, &q, &order);
	}
	buf_free(content);
	return st == STATUS_FULL ? STATUS_OK : st; /* it stays missing */
}

/* Is there none before it with the same timer? */
static bool
is_first(const struct repair_rest *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (r->ahead[i].timer_s == r->ahead[at].timer_s)
			return false;
	return true;
}

enum status
repair_hold(const struct repair_rest *r)
{
	struct plaintext p = { .kind = CONTENT_RESENT };
	struct resent_message *alike =
	    arena_take_array(r->s->arena, r->count, sizeof(*alike));
	enum status st = alike == NULL ? STATUS_NOMEM : STATUS_OK;

	p.u.resent = *r->resent;
	p.u.resent.messages = alike;
	for (size_t i = 0; st == STATUS_OK && i < r->count; i++) {
		if (!is_first(r, i))
			continue;
		p.u.resent.count = 0;
		for (size_t k = i; k < r->count; k++)
			if (r->ahead[k].timer_s == r->ahead[i].timer_s)
				alike[p.u.resent.count++] = r->ahead[k].m;
		st = hold_alike(r, &p, r->ahead[i].timer_s);
	}
	return st;
}
