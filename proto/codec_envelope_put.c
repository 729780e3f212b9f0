/* What devices say inside the ratchet, as envelope.proto: the way out. */
#include <assert.h>

#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

static_assert(
    (int)CONTENT_MESSAGE == (int)TACIT__WIRE__PLAINTEXT__CONTENT_MESSAGE);
static_assert((int)CONTENT_RESEND_REQUEST ==
	      (int)TACIT__WIRE__PLAINTEXT__CONTENT_RESEND_REQUEST);

static void
fill_message(const struct signed_message *from, Tacit__Wire__SignedMessage *m)
{
	m->body = pb_data(from->body);
	m->signature = pb_data(from->signature);
	m->auth = from->auth;
	m->salt = pb_data(from->salt);
	m->content = pb_data(from->content);
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
put_message(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	m->message = pb_new(a, &tacit__wire__signed_message__descriptor);
	if (m->message == NULL)
		return STATUS_NOMEM;
	fill_message(&p->u.message, m->message);
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

/* Receipts and resend requests are read over until a release makes them. */
static enum status (*const putters[CONTENT_RESEND_REQUEST + 1])(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m) = {
	[CONTENT_MESSAGE] = put_message,
	[CONTENT_SENDER_KEY] = put_sender_key,
	[CONTENT_GROUP_KEYS] = put_group_keys,
	[CONTENT_GROUP_INVITE] = put_group_invite,
	[CONTENT_GROUP_LOG] = put_group_log,
};

enum status
envelope_put_plaintext(const struct plaintext *p, struct buf *out)
{
	Tacit__Wire__Plaintext m = TACIT__WIRE__PLAINTEXT__INIT;
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	if (st != STATUS_OK)
		return st;
	m.counter = p->counter;
	if (p->counter > 1)
		m.previous = pb_data(hash_view(&p->previous));
	if (p->has_list) {
		m.list_body = pb_data(p->list.body);
		m.list_signature = pb_data(p->list.signature);
	} else {
		m.list_version = p->list_version;
		m.list_hash = pb_data(hash_view(&p->list_hash));
	}
	m.content_case = (Tacit__Wire__Plaintext__ContentCase)p->kind;
	if (p->kind != CONTENT_NONE) {
		assert(putters[p->kind] != NULL);
		st = putters[p->kind](p, a, &m);
	}
	if (st == STATUS_OK)
		st = pb_put(&m.base, out);
	arena_free(a);
	return st;
}

enum status
envelope_put_group_plaintext(const struct group_plaintext *p, struct buf *out)
{
	Tacit__Wire__GroupPlaintext m = TACIT__WIRE__GROUP_PLAINTEXT__INIT;
	Tacit__Wire__SignedMessage message = TACIT__WIRE__SIGNED_MESSAGE__INIT;

	fill_message(&p->message, &message);
	m.message = &message;
	m.list_version = p->list_version;
	m.list_hash = pb_data(hash_view(&p->list_hash));
	return pb_put(&m.base, out);
}

enum status
envelope_put_message_body(const struct message_body *b, struct buf *out)
{
	Tacit__Wire__MessageBody m = TACIT__WIRE__MESSAGE_BODY__INIT;
	const struct hash none = { 0 };

	m.id = pb_data(BYTES_OF(b->id.raw));
	m.suite = b->suite;
	m.seq = b->seq;
	if (b->seq > 1)
		m.previous = pb_data(hash_view(&b->previous));
	m.type = b->type;
	m.sent_ms = b->sent_ms;
	m.content_hash = pb_data(hash_view(&b->content_hash));
	m.target = pb_data(b->target);
	m.timer_s = b->timer_s;
	m.head_index = b->head_index;
	if (!bytes_equal(hash_view(&b->head_hash), hash_view(&none)))
		m.head_hash = pb_data(hash_view(&b->head_hash));
	return pb_put(&m.base, out);
}

enum status
envelope_put_sender_key_body(const struct sender_key_body *k, struct buf *out)
{
	Tacit__Wire__SenderKeyBody m = TACIT__WIRE__SENDER_KEY_BODY__INIT;

	m.group = pb_data(hash_view(&k->group));
	m.head_index = k->head_index;
	m.head_hash = pb_data(hash_view(&k->head_hash));
	m.key_id = k->key_id;
	m.iteration = k->iteration;
	m.distribution = pb_data(k->distribution);
	return pb_put(&m.base, out);
}
