#include "store/client/self.h"

#include "base/wipe.h"
#include "store/client/record.h"
#include "store/client/repairs.h"
#include "store/client/vault_private.h"

void
self_clear(struct self *s)
{
	wipe(s, sizeof(*s));
}

static enum status
get(struct vault_txn *t, enum vault_meta which, struct self *s)
{
	struct vault_key key = vault_key_number(which);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_META, &key, &plain);

	if (st != STATUS_OK)
		return st;
	st = record_open_self(plain, vault_arena(t), s);
	if (st != STATUS_OK)
		self_clear(s);
	return st;
}

static enum status
put(struct vault_txn *t, enum vault_meta which, const struct self *s)
{
	struct vault_key key = vault_key_number(which);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_self(s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_META, &key, buf_view(packed));
	return st;
}

enum status
self_get(struct vault_txn *t, struct self *s)
{
	return get(t, VAULT_META_SELF, s);
}

enum status
self_put(struct vault_txn *t, const struct self *s)
{
	enum status st = put(t, VAULT_META_SELF, s);
	struct signed_list list;

	if (st != STATUS_OK || s->list_body_len == 0)
		return st;
	list = self_signed_list(s);
	return list_put(t, &s->list, &list);
}

enum status
self_next_get(struct vault_txn *t, struct self *s)
{
	return get(t, VAULT_META_NEXT_SELF, s);
}

enum status
self_next_put(struct vault_txn *t, const struct self *s)
{
	return put(t, VAULT_META_NEXT_SELF, s);
}

enum status
self_next_del(struct vault_txn *t)
{
	struct vault_key key = vault_key_number(VAULT_META_NEXT_SELF);

	return vault_del(t, VAULT_META, &key);
}

/* The signature, then the body. */
enum status
self_elsewhere_get(
    struct vault_txn *t, struct arena *a, struct signed_list *list)
{
	struct vault_key key = vault_key_number(VAULT_META_ELSEWHERE);
	struct bytes plain, copy;
	enum status st = vault_peek(t, VAULT_META, &key, &plain);

	if (st == STATUS_OK && plain.len <= SIGN_SIGNATURE_BYTES)
		st = STATUS_CRYPTO;
	if (st == STATUS_OK)
		st = arena_copy(a, plain, &copy);
	if (st != STATUS_OK)
		return st;
	list->signature = bytes_view(copy.data, SIGN_SIGNATURE_BYTES);
	list->body = bytes_tail(copy, SIGN_SIGNATURE_BYTES);
	return STATUS_OK;
}

enum status
self_elsewhere_put(struct vault_txn *t, const struct signed_list *list)
{
	struct vault_key key = vault_key_number(VAULT_META_ELSEWHERE);
	struct buf *packed = vault_packed(t);
	enum status st = buf_put(packed, list->signature);

	if (st == STATUS_OK)
		st = buf_put(packed, list->body);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_META, &key, buf_view(packed));
	return st;
}

enum status
self_elsewhere_del(struct vault_txn *t)
{
	struct vault_key key = vault_key_number(VAULT_META_ELSEWHERE);
	enum status st = vault_del(t, VAULT_META, &key);

	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

struct signed_list
self_signed_list(const struct self *s)
{
	return (struct signed_list){
		.body = bytes_view(s->list_body, s->list_body_len),
		.signature = BYTES_OF(s->list_signature),
	};
}

enum status
counters_get(struct vault_txn *t, struct counters *c)
{
	struct bytes plain;
	enum status st = vault_held_peek(t, VAULT_META_COUNTERS, &plain);

	if (st == STATUS_NOT_FOUND) {
		*c = (struct counters){ 0 };
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = record_open_counters(plain, vault_arena(t), c);
	return st;
}

enum status
counters_put(struct vault_txn *t, const struct counters *c)
{
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_counters(c, packed);

	if (st == STATUS_OK)
		st = vault_held_put(t, VAULT_META_COUNTERS, buf_view(packed));
	return st;
}

static struct vault_key
cursor_key(struct vault_txn *t, const char *name)
{
	struct bytes parts[] = { BYTES("cursor"), bytes_text(name) };

	return vault_key_hash(t, VAULT_META, parts, 2);
}

enum status
cursor_get(struct vault_txn *t, const char *name, uint64_t *n)
{
	struct vault_key key = cursor_key(t, name);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_META, &key, &plain);

	if (st == STATUS_NOT_FOUND) {
		*n = 0;
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = record_open_number(plain, vault_arena(t), n);
	return st;
}

enum status
cursor_put(struct vault_txn *t, const char *name, uint64_t n)
{
	struct vault_key key = cursor_key(t, name);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_number(n, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_META, &key, buf_view(packed));
	return st;
}
