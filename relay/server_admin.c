/* server_admin.c - the door to administration of a relay at work. */
#include "relay/server_private.h"

enum status
server_open_admin(struct server *s)
{
	const struct server_options *o = s->options;
	const struct admin_host host = {
		.dir = o->dir,
		.storage = o->storage,
		.metrics = o->metrics,
		.server = s,
		.frozen = o->frozen,
	};
	enum status st;
	int fd;

	if (o->dir == NULL)
		return STATUS_OK;
	st = admin_socket_listen(o->dir, &fd);
	if (st == STATUS_OK)
		st = admin_socket_open(&s->loop, &host, fd, &s->admin);
	return st;
}

void
server_close_admin(struct server *s)
{
	if (s->admin == NULL)
		return;
	admin_socket_forget(s->options->dir);
	admin_socket_close(s->admin);
	s->admin = NULL;
}
