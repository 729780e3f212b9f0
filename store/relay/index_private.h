/* index_private.h - the inside of index.h, for index.c and index_load.c. */
#ifndef TACIT_STORE_RELAY_INDEX_PRIVATE_H
#define TACIT_STORE_RELAY_INDEX_PRIVATE_H

/* uthash otherwise ends the program when memory is short. */
#define HASH_NONFATAL_OOM 1

#include <sodium.h>
#include <uthash.h>

#include "base/random.h"
#include "store/relay/index.h"

struct account_handle {
	struct account account;
	bool buried; /* among the estates, not the accounts */
	struct account_handle *next_estate;
	UT_hash_handle hh;
};

struct gone_slot {
	uint32_t slot;
	struct address who;
};

struct index {
	struct journal *journal;
	struct account_handle *accounts;
	unsigned char hash_key[crypto_shorthash_KEYBYTES];
	struct mailbox **slots; /* by slot; NULL: none */
	size_t slots_cap;
	uint64_t items;
	struct mailbox *dirty_first;
	struct mailbox *dirty_last;
	size_t dirty;
	uint64_t dirty_newest;
	struct account_handle *estates;
	struct gone_slot *gone; /* by rising slot */
	size_t gone_len;
	size_t gone_cap;
};

enum status index_new(struct journal *j, struct index **x);

void index_free_account(struct account_handle *h);

/* Make room for this slot; the lock is held.  NOMEM. */
enum status index_reserve_slot(struct index *x, uint32_t slot);

/* An entry that was taken out of this mailbox. */
void index_release(
    struct index *x, struct mailbox *m, const struct queue_entry *e);

#endif
