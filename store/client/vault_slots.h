/*
 * vault_slots.h - ways to open a profile, changed while it is open.
 *
 * The master key is wrapped once more, or one way less; no record is touched,
 * and other processes go on with the key they hold.  A crash leaves the old
 * file or the new one.
 */
#ifndef TACIT_STORE_CLIENT_VAULT_SLOTS_H
#define TACIT_STORE_CLIENT_VAULT_SLOTS_H

#include "store/client/vault.h"

/*
 * A slot of that kind in the place of one that is there.  PASSPHRASE takes the
 * place of PLAIN, and the other way round; what they wrap needs no secret for
 * PLAIN, the passphrase for PASSPHRASE (slow on purpose; nobody waits for it),
 * SLOT_SECRET_BYTES for the rest.
 *
 * LOCKED: the secret is not of that length.  CRYPTO, BAD_INPUT: the file cannot
 * be read.  NO_SPACE, NOMEM, IO.
 */
enum status vault_put_slot(
    struct vault *v, enum slot_kind kind, struct bytes secret);

/*
 * Without it.  EXISTS: there is none.  DENIED: PASSPHRASE and PLAIN only ever
 * take each other's place.  The rest as above.
 */
enum status vault_drop_slot(struct vault *v, enum slot_kind kind);

/*
 * RECOVERY_NEXT takes the place of RECOVERY, in one act.  EXISTS: it has done
 * so.  The rest as above.
 */
enum status vault_turn_recovery(struct vault *v);

#endif
