#include "store/relay/chain.h"

#include "base/wipe.h"
#include "store/dbkey.h"
#include "store/relay/records.h"

static struct bytes
chain_key(const struct chain_id *id)
{
	return bytes_view(id->raw, sizeof(id->raw));
}

static struct dbkey
entry_key(const struct chain_id *id, uint64_t index)
{
	struct dbkey k = dbkey_bytes(chain_key(id));

	dbkey_add_u64(&k, index);
	return k;
}

static enum status
chain_get(struct db_txn *txn, const struct chain_id *id, struct arena *a,
    struct chain_record *chain)
{
	struct bytes row;
	enum status st = db_get(txn, TABLE_CHAINS, chain_key(id), &row);

	if (st == STATUS_OK)
		return record_get_chain(row, a, chain);
	if (st == STATUS_NOT_FOUND) {
		*chain = (struct chain_record){ .length = 0 };
		return STATUS_OK;
	}
	return st;
}

static enum status
chain_get_entry(struct db_txn *txn, const struct chain_id *id, uint64_t index,
    struct arena *a, struct bytes *entry)
{
	struct dbkey k = entry_key(id, index);
	struct bytes row;
	enum status st = db_get(txn, TABLE_ENTRIES, dbkey_view(&k), &row);

	/* The head says that it is there. */
	if (st == STATUS_NOT_FOUND)
		return STATUS_IO;
	return st == STATUS_OK ? record_get_entry(row, a, entry) : st;
}

/* The answer to someone whose reply was lost must be the same again. */
static enum status
chain_repeat(struct db_txn *txn, const struct chain_append *append,
    struct arena *scratch)
{
	struct bytes there;
	enum status st = chain_get_entry(
	    txn, &append->chain, append->index, scratch, &there);

	if (st != STATUS_OK)
		return st;
	return bytes_equal(there, append->entry) ? STATUS_OK : STATUS_CONFLICT;
}

static bool
chain_token_fits(
    const struct chain_record *chain, const struct chain_token *token)
{
	struct hash hash;

	hash_bytes(bytes_view(token->raw, sizeof(token->raw)), &hash);
	return equal_ct(hash_view(&hash), hash_view(&chain->token_hash));
}

static enum status
chain_extend(struct db_txn *txn, const struct chain_append *append,
    struct chain_record *chain)
{
	struct dbkey k = entry_key(&append->chain, append->index);
	const struct chain_token *token = NULL;
	enum status st;

	if (append->has_new_token)
		token = &append->new_token;
	else if (append->index == 0)
		token = &append->token;
	if (token != NULL)
		hash_bytes(bytes_view(token->raw, sizeof(token->raw)),
		    &chain->token_hash);
	chain->length++;
	st = record_put_entry(txn, dbkey_view(&k), append->entry);
	if (st == STATUS_OK)
		st = record_put_chain(txn, chain_key(&append->chain), chain);
	return st;
}

enum status
chain_append(struct db_txn *txn, const struct chain_append *append,
    struct arena *scratch, uint64_t *length, bool *changed)
{
	struct chain_record chain;
	enum status st = chain_get(txn, &append->chain, scratch, &chain);

	*changed = false;
	if (st != STATUS_OK)
		return st;
	*length = chain.length;
	if (append->index < chain.length)
		return chain_repeat(txn, append, scratch);
	if (append->index > chain.length)
		return STATUS_CONFLICT;
	if (chain.length > 0 && !chain_token_fits(&chain, &append->token))
		return STATUS_DENIED;
	if (chain.length >= LIMIT_CHAIN_ENTRIES)
		return STATUS_FULL;
	st = chain_extend(txn, append, &chain);
	if (st == STATUS_OK) {
		*length = chain.length;
		*changed = true;
	}
	return st;
}

/* How many from `from` on fit; sizes are looked at before anything is copied.
 */
static enum status
chain_fill(struct db_txn *txn, const struct chain_position *from,
    struct arena *a, size_t *left, struct bytes *entries, size_t *count)
{
	struct dbkey k = entry_key(&from->chain, from->from);
	struct db_cursor *c = NULL;
	struct bytes key;
	struct bytes row;
	size_t max = *count;
	enum status st = db_cursor_open(txn, TABLE_ENTRIES, &c);

	*count = 0;
	if (st == STATUS_OK && max > 0)
		st = db_cursor_seek(c, dbkey_view(&k), &key, &row);
	while (st == STATUS_OK && *count < max && row.len <= *left) {
		if (!bytes_equal(bytes_head(key, CHAIN_ID_BYTES),
			chain_key(&from->chain)))
			break;
		st = record_get_entry(row, a, &entries[*count]);
		*left -= row.len;
		(*count)++;
		if (st == STATUS_OK && *count < max)
			st = db_cursor_next(c, &key, &row);
	}
	db_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
chain_tail(struct db_txn *txn, const struct chain_position *from,
    struct arena *a, size_t *left, struct chain_tail *tail)
{
	enum { TAIL_ENTRIES = 256 };
	struct chain_record chain;
	struct bytes *entries;
	size_t count = 0;
	enum status st = chain_get(txn, &from->chain, a, &chain);

	if (st != STATUS_OK)
		return st;
	if (from->from < chain.length)
		count = chain.length - from->from < TAIL_ENTRIES
			    ? (size_t)(chain.length - from->from)
			    : TAIL_ENTRIES;
	entries = arena_take_array(a, count + 1, sizeof(*entries));
	if (entries == NULL)
		return STATUS_NOMEM;
	st = chain_fill(txn, from, a, left, entries, &count);
	if (st != STATUS_OK)
		return st;
	*tail = (struct chain_tail){
		.chain = from->chain,
		.from = from->from,
		.length = chain.length,
		.entries = entries,
		.entries_count = count,
	};
	return STATUS_OK;
}
