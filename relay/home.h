/*
 * home.h - the relay's data directory.
 *
 *   identity.key identity.crt tls.key tls.crt   identity.h
 *   store/                                      the database
 *   lock                                        held while serving
 *   relay.conf                                  settings, when somebody wrote
 *                                               them there
 *   relay.state                                 what was last served, as
 *                                               settings: links come from it
 */
#ifndef TACIT_RELAY_HOME_H
#define TACIT_RELAY_HOME_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/status.h"
#include "relay/settings.h"

struct home {
	char dir[PATH_MAX];
	char store[PATH_MAX];
};

/*
 * `given`, or TACIT_RELAY_DATA, or $XDG_DATA_HOME/tacit-relay, or for root
 * /var/lib/tacit-relay.  Nothing is made.  BAD_INPUT: none of these is usable.
 */
enum status home_find(const char *given, struct home *h);

/* Make the directories that are missing.  NO_SPACE, IO. */
enum status home_make(const struct home *h);

/*
 * A directory that root just made is given to whoever is to serve from it.
 * DENIED: it is somebody else's, or there is a relay of root's in it; `why`
 * says what to do.  IO.
 */
enum status home_give(
    const struct home *h, uid_t uid, gid_t gid, char why[CONFIG_WHY_BYTES]);

/*
 * Only one process serves from a directory.  FULL: another one does.  DENIED: a
 * restore into it was not finished.  The lock goes with the descriptor.  IO:
 * also when a link stands in its place.
 */
enum status home_lock(const struct home *h, int *fd);

/*
 * From the first to the second nobody serves from the directory, whatever ends
 * the process in between.  NO_SPACE, IO.
 */
enum status home_begin_restore(const struct home *h);
enum status home_end_restore(const struct home *h);
bool home_is_unfinished(const struct home *h);

/*
 * Remember listen, host, join, map_mib and where certificates are.  NO_SPACE,
 * IO.
 */
enum status home_remember(const struct home *h, const struct settings *s);

/* relay.conf.  NOT_FOUND: there is none.  As config_read(). */
enum status home_read_conf(
    const struct home *h, struct settings *s, char why[CONFIG_WHY_BYTES]);

/* NOT_FOUND: never served nor made.  As config_read(). */
enum status home_recall(
    const struct home *h, struct settings *s, char why[CONFIG_WHY_BYTES]);

#endif
