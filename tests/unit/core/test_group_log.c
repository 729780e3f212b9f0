/* `group log`: what a log says of itself, and what damage looks like. */
#include <stdio.h>

#include "client/core/handle.h"
#include "tests/unit/core/group_world.h"

enum { JUNK_BYTES = 60 * 1024, JUNK_ENTRIES = 200 };

/* One entry as it was shown; strings of the library are gone by then. */
struct line {
	char author[64];
	char act[16];
	char subject[64];
	char why_not[128];
	char damage[128];
	bool unproven;
	bool effective;
	bool verified;
	bool new_key;
	bool new_seal;
};

struct told {
	struct line lines[CHAIN_MAX];
	size_t count;
	struct tacit_log_summary sum;
	size_t sums;
};

static void
keep(char *into, size_t size, const char *text)
{
	snprintf(into, size, "%s", text == NULL ? "" : text);
}

static bool
take_line(const struct tacit_log_entry *e, void *arg)
{
	struct told *told = arg;
	struct line *l = &told->lines[told->count % CHAIN_MAX];

	assert_int_equal(e->index, told->count++);
	keep(l->author, sizeof(l->author), e->author);
	keep(l->act, sizeof(l->act), e->act);
	if (e->subjects_count > 0)
		keep(l->subject, sizeof(l->subject), e->subjects[0]);
	keep(l->why_not, sizeof(l->why_not), e->why_not);
	keep(l->damage, sizeof(l->damage), e->damage);
	l->unproven = e->unproven != NULL;
	l->effective = e->effective;
	l->verified = e->verified;
	l->new_key = e->next_key != NULL;
	l->new_seal = e->new_seal;
	assert_true(e->sealed_by != NULL || !e->new_seal);
	return true;
}

static void
take_sum(const struct tacit_log_summary *sum, void *arg)
{
	struct told *told = arg;

	told->sum = *sum;
	told->sums++;
}

static struct told
tell_log(struct party *p, bool verify, enum tacit_code expected)
{
	struct tacit t = { .core = p->core, .dir = p->dir };
	struct told told = { .count = 0 };
	struct tacit_log how = { "friends", verify, take_line, take_sum,
		&told };
	struct tacit_error e;

	assert_int_equal(tacit_group_log(&t, &how, &e), expected);
	assert_int_equal(told.sums, 1);
	assert_int_equal(told.sum.entries, told.count);
	return told;
}

/* alice makes the group; bob, carol; carol is removed. */
static void
live(struct world *w)
{
	struct party *alice = &w->c->alice;

	assert_int_equal(wish(w, alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	assert_int_equal(wish(w, alice, ENTRY_REMOVE, "carol", 0), TACIT_DONE);
	assert_int_equal(wish(w, alice, ENTRY_ADD, "eve", 0), TACIT_DONE);
}

static void
a_log_tells_who_did_what(void **state)
{
	struct world *w = *state;
	struct told told;

	live(w);
	told = tell_log(&w->c->alice, true, TACIT_DONE);
	assert_int_equal(told.count, 5);
	assert_string_equal(told.lines[0].act, "create");
	assert_string_equal(told.lines[3].act, "remove");
	assert_string_equal(told.lines[3].author, "alice");
	assert_string_equal(told.lines[3].subject, "carol");
	assert_true(told.lines[3].new_key);
	assert_false(told.lines[4].new_key);
	for (size_t i = 0; i < told.count; i++)
		assert_true(told.lines[i].verified && told.lines[i].effective);
	assert_int_equal(told.sum.damaged + told.sum.without_effect, 0);
	told = tell_log(&w->c->alice, false, TACIT_DONE);
	assert_false(told.lines[4].verified);
}

static void
after_a_leave_the_log_tells_of_the_new_key(void **state)
{
	struct world *w = *state;
	struct told told;

	live(w);
	assert_int_equal(wish(w, &w->c->bob, ENTRY_LEAVE, NULL, 0), TACIT_DONE);
	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "carol", 0), TACIT_DONE);
	told = tell_log(&w->c->alice, true, TACIT_DONE);
	assert_int_equal(told.count, 7);
	for (size_t i = 0; i < told.count; i++)
		assert_int_equal(
		    told.lines[i].new_seal || told.lines[i].new_key,
		    i == 3 || i == 6);
}

/* An entry in alice's name that she did not sign. */
static void
append_forged(struct world *w, struct party *as)
{
	struct group_entry_body body;
	struct group_entry e;
	struct buf *entry = NULL;
	struct buf *forged = NULL;
	struct hash hash;
	struct roster *r;
	struct step s = begin(as);

	assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
	group_body_start(&s, &body);
	body.has_group = true;
	body.group = w->group;
	body.index = roster_length(r);
	body.previous = *roster_head(r);
	body.type = ENTRY_REKEY;
	assert_status(STATUS_OK, group_entry_make(&s, &body, &entry, &hash));
	assert_status(STATUS_OK, group_get_entry(buf_view(entry), s.arena, &e));
	e.signature = BYTES("0123456789abcdef0123456789abcdef"
			    "0123456789abcdef0123456789abcdef");
	assert_status(STATUS_OK, buf_new(LIMIT_CHAIN_ENTRY_BYTES, &forged));
	assert_status(STATUS_OK, group_put_entry(&e, forged));
	step_abort(&s);
	append_sealed(w, as, buf_view(forged));
	buf_free(entry);
	buf_free(forged);
}

