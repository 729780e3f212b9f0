/* id_prefix.h - the start of a message id as people type it.  Private. */
#ifndef TACIT_STORE_CLIENT_ID_PREFIX_H
#define TACIT_STORE_CLIENT_ID_PREFIX_H

#include <stdbool.h>

#include "proto/envelope.h"

enum { ID_PREFIX_INDEX_BYTES = LIMIT_ID_PREFIX_DIGITS / 2 }; /* in each */

struct id_prefix {
	char digits[2 * MESSAGE_ID_BYTES + 1];
	uint8_t start[ID_PREFIX_INDEX_BYTES];
};

/* BAD_INPUT: not 8 to 32 lower-case hex digits. */
enum status id_prefix_parse(const char *hex, struct id_prefix *p);
bool id_prefix_fits(const struct id_prefix *p, const struct message_id *id);

#endif
