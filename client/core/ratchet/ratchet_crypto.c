/* ratchet_crypto.c - see ratchet_crypto.h. */
#include "client/core/ratchet/ratchet_crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/random.h"

enum { HMAC_BYTES = 32, SHA512_BYTES = 64, AES_KEY_BYTES = 32, IV_BYTES = 16 };

struct ratchet_crypto {
	EVP_MAC *hmac;
	EVP_MD *sha512;
	EVP_CIPHER *aes_cbc;
	EVP_MAC_CTX *idle; /* NULL while the library computes with it */
	EVP_CIPHER_CTX *cipher;
};

static int
random_func(uint8_t *data, size_t len, void *user_data)
{
	(void)user_data;
	random_bytes(data, len);
	return SG_SUCCESS;
}

/* HMAC-SHA256, RFC 2104; the digest stays set from one key to the next. */
static EVP_MAC_CTX *
hmac_context_new(struct ratchet_crypto *c)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(c->hmac);

	if (ctx && !EVP_MAC_CTX_set_params(ctx, params)) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static int
hmac_init(void **context, const uint8_t *key, size_t key_len, void *user_data)
{
	static const uint8_t none[1]; /* a NULL key would mean "as before" */
	struct ratchet_crypto *c = user_data;

	/* The library runs cleanup even if this fails: give it something. */
	*context = NULL;
	if (c->idle) {
		*context = c->idle;
		c->idle = NULL;
	} else {
		*context = hmac_context_new(c);
	}
	if (!*context)
		return SG_ERR_NOMEM;
	if (!EVP_MAC_init(*context, key ? key : none, key_len, NULL))
		return SG_ERR_NOMEM;
	return SG_SUCCESS;
}

static int
hmac_update(void *context, const uint8_t *data, size_t len, void *user_data)
{
	(void)user_data;
	return EVP_MAC_update(context, data, len) ? SG_SUCCESS : SG_ERR_NOMEM;
}

static int
hmac_final(void *context, signal_buffer **output, void *user_data)
{
	signal_buffer *made = signal_buffer_alloc(HMAC_BYTES);
	size_t len = 0;

	(void)user_data;
	if (!made)
		return SG_ERR_NOMEM;
	if (!EVP_MAC_final(
		context, signal_buffer_data(made), &len, HMAC_BYTES) ||
	    len != HMAC_BYTES) {
		signal_buffer_free(made);
		return SG_ERR_NOMEM;
	}
	*output = made;
	return SG_SUCCESS;
}

static void
hmac_cleanup(void *context, void *user_data)
{
	struct ratchet_crypto *c = user_data;

	if (!c->idle)
		c->idle = context;
	else
		EVP_MAC_CTX_free(context);
}

/* SHA-512, FIPS 180-4: safety numbers and nothing else. */
static int
sha512_init(void **context, void *user_data)
{
	struct ratchet_crypto *c = user_data;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	*context = NULL;
	if (!ctx || !EVP_DigestInit_ex2(ctx, c->sha512, NULL)) {
		EVP_MD_CTX_free(ctx);
		return SG_ERR_NOMEM;
	}
	*context = ctx;
	return SG_SUCCESS;
}

static int
sha512_update(void *context, const uint8_t *data, size_t len, void *user_data)
{
	(void)user_data;
	return EVP_DigestUpdate(context, data, len) ? SG_SUCCESS : SG_ERR_NOMEM;
}

static int
sha512_final(void *context, signal_buffer **output, void *user_data)
{
	struct ratchet_crypto *c = user_data;
	signal_buffer *made = signal_buffer_alloc(SHA512_BYTES);

	if (!made)
		return SG_ERR_NOMEM;
	/* The library goes on with the same context: begin it anew. */
	if (!EVP_DigestFinal_ex(context, signal_buffer_data(made), NULL) ||
	    !EVP_DigestInit_ex2(context, c->sha512, NULL)) {
		signal_buffer_free(made);
		return SG_ERR_NOMEM;
	}
	*output = made;
	return SG_SUCCESS;
}

static void
sha512_cleanup(void *context, void *user_data)
{
	(void)user_data;
	EVP_MD_CTX_free(context);
}

/*
 * AES-256-CBC with PKCS#7 padding, the only cipher of version 3 sessions and of
 * sender keys.  Authenticity is the library's MAC, checked before.
 */
