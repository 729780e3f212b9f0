/*
 * group_hostile.h - what hostile members are made of: clients built from the
 * library's parts, who sign and send what no honest client would.
 */
#ifndef TACIT_TESTS_UNIT_CORE_GROUP_HOSTILE_H
#define TACIT_TESTS_UNIT_CORE_GROUP_HOSTILE_H

#include "tests/unit/core/group_world.h"

static inline void
add(struct world *w, const char *whom)
{
	assert_int_equal(wish(w, &w->c->alice, ENTRY_ADD, whom, 0), TACIT_DONE);
}

static inline void
drop(struct world *w, const char *whom)
{
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_REMOVE, whom, 0), TACIT_DONE);
}

/* alice is admin; bob and carol have spoken, and all have each other's keys. */
static inline void
begin_three(struct world *w)
{
	add(w, "bob");
	add(w, "carol");
	read_log(w, &w->c->bob);
	read_log(w, &w->c->carol);
	tell(w, &w->c->bob, "bob is here");
	tell(w, &w->c->carol, "carol is here");
}

static inline void
say_under(struct world *w, struct party *p, struct party *to, const char *text,
    uint64_t length, const struct hash *head)
{
	struct forged f = honest(p, bytes_text(text), length, head);

	say_forged(w, p, to, &f);
}

/* Where p's own chain of messages stands; put back, a number is used twice. */
static inline struct sender_state
chain_of(struct world *w, struct party *p)
{
	struct sender_state state;
	struct step s = begin(p);

	assert_status(STATUS_OK,
	    sender_get(s.txn, &w->group, &p->core.self.address, &state));
	step_abort(&s);
	return state;
}

static inline void
rewind_chain(struct world *w, struct party *p, const struct sender_state *state)
{
	struct step s = begin(p);

	assert_status(STATUS_OK,
	    sender_put(s.txn, &w->group, &p->core.self.address, state));
	commit(&s);
}

static inline size_t
refused(struct party *p)
{
	unsigned detail;

	return notices(p, NOTICE_REFUSED, &detail);
}

#endif
