#include "client/core/messenger/peers.h"

#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/leaving.h"
#include "client/core/messenger/messenger.h"
#include "client/core/messenger/receipts.h"
#include "store/client/ratchets.h"
#include "store/client/repairs.h"

void
peers_conversation(const struct sign_public *a, const struct sign_public *b,
    struct hash *conversation)
{
	uint8_t pair[2 * SIGN_PUBLIC_BYTES];
	bool in_order = memcmp(a->raw, b->raw, SIGN_PUBLIC_BYTES) <= 0;

	memcpy(pair, (in_order ? a : b)->raw, SIGN_PUBLIC_BYTES);
	memcpy(pair + SIGN_PUBLIC_BYTES, (in_order ? b : a)->raw,
	    SIGN_PUBLIC_BYTES);
	hash_bytes(bytes_view(pair, sizeof(pair)), conversation);
}

void
peers_history_key(const struct account_name *peer, struct hash *key)
{
	static const char prefix[] = "tacit/1/history-direct:";
	uint8_t text[sizeof(prefix) + LIMIT_ACCOUNT_NAME_BYTES];
	struct bytes name = account_name_bytes(peer);

	memcpy(text, prefix, sizeof(prefix));
	if (name.len > 0)
		memcpy(text + sizeof(prefix), name.data, name.len);
	hash_bytes(bytes_view(text, sizeof(prefix) + name.len), key);
}

enum status
peers_get(struct step *s, const struct account_name *name, struct contact *c)
{
	enum status st = contact_get(s->txn, name, c);

	/* A damaged record is our trouble, not the message's. */
	return st == STATUS_CRYPTO ? STATUS_IO : st;
}

/* Forget everything shared with one device: its keys are gone. */
static enum status
forget_device(struct step *s, const struct account_name *name, uint32_t device)
{
	struct address with = { .account = *name, .device = device };
	struct pair_state none = { 0 };
	enum status st = ratchet_reset(s->core->ratchet, s->txn, &with);

	if (st == STATUS_NOT_FOUND)
		st = STATUS_OK;
	if (st == STATUS_OK)
		st = pair_put(s->txn, &with, &none);
	return st;
}

static bool
is_same_device(
    const struct device_entry *device, const struct device_list *list)
{
	const struct device_entry *other = device_list_find(list, device->id);

	return other != NULL &&
	       other->registration_id == device->registration_id &&
	       memcmp(other->identity_key, device->identity_key,
		   IDENTITY_KEY_BYTES) == 0;
}

/* The same person by the account's key, so nothing stops; but worth a line. */
static enum status
tell_replaced(struct step *s, const struct account_name *name)
{
	struct notice notice = {
		.kind = NOTICE_DEVICE_CHANGED,
		.conversation_kind = CONVERSATION_DIRECT,
		.peer = *name,
		.from = *name,
		.subject = *name,
	};
	struct contact c;
	bool near = false;
	enum status st;

	if (account_name_equal(name, &s->core->self.address.account))
		return STATUS_OK;
	st = peers_get(s, name, &c);
	if (st == STATUS_OK)
		st = consent_is_near(s, &c, &near);
	if (st != STATUS_OK || !near)
		return st;
	peers_history_key(name, &notice.conversation);
	return messenger_notice(s, &notice);
}

/* What is in our mailbox of one that has been replaced is read yet. */
static enum status
let_go(struct step *s, const struct device_list *old,
    const struct device_list *fresh, const struct device_entry *device)
{
	const struct contact c = { .name = old->account,
		.account_key = old->account_key };
	enum status st;

	if (fresh->devices_count == 0 ||
	    device_list_find(fresh, device->id) != NULL ||
	    account_name_equal(&c.name, &s->core->self.address.account))
		return forget_device(s, &c.name, device->id);
	st = leaving_begin(s, &c, device);
	return st == STATUS_OK ? receipts_owe_gone(s, &c, device->id) : st;
}

/* Sessions end with devices of `old` that are not the same in `fresh`. */
static enum status
forget_changed(struct step *s, const struct device_list *old,
    const struct device_list *fresh)
{
	enum status st = STATUS_OK;
	bool lost = false;

	for (size_t i = 0; i < old->devices_count && st == STATUS_OK; i++) {
		if (is_same_device(&old->devices[i], fresh))
			continue;
		st = let_go(s, old, fresh, &old->devices[i]);
		lost = true;
	}
	if (st == STATUS_OK && lost)
		st = group_renew_keys(s, &old->account);
	/* A new key is trusted by the user; its groups have to follow first. */
	if (st != STATUS_OK || !lost || fresh->devices_count == 0)
		return st;
	st = group_device_replaced(s, fresh);
	return st == STATUS_OK ? tell_replaced(s, &fresh->account) : st;
}

static enum status
pin_first(struct step *s, const struct device_list *list,
    const struct hash *hash, struct contact *c)
{
	const struct self *self = &s->core->self;
	struct contact fresh = {
		.name = list->account,
		.account_key = list->account_key,
		.list = *list,
		.list_hash = *hash,
		.first_seen_ms = s->now_ms,
	};
	enum status st;

	st = consent_wrote_first(s, &list->account, &fresh.known);
	if (st != STATUS_OK)
		return st;
	/* Of our own name we know the key already. */
	if (account_name_equal(&list->account, &self->address.account) &&
	    memcmp(&list->account_key, &self->account_key,
		sizeof(list->account_key)) != 0)
		return STATUS_CRYPTO;
	st = contact_put(s->txn, &fresh);
	if (st == STATUS_OK)
		*c = fresh;
	return st;
}

