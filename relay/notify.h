/*
 * notify.h - a word to the service manager: ready, reloading, alive, stopping.
 *
 * The protocol of sd_notify(3): one datagram of NAME=VALUE lines to the socket
 * that NOTIFY_SOCKET names.  Without that variable nothing is said.
 */
#ifndef TACIT_RELAY_NOTIFY_H
#define TACIT_RELAY_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;              /* -1: nobody listens */
	int64_t watchdog_ms; /* it wants to hear that often; 0: not at all */
};

/*
 * Connect, before the process is confined.  The variables are taken out of the
 * environment.  What cannot be reached is logged and left.
 */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* Lines such as "READY=1\nSTATUS=..."; lost when nobody takes them. */
void notify_say(const struct notify *n, const char *lines);

#endif
