/* Who a relay is: the pinned key in its chain (protocol.md 1.3). */
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "proto/channel_private.h"

/* SHA-256 of the SubjectPublicKeyInfo, as RFC 7469 2.4 pins it. */
static bool
is_pinned(X509 *cert, const struct hash *pin)
{
	unsigned char *spki = NULL;
	struct hash found;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);

	if (len <= 0)
		return false;
	hash_bytes(bytes_view(spki, (size_t)len), &found);
	OPENSSL_free(spki);
	return memcmp(found.raw, pin->raw, HASH_BYTES) == 0;
}

/* The presented authority with the pinned key; borrowed, NULL when none. */
static X509 *
find_pinned(X509_STORE_CTX *presented, const struct hash *pin)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(presented);

	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);

		if (is_pinned(cert, pin) && X509_check_ca(cert) > 0)
			return cert;
	}
	return NULL;
}

/* X509_V_OK or why not, with the anchor as the only authority there is. */
static int
verify_under(X509 *leaf, X509 *anchor)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int why = X509_V_ERR_OUT_OF_MEM;

	if (store == NULL || ctx == NULL ||
	    X509_STORE_add_cert(store, anchor) != 1 ||
	    X509_STORE_CTX_init(ctx, store, leaf, NULL) != 1)
		goto out;
	/* The anchor is trusted for its key, whoever signed it. */
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
	if (X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) != 1)
		goto out;
	why = X509_verify_cert(ctx) == 1 ? X509_V_OK
					 : X509_STORE_CTX_get_error(ctx);
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return why;
}

/* Someone who shows the relay's certificate without holding its key. */
static bool
is_impostor(int why)
{
	return why == X509_V_ERR_CERT_SIGNATURE_FAILURE ||
	       why == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       why == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       why == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	       why == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
}

int
channel_verify_pin(X509_STORE_CTX *presented, void *client)
{
	const struct channel_client *cl = client;
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    presented, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct channel *c = SSL_get_app_data(ssl);
	X509 *anchor = find_pinned(presented, &cl->pin);
	int why;

	if (anchor == NULL) {
		c->wrong_relay = true;
		X509_STORE_CTX_set_error(
		    presented, X509_V_ERR_APPLICATION_VERIFICATION);
		return 0;
	}
	why = verify_under(X509_STORE_CTX_get0_cert(presented), anchor);
	c->wrong_relay = is_impostor(why);
	X509_STORE_CTX_set_error(presented, why);
	return why == X509_V_OK;
}
