#include "store/client/backup_staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/log.h"

struct staging {
	char *dir;   /* what it will be */
	char *fresh; /* what it is called until then */
	int fd;      /* of the directory; holds the lock */
	int data_fd;
	bool is_named;
};

static enum status
failed(const char *what)
{
	int why = errno;

	log_event(LOG_LEVEL_ERROR, "restore-failed", "what=%s reason=\"%s\"",
	    what, strerror(why));
	switch (why) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return STATUS_NO_SPACE;
	case EEXIST:
	case ENOTEMPTY:
	case ENOTDIR:
		return STATUS_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
	case EBUSY: /* something is mounted there */
	case EXDEV:
	case ENOENT:
		return STATUS_DENIED;
	case ENOMEM:
		return STATUS_NOMEM;
	}
	return STATUS_IO;
}

enum status
staging_may_take(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	bool found = false;

	if (d == NULL)
		return errno == ENOENT ? STATUS_OK : failed("look");
	while (!found && (entry = readdir(d)) != NULL)
		found = strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0;
	closedir(d);
	return found ? STATUS_EXISTS : STATUS_OK;
}

/* Everything a profile consists of; nothing else is ever in there. */
static void
clear(int fd)
{
	static const char *const names[] = { "keys", "data.mdb", "lock.mdb",
		"turnstile", "receiver" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlinkat(fd, names[i], 0);
}

/*
 * The directory that we hold is the one that has the name: whoever had it
 * before may have given it its final one meanwhile.
 */
static bool
is_still_there(const struct staging *s)
{
	struct stat ours, named;

	return fstat(s->fd, &ours) == 0 && lstat(s->fresh, &named) == 0 &&
	       ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

static enum status
take(struct staging *s)
{
	if (mkdir(s->fresh, 0700) != 0 && errno != EEXIST)
		return failed("make");
	s->fd = open(s->fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->fd < 0)
		return failed("open");
	if (flock(s->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? STATUS_AGAIN : failed("lock");
	if (!is_still_there(s)) {
		flock(s->fd, LOCK_UN);
		close(s->fd);
		s->fd = -1; /* not ours to clear */
		return STATUS_AGAIN;
	}
	clear(s->fd);
	return STATUS_OK;
}

enum status
staging_new(const char *dir, struct staging **s)
{
	struct staging *fresh = calloc(1, sizeof(*fresh));
	size_t len = strlen(dir);
	enum status st = staging_may_take(dir);

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->fd = fresh->data_fd = -1;
	while (len > 1 && dir[len - 1] == '/')
		len--;
	fresh->dir = strndup(dir, len);
	if (st == STATUS_OK &&
	    (fresh->dir == NULL ||
		asprintf(&fresh->fresh, "%s.restoring", fresh->dir) < 0)) {
		fresh->fresh = NULL;
		st = STATUS_NOMEM;
	}
	if (st == STATUS_OK)
		st = take(fresh);
	hook_reach("restore-begun");
	if (st == STATUS_OK)
		*s = fresh;
	else
		staging_free(fresh);
	return st;
}

void
staging_free(struct staging *s)
{
	if (s == NULL)
		return;
	if (s->data_fd >= 0)
		close(s->data_fd);
	if (s->fd >= 0 && !s->is_named && is_still_there(s)) {
		clear(s->fd);
		(void)rmdir(s->fresh);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s->fresh);
	free(s->dir);
	free(s);
}

const char *
staging_dir(const struct staging *s)
{
	return s->fresh;
}

static enum status
make_file(const struct staging *s, const char *name, int *fd)
{
	*fd =
	    openat(s->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return *fd < 0 ? failed("create") : STATUS_OK;
}

static enum status
write_all(int fd, struct bytes content)
{
	while (content.len > 0) {
		ssize_t done = write(fd, content.data, content.len);

		if (done < 0 && errno != EINTR)
			return failed("write");
		content = bytes_tail(content, done < 0 ? 0 : (size_t)done);
	}
	return STATUS_OK;
}

enum status
staging_put_keys(struct staging *s, struct bytes file)
{
	int fd = -1;
	enum status st = make_file(s, "keys", &fd);

	if (st != STATUS_OK)
		return st;
	st = write_all(fd, file);
	if (st == STATUS_OK && fsync(fd) != 0)
		st = failed("sync");
	close(fd);
	return st;
}

enum status
staging_write(struct staging *s, struct bytes piece)
{
	enum status st = STATUS_OK;

	if (s->data_fd < 0)
		st = make_file(s, "data.mdb", &s->data_fd);
	return st == STATUS_OK ? write_all(s->data_fd, piece) : st;
}

enum status
staging_sync(struct staging *s)
{
	if (s->data_fd >= 0 && fsync(s->data_fd) != 0)
		return failed("sync");
	return fsync(s->fd) == 0 ? STATUS_OK : failed("sync-dir");
}

/* The entry of the new name is in the directory above. */
static enum status
sync_above(const struct staging *s)
{
	const char *slash = strrchr(s->dir, '/');
	char *above =
	    slash == NULL
		? strdup(".")
		: strndup(s->dir, (size_t)(slash - s->dir) + (slash == s->dir));
	enum status st = STATUS_OK;
	int fd;

	if (above == NULL)
		return STATUS_NOMEM;
	fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		st = failed("sync-above");
	if (fd >= 0)
		close(fd);
	free(above);
	return st;
}

enum status
staging_take_name(struct staging *s)
{
	/* Whoever was to open it in here has closed it. */
	(void)unlinkat(s->fd, "lock.mdb", 0);
	(void)unlinkat(s->fd, "turnstile", 0);
	if (fsync(s->fd) != 0)
		return failed("sync-dir");
	/* rename(2): an empty directory of that name is replaced. */
	if (rename(s->fresh, s->dir) != 0)
		return failed("rename");
	s->is_named = true;
	hook_reach("restore-named");
	return sync_above(s);
}
