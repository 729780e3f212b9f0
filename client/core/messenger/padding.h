/*
 * padding.h - plaintexts in buckets, so that a length says little
 * (protocol.md 7.2): 0x80, then zeros, up to 160 bytes, then powers of two to
 * 4096, then multiples of 4096.
 */
#ifndef TACIT_CLIENT_CORE_PADDING_H
#define TACIT_CLIENT_CORE_PADDING_H

#include "base/bytes.h"
#include "base/status.h"

/* Pad in place.  FULL: the buffer's ceiling.  NOMEM. */
enum status padding_add(struct buf *plaintext);

/* BAD_INPUT: not padded so; *inner borrows from padded. */
enum status padding_strip(struct bytes padded, struct bytes *inner);

#endif
