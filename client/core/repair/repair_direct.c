/*
 * repair_direct.c - what goes between two, again (protocol.md 9.4, 9.6).
 *
 * Nobody but its author sends a message of two again, and what the author sends
 * is judged as if it came for the first time: by its signature, and by its
 * place in the author's chain.  So it need not have been asked for: after a
 * device was lost it comes by itself.
 */
#include <string.h>

#include "base/log.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "client/core/repair/repair.h"
#include "store/client/repairs.h"

bool
repair_is_direct(struct step *s, const struct pair_arrival *arrival)
{
	struct hash talk;

	peers_conversation(
	    &s->core->self.account_key, &arrival->sender.account_key, &talk);
	return memcmp(&talk, &arrival->p.u.resent.group, sizeof(talk)) == 0;
}

/* An account may have signed lists without end. */
enum { LISTS_TRIED = 16 };

/* On one that we had pinned before.  DENIED: on none. */
static enum status
find_former(struct step *s, const struct resent_message *m,
    struct device_list *opened, const struct device_entry **device)
{
	size_t looks = LISTS_TRIED;
	struct known_list known;
	enum status st = list_find(s->txn, &m->author, &m->author_key,
	    UINT64_MAX, &looks, s->arena, &known);

	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND || st == STATUS_FULL
			   ? STATUS_DENIED
			   : messenger_own(st);
	*opened = known.opened;
	*device = device_list_find(opened, m->author.device);
	return STATUS_OK;
}

/*
 * The author's device: on the pinned list, or, when it is not there any more,
 * on one that was, or on the one that came along, signed by the same account
 * key.  Whoever sends it again is on the pinned one, and vouches for it.
 */
static enum status
find_device(struct step *s, const struct pair_arrival *arrival,
    const struct resent_message *m, struct device_list *opened,
    const struct device_entry **device)
{
	const struct contact *from = &arrival->sender;
	enum status st;

	if (!account_name_equal(&m->author.account, &from->name) ||
	    memcmp(&m->author_key, &from->account_key, sizeof(m->author_key)) !=
		0)
		return STATUS_DENIED;
	*device = device_list_find(&from->list, m->author.device);
	if (*device != NULL)
		return STATUS_OK;
	st = find_former(s, m, opened, device);
	if (st != STATUS_DENIED || !m->has_list)
		return st;
	st = device_list_open(m->list, opened);
	if (st != STATUS_OK)
		return messenger_is_fatal(st) ? st : STATUS_DENIED;
	if (!account_name_equal(&opened->account, &from->name) ||
	    memcmp(&opened->account_key, &from->account_key,
		sizeof(opened->account_key)) != 0)
		return STATUS_DENIED;
	*device = device_list_find(opened, m->author.device);
	if (*device == NULL)
		return STATUS_DENIED;
	/* Whoever checks the history later has to find it. */
	st = list_keep(s->txn, opened, &m->list);
	return st == STATUS_CONFLICT ? STATUS_DENIED : messenger_own(st);
}

static enum status
file(struct step *s, const struct pair_arrival *arrival,
    const struct resent_message *m)
{
	struct hash history_key;
	struct device_list opened;
	struct filing f = {
		.kind = CONVERSATION_DIRECT,
		.conversation = &arrival->p.u.resent.group,
		.history_key = &history_key,
		.sender = &arrival->sender,
		.resent_by = &arrival->sender.name,
	};
	uint64_t n;
	enum status st = find_device(s, arrival, m, &opened, &f.device);

	peers_history_key(&arrival->sender.name, &history_key);
	return st == STATUS_OK ? messenger_file_one(s, &f, &m->message, &n)
			       : st;
}

/* Only its sender knows what a ciphertext held.  NOT_FOUND: none is open. */
static enum status
find_item(struct step *s, const struct pair_arrival *arrival,
    const struct hash *hash, struct gap *g)
{
	struct address from = { arrival->sender.name, arrival->device->id };
	enum status st = gap_find_item(s->txn, &from, hash, g);

	if (st == STATUS_OK &&
	    memcmp(&g->author_key, &arrival->sender.account_key,
		sizeof(g->author_key)) != 0)
		st = STATUS_NOT_FOUND;
	return st;
}

/* Only what is ours to fix stops the others. */
static enum status
take_one(struct step *s, const struct pair_arrival *arrival,
    const struct resent_message *m)
{
	struct gap item;
	enum status st = file(s, arrival, m);

	if (messenger_is_fatal(st))
		return st;
	if (st != STATUS_OK && st != STATUS_EXISTS) {
		log_event(LOG_LEVEL_DEBUG, "resent-dropped", "status=%d", st);
		return STATUS_OK;
	}
	if (!m->has_hash)
		return STATUS_OK;
	st = find_item(s, arrival, &m->hash, &item);
	if (st == STATUS_OK)
		st = repair_settle_item(s, &item);
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

/*
 * It held nothing for the history, or has been changed on the way.  A group's
 * may still be read when its key comes.
 */
static enum status
take_unknown(
    struct step *s, const struct pair_arrival *arrival, const struct hash *hash)
{
	struct gap item;
	enum status st = find_item(s, arrival, hash, &item);

	if (st == STATUS_OK && item.conversation_kind == CONVERSATION_DIRECT) {
		st = repair_forget(s, &item);
	} else if (st == STATUS_OK) {
		item.asked = REPAIR_ASKS_MAX;
		item.next_ask_ms = s->now_ms;
		st = gap_put(s->txn, &item);
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

enum status
repair_take_direct(struct step *s, const struct pair_arrival *arrival)
{
	const struct resent *resent = &arrival->p.u.resent;
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < resent->count; i++)
		st = take_one(s, arrival, &resent->messages[i]);
	for (size_t i = 0; st == STATUS_OK && i < resent->unknown_count; i++)
		st = take_unknown(s, arrival, &resent->unknown[i]);
	return st;
}
