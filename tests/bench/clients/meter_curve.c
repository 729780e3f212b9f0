/*
 * meter_curve.c - the ratchet library's work on its curve, counted.  It calls
 * itself by names that a program may take over: ours come first, and go on to
 * the library's.
 */
#include <dlfcn.h>
#include <sodium.h>
#include <stdlib.h>

#include <curve.h>

#include "tests/bench/clients/meter_private.h"

typedef int agree_fn(uint8_t **, const ec_public_key *, const ec_private_key *);
typedef int make_fn(signal_context *, ec_key_pair **);
typedef int sign_fn(signal_context *, signal_buffer **, const ec_private_key *,
    const uint8_t *, size_t);
typedef int verify_fn(
    const ec_public_key *, const uint8_t *, size_t, const uint8_t *, size_t);

/* The next definition of a name after this program's. */
static void *
next(const char *name)
{
	void *at = dlsym(RTLD_NEXT, name);

	if (at == NULL)
		abort(); /* the library has changed: nothing can be measured */
	return at;
}

int
curve_calculate_agreement(uint8_t **shared, const ec_public_key *public_key,
    const ec_private_key *private_key)
{
	static agree_fn *real;

	if (real == NULL)
		real = (agree_fn *)next("curve_calculate_agreement");
	meter_total()->agreements++;
	return real(shared, public_key, private_key);
}

int
curve_generate_key_pair(signal_context *context, ec_key_pair **key_pair)
{
	static make_fn *real;

	if (real == NULL)
		real = (make_fn *)next("curve_generate_key_pair");
	meter_total()->key_pairs++;
	return real(context, key_pair);
}

int
curve_calculate_signature(signal_context *context, signal_buffer **signature,
    const ec_private_key *signing_key, const uint8_t *message_data,
    size_t message_len)
{
	static sign_fn *real;

	if (real == NULL)
		real = (sign_fn *)next("curve_calculate_signature");
	meter_total()->signatures++;
	return real(context, signature, signing_key, message_data, message_len);
}

int
curve_verify_signature(const ec_public_key *signing_key,
    const uint8_t *message_data, size_t message_len,
    const uint8_t *signature_data, size_t signature_len)
{
	static verify_fn *real;

	if (real == NULL)
		real = (verify_fn *)next("curve_verify_signature");
	meter_total()->verifications++;
	return real(signing_key, message_data, message_len, signature_data,
	    signature_len);
}

/* Ours, through proto/sign.c: these the linker takes over (-Wl,--wrap). */
int __real_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen,
    const unsigned char *m, unsigned long long len, const unsigned char *sk);
int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen,
    const unsigned char *m, unsigned long long len, const unsigned char *sk);
int __real_crypto_sign_verify_detached(const unsigned char *sig,
    const unsigned char *m, unsigned long long len, const unsigned char *pk);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig,
    const unsigned char *m, unsigned long long len, const unsigned char *pk);

int
__wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen,
    const unsigned char *m, unsigned long long len, const unsigned char *sk)
{
	meter_total()->signatures++;
	return __real_crypto_sign_detached(sig, siglen, m, len, sk);
}

int
__wrap_crypto_sign_verify_detached(const unsigned char *sig,
    const unsigned char *m, unsigned long long len, const unsigned char *pk)
{
	meter_total()->verifications++;
	return __real_crypto_sign_verify_detached(sig, m, len, pk);
}
