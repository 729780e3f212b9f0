/*
 * audience.h - to whom the last message to a group went: every device that has
 * our sender key, as recipients of the next one.
 *
 * It saves opening a contact, a session and a mark for each of a thousand
 * members.  It is true for one head of the log and one key, and forgotten, in
 * the same transaction, when any contact is written or a mark of who has our
 * key (contacts.c, sender_keys.c do that themselves).
 */
#ifndef TACIT_STORE_CLIENT_AUDIENCE_H
#define TACIT_STORE_CLIENT_AUDIENCE_H

#include "store/client/outbox.h"

struct audience {
	uint64_t length; /* of the log, and its head */
	struct hash head;
	uint32_t key_id; /* of our sender key, which all of them have */
	const struct outbox_recipient *recipients; /* without payloads */
	size_t count;
};

/* Borrows from the arena.  NOT_FOUND: none, or it is not true any more. */
enum status audience_get(struct vault_txn *t, const struct hash *group,
    struct arena *a, struct audience *audience);
enum status audience_put(struct vault_txn *t, const struct hash *group,
    const struct audience *audience);
enum status audience_forget_all(struct vault_txn *t);

#endif
