/*
 * calendar.h - what time it is, as far as a clock that may jump is believed.
 *
 * Mail that is too old is given up for good, so a clock that is suddenly in
 * another year must not decide it alone.  The wall clock is followed where it
 * runs with the monotonic one; it may be off by a day in all, which it earns
 * back in an hour.  A longer jump, either way, is a claim: it is believed once
 * the clock has kept to it for an hour of running.  Until then time goes on as
 * before.  The same at a start, against what was saved: a relay that stood
 * still for a month waits for an hour before it gives up a month's mail.
 */
#ifndef TACIT_RELAY_CALENDAR_H
#define TACIT_RELAY_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

struct calendar {
	int64_t now_ms; /* as believed, when mono_ms was read */
	int64_t mono_ms;
	int64_t slack_ms; /* by so much the wall clock may be off at once */
	int64_t claim_ms; /* another time that it claims; 0: none */
	int64_t held_ms;  /* for so long it has kept to that */
};

/* `saved_ms`: what was believed when it was last saved; 0: never was. */
void calendar_start(
    struct calendar *c, int64_t saved_ms, int64_t wall_ms, int64_t mono_ms);

/*
 * Look at the clocks; gives the time that is believed.  true in *jumped: a
 * claim was just made or was just believed (for the log).
 */
int64_t calendar_look(
    struct calendar *c, int64_t wall_ms, int64_t mono_ms, bool *jumped);

/* A mark for something that happens now: the wall's time unless far off. */
int64_t calendar_stamp(const struct calendar *c, int64_t wall_ms);

#endif
