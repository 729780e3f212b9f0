/*
 * number.h - checked arithmetic, and numbers, hex and base64url as text.
 *
 * Parsers take whole strings: trailing characters are BAD_INPUT, and so is
 * anything out of range.  Outputs are written only on STATUS_OK.
 */
#ifndef TACIT_BASE_NUMBER_H
#define TACIT_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

/* false when the result does not fit; *sum then untouched. */
bool size_add(size_t a, size_t b, size_t *sum);
bool size_mul(size_t a, size_t b, size_t *product);

/* Decimal digits only: no sign, no space.  min..max inclusive. */
enum status number_parse(
    const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* Writes 2 * from.len characters and a NUL. */
void hex_encode(struct bytes from, char *text);

/* Lower-case digits, exactly 2 * len of them. */
enum status hex_decode(const char *text, uint8_t *out, size_t len);

/* Unpadded base64url (RFC 4648 section 5).  text_size: 4/3 of from.len + 3. */
void base64url_encode(struct bytes from, char *text, size_t text_size);

/* Exactly len bytes must come out. */
enum status base64url_decode(struct bytes text, uint8_t *out, size_t len);

#endif
