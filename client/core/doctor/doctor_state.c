/* doctor_state.c - the account, what waits, and the groups. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "client/core/doctor/doctor.h"
#include "client/core/group/group_internal.h"
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
