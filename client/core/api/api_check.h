/* api_check.h - the steps of tacit_check() for a link that was parsed. */
#ifndef TACIT_CLIENT_CORE_API_CHECK_H
#define TACIT_CLIENT_CORE_API_CHECK_H

#include "client/core/tacit.h"
#include "client/core/uplink/socks.h"
#include "proto/link.h"

/* As tacit_check(); `via` is NULL where there is no proxy. */
enum tacit_code check_link(const struct link *to, const struct proxy *via,
    int64_t timeout_ms, tacit_check_fn *show, void *arg, struct tacit_error *e);

#endif
