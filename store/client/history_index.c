#include "store/client/history_index.h"

#include <string.h>

#include "store/client/id_prefix.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

static struct vault_key
history_id_key(struct vault_txn *t, const uint8_t *id)
{
	struct bytes parts[] = {
		BYTES("id"),
		bytes_view(id, ID_PREFIX_INDEX_BYTES),
	};

	return vault_key_hash(t, VAULT_HISTORY_BY_ID, parts, 2);
}

enum { FROM_KEY_BYTES = VAULT_HASH_BYTES + 8 };

/* Beside what is found by the id: one page of the tree serves both. */
static struct vault_key
history_from_key(struct vault_txn *t, const struct history_entry *e)
{
	uint8_t device[4];
	struct bytes parts[] = {
		BYTES("from"),
		account_name_bytes(&e->from),
		BYTES_OF(device),
		BYTES_OF(e->id.raw),
	};
	struct vault_key from;

	store_u32(device, e->device);
	from = vault_key_hash(t, VAULT_HISTORY_BY_ID, parts, 4);
	return vault_key_append(
	    history_id_key(t, e->id.raw), load_u64(from.raw));
}

enum status
history_note_number(struct vault_txn *t, const struct history_entry *e)
{
	struct address from = { e->from, e->device };
	struct vault_key key =
	    vault_key_append(vault_key_device(t, VAULT_HISTORY_BY_NUMBER,
				 &e->conversation, &from),
		e->seq);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_number(e->n, packed);

	if (st == STATUS_OK)
		st = vault_put(
		    t, VAULT_HISTORY_BY_NUMBER, &key, buf_view(packed));
	return st;
}

enum status
history_find_number(struct vault_txn *t, const struct hash *conversation,
    const struct address *from, uint64_t seq, uint64_t *n)
{
	struct vault_key key = vault_key_append(
	    vault_key_device(t, VAULT_HISTORY_BY_NUMBER, conversation, from),
	    seq);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_HISTORY_BY_NUMBER, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_number(plain, vault_arena(t), n);
	return st;
}

enum status
history_next_number(struct vault_txn *t, const struct hash *conversation,
    const struct address *from, uint64_t *seq, uint64_t *n)
{
	struct vault_key prefix =
	    vault_key_device(t, VAULT_HISTORY_BY_NUMBER, conversation, from);
	struct vault_key start = vault_key_append(prefix, *seq);
	struct vault_cursor *c = NULL;
	struct buf *value = NULL;
	struct bytes key;
	enum status st;

	st = vault_cursor_open(
	    t, VAULT_HISTORY_BY_NUMBER, &prefix, &start, false, &c);
	if (st == STATUS_OK)
		st = vault_cursor_next(c, &key, &value);
	if (st == STATUS_OK)
		st = record_open_number(buf_view(value), vault_arena(t), n);
	if (st == STATUS_OK)
		*seq = vault_key_last_number(key);
	buf_free(value);
	vault_cursor_close(c);
	return st;
}

enum status
history_has(struct vault_txn *t, const struct address *from,
    const struct message_id *id)
{
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.from = from->account,
		.device = from->device,
		.id = *id,
	};

	return history_index_has(t, &e);
}

/*
 * All with one id stand together: peers choose ids, and many that begin alike
 * are not to be looked through for each.
 */
static struct vault_key
history_whole_id_key(struct vault_txn *t, const struct message_id *id)
{
	struct bytes parts[] = { BYTES("whole-id"), BYTES_OF(id->raw) };
	struct vault_key whole =
	    vault_key_hash(t, VAULT_HISTORY_BY_ID, parts, 2);

	return vault_key_append(
	    history_id_key(t, id->raw), load_u64(whole.raw));
}

static struct vault_key
history_conversation_key(struct vault_txn *t, const struct hash *conversation)
{
	struct bytes part = hash_view(conversation);

	return vault_key_hash(t, VAULT_HISTORY_BY_CONVERSATION, &part, 1);
}

enum status
history_index_has(struct vault_txn *t, const struct history_entry *e)
{
	struct vault_key key;

	if (e->kind != HISTORY_MESSAGE)
		return STATUS_NOT_FOUND;
	key = history_from_key(t, e);
	return vault_has(t, VAULT_HISTORY_BY_ID, &key);
}

enum status
history_index_put(struct vault_txn *t, const struct history_entry *e)
{
	struct vault_key key = vault_key_append(
	    history_conversation_key(t, &e->conversation), e->n);
	enum status st =
	    vault_put(t, VAULT_HISTORY_BY_CONVERSATION, &key, BYTES_NONE);

	if (st != STATUS_OK || e->kind != HISTORY_MESSAGE)
		return st;
	key = history_from_key(t, e);
	st = vault_put(t, VAULT_HISTORY_BY_ID, &key, BYTES_NONE);
	if (st != STATUS_OK)
		return st;
	key = vault_key_append(history_whole_id_key(t, &e->id), e->n);
	return vault_put(t, VAULT_HISTORY_BY_ID, &key, BYTES_OF(e->id.raw));
}

enum status
history_readdress(struct vault_txn *t, struct history_entry *e, uint32_t device)
{
	struct vault_key key = history_from_key(t, e);
	enum status st = vault_del(t, VAULT_HISTORY_BY_ID, &key);

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	e->device = device;
	key = history_from_key(t, e);
	return vault_put(t, VAULT_HISTORY_BY_ID, &key, BYTES_NONE);
}

