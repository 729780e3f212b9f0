/* doctor_state.c - the account, what waits, and the groups. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/core/doctor/doctor.h"
#include "client/core/group/group_internal.h"
#include "client/core/messenger/states.h"
#include "proto/devices.h"
#include "store/client/outbox.h"

enum { STUCK_MS = 24 * 60 * 60 * 1000 };

static const char account_step[] = "account";

/* The list is what others know us by: it has to be ours, and name us. */
static bool
list_is_ours(const struct self *self)
{
	struct device_list list;

	if (device_list_open(self_signed_list(self), &list) != STATUS_OK ||
	    !account_name_equal(&list.account, &self->address.account) ||
	    memcmp(&list.account_key, &self->account_key,
		sizeof(list.account_key)) != 0)
		return false;
	for (size_t i = 0; i < list.devices_count; i++)
		if (list.devices[i].id == self->address.device)
			return memcmp(&list.devices[i].device_key,
				   &self->device_key,
				   sizeof(self->device_key)) == 0;
	return false;
}

void
doctor_look_at_account(struct doctor *d)
{
	const struct self *self = &d->core->self;

	if (!list_is_ours(self))
		doctor_say(d, account_step, DOCTOR_SICK,
		    "Its signed list of devices does not fit its keys; restore "
		    "a backup.");
	else
		doctor_say(d, account_step, DOCTOR_WELL,
		    "%s, device %u, with all its keys.",
		    self->address.account.text, (unsigned)self->address.device);
}

struct waiting {
	size_t rows;
	size_t stuck;
	size_t lost; /* whose message is not in the history */
};

static enum status
look_at_row(struct step *s, const struct outbox_row *row, struct waiting *w)
{
	struct history_entry e;
	enum status st = STATUS_OK;

	w->rows++;
	w->stuck += s->now_ms - row->created_ms > STUCK_MS && row->attempts > 0;
	if (row->kind != OUTBOX_MESSAGE)
		return STATUS_OK;
	st = history_get(s->txn, row->history_n, s->arena, &e);
	w->lost += st == STATUS_NOT_FOUND;
	return st == STATUS_NOT_FOUND || st == STATUS_CRYPTO ? STATUS_OK : st;
}

void
doctor_look_at_outbox(struct doctor *d)
{
	struct outbox_row row = { 0 };
	struct waiting w = { 0 };
	struct step s = { 0 };
	enum status st = step_begin(d->core, DB_READ, &s);

	while (st == STATUS_OK) {
		arena_reset(s.arena);
		st = outbox_next(s.txn, row.order, s.arena, &row);
		if (st == STATUS_OK)
			st = look_at_row(&s, &row, &w);
	}
	step_abort(&s);
	if (st != STATUS_NOT_FOUND)
		doctor_say_status(d, "outbox", st);
	else if (w.lost > 0)
		doctor_say(d, "outbox", DOCTOR_SICK,
		    "%zu of %zu rows have no message in the history; `tacit "
		    "outbox cancel ID` gives one up.",
		    w.lost, w.rows);
	else if (w.stuck > 0)
		doctor_say(d, "outbox", DOCTOR_WARNING,
		    "%zu of %zu rows have waited for more than a day; `tacit "
		    "outbox` says why.",
		    w.stuck, w.rows);
	else
		doctor_say(d, "outbox", DOCTOR_WELL, "%zu rows wait.", w.rows);
}

/* ---- Messages that wait, and nothing that would send them ---------------- */

enum { FORGOTTEN_MAX = 4096 };

static const char forgotten_reason[] =
    "What was to be sent was damaged, and given up.";

/* Is e one of ours that waits, in no row of the outbox? */
static enum status
is_forgotten(struct step *s, const struct history_entry *e, bool *yes)
{
	uint64_t order;
	enum status st;

	*yes = false;
	if (e->kind != HISTORY_MESSAGE || !e->own || e->state != STATE_QUEUED)
		return STATUS_OK;
	st = outbox_find(s->txn, &e->id, &order);
	*yes = st == STATUS_NOT_FOUND;
	return *yes ? STATUS_OK : st;
}

/* Their places; those that do not open are told of elsewhere. */
static enum status
find_forgotten(struct step *s, uint64_t *places, size_t most, size_t *count)
{
	struct history_entry e;
	struct counters c;
	struct arena *a = NULL;
	bool yes = false;
	enum status st = counters_get(s->txn, &c);

	*count = 0;
	if (st == STATUS_OK)
		st = arena_new(LIMIT_ARENA_BYTES, &a);
	for (uint64_t n = 1;
	     st == STATUS_OK && n < c.next_history && *count < most; n++) {
		arena_reset(a);
		st = history_get(s->txn, n, a, &e);
		if (st == STATUS_OK)
			st = is_forgotten(s, &e, &yes);
		else if (st == STATUS_NOT_FOUND || st == STATUS_CRYPTO)
			st = STATUS_OK;
		if (yes)
			places[(*count)++] = n;
		yes = false;
	}
	arena_free(a);
	return st;
}

