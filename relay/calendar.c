#include "relay/calendar.h"

static const int64_t day_ms = (int64_t)24 * 60 * 60 * 1000;
static const int64_t hour_ms = (int64_t)60 * 60 * 1000;
static const int64_t claim_off_ms = (int64_t)60 * 1000; /* and still the same */

static int64_t
distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

/* A clock that has lost its battery says 1970, or less, or nonsense. */
static int64_t
sane(int64_t wall_ms)
{
	if (wall_ms < 0)
		return 0;
	return wall_ms < INT64_MAX / 4 ? wall_ms : INT64_MAX / 4;
}

void
calendar_start(
    struct calendar *c, int64_t saved_ms, int64_t wall_ms, int64_t mono_ms)
{
	*c = (struct calendar){
		.now_ms = saved_ms > 0 ? sane(saved_ms) : sane(wall_ms),
		.mono_ms = mono_ms,
		.slack_ms = day_ms,
	};
}

/* true: it has kept to what it claims for long enough. */
static bool
hold_claim(struct calendar *c, int64_t wall_ms, int64_t elapsed_ms)
{
	if (c->claim_ms == 0 ||
	    distance(wall_ms, c->claim_ms + elapsed_ms) > claim_off_ms)
		c->held_ms = 0;
	else
		c->held_ms += elapsed_ms;
	c->claim_ms = wall_ms;
	return c->held_ms >= hour_ms;
}

int64_t
calendar_look(
    struct calendar *c, int64_t wall_ms, int64_t mono_ms, bool *jumped)
{
	const bool claimed = c->claim_ms != 0;
	int64_t elapsed_ms = mono_ms > c->mono_ms ? mono_ms - c->mono_ms : 0;
	int64_t expected_ms = c->now_ms + elapsed_ms;
	int64_t off_ms;

	wall_ms = sane(wall_ms);
	off_ms = distance(wall_ms, expected_ms);
	c->mono_ms = mono_ms;
	c->slack_ms =
	    elapsed_ms >= hour_ms ? day_ms : c->slack_ms + 24 * elapsed_ms;
	if (c->slack_ms > day_ms)
		c->slack_ms = day_ms;
	if (off_ms <= c->slack_ms) {
		c->slack_ms -= off_ms;
		c->claim_ms = 0;
		c->now_ms = wall_ms;
	} else if (hold_claim(c, wall_ms, elapsed_ms)) {
		c->slack_ms = 0;
		c->claim_ms = 0;
		c->now_ms = wall_ms;
	} else {
		c->now_ms = expected_ms;
	}
	*jumped = claimed != (c->claim_ms != 0);
	return c->now_ms;
}

int64_t
calendar_stamp(const struct calendar *c, int64_t wall_ms)
{
	return distance(wall_ms, c->now_ms) <= 2 * day_ms ? wall_ms : c->now_ms;
}
