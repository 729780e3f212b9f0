#include "store/client/words.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

static struct vault_key
words_prefix(struct vault_txn *t, const struct words_about *about)
{
	struct bytes parts[] = {
		BYTES("about"),
		hash_view(about->conversation),
		BYTES_OF(about->target->id.raw),
		account_name_bytes(&about->target->author),
		hash_view(&about->target->hash),
	};

	return vault_key_hash(t, VAULT_WORDS, parts, 5);
}

static struct vault_key
words_key(
    struct vault_txn *t, const struct words_about *about, const struct words *w)
{
	struct bytes parts[] = {
		BYTES("by"),
		account_name_bytes(&w->author),
		BYTES_OF(w->author_key.raw),
	};
	struct vault_key author = vault_key_hash(t, VAULT_WORDS, parts, 3);

	return vault_key_append(words_prefix(t, about), load_u64(author.raw));
}

enum status
words_get(struct vault_txn *t, const struct words_about *about, struct words *w)
{
	struct words found = { .author = w->author,
		.author_key = w->author_key };
	struct vault_key key = words_key(t, about, w);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_WORDS, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_words(plain, vault_arena(t), &found);
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	*w = found;
	return STATUS_OK;
}

enum status
words_put(
    struct vault_txn *t, const struct words_about *about, const struct words *w)
{
	struct vault_key key = words_key(t, about, w);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_words(w, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_WORDS, &key, buf_view(packed));
	return st;
}

enum status
words_each(struct vault_txn *t, const struct words_about *about, words_fn *show,
    void *arg)
{
	struct vault_key prefix = words_prefix(t, about);
	struct vault_cursor *c = NULL;
	enum status st =
	    vault_cursor_open(t, VAULT_WORDS, &prefix, NULL, false, &c);

	while (st == STATUS_OK) {
		struct buf *value = NULL;
		struct bytes key;
		struct words w;

		st = vault_cursor_next(c, &key, &value);
		if (st == STATUS_OK)
			st = record_open_words(
			    buf_view(value), vault_arena(t), &w);
		if (st == STATUS_OK)
			st = show(&w, arg);
		else if (st == STATUS_NOT_FOUND)
			st = STATUS_CLOSED; /* the end */
		buf_free(value);
	}
	vault_cursor_close(c);
	return st == STATUS_CLOSED ? STATUS_OK : st;
}