/* A list by the pinned key: the same, or a successor, or refused. */
static enum status
take_pinned(struct step *s, const struct device_list *list,
    const struct hash *hash, struct contact *c)
{
	bool same = memcmp(hash, &c->list_hash, sizeof(*hash)) == 0;
	enum status st;

	if (list->version < c->list.version ||
	    (list->version == c->list.version && !same))
		return STATUS_CRYPTO;
	if (list->version == c->list.version + 1 &&
	    memcmp(&list->previous, &c->list_hash, sizeof(*hash)) != 0)
		return STATUS_CRYPTO;
	/*
	 * The accepted key speaks, so what claimed to replace it no longer
	 * stands in the way; encrypting to the accepted key is always safe.
	 */
	if (same && !c->has_pending)
		return STATUS_OK;
	c->has_pending = false;
	if (!same) {
		st = forget_changed(s, &c->list, list);
		if (st != STATUS_OK)
			return st;
		c->list = *list;
		c->list_hash = *hash;
	}
	return contact_put(s->txn, c);
}

static enum status
tell_changed(struct step *s, const struct account_name *name)
{
	struct notice notice = {
		.kind = NOTICE_IDENTITY_CHANGED,
		.conversation_kind = CONVERSATION_DIRECT,
		.peer = *name,
		.from = *name,
		.subject = *name,
	};

	peers_history_key(name, &notice.conversation);
	return messenger_notice(s, &notice);
}

/* A list by another key: it waits for the user, who is told once. */
static enum status
take_pending(struct step *s, const struct device_list *list,
    const struct hash *hash, struct contact *c)
{
	bool known =
	    c->has_pending && memcmp(&c->pending_key, &list->account_key,
				  sizeof(list->account_key)) == 0;
	enum status st;

	if (known && list->version <= c->pending_list.version)
		return STATUS_UNTRUSTED;
	c->has_pending = true;
	c->pending_key = list->account_key;
	c->pending_list = *list;
	c->pending_list_hash = *hash;
	st = contact_put(s->txn, c);
	if (st == STATUS_OK && !known && !c->blocked)
		st = tell_changed(s, &c->name);
	return st == STATUS_OK ? STATUS_UNTRUSTED : st;
}

/* OK, UNTRUSTED: taken in, as peers_take_list() says. */
static enum status
take_list(struct step *s, const struct account_name *name,
    struct signed_list list, struct device_list *opened, struct contact *c)
{
	struct contact known;
	struct hash hash;
	enum status st = device_list_open(list, opened);

	if (st != STATUS_OK)
		return st;
	if (!account_name_equal(&opened->account, name))
		return STATUS_BAD_INPUT;
	hash_bytes(list.body, &hash);
	st = peers_get(s, name, &known);
	if (st == STATUS_NOT_FOUND)
		return pin_first(s, opened, &hash, c);
	if (st != STATUS_OK)
		return st;
	if (memcmp(&opened->account_key, &known.account_key,
		sizeof(known.account_key)) == 0)
		st = take_pinned(s, opened, &hash, &known);
	else
		st = take_pending(s, opened, &hash, &known);
	if (st == STATUS_OK || st == STATUS_UNTRUSTED)
		*c = known;
	return st;
}

/* Kept as it came: it proves its account's devices to others (protocol.md 9).
 */
enum status
peers_take_list(struct step *s, const struct account_name *name,
    struct signed_list list, struct contact *c)
{
	struct device_list opened;
	struct contact taken;
	enum status st = take_list(s, name, list, &opened, &taken);
	enum status kept;

	if (st != STATUS_OK && st != STATUS_UNTRUSTED)
		return st;
	kept = list_put(s->txn, &opened, &list);
	if (kept != STATUS_OK)
		return kept;
	*c = taken;
	return st;
}

enum status
peers_ready(struct step *s, const struct account_name *name, struct contact *c)
{
	struct contact known;
	enum status st = peers_get(s, name, &known);

	if (st != STATUS_OK)
		return st;
	*c = known;
	return known.has_pending ? STATUS_UNTRUSTED : STATUS_OK;
}

enum status
peers_trust(struct step *s, const struct account_name *name)
{
	struct device_list none = { 0 };
	struct contact c;
	enum status st = peers_get(s, name, &c);

	if (st != STATUS_OK)
		return st;
	if (!c.has_pending)
		return STATUS_NOT_FOUND;
	st = forget_changed(s, &c.list, &none);
	if (st == STATUS_OK)
		st = forget_changed(s, &c.pending_list, &none);
	if (st != STATUS_OK)
		return st;
	c.account_key = c.pending_key;
	c.list = c.pending_list;
	c.list_hash = c.pending_list_hash;
	c.has_pending = false;
	c.verified = false; /* it was the other key that was compared */
	return contact_put(s->txn, &c);
}
