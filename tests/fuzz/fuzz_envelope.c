/* link: tacit_proto */
/* What devices say to each other: what decodes, encodes and decodes again. */
#include <assert.h>
#include <stdlib.h>

#include "proto/envelope.h"
#include "tests/fuzz/fuzz.h"

static void
try_plaintext(struct bytes input, struct arena *a, struct buf *out)
{
	struct plaintext first, second;

	if (envelope_get_plaintext(input, a, &first) != STATUS_OK)
		return;
	if (envelope_put_plaintext(&first, out) != STATUS_OK ||
	    envelope_get_plaintext(buf_view(out), a, &second) != STATUS_OK)
		abort();
	assert(second.kind == first.kind && second.counter == first.counter);
}

static void
try_group_plaintext(struct bytes input, struct arena *a, struct buf *out)
{
	struct group_plaintext first, second;

	buf_clear(out);
	if (envelope_get_group_plaintext(input, a, &first) != STATUS_OK)
		return;
	if (envelope_put_group_plaintext(&first, out) != STATUS_OK ||
	    envelope_get_group_plaintext(buf_view(out), a, &second) !=
		STATUS_OK)
		abort();
	assert(second.list_version == first.list_version);
}

static void
try_bodies(struct bytes input, struct arena *a, struct buf *out)
{
	struct message_body m, m2;
	struct sender_key_body k, k2;

	buf_clear(out);
	if (envelope_get_message_body(input, a, &m) == STATUS_OK &&
	    (envelope_put_message_body(&m, out) != STATUS_OK ||
		envelope_get_message_body(buf_view(out), a, &m2) != STATUS_OK))
		abort();
	buf_clear(out);
	if (envelope_get_sender_key_body(input, a, &k) == STATUS_OK &&
	    (envelope_put_sender_key_body(&k, out) != STATUS_OK ||
		envelope_get_sender_key_body(buf_view(out), a, &k2) !=
		    STATUS_OK))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_view(data, size);
	struct arena *a = NULL;
	struct buf *out = NULL;

	if (arena_new(16 * LIMIT_ARENA_BYTES, &a) != STATUS_OK ||
	    buf_new(2 * LIMIT_PLAINTEXT_BYTES, &out) != STATUS_OK)
		abort();
	try_plaintext(input, a, out);
	try_group_plaintext(input, a, out);
	try_bodies(input, a, out);
	buf_free(out);
	arena_free(a);
	return 0;
}
