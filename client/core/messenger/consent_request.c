/*
 * consent_request.c - what strangers want, kept until the user decides.
 *
 * One stranger's flood costs a bounded share, and takes no room from another's
 * first word: where there is no more, whoever has most gives way.  Where each
 * has one, somebody of the day on which most came does: a crowd, and not who
 * came on a quiet day.
 */
#include <string.h>

#include "base/log.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/messenger_internal.h"
#include "client/core/messenger/peers.h"
#include "store/client/requests.h"

enum {
	OF_ONE_ITEMS = 32,
	OF_ONE_BYTES = 256 * 1024,
	ALL_ITEMS = 1024,
	ALL_BYTES = 16 * 1024 * 1024,
	LINES_A_DAY = 100, /* `status` and `requests` show the others as well */
	DAY_MS = 24 * 60 * 60 * 1000,
	LOOKS_MAX = 64, /* that make room for one */
};

/* As long as the relay would have kept it. */
static const int64_t kept_ms = INT64_C(30) * DAY_MS;

/* What one stranger has here. */
struct share {
	size_t items;
	size_t bytes;
};

static enum status
count_share(
    struct step *s, const struct account_name *name, struct share *share)
{
	struct request_row row = { .n = 0 };
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	*share = (struct share){ 0 };
	while (st == STATUS_OK) {
		arena_reset(a);
		st = request_next(s->txn, name, row.n, a, &row);
		if (st != STATUS_OK)
			break;
		share->items++;
		share->bytes += row.plaintext.len;
	}
	arena_free(a);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
drop_one(struct step *s)
{
	struct requests_state state;
	enum status st = requests_state_get(s->txn, &state);

	log_event(LOG_LEVEL_DEBUG, "request-dropped", "why=full");
	if (st != STATUS_OK)
		return st;
	state.dropped++;
	return requests_state_put(s->txn, &state);
}

/* *may: fewer than that many strangers had a line today. */
static enum status
count_line(struct step *s, bool *may)
{
	uint64_t today = (uint64_t)s->now_ms / DAY_MS;
	struct requests_state state;
	enum status st = requests_state_get(s->txn, &state);

	if (st != STATUS_OK)
		return st;
	if (state.day != today) {
		state.day = today;
		state.that_day = 0;
	}
	*may = state.that_day < LINES_A_DAY;
	if (!*may)
		return STATUS_OK;
	state.that_day++;
	return requests_state_put(s->txn, &state);
}

static enum status
is_full(struct step *s, size_t bytes, bool *full)
{
	struct requests_state state;
	size_t count = 0;
	enum status st = requests_count(s->txn, &count);

	if (st == STATUS_OK)
		st = requests_state_get(s->txn, &state);
	*full = count >= ALL_ITEMS || state.bytes + bytes > ALL_BYTES;
	return st;
}

/* *room: there is enough now. */
static enum status
make_room(struct step *s, size_t bytes, bool *room)
{
	bool full = true;
	enum status st = is_full(s, bytes, &full);

	for (size_t i = 0; st == STATUS_OK && full && i < LOOKS_MAX; i++) {
		struct request_row gone;

		st = requests_greediest(s->txn, s->arena, &gone);
		if (st == STATUS_NOT_FOUND)
			st = requests_of_crowd(s->txn, s->arena, &gone);
		if (st == STATUS_OK)
			st = request_del(s->txn, &gone);
		if (st == STATUS_OK)
			st = drop_one(s);
		if (st == STATUS_OK)
			st = is_full(s, bytes, &full);
	}
	*room = !full;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* Who is here already has its share; a new one is made room for. */
static enum status
may_keep(struct step *s, const struct share *share, size_t bytes, bool *may)
{
	bool full = false;
	enum status st;

	if (share->items == 0)
		return make_room(s, bytes, may);
	st = is_full(s, bytes, &full);
	*may = !full && share->items < OF_ONE_ITEMS &&
	       share->bytes + bytes <= OF_ONE_BYTES;
	return st;
}

/* One line for a stranger, and no more of it for a day. */
static enum status
tell(struct step *s, const struct contact *sender)
{
	struct contact c = *sender;
	struct notice notice = {
		.kind = NOTICE_REQUEST,
		.conversation_kind = CONVERSATION_DIRECT,
		.peer = sender->name,
		.from = sender->name,
		.subject = sender->name,
	};
	bool may = false;
	enum status st;

	if (c.asked_ms != 0 && s->now_ms >= c.asked_ms &&
	    s->now_ms - c.asked_ms < DAY_MS)
		return STATUS_OK;
	c.asked_ms = s->now_ms;
	c.removed = true; /* no contact, as long as the user does not say so */
	peers_history_key(&sender->name, &notice.conversation);
	st = contact_put(s->txn, &c);
	if (st == STATUS_OK)
		st = count_line(s, &may);
	return st == STATUS_OK && may ? messenger_notice(s, &notice) : st;
}

enum status
consent_keep(struct step *s, const struct pair_arrival *arrival)
{
	struct request_row row = {
		.account = arrival->sender.name,
		.account_key = arrival->sender.account_key,
		.device = *arrival->device,
		.received_ms = s->now_ms,
		.missing = arrival->missing,
		.is_invitation = arrival->p.kind == CONTENT_GROUP_INVITE,
		.plaintext = arrival->inner,
	};
	struct share share;
	bool may = false;
	enum status st = count_share(s, &row.account, &share);

	if (st == STATUS_OK)
		st = may_keep(s, &share, row.plaintext.len, &may);
	if (st != STATUS_OK)
		return messenger_own(st);
	if (!may)
		return messenger_own(drop_one(s));
	st = request_add(s->txn, &row);
	if (st == STATUS_OK && share.items == 0)
		st = tell(s, &arrival->sender);
	if (st == STATUS_OK && share.items == 0)
		st = consent_prune(s);
	return messenger_own(st);
}

/* As if it came now; what cannot be taken any more is dropped. */
static enum status
deliver_row(
    struct step *s, const struct contact *c, const struct request_row *row)
{
	struct pair_arrival arrival = {
		.sender = *c,
		.device = &row->device,
		.missing = row->missing,
		.inner = row->plaintext,
	};
	struct step inner = { 0 };
	enum status st;

	/* Somebody else has the name by now, and is asked about anew. */
	if (memcmp(&c->account_key, &row->account_key,
		sizeof(c->account_key)) != 0)
		return STATUS_OK;
	st = messenger_nest(s, &inner);
	if (st != STATUS_OK)
		return st;
	st = envelope_get_plaintext(row->plaintext, inner.arena, &arrival.p);
	if (st == STATUS_OK)
		st = messenger_deliver(&inner, &arrival);
	st = messenger_blame(&inner, st);
	if (st == STATUS_OK)
		st = step_commit(&inner);
	step_abort(&inner);
	return messenger_is_fatal(st) ? st : STATUS_OK;
}

/* Take them out in order; with `c` they are delivered. */
static enum status
empty(struct step *s, const struct account_name *name, const struct contact *c,
    size_t *count)
{
	struct request_row row = { .n = 0 };
	struct arena *a = NULL;
	enum status st = arena_new(LIMIT_ARENA_BYTES, &a);

	*count = 0;
	while (st == STATUS_OK) {
		arena_reset(a);
		st = request_next(s->txn, name, row.n, a, &row);
		if (st == STATUS_OK)
			st = request_del(s->txn, &row);
		if (st == STATUS_OK && c != NULL)
			st = deliver_row(s, c, &row);
		*count += st == STATUS_OK;
	}
	arena_free(a);
	return messenger_own(st == STATUS_NOT_FOUND ? STATUS_OK : st);
}

enum status
consent_admit(struct step *s, const struct account_name *name, size_t *count)
{
	struct contact c;
	enum status st = peers_get(s, name, &c);

	*count = 0;
	if (st != STATUS_OK)
		return st;
	if (!c.known || c.removed) {
		c.known = true;
		c.removed = false;
		st = contact_put(s->txn, &c);
	}
	return st == STATUS_OK ? empty(s, name, &c, count) : messenger_own(st);
}

enum status
consent_refuse(
    struct step *s, const struct account_name *name, bool block, size_t *count)
{
	struct contact c;
	enum status st = empty(s, name, NULL, count);

	if (st == STATUS_OK)
		st = peers_get(s, name, &c);
	if (st != STATUS_OK || !block || c.blocked)
		return st == STATUS_NOT_FOUND ? STATUS_OK : st;
	c.blocked = true;
	return messenger_own(contact_put(s->txn, &c));
}

struct pruning {
	int64_t before_ms;
	struct request_row *old;
	size_t count;
};

static enum status
find_old(const struct request_row *row, void *arg)
{
	struct pruning *p = arg;

	if (row->received_ms >= p->before_ms)
		return STATUS_OK;
	p->old[p->count] = *row;
	/* The view ends with the walk; its length is still wanted. */
	p->old[p->count++].plaintext.data = NULL;
	return p->count == LOOKS_MAX ? STATUS_EXISTS : STATUS_OK;
}

enum status
consent_prune(struct step *s)
{
	struct pruning p = { .before_ms = s->now_ms - kept_ms };
	enum status st;

	p.old = arena_take_array(s->arena, LOOKS_MAX, sizeof(*p.old));
	if (p.old == NULL)
		return STATUS_NOMEM;
	st = requests_each(s->txn, find_old, &p);
	if (st == STATUS_EXISTS)
		st = STATUS_OK;
	for (size_t i = 0; st == STATUS_OK && i < p.count; i++)
		st = request_del(s->txn, &p.old[i]);
	return messenger_own(st);
}
