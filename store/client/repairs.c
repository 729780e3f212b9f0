#include "store/client/repairs.h"

#include <string.h>

#include "store/client/record.h"
#include "store/client/vault_private.h"

/* All gaps of one kind, of one device in one conversation, lie together. */
static struct vault_key
gap_prefix(struct vault_txn *t, enum gap_kind kind,
    const struct hash *conversation, const struct address *author)
{
	uint8_t raw_kind[4] = { 0 };
	uint8_t device[4] = { 0 };
	struct bytes parts[] = {
		BYTES_OF(raw_kind),
		hash_view(conversation),
		account_name_bytes(&author->account),
		BYTES_OF(device),
	};

	store_u32(raw_kind, kind);
	store_u32(device, author->device);
	return vault_key_hash(t, VAULT_GAPS, parts, 4);
}

/* Ciphertexts are found without knowing their conversation. */
static const struct hash gap_anywhere = { { 0 } };

static struct vault_key
gap_key(struct vault_txn *t, const struct gap *g)
{
	if (g->kind == GAP_NUMBERS)
		return vault_key_append(
		    gap_prefix(t, g->kind, &g->conversation, &g->author),
		    g->last);
	return vault_key_append(
	    gap_prefix(t, g->kind, &gap_anywhere, &g->author),
	    load_u64(g->ciphertext.raw));
}

enum status
gap_put(struct vault_txn *t, const struct gap *g)
{
	struct vault_key key = gap_key(t, g);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_gap(g, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_GAPS, &key, buf_view(packed));
	return st;
}

enum status
gap_del(struct vault_txn *t, const struct gap *g)
{
	struct vault_key key = gap_key(t, g);

	return vault_del(t, VAULT_GAPS, &key);
}

/* The first at or above `from` among those with this prefix. */
static enum status
gap_seek(struct vault_txn *t, const struct vault_key *prefix, uint64_t from,
    struct gap *g)
{
	struct vault_key start = vault_key_append(*prefix, from);
	struct vault_cursor *c = NULL;
	struct buf *value = NULL;
	struct bytes key;
	enum status st;

	st = vault_cursor_open(t, VAULT_GAPS, prefix, &start, false, &c);
	if (st == STATUS_OK)
		st = vault_cursor_next(c, &key, &value);
	if (st == STATUS_OK)
		st = record_open_gap(buf_view(value), vault_arena(t), g);
	buf_free(value);
	vault_cursor_close(c);
	return st;
}

enum status
gap_find_number(struct vault_txn *t, const struct hash *conversation,
    const struct address *author, uint64_t number, struct gap *g)
{
	struct vault_key prefix =
	    gap_prefix(t, GAP_NUMBERS, conversation, author);
	struct gap found;
	enum status st = gap_seek(t, &prefix, number, &found);

	if (st == STATUS_OK && found.first > number)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		*g = found;
	return st;
}

enum status
gap_find_item(struct vault_txn *t, const struct address *author,
    const struct hash *ciphertext, struct gap *g)
{
	struct vault_key prefix =
	    gap_prefix(t, GAP_ITEM, &gap_anywhere, author);
	struct gap found;
	enum status st =
	    gap_seek(t, &prefix, load_u64(ciphertext->raw), &found);

	if (st == STATUS_OK &&
	    memcmp(&found.ciphertext, ciphertext, sizeof(*ciphertext)) != 0)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		*g = found;
	return st;
}

enum status
gap_count_of(struct vault_txn *t, enum gap_kind kind,
    const struct hash *conversation, const struct address *author, size_t max,
    size_t *count)
{
	struct vault_key prefix = gap_prefix(t, kind,
	    kind == GAP_NUMBERS ? conversation : &gap_anywhere, author);
	struct vault_cursor *c = NULL;
	struct bytes key;
	size_t found = 0;
	enum status st;

	st = vault_cursor_open(t, VAULT_GAPS, &prefix, NULL, false, &c);
	while (st == STATUS_OK && found < max) {
		st = vault_cursor_next(c, &key, NULL);
		found += st == STATUS_OK;
	}
	vault_cursor_close(c);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	*count = found;
	return STATUS_OK;
}

struct gap_walk {
	struct vault_txn *t;
	enum status (*each)(const struct gap *g, void *arg);
	void *arg;
};

static enum status
gap_show(struct bytes plain, void *arg)
{
	const struct gap_walk *walk = arg;
	struct gap g;
	enum status st = record_open_gap(plain, vault_arena(walk->t), &g);

	return st == STATUS_OK ? walk->each(&g, walk->arg) : st;
}

enum status
gaps_each(struct vault_txn *t,
    enum status (*each)(const struct gap *g, void *arg), void *arg)
{
	struct gap_walk walk = { t, each, arg };

	return vault_each(t, VAULT_GAPS, gap_show, &walk);
}

static enum status
stamped_put(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, const struct stamped *s)
{
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_stamped(s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, table, key, buf_view(packed));
	return st;
}

