#include "store/client/keyslots_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/log.h"
#include "base/random.h"

static const char keyslots_name[] = "keys";
static const char keyslots_next[] = "keys.next";

enum { REPLACED_TRIES = 100, SLURP_BYTES = 16 * 1024 };

static enum status
keyslots_file_failed(const char *what)
{
	if (errno == ENOENT)
		return STATUS_NOT_FOUND;
	if (errno == EEXIST)
		return STATUS_EXISTS;
	log_event(LOG_LEVEL_ERROR, "keyslots-failed", "what=%s reason=\"%s\"",
	    what, strerror(errno));
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
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
		size_t more = buf_room(file);
		ssize_t got;

		/* One byte of the ceiling is there to notice more. */
		st = buf_grow(
		    file, more < SLURP_BYTES ? more : SLURP_BYTES, &room);
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

/*
 * AGAIN: the file was replaced meanwhile, and the bytes of the one that was
 * read may have been overwritten already.
 */
static enum status
keyslots_file_read_one(int dir_fd, struct buf *file)
{
	enum status st;
	struct stat found;
	/* What is no file there must not be waited for. */
	int fd =
	    openat(dir_fd, keyslots_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return keyslots_file_failed("open");
	buf_clear(file);
	st = keyslots_file_slurp(fd, file);
	if (fstat(fd, &found) != 0)
		st = keyslots_file_failed("stat");
	else if (found.st_nlink == 0)
		st = STATUS_AGAIN;
	close(fd);
	return st;
}

enum status
keyslots_file_read(const char *dir, struct buf **file)
{
	struct buf *fresh = NULL;
	int dir_fd = -1;
	enum status st;

	st = keyslots_file_open_dir(dir, &dir_fd);
	if (st != STATUS_OK)
		return st;
	st = buf_new(KEYSLOTS_FILE_BYTES + 1, &fresh);
	if (st == STATUS_OK)
		st = keyslots_file_read_one(dir_fd, fresh);
	for (int i = 0; st == STATUS_AGAIN && i < REPLACED_TRIES; i++)
		st = keyslots_file_read_one(dir_fd, fresh);
	close(dir_fd);
	if (st != STATUS_OK) {
		buf_free(fresh);
		return st == STATUS_AGAIN ? STATUS_IO : st;
	}
	*file = fresh;
	return STATUS_OK;
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

/*
 * What has no name any more, or is about to lose it.  An error is not one of
 * the caller's: the new file is there.
 */
static void
keyslots_file_overwrite(int fd)
{
	static const uint8_t zeros[4096];
	struct stat found;
	off_t at = 0;

	if (fstat(fd, &found) != 0)
		return;
	while (at < found.st_size) {
		size_t left = (size_t)(found.st_size - at);
		ssize_t done = pwrite(
		    fd, zeros, left < sizeof(zeros) ? left : sizeof(zeros), at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break;
		at += done;
	}
	if (at < found.st_size || fdatasync(fd) != 0)
		log_event(LOG_LEVEL_WARN, "keyslots-not-overwritten",
		    "reason=\"%s\"", strerror(errno));
}

/* Left behind by a crash; it may hold keys that are to go. */
static enum status
keyslots_file_discard(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return STATUS_OK;
	if (fd >= 0) {
		keyslots_file_overwrite(fd);
		close(fd);
	}
	if (unlinkat(dir_fd, name, 0) != 0)
		return keyslots_file_failed("discard");
	return STATUS_OK;
}

static enum status
keyslots_file_swap(int dir_fd, struct bytes content)
{
	enum status st = keyslots_file_discard(dir_fd, keyslots_next);

	if (st == STATUS_OK)
		st = keyslots_file_write(dir_fd, keyslots_next, content);
	hook_reach("keyslots-replace-before");
	if (st == STATUS_OK &&
	    renameat(dir_fd, keyslots_next, dir_fd, keyslots_name) != 0)
		st = keyslots_file_failed("replace");
	if (st != STATUS_OK) {
		enum status left = keyslots_file_discard(dir_fd, keyslots_next);

		(void)left; /* the next change tries again */
		return st;
	}
	hook_reach("keyslots-replace-after");
	if (fsync(dir_fd) != 0)
		st = keyslots_file_failed("sync-dir");
	return st;
}

enum status
keyslots_file_replace(const char *dir, struct bytes content)
{
	int dir_fd = -1;
	int old_fd = -1;
	enum status st = keyslots_file_open_dir(dir, &dir_fd);

	if (st != STATUS_OK)
		return st;
	old_fd = openat(dir_fd, keyslots_name,
	    O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (old_fd < 0)
		st = keyslots_file_failed("open-old");
	if (st == STATUS_OK)
		st = keyslots_file_swap(dir_fd, content);
	if (st == STATUS_OK)
		keyslots_file_overwrite(old_fd);
	hook_reach("keyslots-overwrite-after");
	if (old_fd >= 0)
		close(old_fd);
	close(dir_fd);
	return st;
}
