/*
 * repair_former.c - what a device had signed that gives its place to another,
 * and still has to go to somebody (protocol.md 11).
 *
 * The next one cannot sign it, or whoever has it would get it twice.  As what
 * is sent again it goes as it was signed, with the list that names the device.
 */
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"
#include "client/core/repair/repair_parcel.h"

/* NOT_FOUND: it was said to another key, or its text is gone. */
static enum status
send(struct step *s, const struct history_entry *e)
{
	struct parcel_out out = { .s = s, .again = e, .left = SIZE_MAX };
	struct history_entry kept;
	struct message_body body;
	struct contact c;
	enum status st = peers_get(s, &e->peer, &c);

	if (st != STATUS_OK)
		return st;
	out.to = (struct group_member){ .account = c.name,
		.account_key = c.account_key };
	peers_conversation(
	    &s->core->self.account_key, &c.account_key, &out.group);
	if (!bytes_equal(e->talk, hash_view(&out.group)))
		return STATUS_NOT_FOUND;
	st = parcel_begin(&out);
	if (st == STATUS_OK)
		st = parcel_read(&out, e->n, &kept, &body);
	if (st == STATUS_OK)
		st = parcel_add(&out, &kept, NULL);
	if (st == STATUS_OK)
		st = parcel_flush(&out);
	parcel_end(&out);
	return st;
}

enum status
repair_send_former(struct step *s, const struct outbox_row *row, bool *sent)
{
	struct history_entry e;
	enum status st = history_get(s->txn, row->history_n, s->arena, &e);

	*sent = false;
	if (st == STATUS_OK && e.conversation_kind != CONVERSATION_DIRECT)
		return STATUS_OK;
	if (st == STATUS_OK)
		st = send(s, &e);
	if (st == STATUS_OK)
		st = outbox_del(s->txn, row);
	*sent = st == STATUS_OK;
	return st == STATUS_NOT_FOUND || st == STATUS_FULL ? STATUS_OK
							   : messenger_own(st);
}