static enum status
end_forgotten(struct core *core, const uint64_t *places, size_t count)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_WRITE, &s);

	for (size_t i = 0; st == STATUS_OK && i < count; i++) {
		struct history_entry e;
		bool yes = false;

		arena_reset(s.arena);
		st = history_get(s.txn, places[i], s.arena, &e);
		if (st == STATUS_OK)
			st = is_forgotten(&s, &e, &yes);
		if (st == STATUS_OK && yes)
			st = states_set(&s, e.n, STATE_FAILED,
			    bytes_text(forgotten_reason));
	}
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

void
doctor_look_at_waiting(struct doctor *d)
{
	static const char step[] = "messages that wait";
	uint64_t *places = calloc(FORGOTTEN_MAX, sizeof(*places));
	size_t count = 0;
	struct step s = { 0 };
	enum status st =
	    places == NULL ? STATUS_NOMEM : step_begin(d->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = find_forgotten(&s, places, FORGOTTEN_MAX, &count);
	step_abort(&s);
	if (st == STATUS_OK && count > 0 && doctor_may_mend(d))
		st = end_forgotten(d->core, places, count);
	free(places);
	if (st != STATUS_OK)
		doctor_say_status(d, step, st);
	else if (count == 0)
		doctor_say(d, step, DOCTOR_WELL, "Each is in the outbox.");
	else if (doctor_may_mend(d))
		doctor_say(d, step, DOCTOR_MENDED,
		    "%zu were in no row of the outbox, and are marked as "
		    "failed: send them again.",
		    count);
	else
		doctor_say(d, step, DOCTOR_SICK,
		    "%zu are in no row of the outbox and are never sent; "
		    "`tacit doctor` marks them as failed.",
		    count);
}

struct group_look {
	struct hash *ids;
	size_t count;
	size_t room;
	size_t groups;
};

static enum status
collect(const struct group_record *g, void *arg)
{
	struct group_look *look = arg;

	look->groups++;
	if (look->count < look->room &&
	    (g->standing == GROUP_MEMBER || g->standing == GROUP_FROZEN))
		look->ids[look->count++] = g->id;
	return STATUS_OK;
}

/* What is wrong with one of them; true when nothing is. */
static bool
say_group(struct doctor *d, const struct group_record *g, enum status folded,
    bool has_key)
{
	const char *name = g->name;

	if (folded != STATUS_OK)
		doctor_say(d, "groups", DOCTOR_SICK,
		    "The log of %s cannot be read any more; restore a backup, "
		    "or leave and be invited again.",
		    name);
	else if (g->standing == GROUP_FROZEN)
		doctor_say(d, "groups", DOCTOR_SICK,
		    "%s is frozen: %s; an admin puts it right with `tacit "
		    "group adopt`.",
		    name, g->reason);
	else if (g->is_waiting || (!has_key && !g->log_key_stale))
		doctor_say(d, "groups", DOCTOR_WARNING,
		    "%s waits for a key of its log, which is asked for from "
		    "its members.",
		    name);
	else if (g->heard > g->length)
		doctor_say(d, "groups", DOCTOR_WARNING,
		    "%s: %" PRIu64 " entries of its log are not read yet; "
		    "`tacit receive` reads them.",
		    name, g->heard - g->length);
	else if (g->locked)
		doctor_say(d, "groups", DOCTOR_SICK,
		    "The relay does not let the log of %s be written; an "
		    "admin puts it right with `tacit group adopt`.",
		    name);
	else
		return true;
	return false;
}

static enum status
look_at_group(
    struct doctor *d, struct step *s, const struct hash *id, bool *well)
{
	struct group_secret secret = { 0 };
	struct group_record g;
	struct roster *r = NULL;
	enum status folded, key;
	enum status st = group_get(s->txn, id, &g);

	if (st != STATUS_OK)
		return st;
	folded = group_fold(s, &g, &r);
	if (folded == STATUS_IO || folded == STATUS_NOMEM)
		return folded;
	key = group_secret_get(s->txn, &g, &g.log_key, &secret);
	group_secret_clear(&secret);
	*well &= say_group(d, &g, folded, key == STATUS_OK);
	return STATUS_OK;
}

void
doctor_look_at_groups(struct doctor *d)
{
	struct group_look look = { NULL, 0, 0, 0 };
	struct step s = { 0 };
	bool well = true;
	enum status st = step_begin(d->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = vault_count(s.txn, VAULT_GROUPS, &look.room);
	if (st == STATUS_OK) {
		look.ids =
		    arena_take_array(s.arena, look.room + 1, sizeof(*look.ids));
		st = look.ids == NULL ? STATUS_NOMEM
				      : groups_each(s.txn, collect, &look);
	}
	for (size_t i = 0; st == STATUS_OK && i < look.count; i++)
		st = look_at_group(d, &s, &look.ids[i], &well);
	step_abort(&s);
	if (st != STATUS_OK)
		doctor_say_status(d, "groups", st);
	else if (well)
		doctor_say(d, "groups", DOCTOR_WELL,
		    "%zu, their logs whole and their keys there.", look.groups);
}
