/*
 * group_send.c - one message to a group: signed once, encrypted once under our
 * sender key, uploaded once (protocol.md 8.5).
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/wipe.h"
#include "client/core/group/group_send.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/padding.h"
#include "client/core/messenger/timers.h"
#include "client/core/repair/repair.h"

enum { SENTENCE_BYTES = 512 };

/* The row stays as it is, and says to the user why: st, or NOMEM. */
enum status
group_stay(struct group_send *x, enum status st, const char *format, ...)
{
	char *text = arena_take(x->s->arena, SENTENCE_BYTES);
	va_list args;

	if (text == NULL)
		return STATUS_NOMEM;
	va_start(args, format);
	vsnprintf(text, SENTENCE_BYTES, format, args);
	va_end(args);
	x->row->last_error = bytes_text(text);
	return st;
}

static enum status
encrypt_shared(struct group_send *x, const struct signed_parts *parts)
{
	struct step *s = x->s;
	const struct self *self = &s->core->self;
	struct group_plaintext p = { .list_version = self->list.version };
	struct buf *plain = NULL;
	struct buf *sealed = NULL;
	enum status st;

	p.message.body = buf_view(parts->body);
	p.message.signature = BYTES_OF(parts->signature.raw);
	p.message.auth = AUTH_ED25519;
	p.message.salt = BYTES_OF(parts->salt);
	p.message.content = x->row->content;
	hash_bytes(self_signed_list(self).body, &p.list_hash);
	st = buf_new(LIMIT_PLAINTEXT_BYTES, &plain);
	if (st == STATUS_OK)
		st = envelope_put_group_plaintext(&p, plain);
	if (st == STATUS_OK)
		st = padding_add(plain);
	if (st == STATUS_OK)
		st = ratchet_group_encrypt(s->core->ratchet, s->txn, self,
		    &x->g.id, buf_view(plain), &sealed);
	if (st == STATUS_OK)
		st = arena_copy(s->arena, buf_view(sealed), &x->row->shared);
	buf_free(plain);
	buf_free(sealed);
	return st;
}

static enum status
seal_message(struct group_send *x, bool same)
{
	struct log_place place = { x->g.length, x->g.head };
	struct saying what;
	struct signed_parts parts = { 0 };
	uint64_t seq = 0;
	enum status st = same ? STATUS_OK : group_find_audience(x);

	if (st == STATUS_OK)
		st = messenger_saying(x->s, x->row, &what);
	if (st == STATUS_OK) {
		/* What is about a message has the timer of that. */
		if (what.type == MESSAGE_TEXT)
			what.timer_s =
			    timers_shorter(what.timer_s, roster_timer_s(x->r));
		st =
		    messenger_sign(x->s, &x->g.id, &what, &place, &parts, &seq);
	}
	if (st == STATUS_OK)
		st = encrypt_shared(x, &parts);
	if (st == STATUS_OK)
		st = repair_note_sent(x->s, x->row->shared, x->row->history_n);
	if (st == STATUS_OK)
		st = messenger_file_signed(x->s, x->row, &parts, seq);
	x->g.sender_key_uses++;
	if (st == STATUS_OK)
		st = group_put(x->s->txn, &x->g);
	x->row->recipients = x->recipients;
	x->row->recipients_count = x->count;
	x->row->state = OUTBOX_READY;
	buf_free(parts.body);
	wipe(&parts, sizeof(parts));
	return st;
}

enum status
group_seal(struct step *s, struct outbox_row *row,
    const struct account_name *gone, size_t gone_count,
    struct account_name *needed, size_t *needed_count)
{
	struct group_send x = {
		.s = s,
		.row = row,
		.gone = gone,
		.gone_count = gone_count,
		.needed = needed,
		.needed_max = *needed_count,
	};
	bool same = false;
	enum status st;

	st = group_get(s->txn, &row->conversation, &x.g);
	if (st == STATUS_OK && (x.g.standing != GROUP_MEMBER || x.g.leaving))
		st = STATUS_DENIED;
	/* Who is in, we do not know; who has been removed must get nothing. */
	if (st == STATUS_OK && x.g.length < x.g.heard)
		st = group_stay(&x, STATUS_AGAIN,
		    "What has changed in this group cannot be read here yet; "
		    "the message waits for it.");
	if (st == STATUS_OK)
		st = group_roster(s, &x.g.id, &x.r);
	if (st == STATUS_OK) {
		st = group_same_audience(&x);
		same = st == STATUS_OK;
	}
	if (st == STATUS_NOT_FOUND)
		st = group_check_members(&x);
	if (st == STATUS_AGAIN)
		*needed_count = x.needed_count < x.needed_max ? x.needed_count
							      : x.needed_max;
	if (st == STATUS_OK)
		st = seal_message(&x, same);
	return st;
}
