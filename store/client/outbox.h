/*
 * outbox.h - what is not yet at the relay.
 *
 * A row is a sealed draft while keys are missing and becomes ciphertext once,
 * in the transaction of its ratchet step; from then on only the stored bytes
 * are transmitted (promise 2).
 */
#ifndef TACIT_STORE_CLIENT_OUTBOX_H
#define TACIT_STORE_CLIENT_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/message.h"
#include "store/client/history.h"
#include "store/client/vault.h"

enum outbox_kind {
	OUTBOX_MESSAGE = 1, /* has an entry in the history */
	OUTBOX_CONTROL = 2, /* for one account */
	OUTBOX_MANY = 3,    /* control for many accounts, each its ciphertext */
	OUTBOX_RECEIPT = 4, /* to many at once, never a draft */
};

/* Room for any row, decoded: what walks the outbox resets an arena of this. */
enum { OUTBOX_ROW_ARENA_BYTES = 16 * 1024 * 1024 };

enum outbox_state {
	OUTBOX_DRAFT = 1, /* `content` waits for keys */
	OUTBOX_READY = 2, /* ciphertext is fixed; not yet acknowledged */
};

/* One ciphertext for one device, made for exactly these keys. */
struct outbox_recipient {
	struct address to;
	uint32_t registration_id;
	struct sign_public account_key; /* pinned when it was encrypted */
	uint32_t type; /* enum item_type; 0: left out, gets nothing */
	uint32_t suite;
	struct bytes payload; /* empty: the shared one */
	bool done;            /* durable at the relay, or given up */
};

/* An account that the content of an OUTBOX_MANY is still to be sealed for. */
struct outbox_waiting {
	struct account_name account;
	bool has_key; /* else it had not been met when this was queued */
	struct sign_public account_key; /* pinned then: no other ever gets it */
};

/* Views are borrowed from the arena given to the getter. */
struct outbox_row {
	uint64_t order; /* rows of one conversation leave in this order */
	enum outbox_kind kind;
	enum outbox_state state;
	enum conversation_kind conversation_kind;
	struct hash conversation; /* zeros: a direct draft to a name not met */
	struct account_name to;   /* direct, and control for one */
	struct message_id id;
	uint64_t history_n;   /* 0 for control messages */
	struct bytes content; /* draft: what to say; control: its Plaintext */
	int64_t created_ms;
	uint64_t submit_counter; /* 0: no attempt yet */
	uint8_t submit_stream[STREAM_BYTES];
	uint32_t attempts;
	int64_t next_attempt_ms;
	struct bytes shared;
	const struct outbox_recipient *recipients;
	size_t recipients_count;
	/* OUTBOX_MANY alone, whose content stays as long as there are any. */
	const struct outbox_waiting *waiting;
	size_t waiting_count;
	struct bytes last_error; /* for people */
	/* OUTBOX_MESSAGE: the history has it signed, and that is sent. */
	bool signed_before;
	bool again; /* it was at the relay, for a device that is gone */
};

/*
 * Takes the next order from the counters when row->order is 0; else replaces
 * that row, whose id and kind stay.
 */
enum status outbox_put(
    struct vault_txn *t, const struct outbox_row *row, uint64_t *order);
enum status outbox_get(struct vault_txn *t, uint64_t order, struct arena *a,
    struct outbox_row *row);
/* OK or NOT_FOUND. */
enum status outbox_has(struct vault_txn *t, uint64_t order);
/* By the id of a message: control rows are not found so. */
enum status outbox_find(
    struct vault_txn *t, const struct message_id *id, uint64_t *order);
/* As history_find_prefix(). */
enum status outbox_find_prefix(
    struct vault_txn *t, const char *hex, uint64_t *order);
/* A row as it was read or put: its order, kind and id say what goes. */
enum status outbox_del(struct vault_txn *t, const struct outbox_row *row);
/* The first row above `after`.  NOT_FOUND past the end. */
enum status outbox_next(struct vault_txn *t, uint64_t after, struct arena *a,
    struct outbox_row *row);
/* The last row below `before`.  NOT_FOUND: none. */
enum status outbox_prev(struct vault_txn *t, uint64_t before, struct arena *a,
    struct outbox_row *row);
enum status outbox_count(struct vault_txn *t, size_t *count);

#endif
