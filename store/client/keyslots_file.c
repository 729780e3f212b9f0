#include "store/client/keyslots_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/log.h"
#include "base/random.h"

static const char keyslots_name[] = "keys";

static enum status
keyslots_file_failed(const char *what)
{
	if (errno == ENOENT)
		return STATUS_NOT_FOUND;
	if (errno == EEXIST)
		return STATUS_EXISTS;
	log_event(LOG_LEVEL_ERROR, "keyslots-failed", "what=%s reason=\"%s\"",
	    what, strerror(errno));
	if (errno == ENOSPC || errno == EDQUOT)
		return STATUS_NO_SPACE;
	return STATUS_IO;
}

static enum status
keyslots_file_open_dir(const char *dir, int *fd)
{
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? keyslots_file_failed("open-dir") : STATUS_OK;
}

enum status
keyslots_file_has(const char *dir)
{
	enum status st;
	int dir_fd;

	st = keyslots_file_open_dir(dir, &dir_fd);
	if (st != STATUS_OK)
		return st;
	if (faccessat(dir_fd, keyslots_name, F_OK, 0) != 0)
		st = keyslots_file_failed("access");
	close(dir_fd);
	return st;
}

static enum status
keyslots_file_slurp(int fd, struct buf *file)
{
	uint8_t *room = NULL;
	enum status st;

	for (;;) {
		size_t before = buf_len(file);
		ssize_t got;

		/* One byte of the ceiling is there to notice more. */
		st = buf_grow(file, buf_room(file), &room);
		if (st != STATUS_OK)
			return st;
		got = read(fd, room, buf_len(file) - before);
		if (got < 0 && errno != EINTR)
			return keyslots_file_failed("read");
		buf_truncate(file, before + (got < 0 ? 0 : (size_t)got));
		if (got == 0)
			return STATUS_OK;
		if (buf_len(file) > KEYSLOTS_FILE_BYTES)
			return STATUS_CRYPTO;
	}
}

enum status
keyslots_file_read(const char *dir, struct buf **file)
{
	struct buf *fresh = NULL;
	int dir_fd = -1;
	int fd = -1;
	enum status st;

	st = keyslots_file_open_dir(dir, &dir_fd);
	if (st != STATUS_OK)
		return st;
	fd = openat(dir_fd, keyslots_name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		st = keyslots_file_failed("open");
		goto out;
	}
	st = buf_new(KEYSLOTS_FILE_BYTES + 1, &fresh);
	if (st == STATUS_OK)
		st = keyslots_file_slurp(fd, fresh);
	if (st != STATUS_OK)
		goto out;
	*file = fresh;
	fresh = NULL;
out:
	buf_free(fresh);
	if (fd >= 0)
		close(fd);
	close(dir_fd);
	return st;
}

static enum status
keyslots_file_write(int dir_fd, const char *name, struct bytes content)
{
	enum status st = STATUS_OK;
	int fd =
	    openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return keyslots_file_failed("create");
	while (content.len > 0 && st == STATUS_OK) {
		ssize_t done = write(fd, content.data, content.len);

		if (done >= 0)
			content = bytes_tail(content, (size_t)done);
		else if (errno != EINTR)
			st = keyslots_file_failed("write");
	}
	if (st == STATUS_OK && fsync(fd) != 0)
		st = keyslots_file_failed("sync");
	close(fd);
	return st;
}

enum status
keyslots_file_create(const char *dir, struct bytes content)
{
	char fresh[sizeof(keyslots_name) + 32];
	int dir_fd = -1;
	enum status st;

	st = keyslots_file_open_dir(dir, &dir_fd);
	if (st != STATUS_OK)
		return st;
	/* A name of its own: two of us must not write the same file. */
	snprintf(fresh, sizeof(fresh), "%s.%016" PRIx64, keyslots_name,
	    random_u64());
	st = keyslots_file_write(dir_fd, fresh, content);
	hook_reach("keyslots-rename-before");
	if (st == STATUS_OK && renameat2(dir_fd, fresh, dir_fd, keyslots_name,
				   RENAME_NOREPLACE) != 0)
		st = keyslots_file_failed("rename");
	hook_reach("keyslots-rename-after");
	if (st == STATUS_OK && fsync(dir_fd) != 0)
		st = keyslots_file_failed("sync-dir");
	/* Gone already when the rename went well. */
	(void)unlinkat(dir_fd, fresh, 0);
	close(dir_fd);
	return st;
}
