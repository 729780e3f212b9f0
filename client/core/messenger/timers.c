#include "client/core/messenger/timers.h"

#include <assert.h>
#include <string.h>

#include "base/when.h"
#include "client/core/messenger/peers.h"

uint64_t
timers_shorter(uint64_t a_s, uint64_t b_s)
{
	if (a_s == 0 || b_s == 0)
		return a_s + b_s;
	return a_s < b_s ? a_s : b_s;
}

struct bytes
timers_text(uint64_t timer_s, char text[TIMERS_TEXT_BYTES])
{
	static const char prefix[] = "timer ";
	char *time = text + sizeof(prefix) - 1;

	static_assert(TIMERS_TEXT_BYTES >= sizeof(prefix) + WHEN_TEXT_BYTES);
	memcpy(text, prefix, sizeof(prefix));
	if (timer_s > 0)
		when_format_duration(timer_s, time);
	else
		memcpy(time, "off", sizeof("off"));
	return bytes_text(text);
}

enum status
timers_compose(struct step *s, struct history_entry *e)
{
	char *text = arena_take(s->arena, TIMERS_TEXT_BYTES);
	struct contact c;
	enum status st = peers_get(s, &e->peer, &c);

	if (text == NULL)
		return STATUS_NOMEM;
	if (st != STATUS_OK)
		return st;
	c.timer_turn++;
	c.timer_s = e->timer_s;
	c.timer_told = false;
	e->timer_turn = c.timer_turn;
	e->detail = timers_text(e->timer_s, text);
	return contact_put(s->txn, &c);
}

void
timers_apply(const struct contact *c, struct saying *what)
{
	if (what->type == MESSAGE_TIMER)
		return; /* it says what our user said then */
	what->talk_turn = c->timer_turn;
	what->talk_timer_s = c->timer_s;
	/* What is about a message has the timer of that. */
	if (what->type == MESSAGE_TEXT)
		what->timer_s = timers_shorter(what->timer_s, c->timer_s);
}

/* How its turn counts here. */
static uint64_t
turn_of(const struct contact *c, const struct message_body *body)
{
	if (body->talk_turn > c->timer_turn &&
	    body->talk_turn - c->timer_turn > TIMER_TURNS_MAX)
		return c->timer_turn + TIMER_TURNS_MAX;
	return body->talk_turn;
}

/* Is what it says newer than what we have? */
static bool
is_newer(const struct contact *c, const struct message_body *body)
{
	if (turn_of(c, body) != c->timer_turn)
		return turn_of(c, body) > c->timer_turn;
	return body->talk_timer_s != c->timer_s &&
	       timers_shorter(body->talk_timer_s, c->timer_s) ==
		   body->talk_timer_s;
}

static enum status
tell_change(struct step *s, const struct filing *f, uint64_t timer_s)
{
	char text[TIMERS_TEXT_BYTES];
	const struct notice notice = {
		.kind = NOTICE_SETTINGS_CHANGED,
		.conversation_kind = CONVERSATION_DIRECT,
		.conversation = *f->history_key,
		.peer = f->sender->name,
		.from = f->sender->name,
		.detail = timers_text(timer_s, text),
	};

	return messenger_notice(s, &notice);
}

enum status
timers_hear(struct step *s, const struct filing *f,
    const struct message_body *body, enum timer_news *news)
{
	struct contact c;
	bool changes;
	enum status st;

	*news = TIMER_COUNTS;
	if (f->kind != CONVERSATION_DIRECT || body->talk_turn == 0)
		return STATUS_OK;
	st = peers_get(s, &f->sender->name, &c);
	if (st != STATUS_OK)
		return messenger_own(st);
	if (!is_newer(&c, body)) {
		if (body->talk_timer_s != c.timer_s ||
		    turn_of(&c, body) != c.timer_turn)
			*news = TIMER_OVERTAKEN;
		else if (c.timer_told)
			*news = TIMER_TOLD;
		return STATUS_OK;
	}
	changes = c.timer_s != body->talk_timer_s;
	c.timer_turn = turn_of(&c, body);
	c.timer_s = body->talk_timer_s;
	c.timer_told = changes && body->type != MESSAGE_TIMER;
	st = contact_put(s->txn, &c);
	if (st == STATUS_OK && c.timer_told)
		st = tell_change(s, f, c.timer_s);
	return messenger_own(st);
}
