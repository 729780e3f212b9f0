/* identity_check.h - do the key files of a relay fit together? */
#ifndef TACIT_RELAY_IDENTITY_CHECK_H
#define TACIT_RELAY_IDENTITY_CHECK_H

#include <stdint.h>

#include "base/status.h"

enum { IDENTITY_WHY_BYTES = 128 };

/*
 * The four files in dir, of which nothing is changed: the identity's
 * certificate is of its key and valid now, and has signed the TLS certificate,
 * which is of the TLS key and valid now.  BAD_INPUT: `why` is a sentence.
 */
enum status identity_check(
    const char *dir, int64_t now_ms, char why[IDENTITY_WHY_BYTES]);

/*
 * The first certificate of a PEM file: when it ends, milliseconds since the
 * epoch.  BAD_INPUT: it is none, or not valid yet; `why` is a sentence.
 */
enum status identity_check_file(const char *path, int64_t now_ms,
    int64_t *ends_ms, char why[IDENTITY_WHY_BYTES]);

#endif
