#include "relay/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static socklen_t
socket_address(const struct listen_address *a, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, a->host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(a->port);
		return sizeof(*v4);
	}
	inet_pton(AF_INET6, a->host, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(a->port);
	return sizeof(*v6);
}

static uint16_t
bound_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = { .v6 = { 0 } };
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.any, &len) != 0)
		return 0;
	return ntohs(
	    a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

static int
listen_on(const struct listen_address *a)
{
	struct sockaddr_storage address;
	socklen_t len = socket_address(a, &address);
	const int on = 1;
	int fd = socket(
	    address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* A restart must not wait for old connections to time out. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

enum status
listeners_open(const struct settings *settings, struct listeners *l,
    char why[CONFIG_WHY_BYTES])
{
	*l = (struct listeners){ 0 };
	for (size_t i = 0; i < settings->listen.count; i++) {
		struct listen_address a;
		int fd;

		if (listen_parse(settings->listen.items[i], &a) != STATUS_OK)
			return STATUS_BAD_INPUT;
		fd = listen_on(&a);
		if (fd < 0) {
			snprintf(why, CONFIG_WHY_BYTES,
			    "cannot listen on %.128s: %s",
			    settings->listen.items[i], strerror(errno));
			listeners_close(l);
			return STATUS_BAD_INPUT;
		}
		l->fds[l->count] = fd;
		l->ports[l->count++] = bound_port(fd);
	}
	return STATUS_OK;
}

void
listeners_close(struct listeners *l)
{
	while (l->count > 0)
		close(l->fds[--l->count]);
}

enum status
listeners_open_at(
    const char *text, int *fd, uint16_t *port, char why[CONFIG_WHY_BYTES])
{
	struct listen_address a;
	int fresh;

	if (listen_parse(text, &a) != STATUS_OK)
		return STATUS_BAD_INPUT;
	fresh = listen_on(&a);
	if (fresh < 0) {
		snprintf(why, CONFIG_WHY_BYTES, "cannot listen on %.128s: %s",
		    text, strerror(errno));
		return STATUS_BAD_INPUT;
	}
	*fd = fresh;
	*port = bound_port(fresh);
	return STATUS_OK;
}
