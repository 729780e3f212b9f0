/*
 * link.h - tacit:// links (protocol.md 1.2):
 * tacit://host[:port]/#pin=BASE64URL,join=CODE
 */
#ifndef TACIT_PROTO_LINK_H
#define TACIT_PROTO_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/limits.h"
#include "proto/sign.h"

enum { LINK_DEFAULT_PORT = 4433 };

struct link {
	char host[LIMIT_HOST_BYTES + 1]; /* an IPv6 address without brackets */
	uint16_t port;
	bool has_pin;
	struct hash pin;
	char join_code[LIMIT_JOIN_CODE_BYTES + 1]; /* empty: none; a secret */
};

/*
 * Leading and trailing white space is ignored; unknown parts after # are too.
 * BAD_INPUT: not a link; *why is a sentence for the person who pasted it.
 */
enum status link_parse(struct bytes text, struct link *l, const char **why);

/* Writes at most LIMIT_LINK_BYTES and a NUL, safe unquoted in a shell. */
enum status link_format(const struct link *l, char text[LIMIT_LINK_BYTES + 1]);

/* Join codes are printable, without spaces or commas, so links hold them. */
bool link_is_join_code(struct bytes code);

void link_clear(struct link *l);

#endif
