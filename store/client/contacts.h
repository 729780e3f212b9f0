/*
 * contacts.h - other accounts: the pinned account key and device list of each,
 * and what the user decided about them.
 */
#ifndef TACIT_STORE_CLIENT_CONTACTS_H
#define TACIT_STORE_CLIENT_CONTACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/devices.h"
#include "store/client/vault.h"

enum { CONTACT_ALIAS_BYTES = 256 };

struct contact {
	struct account_name name;
	struct sign_public account_key; /* pinned at first contact */
	bool verified;                  /* the user compared safety numbers */
	bool removed; /* hidden from the list; the pin stays */
	char alias[CONTACT_ALIAS_BYTES + 1];
	struct device_list list; /* highest version seen, by account_key */
	struct hash list_hash;   /* SHA-256 of its body */
	/* A changed key that waits for `tacit trust`. */
	bool has_pending;
	struct sign_public pending_key;
	struct device_list pending_list;
	struct hash pending_list_hash;
	int64_t first_seen_ms;
	bool known;   /* the user talks with it: no stranger */
	bool blocked; /* by the user */
	/* A line said that it wants to come near; 0: none did, or long ago. */
	int64_t asked_ms;
	/* Messages between the two disappear after; 0: never (7.6). */
	uint64_t timer_s;
	uint64_t timer_turn; /* how often that was changed; 0: never */
	bool timer_told;     /* by a line, before the change itself came */
};

/* NOT_FOUND, CRYPTO, NOMEM, IO. */
enum status contact_get(
    struct vault_txn *t, const struct account_name *name, struct contact *c);
enum status contact_put(struct vault_txn *t, const struct contact *c);

/* Calls back for each, in no order; stops at the first status but OK. */
enum status contacts_each(struct vault_txn *t,
    enum status (*each)(const struct contact *c, void *arg), void *arg);

#endif
