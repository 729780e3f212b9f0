/* roster_fixture.h - four people and a log that they write in turn. */
#ifndef TACIT_TESTS_UNIT_CORE_ROSTER_FIXTURE_H
#define TACIT_TESTS_UNIT_CORE_ROSTER_FIXTURE_H

#include <sodium.h>

#include "client/core/group/roster.h"
#include "tests/support/people.h"
#include "tests/support/test.h"

enum { ALICE, BOB, CAROL, DAVE, PEOPLE };

struct fixture {
	struct person people[PEOPLE];
	struct roster *r;
	struct arena *a;
	struct roster_effect effect; /* of the last entry */
};

static const char *const names[PEOPLE] = { "alice", "bob", "carol", "dave" };

static inline int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || sodium_init() < 0)
		return -1;
	for (int i = 0; i < PEOPLE; i++)
		person_make(&f->people[i], names[i]);
	assert_status(STATUS_OK, roster_new(&f->r));
	assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &f->a));
	*state = f;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < PEOPLE; i++)
		person_clear(&f->people[i]);
	roster_free(f->r);
	arena_free(f->a);
	free(f);
	return 0;
}

static inline struct group_entry_body
next_body(const struct fixture *f, uint32_t type)
{
	struct group_entry_body b = { .type = type };

	if (roster_length(f->r) == 0) {
		b.name = BYTES("friends");
		b.nonce[0] = 1;
		return b;
	}
	b.has_group = true;
	b.group = *roster_group(f->r);
	b.index = roster_length(f->r);
	b.previous = *roster_head(f->r);
	return b;
}

static inline enum status
apply(struct fixture *f, int who, struct group_entry_body body)
{
	struct hash hash;
	struct buf *entry = person_entry(&f->people[who], body, &hash);
	struct bytes copy;
	enum status st;

	assert_status(STATUS_OK, arena_copy(f->a, buf_view(entry), &copy));
	buf_free(entry);
	st = roster_apply(f->r, copy, PROOF_UNCHECKED, f->a, &f->effect);
	return st;
}

static inline struct group_member
member(const struct fixture *f, int who, uint32_t role)
{
	struct group_member m = { 0 };

	m.account = f->people[who].address.account;
	m.account_key = f->people[who].account_key;
	m.role = role;
	return m;
}

/* One act on one person; true when it had an effect. */
static inline bool
act(struct fixture *f, int who, uint32_t type, int whom, uint32_t role)
{
	struct group_member m = member(f, whom, role);
	struct group_entry_body b = next_body(f, type);

	b.members = &m;
	b.members_count = 1;
	assert_status(STATUS_OK, apply(f, who, b));
	return f->effect.effective;
}

static inline bool
act_alone(struct fixture *f, int who, uint32_t type)
{
	struct group_entry_body b = next_body(f, type);

	b.name = BYTES("other");
	assert_status(STATUS_OK, apply(f, who, b));
	return f->effect.effective;
}

static inline bool
is_in(const struct fixture *f, int who)
{
	return roster_find(f->r, &f->people[who].address.account) != NULL;
}

static inline void
found(struct fixture *f)
{
	assert_true(act_alone(f, ALICE, ENTRY_CREATE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
