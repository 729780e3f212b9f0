/* api_states.h - what has become of our messages, for the default cursor. */
#ifndef TACIT_CLIENT_CORE_API_STATES_H
#define TACIT_CLIENT_CORE_API_STATES_H

#include "client/core/handle.h"

/*
 * Show how->state, which may not be NULL, what has changed and was not told
 * yet; what was flushed is told for good.  *go_on is false when the caller
 * wants no more.
 */
enum status states_show(
    struct tacit *t, const struct tacit_receive *how, void *arg, bool *go_on);

#endif
