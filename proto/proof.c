#include "proto/proof.h"

enum { CONTEXT_FIELDS = 5 };

/* Spec 4.2: account, device (u32), relay key, nonce, TLS exporter. */
static void
collect(const struct proof_context *from, uint8_t device[4],
    struct bytes fields[CONTEXT_FIELDS])
{
	store_u32(device, from->who.device);
	fields[0] = account_name_bytes(&from->who.account);
	fields[1] = bytes_view(device, 4);
	fields[2] = hash_view(&from->relay_key);
	fields[3] = BYTES_OF(from->nonce);
	fields[4] = BYTES_OF(from->exporter);
}

enum status
proof_make(const struct proof_context *context, enum sign_purpose purpose,
    struct bytes body, const struct sign_secret *secret,
    struct signature *proof)
{
	struct bytes fields[CONTEXT_FIELDS];
	uint8_t device[4];

	collect(context, device, fields);
	return sign_body(secret, purpose, fields, CONTEXT_FIELDS, body, proof);
}

enum status
proof_check(const struct proof_context *context, enum sign_purpose purpose,
    struct bytes body, const struct sign_public *key, struct bytes proof)
{
	struct bytes fields[CONTEXT_FIELDS];
	uint8_t device[4];

	collect(context, device, fields);
	return sign_verify(key, purpose, fields, CONTEXT_FIELDS, body, proof);
}
