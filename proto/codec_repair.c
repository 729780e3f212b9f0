/* What is asked for again, and what is sent again (protocol.md 9). */
#include "proto/codec_control.h"
#include "proto/codec_pb.h"
#include "proto/envelope.h"
#include "proto/envelope.pb-c.h"

static enum status
get_hashes(const ProtobufCBinaryData *from, size_t count, struct arena *a,
    const struct hash **to)
{
	enum status st = STATUS_OK;
	struct hash *hashes;

	if (count > LIMIT_RESEND_HASHES)
		return STATUS_BAD_INPUT;
	hashes = arena_take_array(a, count, sizeof(*hashes));
	if (hashes == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; st == STATUS_OK && i < count; i++)
		st = pb_get_fixed(from[i], hashes[i].raw, HASH_BYTES);
	*to = hashes;
	return st;
}

static enum status
get_numbers(const Tacit__Wire__ResendRequest *m, struct resend_request *to)
{
	enum status st =
	    pb_get_fixed(m->conversation, to->conversation.raw, HASH_BYTES);

	if (m->first == 0 || m->last < m->first)
		return STATUS_BAD_INPUT;
	to->first = m->first;
	to->last = m->last;
	if (st == STATUS_OK)
		st = pb_get_address(m->account, m->device, &to->author);
	if (st == STATUS_OK)
		st = pb_get_fixed(
		    m->account_key, to->author_key.raw, SIGN_PUBLIC_BYTES);
	return st;
}

enum status
control_get_resend_request(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__ResendRequest *r = m->resend_request;
	struct resend_request *to = &p->u.resend_request;

	if (r->n_ciphertext_hashes == 0)
		return get_numbers(r, to);
	to->hashes_count = r->n_ciphertext_hashes;
	to->no_key = r->no_key;
	return get_hashes(
	    r->ciphertext_hashes, r->n_ciphertext_hashes, a, &to->hashes);
}

static enum status
get_resent_message(const Tacit__Wire__ResentMessage *m, struct arena *a,
    struct resent_message *to)
{
	enum status st = pb_get_address(m->account, m->device, &to->author);

	if (st == STATUS_OK)
		st = pb_get_fixed(
		    m->account_key, to->author_key.raw, SIGN_PUBLIC_BYTES);
	to->has_list = m->list_body.len > 0;
	if (st == STATUS_OK && to->has_list)
		st = pb_get_list(m->list_body, m->list_signature, &to->list);
	if (st == STATUS_OK)
		st = control_get_message(m->message, a, &to->message);
	if (st == STATUS_OK)
		st = pb_get_optional(m->ciphertext_hash, to->hash.raw,
		    HASH_BYTES, &to->has_hash);
	return st;
}

enum status
control_get_resent(
    const Tacit__Wire__Plaintext *m, struct arena *a, struct plaintext *p)
{
	const Tacit__Wire__Resent *r = m->resent;
	struct resent *to = &p->u.resent;
	struct resent_message *messages;
	enum status st;

	if (r->n_messages > LIMIT_RESENT_MESSAGES)
		return STATUS_BAD_INPUT;
	messages = arena_take_array(a, r->n_messages, sizeof(*messages));
	if (messages == NULL)
		return STATUS_NOMEM;
	st = pb_get_fixed(r->group, to->group.raw, HASH_BYTES);
	for (size_t i = 0; st == STATUS_OK && i < r->n_messages; i++)
		st = get_resent_message(r->messages[i], a, &messages[i]);
	to->history = r->history;
	to->messages = messages;
	to->count = r->n_messages;
	to->unknown_count = r->n_unknown;
	if (st == STATUS_OK)
		st = get_hashes(r->unknown, r->n_unknown, a, &to->unknown);
	return st;
}

static enum status
put_hashes(const struct hash *from, size_t count, struct arena *a,
    ProtobufCBinaryData **to)
{
	ProtobufCBinaryData *hashes =
	    arena_take_array(a, count, sizeof(*hashes));

	if (hashes == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++)
		hashes[i] = pb_data(hash_view(&from[i]));
	*to = hashes;
	return STATUS_OK;
}

enum status
control_put_resend_request(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	const struct resend_request *from = &p->u.resend_request;
	Tacit__Wire__ResendRequest *r =
	    pb_new(a, &tacit__wire__resend_request__descriptor);

	if (r == NULL)
		return STATUS_NOMEM;
	m->resend_request = r;
	if (from->hashes_count > 0) {
		r->n_ciphertext_hashes = from->hashes_count;
		r->no_key = from->no_key;
		return put_hashes(
		    from->hashes, from->hashes_count, a, &r->ciphertext_hashes);
	}
	r->conversation = pb_data(hash_view(&from->conversation));
	r->account = pb_text(from->author.account.text);
	r->account_key = pb_data(BYTES_OF(from->author_key.raw));
	r->device = from->author.device;
	r->first = from->first;
	r->last = from->last;
	return STATUS_OK;
}

static enum status
put_resent_message(const struct resent_message *from, struct arena *a,
    Tacit__Wire__ResentMessage *m)
{
	m->account = pb_text(from->author.account.text);
	m->account_key = pb_data(BYTES_OF(from->author_key.raw));
	m->device = from->author.device;
	if (from->has_list) {
		m->list_body = pb_data(from->list.body);
		m->list_signature = pb_data(from->list.signature);
	}
	if (from->has_hash)
		m->ciphertext_hash = pb_data(hash_view(&from->hash));
	m->message = pb_new(a, &tacit__wire__signed_message__descriptor);
	if (m->message == NULL)
		return STATUS_NOMEM;
	control_put_message(&from->message, m->message);
	return STATUS_OK;
}

enum status
control_put_resent(
    const struct plaintext *p, struct arena *a, Tacit__Wire__Plaintext *m)
{
	const struct resent *from = &p->u.resent;
	Tacit__Wire__Resent *r = pb_new(a, &tacit__wire__resent__descriptor);
	enum status st = STATUS_OK;

	if (r == NULL)
		return STATUS_NOMEM;
	r->group = pb_data(hash_view(&from->group));
	r->history = from->history;
	r->messages = pb_new_array(
	    a, &tacit__wire__resent_message__descriptor, from->count);
	if (r->messages == NULL)
		return STATUS_NOMEM;
	r->n_messages = from->count;
	for (size_t i = 0; st == STATUS_OK && i < from->count; i++)
		st = put_resent_message(&from->messages[i], a, r->messages[i]);
	r->n_unknown = from->unknown_count;
	if (st == STATUS_OK)
		st = put_hashes(
		    from->unknown, from->unknown_count, a, &r->unknown);
	m->resent = r;
	return st;
}
