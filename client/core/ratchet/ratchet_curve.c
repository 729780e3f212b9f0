/* ratchet_curve.c - see ratchet_curve.h. */
#include "client/core/ratchet/ratchet_curve.h"

#include <assert.h>
#include <curve.h>
#include <dlfcn.h>
#include <openssl/bn.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "base/log.h"
#include "base/wipe.h"

typedef int donna_fn(uint8_t *, const uint8_t *, const uint8_t *);
typedef int sign_fn(unsigned char *, const unsigned char *,
    const unsigned char *, unsigned long, const unsigned char *);
typedef int verify_fn(const unsigned char *, const unsigned char *,
    const unsigned char *, unsigned long);

/*
 * libsignal hands nothing along to these calls, so what they go by has to lie
 * outside of them.  Written at the first start alone.
 */
static atomic_ulong calls;
static atomic_bool is_stock;
static atomic_int tried; /* 0: not yet; 1: ours; 2: the library's */

unsigned long
ratchet_curve_calls(void)
{
	return atomic_load_explicit(&calls, memory_order_relaxed);
}

static bool
use_stock(void)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	return atomic_load_explicit(&is_stock, memory_order_relaxed);
}

/* The library's definition of a name, behind ours. */
static void *
stock(const char *name)
{
	void *at = dlsym(RTLD_NEXT, name);

	assert(at != NULL); /* it was called by that name */
	return at;
}

/* X25519, RFC 7748; -1: the shared point is zero, of a peer's doing. */
int
curve25519_donna(uint8_t *shared, const uint8_t *secret, const uint8_t *point)
{
	static const uint8_t base[CURVE_KEY_BYTES] = { 9 };

	if (use_stock())
		return ((donna_fn *)stock("curve25519_donna"))(
		    shared, secret, point);
	if (memcmp(point, base, sizeof(base)) == 0)
		return crypto_scalarmult_curve25519_base(shared, secret);
	return crypto_scalarmult_curve25519(shared, secret, point);
}

/* SHA-512 over a prefix, a scalar or point, a text and a suffix, reduced. */
static void
hash_to_scalar(const uint8_t *first, size_t first_len, const uint8_t *second,
    const unsigned char *text, unsigned long text_len, const uint8_t *last,
    size_t last_len, uint8_t scalar[CURVE_KEY_BYTES])
{
	uint8_t digest[crypto_hash_sha512_BYTES];
	crypto_hash_sha512_state state;

	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, first, first_len);
	crypto_hash_sha512_update(&state, second, CURVE_KEY_BYTES);
	crypto_hash_sha512_update(&state, text, text_len);
	if (last_len > 0)
		crypto_hash_sha512_update(&state, last, last_len);
	crypto_hash_sha512_final(&state, digest);
	crypto_core_ed25519_scalar_reduce(scalar, digest);
	wipe(digest, sizeof(digest));
	wipe(&state, sizeof(state));
}

/*
 * XEdDSA as libsignal makes it (curve25519/ed25519/additions/curve_sigs.c): the
 * Ed25519 public key of a Curve25519 secret keeps its sign, which travels in
 * the highest bit of the signature; the nonce is hashed from the secret, the
 * text and 64 random bytes, behind a prefix that no point has.
 */
int
curve25519_sign(unsigned char *signature, const unsigned char *secret,
    const unsigned char *text, unsigned long text_len,
    const unsigned char *random64)
{
	uint8_t prefix[CURVE_KEY_BYTES];
	uint8_t public[CURVE_KEY_BYTES];
	uint8_t nonce[CURVE_KEY_BYTES], hram[CURVE_KEY_BYTES];
	int failed;

	if (use_stock())
		return ((sign_fn *)stock("curve25519_sign"))(
		    signature, secret, text, text_len, random64);
	memset(prefix, 0xff, sizeof(prefix));
	prefix[0] = 0xfe;
	hash_to_scalar(prefix, sizeof(prefix), secret, text, text_len, random64,
	    64, nonce);
	failed = crypto_scalarmult_ed25519_base_noclamp(public, secret) |
		 crypto_scalarmult_ed25519_base_noclamp(signature, nonce);
	hash_to_scalar(
	    signature, CURVE_KEY_BYTES, public, text, text_len, NULL, 0, hram);
	crypto_core_ed25519_scalar_mul(hram, hram, secret);
	crypto_core_ed25519_scalar_add(
	    signature + CURVE_KEY_BYTES, hram, nonce);
	signature[CURVE_SIGNATURE_BYTES - 1] |= public[31] & 0x80;
	wipe(nonce, sizeof(nonce));
	wipe(hram, sizeof(hram));
	return failed ? -1 : 0;
}

/* y = (u - 1) / (u + 1) mod 2^255 - 19, RFC 7748 4.1; all of it public. */
static bool
edwards_of(const unsigned char *u, uint8_t y[CURVE_KEY_BYTES])
{
	uint8_t masked[CURVE_KEY_BYTES];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_new(), *top = BN_new(), *bottom = BN_new();
	bool ok;

	memcpy(masked, u, sizeof(masked));
	masked[31] &= 0x7f;
	ok = ctx != NULL && p != NULL && top != NULL && bottom != NULL &&
	     BN_set_bit(p, 255) && BN_sub_word(p, 19) &&
	     BN_lebin2bn(masked, sizeof(masked), top) != NULL &&
	     BN_copy(bottom, top) != NULL && BN_add_word(bottom, 1) &&
	     BN_add(top, top, p) && BN_sub_word(top, 1) &&
	     BN_mod_inverse(bottom, bottom, p, ctx) != NULL &&
	     BN_mod_mul(top, top, bottom, p, ctx) &&
	     BN_bn2lebinpad(top, y, CURVE_KEY_BYTES) == CURVE_KEY_BYTES;
	BN_free(p);
	BN_free(top);
	BN_free(bottom);
	BN_CTX_free(ctx);
	return ok;
}

