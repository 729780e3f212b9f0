/* backup_file.c - a backup into a file of its own, or into a descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/log.h"
#include "base/random.h"
#include "store/client/backup_private.h"

enum { TRIES = 16 }; /* keys change seldom, and that takes a moment */

static enum status
failed(const char *what)
{
	int why = errno;

	log_event(LOG_LEVEL_ERROR, "backup-failed", "what=%s reason=\"%s\"",
	    what, strerror(why));
	switch (why) {
	case EEXIST:
		return STATUS_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return STATUS_NO_SPACE;
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return STATUS_DENIED;
	case EPIPE:
		return STATUS_CLOSED;
	}
	return STATUS_IO;
}

static enum status
write_piece(void *arg, struct bytes piece)
{
	int fd = *(int *)arg;

	while (piece.len > 0) {
		ssize_t done = write(fd, piece.data, piece.len);

		if (done < 0 && errno != EINTR)
			return failed("write");
		piece = bytes_tail(piece, done < 0 ? 0 : (size_t)done);
	}
	hook_reach("backup-wrote");
	return STATUS_OK;
}

enum status
backup_to_fd(
    struct vault *v, int fd, int64_t now_ms, struct backup_sizes *sizes)
{
	/* What has left cannot be taken back, so there is one attempt. */
	return backup_write(v, DB_COPY_PACKED, now_ms, write_piece, &fd, sizes);
}

struct fresh {
	struct vault *v;
	int64_t now_ms;
	const char *path;
	char *name; /* until it is whole */
	int fd;
};

static enum status
fill(struct fresh *f, struct backup_sizes *sizes)
{
	enum db_copy how = DB_COPY_PACKED;
	enum status st = STATUS_AGAIN;

	for (int i = 0; i < TRIES && st == STATUS_AGAIN; i++) {
		if (ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0)
			return failed("truncate");
		st = backup_write(
		    f->v, how, f->now_ms, write_piece, &f->fd, sizes);
		if (st != STATUS_CONFLICT)
			continue;
		how = DB_COPY_WHOLE;
		st = STATUS_AGAIN;
	}
	if (st == STATUS_OK && fsync(f->fd) != 0)
		st = failed("sync");
	return st == STATUS_AGAIN || st == STATUS_CONFLICT ? STATUS_IO : st;
}

/* A file system that cannot rename so can link, or else does not know either.
 */
static enum status
take_new_name(const struct fresh *f)
{
	if (renameat2(AT_FDCWD, f->name, AT_FDCWD, f->path, RENAME_NOREPLACE) ==
	    0)
		return STATUS_OK;
	if (errno != EINVAL && errno != ENOSYS)
		return failed("rename");
	if (link(f->name, f->path) != 0)
		return failed("link");
	return unlink(f->name) == 0 ? STATUS_OK : failed("unlink");
}

static enum status
sync_above(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *above =
	    slash == NULL
		? strdup(".")
		: strndup(path, (size_t)(slash - path) + (slash == path));
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

/* Whether the name is free, or may be taken from what has it. */
static enum status
look(const char *path, bool replace)
{
	struct stat now;

	if (lstat(path, &now) != 0)
		return errno == ENOENT ? STATUS_OK : failed("look");
	if (!S_ISREG(now.st_mode))
		return STATUS_DENIED; /* a device, say: never replaced */
	return replace ? STATUS_OK : STATUS_EXISTS;
}

enum status
backup_to_file(struct vault *v, const char *path, bool replace, int64_t now_ms,
    struct backup_sizes *sizes)
{
	struct fresh f = { v, now_ms, path, NULL, -1 };
	struct backup_sizes made;
	enum status st = look(path, replace);

	if (st != STATUS_OK)
		return st;
	if (asprintf(&f.name, "%s.%016" PRIx64 ".part", path, random_u64()) < 0)
		return STATUS_NOMEM;
	f.fd = open(
	    f.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f.fd < 0) {
		st = failed("create");
		goto out;
	}
	st = fill(&f, &made);
	hook_reach("backup-synced");
	if (st == STATUS_OK && replace && rename(f.name, path) != 0)
		st = failed("rename");
	else if (st == STATUS_OK && !replace)
		st = take_new_name(&f);
	hook_reach("backup-named");
	if (st == STATUS_OK)
		st = sync_above(path);
	else
		(void)unlink(f.name);
	if (st == STATUS_OK)
		*sizes = made;
	close(f.fd);
out:
	free(f.name);
	return st;
}
