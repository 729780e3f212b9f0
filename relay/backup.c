#include "relay/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/file.h"

enum {
	COPY_BYTES = 256 * 1024,
	/* A relay beside it must not wait for all of it in one flush. */
	FLUSH_BYTES = 16 * 1024 * 1024,
};

struct backup_out {
	char path[PATH_MAX];
	char name[BACKUP_NAME_BYTES];
	int fd;
	uint64_t bytes;
	uint64_t unflushed_bytes;
	struct backup_pace *pace;
	crypto_generichash_state hash;
};

static enum status
complain(const char *path)
{
	log_event(LOG_LEVEL_ERROR, "backup", "path=%s reason=\"%s\"", path,
	    strerror(errno));
	return file_errno();
}

void
backup_wait(struct backup_pace *pace, size_t bytes)
{
	int64_t now_ms = clock_mono_ms(), due_ms;

	if (pace->start_ms == 0)
		pace->start_ms = now_ms;
	pace->done_bytes += bytes;
	if (pace->bytes_per_s == 0)
		return;
	due_ms = pace->start_ms +
		 (int64_t)(pace->done_bytes * 1000 / pace->bytes_per_s);
	if (due_ms > now_ms)
		clock_sleep_ms(due_ms - now_ms);
}

static enum status
check_empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	enum status st = STATUS_OK;

	if (dir == NULL)
		return complain(path);
	while (st == STATUS_OK && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, "lost+found") != 0)
			st = STATUS_EXISTS;
	closedir(dir);
	return st;
}

enum status
backup_make_dir(const char *path)
{
	char below[PATH_MAX];
	enum status st = file_make_dir(path);

	if (st == STATUS_OK)
		st = check_empty(path);
	/* It may have been there, and open to others. */
	if (st == STATUS_OK && chmod(path, 0700) != 0)
		st = complain(path);
	if (st == STATUS_OK)
		st = file_path(path, "store/log", below);
	if (st == STATUS_OK)
		st = file_make_dir(below);
	return st;
}

static void
start_hash(struct backup_out *out)
{
	crypto_generichash_init(&out->hash, NULL, 0, BACKUP_HASH_BYTES);
}

enum status
backup_out_open(const char *dir, const char *name, struct backup_pace *pace,
    struct backup_out **out)
{
	struct backup_out *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->pace = pace;
	snprintf(fresh->name, sizeof(fresh->name), "%s", name);
	st = file_path(dir, name, fresh->path);
	fresh->fd =
	    st != STATUS_OK
		? -1
		: open(fresh->path,
		      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		      0600);
	if (fresh->fd < 0) {
		st = st == STATUS_OK ? complain(fresh->path) : st;
		free(fresh);
		return st;
	}
	start_hash(fresh);
	*out = fresh;
	return STATUS_OK;
}

static bool
is_zeros(struct bytes piece)
{
	return piece.len > 0 && piece.data[0] == 0 &&
	       memcmp(piece.data, piece.data + 1, piece.len - 1) == 0;
}

enum status
backup_out_put(struct backup_out *out, struct bytes piece)
{
	const size_t len = piece.len;

	crypto_generichash_update(&out->hash, piece.data, piece.len);
	if (out->pace->holes && is_zeros(piece)) {
		if (lseek(out->fd, (off_t)len, SEEK_CUR) < 0)
			return complain(out->path);
		piece.len = 0;
	}
	while (piece.len > 0) {
		ssize_t n = write(out->fd, piece.data, piece.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return complain(out->path);
		piece = bytes_tail(piece, (size_t)n);
	}
	out->bytes += len;
	out->unflushed_bytes += len;
	if (out->unflushed_bytes >= FLUSH_BYTES) {
		out->unflushed_bytes = 0;
		if (fdatasync(out->fd) != 0)
			return complain(out->path);
	}
	backup_wait(out->pace, len);
	return STATUS_OK;
}

enum status
backup_out_restart(struct backup_out *out)
{
	if (ftruncate(out->fd, 0) != 0 || lseek(out->fd, 0, SEEK_SET) != 0)
		return complain(out->path);
	out->bytes = 0;
	start_hash(out);
	return STATUS_OK;
}

enum status
backup_out_pad(struct backup_out *out, uint64_t bytes)
{
	static const uint8_t zeros[4096];

	if (bytes <= out->bytes)
		return STATUS_OK;
	if (bytes > INT64_MAX || ftruncate(out->fd, (off_t)bytes) != 0)
		return complain(out->path);
	while (out->bytes < bytes) {
		uint64_t n = bytes - out->bytes;

		if (n > sizeof(zeros))
			n = sizeof(zeros);
		crypto_generichash_update(&out->hash, zeros, n);
		out->bytes += n;
	}
	return STATUS_OK;
}

enum status
backup_out_end(struct backup_out *out, struct backup_file *file)
{
	/* A hole at its end is part of it. */
	if (ftruncate(out->fd, (off_t)out->bytes) != 0 || fsync(out->fd) != 0)
		return complain(out->path);
	memset(file, 0, sizeof(*file));
	memcpy(file->name, out->name, sizeof(file->name));
	file->bytes = out->bytes;
	crypto_generichash_final(&out->hash, file->hash, BACKUP_HASH_BYTES);
	return STATUS_OK;
}

void
backup_out_close(struct backup_out *out)
{
	if (out == NULL)
		return;
	close(out->fd);
	/* Keys went through it, hashed. */
	sodium_memzero(out, sizeof(*out));
	free(out);
}

/* From where fd stands, at most `limit` bytes, into out. */
static enum status
copy_some(int fd, uint64_t limit, uint8_t *room, struct backup_out *out)
{
	while (limit > 0) {
		size_t wanted = limit < COPY_BYTES ? (size_t)limit : COPY_BYTES;
		ssize_t n = read(fd, room, wanted);
		enum status st;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return complain(out->name);
		if (n == 0)
			return STATUS_OK;
		st = backup_out_put(out, bytes_view(room, (size_t)n));
		if (st != STATUS_OK)
			return st;
		limit -= (uint64_t)n;
	}
	return STATUS_OK;
}

enum status
backup_open(const char *dir, const char *name, int *fd)
{
	char path[PATH_MAX];
	struct stat found;
	enum status st = file_path(dir, name, path);
	int opened;

	if (st != STATUS_OK)
		return st;
	opened = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (opened < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND : complain(path);
	if (fstat(opened, &found) != 0)
		st = complain(path);
	else if (!S_ISREG(found.st_mode))
		st = STATUS_BAD_INPUT;
	if (st == STATUS_OK)
		*fd = opened;
	else
		close(opened);
	return st;
}

enum status
backup_copy(int from, const char *to, const char *name, uint64_t limit,
    struct backup_pace *pace, struct backup_file *file)
{
	uint8_t *room = calloc(1, COPY_BYTES);
	struct backup_out *out = NULL;
	struct stat found;
	enum status st = room != NULL ? STATUS_OK : STATUS_NOMEM;

	if (st == STATUS_OK && fstat(from, &found) != 0)
		st = complain(name);
	if (st == STATUS_OK)
		st = backup_out_open(to, name, pace, &out);
	if (st == STATUS_OK)
		st = copy_some(from, limit, room, out);
	if (st == STATUS_OK && limit < (uint64_t)found.st_size)
		st = backup_out_pad(out, (uint64_t)found.st_size);
	if (st == STATUS_OK)
		st = backup_out_end(out, file);
	backup_out_close(out);
	if (room != NULL)
		sodium_memzero(room, COPY_BYTES);
	free(room);
	return st;
}
