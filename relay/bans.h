/*
 * bans.h - addresses that may not connect: ADDR or ADDR/LEN, IPv4 or IPv6.
 *
 * A few dozen at most, looked through one by one.  An IPv4 address that comes
 * in through an IPv6 socket is the IPv4 address it stands for.
 */
#ifndef TACIT_RELAY_BANS_H
#define TACIT_RELAY_BANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/status.h"

struct sockaddr;

struct ban {
	uint8_t raw[16]; /* zeros behind the address */
	size_t len;      /* 4 or 16 */
	unsigned bits;   /* of it that count */
};

struct bans {
	struct ban items[CONFIG_LIST_ITEMS];
	size_t count;
};

/* BAD_INPUT: neither ADDR nor ADDR/LEN. */
enum status ban_parse(const char *text, struct ban *ban);

/* Those of a list that was checked; what cannot be parsed is left out. */
void bans_fill(struct bans *bans, const struct config_list *list);

bool bans_match(const struct bans *bans, const struct sockaddr *address);

#endif
