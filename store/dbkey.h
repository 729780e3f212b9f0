/* dbkey.h - big-endian keys: byte order is number order, hence queue order. */
#ifndef TACIT_STORE_DBKEY_H
#define TACIT_STORE_DBKEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { DBKEY_BYTES = 64 };

struct dbkey {
	uint8_t raw[DBKEY_BYTES];
	size_t len;
};

/* A key that begins with these bytes; more than DBKEY_BYTES is a bug. */
struct dbkey dbkey_bytes(struct bytes prefix);
struct dbkey dbkey_u32(uint32_t v);

/* Append a further part. */
void dbkey_add_u8(struct dbkey *k, uint8_t v);
void dbkey_add_u32(struct dbkey *k, uint32_t v);
void dbkey_add_u64(struct dbkey *k, uint64_t v);

struct bytes dbkey_view(const struct dbkey *k); /* borrowed */

#endif
