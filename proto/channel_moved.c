#include "proto/channel_moved.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/* Framed as in 3.2, though another kind of key signs it. */
static const char purpose[] = "tacit/1/moved";

static enum status
put_field(struct buf *b, struct bytes field)
{
	uint8_t len[4];
	enum status st;

	store_u32(len, (uint32_t)field.len);
	st = buf_put(b, BYTES_OF(len));
	return st == STATUS_OK ? buf_put(b, field) : st;
}

enum status
moved_body(struct bytes link, const struct hash *relay_key, struct buf **body)
{
	struct buf *b = NULL;
	enum status st =
	    buf_new(sizeof(purpose) + HASH_BYTES + 8 + LIMIT_LINK_BYTES, &b);

	if (st == STATUS_OK)
		st = put_field(b, bytes_text(purpose));
	if (st == STATUS_OK)
		st = put_field(b, hash_view(relay_key));
	if (st == STATUS_OK)
		st = buf_put(b, link);
	if (st == STATUS_OK)
		*body = b;
	else
		buf_free(b);
	return st;
}

/* ECDSA with SHA-256 (FIPS 186-5), as the identity signs certificates. */
static enum status
verify(const struct moved_notice *n, struct bytes body)
{
	const unsigned char *der = n->key;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &der, (long)n->key_len);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	enum status st = STATUS_CRYPTO;

	if (key != NULL && context != NULL &&
	    EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(context, n->signature, n->signature_len, body.data,
		body.len) == 1)
		st = STATUS_OK;
	ERR_clear_error();
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return st;
}

enum status
moved_check(const struct moved_notice *n, const struct hash *relay_key)
{
	struct hash key;
	struct buf *body = NULL;
	enum status st;

	hash_bytes(bytes_view(n->key, n->key_len), &key);
	if (!bytes_equal(hash_view(&key), hash_view(relay_key)))
		return STATUS_CRYPTO;
	st = moved_body(bytes_text(n->link), relay_key, &body);
	if (st == STATUS_OK)
		st = verify(n, buf_view(body));
	buf_free(body);
	return st;
}
