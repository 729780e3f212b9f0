/* record_contact.c - contacts and their device lists. */
#include "store/client/record_common.h"

static bool
record_take_contact(const Tacit__Record__Contact *from, struct contact *c)
{
	c->verified = from->verified;
	c->removed = from->removed;
	c->first_seen_ms = from->first_seen_ms;
	c->blocked = from->blocked;
	c->known = from->known;
	c->asked_ms = from->asked_ms;
	c->timer_s = from->timer_s;
	c->timer_turn = from->timer_turn;
	c->timer_told = from->timer_told;
	if (!record_take_name(from->name, &c->name) ||
	    !RECORD_TAKE(from->account_key, c->account_key) ||
	    !record_take_text(from->alias, c->alias, sizeof(c->alias)) ||
	    !record_list_take(from->list, &c->list) ||
	    !RECORD_TAKE(from->list_hash, c->list_hash))
		return false;
	c->has_pending = from->pending_key.len > 0;
	if (!c->has_pending)
		return true;
	return RECORD_TAKE(from->pending_key, c->pending_key) &&
	       record_list_take(from->pending_list, &c->pending_list) &&
	       RECORD_TAKE(from->pending_list_hash, c->pending_list_hash);
}

enum status
record_open_contact(struct bytes from, struct arena *a, struct contact *c)
{
	struct contact read = { 0 };
	ProtobufCMessage *m = NULL;
	enum status st =
	    record_unpack(&tacit__record__contact__descriptor, from, a, &m);

	if (st != STATUS_OK)
		return st;
	if (!record_take_contact((const Tacit__Record__Contact *)m, &read))
		return record_damaged("Contact");
	*c = read;
	return STATUS_OK;
}

enum status
record_pack_contact(const struct contact *c, struct buf *out)
{
	Tacit__Record__Contact m = TACIT__RECORD__CONTACT__INIT;
	struct record_list pending;
	struct record_list list;

	record_list_fill(&list, &c->list);
	m.name = record_text(c->name.text);
	m.account_key = RECORD_BIN(c->account_key);
	m.verified = c->verified;
	m.removed = c->removed;
	m.alias = record_text(c->alias);
	m.list = &list.message;
	m.list_hash = RECORD_BIN(c->list_hash);
	m.first_seen_ms = c->first_seen_ms;
	m.blocked = c->blocked;
	m.known = c->known;
	m.asked_ms = c->asked_ms;
	m.timer_s = c->timer_s;
	m.timer_turn = c->timer_turn;
	m.timer_told = c->timer_told;
	if (c->has_pending) {
		record_list_fill(&pending, &c->pending_list);
		m.pending_key = RECORD_BIN(c->pending_key);
		m.pending_list = &pending.message;
		m.pending_list_hash = RECORD_BIN(c->pending_list_hash);
	}
	return record_pack(&m.base, out);
}