static enum status
stamped_get(struct vault_txn *t, enum vault_table table,
    const struct vault_key *key, struct stamped *s)
{
	struct bytes plain;
	enum status st = vault_peek(t, table, key, &plain);

	if (st == STATUS_OK)
		st = record_open_stamped(plain, vault_arena(t), s);
	return st;
}

static struct vault_key
sent_key(struct vault_txn *t, const struct hash *ciphertext)
{
	struct bytes part = hash_view(ciphertext);

	return vault_key_hash(t, VAULT_SENT, &part, 1);
}

enum status
sent_put(struct vault_txn *t, const struct hash *ciphertext, uint64_t n,
    int64_t now_ms)
{
	struct vault_key key = sent_key(t, ciphertext);
	struct stamped s = { now_ms, n };

	return stamped_put(t, VAULT_SENT, &key, &s);
}

enum status
sent_get(struct vault_txn *t, const struct hash *ciphertext, uint64_t *n)
{
	struct vault_key key = sent_key(t, ciphertext);
	struct stamped s;
	enum status st = stamped_get(t, VAULT_SENT, &key, &s);

	if (st == STATUS_OK)
		*n = s.value;
	return st;
}

enum status
tally_add(struct vault_txn *t, const struct tally *what, uint64_t amount,
    int64_t now_ms)
{
	struct vault_key key =
	    vault_key_hash(t, VAULT_TALLIES, what->parts, what->parts_count);
	struct stamped s;
	enum status st = stamped_get(t, VAULT_TALLIES, &key, &s);

	/* A clock that was set back does not hold a tally for ever. */
	if (st == STATUS_NOT_FOUND ||
	    (st == STATUS_OK &&
		(now_ms < s.at_ms || now_ms - s.at_ms >= what->window_ms))) {
		s = (struct stamped){ .at_ms = now_ms };
		st = STATUS_OK;
	}
	if (st != STATUS_OK)
		return st;
	if (amount > what->most || s.value > what->most - amount)
		return STATUS_FULL;
	s.value += amount;
	return stamped_put(t, VAULT_TALLIES, &key, &s);
}

static struct vault_key
list_key(struct vault_txn *t, const struct account_name *account,
    const struct sign_public *key)
{
	struct bytes parts[] = { account_name_bytes(account),
		BYTES_OF(key->raw) };

	return vault_key_hash(t, VAULT_LISTS, parts, 2);
}

enum status
list_put(struct vault_txn *t, const struct device_list *opened,
    const struct signed_list *list)
{
	struct vault_key at = vault_key_append(
	    list_key(t, &opened->account, &opened->account_key),
	    opened->version);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_signed_list(list, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_LISTS, &at, buf_view(packed));
	return st;
}

enum status
list_keep(struct vault_txn *t, const struct device_list *opened,
    const struct signed_list *list)
{
	struct vault_key at = vault_key_append(
	    list_key(t, &opened->account, &opened->account_key),
	    opened->version);
	struct signed_list known;
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_LISTS, &at, &plain);

	if (st == STATUS_NOT_FOUND)
		return list_put(t, opened, list);
	if (st == STATUS_OK)
		st = record_open_signed_list(plain, vault_arena(t), &known);
	if (st == STATUS_OK && !bytes_equal(known.body, list->body))
		st = STATUS_CONFLICT;
	return st;
}

static enum status
list_next(struct vault_cursor *c, struct arena *a, struct signed_list *list)
{
	struct buf *value = NULL;
	struct bytes key;
	enum status st = vault_cursor_next(c, &key, &value);

	if (st == STATUS_OK)
		st = record_open_signed_list(buf_view(value), a, list);
	buf_free(value);
	return st;
}

enum status
list_find(struct vault_txn *t, const struct address *device,
    const struct sign_public *key, uint64_t below, size_t *looks,
    struct arena *a, struct known_list *known)
{
	struct vault_key prefix = list_key(t, &device->account, key);
	struct vault_key last = vault_key_append(prefix, below - 1);
	struct vault_cursor *c = NULL;
	struct known_list at;
	enum status st;

	if (below == 0)
		return STATUS_NOT_FOUND;
	st = vault_cursor_open(t, VAULT_LISTS, &prefix, &last, true, &c);
	while (st == STATUS_OK) {
		st = list_next(c, a, &at.list);
		if (st == STATUS_OK && *looks == 0)
			st = STATUS_FULL;
		*looks -= st == STATUS_OK;
		if (st == STATUS_OK)
			st = device_list_open(at.list, &at.opened);
		if (st != STATUS_OK ||
		    device_list_find(&at.opened, device->device) != NULL)
			break;
	}
	vault_cursor_close(c);
	if (st == STATUS_OK)
		*known = at;
	return st;
}

enum status
lists_each(struct vault_txn *t, struct arena *a,
    enum status (*each)(const struct signed_list *list, void *arg), void *arg)
{
	struct vault_cursor *c = NULL;
	enum status st =
	    vault_cursor_open(t, VAULT_LISTS, NULL, NULL, false, &c);

	while (st == STATUS_OK) {
		struct signed_list list;

		st = list_next(c, a, &list);
		if (st == STATUS_OK)
			st = each(&list, arg);
	}
	vault_cursor_close(c);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}
