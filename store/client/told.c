#include "store/client/told.h"

#include "store/client/record.h"
#include "store/client/vault_private.h"

enum status
told_get(struct vault_txn *t, uint64_t n, struct told *row)
{
	struct vault_key key = vault_key_number(n);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_TOLD, &key, &plain);

	if (st == STATUS_OK)
		st = record_open_told(plain, vault_arena(t), row);
	return st;
}

enum status
told_next(struct vault_txn *t, uint64_t after, struct told *row)
{
	struct buf *value = NULL;
	enum status st = vault_next_value(t, VAULT_TOLD, after, &value);

	if (st == STATUS_OK)
		st = record_open_told(buf_view(value), vault_arena(t), row);
	buf_free(value);
	return st;
}

enum status
told_del(struct vault_txn *t, uint64_t n)
{
	struct vault_key key = vault_key_number(n);
	enum status st = vault_del(t, VAULT_TOLD, &key);

	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
make_room(struct vault_txn *t, const struct vault_key *key)
{
	struct told oldest;
	size_t count = 0;
	enum status st = vault_count(t, VAULT_TOLD, &count);

	if (st != STATUS_OK || count < TOLD_MAX)
		return st;
	st = vault_has(t, VAULT_TOLD, key);
	if (st != STATUS_NOT_FOUND)
		return st;
	st = told_next(t, 0, &oldest);
	return st == STATUS_OK ? told_del(t, oldest.n) : st;
}

enum status
told_put(struct vault_txn *t, const struct told *row)
{
	struct vault_key key = vault_key_number(row->n);
	struct buf *packed;
	enum status st = make_room(t, &key);

	if (st != STATUS_OK)
		return st;
	packed = vault_packed(t);
	st = record_pack_told(row, packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_TOLD, &key, buf_view(packed));
	return st;
}

static struct vault_key
news_key(struct vault_txn *t, const struct hash *conversation)
{
	struct bytes part = hash_view(conversation);

	return vault_key_hash(t, VAULT_TOLD_NEWS, &part, 1);
}

/* NOT_FOUND: nothing new there. */
static enum status
get_news(struct vault_txn *t, const struct vault_key *key, struct told_news *n)
{
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_TOLD_NEWS, key, &plain);

	if (st == STATUS_OK)
		st = record_open_told_news(plain, vault_arena(t), n);
	return st;
}

enum status
told_note_news(
    struct vault_txn *t, const struct hash *conversation, int64_t at_ms)
{
	struct vault_key key = news_key(t, conversation);
	struct told_news news = { .serial = 0 };
	struct buf *packed;
	enum status st = get_news(t, &key, &news);

	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	news.conversation = *conversation;
	news.serial++;
	news.at_ms = at_ms;
	packed = vault_packed(t);
	st = record_pack_told_news(&news, packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_TOLD_NEWS, &key, buf_view(packed));
	return st;
}

struct news_list {
	struct vault_txn *t;
	struct told_news *items;
	size_t max;
	size_t count;
};

/* FULL: enough. */
static enum status
collect(struct bytes plain, void *arg)
{
	struct news_list *l = arg;
	enum status st;

	if (l->count == l->max)
		return STATUS_FULL;
	st = record_open_told_news(
	    plain, vault_arena(l->t), &l->items[l->count]);
	if (st == STATUS_OK)
		l->count++;
	return st;
}

enum status
told_list_news(
    struct vault_txn *t, struct told_news *news, size_t max, size_t *count)
{
	struct news_list l = { t, news, max, 0 };
	enum status st = vault_each(t, VAULT_TOLD_NEWS, collect, &l);

	if (st == STATUS_FULL)
		st = STATUS_OK;
	if (st == STATUS_OK)
		*count = l.count;
	return st;
}

enum status
told_end_news(struct vault_txn *t, const struct told_news *seen)
{
	struct vault_key key = news_key(t, &seen->conversation);
	struct told_news now;
	enum status st = get_news(t, &key, &now);

	if (st == STATUS_OK && now.serial == seen->serial)
		st = vault_del(t, VAULT_TOLD_NEWS, &key);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}
