/*
 * repair_member.c - a message to a group, for the device that a member has now
 * (protocol.md 9.7).
 *
 * The sender key that it was under is not for that device, so the message goes
 * pairwise, as it was signed.
 */
#include "client/core/group/group.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/receipts.h"
#include "client/core/repair/repair.h"
#include "client/core/repair/repair_parcel.h"

enum { AGAIN_MAX = 3 }; /* a relay may say so of whatever it likes */

/* FULL: often enough. */
static enum status
count_again(struct step *s, const struct history_entry *e,
    const struct account_name *who)
{
	struct bytes parts[] = { BYTES("sent-again"), BYTES_OF(e->id.raw),
		account_name_bytes(who) };
	struct tally tally = { parts, 3, AGAIN_MAX, repair_kept_ms };

	return tally_add(s->txn, &tally, 1, s->now_ms);
}

/* NOT_FOUND: it is not for them, or not any more. */
static enum status
find_member(struct step *s, const struct history_entry *e,
    const struct message_body *body, const struct account_name *who,
    struct group_member *member)
{
	const struct group_member *m;
	struct group_record g;
	struct roster *r;
	enum status st = group_get(s->txn, &e->conversation, &g);

	if (st == STATUS_OK && g.standing != GROUP_MEMBER)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = group_roster(s, &g.id, &r);
	if (st != STATUS_OK)
		return st;
	m = roster_find(r, who);
	if (m == NULL ||
	    !roster_was_member(r, body->head_index, who, &m->account_key))
		return STATUS_NOT_FOUND;
	*member = *m;
	return STATUS_OK;
}

static enum status
has_it(struct step *s, const struct history_entry *e,
    const struct account_name *who, bool *has)
{
	const struct own_place place = { e->device, e->seq };
	struct receipt_fate fate;
	enum status st = receipts_fate(s, &e->conversation, &place, who, &fate);

	*has = fate.delivered;
	return st;
}

static enum status
send(struct step *s, const struct history_entry *e,
    const struct account_name *who)
{
	struct parcel_out out = {
		.s = s,
		.group = e->conversation,
		.again = e,
		.left = SIZE_MAX,
	};
	struct history_entry kept;
	struct message_body body;
	enum status st = parcel_begin(&out);

	if (st == STATUS_OK)
		st = parcel_read(&out, e->n, &kept, &body);
	if (st == STATUS_OK)
		st = find_member(s, e, &body, who, &out.to);
	if (st == STATUS_OK)
		st = count_again(s, e, who);
	if (st == STATUS_OK)
		st = parcel_add(&out, &kept, NULL);
	if (st == STATUS_OK)
		st = parcel_flush(&out);
	parcel_end(&out);
	return st;
}

enum status
repair_send_member(struct step *s, const struct history_entry *e,
    const struct account_name *who, bool *dealt_with)
{
	enum status st = has_it(s, e, who, dealt_with);

	if (st != STATUS_OK || *dealt_with)
		return st;
	st = send(s, e, who);
	*dealt_with = st == STATUS_OK;
	return st == STATUS_NOT_FOUND || st == STATUS_FULL ? STATUS_OK
							   : messenger_own(st);
}
