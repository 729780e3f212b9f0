/*
 * receipts.h - who has what (protocol.md 7.5): what devices of others have of
 * our messages, what we owe them word of, and who will never get a message.
 *
 * What we have of theirs stands with the chain of the sender (history.h).  All
 * of it is bounded by conversations and devices, not by messages.
 */
#ifndef TACIT_STORE_CLIENT_RECEIPTS_H
#define TACIT_STORE_CLIENT_RECEIPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/envelope.h"
#include "store/client/vault.h"

/* Numbers of ours that were told of at one time; 0: long ago. */
struct receipt_span {
	uint64_t first;
	uint64_t last;
	int64_t at_ms;
};

enum { RECEIPT_SPANS_MAX = 48 };

/* Rising, none within another. */
struct receipt_spans {
	struct receipt_span items[RECEIPT_SPANS_MAX];
	size_t count;
};

/*
 * What was not told before is added, as of at_ms.  Times before forget_ms are
 * forgotten, and where there are too many spans the oldest times, and in the
 * end the lowest numbers.
 */
void receipt_spans_add(struct receipt_spans *spans, const struct ranges *told,
    int64_t at_ms, int64_t forget_ms);
/* Whether a number was told of; at_ms is written only then, 0: long ago. */
bool receipt_spans_find(
    const struct receipt_spans *spans, uint64_t seq, int64_t *at_ms);

/*
 * What the devices of one account have of our messages in one conversation:
 * `of` is that account, with the number of the device of ours that wrote them.
 */
struct receipt_state {
	struct receipt_spans delivered;
	struct receipt_spans read;
};
enum status receipt_state_get(/* zeros when there is none */
    struct vault_txn *t, const struct hash *conversation,
    const struct address *of, struct receipt_state *s);
enum status receipt_state_put(struct vault_txn *t,
    const struct hash *conversation, const struct address *of,
    const struct receipt_state *s);

/*
 * A receipt that is owed to a device.  It stays until the relay has it: `row`
 * is the row of the outbox that is on its way, and `again` says that there is
 * more to tell since.
 */
struct receipt_due {
	struct address to;
	struct sign_public account_key; /* whose messages they were */
	bool direct;                    /* of the talk between the two */
	struct hash groups[LIMIT_RECEIPT_TALKS - 1];
	size_t groups_count;
	uint64_t row; /* 0: none */
	bool again;
	int64_t not_before_ms;
};
/* NOT_FOUND, CRYPTO, NOMEM, IO. */
enum status receipt_due_get(
    struct vault_txn *t, const struct address *to, struct receipt_due *d);
enum status receipt_due_put(struct vault_txn *t, const struct receipt_due *d);
enum status receipt_due_del(struct vault_txn *t, const struct address *to);
enum status receipt_due_count(struct vault_txn *t, size_t *count);
/* Calls back for each, in no order; stops at the first status but OK. */
enum status receipt_due_each(struct vault_txn *t,
    enum status (*each)(const struct receipt_due *d, void *arg), void *arg);

/* Why somebody will not get a message of ours. */
enum receipt_loss {
	RECEIPT_REFUSED = 1, /* a full mailbox, or a key that changed */
	RECEIPT_EXPIRED,
	RECEIPT_ACCOUNT_REMOVED,
};
enum status receipt_loss_put(struct vault_txn *t, const struct message_id *id,
    const struct account_name *who, enum receipt_loss why);
enum status receipt_loss_get(/* NOT_FOUND: none is known */
    struct vault_txn *t, const struct message_id *id,
    const struct account_name *who, enum receipt_loss *why);

#endif
