/* api_timer.c - when messages between two people disappear. */
#include "client/core/api/api_batch.h"
#include "client/core/api/api_contacts.h"

/* NOT_FOUND: we have not talked yet, so there is nothing to set. */
static enum status
look(struct tacit *t, const char *with, uint64_t *timer_s)
{
	struct contact c;
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = contact_find(&s, with, &c);
	if (st == STATUS_OK)
		*timer_s = c.timer_s;
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_talk_timer(struct tacit *t, const struct tacit_talk_timer *wanted,
    bool *changed, tacit_sent_fn *sent, void *arg, struct tacit_error *e)
{
	const struct tacit_send message = {
		.kind = TACIT_DIRECT,
		.to = wanted->with,
		.queue_only = wanted->queue_only,
		.wait_ms = wanted->wait_ms,
		.expire_s = wanted->timer_s,
	};
	uint64_t timer_s = 0;
	struct batch b;
	enum tacit_code code;
	enum status st = look(t, wanted->with, &timer_s);

	if (st != STATUS_OK)
		return contact_explain(e, wanted->with, st);
	*changed = timer_s != wanted->timer_s;
	if (!*changed)
		return error_clear(e);
	code = error_status(e, batch_init(&b, t, 1));
	if (code != TACIT_DONE)
		return code;
	b.sent = sent;
	b.arg = arg;
	b.items[0].message = &message;
	b.items[0].sets_timer = true;
	code = batch_send(&b, e);
	batch_clear(&b);
	return code;
}
