/* messenger_sign.c - bodies, signatures, and the senders' chains. */
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
    const struct message_id *id, struct bytes content, uint64_t head_index,
    const struct hash *head_hash, struct signed_parts *parts)
{
	struct message_body body = {
		.id = *id,
		.suite = SUITE_SIGNAL_V3,
		.seq = chain->seq + 1,
		.previous = chain->body_hash,
		.type = MESSAGE_TEXT,
		.head_index = head_index,
	};
	enum status st = said_ms(s, id, &body.sent_ms);

	if (st != STATUS_OK)
		return messenger_own(st);
	if (head_hash != NULL)
		body.head_hash = *head_hash;
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
    const struct message_id *id, struct bytes content, uint64_t head_index,
    const struct hash *head_hash, struct signed_parts *parts, uint64_t *seq)
{
	const struct self *self = &s->core->self;
	struct signed_parts made = { 0 };
	struct sign_context context;
	struct sender_state chain;
	enum status st;

	st = sender_get(s->txn, conversation, &self->address, &chain);
	if (st == STATUS_OK)
		st = make_body(
		    s, &chain, id, content, head_index, head_hash, &made);
	if (st != STATUS_OK)
		goto out;
	context_fill(&context, &self->address.account, &self->account_key,
	    self->address.device, conversation);
	st = sign_body(&self->device_secret, SIGN_MESSAGE, context.fields,
	    CONTEXT_FIELDS, buf_view(made.body), &made.signature);
	if (st != STATUS_OK)
		goto out;
	chain.seq++;
	chain.head_index = head_index;
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
 * Signed by this device, in this conversation, over this content?  BAD_INPUT:
 * a kind of message that this release cannot show.
 */
static enum status
judge(const struct filing *f, const struct signed_message *m,
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

/* Where a message leaves its sender's chain. */
struct progress {
	struct sender_state chain;
	uint64_t gap; /* missing now that were not before */
	bool late;    /* behind what we have */
};

/*
 * Only what the sender signed moves its chain.  When our last is not the one
 * it says came before, at least one is missing.
 */
static enum status
plan(struct step *s, const struct filing *f, const struct address *from,
    const struct message_body *body, struct bytes raw, struct progress *p)
{
	struct sender_state *chain = &p->chain;
	enum status st = sender_get(s->txn, f->conversation, from, chain);
	bool first = st == STATUS_OK && chain->seq == 0;

	if (st != STATUS_OK)
		return st;
	p->late = body->seq <= chain->seq;
	if (p->late) {
		if (chain->missing > 0)
			chain->missing--;
		return STATUS_OK;
	}
	/* Who joins a group late has not missed what was said before. */
	if (!first || f->kind == CONVERSATION_DIRECT)
		p->gap = body->seq - chain->seq - 1;
	if (!first && p->gap == 0 &&
	    memcmp(&body->previous, &chain->body_hash, sizeof(struct hash)) !=
		0)
		p->gap = 1;
	chain->missing += p->gap;
	chain->seq = body->seq;
	if (body->head_index > chain->head_index)
		chain->head_index = body->head_index;
	hash_bytes(raw, &chain->body_hash);
	return STATUS_OK;
}

static enum trust_verdict
trust_of(const struct contact *c)
{
	if (c->has_pending)
		return TRUST_CHANGED;
	return c->verified ? TRUST_VERIFIED : TRUST_UNVERIFIED;
}

static enum status
append(struct step *s, const struct filing *f, const struct signed_message *m,
    const struct message_body *body, enum signature_verdict verdict,
    uint64_t *n)
{
	struct history_entry e = {
		.kind = HISTORY_MESSAGE,
		.conversation_kind = f->kind,
		.conversation = *f->history_key,
		.from = f->sender->name,
		.from_key = f->sender->account_key,
		.device = f->device->id,
		.sent_ms = body->sent_ms,
		.received_ms = s->now_ms,
		.seq = body->seq,
		.id = body->id,
		.type = body->type,
		.text = m->content,
		.signature = verdict,
		.trust = trust_of(f->sender),
		.body = m->body,
		.body_signature = m->signature,
		.salt = m->salt,
	};

	if (f->kind == CONVERSATION_DIRECT)
		e.peer = f->sender->name;
	return history_append(s->txn, &e, n);
}

/* The gap is told before the message that shows it. */
static enum status
tell_gap(struct step *s, const struct filing *f, uint64_t gap)
{
	char text[COUNT_TEXT_BYTES];
	struct notice notice = {
		.kind = NOTICE_GAP,
		.conversation_kind = f->kind,
		.conversation = *f->history_key,
		.from = f->sender->name,
		.subject = f->sender->name,
		.detail = messenger_count_text(gap, text),
	};

	if (f->kind == CONVERSATION_DIRECT)
		notice.peer = f->sender->name;
	return gap > 0 ? messenger_notice(s, &notice) : STATUS_OK;
}

static enum status
file_judged(struct step *s, const struct filing *f,
    const struct signed_message *m, const struct message_body *body,
    enum signature_verdict verdict, uint64_t *n)
{
	struct address from = { .account = f->sender->name,
		.device = f->device->id };
	struct progress p = { .late = true };
	enum status st = STATUS_OK;

	if (verdict == SIGNATURE_VALID)
		st = plan(s, f, &from, body, m->body, &p);
	if (st == STATUS_OK)
		st = tell_gap(s, f, p.gap > f->missing ? p.gap : f->missing);
	if (st == STATUS_OK)
		st = append(s, f, m, body, verdict, n);
	if (st == STATUS_OK && verdict == SIGNATURE_VALID)
		st = sender_put(s->txn, f->conversation, &from, &p.chain);
	return messenger_own(st);
}

enum status
messenger_file_one(struct step *s, const struct filing *f,
    const struct signed_message *m, uint64_t *n)
{
	struct message_body body;
	enum signature_verdict verdict = SIGNATURE_INVALID;
	enum status st = envelope_get_message_body(m->body, s->arena, &body);

	if (st == STATUS_OK)
		st = judge(f, m, &body, &verdict);
	if (st == STATUS_OK)
		st = file_judged(s, f, m, &body, verdict, n);
	return st;
}

enum status
messenger_file(struct step *s, enum conversation_kind kind,
    const struct hash *conversation, const struct hash *history_key,
    const struct contact *sender, const struct device_entry *device,
    const struct signed_message *m, uint64_t *n)
{
	struct filing f = {
		.kind = kind,
		.conversation = conversation,
		.history_key = history_key,
		.sender = sender,
		.device = device,
	};

	return messenger_file_one(s, &f, m, n);
}
