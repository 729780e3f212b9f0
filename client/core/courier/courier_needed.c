/* courier_needed.c - whom a flush has to meet, and did (courier_flush.h). */
#include <stdlib.h>
#include <string.h>

/* Out of memory is ours to answer, not uthash's. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "client/core/courier/courier_flush.h"

struct entry {
	struct meeting meeting;
	bool asked; /* else it is on f->needed */
	UT_hash_handle hh;
};

struct meetings {
	struct entry *by_name;
};

enum status
meetings_new(struct meetings **m)
{
	*m = calloc(1, sizeof(**m));
	return *m == NULL ? STATUS_NOMEM : STATUS_OK;
}

void
meetings_free(struct meetings *m)
{
	struct entry *entry, *next;

	if (m == NULL)
		return;
	HASH_ITER(hh, m->by_name, entry, next)
	{
		HASH_DEL(m->by_name, entry);
		free(entry);
	}
	free(m);
}

static struct entry *
find(const struct meetings *m, const struct account_name *name)
{
	struct entry *entry = NULL;

	HASH_FIND_STR(m->by_name, name->text, entry);
	return entry;
}

const struct meeting *
flush_unmet(const struct flush *f, const struct account_name *name)
{
	const struct entry *entry = find(f->meetings, name);

	return entry == NULL || !entry->asked ? NULL : &entry->meeting;
}

bool
flush_is_gone(const struct flush *f, const struct account_name *name)
{
	const struct meeting *unmet = flush_unmet(f, name);

	return unmet != NULL && unmet->code == TACIT_NOT_FOUND;
}

/* NULL: out of memory. */
static struct entry *
add(struct meetings *m, const struct account_name *name)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (entry == NULL)
		return NULL;
	entry->meeting.name = *name;
	HASH_ADD_STR(m->by_name, meeting.name.text, entry);
	if (entry->hh.tbl != NULL)
		return entry;
	free(entry);
	return NULL;
}

enum status
flush_need(struct flush *f, const struct account_name *name)
{
	if (find(f->meetings, name) != NULL ||
	    f->needed_count == LIMIT_BUNDLE_ACCOUNTS)
		return STATUS_OK;
	if (add(f->meetings, name) == NULL)
		return STATUS_NOMEM;
	f->needed[f->needed_count++] = *name;
	return STATUS_OK;
}

enum tacit_code
flush_meet(struct flush *f, struct tacit_error *e)
{
	struct meeting *all = calloc(f->needed_count + 1, sizeof(*all));
	enum tacit_code code;

	if (all == NULL)
		return error_status(e, STATUS_NOMEM);
	for (size_t i = 0; i < f->needed_count; i++)
		all[i].name = f->needed[i];
	code = courier_meet_each(f->c, all, f->needed_count, f->deadline_ms, e);
	for (size_t i = 0; code == TACIT_DONE && i < f->needed_count; i++) {
		struct entry *entry = find(f->meetings, &all[i].name);

		if (all[i].code == TACIT_DONE)
			all[i].code = TACIT_REFUSED;
		entry->meeting = all[i];
		entry->asked = true;
	}
	f->needed_count = 0;
	f->rescan = true;
	free(all);
	return code;
}

/* Each of them once. */
static void
list_accounts(
    const struct device_refs *refs, struct meeting *all, size_t *count)
{
	for (size_t i = 0; i < refs->count; i++) {
		bool known = false;

		for (size_t k = 0; k < *count && !known; k++)
			known = account_name_equal(
			    &all[k].name, &refs->items[i].account);
		if (!known && *count < LIMIT_BUNDLE_ACCOUNTS)
			all[(*count)++].name = refs->items[i].account;
	}
}

/* Who is gone is not asked for once more. */
static enum status
note_gone(struct flush *f, const struct meeting *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = find(f->meetings, &all[i].name);

		if (all[i].code != TACIT_NOT_FOUND)
			continue;
		if (entry == NULL)
			entry = add(f->meetings, &all[i].name);
		if (entry == NULL)
			return STATUS_NOMEM;
		entry->meeting = all[i];
		entry->asked = true;
	}
	return STATUS_OK;
}

/* Before the rows are looked at again, the current lists are taken in. */
enum tacit_code
flush_look_up(struct flush *f, struct tacit_error *e)
{
	struct meeting *all = NULL;
	enum tacit_code code = error_clear(e);
	size_t count = 0;

	for (size_t i = 0; i < f->answers_count; i++) {
		const struct reply *r = &f->answers[i].reply;

		if (!flush_says_changed(r))
			continue;
		if (all == NULL)
			all = calloc(LIMIT_BUNDLE_ACCOUNTS, sizeof(*all));
		if (all == NULL)
			return error_status(e, STATUS_NOMEM);
		list_accounts(&r->u.error.changed.missing, all, &count);
		list_accounts(&r->u.error.changed.extra, all, &count);
		list_accounts(&r->u.error.changed.stale, all, &count);
	}
	if (count > 0)
		code = courier_meet_each(f->c, all, count, f->deadline_ms, e);
	if (count > 0 && code == TACIT_DONE)
		code = error_status(e, note_gone(f, all, count));
	free(all);
	return code;
}
