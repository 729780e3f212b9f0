/*
 * timers.h - after how long the messages of two people disappear
 * (protocol.md 7.6).
 *
 * Both sides have one setting, which either may change by a message of its
 * own; every message to the other carries it as its sender has it.  Whichever
 * way those come, both end with the same: the highest turn counts, and of two
 * settings of one turn the shorter timer.
 */
#ifndef TACIT_CLIENT_CORE_TIMERS_H
#define TACIT_CLIENT_CORE_TIMERS_H

#include "client/core/messenger/messenger_internal.h"

enum {
	/*
	 * A turn that is further ahead counts as this much: more changes than
	 * that are not lost at once, and nobody can take the last turn there
	 * is.
	 */
	TIMER_TURNS_MAX = 64,
};

/* The shorter of two timers; 0, which is never, is the longest. */
uint64_t timers_shorter(uint64_t a_s, uint64_t b_s);

/*
 * Our user's change of the setting with e->peer to e->timer_s, about to be
 * composed: it holds here from now on.  Fills the turn and the words of e.
 */
enum status timers_compose(struct step *s, struct history_entry *e);

/* Before a message of ours to c is signed: its timer, and the setting. */
void timers_apply(const struct contact *c, struct saying *what);

/*
 * A verified message of f's sender, before it is filed, says what the setting
 * is.  A change by a message that is no change itself is told by a line.
 */
enum timer_news {
	TIMER_COUNTS,
	TIMER_OVERTAKEN, /* another one counts */
	TIMER_TOLD,      /* it counts, and a line has told it */
};
enum status timers_hear(struct step *s, const struct filing *f,
    const struct message_body *body, enum timer_news *news);

/* "timer 1d" or "timer off": as group settings are told. */
enum { TIMERS_TEXT_BYTES = 48 };
struct bytes timers_text(uint64_t timer_s, char text[TIMERS_TEXT_BYTES]);

#endif
