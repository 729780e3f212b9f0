/*
 * db_copy.c - a consistent copy of an environment that others go on writing to.
 *
 * LMDB writes it to a descriptor as fast as that takes it.  Ours is a pipe, so
 * that who reads may take it slowly, and sees what goes by.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <unistd.h>

#include "store/db_private.h"

enum { COPY_CHUNK_BYTES = 64 * 1024 };

struct copying {
	struct db *db;
	unsigned flags;
	int fd; /* the end that is written to; closed when all is said */
	int rc;
};

static void *
copy_thread(void *arg)
{
	struct copying *c = arg;

	c->rc = mdb_env_copyfd2(c->db->env, c->fd, c->flags);
	close(c->fd);
	return NULL;
}

static enum status
take_all(int fd, db_copy_take *take, void *arg)
{
	uint8_t chunk[COPY_CHUNK_BYTES];
	enum status st = STATUS_OK;

	while (st == STATUS_OK) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return STATUS_IO;
		if (n == 0)
			return STATUS_OK;
		st = take(arg, bytes_view(chunk, (size_t)n));
	}
	return st;
}

enum status
db_copy(struct db *db, enum db_copy how, db_copy_take *take, void *arg)
{
	struct copying c = {
		.db = db,
		.flags = how == DB_COPY_PACKED ? MDB_CP_COMPACT : 0,
	};
	pthread_t thread;
	enum status st;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return STATUS_IO;
	c.fd = ends[1];
	if (pthread_create(&thread, NULL, copy_thread, &c) != 0) {
		close(ends[0]);
		close(ends[1]);
		return STATUS_NOMEM;
	}
	st = take_all(ends[0], take, arg);
	/* Where the taker gave up, LMDB is told so by the pipe. */
	close(ends[0]);
	pthread_join(thread, NULL);
	if (st != STATUS_OK)
		return st;
	if (c.rc == MDB_INCOMPATIBLE)
		return STATUS_CONFLICT;
	return db_status(db, c.rc, "copy");
}
