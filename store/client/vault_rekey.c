#include "store/client/vault_rekey.h"

#include <string.h>

#include "base/hook.h"
#include "base/log.h"
#include "store/client/vault_private.h"

struct rekey {
	struct vault_txn *t;
	uint32_t newest; /* serial */
	size_t items;    /* sealed again in this step */
	size_t bytes;
};

static bool
rekey_is_old(const struct keyring_row *key, int64_t now_ms)
{
	int64_t age_ms;

	/* A time that no clock of ours ever showed counts as long ago. */
	if (__builtin_sub_overflow(now_ms, key->created_ms, &age_ms))
		return true;
	return age_ms >= REKEY_AFTER_MS || age_ms <= -(int64_t)REKEY_AFTER_MS;
}

static bool
rekey_wanted(const struct keyring *ring, int64_t now_ms, bool begin)
{
	const struct keyring_row *newest =
	    keyring_newest(ring, VAULT_RING_DAILY, 0);

	return begin || rekey_is_old(newest, now_ms) ||
	       newest != keyring_oldest(ring, VAULT_RING_DAILY, 0);
}

enum status
vault_rekey_due(struct vault *v, int64_t now_ms, bool *due)
{
	struct vault_txn *t = NULL;
	enum status st = vault_txn_begin(v, DB_READ, &t);

	if (st == STATUS_OK)
		*due = rekey_wanted(t->ring, now_ms, false);
	vault_txn_abort(t);
	return st;
}

static bool
rekey_is_full(const struct rekey *r)
{
	return r->items >= REKEY_STEP_ITEMS || r->bytes >= REKEY_STEP_BYTES;
}

/* BUCKET and HOUR keys have a life of their own. */
static bool
rekey_left(const struct rekey *r, struct bytes sealed)
{
	const struct keyring_row *row;
	uint32_t serial;

	if (vault_sealed_serial(sealed, &serial) != STATUS_OK ||
	    serial == r->newest)
		return false;
	row = keyring_find(r->t->ring, serial);
	return row != NULL && row->kind == VAULT_RING_DAILY;
}

static enum status
rekey_record(struct rekey *r, enum vault_table table,
    const struct vault_key *key, struct bytes sealed)
{
	struct buf *plain = r->t->vault->plain;
	size_t len = sealed.len;
	enum status st;

	buf_clear(plain);
	st = vault_unseal(
	    r->t->ring, table, bytes_view(key->raw, key->len), sealed, plain);
	if (st == STATUS_CRYPTO) {
		log_event(LOG_LEVEL_ERROR, "vault-record-damaged",
		    "table=%s left=true", vault_table_name(table));
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = vault_put_under(
		    r->t, table, key, buf_view(plain), r->newest);
	r->items++;
	r->bytes += len;
	return st;
}

/* The first one above `at` that is left; NOT_FOUND: the table is through. */
static enum status
rekey_next(struct rekey *r, enum vault_table table, struct db_cursor *c,
    struct vault_key *at)
{
	struct bytes last = bytes_view(at->raw, at->len);
	struct bytes k;
	struct bytes v;
	enum status st = db_cursor_seek(c, last, &k, &v);

	if (st == STATUS_OK && bytes_equal(k, last))
		st = db_cursor_next(c, &k, &v);
	while (st == STATUS_OK &&
	       (k.len == 0 || k.len > VAULT_KEY_MAX_BYTES || !rekey_left(r, v)))
		st = db_cursor_next(c, &k, &v);
	if (st != STATUS_OK)
		return st;
	memcpy(at->raw, k.data, k.len);
	at->len = k.len;
	return rekey_record(r, table, at, v);
}

/* AGAIN: the step is full. */
static enum status
rekey_table(struct rekey *r, enum vault_table table)
{
	struct vault_key at = { .len = 0 };
	struct db_cursor *c = NULL;
	enum status st = db_cursor_open(r->t->txn, (unsigned)table, &c);

	while (st == STATUS_OK && !rekey_is_full(r))
		st = rekey_next(r, table, c, &at);
	db_cursor_close(c);
	if (st == STATUS_OK)
		return STATUS_AGAIN;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* All that is left, and then the old key; AGAIN: the step is full. */
static enum status
rekey_tables(struct rekey *r)
{
	enum status st = STATUS_OK;

	for (unsigned i = 0; i < VAULT_TABLES_COUNT && st == STATUS_OK; i++)
		if (vault_kind(i) == VAULT_RING_DAILY)
			st = rekey_table(r, i);
	if (st == STATUS_OK)
		st = vault_ring_destroy(r->t, VAULT_RING_DAILY, 0, false);
	return st;
}

/* One exchange is finished before the next begins, so there are two keys. */
static enum status
rekey_begin(struct vault_txn *t, int64_t now_ms, uint32_t *newest)
{
	const struct keyring_row *row =
	    keyring_newest(t->ring, VAULT_RING_DAILY, 0);

	if (row != keyring_oldest(t->ring, VAULT_RING_DAILY, 0)) {
		*newest = row->serial;
		return STATUS_OK;
	}
	return vault_ring_add(t, VAULT_RING_DAILY, 0, now_ms, newest);
}

enum status
vault_rekey_step(struct vault *v, int64_t now_ms, bool begin, bool *more)
{
	struct rekey r = { 0 };
	enum status st = vault_txn_begin(v, DB_WRITE, &r.t);
	bool full;

	*more = false;
	/* Looked at inside: another process may have done it meanwhile. */
	if (st != STATUS_OK || !rekey_wanted(r.t->ring, now_ms, begin))
		goto out;
	st = rekey_begin(r.t, now_ms, &r.newest);
	if (st == STATUS_OK)
		st = rekey_tables(&r);
	full = st == STATUS_AGAIN;
	if (st == STATUS_OK || full)
		st = vault_txn_commit(&r.t);
	hook_reach("rekey-step-after");
	if (st == STATUS_OK)
		*more = full;
out:
	vault_txn_abort(r.t);
	return st;
}
