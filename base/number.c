#include "base/number.h"

#include <sodium.h>
#include <string.h>

bool
size_add(size_t a, size_t b, size_t *sum)
{
	size_t v;

	if (__builtin_add_overflow(a, b, &v))
		return false;
	*sum = v;
	return true;
}

bool
size_mul(size_t a, size_t b, size_t *product)
{
	size_t v;

	if (__builtin_mul_overflow(a, b, &v))
		return false;
	*product = v;
	return true;
}

enum status
number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (*text == '\0')
		return STATUS_BAD_INPUT;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return STATUS_BAD_INPUT;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return STATUS_BAD_INPUT;
	}
	if (v < min || v > max)
		return STATUS_BAD_INPUT;
	*value = v;
	return STATUS_OK;
}

void
hex_encode(struct bytes from, char *text)
{
	sodium_bin2hex(text, from.len * 2 + 1, from.data, from.len);
}

enum status
hex_decode(const char *text, uint8_t *out, size_t len)
{
	size_t written;

	if (strspn(text, "0123456789abcdef") != len * 2 ||
	    text[len * 2] != '\0')
		return STATUS_BAD_INPUT;
	if (sodium_hex2bin(out, len, text, len * 2, NULL, &written, NULL) !=
		0 ||
	    written != len)
		return STATUS_BAD_INPUT;
	return STATUS_OK;
}

void
base64url_encode(struct bytes from, char *text, size_t text_size)
{
	sodium_bin2base64(text, text_size, from.data, from.len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum status
base64url_decode(struct bytes text, uint8_t *out, size_t len)
{
	size_t written = 0;

	if (sodium_base642bin(out, len, (const char *)text.data, text.len, NULL,
		&written, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    written != len)
		return STATUS_BAD_INPUT;
	return STATUS_OK;
}
