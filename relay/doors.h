/*
 * doors.h - how many connections there are, in all and from one source.
 *
 * A source is an IPv4 address or the /64 of an IPv6 one, since a whole /64 is
 * what one household or attacker has.  Any thread may call.
 */
#ifndef TACIT_RELAY_DOORS_H
#define TACIT_RELAY_DOORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct doors;
struct sockaddr;

enum { SOURCE_BYTES = 8 };

struct source {
	uint8_t raw[SOURCE_BYTES]; /* zeros behind len */
	size_t len;
};

void source_of_address(const struct sockaddr *address, struct source *source);

enum status doors_new(size_t max_all, size_t max_per_source, struct doors **d);
void doors_free(struct doors *d); /* NULL is fine */

/* FULL: one too many.  NOMEM. */
enum status doors_enter(struct doors *d, const struct source *source);
void doors_leave(struct doors *d, const struct source *source);

#endif
