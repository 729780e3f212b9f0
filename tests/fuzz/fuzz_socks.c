/* link: tacit_client */
/* A SOCKS5 proxy that says anything, in pieces of any size. */
#include <assert.h>
#include <string.h>

#include "client/core/uplink/socks.h"
#include "tests/fuzz/fuzz.h"

/* The first byte says how the pieces are cut and whether there is a login. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy via = { .host = "127.0.0.1", .port = 1 };
	enum status st = STATUS_AGAIN;
	struct bytes left;
	struct socks s;
	size_t step;

	if (size == 0)
		return 0;
	step = 1 + (data[0] & 0x7f);
	if ((data[0] & 0x80) != 0) {
		memcpy(via.user, "u", 2);
		memcpy(via.password, "p", 2);
	}
	left = bytes_view(data + 1, size - 1);
	socks_begin(&s, &via, "relay.example", 4433);
	while (st == STATUS_AGAIN && left.len > 0) {
		size_t len;

		socks_sent(&s, socks_output(&s).len);
		len = socks_wants(&s);
		assert(len > 0); /* or a client would wait for ever */
		if (len > step)
			len = step;
		if (len > left.len)
			len = left.len;
		st = socks_take(&s, bytes_head(left, len));
		left = bytes_tail(left, len);
	}
	if (st != STATUS_AGAIN)
		assert(socks_wants(&s) == 0 && socks_output(&s).len == 0);
	socks_clear(&s);
	return 0;
}
