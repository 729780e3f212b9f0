/* messenger_sign.c - the bodies and signatures of messages. */
#include <string.h>
#include <utf8proc.h>

#include "base/random.h"
#include "client/core/messenger/messenger_internal.h"

enum { BODY_MAX_BYTES = 1024, CONTEXT_FIELDS = 4 };

/* Spec 7.3: who says it, by which key and device, in which conversation. */
struct sign_context {
	uint8_t device[4];
	struct bytes fields[CONTEXT_FIELDS];
};

static void
context_fill(struct sign_context *c, const struct account_name *name,
    const struct sign_public *account_key, uint32_t device,
    const struct hash *conversation)
{
	store_u32(c->device, device);
	c->fields[0] = account_name_bytes(name);
	c->fields[1] = BYTES_OF(*account_key);
	c->fields[2] = BYTES_OF(c->device);
	c->fields[3] = hash_view(conversation);
}

/* SHA-256(salt || content): once the salt is gone it confirms no guess. */
static enum status
content_digest(struct bytes salt, struct bytes content, struct hash *digest)
{
	struct buf *joined = NULL;
	enum status st = buf_new(salt.len + content.len, &joined);

	if (st == STATUS_OK)
		st = buf_put(joined, salt);
	if (st == STATUS_OK)
		st = buf_put(joined, content);
	if (st == STATUS_OK)
		hash_bytes(buf_view(joined), digest);
	buf_free(joined);
	return st;
}

/* When the user said it, though keys may have come much later. */
static enum status
said_ms(struct step *s, const struct message_id *id, int64_t *ms)
{
	struct history_entry e;
	uint64_t n;
	enum status st = history_find(s->txn, id, &n);

	if (st == STATUS_OK)
		st = history_get(s->txn, n, s->arena, &e);
	if (st == STATUS_NOT_FOUND) {
		*ms = s->now_ms;
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		*ms = e.sent_ms;
	return st;
}

static enum status
make_body(struct step *s, const struct sender_state *chain,
    const struct message_id *id, struct bytes content,
    const struct log_place *place, struct signed_parts *parts)
{
	struct message_body body = {
		.id = *id,
		.suite = SUITE_SIGNAL_V3,
		.seq = chain->seq + 1,
		.previous = chain->body_hash,
		.type = MESSAGE_TEXT,
	};
	enum status st = said_ms(s, id, &body.sent_ms);

	if (st != STATUS_OK)
		return messenger_own(st);
	if (place != NULL) {
		body.head_index = place->length;
		body.head_hash = place->head;
		body.timer_s = place->timer_s;
	}
	random_bytes(parts->salt, sizeof(parts->salt));
	st = content_digest(BYTES_OF(parts->salt), content, &body.content_hash);
	if (st == STATUS_OK)
		st = buf_new(BODY_MAX_BYTES, &parts->body);
	if (st == STATUS_OK)
		st = envelope_put_message_body(&body, parts->body);
	return st;
}

enum status
messenger_sign(struct step *s, const struct hash *conversation,
    const struct message_id *id, struct bytes content,
    const struct log_place *place, struct signed_parts *parts, uint64_t *seq)
{
	const struct self *self = &s->core->self;
	struct signed_parts made = { 0 };
	struct sign_context context;
	struct sender_state chain;
	enum status st;

	st = sender_get(s->txn, conversation, &self->address, &chain);
	if (st == STATUS_OK)
		st = make_body(s, &chain, id, content, place, &made);
	if (st != STATUS_OK)
		goto out;
	context_fill(&context, &self->address.account, &self->account_key,
	    self->address.device, conversation);
	st = sign_body(&self->device_secret, SIGN_MESSAGE, context.fields,
	    CONTEXT_FIELDS, buf_view(made.body), &made.signature);
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

enum status
messenger_verify(const struct filing *f, const struct signed_message *m,
    const struct message_body *body, enum signature_verdict *verdict)
{
	struct sign_context context;
	struct hash digest;
	enum status st;

	if (body->suite != SUITE_SIGNAL_V3 || body->type != MESSAGE_TEXT ||
	    !messenger_is_text(m->content))
		return STATUS_BAD_INPUT;
	st = content_digest(m->salt, m->content, &digest);
	if (st != STATUS_OK)
		return st;
	*verdict = SIGNATURE_INVALID;
	if (m->auth != AUTH_ED25519 ||
	    memcmp(&digest, &body->content_hash, sizeof(digest)) != 0)
		return STATUS_OK;
	context_fill(&context, &f->sender->name, &f->sender->account_key,
	    f->device->id, f->conversation);
	st = sign_verify(&f->device->device_key, SIGN_MESSAGE, context.fields,
	    CONTEXT_FIELDS, m->body, m->signature);
	if (st == STATUS_OK)
		*verdict = SIGNATURE_VALID;
	else if (st != STATUS_CRYPTO)
		return st;
	return STATUS_OK;
}
