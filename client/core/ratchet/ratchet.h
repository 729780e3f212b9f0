/*
 * ratchet.h - X3DH, Double Ratchet and sender keys, wrapped tight around
 * libsignal-protocol-c (docs/decisions/0003-ratchet-wrapper.md).
 *
 * Every call that touches a session runs inside the caller's write transaction,
 * reads and writes all of the library's state through it, and keeps nothing in
 * between: commit it with what the step produced, or abort both.  After any
 * status but OK the caller MUST abort (a nested transaction is enough): the
 * library stores an identity and sessions before it has checked a MAC.
 *
 * Not thread safe: one ratchet belongs to one thread.
 */
#ifndef TACIT_CLIENT_CORE_RATCHET_H
#define TACIT_CLIENT_CORE_RATCHET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/arena.h"
#include "proto/message.h"
#include "proto/prekey_digest.h"
#include "store/client/ratchets.h"
#include "store/client/self.h"
#include "store/client/vault.h"

struct ratchet;

/* Checks that protobuf-c is the one we built against (link order).  NOMEM. */
enum status ratchet_new(struct ratchet **r);
void ratchet_free(struct ratchet *r); /* NULL is fine */

/*
 * Fresh device identity into s: identity_public, identity_secret and
 * registration_id.  NOMEM.
 */
enum status ratchet_make_identity(struct ratchet *r, struct self *s);

/*
 * Make `count` one-time prekeys with ids from the stored counter and store
 * them, not yet published.  FULL: all 16 million ids were used.
 */
enum status ratchet_make_prekeys(
    struct ratchet *r, struct vault_txn *t, size_t count, int64_t now_ms);

/* Make and store the next signed prekey, not yet published. */
enum status ratchet_make_signed_prekey(struct ratchet *r, struct vault_txn *t,
    const struct self *s, int64_t now_ms);

/*
 * Stored prekeys as they are published (public parts), for the arena's life:
 * the newest signed prekey, then the one-time prekeys in rising id, which is
 * the order of prekeys_digest().  Unpublished ones only, or all of them.
 * NOMEM: also past the arena's ceiling.
 */
enum status ratchet_list_prekeys(struct ratchet *r, struct vault_txn *t,
    const struct self *s, bool unpublished_only, struct arena *a,
    struct prekeys *list);

/*
 * What the relay holds if it gave out the oldest first, and has so many of the
 * one-time ones that it confirmed: the same order, fewer when there are not as
 * many.  *lowest: the id of the first of them; 0: none.  NOMEM as above.
 */
enum status ratchet_list_newest(struct ratchet *r, struct vault_txn *t,
    size_t one_time, struct arena *a, struct prekeys *list, uint32_t *lowest);

/* OK or NOT_FOUND: whether there is a session one can encrypt in. */
enum status ratchet_has_session(
    struct ratchet *r, struct vault_txn *t, const struct address *with);

/*
 * How many messages we have encrypted since the other side last answered with a
 * key of its own.  NOT_FOUND: no session one can encrypt in.
 */
enum status ratchet_sending_steps(struct ratchet *r, struct vault_txn *t,
    const struct address *with, uint32_t *steps);

/*
 * Start a session from a bundle.  `device` is the peer's entry on its pinned
 * list: the bundle's signed prekey must be signed by its identity key.
 *
 * CRYPTO: a signature is wrong.  BAD_INPUT: the bundle is not usable.
 */
enum status ratchet_start(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct address *with,
    const struct device_entry *device, struct prekeys bundle);

/*
 * Forget the session and its archived states, so that the next message starts
 * a fresh one and none under way brings an old state back.  OK also when there
 * was none.
 */
enum status ratchet_reset(
    struct ratchet *r, struct vault_txn *t, const struct address *with);

/* What fits in an item with a prekey message around it. */
enum { RATCHET_PLAINTEXT_MAX_BYTES = LIMIT_ITEM_BYTES - 1024 };

/*
 * Encrypt in the session with `to`; the identity key of that session must be
 * `device`'s, else UNTRUSTED and nothing is encrypted (the library itself does
 * not check here).  NOT_FOUND: no session.  BAD_INPUT: too long.
 *
 *   plaintext   at most RATCHET_PLAINTEXT_MAX_BYTES, padded already
 *   type        out: ITEM_RATCHET or ITEM_PREKEY
 *   ciphertext  out: owned by the caller
 */
enum status ratchet_encrypt(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct address *to,
    const struct device_entry *device, struct bytes plaintext, uint32_t *type,
    struct buf **ciphertext);

/*
 * Decrypt one message of `from`.
 *
 *   type       ITEM_RATCHET or ITEM_PREKEY
 *   expected   the identity key of that device on its pinned list, or NULL when
 *              the sender is not known yet: the caller then checks
 *              `identity_key` against the list inside the message, and aborts
 *              when it does not match
 *   plaintext  out: owned, wiped by buf_free()
 *
 * EXISTS: the library calls it a duplicate, which is NOT authenticated: the
 * caller believes it only for a ciphertext it has seen.  NOT_FOUND: no session,
 * or the prekey is not (or no longer) ours.  UNTRUSTED: another identity key
 * than expected.  CRYPTO: does not decrypt; also a prekey message whose base
 * key was used before and whose session is gone.  BAD_INPUT: not a message.
 * FULL: this sender's messages fail too often (see RATCHET_FAILURES_MAX).
 */
enum status ratchet_decrypt(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct address *from, const uint8_t *expected,
    uint32_t type, struct bytes ciphertext,
    uint8_t identity_key[IDENTITY_KEY_BYTES], struct buf **plaintext);

/*
 * An undecryptable message costs up to 25 ms when many states are archived, so
 * at most 5 are kept, and after this many failures in a minute of one device
 * its further undecryptable messages are not tried in this process.
 */
enum { RATCHET_FAILURES_MAX = 50, RATCHET_ARCHIVED_STATES_MAX = 5 };

/*
 * Sender keys.  A new own key for a group: the previous record is deleted, so
 * that the key id is new; `key_id` is never one used before here.
 *
 *   distribution  out: libsignal's message, owned
 */
enum status ratchet_group_make_key(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct hash *group, uint32_t *key_id,
    struct buf **distribution);

/*
 * The distribution message of the current own key at its current iteration.
 * NOT_FOUND: no own key here.
 */
enum status ratchet_group_distribution(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct hash *group, uint32_t *key_id,
    uint32_t *iteration, struct buf **distribution);

/*
 * Take in another device's key.  EXISTS: an id that is known already, which is
 * never processed twice because it would rewind the chain.  BAD_INPUT: not a
 * distribution message, or of another key id than `key_id`.
 */
enum status ratchet_group_take_key(struct ratchet *r, struct vault_txn *t,
    const struct hash *group, const struct address *of, uint32_t key_id,
    struct bytes distribution);

/* NOT_FOUND: no own key here. */
enum status ratchet_group_encrypt(struct ratchet *r, struct vault_txn *t,
    const struct self *s, const struct hash *group, struct bytes plaintext,
    struct buf **ciphertext);

/*
 * The group is found by the key id in the message.  NOT_FOUND: that id is not
 * known (*key_id is set).  EXISTS: read before.  CRYPTO: does not decrypt, or
 * the key is too old or too far behind; *key_id and *group are set, as with
 * EXISTS.  BAD_INPUT: not a message.
 */
enum status ratchet_group_decrypt(struct ratchet *r, struct vault_txn *t,
    const struct address *from, struct bytes ciphertext, uint32_t *key_id,
    struct hash *group, struct buf **plaintext);

#endif
