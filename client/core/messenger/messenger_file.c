/*
 * messenger_file.c - messages of others into the history, and where each leaves
 * its sender's chain (protocol.md 7.3).
 */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/receipts.h"
#include "client/core/messenger/timers.h"
#include "client/core/repair/repair.h"
#include "client/core/words/words.h"

/* Where a message leaves its sender's chain. */
struct progress {
	struct sender_state before;
	struct sender_state chain;
	struct hash body_hash;
	uint64_t gap;    /* missing now that were not before */
	uint64_t told;   /* where that stands in the history */
	bool late;       /* behind what we have */
	bool fills;      /* it was missing: there is a gap for it */
	struct gap hole; /* that one */
};

/*
 * A number stands for one message.  Were a second one let in, somebody who was
 * removed could go on speaking by the numbers that the removal allows.
 * Whoever has the name under another key counts from one again.
 */
static enum status
check_unused(struct step *s, const struct filing *f, const struct address *from,
    uint64_t seq)
{
	struct history_entry e;
	uint64_t n;
	enum status st =
	    history_find_number(s->txn, f->history_key, from, seq, &n);

	if (st == STATUS_OK)
		st = history_get(s->txn, n, s->arena, &e);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	return memcmp(e.from_key.raw, f->sender->account_key.raw,
		   sizeof(e.from_key.raw)) == 0
		   ? STATUS_CONFLICT
		   : STATUS_OK;
}

/* CONFLICT: the one that belongs there is another. */
static enum status
plan_late(struct step *s, const struct filing *f, const struct address *from,
    const struct message_body *body, struct progress *p)
{
	enum status st =
	    gap_find_number(s->txn, f->conversation, from, body->seq, &p->hole);

	p->fills = st == STATUS_OK;
	if (p->fills && !repair_fits(&p->hole, body, &p->body_hash))
		return STATUS_CONFLICT;
	if (p->chain.missing > 0)
		p->chain.missing--;
	return st == STATUS_NOT_FOUND ? check_unused(s, f, from, body->seq)
				      : st;
}

/*
 * Only what the sender signed moves its chain.  When our last is not the one
 * it says came before, at least one is missing.
 */
static enum status
plan(struct step *s, const struct filing *f, const struct address *from,
    const struct message_body *body, struct progress *p)
{
	struct sender_state *chain = &p->chain;
	enum status st = sender_get(s->txn, f->conversation, from, chain);
	bool first = st == STATUS_OK && chain->seq == 0;

	if (st != STATUS_OK)
		return st;
	p->before = *chain;
	p->late = body->seq <= chain->seq;
	if (p->late)
		return plan_late(s, f, from, body, p);
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
	chain->body_hash = p->body_hash;
	return STATUS_OK;
}

static enum trust_verdict
trust_of(const struct contact *c)
{
	if (c->has_pending)
		return TRUST_CHANGED;
	return c->verified ? TRUST_VERIFIED : TRUST_UNVERIFIED;
}

/* What it says of the setting, and its own line when it changes that. */
static enum status
hear_timer(struct step *s, const struct filing *f,
    const struct message_body *body, struct history_entry *e)
{
	char *text = arena_take(s->arena, TIMERS_TEXT_BYTES);
	enum timer_news news = TIMER_COUNTS;
	enum status st = STATUS_OK;

	if (text == NULL)
		return STATUS_NOMEM;
	if (!f->aside)
		st = timers_hear(s, f, body, &news);
	if (body->type != MESSAGE_TIMER)
		return st;
	e->timer_s = body->talk_timer_s;
	e->timer_turn = body->talk_turn;
	e->detail = timers_text(body->talk_timer_s, text);
	e->told_before = news == TIMER_TOLD;
	if (news == TIMER_OVERTAKEN)
		e->reason = BYTES("another one counts");
	return st;
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
		.has_target = body->has_target,
		.target = body->target,
		.text = m->content,
		.signature = verdict,
		.trust = trust_of(f->sender),
		.body = m->body,
		.body_signature = m->signature,
		.salt = m->salt,
	};
	enum status st = STATUS_OK;

	/* A timer that nobody signed erases nothing. */
	if (verdict == SIGNATURE_VALID) {
		e.expires_ms = messenger_expires_ms(s, body->timer_s);
		st = hear_timer(s, f, body, &e);
	}
	if (st != STATUS_OK)
		return st;
	if (f->kind == CONVERSATION_DIRECT)
		e.peer = f->sender->name;
	if (f->resent_by != NULL)
		e.resent_by = *f->resent_by;
	st = history_append(s->txn, &e, n);
	/* The number is taken, and in a group others may ask for it again. */
	if (st == STATUS_OK && verdict == SIGNATURE_VALID) {
		e.n = *n;
		st = history_note_number(s->txn, &e);
	}
	e.n = *n;
	return st == STATUS_OK ? words_filed(s, &e) : st;
}

