/*
 * doors.h - who may connect: how many there are, in all and from one source,
 * how fast one source comes back, and who is banned.
 *
 * A source is an IPv4 address or the /64 of an IPv6 one, since a whole /64 is
 * what one household or attacker has; and since a /48 of thousands of these is
 * to be had for nothing, four times as much may come from one.  Whoever is
 * refused is not told: that would take the TLS handshake that is being saved.
 * Any thread may call.
 */
#ifndef TACIT_RELAY_DOORS_H
#define TACIT_RELAY_DOORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "relay/settings.h"

struct doors;
struct sockaddr;

enum { SOURCE_BYTES = 8 };

struct source {
	uint8_t raw[SOURCE_BYTES]; /* zeros behind len */
	size_t len;
};

void source_of_address(const struct sockaddr *address, struct source *source);

enum status doors_new(const struct settings *settings, struct doors **d);
void doors_free(struct doors *d); /* NULL is fine */

/* For whoever comes from now on; those who are here stay. */
void doors_set_limits(struct doors *d, const struct settings *settings);

/* So that a reload can end the connections of who is banned by it. */
bool doors_have_banned(struct doors *d, const struct sockaddr *address);

/*
 *   source  out: whose connection it is, on OK
 *   now_ms  monotonic
 *
 * DENIED: banned.  FULL: one too many, or too soon again.  NOMEM.
 */
enum status doors_enter(struct doors *d, const struct sockaddr *address,
    int64_t now_ms, struct source *source);
void doors_leave(struct doors *d, const struct source *source);

#endif
