/*
 * ratchet_curve.h - libsignal's curve, computed by libsodium (private to
 * ratchet*.c).
 *
 * libsignal brings Curve25519 and XEdDSA along in portable 32-bit code, four
 * times as slow, and calls it by names that a program may define itself: the
 * dynamic linker binds the first definition it finds, which is the program's.
 * ratchet_curve.c defines them.  Where the linker does not (a library built
 * with -Bsymbolic), or where the answers are wrong, the library's own code
 * does the work as before: slower, and as right
 * (docs/decisions/0003-ratchet-wrapper.md).
 */
#ifndef TACIT_CLIENT_CORE_RATCHET_CURVE_H
#define TACIT_CLIENT_CORE_RATCHET_CURVE_H

#include <signal_protocol.h>
#include <stdbool.h>
#include <stdint.h>

enum { CURVE_KEY_BYTES = 32, CURVE_SIGNATURE_BYTES = 64 };

/*
 * Try it out, once in a process: an agreement with a known answer, a signature
 * made and checked, all asked for through the library.  false: the library's
 * own code is in use from now on, which is logged.
 *
 *   context   of libsignal, for its randomness
 */
bool ratchet_curve_start(signal_context *context);

/* How often the library was served by ours: for tests. */
unsigned long ratchet_curve_calls(void);

/* The names that libsignal calls; 0 on success. */
int curve25519_donna(
    uint8_t *shared, const uint8_t *secret, const uint8_t *point);
int curve25519_sign(unsigned char *signature, const unsigned char *secret,
    const unsigned char *text, unsigned long text_len,
    const unsigned char *random64);
int curve25519_verify(const unsigned char *signature,
    const unsigned char *point, const unsigned char *text,
    unsigned long text_len);

#endif
