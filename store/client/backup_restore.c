/* backup_restore.c - a profile out of a backup, whole or not at all. */
#include "base/hook.h"
#include "base/wipe.h"
#include "store/client/backup_private.h"
#include "store/client/backup_staging.h"
#include "store/client/record.h"
#include "store/client/self.h"
#include "store/db.h"

enum {
	READ_BYTES = 64 * 1024,
	ARENA_BYTES = 64 * 1024,
};

struct restoring {
	struct backup_source *source;
	struct staging *staging;
	struct master_key *master;
	struct buf *head; /* u32 length and head, as far as they have come */
	bool has_head;
	struct backup_head known;
};

/* The head, once all of it has come; *left is what stands behind it. */
static enum status
take_head(struct restoring *r, struct bytes *left)
{
	struct bytes held;
	struct arena *a = NULL;
	size_t len;
	enum status st = STATUS_OK;

	while (st == STATUS_OK && !r->has_head && left->len > 0) {
		held = buf_view(r->head);
		len = 4;
		if (held.len >= 4)
			len += load_u32(held.data);
		/* Of no bytes it is none, and would be waited for. */
		if (len > BACKUP_HEAD_BYTES || (held.len == 4 && len == 4))
			return STATUS_CRYPTO;
		st = buf_put(r->head, bytes_head(*left, len - held.len));
		*left = bytes_tail(*left, len - held.len);
		r->has_head = len > 4 && buf_len(r->head) == len;
	}
	if (st != STATUS_OK || !r->has_head)
		return st;
	st = arena_new(ARENA_BYTES, &a);
	if (st == STATUS_OK)
		st = record_open_backup(
		    bytes_tail(buf_view(r->head), 4), a, &r->known.made_ms);
	arena_free(a);
	return st;
}

static enum status
take_plain(void *arg, struct bytes piece)
{
	struct restoring *r = arg;
	enum status st = STATUS_OK;

	if (!r->has_head)
		st = take_head(r, &piece);
	if (st == STATUS_OK && piece.len > 0)
		st = staging_write(r->staging, piece);
	r->known.database_bytes += piece.len;
	return st;
}

static enum status
unlock(struct restoring *r, struct bytes passphrase, struct backup_key *key)
{
	enum status st = staging_put_keys(r->staging, backup_slots(r->source));

	if (st == STATUS_OK)
		st = keyslots_open(
		    staging_dir(r->staging), passphrase, &r->master);
	if (st == STATUS_OK)
		master_key_subkey(r->master, MASTER_SUBKEY_BACKUP, key->raw);
	return st == STATUS_NOT_FOUND ? STATUS_IO : st;
}

static enum status
pour(struct restoring *r, const struct backup_key *key)
{
	uint8_t room[READ_BYTES];
	struct backup_open *o = NULL;
	struct hash above;
	size_t got = sizeof(room);
	enum status st;

	hash_bytes(buf_view(r->source->above), &above);
	st = backup_open_new(key, &above, take_plain, r, &o);
	while (st == STATUS_OK && got == sizeof(room)) {
		st = backup_read(r->source->fd, room, sizeof(room), &got);
		if (st == STATUS_OK)
			st = backup_open_put(o, bytes_view(room, got));
	}
	if (st == STATUS_OK)
		st = backup_open_end(o);
	if (st == STATUS_OK && !r->has_head)
		st = STATUS_CRYPTO;
	backup_open_free(o);
	return st;
}

/*
 * Whoever opens it has to know: what was done with the copy that it was made of
 * is not known here, so nothing may be encrypted with what it holds.
 */
static enum status
mark(struct vault *v, int64_t now_ms)
{
	struct vault_txn *t = NULL;
	struct counters counters;
	enum status st = vault_txn_begin(v, DB_WRITE, &t);

	if (st == STATUS_OK)
		st = counters_get(t, &counters);
	if (st == STATUS_OK) {
		counters.restored_ms = now_ms;
		counters.restored_outbox =
		    counters.next_outbox == 0 ? 1 : counters.next_outbox;
		st = counters_put(t, &counters);
	}
	if (st == STATUS_OK)
		st = vault_txn_commit(&t);
	vault_txn_abort(t);
	return st;
}

static enum status
open_and_mark(struct restoring *r, int64_t now_ms)
{
	struct master_key *master = r->master;
	struct vault *v = NULL;
	enum status st;

	r->master = NULL;
	st = vault_open(staging_dir(r->staging), master, &v);
	if (st == STATUS_OK)
		st = mark(v, now_ms);
	vault_close(v);
	return st;
}

enum status
backup_may_restore(const char *dir)
{
	return staging_may_take(dir);
}

enum status
backup_restore(struct backup_source *source, struct bytes passphrase,
    const char *dir, int64_t now_ms, struct backup_head *head)
{
	struct restoring r = { .source = source };
	struct backup_key key;
	enum status st = buf_new(BACKUP_HEAD_BYTES, &r.head);

	if (st == STATUS_OK)
		st = staging_new(dir, &r.staging);
	if (st == STATUS_OK)
		st = unlock(&r, passphrase, &key);
	if (st == STATUS_OK)
		st = pour(&r, &key);
	wipe(&key, sizeof(key));
	hook_reach("restore-poured");
	if (st == STATUS_OK)
		st = staging_sync(r.staging);
	/* Who made it may have put anything in the place of a database. */
	if (st == STATUS_OK)
		st = db_probe(staging_dir(r.staging));
	if (st == STATUS_OK)
		st = open_and_mark(&r, now_ms);
	hook_reach("restore-marked");
	if (st == STATUS_OK)
		st = staging_take_name(r.staging);
	if (st == STATUS_OK)
		*head = r.known;
	master_key_free(r.master);
	staging_free(r.staging);
	buf_free(r.head);
	return st;
}
