/*
 * self.h - who this profile is: its keys, its relay, and its counters.
 */
#ifndef TACIT_STORE_CLIENT_SELF_H
#define TACIT_STORE_CLIENT_SELF_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/devices.h"
#include "proto/link.h"
#include "proto/message.h"
#include "store/client/vault.h"

enum self_state {
	SELF_UNFINISHED = 1, /* keys made, name not yet taken */
	SELF_REGISTERED = 2,
	SELF_RECOVERING = 3, /* keys made, the account's device not replaced */
};

enum { SELF_RECOVERY_BYTES = 32 };

/*
 * Written at registration, hardly ever after.  Holds secrets: self_clear() on
 * every exit.
 */
struct self {
	enum self_state state;
	struct address address;
	struct sign_public account_key;
	struct sign_secret account_secret;
	struct sign_public device_key;
	struct sign_secret device_secret;
	uint32_t registration_id;
	uint8_t identity_public[IDENTITY_KEY_BYTES];
	uint8_t identity_secret[32];
	struct link relay; /* without its join code once registered */
	struct device_list list;
	uint8_t list_body[LIMIT_DEVICE_LIST_BYTES];
	size_t list_body_len;
	struct signature list_signature;
	/* The recovery key (protocol.md 3.6), until the name is taken. */
	bool has_recovery;
	uint8_t recovery[SELF_RECOVERY_BYTES];
	int64_t recovered_ms; /* began as a recovery; 0: it did not */
};

void self_clear(struct self *s);

/* NOT_FOUND: nothing registered here.  CRYPTO, NOMEM, IO. */
enum status self_get(struct vault_txn *t, struct self *s);
/* Keeps the device list among those that were ever seen (repairs.h), too. */
enum status self_put(struct vault_txn *t, const struct self *s);

/*
 * Who we are about to be: another device, whose list may have been sent and its
 * answer lost.  It is kept until it is known to be in force, since a list is
 * sent again as it was signed and never signed twice.  NOT_FOUND: none.
 */
enum status self_next_get(struct vault_txn *t, struct self *s);
enum status self_next_put(struct vault_txn *t, const struct self *s);
enum status self_next_del(struct vault_txn *t);
struct signed_list self_signed_list(const struct self *s); /* borrowed */

/*
 * Another list by our account key, no older than ours, which somebody has
 * shown us.  Borrows from the arena.  NOT_FOUND: none.  CRYPTO, NOMEM, IO.
 */
enum status self_elsewhere_get(
    struct vault_txn *t, struct arena *a, struct signed_list *list);
enum status self_elsewhere_put(
    struct vault_txn *t, const struct signed_list *list);
enum status self_elsewhere_del(struct vault_txn *t); /* OK also without */

/* What moves with every command.  Zeros before the first put. */
struct counters {
	uint8_t submit_stream[STREAM_BYTES];
	bool has_stream;
	uint64_t submit_high;       /* highest counter ever committed for use */
	uint64_t acknowledged;      /* highest mailbox seq committed here */
	uint8_t epoch[EPOCH_BYTES]; /* of the relay, for `acknowledged` */
	bool has_epoch;
	uint64_t next_history;    /* from 1 */
	uint64_t next_outbox;     /* from 1 */
	uint64_t next_quarantine; /* from 1 */
	uint32_t next_prekey_id;  /* from 1; never reused */
	uint32_t next_signed_prekey_id;
	int64_t last_contact_ms;
	int64_t drained_ms;     /* the mailbox was last seen empty */
	uint32_t relay_prekeys; /* one-time prekeys at the relay, last heard */
	uint64_t quarantine_bytes; /* kept by quarantine_add() and _del() */
	int64_t quarantine_due_ms; /* none of it is over before; 0: never */
	int64_t rolled_back_ms;    /* nonzero: submit nothing, exit 9 */
	int64_t restored_ms;       /* nonzero: from a backup; repair it first */
	uint64_t restored_outbox;  /* rows from here on were made since then */
	int64_t renewed_ms;        /* an old copy was last repaired here */
	/* How far our clock is believed (client/core/clock_trust.h). */
	int64_t clock_ms;        /* it agreed with the relay's; 0: never */
	int64_t doubt_since_ms;  /* it seems too far ahead; 0: it does not */
	int64_t doubt_looked_ms; /* and did so last */
	/* Devices of others that left a list (client/core/messenger/leaving.h).
	 */
	uint64_t departures;
	uint64_t departures_past; /* so many of them are read no more */
};

enum status counters_get(struct vault_txn *t, struct counters *c);
enum status counters_put(struct vault_txn *t, const struct counters *c);

/* A named place in the history up to which a reader has printed; 0: nothing. */
enum status cursor_get(struct vault_txn *t, const char *name, uint64_t *n);
enum status cursor_put(struct vault_txn *t, const char *name, uint64_t n);

/* Up to here everything was shown as it came (client/core/api/api_receive.c).
 */
#define CURSOR_SHOWN "default"

#endif
