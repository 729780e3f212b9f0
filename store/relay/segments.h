/*
 * segments.h - many sealed messages packed into one row.
 *
 * A segment is written once, by the commit that makes its messages durable, and
 * goes as a whole when none of them is wanted any more.  Numbers rise and are
 * never reused.  Which messages are alive is the index's affair (index.h).
 *
 * On disk, all numbers big-endian: format, marks, items, bytes in all (u32
 * each); the marks; the items; the payloads, of which several items may share
 * one.  This interface is all that a log file in place of LMDB would offer.
 */
#ifndef TACIT_STORE_RELAY_SEGMENTS_H
#define TACIT_STORE_RELAY_SEGMENTS_H

#include "proto/message.h"
#include "store/db.h"

/* A submit id that is used up by what stands in this segment. */
struct segment_mark {
	uint32_t slot; /* of the sender */
	uint8_t stream[STREAM_BYTES];
	uint64_t counter;
};

struct segment_item {
	uint32_t slot;        /* of the recipient */
	uint32_t sender_slot; /* 0: the relay itself */
	uint64_t seq;
	int64_t stored_ms;
	uint32_t type;
	uint32_t suite;
	struct bytes payload;
	/* Not stored: */
	bool shared; /* neighbours may have this very payload */
	const struct segment_mark *mark; /* goes along with it; or NULL */
	uint64_t segment;                /* out: where it came to stand */
	uint32_t index;                  /* out: its place there */
};

/* A segment as it was read: borrowed from the transaction. */
struct segment {
	uint32_t marks_count;
	uint32_t items_count;
	struct bytes all;
};

/*
 * Append all items, in order, as segments *next, *next + 1 and so on, of about
 * LIMIT_SEGMENT_BYTES; a bigger payload gets one of its own.  Payloads are read
 * during the call.  *next and the out fields are changed even on failure, after
 * which the caller aborts the transaction.
 */
enum status segments_append(struct db_txn *txn, struct segment_item *items,
    size_t count, uint64_t *next);

/* NOT_FOUND.  IO: also when it is corrupt. */
enum status segments_read(
    struct db_txn *txn, uint64_t number, struct segment *s);
enum status segments_drop(struct db_txn *txn, uint64_t number);

/* Check a row's frame.  Items are checked one by one as they are read. */
enum status segment_parse(struct bytes row, struct segment *s);

/* The i-th of s; i below the counts.  IO: corrupt. */
void segment_mark_at(
    const struct segment *s, uint32_t i, struct segment_mark *mark);
enum status segment_item_at(
    const struct segment *s, uint32_t i, struct segment_item *item);

#endif
