/* link_private.h - between link.c and link_group.c alone. */
#ifndef TACIT_PROTO_LINK_PRIVATE_H
#define TACIT_PROTO_LINK_PRIVATE_H

#include "proto/link.h"

enum { PIN_TEXT_BYTES = 43 }; /* base64url of 32 bytes, unpadded */

/* Without white space around it. */
struct bytes link_trim(struct bytes text);

/*
 * Takes tacit://host[:port]/ off the front of *left.  A sentence for what is
 * wrong, or NULL.
 */
const char *link_parse_server(struct bytes *left, struct link *l);

/* Takes the next name=value off the front of *left; false at the end. */
bool link_next_part(
    struct bytes *left, struct bytes *name, struct bytes *value);

/* false: damaged, or there was one. */
bool link_parse_pin(struct bytes value, struct link *l);

/* tacit://host:port/ */
enum status link_put_server(const struct link *l, struct buf *out);

#endif
