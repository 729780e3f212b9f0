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
 * ready contact.  There must be a session that may be written in: NOT_FOUND
 * otherwise.
 */
enum status pair_encrypt(struct step *s, const struct contact *to,
    const struct device_entry *device, const struct plaintext *p,
    uint32_t *type, struct buf **ciphertext);

/*
 * Is there a session with the device, and none to be begun in its place?
 * NOT_FOUND: a bundle is needed.  Where a fresh one is only wanted that is said
 * once, and at most once an hour; from then on what there is will do, so that
 * nobody waits for a relay that gives no bundle.  A session that we began and
 * that was not answered in for a day is begun anew: it may stand on a prekey
 * that was gone.
 *
 * Spec: docs/protocol.md 9.6.
 */
enum status pair_has_session(struct step *s, const struct address *with);

/* As it stands, however old.  NOT_FOUND: none, or pair_need_fresh(). */
enum status pair_can_encrypt(struct step *s, const struct address *with);
/*
 * Whether nothing is to be done for the session with it, if there is one.  As
 * pair_has_session(), but only looks.
 */
enum status pair_is_settled(struct step *s, const struct address *with);

/* What it says does not decrypt: a fresh session is wanted. */
enum status pair_want_fresh(struct step *s, const struct address *with);

/* The relay says that it is not there: nothing is encrypted without a bundle.
 */
enum status pair_need_fresh(struct step *s, const struct address *with);

/* Is there none, or a bundle wanted?  As it stands; it changes nothing. */
enum status pair_wants_bundle(
    struct step *s, const struct address *with, bool *wants);

/* A session was begun from a bundle. */
enum status pair_note_begun(
    struct step *s, const struct address *with, uint32_t registration_id);

struct pair_arrival {
	struct plaintext p;    /* borrows from `storage` and the step's arena */
	struct bytes inner;    /* what p was decoded from; of `storage` */
	struct buf *storage;   /* owned by the caller */
	struct contact sender; /* as pinned after this message */
	const struct device_entry *device; /* of sender.list, or `former` */
	struct device_entry former; /* it has left the list (leaving.h) */
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