enum status
history_index_holds(struct vault_txn *t, const struct history_entry *e)
{
	struct vault_key key = vault_key_append(
	    history_conversation_key(t, &e->conversation), e->n);
	enum status st = vault_has(t, VAULT_HISTORY_BY_CONVERSATION, &key);

	if (st != STATUS_OK || e->kind != HISTORY_MESSAGE)
		return st;
	key = history_from_key(t, e);
	st = vault_has(t, VAULT_HISTORY_BY_ID, &key);
	if (st != STATUS_OK)
		return st;
	key = vault_key_append(history_whole_id_key(t, &e->id), e->n);
	return vault_has(t, VAULT_HISTORY_BY_ID, &key);
}

/* The id that a candidate of an id's start stands for. */
static enum status
history_next_candidate(
    struct vault_cursor *c, struct message_id *id, uint64_t *n)
{
	struct buf *value = NULL;
	struct bytes key;
	enum status st;

	do {
		buf_free(value);
		value = NULL;
		st = vault_cursor_next(c, &key, &value);
	} while (st == STATUS_OK && key.len == FROM_KEY_BYTES);
	if (st != STATUS_OK)
		return st;
	if (buf_len(value) == sizeof(id->raw)) {
		memcpy(id->raw, buf_view(value).data, sizeof(id->raw));
		*n = vault_key_last_number(key);
	} else {
		st = STATUS_CRYPTO;
	}
	buf_free(value);
	return st;
}

static enum status
history_find_fitting(struct vault_cursor *c, const struct id_prefix *p,
    struct message_id *found, uint64_t *n)
{
	enum status st = STATUS_NOT_FOUND;

	for (;;) {
		struct message_id id;
		uint64_t at;
		enum status step = history_next_candidate(c, &id, &at);

		if (step != STATUS_OK)
			return step == STATUS_NOT_FOUND ? st : step;
		if (!id_prefix_fits(p, &id))
			continue;
		if (st == STATUS_NOT_FOUND) {
			*found = id;
			*n = at;
			st = STATUS_OK;
		} else if (!bytes_equal(
			       BYTES_OF(id.raw), BYTES_OF(found->raw))) {
			return STATUS_CONFLICT;
		}
	}
}

enum status
history_find_prefix(struct vault_txn *t, const char *hex, uint64_t *n)
{
	struct vault_cursor *c = NULL;
	struct message_id found;
	struct vault_key start;
	struct id_prefix p;
	uint64_t at = 0;
	enum status st = id_prefix_parse(hex, &p);

	if (st != STATUS_OK)
		return st;
	start = history_id_key(t, p.start);
	st = vault_cursor_open(t, VAULT_HISTORY_BY_ID, &start, NULL, false, &c);
	if (st == STATUS_OK)
		st = history_find_fitting(c, &p, &found, &at);
	vault_cursor_close(c);
	if (st == STATUS_OK)
		*n = at;
	return st;
}

enum status
history_next_of_id(struct vault_txn *t, const struct message_id *id,
    uint64_t after, uint64_t *n)
{
	struct vault_key prefix = history_whole_id_key(t, id);
	struct vault_key from = vault_key_append(prefix, after + 1);
	struct vault_cursor *c = NULL;
	struct message_id found;
	uint64_t at = 0;
	enum status st = vault_cursor_open(
	    t, VAULT_HISTORY_BY_ID, &prefix, &from, false, &c);

	do {
		if (st == STATUS_OK)
			st = history_next_candidate(c, &found, &at);
	} while (st == STATUS_OK &&
		 !bytes_equal(BYTES_OF(found.raw), BYTES_OF(id->raw)));
	vault_cursor_close(c);
	if (st == STATUS_OK)
		*n = at;
	return st;
}

enum status
history_find(struct vault_txn *t, const struct message_id *id, uint64_t *n)
{
	return history_next_of_id(t, id, 0, n);
}

static void
history_reverse(uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		uint64_t swap = numbers[i];

		numbers[i] = numbers[count - 1 - i];
		numbers[count - 1 - i] = swap;
	}
}

static enum status
history_collect(struct vault_cursor *c, uint64_t after, uint64_t *numbers,
    size_t limit, size_t *count)
{
	size_t found = 0;

	while (found < limit) {
		struct bytes key;
		enum status st = vault_cursor_next(c, &key, NULL);
		uint64_t n;

		if (st == STATUS_NOT_FOUND)
			break;
		if (st != STATUS_OK)
			return st;
		n = vault_key_last_number(key);
		if (n <= after)
			break; /* only backwards: forwards starts above */
		numbers[found++] = n;
	}
	*count = found;
	return STATUS_OK;
}

enum status
history_list(struct vault_txn *t, const struct hash *conversation,
    uint64_t after, bool newest, uint64_t *numbers, size_t limit, size_t *count)
{
	enum vault_table table = VAULT_HISTORY;
	struct vault_key prefix = { .len = 0 };
	struct vault_cursor *c = NULL;
	struct vault_key first;
	size_t found = 0;
	enum status st;

	if (after == UINT64_MAX) {
		*count = 0;
		return STATUS_OK;
	}
	if (conversation != NULL) {
		table = VAULT_HISTORY_BY_CONVERSATION;
		prefix = history_conversation_key(t, conversation);
	}
	first = vault_key_append(prefix, after + 1);
	st = vault_cursor_open(
	    t, table, &prefix, newest ? NULL : &first, newest, &c);
	if (st == STATUS_OK)
		st = history_collect(c, after, numbers, limit, &found);
	vault_cursor_close(c);
	if (st != STATUS_OK)
		return st;
	if (newest)
		history_reverse(numbers, found);
	*count = found;
	return STATUS_OK;
}
