/* What devices say for the sake of their talks and groups: the way in. */
#include "proto/codec_control.h"
#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

static enum status
get_message(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	return control_get_message(m->message, a, &p->u.message);
}

static enum status
get_sender_key(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	enum status st;

	(void)a;
	st = pb_get_view(
	    m->sender_key->body, 1, BODY_MAX_BYTES, &p->u.sender_key.body);
	if (st == STATUS_OK)
		st = pb_get_view(m->sender_key->signature, SIGN_SIGNATURE_BYTES,
		    SIGN_SIGNATURE_BYTES, &p->u.sender_key.signature);
	return st;
}

/* A key is in force from one entry on, until another one is. */
static enum status
get_log_keys(Tacit__Wire__LogKey *const *from, size_t count, struct arena *a,
    struct log_key_list *list)
{
	struct log_key_item *items;
	enum status st = STATUS_OK;

	if (count == 0 || count > LIMIT_LOG_KEYS)
		return STATUS_BAD_INPUT;
	items = arena_take_array(a, count, sizeof(*items));
	if (items == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		items[i].first = from[i]->first;
		if (items[i].first > LIMIT_CHAIN_ENTRIES ||
		    (i > 0 && items[i].first < items[i - 1].first))
			st = STATUS_BAD_INPUT;
		if (st == STATUS_OK)
			st = pb_get_fixed(
			    from[i]->log_key, items[i].key.raw, LOG_KEY_BYTES);
		if (st == STATUS_OK)
			st = pb_get_fixed(from[i]->write_token,
			    items[i].token.raw, CHAIN_TOKEN_BYTES);
	}
	*list = (struct log_key_list){ items, count };
	return st;
}

static enum status
get_group_keys(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__GroupKeys *k = m->group_keys;
	enum status st;

	st = pb_get_fixed(k->group, p->u.group_keys.group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = get_log_keys(k->keys, k->n_keys, a, &p->u.group_keys.keys);
	return st;
}

static enum status
get_group_invite(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__GroupInvite *i = m->group_invite;
	enum status st;

	if (i->length == 0 || i->length > LIMIT_CHAIN_ENTRIES)
		return STATUS_BAD_INPUT;
	p->u.group_invite.length = i->length;
	st = pb_get_fixed(i->group, p->u.group_invite.group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    i->chain, p->u.group_invite.chain.raw, CHAIN_ID_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    i->head_hash, p->u.group_invite.head.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = get_log_keys(
		    i->keys, i->n_keys, a, &p->u.group_invite.keys);
	return st;
}

static enum status
get_group_ask(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__GroupAsk *k = m->group_ask;
	enum status st;

	(void)a;
	p->u.group_ask.from = k->from;
	st = pb_get_fixed(k->group, p->u.group_ask.group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    k->key_id, p->u.group_ask.key_id.raw, GROUP_KEY_ID_BYTES);
	return st;
}

/* A kind without a getter is counted and otherwise ignored. */
static enum status (*const getters[CONTENT_KINDS])(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p) = {
	[CONTENT_MESSAGE] = get_message,
	[CONTENT_SENDER_KEY] = get_sender_key,
	[CONTENT_GROUP_KEYS] = get_group_keys,
	[CONTENT_GROUP_INVITE] = get_group_invite,
	[CONTENT_GROUP_ASK] = get_group_ask,
	[CONTENT_RECEIPTS] = control_get_receipts,
	[CONTENT_RESEND_REQUEST] = control_get_resend_request,
	[CONTENT_RESENT] = control_get_resent,
	[CONTENT_JOIN_REQUEST] = control_get_join_request,
	[CONTENT_JOIN_ANSWER] = control_get_join_answer,
	[CONTENT_PLACES] = control_get_places,
};

enum status
control_get(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	return getters[p->kind] == NULL ? STATUS_OK : getters[p->kind](m, a, p);
}
