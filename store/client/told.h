/*
 * told.h - which states of our messages the user was told of, while more may
 * come; and where something has changed since (docs/json.md, `state`).
 *
 * Bounded: of the messages that are still on their way the newest TOLD_MAX are
 * kept, and one row for each conversation with news.
 */
#ifndef TACIT_STORE_CLIENT_TOLD_H
#define TACIT_STORE_CLIENT_TOLD_H

#include "store/client/history.h"

enum { TOLD_MAX = 4096 };

struct told {
	uint64_t n;               /* of the message in the history */
	struct hash conversation; /* what the history files it under */
	enum message_state state; /* told last */
	uint64_t call;            /* which call of the library made it */
	int64_t changed_ms;       /* its own state, last; 0: not since */
};

/* Insert, or replace the row of that n.  Makes room by dropping the oldest. */
enum status told_put(struct vault_txn *t, const struct told *row);
enum status told_get(struct vault_txn *t, uint64_t n, struct told *row);
enum status told_del(struct vault_txn *t, uint64_t n); /* NOT_FOUND is OK */
/* The first above `after`.  NOT_FOUND past the end. */
enum status told_next(struct vault_txn *t, uint64_t after, struct told *row);

/* Something may have changed in a conversation: as of at_ms. */
struct told_news {
	struct hash conversation;
	uint64_t serial; /* rises with each change */
	int64_t at_ms;
};
enum status told_note_news(
    struct vault_txn *t, const struct hash *conversation, int64_t at_ms);
/* At most `max` of them, in no order. */
enum status told_list_news(
    struct vault_txn *t, struct told_news *news, size_t max, size_t *count);
/* They were looked at: gone, unless there has been more since. */
enum status told_end_news(struct vault_txn *t, const struct told_news *seen);

#endif
