/* link: tacit_proto */
/* Notes of the relay: what decodes, encodes again and decodes once more. */
#include <assert.h>
#include <stdlib.h>

#include "proto/codec.h"
#include "proto/limits.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay_note first, second;
	struct arena *a = NULL;
	struct buf *out = NULL;

	if (arena_new(LIMIT_ARENA_BYTES, &a) != STATUS_OK ||
	    buf_new(LIMIT_ITEM_BYTES, &out) != STATUS_OK)
		abort();
	if (codec_get_note(bytes_view(data, size), a, &first) == STATUS_OK) {
		if (codec_put_note(&first, out) != STATUS_OK ||
		    codec_get_note(buf_view(out), a, &second) != STATUS_OK)
			abort();
		assert(second.code == first.code &&
		       address_equal(&second.to, &first.to));
	}
	buf_free(out);
	arena_free(a);
	return 0;
}
