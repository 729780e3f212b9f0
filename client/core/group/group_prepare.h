/*
 * group_prepare.h - from what a user wants to an entry ready to append: one
 * step, made anew whenever the log has moved.
 */
#ifndef TACIT_CLIENT_CORE_GROUP_PREPARE_H
#define TACIT_CLIENT_CORE_GROUP_PREPARE_H

#include "client/core/core.h"
#include "client/core/tacit.h"
#include "proto/group.h"

/* What is wanted; borrowed. */
struct group_wish {
	enum group_entry_type type;
	enum group_role role;             /* ENTRY_ROLE */
	const struct account_name *names; /* ENTRY_ADD, REMOVE, ROLE */
	size_t names_count;
	struct bytes name; /* ENTRY_CREATE, ENTRY_RENAME */
	/* ENTRY_SETTINGS: what is not wanted stays as it is. */
	enum group_role who_may_add; /* 0: not wanted */
	bool has_timer;
	uint64_t timer_s;
	/* ENTRY_LINK, ENTRY_UNLINK; ENTRY_ADD of one by a link. */
	bool has_link;
	struct join_id link;
	struct hash link_hash; /* ENTRY_LINK, to its end */
	uint64_t link_uses;
	int64_t link_expires_ms;
	struct bytes link_label;
};

/* An append, and what it means here; group_prepared_clear() on every exit. */
struct group_prepared {
	struct chain_append append; /* entry is in `sealed` */
	struct buf *sealed;
	size_t changed;   /* 0: all is so already, append nothing */
	bool keys_queued; /* handed out: send them before the append */
};

void group_prepared_clear(struct group_prepared *p);

/*
 * Make the next entry of a group.  New log keys are stored and their handing
 * out queued in this step, before the relay can hold an entry under them.  Whom
 * they cannot reach before the append (a full mailbox, no prekeys) gets them
 * later and writes nothing until then.  A key whose append is refused is simply
 * never used.
 */
enum tacit_code group_prepare(struct step *s, const struct hash *group,
    const struct group_wish *wish, struct group_prepared *p,
    struct tacit_error *e);

/* What roster_judge() says of an entry of ours, to whom wanted it. */
enum tacit_code group_not_allowed(struct tacit_error *e, const char *why);

/*
 * Append at the relay.  *moved: refused because the index is taken or the token
 * was changed; read the tail and make the entry anew.
 */
struct courier;
enum tacit_code group_append(struct courier *c,
    const struct chain_append *entry, int64_t deadline_ms, bool *moved,
    struct tacit_error *e);

/*
 * Take the lists of members never met, so that new log keys can go to them, and
 * to the key that the log names.  An account that is gone is no failure.
 */
enum tacit_code group_meet_members(struct courier *c, const struct hash *group,
    int64_t deadline_ms, struct tacit_error *e);

/*
 * Whether we may leave, as far as our log goes: *why is NULL, or a static
 * sentence.
 */
enum status group_may_leave(
    struct step *s, const struct hash *group, const char **why);

/* How many names one entry can hold below LIMIT_CHAIN_ENTRY_BYTES. */
enum { GROUP_NAMES_PER_ENTRY = 400 };

/* The body's constant part: author, time, place. */
void group_body_start(struct step *s, struct group_entry_body *body);

/* ENTRY_ADD: members from pinned contacts; `known` (or NULL) is skipped. */
struct roster;
enum status group_body_add(struct step *s, const struct roster *known,
    const struct account_name *names, size_t count,
    struct group_entry_body *body);

/*
 * The body of the next entry, borrowing from the step and the wish; whether it
 * may be made is roster_judge()'s question.  A wish for members of whom all is
 * so already gives a body without members.
 *
 * NOT_FOUND: someone named is not a member, or not a contact.  UNTRUSTED: the
 * key of someone to be added has changed.
 */
enum status group_body_fill(struct step *s, const struct roster *r,
    const struct group_wish *wish, struct group_entry_body *body);

#endif
