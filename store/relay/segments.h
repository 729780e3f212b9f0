/*
 * segments.h - many sealed messages packed into one piece of the journal.
 *
 * A segment is what one commit appends (journal.h).  It says which submits are
 * carried out by it and which items they left in which mailboxes; the payloads
 * lie behind their items.  Which of them are still wanted is the index's affair
 * (index.h).
 *
 * On disk, all numbers big-endian:
 *
 *   header   magic, format (u32 each), number (u64), bytes in all, submits,
 *            items, zero (u32 each), checksum (16 bytes)
 *   submits  sender slot, flags, length of the return handle (u32 each),
 *            counter (u64), stream (8 bytes), return handle
 *   items    slot, sender slot (u32 each), seq, stored at (u64 each), type,
 *            suite, place of the submit or 0, place of the payload, its length,
 *            zero (u32 each), then the payload unless an earlier item has it
 *
 * Places are offsets in the file, so that whoever knows where an item lies
 * finds everything that belongs to it.  The checksum is SipHash-2-4 with 128
 * bits (Aumasson and Bernstein) under a key that belongs to one life of one
 * file, over everything with the checksum itself as zeros: bytes of an earlier
 * life, or such as a sender made up, are never taken for a segment.
 */
#ifndef TACIT_STORE_RELAY_SEGMENTS_H
#define TACIT_STORE_RELAY_SEGMENTS_H

#include "base/status.h"
#include "proto/message.h"

enum {
	SEGMENT_HEAD_BYTES = 48,
	SEGMENT_ITEM_BYTES = 48,
	SEGMENT_SUBMIT_BYTES = 28, /* and the return handle */
	SEGMENT_SUBMIT_MAX = SEGMENT_SUBMIT_BYTES + LIMIT_RETURN_HANDLE_BYTES,
	SEGMENT_KEY_BYTES = 16,
	SEGMENT_SUM_BYTES = 16,
};

struct segment_key {
	uint8_t raw[SEGMENT_KEY_BYTES];
};

/* A submit of which something stands in this segment. */
struct segment_submit {
	uint32_t slot; /* of the sender */
	uint8_t stream[STREAM_BYTES];
	uint64_t counter; /* 0: none that items are to name */
	struct bytes return_handle;
	/*
	 * Not what used the id up: an item that was copied from another segment
	 * brought it along, so that its sender can be told of its end.
	 */
	bool is_copy;
	uint32_t place;        /* out: where it came to stand */
	uint32_t shared_place; /* out: of the payload for many; 0: none yet */
};

struct segment_item {
	uint32_t slot;        /* of the recipient */
	uint32_t sender_slot; /* 0: the relay itself */
	uint64_t seq;
	int64_t stored_ms;
	uint32_t type;
	uint32_t suite;
	struct bytes payload;
	uint32_t submit_place;         /* when it was read; 0: none */
	struct segment_submit *submit; /* when it is written; or NULL */
	bool shared;    /* its payload is that of all such items of submit */
	uint32_t place; /* out: where it came to stand */
};

/* What one more of them adds to a segment. */
size_t segment_submit_bytes(const struct segment_submit *submit);
size_t segment_item_bytes(const struct segment_item *item, bool has_payload);

struct segment_plan {
	uint64_t number;
	uint32_t place; /* of the segment in its file */
	struct segment_submit **submits;
	size_t submits_count;
	struct segment_item *items;
	size_t items_count;
};

/*
 * Lay it out in `room`, which holds the sum of all that was counted above and
 * SEGMENT_HEAD_BYTES.  Gives the bytes that it took.
 */
size_t segment_write(
    const struct segment_plan *plan, const struct segment_key *key, void *room);

/* A segment that was read: borrowed from the bytes it was found in. */
struct segment {
	uint64_t number;
	uint32_t place;
	uint32_t submits_count;
	uint32_t items_count;
	struct bytes all;
};

/* How long a segment that begins so says it is; 0: none begins so. */
size_t segment_size(struct bytes head);

/*
 * Whether these are the bytes of a segment at `place` of its file.  The
 * checksum is set to zeros in passing.
 */
bool segment_check(uint8_t *bytes, size_t len, uint32_t place,
    const struct segment_key *key, struct segment *s);

/*
 * Add `by` to the sequence number of every item of a segment whose own bytes
 * these are, and give it its checksum again.  IO: it lies about its inside
 * (logged).
 */
enum status segment_shift(uint8_t *bytes, const struct segment *s,
    const struct segment_key *key, uint64_t by);

/* Walks a segment: all submits first, then all items. */
struct segment_walk {
	const struct segment *segment;
	size_t at;
	uint32_t submits_left;
	uint32_t items_left;
};

void segment_walk(const struct segment *s, struct segment_walk *walk);

/* NOT_FOUND: there are no more.  IO: it lies about its inside (logged). */
enum status segment_next_submit(
    struct segment_walk *walk, struct segment_submit *submit);
enum status segment_next_item(
    struct segment_walk *walk, struct segment_item *item);

/*
 * The fixed part of an item or of a submit, read alone.  The payload's view
 * has no data: it begins at `payload_place`.  IO: it lies (logged).
 */
enum status segment_item_head(const uint8_t head[SEGMENT_ITEM_BYTES],
    struct segment_item *item, uint32_t *payload_place, size_t *payload_len);
enum status segment_submit_parse(
    struct bytes from, struct segment_submit *submit);

#endif
