#include "relay/identity_moved.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "relay/file.h"

enum { PEM_MAX_BYTES = 64 * 1024 };

static enum status
failed(const char *step)
{
	ERR_clear_error();
	log_event(LOG_LEVEL_ERROR, "moved-to", "step=%s", step);
	return STATUS_IO;
}

static enum status
read_key(const char *dir, EVP_PKEY **key)
{
	struct buf *pem = NULL;
	enum status st = file_read(dir, "identity.key", PEM_MAX_BYTES, &pem);
	BIO *bio;

	if (st != STATUS_OK)
		return failed("read-key");
	bio = BIO_new_mem_buf(buf_view(pem).data, (int)buf_len(pem));
	*key =
	    bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	buf_free(pem);
	return *key != NULL ? STATUS_OK : failed("read-key");
}

static enum status
put_key(EVP_PKEY *key, struct moved_notice *n)
{
	unsigned char *to = n->key;
	int len = i2d_PUBKEY(key, NULL);

	if (len <= 0 || len > MOVED_KEY_BYTES || i2d_PUBKEY(key, &to) != len)
		return failed("key");
	n->key_len = (size_t)len;
	return STATUS_OK;
}

static enum status
sign(EVP_PKEY *key, struct bytes body, struct moved_notice *n)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t len = sizeof(n->signature);
	enum status st = STATUS_OK;

	if (context == NULL ||
	    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(context, n->signature, &len, body.data, body.len) !=
		1)
		st = failed("sign");
	n->signature_len = len;
	EVP_MD_CTX_free(context);
	return st;
}

enum status
identity_sign_moved(const char *dir, const struct identity *id,
    const char *link, struct moved_notice *n)
{
	struct moved_notice made = { .key_len = 0 };
	EVP_PKEY *key = NULL;
	struct buf *body = NULL;
	enum status st = STATUS_OK;

	if (link[0] != '\0') {
		snprintf(made.link, sizeof(made.link), "%s", link);
		st = read_key(dir, &key);
		if (st == STATUS_OK)
			st = put_key(key, &made);
		if (st == STATUS_OK)
			st = moved_body(bytes_text(link), &id->pin, &body);
		if (st == STATUS_OK)
			st = sign(key, buf_view(body), &made);
	}
	if (st == STATUS_OK)
		*n = made;
	buf_free(body);
	EVP_PKEY_free(key);
	return st;
}
