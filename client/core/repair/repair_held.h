/*
 * repair_held.h - what was sent again and waits for the log (protocol.md 9.4);
 * for repair_take.c.
 */
#ifndef TACIT_CLIENT_CORE_REPAIR_HELD_H
#define TACIT_CLIENT_CORE_REPAIR_HELD_H

#include "client/core/core.h"
#include "proto/envelope.h"
#include "store/client/history.h"

struct repair_ahead {
	struct resent_message m;
	uint64_t timer_s; /* as it says itself; 0: it stays */
};

/* What is left of one answer; all of it is borrowed. */
struct repair_rest {
	struct step *s;
	struct address sender;
	const struct resent *resent;
	const struct quarantine_entry *was; /* held like that; NULL: new */
	const struct repair_ahead *ahead;
	size_t count;
};

/*
 * Keep it until the log is here, 45 days, or what is said is over by its timer,
 * which counts from the first time it was kept.  What there is no room for
 * stays missing.  NOMEM, IO.
 */
enum status repair_hold(const struct repair_rest *r);

#endif
