/*
 * admin_address.c - a Unix socket by a name that may be longer than the 107
 * bytes an address holds: it is reached through a descriptor of its directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "relay/admin_socket.h"

static const char NAME[] = "admin.sock";

enum { BACKLOG = 8, CONNECT_S = 10 };

static enum status
complain(const char *what)
{
	log_event(LOG_LEVEL_ERROR, "admin-socket", "what=%s reason=\"%s\"",
	    what, strerror(errno));
	return STATUS_IO;
}

static struct sockaddr_un
address_in(int dir_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s", dir_fd,
	    NAME);
	return a;
}

static int
open_dir(const char *dir)
{
	return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

enum status
admin_socket_listen(const char *dir, int *fd)
{
	int dir_fd = open_dir(dir);
	int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enum status st = STATUS_OK;
	struct sockaddr_un a;

	if (dir_fd < 0 || opened < 0) {
		st = complain("make");
		goto out;
	}
	a = address_in(dir_fd);
	/* Of a relay that is gone: this one holds the lock of the directory. */
	if (unlinkat(dir_fd, NAME, 0) != 0 && errno != ENOENT)
		st = complain("unlink");
	/* Before it has a name, so that it never has another mode. */
	else if (fchmod(opened, 0600) != 0 ||
		 bind(opened, (struct sockaddr *)&a, sizeof(a)) != 0)
		st = complain("bind");
	else if (listen(opened, BACKLOG) != 0)
		st = complain("listen");
	if (st == STATUS_OK) {
		*fd = opened;
		opened = -1;
	}
out:
	if (opened >= 0)
		close(opened);
	if (dir_fd >= 0)
		close(dir_fd);
	return st;
}

void
admin_socket_forget(const char *dir)
{
	int dir_fd = open_dir(dir);

	if (dir_fd < 0)
		return;
	(void)unlinkat(dir_fd, NAME, 0);
	close(dir_fd);
}

enum status
admin_socket_connect(const char *dir, int *fd)
{
	int dir_fd = open_dir(dir);
	int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = address_in(dir_fd);
	const struct timeval patience = { .tv_sec = CONNECT_S };
	enum status st = STATUS_IO;

	if (dir_fd < 0 && errno == ENOENT)
		st = STATUS_NOT_FOUND;
	if (dir_fd < 0 || opened < 0)
		goto out;
	/* Where many wait to be let in, connecting takes as long as it takes.
	 */
	(void)setsockopt(
	    opened, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(opened, (struct sockaddr *)&a, sizeof(a)) == 0) {
		*fd = opened;
		opened = -1;
		st = STATUS_OK;
	} else if (errno == ENOENT || errno == ECONNREFUSED) {
		st = STATUS_NOT_FOUND;
	} else if (errno == EACCES || errno == EPERM) {
		st = STATUS_DENIED;
	} else if (errno == EAGAIN) {
		st = STATUS_FULL;
	}
out:
	if (opened >= 0)
		close(opened);
	if (dir_fd >= 0)
		close(dir_fd);
	return st;
}
