/*
 * messenger_file.c - messages of others into the history, and where each leaves
 * its sender's chain (protocol.md 7.3).
 */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"

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
		st = messenger_verify(f, m, &body, &verdict);
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
