/*
 * clock_trust.h - how far this machine's clock is believed where being wrong
 * cannot be undone: when a text is erased for good.
 *
 * A clock that jumps far ahead says that everything is over.  So it is believed
 * as long as it is within a day of what the relay said last; else what was not
 * over by then is hidden and kept.  Neither a relay that lies nor one that is
 * away keeps it for ever: a clock that goes on as clocks do for a week is
 * believed without the relay.
 *
 * Spec: docs/protocol.md 7.6.
 */
#ifndef TACIT_CLIENT_CORE_CLOCK_TRUST_H
#define TACIT_CLIENT_CORE_CLOCK_TRUST_H

#include "client/core/core.h"

enum {
	CLOCK_AHEAD_MAX_MS = 24 * 60 * 60 * 1000,
	CLOCK_SETTLED_MS = 7 * CLOCK_AHEAD_MAX_MS,
};

/* The relay's time in its hello, milliseconds since the epoch, as of now. */
void clock_trust_hear(struct core *core, int64_t relay_ms);

/*
 * For every step that notes a contact with the relay: as of it, our clock and
 * the relay's agree, or the earlier one counts.
 */
void clock_trust_contact(const struct step *s, struct counters *c);

/*
 * Up to when what is over may be erased: s->now_ms, or earlier.  The doubts in
 * *c are brought up to date; *changed when they have to be stored.
 */
int64_t clock_trust_until(
    const struct step *s, struct counters *c, bool *changed);

#endif
