/*
 * admin_socket.h - the door to administration while a relay serves: admin.sock
 * in the data directory, on the loop of server_run().
 *
 * Only the relay's own user and root come in, as the kernel tells who they are.
 * A connection carries one request after the other; what it sends ahead, what
 * waits to leave, and how long it is silent are bounded.
 */
#ifndef TACIT_RELAY_ADMIN_SOCKET_H
#define TACIT_RELAY_ADMIN_SOCKET_H

#include "relay/admin.h"

enum {
	ADMIN_CLIENTS = 8,
	ADMIN_SILENCE_MS = 30 * 1000,
};

struct admin_socket;

/*
 * A listening socket in dir, mode 0600, for admin_socket_open(): made while
 * whoever starts the relay may still make one.  The name in dir may be as long
 * as it likes.  IO; the reason is in the log.
 */
enum status admin_socket_listen(const char *dir, int *fd);
void admin_socket_forget(const char *dir); /* takes the name away again */

/*
 * A connected one, for commands.  NOT_FOUND: no relay serves from dir.  DENIED:
 * not allowed.  FULL: nobody was let in for long.  IO.
 */
enum status admin_socket_connect(const char *dir, int *fd);

/*
 * Serve on the loop; fd is the socket's from then on.  `host` is copied, but
 * for its port, which is made here.  NOMEM, IO.
 */
enum status admin_socket_open(struct uv_loop_s *loop,
    const struct admin_host *host, int fd, struct admin_socket **s);

/*
 * No more requests; calls under way end unheard.  It is freed on the loop, some
 * turns later.  NULL is fine.
 */
void admin_socket_close(struct admin_socket *s);

#endif
