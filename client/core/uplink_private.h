/*
 * uplink_private.h - the two halves of the uplink: uplink.c knows libuv and
 * sockets, uplink_talk.c knows TLS, frames and requests.
 */
#ifndef TACIT_CLIENT_CORE_UPLINK_PRIVATE_H
#define TACIT_CLIENT_CORE_UPLINK_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/core/uplink.h"
#include "proto/channel.h"

/* A loop that turns only inside the calls below, and one socket on it. */
struct turner;

enum status turner_new(struct turner **t);
void turner_free(struct turner *t); /* before its socket is closed; NULL */

/*
 * The addresses of a host: numeric ones without asking anybody.
 * UNREACHABLE: there are none, or not in time.
 */
enum status turner_resolve(
    struct turner *t, const struct link *to, int64_t deadline_ms);

/*
 * A connected, non-blocking socket, owned by the caller, on which turner_wait()
 * waits from here on; every address is tried.  UNREACHABLE.
 */
enum status turner_connect(struct turner *t, int64_t deadline_ms, int *fd);

/* AGAIN: nothing happened by the deadline. */
enum status turner_wait(
    struct turner *t, bool readable, bool writable, int64_t deadline_ms);

/* The TLS exporter of this connection, for proofs. */
enum status uplink_exporter(
    struct uplink *u, uint8_t out[CHANNEL_EXPORTER_BYTES]);

#endif
