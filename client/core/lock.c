#include "client/core/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"

enum { PID_TEXT_BYTES = 24 };

struct lock {
	int fd;
};

static int
open_file(const char *dir, int flags)
{
	char *path = NULL;
	int fd = -1;

	if (asprintf(&path, "%s/receiver", dir) < 0)
		return -1;
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	return fd;
}

/* For people only: nothing depends on it. */
static void
write_holder(int fd)
{
	char text[PID_TEXT_BYTES];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
		log_event(
		    LOG_LEVEL_DEBUG, "receiver-unnamed", "errno=%d", errno);
}

enum status
lock_try(const char *dir, struct lock **l)
{
	struct lock *fresh = NULL;
	int fd = open_file(dir, O_RDWR | O_CREAT);

	if (fd < 0) {
		log_event(LOG_LEVEL_ERROR, "receiver-lock", "errno=%d", errno);
		return errno == ENOSPC || errno == EDQUOT ? STATUS_NO_SPACE
							  : STATUS_IO;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		bool busy = errno == EWOULDBLOCK;

		close(fd);
		return busy ? STATUS_AGAIN : STATUS_IO;
	}
	fresh = calloc(1, sizeof(*fresh));
	if (fresh == NULL) {
		close(fd);
		return STATUS_NOMEM;
	}
	fresh->fd = fd;
	write_holder(fd);
	*l = fresh;
	return STATUS_OK;
}

void
lock_free(struct lock *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	free(l);
}

int64_t
lock_holder(const char *dir)
{
	char text[PID_TEXT_BYTES] = { 0 };
	int fd = open_file(dir, O_RDONLY);
	uint64_t pid = 0;
	ssize_t len;

	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len < 2 || text[len - 1] != '\n')
		return 0;
	text[len - 1] = '\0';
	if (number_parse(text, 1, INT32_MAX, &pid) != STATUS_OK)
		return 0;
	return (int64_t)pid;
}
