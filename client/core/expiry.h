/* expiry.h - texts whose signed timer is over leave the history. */
#ifndef TACIT_CLIENT_CORE_EXPIRY_H
#define TACIT_CLIENT_CORE_EXPIRY_H

#include "client/core/core.h"

/*
 * Erase text and salt of all messages whose time is over (protocol.md 7.6),
 * however many those are after a long absence: in steps of a bounded number,
 * so that nobody who writes beside us waits for all of them.  When none is due
 * this is one look.  What is over by a clock that is not believed
 * (clock_trust.h) stays, hidden.  Then what tidy.h is for is done.
 *
 * A disk without room for that is no reason to stop: OK, and it is tried again
 * the next time.  What is due is not shown meanwhile either.  NOMEM, IO.
 */
enum status expiry_run(struct core *core);

#endif
