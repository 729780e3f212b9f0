#include "proto/sign.h"

#include <assert.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdbool.h>

#include "base/wipe.h"

static_assert(SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES);
static_assert(SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES);
static_assert(SIGN_SIGNATURE_BYTES == crypto_sign_BYTES);
static_assert(HASH_BYTES == crypto_hash_sha256_BYTES);

static struct bytes
purpose_text(enum sign_purpose purpose)
{
	switch (purpose) {
	case SIGN_DEVICE_LIST:
		return BYTES("tacit/1/device-list");
	case SIGN_REGISTER:
		return BYTES("tacit/1/register");
	case SIGN_AUTHENTICATE:
		return BYTES("tacit/1/authenticate");
	case SIGN_MESSAGE:
		return BYTES("tacit/1/message");
	case SIGN_GROUP_ENTRY:
		return BYTES("tacit/1/group-entry");
	case SIGN_SENDER_KEY:
		return BYTES("tacit/1/sender-key");
	case SIGN_REMOVE_ACCOUNT:
		return BYTES("tacit/1/remove-account");
	case SIGN_REPLACE_DEVICES:
		return BYTES("tacit/1/replace-devices");
	case SIGN_RECOVER:
		return BYTES("tacit/1/recover");
	}
	assert(false && "a purpose without a name");
	return BYTES_NONE;
}

void
sign_generate(struct sign_public *public, struct sign_secret *secret)
{
	crypto_sign_keypair(public->raw, secret->raw);
}

void
sign_secret_clear(struct sign_secret *secret)
{
	wipe(secret, sizeof(*secret));
}

/* What is signed: purpose, context fields, body (protocol.md 3.2). */
static enum status
join(enum sign_purpose purpose, const struct bytes *context,
    size_t context_count, struct bytes body, struct buf **joined)
{
	struct buf *b = NULL;
	enum status st = buf_new(SIZE_MAX, &b);

	if (st == STATUS_OK)
		st = buf_put_field(b, purpose_text(purpose));
	for (size_t i = 0; st == STATUS_OK && i < context_count; i++)
		st = buf_put_field(b, context[i]);
	if (st == STATUS_OK)
		st = buf_put(b, body);
	if (st != STATUS_OK) {
		buf_free(b);
		return STATUS_NOMEM;
	}
	*joined = b;
	return STATUS_OK;
}

enum status
sign_body(const struct sign_secret *secret, enum sign_purpose purpose,
    const struct bytes *context, size_t context_count, struct bytes body,
    struct signature *signature)
{
	struct buf *joined = NULL;
	enum status st = join(purpose, context, context_count, body, &joined);
	struct bytes v;

	if (st != STATUS_OK)
		return st;
	v = buf_view(joined);
	/* Ed25519, RFC 8032; it has no way to fail. */
	crypto_sign_detached(signature->raw, NULL, v.data, v.len, secret->raw);
	buf_free(joined);
	return STATUS_OK;
}

enum status
sign_verify(const struct sign_public *public, enum sign_purpose purpose,
    const struct bytes *context, size_t context_count, struct bytes body,
    struct bytes signature)
{
	struct buf *joined = NULL;
	enum status st;
	struct bytes v;

	if (signature.len != SIGN_SIGNATURE_BYTES)
		return STATUS_CRYPTO;
	st = join(purpose, context, context_count, body, &joined);
	if (st != STATUS_OK)
		return st;
	v = buf_view(joined);
	if (crypto_sign_verify_detached(
		signature.data, v.data, v.len, public->raw) != 0)
		st = STATUS_CRYPTO;
	buf_free(joined);
	return st;
}

void
hash_bytes(struct bytes from, struct hash *out)
{
	/* OpenSSL's uses the processor's own rounds: 3 times as fast. */
	if (SHA256(from.data, from.len, out->raw) == NULL)
		crypto_hash_sha256(out->raw, from.data, from.len);
}

struct bytes
hash_view(const struct hash *h)
{
	return BYTES_OF(h->raw);
}
