/*
 * vault_rekey.h - a fresh DAILY key every day (docs/storage.md 3).
 *
 * Records of ratchets, of own keys and of what is in transit are sealed again
 * under a new key, and once none is left under the old one that is destroyed.
 * So what was overwritten or deleted there, which lies in freed pages of the
 * database, opens for nobody after a day or two.
 *
 * It goes in steps of a bounded size, each a transaction, and any process may
 * do any step: which records are left is seen by the records themselves.
 */
#ifndef TACIT_STORE_CLIENT_VAULT_REKEY_H
#define TACIT_STORE_CLIENT_VAULT_REKEY_H

#include "store/client/vault.h"

enum {
	REKEY_AFTER_MS = 24 * 60 * 60 * 1000,
	REKEY_STEP_ITEMS = 512,
	REKEY_STEP_BYTES = 1024 * 1024, /* or one record that is larger */
};

/*
 * Whether a step is to be done: the key is a day old, or made in a future that
 * is more than a day away, so that a clock that was wrong for a while costs one
 * more exchange and no more; or an exchange is under way.  NOMEM, IO.
 */
enum status vault_rekey_due(struct vault *v, int64_t now_ms, bool *due);

/*
 * One step.  With `begin` an exchange begins whatever the key's age.  *more:
 * there is another one to do.  A record that does not open is left as it is: no
 * key makes it readable.  NO_SPACE, NOMEM, IO: nothing changed.
 */
enum status vault_rekey_step(
    struct vault *v, int64_t now_ms, bool begin, bool *more);

#endif
