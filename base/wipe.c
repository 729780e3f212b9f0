#include "base/wipe.h"

#include <sodium.h>

void
wipe(void *secret, size_t len)
{
	if (len > 0)
		sodium_memzero(secret, len);
}

bool
equal_ct(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       (a.len == 0 || sodium_memcmp(a.data, b.data, a.len) == 0);
}
