/*
 * replay.h - which submit ids of a device are used up (protocol.md 4.7).
 *
 * A device has one current stream.  Of it the relay keeps the highest counter
 * and which of the LIMIT_SUBMIT_WINDOW counters up to it were carried out.
 */
#ifndef TACIT_STORE_RELAY_REPLAY_H
#define TACIT_STORE_RELAY_REPLAY_H

#include "proto/message.h"

enum { REPLAY_WINDOW_BYTES = LIMIT_SUBMIT_WINDOW / 8 };

struct replay {
	bool has_stream;
	uint8_t stream[STREAM_BYTES];
	uint64_t high;
	uint8_t window[REPLAY_WINDOW_BYTES]; /* bit: counter mod the window */
};

/*
 * OK: new.  EXISTS: carried out before.  BAD_INPUT: below the window, or 0.
 * An id of another stream is new: that stream becomes the current one.
 */
enum status replay_check(const struct replay *r,
    const uint8_t stream[STREAM_BYTES], uint64_t counter);

/* Use an id up.  One below the window, or 0, changes nothing. */
void replay_mark(
    struct replay *r, const uint8_t stream[STREAM_BYTES], uint64_t counter);

#endif
