/* error.h - the sentences that libtacit gives its user (tacit.h). */
#ifndef TACIT_CLIENT_CORE_ERROR_H
#define TACIT_CLIENT_CORE_ERROR_H

#include "base/status.h"
#include "client/core/tacit.h"
#include "client/core/uplink/uplink.h"
#include "proto/message.h"

/* Nothing went wrong: returns TACIT_DONE. */
enum tacit_code error_clear(struct tacit_error *e);

/* Write the sentence; returns `code`.  No secrets, no message text. */
[[gnu::format(printf, 3, 4)]] enum tacit_code error_set(
    struct tacit_error *e, enum tacit_code code, const char *format, ...);

/*
 * What a status of the local store means for the user; TACIT_DONE for
 * STATUS_OK.  What depends on the call (a contact not found) is the caller's
 * to say first.
 */
enum tacit_code error_status(struct tacit_error *e, enum status st);

/*
 * A REPLY_ERROR that ends the call, with its retry_after_ms.  The relay's own
 * sentence is not shown: it could say anything.
 */
enum tacit_code error_reply(struct tacit_error *e, const struct reply *reply);

/* What uplink_authenticate() answered. */
enum tacit_code error_login(struct tacit_error *e, enum status st);

/* Why there is no uplink: what uplink_open() answered, and how far it came. */
enum tacit_code error_uplink(struct tacit_error *e, const struct link *to,
    enum uplink_stage stage, enum status st);

/* Why there is no proxy; the same for UPLINK_PROXY alone. */
const char *error_proxy(enum status st);

#endif
