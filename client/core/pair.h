/*
 * pair.h - one plaintext between two devices, in and out (protocol.md 7.1).
 *
 * Counts them, chains them, carries the sender's device list, pads, and steps
 * the ratchet; the transaction of the step holds all of it.
 */
#ifndef TACIT_CLIENT_CORE_PAIR_H
#define TACIT_CLIENT_CORE_PAIR_H

#include "client/core/core.h"
#include "proto/envelope.h"
#include "store/client/contacts.h"

/*
 * Encrypt p (its kind and u; the rest is filled in here) to one device of a
 * ready contact.  There must be a session: NOT_FOUND otherwise.
 */
enum status pair_encrypt(struct step *s, const struct contact *to,
    const struct device_entry *device, const struct plaintext *p,
    uint32_t *type, struct buf **ciphertext);

struct pair_arrival {
	struct plaintext p;    /* borrows from `storage` and the step's arena */
	struct buf *storage;   /* owned by the caller */
	struct contact sender; /* as pinned after this message */
	const struct device_entry *device; /* of sender.list */
	uint64_t missing; /* plaintexts of this pair withheld before it */
};

/*
 * Decrypt one item of a known or new peer.  The caller aborts the step (a
 * nested one) on any status but OK.
 *
 * EXISTS, NOT_FOUND, CRYPTO, BAD_INPUT, FULL: as ratchet_decrypt().
 * UNTRUSTED: by a key that is not the pinned one; `arrival->p` may hold the
 * list that says so: the caller records it in a step of its own.
 */
enum status pair_decrypt(
    struct step *s, const struct item *item, struct pair_arrival *arrival);

#endif