static void
what_proves_no_author_says_why(void **state)
{
	struct world *w = *state;

	live(w);
	append_forged(w, &w->c->alice);
	append_sealed(w, &w->c->alice, BYTES("no entry at all"));
	read_log(w, &w->c->alice);
	for (int verify = 0; verify < 2; verify++) {
		struct told told =
		    tell_log(&w->c->alice, verify != 0, TACIT_DONE);

		assert_int_equal(told.count, 7);
		assert_true(told.lines[5].unproven);
		assert_false(told.lines[5].verified);
		assert_string_equal(
		    told.lines[5].why_not, "its signature is wrong");
		assert_string_equal(told.lines[6].act, "malformed");
		assert_string_equal(told.lines[6].author, "");
		assert_int_equal(told.sum.without_effect, 2);
		assert_int_equal(told.sum.unproven, 2);
		assert_int_equal(told.sum.damaged, 0);
	}
}

/* The stored row of one entry, changed behind the library's back. */
static struct buf *
row_of(struct step *s, const struct hash *group, uint64_t index)
{
	struct buf *row = NULL;
	struct group_record g;

	assert_status(STATUS_OK, group_get(s->txn, group, &g));
	assert_status(STATUS_OK, group_log_get(s->txn, &g, index, &row));
	return row;
}

static void
put_row(struct world *w, uint64_t index, struct bytes row)
{
	struct group_record g = record_of(w, &w->c->alice);
	struct step s = begin(&w->c->alice);

	assert_status(STATUS_OK, group_log_put(s.txn, &g, index, row));
	commit(&s);
}

static void
expect_damage_at(struct world *w, uint64_t index, const char *damage)
{
	struct told told = tell_log(&w->c->alice, true, TACIT_DAMAGED);

	assert_int_equal(told.count, 5);
	assert_string_equal(told.lines[index].damage, damage);
	assert_int_equal(told.sum.damaged, 1);
	for (size_t i = 0; i < index; i++)
		assert_true(told.lines[i].effective);
	/* What follows is still told, but nobody knows what it did. */
	for (size_t i = index + 1; i < told.count; i++) {
		assert_string_equal(told.lines[i].author, "alice");
		assert_true(told.lines[i].verified);
		assert_false(told.lines[i].effective);
	}
}

static void
a_row_that_does_not_open_is_shown_as_damaged(void **state)
{
	struct world *w = *state;

	live(w);
	put_row(w, 2, BYTES_NONE);
	expect_damage_at(w, 2, "it cannot be opened");
}

static void
a_row_that_is_another_one_is_shown_as_damaged(void **state)
{
	struct world *w = *state;
	struct step s;
	struct buf *row;

	live(w);
	s = begin(&w->c->alice);
	row = row_of(&s, &w->group, 1);
	step_abort(&s);
	put_row(w, 4, buf_view(row));
	buf_free(row);
	expect_damage_at(w, 4, "it is not the head that was noted");
}

static void
a_signature_that_went_bad_is_shown_as_damaged(void **state)
{
	struct world *w = *state;
	struct buf *row;
	struct buf *copy = NULL;
	struct step s;
	uint8_t *last;

	live(w);
	s = begin(&w->c->alice);
	row = row_of(&s, &w->group, 3);
	step_abort(&s);
	assert_status(STATUS_OK, buf_new(buf_len(row), &copy));
	assert_status(STATUS_OK, buf_grow(copy, buf_len(row), &last));
	memcpy(last, buf_view(row).data, buf_len(row));
	last[buf_len(row) - 1] ^= 1; /* of the list's signature */
	put_row(w, 3, buf_view(copy));
	buf_free(row);
	buf_free(copy);
	expect_damage_at(w, 3, "its signature was right and is wrong now");
}

static void
take_junk(struct world *w, struct bytes junk)
{
	struct group_record g;
	struct roster *r;
	struct step s = begin(&w->c->alice);

	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	assert_status(STATUS_OK, group_roster(&s, &w->group, &r));
	assert_status(STATUS_OK, group_take_entry(&s, &g, r, junk, &g.log_key));
	commit(&s);
}

static void
a_log_larger_than_any_arena_is_told_to_its_end(void **state)
{
	struct world *w = *state;
	struct buf *junk = unknown_fields(JUNK_BYTES);
	struct told told;

	assert_int_equal(
	    wish(w, &w->c->alice, ENTRY_ADD, "bob", 0), TACIT_DONE);
	for (int i = 0; i < JUNK_ENTRIES; i++)
		take_junk(w, buf_view(junk));
	buf_free(junk);
	told = tell_log(&w->c->alice, true, TACIT_DONE);
	assert_int_equal(told.count, 2 + JUNK_ENTRIES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_log_tells_who_did_what),
		world_test(after_a_leave_the_log_tells_of_the_new_key),
		world_test(what_proves_no_author_says_why),
		world_test(a_row_that_does_not_open_is_shown_as_damaged),
		world_test(a_row_that_is_another_one_is_shown_as_damaged),
		world_test(a_signature_that_went_bad_is_shown_as_damaged),
		world_test(a_log_larger_than_any_arena_is_told_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
