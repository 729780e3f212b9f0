/* words_said.h - what is said about messages, and what shows of it. */
#ifndef TACIT_TESTS_UNIT_CORE_WORDS_SAID_H
#define TACIT_TESTS_UNIT_CORE_WORDS_SAID_H

#include "base/random.h"
#include "client/core/words/words.h"
#include "tests/unit/core/repair_world.h"

static inline struct history_entry
entry_at(struct party *p, struct step *s, uint64_t n)
{
	struct history_entry e;

	*s = begin(p);
	assert_status(STATUS_OK, history_get(s->txn, n, s->arena, &e));
	return e;
}

static inline uint64_t
last_n(struct party *p)
{
	uint64_t numbers[ITEMS_MAX];
	size_t count = entries(p, numbers);

	assert_int_not_equal(count, 0);
	return numbers[count - 1];
}

/* The place at p of the message that q has at n; 0: it is not there. */
static inline uint64_t
same_message(struct party *p, struct party *q, uint64_t n)
{
	struct step s;
	struct history_entry e = entry_at(q, &s, n);
	struct message_id id = e.id;
	uint64_t at = 0;

	step_abort(&s);
	s = begin(p);
	if (history_find(s.txn, &id, &at) != STATUS_OK)
		at = 0;
	step_abort(&s);
	return at;
}

/* The message at n of p, as others name it. */
static inline struct message_target
target_at(struct party *p, uint64_t n)
{
	struct step s;
	struct history_entry e = entry_at(p, &s, n);
	struct message_target t = { .id = e.id, .author = e.from };

	if (e.body.len > 0)
		hash_bytes(e.body, &t.hash);
	step_abort(&s);
	return t;
}

static inline enum status
compose_target(struct party *p, const char *to, const struct hash *group,
    uint32_t type, const char *text, const struct message_target *target,
    uint64_t *order)
{
	struct draft d = {
		.kind =
		    group != NULL ? CONVERSATION_GROUP : CONVERSATION_DIRECT,
		.type = type,
		.text = bytes_text(text),
		.has_target = true,
		.target = *target,
	};
	uint64_t n = 0;
	struct step s = begin(p);
	enum status st;

	if (group != NULL)
		d.group = *group;
	else
		d.to = name_of(to);
	random_bytes(&d.id, sizeof(d.id));
	st = messenger_compose(&s, &d, &n, order);
	if (st == STATUS_OK)
		commit(&s);
	else
		step_abort(&s);
	return st;
}

static inline enum status
compose_about(struct party *p, const char *to, const struct hash *group,
    uint32_t type, const char *text, uint64_t about, uint64_t *order)
{
	struct message_target target = target_at(p, about);

	return compose_target(p, to, group, type, text, &target, order);
}

/* Say it to the other of two, and hand over what would arrive. */
static inline struct parcel
write_about(struct party *from, struct party *to, uint32_t type,
    const char *text, uint64_t about)
{
	uint64_t order = 0;
	struct parcel parcel;

	assert_status(
	    STATUS_OK, compose_about(from, to->core.self.address.account.text,
			   NULL, type, text, about, &order));
	assert_status(STATUS_OK, seal(from, order));
	parcel = parcel_of(from, order);
	assert_int_equal(stored(from, order), STATE_STORED);
	return parcel;
}

static inline void
say_about(struct party *from, struct party *to, uint32_t type, const char *text,
    uint64_t about)
{
	struct parcel parcel = write_about(from, to, type, text, about);

	assert_status(STATUS_OK, take(to, &parcel));
	parcel_clear(&parcel);
}

static inline void
tell_about(struct world *w, struct party *p, uint32_t type, const char *text,
    uint64_t about)
{
	uint64_t order = 0;

	assert_status(STATUS_OK,
	    compose_about(p, NULL, &w->group, type, text, about, &order));
	assert_status(STATUS_OK, flush(w, p));
}

/* What shows of one message. */
struct shown {
	char text[64];
	size_t edits;
	size_t reactions;
	char reaction[64]; /* the last of them */
	bool deleted;
	bool erased;
	bool has_deletion;
	int64_t expires_ms;
};

static inline void
put_text(char to[64], struct bytes text)
{
	assert_true(text.len < 64);
	if (text.len > 0)
		memcpy(to, text.data, text.len);
	to[text.len] = '\0';
}

static inline struct shown
shown_at(struct party *p, uint64_t n)
{
	struct step s;
	struct history_entry e = entry_at(p, &s, n);
	struct words_joined joined;
	struct history_entry last;
	struct shown shown = {
		.deleted = e.deleted_ms != 0,
		.erased = e.erased,
		.expires_ms = e.expires_ms,
	};

	put_text(shown.text, e.text);
	assert_status(STATUS_OK, words_join(&s, &e, &joined));
	shown.edits = joined.edits_count;
	shown.reactions = joined.reactions_count;
	shown.has_deletion = joined.deletion != 0;
	if (joined.edits_count > 0) {
		assert_status(STATUS_OK,
		    history_get(s.txn, joined.edits[joined.edits_count - 1],
			s.arena, &last));
		put_text(shown.text, last.text);
	}
	for (size_t i = 0; i < joined.reactions_count; i++) {
		assert_status(STATUS_OK,
		    history_get(s.txn, joined.reactions[i], s.arena, &last));
		put_text(shown.reaction, last.text);
	}
	step_abort(&s);
	return shown;
}

/* Whether the message at n is a line of its own in what is shown. */
static inline bool
is_alone(struct party *p, uint64_t n)
{
	struct step s;
	struct history_entry e = entry_at(p, &s, n);
	bool alone = false;

	assert_status(STATUS_OK, words_stand_alone(&s, &e, &alone));
	step_abort(&s);
	return alone;
}

/* Whether any text is left at n, or a salt to guess it by. */
static inline bool
is_bare(struct party *p, uint64_t n)
{
	struct step s;
	struct history_entry e = entry_at(p, &s, n);
	bool bare = e.text.len == 0 && e.salt.len == 0 && e.erased;

	step_abort(&s);
	return bare;
}

static inline size_t
rows_of(struct party *p, enum vault_table table)
{
	struct step s = begin(p);
	size_t count = 0;

	assert_status(STATUS_OK, vault_count(s.txn, table, &count));
	step_abort(&s);
	return count;
}

#endif
