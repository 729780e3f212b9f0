#include "client/core/messenger/signing.h"

enum { CONTEXT_FIELDS = 4 };

/* Spec 7.3: who says it, by which key and device, in which conversation. */
struct sign_context {
	uint8_t device[4];
	struct bytes fields[CONTEXT_FIELDS];
};

static void
context_fill(struct sign_context *c, const struct signer *by)
{
	store_u32(c->device, by->device);
	c->fields[0] = account_name_bytes(by->account);
	c->fields[1] = BYTES_OF(*by->account_key);
	c->fields[2] = BYTES_OF(c->device);
	c->fields[3] = hash_view(by->conversation);
}

enum status
signing_digest(struct bytes salt, struct bytes content, struct hash *digest)
{
	struct buf *joined = NULL;
	enum status st = buf_new(salt.len + content.len, &joined);

	if (st == STATUS_OK)
		st = buf_put(joined, salt);
	if (st == STATUS_OK)
		st = buf_put(joined, content);
	if (st == STATUS_OK)
		hash_bytes(buf_view(joined), digest);
	buf_free(joined);
	return st;
}

enum status
signing_sign(const struct signer *by, const struct sign_secret *device_secret,
    struct bytes body, struct signature *signature)
{
	struct sign_context context;

	context_fill(&context, by);
	return sign_body(device_secret, SIGN_MESSAGE, context.fields,
	    CONTEXT_FIELDS, body, signature);
}

enum status
signing_verify(const struct signer *by, const struct sign_public *device_key,
    struct bytes body, struct bytes signature)
{
	struct sign_context context;

	context_fill(&context, by);
	return sign_verify(device_key, SIGN_MESSAGE, context.fields,
	    CONTEXT_FIELDS, body, signature);
}
