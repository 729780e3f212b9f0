/* What a peer's device said inside the ratchet, from envelope.proto. */
#include "proto/codec_control.h"
#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

enum { DISTRIBUTION_MAX_BYTES = 1024 };

/* Each link of a hash chain names the one before, except the first. */
static enum status
get_previous(ProtobufCBinaryData d, uint64_t number, struct hash *previous)
{
	bool present = false;
	enum status st =
	    pb_get_optional(d, previous->raw, HASH_BYTES, &present);

	if (st == STATUS_OK && (number == 0 || present != (number > 1)))
		st = STATUS_BAD_INPUT;
	return st;
}

static enum status
get_known_list(
    uint64_t version, ProtobufCBinaryData d, uint64_t *v, struct hash *hash)
{
	if (version == 0)
		return STATUS_BAD_INPUT;
	*v = version;
	return pb_get_fixed(d, hash->raw, HASH_BYTES);
}

/* All of it, or nothing. */
static enum status
get_target(const Tacit__Wire__MessageBody *m, struct message_body *b)
{
	enum status st;

	b->has_target = m->target.len > 0 || m->target_hash.len > 0 ||
			m->target_author[0] != '\0';
	if (!b->has_target)
		return STATUS_OK;
	st = pb_get_fixed(m->target, b->target.id.raw, MESSAGE_ID_BYTES);
	if (st == STATUS_OK)
		st = pb_get_name(m->target_author, &b->target.author);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    m->target_hash, b->target.hash.raw, HASH_BYTES);
	return st;
}

enum status
envelope_get_message_body(
    struct bytes from, struct arena *a, struct message_body *b)
{
	struct message_body got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__MessageBody *m;
	bool present = false;
	enum status st;

	if (from.len > BODY_MAX_BYTES)
		return STATUS_BAD_INPUT;
	st = pb_unpack(&tacit__wire__message_body__descriptor, from, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	got.suite = m->suite;
	got.seq = m->seq;
	got.type = m->type;
	got.sent_ms = m->sent_ms;
	got.timer_s = m->timer_s;
	got.talk_turn = m->talk_turn;
	got.talk_timer_s = m->talk_timer_s;
	got.head_index = m->head_index;
	st = pb_get_fixed(m->id, got.id.raw, MESSAGE_ID_BYTES);
	if (st == STATUS_OK)
		st = get_previous(m->previous, m->seq, &got.previous);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    m->content_hash, got.content_hash.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_optional(
		    m->head_hash, got.head_hash.raw, HASH_BYTES, &present);
	if (st == STATUS_OK)
		st = get_target(m, &got);
	if (st == STATUS_OK &&
	    (got.timer_s > LIMIT_TIMER_S || got.talk_timer_s > LIMIT_TIMER_S))
		st = STATUS_BAD_INPUT;
	if (st == STATUS_OK)
		*b = got;
	return st;
}

enum status
envelope_get_sender_key_body(
    struct bytes from, struct arena *a, struct sender_key_body *k)
{
	struct sender_key_body got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__SenderKeyBody *m;
	enum status st;

