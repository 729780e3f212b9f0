#include "relay/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum status
file_errno(void)
{
	return errno == ENOSPC || errno == EDQUOT ? STATUS_NO_SPACE : STATUS_IO;
}

static enum status
complain(const char *path)
{
	log_event(LOG_LEVEL_ERROR, "file", "path=%s reason=\"%s\"", path,
	    strerror(errno));
	return file_errno();
}

enum status
file_path(const char *dir, const char *name, char path[PATH_MAX])
{
	int len = snprintf(path, PATH_MAX, "%s/%s", dir, name);

	if (len < 0 || len >= PATH_MAX)
		return STATUS_BAD_INPUT;
	return STATUS_OK;
}

enum status
file_make_dir(const char *dir)
{
	char path[PATH_MAX];

	if (*dir == '\0' || strlen(dir) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return complain(dir);
	}
	snprintf(path, sizeof(path), "%s", dir);
	for (char *c = path + 1; *c != '\0'; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return complain(path);
		*c = '/';
	}
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return complain(path);
	return STATUS_OK;
}

static enum status
write_all(int fd, struct bytes content)
{
	while (content.len > 0) {
		ssize_t n = write(fd, content.data, content.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_errno();
		content = bytes_tail(content, (size_t)n);
	}
	return fsync(fd) == 0 ? STATUS_OK : file_errno();
}

enum status
file_sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status st = STATUS_OK;

	if (fd < 0)
		return complain(dir);
	if (fsync(fd) != 0)
		st = complain(dir);
	close(fd);
	return st;
}

enum status
file_write(
    const char *dir, const char *name, struct bytes content, bool replace)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	enum status st;
	int fd = -1;
	int failed;

	if (snprintf(temporary, PATH_MAX, "%s/.%s.new", dir, name) >= PATH_MAX)
		return STATUS_BAD_INPUT;
	st = file_path(dir, name, path);
	if (st != STATUS_OK)
		return st;
	unlink(temporary); /* left over from a crash */
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain(temporary);
	st = write_all(fd, content);
	if (close(fd) != 0 && st == STATUS_OK)
		st = file_errno();
	if (st != STATUS_OK) {
		st = complain(temporary);
		goto out;
	}
	/* link() refuses to replace, which rename() would not. */
	failed = replace ? rename(temporary, path) : link(temporary, path);
	if (failed != 0) {
		st = errno == EEXIST ? STATUS_EXISTS : complain(path);
		goto out;
	}
	st = file_sync_dir(dir);
out:
	unlink(temporary);
	return st;
}

enum status
file_read(
    const char *dir, const char *name, size_t max_bytes, struct buf **content)
{
	struct buf *b = NULL;
	char path[PATH_MAX];
	uint8_t chunk[4096];
	enum status st = file_path(dir, name, path);
	ssize_t n;
	int fd;

	if (st != STATUS_OK)
		return st;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND : complain(path);
	st = buf_new(max_bytes, &b);
	while (st == STATUS_OK && (n = read(fd, chunk, sizeof(chunk))) != 0)
		st = n < 0 ? complain(path)
			   : buf_put(b, bytes_view(chunk, (size_t)n));
	close(fd);
	if (st != STATUS_OK) {
		buf_free(b);
		return st;
	}
	*content = b;
	return STATUS_OK;
}

bool
file_exists(const char *dir, const char *name)
{
	char path[PATH_MAX];

	return file_path(dir, name, path) == STATUS_OK &&
	       access(path, F_OK) == 0;
}
