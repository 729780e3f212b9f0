/*
 * history_place.h - between the history's files alone: under which key a row
 * lies, and which keys are to go (docs/storage.md 4.1).
 *
 * A row lies under the key of its bucket; one with a timer, while it has its
 * text, under the key of the hour in which that ends.  When a row leaves a key,
 * or loses its text, what the database holds of its older form still opens with
 * that key, which is therefore noted as dirty.
 */
#ifndef TACIT_STORE_CLIENT_HISTORY_PLACE_H
#define TACIT_STORE_CLIENT_HISTORY_PLACE_H

#include "store/client/history_blocks.h"

enum { HISTORY_HOUR_MS = 60 * 60 * 1000 };

struct history_place {
	enum vault_ring_kind kind; /* BUCKET, HOUR */
	uint64_t number;
};

struct history_place history_place_of(const struct history_entry *e);

/* Where the row lies now.  NOT_FOUND: no such row.  CRYPTO: under no key. */
enum status history_place_now(
    struct vault_txn *t, uint64_t n, struct history_place *place);

static inline bool
history_place_is(const struct history_place *a, const struct history_place *b)
{
	return a->kind == b->kind && a->number == b->number;
}

/* Note that the key of this place has to go at due_ms; 0: as soon as it can. */
enum status history_place_soil(
    struct vault_txn *t, const struct history_place *place, int64_t due_ms);

#endif
