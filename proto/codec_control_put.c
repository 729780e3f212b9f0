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
put_group_keys(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	Tacit__Wire__GroupKeys *k =
	    pb_new(a, &tacit__wire__group_keys__descriptor);

	if (k == NULL)
		return STATUS_NOMEM;
	k->group = pb_data(hash_view(&p->u.group_keys.group));
	k->log_key = pb_data(BYTES_OF(p->u.group_keys.log_key.raw));
	k->write_token = pb_data(BYTES_OF(p->u.group_keys.write_token.raw));
	m->group_keys = k;
	return STATUS_OK;
}

static enum status
put_entries(const struct entry_list *from, struct arena *a,
    ProtobufCBinaryData **to, size_t *count)
{
	ProtobufCBinaryData *entries =
	    arena_take_array(a, from->count, sizeof(*entries));

	if (entries == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < from->count; i++)
		entries[i] = pb_data(from->items[i]);
	*to = entries;
	*count = from->count;
	return STATUS_OK;
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
	i->log_key = pb_data(BYTES_OF(p->u.group_invite.log_key.raw));
	i->write_token = pb_data(BYTES_OF(p->u.group_invite.write_token.raw));
	i->length = p->u.group_invite.length;
	m->group_invite = i;
	return put_entries(
	    &p->u.group_invite.entries, a, &i->entries, &i->n_entries);
}

static enum status
put_group_log(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	Tacit__Wire__GroupLog *l =
	    pb_new(a, &tacit__wire__group_log__descriptor);

	if (l == NULL)
		return STATUS_NOMEM;
	l->group = pb_data(hash_view(&p->u.group_log.group));
	l->first = p->u.group_log.first;
	m->group_log = l;
	return put_entries(
	    &p->u.group_log.entries, a, &l->entries, &l->n_entries);
}

static enum status (*const putters[CONTENT_KINDS])(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m) = {
	[CONTENT_MESSAGE] = put_message,
	[CONTENT_SENDER_KEY] = put_sender_key,
	[CONTENT_GROUP_KEYS] = put_group_keys,
	[CONTENT_GROUP_INVITE] = put_group_invite,
	[CONTENT_GROUP_LOG] = put_group_log,
	[CONTENT_RECEIPTS] = control_put_receipts,
	[CONTENT_RESEND_REQUEST] = control_put_resend_request,
	[CONTENT_RESENT] = control_put_resent,
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
