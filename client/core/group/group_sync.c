/* group_sync.c - the tails of all logs, read in as few requests as can be. */
#include "client/core/group/group_sync.h"

#include <stdlib.h>
#include <string.h>

#include "client/core/error.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_mend.h"

enum {
	SYNC_ROUNDS = LIMIT_CHAIN_ENTRIES / 100,
	LOST_MAX = 64, /* a drain */
};

/*
 * One tail into the store.  A group that froze or waits is no failure; it has
 * not *moved, and reading on would only bring the same again.
 */
static enum status
take_tail(struct core *core, const struct group_place *place,
    const struct chain_tail *tail, bool *moved)
{
	struct step s;
	enum status st = step_begin(core, DB_WRITE, &s);

	if (st != STATUS_OK)
		return st;
	st = place->is_offer ? group_take_offered_tail(&s, place, tail)
			     : group_take_tail(&s, &place->group, tail);
	*moved = st == STATUS_OK;
	/* An offer may have given way to another one meanwhile. */
	if (st == STATUS_OK || st == STATUS_AGAIN || st == STATUS_CONFLICT ||
	    st == STATUS_NOT_FOUND)
		st = group_retry_held(&s, &place->group);
	if (st == STATUS_OK)
		st = group_judge_heads(&s, &place->group);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static enum status
read_positions(struct core *core, size_t skip, struct chain_position *positions,
    struct group_place *places, size_t *count)
{
	struct step s;
	enum status st = step_begin(core, DB_READ, &s);

	if (st != STATUS_OK)
		return st;
	st = group_positions(
	    &s, skip, positions, places, LIMIT_CHAIN_READS, count);
	step_abort(&s);
	return st;
}

/* A log whose end the relay has lost, and what it still has. */
struct lost {
	struct hash group;
	uint64_t length;
};

/* One pass over the chains of up to LIMIT_CHAIN_READS groups. */
struct sync {
	struct courier *c;
	struct arena *a;
	size_t skip; /* groups of earlier passes */
	size_t count;
	struct chain_position positions[LIMIT_CHAIN_READS];
	struct group_place places[LIMIT_CHAIN_READS];
	/* These wait for something else: they would only take the room. */
	struct hash stuck[LIMIT_CHAIN_READS];
	size_t stuck_count;
	/* Of these the relay has less than we do. */
	struct lost lost[LOST_MAX];
	size_t lost_count;
};

static bool
is_stuck(const struct sync *y, const struct hash *place)
{
	for (size_t i = 0; i < y->stuck_count; i++)
		if (memcmp(&y->stuck[i], place, sizeof(*place)) == 0)
			return true;
	return false;
}

static void
leave_out_stuck(struct sync *y)
{
	size_t kept = 0;

	for (size_t i = 0; i < y->count; i++) {
		if (is_stuck(y, &y->places[i].id))
			continue;
		y->places[kept] = y->places[i];
		y->positions[kept++] = y->positions[i];
	}
	y->count = kept;
}

static void
note_lost(struct sync *y, const struct hash *group, uint64_t length)
{
	for (size_t i = 0; i < y->lost_count; i++)
		if (memcmp(&y->lost[i].group, group, sizeof(*group)) == 0)
			return;
	if (y->lost_count < LOST_MAX)
		y->lost[y->lost_count++] = (struct lost){ *group, length };
}

/* *more: there was no room for all of it, ask again. */
static enum status
take_tails(struct sync *y, const struct reply *reply, bool *more)
{
	for (size_t i = 0; i < reply->u.tails.count && i < y->count; i++) {
		const struct chain_tail *tail = &reply->u.tails.tails[i];
		bool moved = true;
		enum status st = STATUS_OK;

		if (memcmp(&tail->chain, &y->positions[i].chain,
			sizeof(tail->chain)) != 0)
			continue;
		if (tail->length < y->positions[i].from &&
		    y->places[i].is_member)
			note_lost(y, &y->places[i].group, tail->length);
		/* Hardly ever anything: nothing new, no write transaction. */
		if (tail->entries_count > 0 ||
		    tail->length != y->places[i].heard)
			st = take_tail(
			    courier_core(y->c), &y->places[i], tail, &moved);
		if (st != STATUS_OK)
			return st;
		if (!moved && y->stuck_count < LIMIT_CHAIN_READS)
			y->stuck[y->stuck_count++] = y->places[i].id;
		/* An offer is read to where it is judged, and no further. */
		if (moved &&
		    (y->positions[i].from + tail->entries_count <
			    tail->length ||
			(y->places[i].is_offer && tail->entries_count > 0)))
			*more = true;
	}
	return STATUS_OK;
}

/* One request for all tails of the pass; *page: how many groups it has. */
static enum tacit_code
sync_once(struct sync *y, int64_t deadline_ms, size_t *page, bool *more,
    struct tacit_error *e)
{
	struct request request = { .kind = REQUEST_CHAIN_READ };
	struct reply reply;
	enum status st;

	*more = false;
	arena_reset(y->a);
	st = read_positions(
	    courier_core(y->c), y->skip, y->positions, y->places, &y->count);
	*page = y->count;
	leave_out_stuck(y);
	if (st != STATUS_OK || y->count == 0)
		return error_status(e, st);
	request.u.chain_read.positions = y->positions;
	request.u.chain_read.count = y->count;
	request.u.chain_read.follow = true;
	st = uplink_call(
	    courier_uplink(y->c), &request, deadline_ms, y->a, &reply);
	if (st != STATUS_OK)
		return error_status(e, st);
	if (reply.kind != REPLY_CHAIN_TAILS)
		return error_reply(e, &reply);
	return error_status(e, take_tails(y, &reply, more));
}

/* Hardly ever anything: a look before a write transaction. */
static enum status
tell_what_waits(struct core *core)
{
	struct step s;
	size_t waiting = 0;
	enum status st = step_begin(core, DB_READ, &s);

	if (st != STATUS_OK)
		return st;
	st = vault_count(s.txn, VAULT_QUARANTINE, &waiting);
	step_abort(&s);
	if (st != STATUS_OK || waiting == 0)
		return st;
	st = step_begin(core, DB_WRITE, &s);
	if (st != STATUS_OK)
		return st;
	st = group_tell_held(&s);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

/* A relay that always promises more does not hold us for ever. */
static enum tacit_code
sync_all(struct sync *y, int64_t deadline_ms, struct tacit_error *e)
{
	enum tacit_code code = TACIT_DONE;
	bool more = true;
	size_t page = 0;

	for (int i = 0; code == TACIT_DONE && i < SYNC_ROUNDS; i++) {
		code = sync_once(y, deadline_ms, &page, &more, e);
		if (more)
			continue;
		if (page < LIMIT_CHAIN_READS)
			break;
		y->skip += page;
		y->stuck_count = 0;
	}
	return code;
}

enum tacit_code
group_sync(struct courier *c, int64_t deadline_ms, struct tacit_error *e)
{
	struct sync *y = calloc(1, sizeof(*y));
	enum tacit_code code;

	if (y == NULL)
		return error_status(e, STATUS_NOMEM);
	code = error_status(
	    e, arena_new(LIMIT_MESSAGE_BYTES + LIMIT_ARENA_BYTES, &y->a));
	courier_core(c)->chains_due = false;
	if (code == TACIT_DONE) {
		y->c = c;
		code = sync_all(y, deadline_ms, e);
		for (size_t i = 0; code == TACIT_DONE && i < y->lost_count; i++)
			code = group_mend(c, &y->lost[i].group,
			    y->lost[i].length, deadline_ms, e);
		arena_free(y->a);
	}
	free(y);
	if (code == TACIT_DONE)
		code = error_status(e, tell_what_waits(courier_core(c)));
	return code;
}
