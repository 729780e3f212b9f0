/* link: tacit_proto */
/* Replies as a client reads them: what decodes, encodes again and decodes once
 * more. */
#include <assert.h>
#include <stdlib.h>

#include "proto/codec.h"
#include "proto/limits.h"
#include "tests/fuzz/fuzz.h"

/* The frame that codec_put_reply() makes, without its length. */
static void
check_again(const struct reply *first, struct arena *a)
{
	struct reply second;
	struct buf *out = NULL;
	uint64_t id = 0;

	if (buf_new(2 * LIMIT_MESSAGE_BYTES, &out) != STATUS_OK)
		abort();
	if (codec_put_reply(first, out) != STATUS_OK)
		abort();
	/* In parts it would need a frame reader: fuzz_frame.c does that. */
	if (buf_len(out) <= LIMIT_FRAME_BYTES) {
		struct bytes body = bytes_tail(buf_view(out), 4);

		if (codec_get_reply(body, a, &second, &id) != STATUS_OK)
			abort();
		assert(id == first->id && second.kind == first->kind);
	}
	buf_free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = NULL;
	struct reply r;
	uint64_t id;

	if (arena_new(16 * LIMIT_ARENA_BYTES, &a) != STATUS_OK)
		abort();
	if (codec_get_reply(bytes_view(data, size), a, &r, &id) == STATUS_OK)
		check_again(&r, a);
	arena_free(a);
	return 0;
}
