/* repair_world.h - a group in which some hear less than others. */
#ifndef TACIT_TESTS_UNIT_CORE_REPAIR_WORLD_H
#define TACIT_TESTS_UNIT_CORE_REPAIR_WORLD_H

#include "client/core/messenger/messenger_internal.h"
#include "client/core/repair/repair.h"
#include "tests/unit/core/group_world.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

static inline void
make_three(struct world *w)
{
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	read_log(w, &w->c->bob);
	read_log(w, &w->c->carol);
}

static inline struct group_member
member_of(const struct party *p)
{
	return (struct group_member){
		.account = p->core.self.address.account,
		.account_key = p->core.self.account_key,
	};
}

/* The gap in which this number of alice lies, as bob has it. */
static inline enum status
gap_at(struct world *w, uint64_t number, struct gap *g)
{
	struct step s = begin(&w->c->bob);
	struct address alice = w->c->alice.core.self.address;
	enum status st = gap_find_number(s.txn, &w->group, &alice, number, g);

	step_abort(&s);
	return st;
}

/* The newest line of this kind in the group, as p has it. */
static inline struct history_entry
line_of(struct world *w, struct party *p, enum notice_kind kind, char *detail)
{
	struct history_entry e = { .n = 0 };
	struct history_entry found = { .n = 0 };
	uint64_t numbers[64];
	size_t count = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK,
	    history_list(s.txn, &w->group, 0, true, numbers, 64, &count));
	for (size_t i = 0; i < count; i++) {
		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.kind != HISTORY_NOTICE || e.notice != kind)
			continue;
		found = e;
		memcpy(detail, e.detail.data, e.detail.len);
		detail[e.detail.len] = '\0';
	}
	step_abort(&s);
	return found;
}

/* alice says some while bob is deaf, and one that he hears. */
static inline void
lose(struct world *w, size_t count)
{
	w->deaf = &w->c->bob;
	for (size_t i = 0; i < count; i++)
		tell(w, &w->c->alice, "lost");
	w->deaf = NULL;
	tell(w, &w->c->alice, "heard");
}

/* p asks for what is due `later_ms` from now, and sends that. */
static inline void
ask(struct world *w, struct party *p, int64_t later_ms)
{
	struct step s = begin(p);

	s.now_ms += later_ms;
	assert_status(STATUS_OK, repair_ask(&s));
	commit(&s);
	assert_status(STATUS_OK, flush(w, p));
}

static inline size_t
outbox_rows(struct party *p)
{
	struct step s = begin(p);
	size_t count = 0;

	assert_status(STATUS_OK, outbox_count(s.txn, &count));
	step_abort(&s);
	return count;
}

/* Rows of what is missing, as p has them. */
static inline size_t
gaps_of(struct party *p)
{
	struct step s = begin(p);
	size_t count = 0;

	assert_status(STATUS_OK, vault_count(s.txn, VAULT_GAPS, &count));
	step_abort(&s);
	return count;
}

/* Messages of p's history in the group that say this; the last is shown. */
static inline size_t
heard_last(struct world *w, struct party *p, const char *text,
    struct history_entry *last)
{
	uint64_t numbers[128];
	size_t count = 0;
	size_t found = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK,
	    history_list(s.txn, &w->group, 0, true, numbers, 128, &count));
	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.kind != HISTORY_MESSAGE ||
		    !bytes_equal(e.text, bytes_text(text)))
			continue;
		found++;
		if (last != NULL)
			*last = e;
	}
	step_abort(&s);
	return found;
}

#endif
