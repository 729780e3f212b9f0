/* doctor_tables.c - every record of a profile, and the ways to them. */
#include <stdio.h>

#include "base/clock.h"
#include "client/core/doctor/doctor.h"
#include "store/client/inspect.h"

static void
give_up(struct doctor *d, enum vault_table table, size_t damaged)
{
	struct step s = { 0 };
	char question[256];
	size_t dropped = 0;
	enum status st;

	snprintf(question, sizeof(question),
	    "Records of %s that do not open: %zu. Give them up?",
	    inspect_name(table), damaged);
	if (!inspect_may_drop(table) || !doctor_may_give_up(d, question)) {
		doctor_say(d, inspect_name(table), DOCTOR_SICK,
		    inspect_may_drop(table)
			? "Records that do not open: %zu; `tacit doctor "
			  "--repair` gives up what a backup may still have."
			: "Records that do not open: %zu, and nothing can make "
			  "them anew; restore a backup.",
		    damaged);
		return;
	}
	st = step_begin(d->core, DB_WRITE, &s);
	if (st == STATUS_OK)
		st = inspect_drop(s.txn, table, s.arena, &dropped);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	if (st != STATUS_OK)
		doctor_say_status(d, inspect_name(table), st);
	else
		doctor_say(d, inspect_name(table), DOCTOR_MENDED,
		    "Records that did not open are given up: %zu.", dropped);
}

/* *all: records of all tables so far; false: it could not be looked at. */
static bool
look_at_table(struct doctor *d, enum vault_table table, size_t *all)
{
	struct step s = { 0 };
	size_t records = 0, damaged = 0;
	enum status st = step_begin(d->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = inspect_table(s.txn, table, s.arena, &records, &damaged);
	step_abort(&s);
	if (st != STATUS_OK) {
		doctor_say_status(d, inspect_name(table), st);
		return false;
	}
	*all += records;
	if (damaged > 0)
		give_up(d, table, damaged);
	return damaged == 0;
}

struct index_look {
	const char *step;
	enum status (*look)(
	    struct vault_txn *t, struct arena *a, struct inspect_index *found);
	enum status (*mend)(struct vault_txn *t, struct arena *a);
};

static const struct index_look index_looks[] = {
	{ "history indexes", inspect_history, inspect_mend_history },
	{ "outbox index", inspect_outbox, inspect_mend_outbox },
	{ "group names", inspect_group_names, inspect_mend_group_names },
};

static enum status
mend_index(struct doctor *d, const struct index_look *look)
{
	struct step s = { 0 };
	enum status st = step_begin(d->core, DB_WRITE, &s);

	if (st == STATUS_OK)
		st = look->mend(s.txn, s.arena);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return st;
}

static void
look_at_index(struct doctor *d, const struct index_look *look)
{
	struct inspect_index found = { 0 };
	struct step s = { 0 };
	enum status st = step_begin(d->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = look->look(s.txn, s.arena, &found);
	step_abort(&s);
	if (st == STATUS_OK && found.missing == 0 && found.loose == 0) {
		doctor_say(d, look->step, DOCTOR_WELL,
		    "Every row is found, and nothing leads nowhere.");
		return;
	}
	if (st == STATUS_OK && !doctor_may_mend(d)) {
		doctor_say(d, look->step, DOCTOR_SICK,
		    "%zu rows are not found, %zu entries lead nowhere; `tacit "
		    "doctor` makes them anew.",
		    found.missing, found.loose);
		return;
	}
	if (st == STATUS_OK)
		st = mend_index(d, look);
	if (st != STATUS_OK)
		doctor_say_status(d, look->step, st);
	else
		doctor_say(d, look->step, DOCTOR_MENDED,
		    "Made anew: %zu rows were not found, %zu entries led "
		    "nowhere.",
		    found.missing, found.loose);
}

static void
look_at_counters(struct doctor *d)
{
	bool mend = doctor_may_mend(d);
	struct step s = { 0 };
	bool wrong = false;
	enum status st = step_begin(d->core, mend ? DB_WRITE : DB_READ, &s);

	if (st == STATUS_OK)
		st = inspect_counters(s.txn, s.arena, mend, &wrong);
	if (st == STATUS_OK && mend && wrong)
		st = step_commit(&s);
	step_abort(&s);
	if (st != STATUS_OK)
		doctor_say_status(d, "counters", st);
	else if (!wrong)
		doctor_say(d, "counters", DOCTOR_WELL,
		    "No number would be used twice.");
	else
		doctor_say(d, "counters", mend ? DOCTOR_MENDED : DOCTOR_SICK,
		    mend ? "Raised above what is in use."
			 : "A number would be used twice; `tacit doctor` "
			   "raises them.");
}

/* A write transaction drops what a crash left in the file. */
static enum status
read_keys(struct doctor *d, enum db_mode mode, struct inspect_keys *found)
{
	struct step s = { 0 };
	enum status st = step_begin(d->core, mode, &s);

	if (st == STATUS_OK)
		st = inspect_keys(s.txn, found);
	step_abort(&s);
	return st;
}

static void
look_at_keys(struct doctor *d)
{
	static const int64_t late_ms = INT64_C(7) * 24 * 60 * 60 * 1000;
	struct inspect_keys found = { 0 };
	bool was_tidy = false;
	enum status st = read_keys(d, DB_READ, &found);

	was_tidy = found.is_tidy;
	if (st == STATUS_OK && !was_tidy && doctor_may_mend(d))
		st = read_keys(d, DB_WRITE, &found);
	if (st != STATUS_OK)
		doctor_say_status(d, "keys", st);
	else if (!found.is_tidy)
		doctor_say(d, "keys", DOCTOR_SICK,
		    "The keyslot file still holds keys that were destroyed; "
		    "`tacit doctor` drops them.");
	else if (!was_tidy)
		doctor_say(d, "keys", DOCTOR_MENDED,
		    "Keys that were destroyed lay in the file; they are gone.");
	else if (clock_wall_ms() - found.daily_ms > late_ms)
		doctor_say(d, "keys", DOCTOR_WARNING,
		    "The key that is changed daily was not for a week; "
		    "`tacit receive` changes it.");
	else
		doctor_say(d, "keys", DOCTOR_WELL,
		    "%zu, and none that was destroyed.", found.keys);
}

void
doctor_look_at_tables(struct doctor *d)
{
	size_t all = 0;
	bool well = true;

	look_at_keys(d);
	for (unsigned i = 0; i < VAULT_TABLES_COUNT; i++)
		well &= look_at_table(d, i, &all);
	if (well)
		doctor_say(d, "records", DOCTOR_WELL, "All %zu open.", all);
	for (size_t i = 0; i < sizeof(index_looks) / sizeof(index_looks[0]);
	     i++)
		look_at_index(d, &index_looks[i]);
	look_at_counters(d);
}
