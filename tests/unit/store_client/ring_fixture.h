/* ring_fixture.h - keys of a vault's ring, made, renewed and counted. */
#ifndef TACIT_TESTS_STORE_CLIENT_RING_FIXTURE_H
#define TACIT_TESTS_STORE_CLIENT_RING_FIXTURE_H

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "store/client/keyslots_private.h"
#include "store/client/vault_private.h"

static inline const struct vault_key *
key_at(uint64_t n)
{
	static struct vault_key key;

	key = vault_key_number(n);
	return &key;
}

static inline enum status
reads(struct vault_txn *t, uint64_t n, const char *text)
{
	struct buf *value = NULL;
	enum status st = vault_get(t, VAULT_HISTORY, key_at(n), &value);

	if (st == STATUS_OK)
		assert_bytes(bytes_text(text), buf_view(value));
	buf_free(value);
	return st;
}

/* A record under the bucket's newest key. */
static inline uint32_t
put_in_bucket(struct vault_txn *t, uint64_t n, const char *text)
{
	uint32_t serial = 0;

	assert_status(
	    STATUS_OK, vault_ring_use(t, VAULT_RING_BUCKET, 0, &serial));
	assert_status(STATUS_OK, vault_put_under(t, VAULT_HISTORY, key_at(n),
				     bytes_text(text), serial));
	return serial;
}

/* As a sweep does: another key for the bucket, record 1 is sealed again. */
static inline void
renew_bucket(struct vault_txn *t, const char *text)
{
	uint32_t serial = 0;

	assert_status(
	    STATUS_OK, vault_ring_renew(t, VAULT_RING_BUCKET, 0, &serial));
	assert_status(STATUS_OK, vault_put_under(t, VAULT_HISTORY, key_at(1),
				     bytes_text(text), serial));
	assert_status(
	    STATUS_OK, vault_ring_destroy(t, VAULT_RING_BUCKET, 0, false));
}

static inline void
path_of(const char *dir, const char *name, char path[512])
{
	snprintf(path, 512, "%s/%s", dir, name);
}

static inline ino_t
keys_inode(const char *dir)
{
	struct stat found;
	char path[512];

	path_of(dir, "keys", path);
	assert_int_equal(stat(path, &found), 0);
	return found.st_ino;
}

/* Keys in the file, of whatever generation. */
static inline size_t
keys_in_file(const char *dir, enum vault_ring_kind kind)
{
	struct master_key *key = NULL;
	struct keyring *ring = NULL;
	size_t count = 0;

	assert_status(STATUS_OK, keyslots_open(dir, BYTES_NONE, &key));
	assert_status(STATUS_OK, keyslots_read_ring(dir, key, &ring));
	for (size_t i = 0; i < ring->count; i++)
		if (ring->rows[i].kind == kind)
			count++;
	keyring_let_go(ring);
	master_key_free(key);
	return count;
}

static inline void
close_vault(struct fixture *f)
{
	vault_txn_abort(f->t);
	f->t = NULL;
	vault_close(f->v);
	f->v = NULL;
}

static inline enum status
try_open(struct fixture *f)
{
	struct master_key *key = NULL;

	assert_status(STATUS_OK, keyslots_open(f->dir, BYTES_NONE, &key));
	return vault_open(f->dir, key, &f->v);
}

static inline void
reopen(struct fixture *f)
{
	assert_status(STATUS_OK, try_open(f));
	assert_status(STATUS_OK, vault_txn_begin(f->v, DB_WRITE, &f->t));
}

static inline struct buf *
file_copy(const char *dir, const char *name)
{
	struct buf *copy = NULL;
	uint8_t *room = NULL;
	struct stat found;
	char path[512];
	FILE *f;

	path_of(dir, name, path);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &found), 0);
	assert_status(STATUS_OK, buf_new((size_t)found.st_size, &copy));
	assert_status(STATUS_OK, buf_grow(copy, (size_t)found.st_size, &room));
	assert_int_equal(
	    fread(room, 1, (size_t)found.st_size, f), (size_t)found.st_size);
	fclose(f);
	return copy;
}

static inline void
file_put(const char *dir, const char *name, const struct buf *content)
{
	char path[512];
	FILE *f;

	path_of(dir, name, path);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(buf_view(content).data, 1, buf_len(content), f),
	    buf_len(content));
	fclose(f);
}

/*
 * What another process on the profile does meanwhile.  LMDB allows one handle
 * of a database in a process: closing a second one destroys the locks of both.
 */
static inline void
in_another_process(const char *dir, void (*act)(struct vault *v))
{
	int result;
	pid_t pid = fork();

	if (pid == 0) {
		struct vault *v = fixture_vault(dir);

		act(v);
		vault_close(v);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 0);
}

#endif
