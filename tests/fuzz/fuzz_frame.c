/* link: tacit_proto */
/*
 * A byte stream cut into messages.  The first byte says how many bytes arrive
 * at a time; however they are cut, the same messages have to come out.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "proto/limits.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	size_t messages;
	size_t bytes;
	enum status end;
};

static void
take_all(struct frame_reader *f, struct seen *seen)
{
	struct bytes body;

	for (;;) {
		seen->end = frame_reader_next(f, &body);
		if (seen->end != STATUS_OK)
			return;
		assert(body.len > 0 && body.len <= LIMIT_MESSAGE_BYTES);
		seen->messages++;
		seen->bytes += body.len;
	}
}

static struct seen
feed(struct bytes stream, size_t step)
{
	struct seen seen = { .end = STATUS_AGAIN };
	struct frame_reader *f = NULL;

	if (frame_reader_new(LIMIT_MESSAGE_BYTES, &f) != STATUS_OK)
		abort();
	while (stream.len > 0 && seen.end == STATUS_AGAIN) {
		uint8_t *room;
		size_t len;

		if (frame_reader_room(f, &room, &len) != STATUS_OK)
			abort();
		len = len < step ? len : step;
		len = len < stream.len ? len : stream.len;
		memcpy(room, stream.data, len);
		frame_reader_filled(f, len);
		stream = bytes_tail(stream, len);
		take_all(f, &seen);
	}
	frame_reader_free(f);
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes stream = bytes_tail(bytes_view(data, size), 1);
	struct seen cut, whole;

	if (stream.len == 0)
		return 0;
	cut = feed(stream, (size_t)data[0] + 1);
	whole = feed(stream, SIZE_MAX);
	assert(cut.messages == whole.messages && cut.bytes == whole.bytes &&
	       cut.end == whole.end);
	return 0;
}
