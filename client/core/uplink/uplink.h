/*
 * uplink.h - the client's connection to its relay: requests out, replies in,
 * on a libuv loop that turns only while a call waits.
 *
 * It knows nothing of what the bytes mean for a profile.  Requests may be many
 * in flight.  What the relay says unasked is kept until asked for, bounded by
 * the push window.
 */
#ifndef TACIT_CLIENT_CORE_UPLINK_H
#define TACIT_CLIENT_CORE_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "client/core/uplink/socks.h"
#include "proto/arena.h"
#include "proto/link.h"
#include "proto/message.h"
#include "store/client/self.h"

struct uplink;

/* Where opening stands or failed, for `tacit check`. */
enum uplink_stage {
	UPLINK_PROXY, /* only when there is one; it resolves the name then */
	UPLINK_DNS,
	UPLINK_TCP,
	UPLINK_TLS,
	UPLINK_PROTOCOL,
	UPLINK_OPEN,
};

/*
 * Resolve, connect, TLS, hello; every address is tried.  deadline_ms is on
 * clock_mono_ms().
 *
 *   via    a proxy that is asked instead of a resolver and the network; or NULL
 *   stage  out: how far it came, also on failure
 *
 * UNREACHABLE: no connection in time.  DENIED: the proxy does not let us in.
 * WRONG_RELAY: the pin does not match.  CRYPTO: TLS failed otherwise.
 * BAD_INPUT: does not speak this protocol; at UPLINK_PROXY, no SOCKS5.
 */
enum status uplink_open(const struct link *to, const struct proxy *via,
    int64_t deadline_ms, struct uplink **u, enum uplink_stage *stage);
void uplink_close(struct uplink *u); /* NULL is fine */

/* The relay's hello: epoch, nonce, relay key, its time. */
const struct reply *uplink_hello(const struct uplink *u);

/*
 * Prove who we are.  DENIED: the relay does not know this device (any more).
 * FULL: it has suspended the account.  UNREACHABLE, BAD_INPUT.
 */
enum status uplink_authenticate(struct uplink *u, const struct self *self,
    int64_t deadline_ms, struct mailbox_state *mailbox,
    struct prekey_state *prekeys);

/*
 * Register self with its signed list.  The reply (REPLY_REGISTERED or
 * REPLY_ERROR) lies in the arena.
 */
enum status uplink_register(struct uplink *u, const struct self *self,
    struct bytes join_code, int64_t deadline_ms, struct arena *a,
    struct reply *reply);

/*
 * In place of the devices that the account has: self, whose list follows the
 * one in force (protocol.md 4.9).  The reply (REPLY_REGISTERED or REPLY_ERROR)
 * lies in the arena.  UNREACHABLE: it may have happened or not; the same again.
 */
enum status uplink_replace_devices(struct uplink *u, const struct self *self,
    int64_t deadline_ms, struct arena *a, struct reply *reply);

/*
 * The list of an account, for whoever has the secret half of the recovery key
 * on it.  The reply (REPLY_ACCOUNT or REPLY_ERROR) lies in the arena.
 */
enum status uplink_recover_account(struct uplink *u,
    const struct account_name *name, const struct sign_secret *recovery,
    int64_t deadline_ms, struct arena *a, struct reply *reply);

/*
 * Remove the account of self, which has authenticated here.  The reply
 * (REPLY_ACCOUNT_REMOVED or REPLY_ERROR) lies in the arena.  UNREACHABLE: it
 * may have happened or not.
 */
enum status uplink_remove_account(struct uplink *u, const struct self *self,
    int64_t deadline_ms, struct arena *a, struct reply *reply);

/* Queue a request; its id is chosen here.  UNREACHABLE: the link is gone. */
enum status uplink_send(
    struct uplink *u, struct request *request, uint64_t *id);

/*
 * The next reply for which `want` says yes, decoded into the arena; others are
 * kept for later, in their order.  AGAIN: none came by the deadline.
 * UNREACHABLE: the link is gone.  BAD_INPUT: nonsense came.
 */
typedef bool uplink_want_fn(enum reply_kind kind, uint64_t id, void *arg);
enum status uplink_next_where(struct uplink *u, uplink_want_fn *want, void *arg,
    int64_t deadline_ms, struct arena *a, struct reply *reply);

/* Send one request and wait for its reply; others are kept for later. */
enum status uplink_call(struct uplink *u, struct request *request,
    int64_t deadline_ms, struct arena *a, struct reply *reply);

/* Until what was sent has left this process.  UNREACHABLE, AGAIN: too late. */
enum status uplink_flush(struct uplink *u, int64_t deadline_ms);

/* Bytes of requests that have not left yet. */
size_t uplink_waiting_bytes(const struct uplink *u);

/* For an arena that holds any one reply. */
enum { UPLINK_REPLY_ARENA_BYTES = LIMIT_MESSAGE_BYTES + LIMIT_ARENA_BYTES };

#endif
