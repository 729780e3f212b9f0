#include "store/client/id_prefix.h"

#include <string.h>

#include "base/number.h"

enum status
id_prefix_parse(const char *hex, struct id_prefix *p)
{
	size_t len = strlen(hex);
	char start[2 * ID_PREFIX_INDEX_BYTES + 1] = { 0 };

	if (len < 2 * ID_PREFIX_INDEX_BYTES || len > 2 * MESSAGE_ID_BYTES ||
	    strspn(hex, "0123456789abcdef") != len)
		return STATUS_BAD_INPUT;
	memcpy(start, hex, sizeof(start) - 1);
	memcpy(p->digits, hex, len + 1);
	return hex_decode(start, p->start, sizeof(p->start));
}

bool
id_prefix_fits(const struct id_prefix *p, const struct message_id *id)
{
	char digits[2 * MESSAGE_ID_BYTES + 1];

	hex_encode(BYTES_OF(id->raw), digits);
	return strncmp(p->digits, digits, strlen(p->digits)) == 0;
}
