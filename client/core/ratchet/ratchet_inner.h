/*
 * ratchet_inner.h - what the files of the wrapper share (private to
 * ratchet*.c).
 */
#ifndef TACIT_CLIENT_CORE_RATCHET_INNER_H
#define TACIT_CLIENT_CORE_RATCHET_INNER_H

#include <session_record.h>
#include <signal_protocol.h>

#include "client/core/ratchet/ratchet.h"
#include "client/core/ratchet/ratchet_crypto.h"
#include "client/core/ratchet/ratchet_failures.h"
#include "client/core/ratchet/ratchet_store.h"

struct ratchet {
	struct ratchet_crypto *crypto;
	signal_context *context;
	signal_protocol_store_context *store;
	struct ratchet_step step; /* all zeros between calls */
	struct ratchet_failures failures;
};

/* Begin a call; what it needs of the step beyond this, it sets itself. */
struct ratchet_step *ratchet_step_begin(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct address *peer);
void ratchet_step_end(struct ratchet *r); /* wipes */

/*
 * The step's session, opened; *record stays NULL when there is none.  The
 * caller ends it with SIGNAL_UNREF.  CRYPTO: damaged.  NOMEM.
 */
enum status ratchet_session_open(struct ratchet *r, session_record **record);

/*
 * The identity key the current state of a session is with.  CRYPTO: the state
 * has none.  NOMEM.
 */
enum status ratchet_session_identity(
    session_record *record, uint8_t identity_key[IDENTITY_KEY_BYTES]);

/*
 * Forget all but the RATCHET_ARCHIVED_STATES_MAX newest archived states, in
 * the record and in the store.
 */
enum status ratchet_session_trim(struct ratchet *r, session_record *record);

/* What the library made, as an owned buffer; the library's is wiped. */
enum status ratchet_take_buffer(signal_buffer **from, struct buf **to);

#endif
