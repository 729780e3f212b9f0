/* messenger_control.c - what devices tell each other, into the outbox. */
#include <string.h>

#include "base/random.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"

enum status
messenger_encode_control(const struct plaintext *p, struct buf **content)
{
	struct plaintext whole = *p;
	struct buf *fresh = NULL;
	enum status st = buf_new(LIMIT_PLAINTEXT_BYTES, &fresh);

	whole.counter = 1;
	whole.has_list = false;
	whole.list_version = 1;
	if (st == STATUS_OK)
		st = envelope_put_plaintext(&whole, fresh);
	if (st != STATUS_OK)
		buf_free(fresh);
	else
		*content = fresh;
	return st;
}

enum status
messenger_control(
    struct step *s, const struct account_name *to, const struct plaintext *p)
{
	struct outbox_row row = {
		.kind = OUTBOX_CONTROL,
		.state = OUTBOX_DRAFT,
		.conversation_kind = CONVERSATION_DIRECT,
		.to = *to,
		.created_ms = s->now_ms,
	};
	struct buf *content = NULL;
	uint64_t order;
	enum status st;

	random_bytes(&row.id, sizeof(row.id));
	st = messenger_encode_control(p, &content);
	if (st == STATUS_OK) {
		row.content = buf_view(content);
		st = outbox_put(s->txn, &row, &order);
	}
	buf_free(content);
	return messenger_own(st);
}

/* Where the user finds it in the outbox: a group's is named after the group. */
static void
place_row(struct step *s, struct outbox_row *row,
    const struct outbox_waiting *first, const struct plaintext *p)
{
	struct hash direct;

	peers_conversation(
	    &s->core->self.account_key, &first->account_key, &direct);
	row->conversation_kind = CONVERSATION_GROUP;
	switch (p->kind) {
	case CONTENT_GROUP_KEYS:
		row->conversation = p->u.group_keys.group;
		return;
	case CONTENT_GROUP_INVITE:
		row->conversation = p->u.group_invite.group;
		return;
	case CONTENT_GROUP_ASK:
		row->conversation = p->u.group_ask.group;
		return;
	case CONTENT_RESENT:
		if (memcmp(&p->u.resent.group, &direct, sizeof(direct)) == 0)
			break;
		row->conversation = p->u.resent.group;
		return;
	case CONTENT_PLACES: /* those of one row are of one group, or direct */
		if (!p->u.places.items[0].has_group)
			break;
		row->conversation = p->u.places.items[0].group;
		return;
	case CONTENT_NONE:
	case CONTENT_MESSAGE:
	case CONTENT_SENDER_KEY:
	case CONTENT_RECEIPTS:
	case CONTENT_RESEND_REQUEST:
	case CONTENT_JOIN_REQUEST:
	case CONTENT_JOIN_ANSWER:
		break;
	}
	row->conversation_kind = CONVERSATION_DIRECT;
	row->to = first->account;
}

/* `again`: the message that it brings once more; else NULL. */
static enum status
queue_many(struct step *s, const struct outbox_waiting *waiting, size_t count,
    const struct plaintext *p, const struct history_entry *again)
{
	struct outbox_row row = {
		.kind = OUTBOX_MANY,
		.state = OUTBOX_DRAFT,
		.created_ms = s->now_ms,
		.waiting = waiting,
		.waiting_count = count,
	};
	struct plaintext bare = *p;
	struct buf *content = NULL;
	uint64_t order;
	enum status st;

	place_row(s, &row, &waiting[0], p);
	random_bytes(&row.id, sizeof(row.id));
	if (again != NULL) {
		row.again = true;
		row.history_n = again->n;
		row.id = again->id; /* what the relay says of it is of that */
		row.to = waiting[0].account;
	}
	st = p->kind == CONTENT_RESENT ? repair_strip(s, p, &bare) : STATUS_OK;
	if (st == STATUS_OK)
		st = messenger_encode_control(&bare, &content);
	if (st == STATUS_OK) {
		row.content = buf_view(content);
		st = outbox_put(s->txn, &row, &order);
	}
	buf_free(content);
	return messenger_own(st);
}

enum status
messenger_control_many(struct step *s, const struct account_name *names,
    size_t count, const struct plaintext *p)
{
	struct outbox_waiting *waiting;

	if (count == 0)
		return STATUS_OK;
	waiting = arena_take_array(s->arena, count, sizeof(*waiting));
	if (waiting == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++) {
		struct contact c;
		enum status st = peers_get(s, &names[i], &c);

		if (st != STATUS_OK && st != STATUS_NOT_FOUND)
			return st;
		waiting[i].account = names[i];
		waiting[i].has_key = st == STATUS_OK;
		if (waiting[i].has_key)
			waiting[i].account_key = c.account_key;
	}
	return queue_many(s, waiting, count, p, NULL);
}

enum status
messenger_control_again(struct step *s, const struct group_member *to,
    const struct plaintext *p, const struct history_entry *message)
{
	const struct outbox_waiting waiting = {
		.account = to->account,
		.has_key = true,
		.account_key = to->account_key,
	};

	return queue_many(s, &waiting, 1, p, message);
}

enum status
messenger_control_members(struct step *s, const struct group_member *members,
    size_t count, const struct plaintext *p)
{
	struct outbox_waiting *waiting;

	if (count == 0)
		return STATUS_OK;
	waiting = arena_take_array(s->arena, count, sizeof(*waiting));
	if (waiting == NULL)
		return STATUS_NOMEM;
	for (size_t i = 0; i < count; i++)
		waiting[i] = (struct outbox_waiting){
			.account = members[i].account,
			.has_key = true,
			.account_key = members[i].account_key,
		};
	return queue_many(s, waiting, count, p, NULL);
}
