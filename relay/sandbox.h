/* sandbox.h - what the process gives up before it touches a key. */
#ifndef TACIT_RELAY_SANDBOX_H
#define TACIT_RELAY_SANDBOX_H

#include "base/status.h"

/*
 * No core dumps, no debugger of the same user, new files for the owner alone,
 * no death by a closed pipe; as many descriptors as the system allows.
 */
enum status sandbox_enter(void);

#endif
