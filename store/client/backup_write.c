/* backup_write.c - a profile into one sealed stream, while others write. */
#include "base/log.h"
#include "base/wipe.h"
#include "store/client/backup_private.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

struct writing {
	struct vault *v;
	uint64_t generation; /* of the key ring, before the copy began */
	int64_t now_ms;
	backup_take *take;
	void *arg;
	struct backup_seal *seal; /* NULL before the copy stands still */
	struct backup_sizes sizes;
};

static enum status
give(void *arg, struct bytes piece)
{
	struct writing *w = arg;

	w->sizes.file_bytes += piece.len;
	return w->take(w->arg, piece);
}

/* The keys that belong to the copy: it lies between two looks at the ring. */
static enum status
pack_keys(struct writing *w, struct buf *slots)
{
	struct vault_txn *t = NULL;
	enum status st = vault_txn_begin(w->v, DB_READ, &t);

	if (st == STATUS_OK && t->ring->after != w->generation)
		st = STATUS_AGAIN;
	if (st == STATUS_OK)
		st = vault_pack_keys(t, slots);
	vault_txn_abort(t);
	return st;
}

static enum status
write_above(struct writing *w, struct hash *hash)
{
	struct buf *slots = NULL, *above = NULL;
	uint8_t number[4];
	enum status st = buf_new(KEYSLOTS_FILE_BYTES, &slots);

	if (st == STATUS_OK)
		st = pack_keys(w, slots);
	if (st == STATUS_OK)
		st = buf_new(BACKUP_ABOVE_BYTES, &above);
	if (st == STATUS_OK)
		st = buf_put(above, BYTES(BACKUP_MAGIC));
	store_u32(number, BACKUP_VERSION);
	if (st == STATUS_OK)
		st = buf_put(above, BYTES_OF(number));
	if (st == STATUS_OK)
		st = buf_put_field(above, buf_view(slots));
	if (st == STATUS_OK) {
		hash_bytes(buf_view(above), hash);
		st = give(w, buf_view(above));
	}
	buf_free(above);
	buf_free(slots);
	return st;
}

static enum status
write_head(struct writing *w)
{
	struct buf *packed = NULL, *field = NULL;
	enum status st = buf_new(BACKUP_HEAD_BYTES, &packed);

	if (st == STATUS_OK)
		st = buf_new(BACKUP_HEAD_BYTES + 4, &field);
	if (st == STATUS_OK)
		st = record_pack_backup(w->now_ms, packed);
	if (st == STATUS_OK)
		st = buf_put_field(field, buf_view(packed));
	if (st == STATUS_OK)
		st = backup_seal_put(w->seal, buf_view(field));
	buf_free(field);
	buf_free(packed);
	return st;
}

static enum status
begin(struct writing *w)
{
	struct backup_key key;
	struct hash above;
	enum status st = write_above(w, &above);

	if (st != STATUS_OK)
		return st;
	master_key_subkey(w->v->master, MASTER_SUBKEY_BACKUP, key.raw);
	st = backup_seal_new(&key, &above, give, w, &w->seal);
	wipe(&key, sizeof(key));
	if (st == STATUS_OK)
		st = write_head(w);
	return st;
}

/*
 * The first piece comes when LMDB has its read transaction: from there on the
 * copy stands still, and keys that come later are not needed for it.
 */
static enum status
take_database(void *arg, struct bytes piece)
{
	struct writing *w = arg;
	enum status st = STATUS_OK;

	if (w->seal == NULL)
		st = begin(w);
	if (st == STATUS_OK)
		st = backup_seal_put(w->seal, piece);
	w->sizes.database_bytes += piece.len;
	return st;
}

static enum status
look_at_ring(struct writing *w)
{
	struct vault_txn *t = NULL;
	enum status st = vault_txn_begin(w->v, DB_READ, &t);

	if (st == STATUS_OK)
		w->generation = t->ring->after;
	vault_txn_abort(t);
	return st;
}

enum status
backup_write(struct vault *v, enum db_copy how, int64_t now_ms,
    backup_take *take, void *arg, struct backup_sizes *sizes)
{
	struct writing w = {
		.v = v,
		.now_ms = now_ms,
		.take = take,
		.arg = arg,
	};
	enum status st = look_at_ring(&w);

	if (st == STATUS_OK)
		st = db_copy(v->db, how, take_database, &w);
	if (st == STATUS_OK && w.seal == NULL)
		st = STATUS_IO; /* LMDB wrote nothing at all */
	if (st == STATUS_OK)
		st = backup_seal_end(w.seal);
	backup_seal_free(w.seal);
	if (st == STATUS_OK)
		*sizes = w.sizes;
	return st;
}
