/* What devices say inside the ratchet, as envelope.proto: the way out. */
#include "proto/codec_control.h"
#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

void
control_put_message(
    const struct signed_message *from, Tacit__Wire__SignedMessage *m)
{
	m->body = pb_data(from->body);
	m->signature = pb_data(from->signature);
	m->auth = from->auth;
	m->salt = pb_data(from->salt);
	m->content = pb_data(from->content);
}

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
	st = control_put(p, a, &m);
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

	control_put_message(&p->message, &message);
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
	m.timer_s = b->timer_s;
	m.talk_turn = b->talk_turn;
	m.talk_timer_s = b->talk_timer_s;
	m.head_index = b->head_index;
	if (!bytes_equal(hash_view(&b->head_hash), hash_view(&none)))
		m.head_hash = pb_data(hash_view(&b->head_hash));
	if (b->has_target) {
		m.target = pb_data(BYTES_OF(b->target.id.raw));
		m.target_author = pb_text(b->target.author.text);
		m.target_hash = pb_data(hash_view(&b->target.hash));
	}
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
