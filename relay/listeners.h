/*
 * listeners.h - sockets that are bound and listen, before anything serves them.
 */
#ifndef TACIT_RELAY_LISTENERS_H
#define TACIT_RELAY_LISTENERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/status.h"
#include "relay/settings.h"

struct listeners {
	int fds[CONFIG_LIST_ITEMS];
	uint16_t ports[CONFIG_LIST_ITEMS]; /* the ones really taken */
	size_t count;
};

/* BAD_INPUT: `why` says which address cannot be had.  None is open then. */
enum status listeners_open(const struct settings *settings, struct listeners *l,
    char why[CONFIG_WHY_BYTES]);

/*
 * The sockets that systemd bound for us (sd_listen_fds(3): LISTEN_PID and
 * LISTEN_FDS, which are taken out of the environment), if there are any; the
 * settings then name what they are bound to, in place of `listen`.
 *
 * NOT_FOUND: none; open our own.  BAD_INPUT: `why` says what is wrong with one.
 */
enum status listeners_inherit(
    struct settings *settings, struct listeners *l, char why[CONFIG_WHY_BYTES]);
void listeners_close(struct listeners *l);

/* One more, not for clients: ADDR:PORT as `text`.  BAD_INPUT: as above. */
enum status listeners_open_at(
    const char *text, int *fd, uint16_t *port, char why[CONFIG_WHY_BYTES]);

#endif
