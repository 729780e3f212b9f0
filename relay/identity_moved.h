/* identity_moved.h - the relay says where it is now (protocol.md 4.10). */
#ifndef TACIT_RELAY_IDENTITY_MOVED_H
#define TACIT_RELAY_IDENTITY_MOVED_H

#include "proto/channel_moved.h"
#include "relay/identity.h"

/*
 * Sign `link` with the identity key in dir; an empty one is no notice.  IO: the
 * key cannot be read; the log says why.  NOMEM.
 */
enum status identity_sign_moved(const char *dir, const struct identity *id,
    const char *link, struct moved_notice *n);

#endif
