/*
 * uplink_private.h - the parts of the uplink: uplink.c knows libuv and
 * sockets, uplink_proxy.c a proxy in between, uplink_open.c TLS and the hello,
 * uplink_prove.c who we are, and uplink_talk.c frames, requests and replies.
 */
#ifndef TACIT_CLIENT_CORE_UPLINK_PRIVATE_H
#define TACIT_CLIENT_CORE_UPLINK_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/core/uplink/uplink.h"
#include "proto/channel.h"
#include "proto/frame.h"

/* A loop that turns only inside the calls below, and one socket on it. */
struct turner;

enum status turner_new(struct turner **t);
void turner_free(struct turner *t); /* before its socket is closed; NULL */

/*
 * The addresses of a host: numeric ones without asking anybody.
 * UNREACHABLE: there are none, or not in time.
 */
enum status turner_resolve(
    struct turner *t, const char *host, uint16_t port, int64_t deadline_ms);

/*
 * A connected, non-blocking socket, owned by the caller, on which turner_wait()
 * waits from here on; every address is tried.  UNREACHABLE.
 */
enum status turner_connect(struct turner *t, int64_t deadline_ms, int *fd);

/* Close a socket that turner_connect() gave. */
void turner_drop(struct turner *t, int fd);

/* AGAIN: nothing happened by the deadline. */
enum status turner_wait(
    struct turner *t, bool readable, bool writable, int64_t deadline_ms);

/*
 * An uplink over a channel that stands, for tests and simulation: `wait` is
 * called where the loop would turn, with the same answers as turner_wait().
 * Takes over the channel, also on failure.
 */
typedef enum status uplink_wait_fn(
    void *arg, bool readable, bool writable, int64_t deadline_ms);
enum status uplink_over(struct channel *channel, uplink_wait_fn *wait,
    void *arg, int64_t deadline_ms, struct uplink **u);

struct kept; /* uplink_talk.c */

struct uplink {
	struct turner *turner; /* NULL over a channel of a test */
	uplink_wait_fn *wait;
	void *wait_arg;
	struct channel_client *client;
	struct channel *channel;
	struct frame_reader *in;
	struct buf *out;
	struct reply hello;
	struct moved_notice moved; /* its part of the hello */
	struct kept *kept;
	size_t kept_bytes;
	uint64_t last_id;
	bool gone;   /* nothing more is sent; what came may still be read */
	bool broken; /* nonsense came: nothing more is read either */
};

/*
 * As turner_resolve() and turner_connect() together, with the proxy looking up
 * the relay's name.  DENIED, UNREACHABLE, BAD_INPUT: as uplink_open().
 */
enum status uplink_ask_proxy(struct turner *t, const struct proxy *via,
    const struct link *to, int64_t deadline_ms, enum uplink_stage *stage,
    int *fd);

/* The TLS exporter of this connection, for proofs. */
enum status uplink_exporter(
    struct uplink *u, uint8_t out[CHANNEL_EXPORTER_BYTES]);

#endif