/*
 * The same keys sign message after message, and the inversion is a fifth of a
 * check.  A peer that makes its keys fall on one place only makes us convert.
 */
struct converted {
	uint8_t u[CURVE_KEY_BYTES];
	uint8_t y[CURVE_KEY_BYTES];
	bool is_set;
};

enum { CONVERTED_ITEMS = 256 };

static thread_local struct converted converted[CONVERTED_ITEMS];

static bool
edwards_known(const unsigned char *u, uint8_t y[CURVE_KEY_BYTES])
{
	struct converted *c = &converted[u[0] % CONVERTED_ITEMS];

	if (!c->is_set || memcmp(c->u, u, sizeof(c->u)) != 0) {
		c->is_set = false;
		if (!edwards_of(u, c->y))
			return false;
		memcpy(c->u, u, sizeof(c->u));
		c->is_set = true;
	}
	memcpy(y, c->y, sizeof(c->y));
	return true;
}

/* An Ed25519 check under the point that the signature names the sign of. */
int
curve25519_verify(const unsigned char *signature, const unsigned char *point,
    const unsigned char *text, unsigned long text_len)
{
	uint8_t plain[CURVE_SIGNATURE_BYTES];
	uint8_t public[CURVE_KEY_BYTES];

	if (use_stock())
		return ((verify_fn *)stock("curve25519_verify"))(
		    signature, point, text, text_len);
	if (!edwards_known(point, public))
		return -1;
	memcpy(plain, signature, sizeof(plain));
	public[31] |= plain[63] & 0x80;
	plain[63] &= 0x7f;
	return crypto_sign_verify_detached(plain, text, text_len, public);
}

/* RFC 7748 5.2, its first vector, asked for through the library. */
static bool
agrees(signal_context *context)
{
	static const uint8_t secret[CURVE_KEY_BYTES] = { 0xa5, 0x46, 0xe3, 0x6b,
		0xf0, 0x52, 0x7c, 0x9d, 0x3b, 0x16, 0x15, 0x4b, 0x82, 0x46,
		0x5e, 0xdd, 0x62, 0x14, 0x4c, 0x0a, 0xc1, 0xfc, 0x5a, 0x18,
		0x50, 0x6a, 0x22, 0x44, 0xba, 0x44, 0x9a, 0xc4 };
	static const uint8_t point[1 + CURVE_KEY_BYTES] = { 0x05, 0xe6, 0xdb,
		0x68, 0x67, 0x58, 0x30, 0x30, 0xdb, 0x35, 0x94, 0xc1, 0xa4,
		0x24, 0xb1, 0x5f, 0x7c, 0x72, 0x66, 0x24, 0xec, 0x26, 0xb3,
		0x35, 0x3b, 0x10, 0xa9, 0x03, 0xa6, 0xd0, 0xab, 0x1c, 0x4c };
	static const uint8_t answer[CURVE_KEY_BYTES] = { 0xc3, 0xda, 0x55, 0x37,
		0x9d, 0xe9, 0xc6, 0x90, 0x8e, 0x94, 0xea, 0x4d, 0xf2, 0x8d,
		0x08, 0x4f, 0x32, 0xec, 0xcf, 0x03, 0x49, 0x1c, 0x71, 0xf7,
		0x54, 0xb4, 0x07, 0x55, 0x77, 0xa2, 0x85, 0x52 };
	ec_private_key *mine = NULL;
	ec_public_key *theirs = NULL;
	uint8_t *shared = NULL;
	bool ok;

	ok = curve_decode_private_point(
		 &mine, secret, sizeof(secret), context) == 0 &&
	     curve_decode_point(&theirs, point, sizeof(point), context) == 0 &&
	     curve_calculate_agreement(&shared, theirs, mine) ==
		 CURVE_KEY_BYTES &&
	     memcmp(shared, answer, sizeof(answer)) == 0;
	free(shared);
	SIGNAL_UNREF(mine);
	SIGNAL_UNREF(theirs);
	return ok;
}

/* What is signed is taken, under the key that signed it. */
static bool
signs(signal_context *context)
{
	static const uint8_t text[] = "tacit";
	ec_key_pair *pair = NULL;
	signal_buffer *made = NULL;
	bool ok;

	ok = curve_generate_key_pair(context, &pair) == 0 &&
	     curve_calculate_signature(context, &made,
		 ec_key_pair_get_private(pair), text, sizeof(text)) == 0 &&
	     curve_verify_signature(ec_key_pair_get_public(pair), text,
		 sizeof(text), signal_buffer_data(made),
		 signal_buffer_len(made)) == 1;
	signal_buffer_free(made);
	SIGNAL_UNREF(pair);
	return ok;
}

bool
ratchet_curve_start(signal_context *context)
{
	unsigned long before = ratchet_curve_calls();
	bool right;

	if (atomic_load(&tried) != 0)
		return atomic_load(&tried) == 1;
	right = agrees(context) && signs(context);
	/* An agreement, a key pair, a signature, a check: four calls. */
	if (right && ratchet_curve_calls() - before >= 4) {
		atomic_store(&tried, 1);
		return true;
	}
	log_event(LOG_LEVEL_WARN, "slow-curve", "reason=%s",
	    right ? "not-bound" : "wrong-answer");
	atomic_store(&is_stock, true);
	atomic_store(&tried, 2);
	return false;
}
