#include "store/relay/replay.h"

#include <string.h>

static bool
replay_is_current(const struct replay *r, const uint8_t stream[STREAM_BYTES])
{
	return r->has_stream && memcmp(r->stream, stream, STREAM_BYTES) == 0;
}

static uint8_t
replay_bit(uint64_t counter)
{
	return (uint8_t)(1u << (counter % 8));
}

static size_t
replay_byte(uint64_t counter)
{
	return (size_t)(counter % LIMIT_SUBMIT_WINDOW) / 8;
}

enum status
replay_check(const struct replay *r, const uint8_t stream[STREAM_BYTES],
    uint64_t counter)
{
	if (counter == 0)
		return STATUS_BAD_INPUT;
	if (!replay_is_current(r, stream) || counter > r->high)
		return STATUS_OK;
	if (r->high - counter >= LIMIT_SUBMIT_WINDOW)
		return STATUS_BAD_INPUT;
	return r->window[replay_byte(counter)] & replay_bit(counter)
		   ? STATUS_EXISTS
		   : STATUS_OK;
}

void
replay_mark(
    struct replay *r, const uint8_t stream[STREAM_BYTES], uint64_t counter)
{
	if (!replay_is_current(r, stream)) {
		*r = (struct replay){ .has_stream = true };
		memcpy(r->stream, stream, STREAM_BYTES);
	}
	if (replay_check(r, stream, counter) != STATUS_OK)
		return;
	if (counter > r->high) {
		if (counter - r->high >= LIMIT_SUBMIT_WINDOW)
			memset(r->window, 0, sizeof(r->window));
		else
			for (uint64_t c = r->high + 1; c < counter; c++)
				r->window[replay_byte(c)] &=
				    (uint8_t)~replay_bit(c);
		r->high = counter;
	}
	r->window[replay_byte(counter)] |= replay_bit(counter);
}
