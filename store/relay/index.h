/*
 * index.h - what the relay's writer keeps in memory: accounts, mailboxes, and
 * how much of each segment is alive.
 *
 * All of it can be rebuilt from disk, and is, at every start.  It belongs to
 * one thread.  Nothing here changes before the commit that justifies it, with
 * two exceptions: index_add_account(), which index_remove_account() undoes, and
 * index_acknowledge(), since to lose an acknowledgement is to push an item that
 * the client knows already.
 */
#ifndef TACIT_STORE_RELAY_INDEX_H
#define TACIT_STORE_RELAY_INDEX_H

#include "store/relay/mailbox.h"
#include "store/relay/segments.h"

struct index;

struct account {
	struct account_name name;
	struct mailbox *devices; /* devices_count of them, never moved */
	size_t devices_count;
	uint64_t named_in; /* the last submit that named it */
	struct account_handle *handle;
	bool leaving; /* about to be removed: index_account() passes it over */
	enum suspension suspended;
	uint32_t seen_day;   /* days since the epoch; 0: not known */
	uint32_t seen_saved; /* the same, as its row has it */
};

/* Enough of a segment to know when it can go. */
struct segment_use {
	uint64_t number; /* 0: forgotten */
	uint64_t order;  /* the number it has or had: stays sorted */
	uint32_t items;
	uint32_t alive;
};

/* Read everything.  NOMEM, IO (also when what is there is corrupt). */
enum status index_load(struct db *db, struct index **x);
void index_free(struct index *x); /* NULL is fine */

/* NULL: none.  Borrowed until index_free() or index_remove_account(). */
struct account *index_account(struct index *x, const struct account_name *name);
struct mailbox *index_mailbox(struct index *x, const struct address *who);
struct mailbox *index_slot(struct index *x, uint32_t slot);
size_t index_slots(const struct index *x); /* all slots lie below */

/*
 * Add an account that is about to be committed.  It is part of the index at
 * once; if the commit fails index_remove_account() takes it out again.
 * NOMEM.  Removing takes what is queued for its devices along.
 */
enum status index_add_account(struct index *x, const struct account_name *name,
    const struct account_record *record, struct account **account);
void index_remove_account(struct index *x, struct account *a);
size_t index_accounts(const struct index *x);

/*
 * Slots of devices that are gone: what they sent may still lie in mailboxes.
 * Entering cannot fail once room was reserved.  NULL: no such slot.
 */
enum status index_reserve_gone(struct index *x, size_t more); /* NOMEM */
void index_enter_gone(
    struct index *x, uint32_t slot, const struct address *who);
const struct address *index_gone(const struct index *x, uint32_t slot);

/* The number of the next segment. */
uint64_t index_next_segment(const struct index *x);
void index_set_next_segment(struct index *x, uint64_t next);

/* Make room for so many more segments, so that entering cannot fail. */
enum status index_reserve_segments(struct index *x, size_t more);

/* An item of a committed segment: counts it there and queues it. */
void index_enter(
    struct index *x, struct mailbox *m, const struct segment_item *item);
/* The same for one that was copied from another segment. */
void index_move(
    struct index *x, struct mailbox *m, const struct segment_item *item);
void index_forget_segment(struct index *x, uint64_t number);

/* Take everything up to seq out of a mailbox, at most up to its head. */
void index_acknowledge(struct index *x, struct mailbox *m, uint64_t seq);

/* Queued items of all mailboxes. */
uint64_t index_items(const struct index *x);

/* Segments, oldest first, with gaps. */
size_t index_segments(const struct index *x);
const struct segment_use *index_segment(const struct index *x, size_t i);
size_t index_dead(const struct index *x); /* with nothing alive */

/* Mailboxes whose acknowledgement is newer than their row. */
size_t index_unsaved(const struct index *x);
struct mailbox *index_next_unsaved(struct index *x);   /* taken off; or NULL */
void index_unsave(struct index *x, struct mailbox *m); /* put on, if it is */

#endif
