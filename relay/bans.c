#include "relay/bans.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/number.h"

enum { ADDRESS_CHARS = 64 };

enum status
ban_parse(const char *text, struct ban *ban)
{
	const char *slash = strchr(text, '/');
	size_t chars = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char address[ADDRESS_CHARS];
	struct ban parsed = { .len = 4 };
	uint64_t bits;

	if (chars >= sizeof(address))
		return STATUS_BAD_INPUT;
	memcpy(address, text, chars);
	address[chars] = '\0';
	if (inet_pton(AF_INET, address, parsed.raw) != 1) {
		parsed.len = 16;
		if (inet_pton(AF_INET6, address, parsed.raw) != 1)
			return STATUS_BAD_INPUT;
	}
	bits = 8 * parsed.len;
	if (slash != NULL &&
	    number_parse(slash + 1, 0, 8 * parsed.len, &bits) != STATUS_OK)
		return STATUS_BAD_INPUT;
	parsed.bits = (unsigned)bits;
	*ban = parsed;
	return STATUS_OK;
}

void
bans_fill(struct bans *bans, const struct config_list *list)
{
	bans->count = 0;
	for (size_t i = 0; i < list->count; i++)
		if (ban_parse(list->items[i], &bans->items[bans->count]) ==
		    STATUS_OK)
			bans->count++;
}

static bool
is_in(const struct ban *b, const uint8_t *raw, size_t len)
{
	size_t whole = b->bits / 8;
	unsigned rest = b->bits % 8;

	if (b->len != len || memcmp(b->raw, raw, whole) != 0)
		return false;
	return rest == 0 || ((b->raw[whole] ^ raw[whole]) >> (8 - rest)) == 0;
}

bool
bans_match(const struct bans *bans, const struct sockaddr *address)
{
	const struct sockaddr_in6 *v6 = (const void *)address;
	const struct sockaddr_in *v4 = (const void *)address;
	const uint8_t *raw;
	size_t len = 4;

	if (address->sa_family == AF_INET) {
		raw = (const uint8_t *)&v4->sin_addr;
	} else if (address->sa_family != AF_INET6) {
		return false;
	} else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		raw = v6->sin6_addr.s6_addr + 12;
	} else {
		raw = v6->sin6_addr.s6_addr;
		len = 16;
	}
	for (size_t i = 0; i < bans->count; i++)
		if (is_in(&bans->items[i], raw, len))
			return true;
	return false;
}
