/*
 * requests.h - what strangers want of us, until the user decides: their first
 * messages and invitations, decrypted, and shown nowhere (protocol.md 7.8).
 *
 * How much is kept is for the caller to bound.
 */
#ifndef TACIT_STORE_CLIENT_REQUESTS_H
#define TACIT_STORE_CLIENT_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/devices.h"
#include "store/client/vault.h"

struct request_row {
	uint64_t n; /* rising; given by request_add() */
	struct account_name account;
	struct sign_public account_key; /* the pinned one when it came */
	struct device_entry device;     /* that sent it */
	int64_t received_ms;
	uint64_t missing;       /* withheld before it, as in pair_arrival */
	bool is_invitation;     /* else a message */
	struct bytes plaintext; /* a Plaintext, borrowed from the transaction */
};

/* What is known of all of them; zeros at first. */
struct requests_state {
	uint64_t next; /* row, from 1 */
	uint64_t bytes;
	uint64_t dropped;  /* not kept, as there was no room */
	uint64_t day;      /* since the epoch */
	uint32_t that_day; /* strangers who got a line then */
	/* What nobody can read, in strangers' names, and has no line. */
	uint64_t unreadable;
};
enum status requests_state_get(struct vault_txn *t, struct requests_state *s);
enum status requests_state_put(
    struct vault_txn *t, const struct requests_state *s);

/* Keeps the state's `next` and `bytes`; row->n is set.  NO_SPACE, IO. */
enum status request_add(struct vault_txn *t, struct request_row *row);
enum status request_del(struct vault_txn *t, const struct request_row *row);

/*
 * The next one of `account` above `after`, in the arena.  NOT_FOUND past the
 * end.
 */
enum status request_next(struct vault_txn *t,
    const struct account_name *account, uint64_t after, struct arena *a,
    struct request_row *row);

enum status requests_count(struct vault_txn *t, size_t *count);

/* All of one stranger together, in their order; as contacts_each(). */
typedef enum status request_each_fn(const struct request_row *row, void *arg);
enum status requests_each(
    struct vault_txn *t, request_each_fn *each, void *arg);

/*
 * The newest one of whoever has most of them.  NOT_FOUND: nobody has more than
 * one.
 */
enum status requests_greediest(
    struct vault_txn *t, struct arena *a, struct request_row *row);

/*
 * One by lot of the UTC day on which most of those came that are here; without
 * its plaintext, of which the length alone is there.  NOT_FOUND: there is none.
 */
enum status requests_of_crowd(
    struct vault_txn *t, struct arena *a, struct request_row *row);

#endif