/* The gap is told before the message that shows it. */
static enum status
tell_gap(struct step *s, const struct filing *f, uint64_t gap, uint64_t *n)
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
	return gap > 0 ? messenger_notice_at(s, &notice, n) : STATUS_OK;
}

/* What is missing is asked for. */
static enum status
note_gap(struct step *s, const struct filing *f, const struct address *from,
    const struct message_body *body, const struct progress *p)
{
	struct gap g = {
		.kind = GAP_NUMBERS,
		.conversation_kind = f->kind,
		.conversation = *f->conversation,
		.author = *from,
		.author_key = f->sender->account_key,
		.first = p->before.seq + 1,
		.last = body->seq - 1,
		.has_before = p->before.seq > 0,
		.before = p->before.body_hash,
		.after = body->previous,
		.head_first = p->before.head_index,
		.head_last = body->head_index,
		.told = p->told,
	};

	if (p->gap == 0 || g.first > g.last)
		return STATUS_OK;
	return repair_note_numbers(s, &g);
}

static enum status
file_in_chain(struct step *s, const struct filing *f,
    const struct signed_message *m, const struct message_body *body,
    uint64_t *n)
{
	struct address from = { .account = f->sender->name,
		.device = f->device->id };
	const struct receipt_talk talk = { f->kind, f->conversation, &from,
		&f->sender->account_key, f->sender };
	struct progress p = { .gap = 0 };
	enum status st = history_has(s->txn, &from, &body->id);

	if (st != STATUS_NOT_FOUND)
		return st == STATUS_OK ? STATUS_EXISTS : st;
	hash_bytes(m->body, &p.body_hash);
	st = plan(s, f, &from, body, &p);
	if (st == STATUS_OK)
		st = tell_gap(
		    s, f, p.gap > f->missing ? p.gap : f->missing, &p.told);
	if (st == STATUS_OK)
		st = note_gap(s, f, &from, body, &p);
	if (st == STATUS_OK)
		st = append(s, f, m, body, SIGNATURE_VALID, n);
	if (st == STATUS_OK && p.fills)
		st = repair_fill(
		    s, &p.hole, body, &p.body_hash, f->resent_by != NULL);
	if (st == STATUS_OK)
		st = receipts_note_filed(s, &talk, body->seq, &p.chain);
	if (st == STATUS_OK)
		st = sender_put(s->txn, f->conversation, &from, &p.chain);
	return st;
}

static enum status
file_unsigned(struct step *s, const struct filing *f,
    const struct signed_message *m, const struct message_body *body,
    uint64_t *n)
{
	uint64_t told;
	enum status st = tell_gap(s, f, f->missing, &told);

	return st == STATUS_OK ? append(s, f, m, body, SIGNATURE_INVALID, n)
			       : st;
}

static enum status
file_judged(struct step *s, const struct filing *f,
    const struct signed_message *m, const struct message_body *body,
    enum signature_verdict verdict, uint64_t *n)
{
	if (verdict != SIGNATURE_VALID)
		return messenger_own(file_unsigned(s, f, m, body, n));
	if (f->aside)
		return messenger_own(append(s, f, m, body, SIGNATURE_VALID, n));
	return messenger_own(file_in_chain(s, f, m, body, n));
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
	if (st == STATUS_OK && verdict != SIGNATURE_VALID &&
	    f->resent_by != NULL)
		st = STATUS_CRYPTO;
	if (st == STATUS_OK)
		st = file_judged(s, f, m, &body, verdict, n);
	return st;
}

enum status
messenger_skip_one(
    struct step *s, const struct filing *f, const struct signed_message *m)
{
	struct address from = { .account = f->sender->name,
		.device = f->device->id };
	struct sender_state chain;
	struct message_body body;
	enum signature_verdict verdict = SIGNATURE_INVALID;
	enum status st = envelope_get_message_body(m->body, s->arena, &body);

	if (st == STATUS_OK)
		st = messenger_verify(f, m, &body, &verdict);
	if (st == STATUS_OK)
		st = sender_get(s->txn, f->conversation, &from, &chain);
	if (st != STATUS_OK)
		return st;
	if (verdict != SIGNATURE_VALID || body.seq <= chain.seq)
		return STATUS_OK;
	chain.seq = body.seq;
	hash_bytes(m->body, &chain.body_hash);
	return messenger_own(
	    sender_put(s->txn, f->conversation, &from, &chain));
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