static int
cipher_run(struct ratchet_crypto *c, int encrypt, const uint8_t *key,
    const uint8_t *iv, const uint8_t *from, size_t from_len,
    signal_buffer **output)
{
	/* Padding adds one block at most. */
	signal_buffer *scratch = signal_buffer_alloc(from_len + IV_BYTES);
	uint8_t *to = signal_buffer_data(scratch);
	int first = 0;
	int last = 0;
	int code = SG_ERR_NOMEM;

	if (!scratch)
		return SG_ERR_NOMEM;
	if (!EVP_CipherInit_ex2(
		c->cipher, c->aes_cbc, key, iv, encrypt, NULL) ||
	    !EVP_CipherUpdate(c->cipher, to, &first, from, (int)from_len))
		goto out;

	/* Wrong padding under a right MAC is the sender's doing. */
	code = SG_ERR_INVALID_MESSAGE;
	if (!EVP_CipherFinal_ex(c->cipher, to + first, &last))
		goto out;
	*output = signal_buffer_n_copy(scratch, (size_t)first + (size_t)last);
	code = *output ? SG_SUCCESS : SG_ERR_NOMEM;
out:
	EVP_CIPHER_CTX_reset(c->cipher);
	signal_buffer_bzero_free(scratch);
	return code;
}

static bool
cipher_is_ours(int cipher, size_t key_len, size_t iv_len, size_t len)
{
	return cipher == SG_CIPHER_AES_CBC_PKCS5 && key_len == AES_KEY_BYTES &&
	       iv_len == IV_BYTES && len <= INT_MAX - IV_BYTES;
}

static int
encrypt_func(signal_buffer **output, int cipher, const uint8_t *key,
    size_t key_len, const uint8_t *iv, size_t iv_len, const uint8_t *from,
    size_t from_len, void *user_data)
{
	if (!cipher_is_ours(cipher, key_len, iv_len, from_len))
		return SG_ERR_UNKNOWN;
	return cipher_run(user_data, 1, key, iv, from, from_len, output);
}

static int
decrypt_func(signal_buffer **output, int cipher, const uint8_t *key,
    size_t key_len, const uint8_t *iv, size_t iv_len, const uint8_t *from,
    size_t from_len, void *user_data)
{
	if (!cipher_is_ours(cipher, key_len, iv_len, from_len))
		return SG_ERR_UNKNOWN;
	return cipher_run(user_data, 0, key, iv, from, from_len, output);
}

enum status
ratchet_crypto_new(struct ratchet_crypto **c)
{
	struct ratchet_crypto *made = calloc(1, sizeof(*made));

	if (!made)
		return STATUS_NOMEM;
	made->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	made->sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
	made->aes_cbc = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	made->cipher = EVP_CIPHER_CTX_new();
	if (made->hmac)
		made->idle = hmac_context_new(made);
	if (!made->sha512 || !made->aes_cbc || !made->cipher || !made->idle) {
		ratchet_crypto_free(made);
		return STATUS_NOMEM;
	}
	*c = made;
	return STATUS_OK;
}

void
ratchet_crypto_free(struct ratchet_crypto *c)
{
	if (!c)
		return;
	EVP_MAC_CTX_free(c->idle);
	EVP_CIPHER_CTX_free(c->cipher);
	EVP_CIPHER_free(c->aes_cbc);
	EVP_MD_free(c->sha512);
	EVP_MAC_free(c->hmac);
	free(c);
}

enum status
ratchet_crypto_context(struct ratchet_crypto *c, signal_context **context)
{
	const signal_crypto_provider provider = {
		.random_func = random_func,
		.hmac_sha256_init_func = hmac_init,
		.hmac_sha256_update_func = hmac_update,
		.hmac_sha256_final_func = hmac_final,
		.hmac_sha256_cleanup_func = hmac_cleanup,
		.sha512_digest_init_func = sha512_init,
		.sha512_digest_update_func = sha512_update,
		.sha512_digest_final_func = sha512_final,
		.sha512_digest_cleanup_func = sha512_cleanup,
		.encrypt_func = encrypt_func,
		.decrypt_func = decrypt_func,
		.user_data = c,
	};
	signal_context *made = NULL;

	if (signal_context_create(&made, NULL) < 0)
		return STATUS_NOMEM;
	if (signal_context_set_crypto_provider(made, &provider) < 0) {
		signal_context_destroy(made);
		return STATUS_NOMEM;
	}
	*context = made;
	return STATUS_OK;
}

void
ratchet_crypto_forget(struct ratchet_crypto *c)
{
	static const uint8_t zeros[HMAC_BYTES];

	/* A failure leaves an empty or the old state: nothing to do then. */
	if (c->idle)
		(void)EVP_MAC_init(c->idle, zeros, sizeof(zeros), NULL);
}
