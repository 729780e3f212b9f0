/*
 * moved.h - the relay says that it is elsewhere now (protocol.md 4.10).
 *
 * It is told to the user and changes nothing by itself.
 */
#ifndef TACIT_CLIENT_CORE_MOVED_H
#define TACIT_CLIENT_CORE_MOVED_H

#include "client/core/core.h"
#include "client/core/uplink/uplink.h"

/*
 * Note the word of the relay that has just been connected to.  One that is not
 * by the identity that our link pins, or is no link, is logged and ignored.
 */
void moved_hear(struct core *core, const struct uplink *u);

#endif
