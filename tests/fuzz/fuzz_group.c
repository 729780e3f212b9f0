/* link: tacit_proto */
/* Entries of membership logs: what decodes, encodes and decodes again. */
#include <assert.h>
#include <stdlib.h>

#include "proto/group.h"
#include "tests/fuzz/fuzz.h"

static void
try_body(struct bytes input, struct arena *a, struct buf *out)
{
	struct group_entry_body first, second;

	if (group_get_body(input, a, &first) != STATUS_OK)
		return;
	if (group_put_body(&first, out) != STATUS_OK ||
	    buf_len(out) > LIMIT_CHAIN_ENTRY_BYTES)
		return; /* an all-zero nonce, or a sloppily packed input */
	if (group_get_body(buf_view(out), a, &second) == STATUS_OK)
		assert(second.index == first.index &&
		       second.members_count == first.members_count &&
		       bytes_equal(second.name, first.name));
}

static void
try_outer(struct bytes input, struct arena *a, struct buf *out)
{
	struct group_entry e, e2;
	struct sealed_entry s, s2;

	buf_clear(out);
	if (group_get_entry(input, a, &e) == STATUS_OK &&
	    (group_put_entry(&e, out) != STATUS_OK ||
		group_get_entry(buf_view(out), a, &e2) != STATUS_OK))
		abort();
	buf_clear(out);
	if (group_get_sealed(input, a, &s) == STATUS_OK &&
	    (group_put_sealed(&s, out) != STATUS_OK ||
		group_get_sealed(buf_view(out), a, &s2) != STATUS_OK))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_view(data, size);
	struct arena *a = NULL;
	struct buf *out = NULL;

	if (arena_new(16 * LIMIT_ARENA_BYTES, &a) != STATUS_OK ||
	    buf_new(2 * LIMIT_CHAIN_ENTRY_BYTES, &out) != STATUS_OK)
		abort();
	try_body(input, a, out);
	try_outer(input, a, out);
	buf_free(out);
	arena_free(a);
	return 0;
}
