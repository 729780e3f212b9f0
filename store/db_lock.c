/*
 * db_lock.c - room for LMDB's file of locks.
 *
 * LMDB makes it without blocks and writes it where it is mapped: on a disk that
 * is full that ends the process (SIGBUS), and not with an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db_private.h"

static const char lock_name[] = "lock.mdb";

enum {
	LOCK_READER_BYTES = 64, /* a cache line each, after a head */
	LOCK_BYTES = 4096 + DB_READERS * LOCK_READER_BYTES,
	BLOCK_BYTES = 512, /* of st_blocks, whatever the file system's are */
};

/* Its size is left for LMDB to choose. */
static int
reserve(int fd)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOCK_BYTES) == 0)
		return 0;
	return errno == ENOSPC || errno == EDQUOT ? errno : 0;
}

int
db_lock_room(int dir_fd)
{
	struct stat now;
	int fd;
	int rc;

	/*
	 * Closing a file drops every lock that this process has on it, so one
	 * that may be in use is not even opened.
	 */
	if (fstatat(dir_fd, lock_name, &now, 0) == 0 && now.st_size > 0 &&
	    now.st_blocks >= now.st_size / BLOCK_BYTES)
		return 0;
	fd = openat(dir_fd, lock_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? errno : 0;
	rc = reserve(fd);
	close(fd);
	return rc;
}
