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
	UT_hash_handle hh;
};

struct gone_slot {
	uint32_t slot;
	struct address who;
};

struct index {
	struct account_handle *accounts;
	unsigned char hash_key[crypto_shorthash_KEYBYTES];
	struct mailbox **slots; /* by slot; NULL: none */
	size_t slots_cap;
	struct segment_use *segments; /* by rising order */
	size_t segments_len;
	size_t segments_cap;
	size_t forgotten;
	size_t dead;
	uint64_t next_segment;
	uint64_t items;
	struct mailbox *unsaved_first;
	struct mailbox *unsaved_last;
	size_t unsaved;
	struct gone_slot *gone; /* by rising slot */
	size_t gone_len;
	size_t gone_cap;
};

enum status index_new(struct index **x);

void index_free_account(struct account_handle *h);

/* An entry that was taken out of a mailbox with these lanes. */
void index_release(
    struct index *x, const struct queue_entry *e, struct lane *lanes);

/* The use of a segment, begun as the last one if it is not there yet. */
struct segment_use *index_begin_segment(struct index *x, uint64_t number);

#endif
