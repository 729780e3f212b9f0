/* fingerprint.c - see fingerprint.h. */
#include "client/core/ratchet/fingerprint.h"

#include <fingerprint.h>
#include <sodium.h>
#include <string.h>

#include "client/core/ratchet/ratchet_crypto.h"
#include "client/core/ratchet/ratchet_point.h"

enum {
	ITERATIONS = 5200,      /* about 112 bits of work per key */
	SCANNABLE_VERSION = 1,  /* of the form we do not use: QR codes */
	CURVE25519_TYPE = 0x05, /* libsignal's first byte of a public key */
};

/*
 * Ed25519 to Curve25519 by the birational map of RFC 7748 section 4.1.
 * CRYPTO: not a point of the prime-order group.
 */
static enum status
convert(const struct sign_public *key, signal_context *context,
    ec_public_key **converted)
{
	uint8_t raw[IDENTITY_KEY_BYTES] = { CURVE25519_TYPE };
	int code;

	if (crypto_sign_ed25519_pk_to_curve25519(raw + 1, key->raw) != 0)
		return STATUS_CRYPTO;
	code = curve_decode_point(converted, raw, sizeof(raw), context);
	if (code == SG_ERR_NOMEM)
		return STATUS_NOMEM;
	return code < 0 ? STATUS_CRYPTO : STATUS_OK;
}

static enum status
generate(signal_context *context, const char *a, const ec_public_key *a_key,
    const char *b, const ec_public_key *b_key,
    char digits[SAFETY_NUMBER_DIGITS + 1])
{
	fingerprint_generator *generator = NULL;
	fingerprint *made = NULL;
	enum status st = STATUS_NOMEM;
	const char *text;

	if (fingerprint_generator_create(
		&generator, ITERATIONS, SCANNABLE_VERSION, context) < 0 ||
	    fingerprint_generator_create_for(
		generator, a, a_key, b, b_key, &made) < 0)
		goto out;

	text = displayable_fingerprint_text(fingerprint_get_displayable(made));
	if (strlen(text) != SAFETY_NUMBER_DIGITS)
		goto out;
	memcpy(digits, text, SAFETY_NUMBER_DIGITS + 1);
	st = STATUS_OK;
out:
	SIGNAL_UNREF(made);
	fingerprint_generator_free(generator);
	return st;
}

enum status
fingerprint_make(const struct account_name *a, const struct sign_public *a_key,
    const struct account_name *b, const struct sign_public *b_key,
    char digits[SAFETY_NUMBER_DIGITS + 1])
{
	struct ratchet_crypto *crypto = NULL;
	signal_context *context = NULL;
	ec_public_key *a_curve = NULL;
	ec_public_key *b_curve = NULL;
	enum status st;

	st = ratchet_crypto_new(&crypto);
	if (st != STATUS_OK)
		goto out;
	st = ratchet_crypto_context(crypto, &context);
	if (st != STATUS_OK)
		goto out;
	st = convert(a_key, context, &a_curve);
	if (st != STATUS_OK)
		goto out;
	st = convert(b_key, context, &b_curve);
	if (st != STATUS_OK)
		goto out;
	st = generate(context, a->text, a_curve, b->text, b_curve, digits);
out:
	SIGNAL_UNREF(a_curve);
	SIGNAL_UNREF(b_curve);
	if (context)
		signal_context_destroy(context);
	ratchet_crypto_free(crypto);
	return st;
}
