/*
 * restore.h - a copied store becomes a new one.
 *
 * Clients remember what an epoch of the relay told them, and the relay of a
 * copy knows less than they do.  So it gets a new epoch.  One-time prekeys may
 * have been given out since the copy was made, so none is kept, and clients
 * publish new ones.  Sequence numbers may have been given out since too, so all
 * of them move up by more than anybody can have used; submit windows stay, as a
 * client goes on above what it used.
 */
#ifndef TACIT_STORE_RELAY_RESTORE_H
#define TACIT_STORE_RELAY_RESTORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* What a restore adds to every sequence number. */
static const uint64_t restore_shift = UINT64_C(1) << 40;

/*
 * The store in dir, which nobody has open.  A store of an earlier version is
 * brought to this one first.  Half done it is of no use: begin with the copy
 * again.
 *
 * NO_SPACE, NOMEM, IO.
 */
enum status restore_renew(const char *dir, size_t map_bytes);

#endif
