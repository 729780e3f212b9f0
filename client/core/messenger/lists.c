#include "client/core/messenger/lists.h"

#include <string.h>

#include "base/random.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "store/client/repairs.h"

enum { SHOW_MS = 60 * 60 * 1000 };

static bool
is_key(const struct sign_public *a, const struct sign_public *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Seldom: whoever lists contradict each other over is told that soon. */
static enum status
may_show(struct step *s, const struct account_name *name, struct bytes refused)
{
	struct hash hash;
	const struct bytes parts[] = { BYTES("list-shown"),
		account_name_bytes(name), hash_view(&hash) };
	const struct tally tally = { parts, 3, 1, SHOW_MS };

	hash_bytes(refused, &hash);
	return tally_add(s->txn, &tally, 1, s->now_ms);
}

/* As it came: the signature, then the body (protocol.md 5.1). */
static enum status
pack(struct arena *a, const struct signed_list *list, struct bytes *payload)
{
	struct buf *packed = NULL;
	enum status st =
	    buf_new(SIGN_SIGNATURE_BYTES + LIMIT_DEVICE_LIST_BYTES, &packed);

	if (st == STATUS_OK)
		st = buf_put(packed, list->signature);
	if (st == STATUS_OK)
		st = buf_put(packed, list->body);
	if (st == STATUS_OK)
		st = arena_copy(a, buf_view(packed), payload);
	buf_free(packed);
	return st;
}

static enum status
queue(struct step *s, const struct device_list *to, struct bytes payload)
{
	struct outbox_recipient recipients[LIMIT_DEVICES_PER_ACCOUNT] = { 0 };
	struct outbox_row row = {
		.kind = OUTBOX_CONTROL,
		.state = OUTBOX_READY,
		.conversation_kind = CONVERSATION_DIRECT,
		.to = to->account,
		.created_ms = s->now_ms,
		.recipients = recipients,
		.recipients_count = to->devices_count,
	};
	uint64_t order;

	random_bytes(&row.id, sizeof(row.id));
	for (size_t i = 0; i < to->devices_count; i++)
		recipients[i] = (struct outbox_recipient){
			.to = { to->account, to->devices[i].id },
			.registration_id = to->devices[i].registration_id,
			.account_key = to->account_key,
			.type = ITEM_DEVICE_LIST,
			.suite = SUITE_SIGNAL_V3,
			.payload = payload,
		};
	return outbox_put(s->txn, &row, &order);
}

enum status
lists_show(
    struct step *s, const struct account_name *name, struct signed_list refused)
{
	struct address device = { .account = *name };
	struct known_list known;
	struct device_list list;
	struct contact c;
	struct bytes payload;
	size_t looks = 1; /* the newest names the devices that are pinned */
	enum status st = device_list_open(refused, &list);

	if (st != STATUS_OK)
		return st == STATUS_NOMEM ? st : STATUS_OK;
	st = peers_get(s, name, &c);
	if (st != STATUS_OK)
		return st;
	if (!account_name_equal(&list.account, name) ||
	    !is_key(&list.account_key, &c.account_key))
		return STATUS_OK;
	device.device = c.list.devices[0].id;
	st = may_show(s, name, refused.body);
	if (st == STATUS_OK)
		st = list_find(s->txn, &device, &c.account_key, UINT64_MAX,
		    &looks, s->arena, &known);
	if (st == STATUS_OK)
		st = pack(s->arena, &known.list, &payload);
	if (st == STATUS_OK)
		st = queue(s, &list, payload);
	return st == STATUS_FULL || st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
take(struct step *s, const struct signed_list *given)
{
	const struct self *self = &s->core->self;
	struct device_list list, before;
	struct signed_list kept;
	enum status st = device_list_open(*given, &list);

	if (st != STATUS_OK)
		return st;
	if (!account_name_equal(&list.account, &self->address.account) ||
	    !is_key(&list.account_key, &self->account_key) ||
	    list.version < self->list.version ||
	    bytes_equal(given->body, self_signed_list(self).body))
		return STATUS_EXISTS;
	st = self_elsewhere_get(s->txn, s->arena, &kept);
	if (st == STATUS_OK)
		st = device_list_open(kept, &before);
	if (st == STATUS_OK && before.version >= list.version)
		return STATUS_EXISTS;
	if (st != STATUS_OK && st != STATUS_NOT_FOUND)
		return st;
	return self_elsewhere_put(s->txn, given);
}

/* Whoever sends what is no such list has said nothing. */
enum status
lists_take_item(struct step *s, const struct item *item)
{
	struct signed_list given;
	enum status st;

	if (item->payload.len <= SIGN_SIGNATURE_BYTES)
		return STATUS_OK;
	given.signature = bytes_view(item->payload.data, SIGN_SIGNATURE_BYTES);
	given.body = bytes_tail(item->payload, SIGN_SIGNATURE_BYTES);
	st = take(s, &given);
	return st == STATUS_EXISTS || st == STATUS_CRYPTO ||
		       st == STATUS_BAD_INPUT
		   ? STATUS_OK
		   : messenger_own(st);
}

enum status
lists_are_two(struct core *core, bool *due, bool *newer)
{
	const struct device_list *ours = &core->self.list;
	struct signed_list given;
	struct device_list list;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	*due = false;
	*newer = false;
	if (st == STATUS_OK)
		st = self_elsewhere_get(s.txn, s.arena, &given);
	if (st == STATUS_OK)
		st = device_list_open(given, &list);
	if (st == STATUS_OK && list.version >= ours->version) {
		*newer = list.issued_ms > ours->issued_ms;
		*due = !*newer;
	}
	step_abort(&s);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}
