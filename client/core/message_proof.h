/*
 * message_proof.h - what shows somebody else who said something (protocol.md
 * 12).
 *
 * A proof holds all that is needed to check it: nothing of a profile, no
 * relay.  It binds a message to an account key; who holds that key is for the
 * reader to know.
 */
#ifndef TACIT_CLIENT_CORE_MESSAGE_PROOF_H
#define TACIT_CLIENT_CORE_MESSAGE_PROOF_H

#include "client/core/core.h"
#include "proto/devices.h"
#include "proto/envelope.h"
#include "store/client/history.h"

/* All of it is borrowed. */
struct message_proof {
	enum conversation_kind kind;
	uint32_t device; /* of the author */
	struct bytes body;
	struct bytes signature;
	struct bytes salt;
	struct bytes content;
	struct signed_list list;   /* of the author; names the device */
	struct hash group;         /* group: its id */
	struct sign_public to_key; /* direct: of the other account */
	bool has_to_list;
	struct signed_list to_list; /* names the account of to_key */
};

struct proven {
	struct account_name from;
	struct sign_public from_key;
	bool has_to;
	struct account_name to; /* when has_to */
	struct message_body body;
};

/*
 * OK: that account said this there.  CRYPTO: it does not hold; *wrong says why
 * in a sentence.  BAD_INPUT: malformed, with *wrong too.  NOMEM.
 */
enum status message_proof_check(const struct message_proof *p, struct arena *a,
    struct proven *proven, const char **wrong);

/*
 * The proof of an entry of the history; borrows from the step's arena.
 * NOT_FOUND: its text is erased, it was never sent or never rightly signed, or
 * the keys it was signed with are not known here.  NOMEM, IO.
 */
enum status message_proof_make(
    struct step *s, const struct history_entry *e, struct message_proof *p);

#endif
