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
	uint64_t missing; /* plaintexts of this pair withheld before it, or
			   * one when our last is not what it sent before */
};

/*
 * Decrypt one item of a known or new peer.  The caller aborts the step (a
 * nested one) on any status but OK.
 *
 * EXISTS, NOT_FOUND, CRYPTO, BAD_INPUT, FULL: as ratchet_decrypt().
 * UNTRUSTED: by a key that is not the pinned one; pair_peek() may find the list
 * that says so.  CRYPTO also: a sender whom no accepted list vouches for.
 */
enum status pair_decrypt(
    struct step *s, const struct item *item, struct pair_arrival *arrival);

/*
 * After UNTRUSTED: read the device list in the message, believing nothing.  The
 * caller ALWAYS aborts the (nested) step, frees `storage`, and gives the list
 * to peers_take_list() in another one.  On OK the list is of the sender's name,
 * signed by the key it names, and lists the device that wrote the message.
 * NOT_FOUND: there is none in it.
 */
enum status pair_peek(
    struct step *s, const struct item *item, struct pair_arrival *arrival);

#endif
