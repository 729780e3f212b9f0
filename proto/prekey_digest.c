/* prekey_digest.c - see prekey_digest.h. */
#include "proto/prekey_digest.h"

#include <assert.h>
#include <sodium.h>

#include "base/bytes.h"

static_assert(HASH_BYTES == crypto_hash_sha256_BYTES);

void
prekeys_digest(struct prekeys list, struct hash *digest)
{
	crypto_hash_sha256_state state;
	uint8_t head[12];

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < list.count; i++) {
		struct bytes key = list.items[i].public_key;

		store_u32(head, list.items[i].type);
		store_u32(head + 4, list.items[i].id);
		store_u32(head + 8, (uint32_t)key.len);
		crypto_hash_sha256_update(&state, head, sizeof(head));
		crypto_hash_sha256_update(&state, key.data, key.len);
	}
	crypto_hash_sha256_final(&state, digest->raw);
}