	if (from.len > BODY_MAX_BYTES)
		return STATUS_BAD_INPUT;
	st = pb_unpack(
	    &tacit__wire__sender_key_body__descriptor, from, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	got.head_index = m->head_index;
	got.key_id = m->key_id;
	got.iteration = m->iteration;
	st = pb_get_fixed(m->group, got.group.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_fixed(m->head_hash, got.head_hash.raw, HASH_BYTES);
	if (st == STATUS_OK)
		st = pb_get_view(m->distribution, 1, DISTRIBUTION_MAX_BYTES,
		    &got.distribution);
	if (st == STATUS_OK)
		*k = got;
	return st;
}

/* Of a type that this release does not know, anything that fits. */
static size_t
content_max_bytes(uint32_t type)
{
	switch (type) {
	case MESSAGE_TEXT:
	case MESSAGE_EDIT:
		return LIMIT_TEXT_BYTES;
	case MESSAGE_REACTION:
		return LIMIT_REACTION_BYTES;
	case MESSAGE_DELETION:
	case MESSAGE_TIMER:
		return 0;
	default:
		return LIMIT_PLAINTEXT_BYTES;
	}
}

/* The body is read here only to learn how long its content may be. */
static enum status
get_content(const Tacit__Wire__SignedMessage *m, struct arena *a,
    struct signed_message *to)
{
	struct message_body body;
	enum status st = envelope_get_message_body(to->body, a, &body);

	if (st != STATUS_OK)
		return st;
	return pb_get_view(
	    m->content, 0, content_max_bytes(body.type), &to->content);
}

enum status
control_get_message(const Tacit__Wire__SignedMessage *m, struct arena *a,
    struct signed_message *to)
{
	size_t min = 0, max = BODY_MAX_BYTES;
	enum status st;

	if (m == NULL)
		return STATUS_BAD_INPUT;
	if (m->auth == AUTH_ED25519)
		min = max = SIGN_SIGNATURE_BYTES;
	to->auth = m->auth;
	st = pb_get_view(m->body, 1, BODY_MAX_BYTES, &to->body);
	if (st == STATUS_OK)
		st = pb_get_view(m->signature, min, max, &to->signature);
	if (st == STATUS_OK)
		st = pb_get_view(m->salt, SALT_BYTES, SALT_BYTES, &to->salt);
	if (st == STATUS_OK)
		st = get_content(m, a, to);
	return st;
}

/* Receipts stand outside the count (protocol.md 7.5), and nothing else does. */
static enum status
get_place(const Tacit__Wire__Plaintext *m, struct plaintext *p)
{
	p->counter = m->counter;
	if (p->kind != CONTENT_RECEIPTS)
		return get_previous(m->previous, m->counter, &p->previous);
	return m->counter == 0 && m->previous.len == 0 ? STATUS_OK
						       : STATUS_BAD_INPUT;
}

static enum status
get_list(const Tacit__Wire__Plaintext *m, struct plaintext *p)
{
	p->has_list = m->list_body.len > 0;
	if (p->has_list)
		return pb_get_list(m->list_body, m->list_signature, &p->list);
	return get_known_list(
	    m->list_version, m->list_hash, &p->list_version, &p->list_hash);
}

enum status
envelope_get_plaintext(struct bytes from, struct arena *a, struct plaintext *p)
{
	struct plaintext got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__Plaintext *m;
	enum status st;

	if (from.len > LIMIT_PLAINTEXT_BYTES)
		return STATUS_BAD_INPUT;
	st = pb_unpack(&tacit__wire__plaintext__descriptor, from, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	got.kind = (enum content_kind)m->content_case;
	st = get_place(m, &got);
	if (st == STATUS_OK)
		st = get_list(m, &got);
	if (st == STATUS_OK)
		st = control_get(m, a, &got);
	if (st == STATUS_OK)
		*p = got;
	return st;
}

enum status
envelope_get_group_plaintext(
    struct bytes from, struct arena *a, struct group_plaintext *p)
{
	struct group_plaintext got = { 0 };
	ProtobufCMessage *base = NULL;
	const Tacit__Wire__GroupPlaintext *m;
	enum status st;

	if (from.len > LIMIT_PLAINTEXT_BYTES)
		return STATUS_BAD_INPUT;
	st = pb_unpack(
	    &tacit__wire__group_plaintext__descriptor, from, a, &base);
	if (st != STATUS_OK)
		return st;
	m = (const void *)base;
	st = get_known_list(
	    m->list_version, m->list_hash, &got.list_version, &got.list_hash);
	if (st == STATUS_OK)
		st = control_get_message(m->message, a, &got.message);
	if (st == STATUS_OK)
		*p = got;
	return st;
}
