/* link: tacit_proto */
/*
 * Device lists.  The codec below the signature is fuzzed too: no mutation gets
 * past Ed25519.
 */
#include <assert.h>
#include <stdlib.h>

#include "proto/codec_devices.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_view(data, size);
	struct device_list first, second;
	struct arena *a = NULL;
	struct buf *out = NULL;

	if (arena_new(LIMIT_ARENA_BYTES, &a) != STATUS_OK ||
	    buf_new(LIMIT_ARENA_BYTES, &out) != STATUS_OK)
		abort();
	if (codec_get_device_list(input, a, &first) == STATUS_OK) {
		if (codec_put_device_list(&first, a, out) != STATUS_OK ||
		    codec_get_device_list(buf_view(out), a, &second) !=
			STATUS_OK)
			abort();
		assert(second.version == first.version &&
		       second.devices_count == first.devices_count);
	}
	if (device_list_open((struct signed_list){ input,
				 bytes_head(input, SIGN_SIGNATURE_BYTES) },
		&first) == STATUS_OK)
		abort(); /* nobody signed that */
	buf_free(out);
	arena_free(a);
	return 0;
}
