#include "client/core/clock_trust.h"

#include "base/clock.h"

enum { LOOKED_MS = 60 * 60 * 1000 }; /* a doubt is not written more often */

void
clock_trust_hear(struct core *core, int64_t relay_ms)
{
	core->relay_ms = relay_ms > 0 ? relay_ms : 0;
	core->relay_heard_ms = clock_mono_ms();
}

/* What the relay's clock says by now; 0: it was not heard in this process. */
static int64_t
relay_now(const struct core *core)
{
	int64_t passed_ms = clock_mono_ms() - core->relay_heard_ms;

	if (core->relay_ms == 0 || core->relay_ms > INT64_MAX - passed_ms)
		return 0;
	return core->relay_ms + passed_ms;
}

void
clock_trust_contact(const struct step *s, struct counters *c)
{
	int64_t relay_ms = relay_now(s->core);

	c->last_contact_ms = s->now_ms;
	c->clock_ms = s->now_ms;
	if (relay_ms > 0 && relay_ms < s->now_ms)
		c->clock_ms = relay_ms;
}

static bool
end_doubt(struct counters *c)
{
	bool doubted = c->doubt_since_ms != 0;

	c->doubt_since_ms = 0;
	c->doubt_looked_ms = 0;
	return doubted;
}

/* Another jump begins it anew. */
static bool
go_on_doubting(struct counters *c, int64_t now_ms)
{
	if (c->doubt_since_ms == 0 || now_ms < c->doubt_looked_ms ||
	    now_ms - c->doubt_looked_ms > CLOCK_AHEAD_MAX_MS) {
		c->doubt_since_ms = now_ms;
	} else if (now_ms - c->doubt_looked_ms < LOOKED_MS) {
		return false;
	}
	c->doubt_looked_ms = now_ms;
	return true;
}

int64_t
clock_trust_until(const struct step *s, struct counters *c, bool *changed)
{
	int64_t known_ms = relay_now(s->core);

	if (known_ms == 0)
		known_ms = c->clock_ms;
	if (known_ms == 0 || s->now_ms <= known_ms ||
	    s->now_ms - known_ms <= CLOCK_AHEAD_MAX_MS) {
		*changed = end_doubt(c);
		return s->now_ms;
	}
	*changed = go_on_doubting(c, s->now_ms);
	if (s->now_ms - c->doubt_since_ms >= CLOCK_SETTLED_MS)
		return s->now_ms;
	return known_ms;
}
