/*
 * settings.h - what the user chose for this profile, in one record.
 *
 * A field is 0 where nothing was chosen: 0 is the default, so that a profile of
 * an earlier release needs nothing.  Numbers are on disk: append only.
 */
#ifndef TACIT_STORE_CLIENT_SETTINGS_H
#define TACIT_STORE_CLIENT_SETTINGS_H

#include <stdint.h>

#include "store/client/vault.h"

/* What senders are told of their messages (protocol.md 7.5). */
enum receipts_choice {
	RECEIPTS_ALL = 0,
	RECEIPTS_DELIVERED = 1, /* that they came, not that they were shown */
	RECEIPTS_NONE = 2,
};

/* Who may write first, or invite to groups (protocol.md 7.8). */
enum policy_choice {
	POLICY_OPEN = 0,
	POLICY_CONTACTS = 1, /* of others it is a request */
};

/* Choices are numbers of one width: a table names and bounds them. */
struct settings {
	uint32_t receipts; /* enum receipts_choice */
	uint32_t policy;   /* enum policy_choice */
};

/* Zeros when nothing was ever set.  CRYPTO, NOMEM, IO. */
enum status settings_get(struct vault_txn *t, struct settings *s);
enum status settings_put(struct vault_txn *t, const struct settings *s);

#endif
