#include "base/random.h"

#include <sodium.h>

void
random_bytes(void *out, size_t len)
{
	randombytes_buf(out, len);
}

uint64_t
random_u64(void)
{
	uint64_t v;

	randombytes_buf(&v, sizeof(v));
	return v;
}

uint32_t
random_below(uint32_t bound)
{
	return randombytes_uniform(bound);
}
