/*
 * snapshot.h - the settings and the certificate that are in force, as one
 * counted object that nobody changes.
 *
 * A reload makes a new one.  Every worker swaps its own pointer on its own
 * loop, so a setting read through session_env or peer_host holds for the rest
 * of that step, and may be another one in the next.  The last to let go frees.
 */
#ifndef TACIT_RELAY_SNAPSHOT_H
#define TACIT_RELAY_SNAPSHOT_H

#include "base/status.h"
#include "proto/channel.h"
#include "proto/channel_moved.h"
#include "relay/settings.h"

struct snapshot;

/*
 * `settings` and `moved` are copied; `tls` becomes the snapshot's, also when it
 * fails. The caller holds the result once.  NOMEM.
 */
enum status snapshot_new(const struct settings *settings,
    const struct moved_notice *moved, struct channel_server *tls,
    struct snapshot **s);

/* Any thread. */
struct snapshot *snapshot_hold(struct snapshot *s);
void snapshot_drop(struct snapshot *s); /* NULL is fine */

/* Borrowed for as long as the snapshot is held. */
const struct settings *snapshot_settings(const struct snapshot *s);
const struct moved_notice *snapshot_moved(const struct snapshot *s);
struct channel_server *snapshot_tls(const struct snapshot *s);

#endif
