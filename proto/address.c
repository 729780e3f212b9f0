#include "proto/address.h"

#include <string.h>

static bool
is_first(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_later(uint8_t c)
{
	return is_first(c) || c == '.' || c == '_' || c == '-';
}

enum status
account_name_parse(struct bytes text, struct account_name *name)
{
	if (text.len < 2 || text.len > LIMIT_ACCOUNT_NAME_BYTES ||
	    !is_first(text.data[0]))
		return STATUS_BAD_INPUT;
	for (size_t i = 1; i < text.len; i++)
		if (!is_later(text.data[i]))
			return STATUS_BAD_INPUT;
	/* The whole array, so that equal names are equal bytes. */
	memset(name->text, 0, sizeof(name->text));
	memcpy(name->text, text.data, text.len);
	return STATUS_OK;
}

bool
account_name_equal(const struct account_name *a, const struct account_name *b)
{
	return strcmp(a->text, b->text) == 0;
}

struct bytes
account_name_bytes(const struct account_name *name)
{
	return bytes_text(name->text);
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->device == b->device &&
	       account_name_equal(&a->account, &b->account);
}
