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

static enum status
get_group_keys(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__GroupKeys *k = m->group_keys;
	enum status st;

	(void)a;
	st = pb_get_fixed(k->group, p->u.group_keys.group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    k->log_key, p->u.group_keys.log_key.raw, LOG_KEY_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(k->write_token,
		    p->u.group_keys.write_token.raw, CHAIN_TOKEN_BYTES);
	return st;
}

static enum status
get_entries(const ProtobufCBinaryData *from, size_t count, struct arena *a,
    struct entry_list *list)
{
	struct bytes *items;
	enum status st = STATUS_OK;

	if (count > LIMIT_CHAIN_ENTRIES)
		return STATUS_BAD_INPUT;
	items = arena_take_array(a, count, sizeof(*items));
	if (items == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < count; i++)
		st =
		    pb_get_view(from[i], 1, LIMIT_CHAIN_ENTRY_BYTES, &items[i]);
	*list = (struct entry_list){ items, count };
	return st;
}

static enum status
get_group_invite(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__GroupInvite *i = m->group_invite;
	enum status st;

	if (i->length > LIMIT_CHAIN_ENTRIES || i->n_entries > i->length)
		return STATUS_BAD_INPUT;
	p->u.group_invite.length = i->length;
	st = pb_get_fixed(i->group, p->u.group_invite.group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    i->chain, p->u.group_invite.chain.raw, CHAIN_ID_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    i->log_key, p->u.group_invite.log_key.raw, LOG_KEY_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(i->write_token,
		    p->u.group_invite.write_token.raw, CHAIN_TOKEN_BYTES);
	if (st == STATUS_OK)
		st = get_entries(
		    i->entries, i->n_entries, a, &p->u.group_invite.entries);
	return st;
}

static enum status
get_group_log(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__GroupLog *l = m->group_log;
	enum status st;

	if (l->first > LIMIT_CHAIN_ENTRIES)
		return STATUS_BAD_INPUT;
	p->u.group_log.first = l->first;
	st = pb_get_fixed(l->group, p->u.group_log.group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = get_entries(
		    l->entries, l->n_entries, a, &p->u.group_log.entries);
	return st;
}

/* A kind without a getter is counted and otherwise ignored. */
static enum status (*const getters[CONTENT_KINDS])(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p) = {
	[CONTENT_MESSAGE] = get_message,
	[CONTENT_SENDER_KEY] = get_sender_key,
	[CONTENT_GROUP_KEYS] = get_group_keys,
	[CONTENT_GROUP_INVITE] = get_group_invite,
	[CONTENT_GROUP_LOG] = get_group_log,
	[CONTENT_RECEIPTS] = control_get_receipts,
	[CONTENT_RESEND_REQUEST] = control_get_resend_request,
	[CONTENT_RESENT] = control_get_resent,
};

enum status
control_get(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	return getters[p->kind] == NULL ? STATUS_OK : getters[p->kind](m, a, p);
}
