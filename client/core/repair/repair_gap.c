/* repair_gap.c - what is missing: noticed, and filled (protocol.md 9.1). */
#include <string.h>

#include "client/core/group/group.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/repair/repair.h"

/* What a peer can make grow. */
enum {
	GAPS_PER_DEVICE = 64, /* runs of numbers, in one conversation */
	ITEMS_PER_DEVICE = 256,
	GAPS_MAX = 4096,
	/*
	 * A relay makes garbage in the name of as many devices as it likes; a
	 * number that is missing was signed.
	 */
	ITEMS_MAX = GAPS_MAX / 2,
};

/* FULL: there are enough of these; *own: of the same device, up to that. */
static enum status
check_room(struct step *s, const struct gap *g, size_t *own)
{
	const bool item = g->kind == GAP_ITEM;
	const size_t most = item ? ITEMS_PER_DEVICE : GAPS_PER_DEVICE;
	size_t all = 0;
	enum status st = vault_count(s->txn, VAULT_GAPS, &all);

	if (st == STATUS_OK)
		st = gap_count_of(
		    s->txn, g->kind, &g->conversation, &g->author, most, own);
	if (st == STATUS_OK &&
	    (*own >= most || all >= (item ? ITEMS_MAX : GAPS_MAX)))
		st = STATUS_FULL;
	return st;
}

/* Of those by ciphertext, one that was asked for in vain. */
struct seeking {
	const struct gap *like;
	struct gap found;
};

static enum status
seek_vain(const struct gap *g, void *arg)
{
	struct seeking *x = arg;

	if (g->kind != GAP_ITEM || g->asked < REPAIR_ASKS_MAX ||
	    !address_equal(&g->author, &x->like->author))
		return STATUS_OK;
	x->found = *g;
	return STATUS_EXISTS;
}

/*
 * Whoever makes garbage could else fill the rows of a device, and what is
 * really its own would not be asked for any more.
 */
static enum status
make_room(struct step *s, const struct gap *g)
{
	struct seeking x = { .like = g };
	size_t own = 0;
	enum status st = check_room(s, g, &own);

	if (st != STATUS_FULL || g->kind != GAP_ITEM || own == 0)
		return st;
	st = gaps_each(s->txn, seek_vain, &x);
	if (st == STATUS_OK)
		return STATUS_FULL;
	return st == STATUS_EXISTS ? repair_forget(s, &x.found) : st;
}

static enum status
note(struct step *s, const struct gap *g)
{
	struct gap fresh = *g;
	enum status st = make_room(s, g);

	fresh.noticed_ms = s->now_ms;
	fresh.next_ask_ms = s->now_ms;
	if (st == STATUS_OK)
		st = gap_put(s->txn, &fresh);
	return st == STATUS_FULL ? STATUS_OK : messenger_own(st);
}

enum status
repair_note_numbers(struct step *s, const struct gap *g)
{
	return note(s, g);
}

/*
 * A question would tell that we are here, and sessions are wanted with whom we
 * have something to say: near ones, and those in our groups.
 */
static enum status
may_mend(struct step *s, const struct contact *c, bool *may)
{
	enum status st = consent_is_near(s, c, may);

	if (st != STATUS_OK || *may)
		return st;
	return consent_shares_group(s, c, BYTES("may-mend"), may);
}

enum status
repair_note_item(struct step *s, const struct repair_item *item)
{
	struct gap g = {
		.kind = GAP_ITEM,
		.conversation_kind = item->kind,
		.author = *item->sender,
		.quarantined = item->kept,
		.told = item->told,
		.no_key = item->no_key,
	};
	struct contact c;
	bool may = true;
	enum status st = contact_get(s->txn, &item->sender->account, &c);

	if (st == STATUS_NOT_FOUND)
		return STATUS_OK; /* a stranger: there is nobody to ask */
	if (st == STATUS_OK)
		st = may_mend(s, &c, &may);
	if (st != STATUS_OK || !may)
		return messenger_own(st);
	g.author_key = c.account_key;
	hash_bytes(item->payload, &g.ciphertext);
	st = note(s, &g);
	/* A device that we do not know has no session to be mended. */
	if (st == STATUS_OK && item->suspect &&
	    device_list_find(&c.list, item->sender->device) != NULL)
		st = pair_want_fresh(s, item->sender);
	return st;
}

/* The line counts on; one that is gone does not matter. */
static enum status
tell_repaired(struct step *s, const struct gap *g)
{
	struct history_entry e;
	enum status st;

	if (g->told == 0)
		return STATUS_OK;
	st = history_get(s->txn, g->told, s->arena, &e);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	e.repaired++;
	return history_replace(s->txn, &e);
}

enum status
repair_item_came(
    struct step *s, const struct address *sender, struct bytes payload)
{
	struct hash ciphertext;
	struct gap g;
	enum status st;

	hash_bytes(payload, &ciphertext);
	st = gap_find_item(s->txn, sender, &ciphertext, &g);
	if (st == STATUS_OK)
		st = tell_repaired(s, &g);
	if (st == STATUS_OK)
		st = gap_del(s->txn, &g);
	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

enum status
repair_forget(struct step *s, const struct gap *g)
{
	enum status st = STATUS_OK;

	if (g->kind == GAP_ITEM && g->quarantined != 0)
		st = quarantine_del(s->txn, g->quarantined);
	if (st == STATUS_NOT_FOUND)
		st = STATUS_OK;
	if (st == STATUS_OK)
		st = gap_del(s->txn, g);
	return messenger_own(st);
}

enum status
repair_settle_item(struct step *s, const struct gap *g)
{
	enum status st = tell_repaired(s, g);

	return st == STATUS_OK ? repair_forget(s, g) : messenger_own(st);
}

static bool
is_same(const struct hash *a, const struct hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool
repair_fits(const struct gap *g, const struct message_body *body,
    const struct hash *body_hash)
{
	if (body->seq < g->first || body->seq > g->last)
		return false;
	if (body->seq == g->first && g->has_before &&
	    !is_same(&body->previous, &g->before))
		return false;
	return body->seq != g->last || is_same(body_hash, &g->after);
}

enum status
repair_fill(struct step *s, const struct gap *g,
    const struct message_body *body, const struct hash *body_hash, bool resent)
{
	struct gap below = *g;
	struct gap above = *g;
	size_t own = 0;
	enum status st = tell_repaired(s, g);

	if (st == STATUS_OK)
		st = gap_del(s->txn, g);
	below.last = body->seq - 1;
	below.after = body->previous;
	below.head_last = body->head_index;
	above.first = body->seq + 1;
	above.has_before = true;
	above.before = *body_hash;
	above.head_first = body->head_index;
	if (resent) {
		/* Who has some of it may have more, beyond one answer. */
		below.next_ask_ms = above.next_ask_ms = s->now_ms;
		below.asked = above.asked = g->asked > 0 ? g->asked - 1 : 0;
	}
	if (st == STATUS_OK && body->seq < g->last)
		st = gap_put(s->txn, &above);
	/* The second half is one more: a peer chooses what comes when. */
	if (st == STATUS_OK && body->seq > g->first)
		st = check_room(s, &below, &own);
	if (st == STATUS_OK && body->seq > g->first)
		st = gap_put(s->txn, &below);
	return st == STATUS_FULL ? STATUS_OK : messenger_own(st);
}
