#include "tests/bench/target.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Up to `end`, which is stepped over.  False: it is not there, or too far. */
static bool
take_until(const char **from, char end, char into[TARGET_TEXT])
{
	const char *at = strchr(*from, end);
	size_t len;

	if (at == NULL)
		return false;
	len = (size_t)(at - *from);
	if (len >= TARGET_TEXT)
		return false;
	memcpy(into, *from, len);
	into[len] = '\0';
	*from = at + 1;
	return true;
}

enum status
target_parse(const char *text, const char *scheme, struct target *t)
{
	struct target parsed = { .address.sin_family = AF_INET };
	char host[TARGET_TEXT];
	char *rest = NULL;
	unsigned long port;

	if (strncmp(text, scheme, strlen(scheme)) != 0)
		return STATUS_BAD_INPUT;
	text += strlen(scheme);
	if (strncmp(text, "://", 3) != 0)
		return STATUS_BAD_INPUT;
	text += 3;
	if (!take_until(&text, ':', parsed.user) ||
	    !take_until(&text, '@', parsed.password) ||
	    !take_until(&text, ':', host) ||
	    inet_pton(AF_INET, host, &parsed.address.sin_addr) != 1)
		return STATUS_BAD_INPUT;
	port = strtoul(text, &rest, 10);
	if (rest == text || *rest != '\0' || port == 0 || port > UINT16_MAX)
		return STATUS_BAD_INPUT;
	parsed.address.sin_port = htons((uint16_t)port);
	*t = parsed;
	return STATUS_OK;
}
