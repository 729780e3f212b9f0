/* messenger_sign.c - the bodies and signatures of messages. */
#include <string.h>
#include <utf8proc.h>

#include "base/random.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/signing.h"
#include "client/core/words/words.h"

enum { BODY_MAX_BYTES = 1024 };

enum status
messenger_saying_of(struct step *s, const struct history_entry *e,
    struct bytes content, struct saying *what)
{
	*what = (struct saying){
		.id = e->id,
		.type = e->type,
		.has_target = e->has_target,
		.target = e->target,
		.sent_ms = e->sent_ms,
		.content = content,
	};
	if (what->type == MESSAGE_TIMER) {
		what->talk_turn = e->timer_turn;
		what->talk_timer_s = e->timer_s;
	} else {
		what->timer_s = e->timer_s;
	}
	return words_complete(s, &e->conversation, what);
}

enum status
messenger_saying(
    struct step *s, const struct outbox_row *row, struct saying *what)
{
	struct history_entry e;
	enum status st = history_get(s->txn, row->history_n, s->arena, &e);

	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_IO : messenger_own(st);
	return messenger_saying_of(s, &e, row->content, what);
}

struct plaintext
messenger_plaintext(const struct signed_parts *parts, struct bytes content)
{
	struct plaintext p = { .kind = CONTENT_MESSAGE };

	p.u.message = (struct signed_message){
		.body = buf_view(parts->body),
		.signature = BYTES_OF(parts->signature),
		.auth = AUTH_ED25519,
		.salt = BYTES_OF(parts->salt),
		.content = content,
	};
	return p;
}

static enum status
make_body(const struct sender_state *chain, const struct saying *what,
    const struct log_place *place, struct signed_parts *parts)
{
	struct message_body body = {
		.id = what->id,
		.suite = SUITE_SIGNAL_V3,
		.seq = chain->seq + 1,
		.previous = chain->body_hash,
		.type = what->type,
		.sent_ms = what->sent_ms,
		.has_target = what->has_target,
		.target = what->target,
		.timer_s = what->timer_s,
		.talk_turn = what->talk_turn,
		.talk_timer_s = what->talk_timer_s,
	};
	enum status st;

	if (place != NULL) {
		body.head_index = place->length;
		body.head_hash = place->head;
	}
	random_bytes(parts->salt, sizeof(parts->salt));
	st = signing_digest(
	    BYTES_OF(parts->salt), what->content, &body.content_hash);
	if (st == STATUS_OK)
		st = buf_new(BODY_MAX_BYTES, &parts->body);
	if (st == STATUS_OK)
		st = envelope_put_message_body(&body, parts->body);
	return st;
}

enum status
messenger_sign(struct step *s, const struct hash *conversation,
    const struct saying *what, const struct log_place *place,
    struct signed_parts *parts, uint64_t *seq)
{
	const struct self *self = &s->core->self;
	struct signed_parts made = { 0 };
	const struct signer signer = {
		.account = &self->address.account,
		.account_key = &self->account_key,
		.device = self->address.device,
		.conversation = conversation,
	};
	struct sender_state chain;
	enum status st;

	st = sender_get(s->txn, conversation, &self->address, &chain);
	if (st == STATUS_OK)
		st = make_body(&chain, what, place, &made);
	if (st != STATUS_OK)
		goto out;
	st = signing_sign(&signer, &self->device_secret, buf_view(made.body),
	    &made.signature);
	if (st != STATUS_OK)
		goto out;
	chain.seq++;
	chain.head_index = place != NULL ? place->length : 0;
	hash_bytes(buf_view(made.body), &chain.body_hash);
	st = sender_put(s->txn, conversation, &self->address, &chain);
	if (st != STATUS_OK)
		goto out;
	*parts = made;
	*seq = chain.seq;
	made.body = NULL;
out:
	buf_free(made.body);
	return messenger_own(st);
}

bool
messenger_is_text(struct bytes content)
{
	size_t at = 0;

	if (content.len == 0 || content.len > LIMIT_TEXT_BYTES)
		return false;
	while (at < content.len) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(content.data + at,
		    (utf8proc_ssize_t)(content.len - at), &c);

		if (n <= 0 || c == 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/*
 * Is it what its type says?  Spec 7.7: a type of a later release "is kept as
 * it came".
 */
static bool
is_sound(const struct filing *f, const struct message_body *body,
    struct bytes content)
{
	switch (body->type) {
	case MESSAGE_TEXT:
		return messenger_is_text(content);
	case MESSAGE_EDIT:
		return body->has_target && messenger_is_text(content);
	case MESSAGE_REACTION:
		return body->has_target &&
		       (content.len == 0 || messenger_is_text(content));
	case MESSAGE_DELETION:
		return body->has_target;
	case MESSAGE_TIMER:
		return f->kind == CONVERSATION_DIRECT && body->talk_turn > 0;
	default:
		return true;
	}
}

enum status
messenger_verify(const struct filing *f, const struct signed_message *m,
    const struct message_body *body, enum signature_verdict *verdict)
{
	const struct signer signer = {
		.account = &f->sender->name,
		.account_key = &f->sender->account_key,
		.device = f->device->id,
		.conversation = f->conversation,
	};
	struct hash digest;
	enum status st;

	if (body->suite != SUITE_SIGNAL_V3 || !is_sound(f, body, m->content))
		return STATUS_BAD_INPUT;
	st = signing_digest(m->salt, m->content, &digest);
	if (st != STATUS_OK)
		return st;
	*verdict = SIGNATURE_INVALID;
	if (m->auth != AUTH_ED25519 ||
	    memcmp(&digest, &body->content_hash, sizeof(digest)) != 0)
		return STATUS_OK;
	st = signing_verify(
	    &signer, &f->device->device_key, m->body, m->signature);
	if (st == STATUS_OK)
		*verdict = SIGNATURE_VALID;
	else if (st != STATUS_CRYPTO)
		return st;
	return STATUS_OK;
}
