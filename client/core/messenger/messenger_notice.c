/* messenger_notice.c - lines in a conversation that are not messages. */
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"
#include "store/client/receipts.h"

enum status
messenger_notice_at(struct step *s, const struct notice *notice, uint64_t *n)
{
	struct history_entry e = {
		.kind = HISTORY_NOTICE,
		.conversation_kind = notice->conversation_kind,
		.conversation = notice->conversation,
		.peer = notice->peer,
		.from = notice->from,
		.own = account_name_equal(
		    &notice->from, &s->core->self.address.account),
		.subject = notice->subject,
		.notice = notice->kind,
		.detail = notice->detail,
		.sent_ms = s->now_ms,
		.received_ms = s->now_ms,
	};

	return messenger_own(history_append(s->txn, &e, n));
}

enum status
messenger_notice(struct step *s, const struct notice *notice)
{
	uint64_t n;

	return messenger_notice_at(s, notice, &n);
}

struct bytes
messenger_count_text(uint64_t count, char text[COUNT_TEXT_BYTES])
{
	(void)snprintf(text, COUNT_TEXT_BYTES, "%" PRIu64, count);
	return bytes_text(text);
}

static uint64_t
count_of(struct bytes text)
{
	char copy[COUNT_TEXT_BYTES] = "";
	uint64_t count = 0;

	for (size_t i = 0; i < text.len && i + 1 < sizeof(copy); i++)
		copy[i] = (char)text.data[i];
	if (number_parse(copy, 0, UINT64_MAX - 1, &count) != STATUS_OK)
		return 0;
	return count;
}

/*
 * When the newest line of the conversation says the same already, it counts
 * on, so that a flood is one line; but not one that was shown, for nobody
 * would look there again.  NOT_FOUND: there is no such line.
 */
static enum status
count_on(struct step *s, enum notice_kind kind, const struct hash *conversation,
    const struct account_name *peer, uint64_t count, uint64_t *at)
{
	char text[COUNT_TEXT_BYTES];
	struct history_entry e;
	uint64_t n, shown;
	size_t found = 0;
	enum status st = cursor_get(s->txn, CURSOR_SHOWN, &shown);

	if (st == STATUS_OK)
		st = history_list(
		    s->txn, conversation, shown, true, &n, 1, &found);
	if (st != STATUS_OK || found == 0)
		return st == STATUS_OK ? STATUS_NOT_FOUND : st;
	st = history_get(s->txn, n, s->arena, &e);
	if (st != STATUS_OK)
		return st;
	if (e.kind != HISTORY_NOTICE || e.notice != kind ||
	    !account_name_equal(&e.from, peer))
		return STATUS_NOT_FOUND;
	e.detail = messenger_count_text(count_of(e.detail) + count, text);
	*at = n;
	return history_replace(s->txn, &e);
}

/* *n stays 0 where there is no line. */
static enum status
tell_unread(
    struct step *s, const struct notice *notice, uint64_t count, uint64_t *n)
{
	struct consent_line line = { .ever = false };
	bool may = true;
	enum status st = consent_line_of(s, &notice->from, &line);

	if (st != STATUS_OK)
		return st;
	if (!line.ever)
		return consent_count_unread(s);
	st = count_on(
	    s, notice->kind, &notice->conversation, &notice->from, count, n);
	if (st != STATUS_NOT_FOUND)
		return messenger_own(st);
	if (line.bounded) {
		st = consent_begin_line(s, &may);
		if (st != STATUS_OK || !may)
			return st == STATUS_OK ? consent_count_unread(s) : st;
	}
	return messenger_notice_at(s, notice, n);
}

enum status
messenger_tell_peer(struct step *s, enum notice_kind kind,
    const struct account_name *peer, uint64_t count, uint64_t *n)
{
	char text[COUNT_TEXT_BYTES];
	struct notice notice = {
		.kind = kind,
		.conversation_kind = CONVERSATION_DIRECT,
		.peer = *peer,
		.from = *peer,
		.subject = *peer,
		.detail = messenger_count_text(count, text),
	};
	bool blocked = false;
	enum status st;

	peers_history_key(peer, &notice.conversation);
	st = consent_is_blocked(s, peer, &blocked);
	*n = 0;
	if (st != STATUS_OK || blocked)
		return messenger_own(st);
	return kind == NOTICE_UNDECRYPTABLE
		   ? tell_unread(s, &notice, count, n)
		   : messenger_notice_at(s, &notice, n);
}

enum status
messenger_tell_unfetched(struct step *s, enum notice_kind kind,
    const struct history_entry *message, const struct account_name *who)
{
	const struct notice notice = {
		.kind = kind,
		.conversation_kind = message->conversation_kind,
		.conversation = message->conversation,
		.peer = message->peer,
		.from = *who,
		.subject = *who,
		.detail = BYTES("1"),
	};
	uint64_t n;
	const enum receipt_loss why =
	    kind == NOTICE_EXPIRED ? RECEIPT_EXPIRED : RECEIPT_ACCOUNT_REMOVED;
	enum status st = receipt_loss_put(s->txn, &message->id, who, why);

	if (st == STATUS_OK)
		st = count_on(s, kind, &message->conversation, who, 1, &n);
	if (st != STATUS_NOT_FOUND)
		return messenger_own(st);
	return messenger_notice(s, &notice);
}

static enum status
send_to_next_device(struct step *s, const struct outbox_row *row,
    const struct account_name *who, bool *sent)
{
	struct history_entry e;
	enum status st = history_get(s->txn, row->history_n, s->arena, &e);

	return st == STATUS_OK ? repair_send_member(s, &e, who, sent)
			       : messenger_own(st);
}

enum status
messenger_tell_lost(struct step *s, const struct outbox_row *row,
    const struct account_name *who, bool changed)
{
	char text[LIMIT_ACCOUNT_NAME_BYTES + 96];
	struct notice notice = {
		.kind = NOTICE_REFUSED,
		.conversation_kind = row->conversation_kind,
		.conversation = row->conversation,
		.peer = row->to,
	};
	bool sent = false;
	enum status st = STATUS_OK;

	(void)snprintf(text, sizeof(text),
	    "%s does not get one of yours: refused, or encrypted for a device "
	    "that has changed",
	    who->text);
	notice.detail = bytes_text(text);
	if (row->conversation_kind == CONVERSATION_DIRECT)
		peers_history_key(&row->to, &notice.conversation);
	if (changed) /* it goes to the device that there is now */
		st = send_to_next_device(s, row, who, &sent);
	if (st == STATUS_OK && !sent)
		st = receipt_loss_put(s->txn, &row->id, who, RECEIPT_REFUSED);
	if (st != STATUS_OK || sent)
		return messenger_own(st);
	return messenger_notice(s, &notice);
}
