/* What devices say for the sake of their talks and groups: the way out. */
#include <assert.h>

#include "proto/codec_control.h"
#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

static_assert(
    (int)CONTENT_MESSAGE == (int)TACIT__WIRE__PLAINTEXT__CONTENT_MESSAGE);
static_assert((int)CONTENT_RESEND_REQUEST ==
	      (int)TACIT__WIRE__PLAINTEXT__CONTENT_RESEND_REQUEST);
static_assert(
    (int)CONTENT_RESENT == (int)TACIT__WIRE__PLAINTEXT__CONTENT_RESENT);
static_assert((int)CONTENT_JOIN_ANSWER ==
	      (int)TACIT__WIRE__PLAINTEXT__CONTENT_JOIN_ANSWER);

static enum status
put_message(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	m->message = pb_new(a, &tacit__wire__signed_message__descriptor);
	if (m->message == NULL)
		return STATUS_NOMEM;
	control_put_message(&p->u.message, m->message);
	return STATUS_OK;
}

static enum status
put_sender_key(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	m->sender_key = pb_new(a, &tacit__wire__sender_key__descriptor);
	if (m->sender_key == NULL)
		return STATUS_NOMEM;
	m->sender_key->body = pb_data(p->u.sender_key.body);
	m->sender_key->signature = pb_data(p->u.sender_key.signature);
	return STATUS_OK;
}

static enum status
put_log_keys(const struct log_key_list *from, struct arena *a,
    Tacit__Wire__LogKey ***to, size_t *count)
{
	Tacit__Wire__LogKey **keys =
	    pb_new_array(a, &tacit__wire__log_key__descriptor, from->count);

	if (keys == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < from->count; i++) {
		const struct log_key_item *item = &from->items[i];

		keys[i]->first = item->first;
		keys[i]->log_key = pb_data(BYTES_OF(item->key.raw));
		keys[i]->write_token = pb_data(BYTES_OF(item->token.raw));
	}
	*to = keys;
	*count = from->count;
	return STATUS_OK;
}

static enum status
put_group_keys(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	Tacit__Wire__GroupKeys *k =
	    pb_new(a, &tacit__wire__group_keys__descriptor);

	if (k == NULL)
		return STATUS_NOMEM;
	k->group = pb_data(hash_view(&p->u.group_keys.group));
	m->group_keys = k;
	return put_log_keys(&p->u.group_keys.keys, a, &k->keys, &k->n_keys);
}

static enum status
put_group_invite(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	Tacit__Wire__GroupInvite *i =
	    pb_new(a, &tacit__wire__group_invite__descriptor);

	if (i == NULL)
		return STATUS_NOMEM;
	i->group = pb_data(hash_view(&p->u.group_invite.group));
	i->chain = pb_data(BYTES_OF(p->u.group_invite.chain.raw));
	i->length = p->u.group_invite.length;
	i->head_hash = pb_data(hash_view(&p->u.group_invite.head));
	m->group_invite = i;
	return put_log_keys(&p->u.group_invite.keys, a, &i->keys, &i->n_keys);
}

static enum status
put_group_ask(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	Tacit__Wire__GroupAsk *k =
	    pb_new(a, &tacit__wire__group_ask__descriptor);

	if (k == NULL)
		return STATUS_NOMEM;
	k->group = pb_data(hash_view(&p->u.group_ask.group));
	k->key_id = pb_data(BYTES_OF(p->u.group_ask.key_id.raw));
	k->from = p->u.group_ask.from;
	m->group_ask = k;
	return STATUS_OK;
}

static enum status (*const putters[CONTENT_KINDS])(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m) = {
	[CONTENT_MESSAGE] = put_message,
	[CONTENT_SENDER_KEY] = put_sender_key,
	[CONTENT_GROUP_KEYS] = put_group_keys,
	[CONTENT_GROUP_INVITE] = put_group_invite,
	[CONTENT_GROUP_ASK] = put_group_ask,
	[CONTENT_RECEIPTS] = control_put_receipts,
	[CONTENT_RESEND_REQUEST] = control_put_resend_request,
	[CONTENT_RESENT] = control_put_resent,
	[CONTENT_JOIN_REQUEST] = control_put_join_request,
	[CONTENT_JOIN_ANSWER] = control_put_join_answer,
	[CONTENT_PLACES] = control_put_places,
};

enum status
control_put(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	if (p->kind == CONTENT_NONE)
		return STATUS_OK;
	assert(putters[p->kind] != NULL);
	return putters[p->kind](p, a, m);
}
