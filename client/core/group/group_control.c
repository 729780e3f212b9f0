/*
 * group_control.c - what members tell each other pairwise for a group's sake:
 * sender keys, log keys, invitations (protocol.md 8.3 to 8.5).
 */
#include <string.h>

#include "client/core/group/group_internal.h"

/* Who signs a sender key stands in the context, not in the body. */
static void
sender_key_context(const struct account_name *account,
    const struct sign_public *key, uint32_t device, uint8_t raw_device[4],
    struct bytes context[3])
{
	store_u32(raw_device, device);
	context[0] = account_name_bytes(account);
	context[1] = BYTES_OF(key->raw);
	context[2] = bytes_view(raw_device, 4);
}

enum status
group_sign_sender_key(
    const struct self *self, struct bytes body, struct signature *signature)
{
	uint8_t device[4];
	struct bytes context[3];

	sender_key_context(&self->address.account, &self->account_key,
	    self->address.device, device, context);
	return sign_body(
	    &self->device_secret, SIGN_SENDER_KEY, context, 3, body, signature);
}

enum status
group_verify_sender_key(const struct contact *sender,
    const struct device_entry *device, struct bytes body,
    struct bytes signature)
{
	uint8_t id[4];
	struct bytes context[3];

	sender_key_context(
	    &sender->name, &sender->account_key, device->id, id, context);
	return sign_verify(
	    &device->device_key, SIGN_SENDER_KEY, context, 3, body, signature);
}

/*
 * A key is taken in whether or not we know the group yet: the invitation may
 * be behind it in the mailbox.  What it may say is judged message by message.
 */
static enum status
take_sender_key(struct step *s, const struct pair_arrival *arrival)
{
	struct bytes body = arrival->p.u.sender_key.body;
	struct address of = { arrival->sender.name, arrival->device->id };
	struct sender_key_body key;
	struct step inner;
	enum status st;

	st = group_verify_sender_key(&arrival->sender, arrival->device, body,
	    arrival->p.u.sender_key.signature);
	if (st == STATUS_OK)
		st = envelope_get_sender_key_body(body, s->arena, &key);
	if (st != STATUS_OK)
		return st;
	st = step_nest(s, &inner);
	if (st != STATUS_OK)
		return st;
	st = ratchet_group_take_key(s->core->ratchet, inner.txn, &key.group,
	    &of, key.key_id, key.distribution);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	if (st == STATUS_EXISTS)
		return STATUS_OK; /* taken in before: never twice */
	if (st == STATUS_OK)
		st = group_retry_keyless(s, &of);
	return st;
}

enum status
group_renew_key(struct step *s, const struct hash *group)
{
	struct group_record g;
	enum status st = group_get(s->txn, group, &g);

	if (st != STATUS_OK || g.sender_key_stale)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	g.sender_key_stale = true;
	return group_put(s->txn, &g);
}

enum status
group_is_shared(struct step *s, const struct contact *with, bool *shared)
{
	struct group_ids all = { .count = 0 };
	enum status st = groups_list(s->txn, false, s->arena, &all);

	*shared = false;
	for (size_t i = 0; st == STATUS_OK && !*shared && i < all.count; i++) {
		struct roster *r;

		st = group_roster(s, &all.ids[i], &r);
		*shared = st == STATUS_OK && roster_find_exact(r, &with->name,
						 &with->account_key) != NULL;
		if (st == STATUS_CRYPTO)
			st = STATUS_OK; /* the doctor's to tell */
	}
	return st;
}

/* A log that cannot be read says of nobody that it is not in it. */
static enum status
renew_if_member(
    struct step *s, const struct hash *group, const struct account_name *whose)
{
	struct roster *r;
	enum status st = group_roster(s, group, &r);

	if (st == STATUS_OK && roster_find(r, whose) == NULL)
		return STATUS_OK;
	if (st == STATUS_NOMEM || st == STATUS_IO)
		return st;
	return group_renew_key(s, group);
}

enum status
group_renew_keys(struct step *s, const struct account_name *whose)
{
	struct group_ids all = { .count = 0 };
	enum status st = groups_list(s->txn, false, s->arena, &all);

	for (size_t i = 0; st == STATUS_OK && i < all.count; i++)
		st = renew_if_member(s, &all.ids[i], whose);
	return st;
}

enum status
group_take_control(struct step *s, const struct pair_arrival *arrival)
{
	switch (arrival->p.kind) {
	case CONTENT_SENDER_KEY:
		return take_sender_key(s, arrival);
	case CONTENT_GROUP_KEYS:
		return group_keys_take(s, arrival);
	case CONTENT_GROUP_INVITE:
		return group_invite_take(s, arrival);
	case CONTENT_GROUP_ASK:
		return group_ask_take(s, arrival);
	case CONTENT_JOIN_REQUEST:
		return group_join_request_take(s, arrival);
	case CONTENT_JOIN_ANSWER:
		return group_join_answer_take(s, arrival);
	case CONTENT_NONE:
	case CONTENT_MESSAGE:
	case CONTENT_RECEIPTS:
	case CONTENT_RESEND_REQUEST:
	case CONTENT_RESENT:
	case CONTENT_PLACES:
		break;
	}
	return STATUS_OK;
}
