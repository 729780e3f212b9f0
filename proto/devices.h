/*
 * devices.h - the signed device list of an account (protocol.md 3.3).
 *
 * The relay reads it to know whom it may let in; clients pin it.  A list says
 * which devices speak for an account key and with which keys.
 */
#ifndef TACIT_PROTO_DEVICES_H
#define TACIT_PROTO_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/address.h"
#include "proto/sign.h"

enum {
	IDENTITY_KEY_BYTES = 33,      /* libsignal's type byte and Curve25519 */
	RECOVERY_BOX_BYTES = 24 + 48, /* nonce; a seed of 32 and its tag */
};

struct device_entry {
	uint32_t id;              /* from 1, rising, never reused */
	uint32_t registration_id; /* 1..16380, libsignal */
	uint8_t identity_key[IDENTITY_KEY_BYTES];
	struct sign_public device_key;
};

struct device_list {
	struct account_name account;
	struct sign_public account_key;
	uint64_t version;     /* from 1 */
	struct hash previous; /* of the body of version - 1; zeros for 1 */
	int64_t issued_ms;
	uint32_t suites; /* bit n: suite n + 1 is understood */
	struct device_entry devices[LIMIT_DEVICES_PER_ACCOUNT];
	size_t devices_count; /* 1..LIMIT_DEVICES_PER_ACCOUNT */
	/* Protocol.md 3.6: who has the secret half may read the box. */
	bool has_recovery;
	struct sign_public recovery_key;
	uint8_t recovery_box[RECOVERY_BOX_BYTES];
};

/* A body and its signature as they travel and are stored.  Both are borrowed.
 */
struct signed_list {
	struct bytes body;
	struct bytes signature;
};

/*
 * Encode and sign.  `body` is owned by the caller.  NOMEM, or BAD_INPUT for a
 * list no reader would take.
 */
enum status device_list_sign(const struct device_list *list,
    const struct sign_secret *account_secret, struct buf **body,
    struct signature *signature);

/*
 * Decode and check: shape, limits, distinct device ids, and the signature by
 * the account key named inside.  Whether that key is the right one for the
 * name is the caller's question.
 *
 * BAD_INPUT: malformed.  CRYPTO: not signed by the key it names.  NOMEM.
 */
enum status device_list_open(struct signed_list from, struct device_list *list);

/* Why device_list_open() gave BAD_INPUT: the name, for one, is not a name. */
bool device_list_has_bad_name(struct signed_list from);

/* NULL when the list has no such device; else borrowed from list. */
const struct device_entry *device_list_find(
    const struct device_list *list, uint32_t device);

#endif
