/*
 * ratchet_store.h - libsignal's stores over one transaction (private to
 * ratchet*.c).
 *
 * A step is one call of the wrapper: whose session it is about, in which
 * transaction, and what went wrong in a callback.  Callbacks see nothing else,
 * and nothing outlives ratchet_step_end().
 */
#ifndef TACIT_CLIENT_CORE_RATCHET_STORE_H
#define TACIT_CLIENT_CORE_RATCHET_STORE_H

#include <signal_protocol.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "store/client/ratchets.h"
#include "store/client/self.h"
#include "store/client/vault.h"

struct ratchet_step {
	struct vault_txn *txn;
	const struct self *self;
	const struct address *peer; /* of the session or the sender key */
	const struct hash *group;   /* sender keys only */
	const uint8_t *expected;    /* identity key of peer; NULL: any */

	/* The session or sender key record as it stands; NULL: there is none.
	 * It is read once a step, and secret. */
	struct buf *record;
	bool loaded;

	enum status failure; /* of the store, hidden by the library's code */
};

/* The libsignal names of the step's peer and key; they borrow from the step. */
signal_protocol_address ratchet_step_address(const struct ratchet_step *step);
signal_protocol_sender_key_name ratchet_step_key_name(
    const struct ratchet_step *step);

/*
 * Read the record into step->record.  OK also when there is none, which leaves
 * it NULL.
 */
enum status ratchet_step_load_session(struct ratchet_step *step);
enum status ratchet_step_load_sender_key(struct ratchet_step *step);

/* Write a session record, which then is the step's. */
enum status ratchet_step_store_session(
    struct ratchet_step *step, struct bytes record);

/* What a libsignal code means; NULL is fine when no store was involved. */
enum status ratchet_status(const struct ratchet_step *step, int code);

/* The store context whose callbacks use *step, which must outlive it. */
enum status ratchet_store_new(signal_context *context,
    struct ratchet_step *step, signal_protocol_store_context **store);

#endif
