/*
 * storage_open.c - opening the store, which serves one process at a time, and
 * how join codes are hashed.
 */
#include <assert.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "relay/storage_private.h"
#include "store/relay/migrate.h"

enum {
	/* Argon2id, RFC 9106: one try costs a guesser as much as a join. */
	JOIN_PASSES = 2,
	JOIN_MEMORY_BYTES = 19 * 1024 * 1024,
};

static const size_t storage_map_bytes = (size_t)256 << 30;

static_assert((int)JOIN_SALT_BYTES == (int)SCHEMA_SALT_BYTES);
static_assert((int)JOIN_SALT_BYTES == (int)crypto_pwhash_SALTBYTES);

/* Two writers would each trust their own memory of what is in the mailboxes. */
static enum status
storage_claim(struct storage *s, const char *dir)
{
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir_fd >= 0) {
		s->serving_fd = openat(
		    dir_fd, "serving", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		close(dir_fd);
	}
	if (s->serving_fd >= 0 && flock(s->serving_fd, LOCK_EX | LOCK_NB) == 0)
		return STATUS_OK;
	log_event(LOG_LEVEL_ERROR, "store-unusable",
	    "reason=\"no such directory, or another relay serves from it\"");
	return STATUS_IO;
}

enum status
storage_open(const struct storage_options *options, struct storage **s)
{
	size_t map_bytes =
	    options->map_bytes != 0 ? options->map_bytes : storage_map_bytes;
	struct storage *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->serving_fd = -1;
	st = storage_claim(fresh, options->dir);
	if (st == STATUS_OK)
		st = schema_open(
		    options->dir, map_bytes, &fresh->db, &fresh->meta);
	if (st == STATUS_OK)
		st = migrate_store(fresh->db, options->dir,
		    options->log_file_bytes, &fresh->meta);
	if (st == STATUS_OK)
		st = journal_open(
		    options->dir, options->log_file_bytes, &fresh->journal);
	if (st == STATUS_OK)
		st = engine_open(fresh, options);
	if (st != STATUS_OK) {
		storage_close(fresh);
		return st;
	}
	*s = fresh;
	return STATUS_OK;
}

void
storage_close(struct storage *s)
{
	if (s == NULL)
		return;
	if (s->engine != NULL)
		engine_close(s);
	journal_close(s->journal);
	db_close(s->db);
	if (s->serving_fd >= 0)
		close(s->serving_fd);
	free(s);
}

void
storage_epoch(const struct storage *s, uint8_t epoch[EPOCH_BYTES])
{
	memcpy(epoch, s->meta.epoch, EPOCH_BYTES);
}

bool
storage_is_broken(const struct storage *s)
{
	return db_is_broken(s->db) ||
	       (s->journal != NULL && journal_is_broken(s->journal));
}

void
storage_join_salt(const struct storage *s, uint8_t salt[JOIN_SALT_BYTES])
{
	memcpy(salt, s->meta.join_salt, JOIN_SALT_BYTES);
}

enum status
storage_join_hash(
    const uint8_t salt[JOIN_SALT_BYTES], struct bytes code, struct hash *out)
{
	if (crypto_pwhash(out->raw, sizeof(out->raw), (const char *)code.data,
		code.len, salt, JOIN_PASSES, JOIN_MEMORY_BYTES,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return STATUS_NOMEM;
	return STATUS_OK;
}
