#include "relay/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"

/* sd_watchdog_enabled(3): microseconds, and whom it is meant for. */
static int64_t
watchdog_ms(void)
{
	const char *every = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t us = 0, meant = 0;

	if (every == NULL ||
	    number_parse(every, 1000, INT64_MAX, &us) != STATUS_OK)
		return 0;
	if (pid != NULL &&
	    (number_parse(pid, 1, INT32_MAX, &meant) != STATUS_OK ||
		meant != (uint64_t)getpid()))
		return 0;
	return (int64_t)(us / 1000);
}

static int
connect_to(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd;

	/* '@' stands for the NUL that begins an abstract name (unix(7)). */
	if ((*name != '/' && *name != '@') || len >= sizeof(to.sun_path)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(to.sun_path, name, len);
	if (*name == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	len += offsetof(struct sockaddr_un, sun_path);
	if (connect(fd, (struct sockaddr *)&to, (socklen_t)len) == 0)
		return fd;
	close(fd);
	return -1;
}

void
notify_open(struct notify *n)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*n = (struct notify){ .fd = -1 };
	if (name != NULL) {
		n->fd = connect_to(name);
		if (n->fd < 0)
			log_event(LOG_LEVEL_WARN, "notify",
			    "reason=\"%s\" what=\"the service manager "
			    "hears nothing\"",
			    strerror(errno));
		else
			n->watchdog_ms = watchdog_ms();
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void
notify_say(const struct notify *n, const char *lines)
{
	if (n->fd >= 0 && send(n->fd, lines, strlen(lines), MSG_NOSIGNAL) < 0)
		log_event(LOG_LEVEL_DEBUG, "notify", "reason=\"%s\"",
		    strerror(errno));
}
