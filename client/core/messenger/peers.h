/*
 * peers.h - whom we talk to: device lists pinned, compared, refused
 * (protocol.md 3.3, 3.4).
 *
 * First contact pins the account key.  A list by another account key is never
 * accepted by itself: it is kept as pending for `tacit trust`, and there is one
 * notice in the conversation.
 */
#ifndef TACIT_CLIENT_CORE_PEERS_H
#define TACIT_CLIENT_CORE_PEERS_H

#include "client/core/core.h"
#include "store/client/contacts.h"

/*
 * Take in a signed list, from the relay or from a peer.
 *
 *   c  out: the contact as it stands afterwards
 *
 * OK: pinned, or the same, or a newer version of the pinned account.
 * UNTRUSTED: by another account key; now pending.  CRYPTO: bad signature, or
 * a lower version, or another list of the same version: refused.  BAD_INPUT:
 * malformed, or of another account than `name`.
 */
enum status peers_take_list(struct step *s, const struct account_name *name,
    struct signed_list list, struct contact *c);

/* As contact_get(), but a damaged record is IO: it is no message's fault. */
enum status peers_get(
    struct step *s, const struct account_name *name, struct contact *c);

/* OK: we may encrypt to it.  NOT_FOUND: never met.  UNTRUSTED: pending. */
enum status peers_ready(
    struct step *s, const struct account_name *name, struct contact *c);

/* Replace the pin by the pending key; sessions with it end.  NOT_FOUND. */
enum status peers_trust(struct step *s, const struct account_name *name);

/* Signed in messages: SHA-256 of the sorted pair of account keys. */
void peers_conversation(const struct sign_public *a,
    const struct sign_public *b, struct hash *conversation);

/* Local and independent of keys: what the history files a direct talk under. */
void peers_history_key(const struct account_name *peer, struct hash *key);

#endif
