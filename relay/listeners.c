#include "relay/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/number.h"

enum { BACKLOG = 1024, INHERITED_FIRST = 3 };

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

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static uint16_t
port_of(const union address *a)
{
	return ntohs(
	    a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
}

static uint16_t
bound_port(int fd)
{
	union address a = { .v6 = { 0 } };
	socklen_t len = sizeof(a);

	return getsockname(fd, &a.any, &len) == 0 ? port_of(&a) : 0;
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

/* How many are handed to this very process; they begin at INHERITED_FIRST. */
static size_t
count_inherited(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	uint64_t count = 0, meant = 0;

	if (pid == NULL || fds == NULL ||
	    number_parse(pid, 1, INT32_MAX, &meant) != STATUS_OK ||
	    meant != (uint64_t)getpid() ||
	    number_parse(fds, 1, INT16_MAX, &count) != STATUS_OK)
		count = 0;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return (size_t)count;
}

/* A TCP socket that listens, and ADDR:PORT of it as in the settings. */
static bool
take_inherited(int fd, char text[CONFIG_TEXT_BYTES], uint16_t *port)
{
	union address a = { .v6 = { 0 } };
	char host[INET6_ADDRSTRLEN];
	socklen_t len = sizeof(a), size = sizeof(int);
	int listens = 0, type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
	    listens == 0 || type != SOCK_STREAM ||
	    getsockname(fd, &a.any, &len) != 0 ||
	    (a.any.sa_family != AF_INET && a.any.sa_family != AF_INET6))
		return false;
	*port = port_of(&a);
	if (a.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof(host));
	snprintf(text, CONFIG_TEXT_BYTES,
	    a.any.sa_family == AF_INET ? "%s:%u" : "[%s]:%u", host, *port);
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
	       fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

enum status
listeners_inherit(
    struct settings *settings, struct listeners *l, char why[CONFIG_WHY_BYTES])
{
	size_t count = count_inherited();

	*l = (struct listeners){ 0 };
	if (count == 0)
		return STATUS_NOT_FOUND;
	if (count > CONFIG_LIST_ITEMS) {
		snprintf(why, CONFIG_WHY_BYTES,
		    "%zu sockets were passed; at most %d can be used", count,
		    CONFIG_LIST_ITEMS);
		return STATUS_BAD_INPUT;
	}
	for (size_t i = 0; i < count; i++) {
		int fd = INHERITED_FIRST + (int)i;

		if (!take_inherited(
			fd, settings->listen.items[i], &l->ports[i])) {
			snprintf(why, CONFIG_WHY_BYTES,
			    "descriptor %d, which was passed, is no TCP "
			    "socket that listens",
			    fd);
			return STATUS_BAD_INPUT;
		}
		l->fds[i] = fd;
		l->count++;
	}
	settings->listen.count = count;
	return settings_check(settings, why);
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
