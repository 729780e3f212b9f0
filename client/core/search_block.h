/*
 * search_block.h - the entries of a block, between search's files alone.
 */
#ifndef TACIT_CLIENT_CORE_SEARCH_BLOCK_H
#define TACIT_CLIENT_CORE_SEARCH_BLOCK_H

#include "client/core/search.h"

enum {
	SEARCH_TALK_BYTES = 8, /* of the conversation's hash */
	SEARCH_TEXT_BYTES = 8 * 1024,
};

enum search_flag {
	SEARCH_LOOK = 1, /* its text is not here */
	SEARCH_EDIT = 2, /* it is another entry's text */
};

struct search_entry {
	uint16_t offset; /* in its bucket */
	uint8_t flags;
	uint8_t talk[SEARCH_TALK_BYTES];
	int64_t received_ms;
	struct bytes text; /* folded; borrowed from the block */
};

/* Takes the next entry off *block.  NOT_FOUND: that was all.  CRYPTO. */
enum status search_entry_next(struct bytes *block, struct search_entry *e);

#endif
