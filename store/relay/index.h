/*
 * index.h - what the relay keeps in memory: accounts, mailboxes, and where in
 * the journal their items lie.
 *
 * All of it can be rebuilt from disk, and is, at every start.  Nothing here
 * changes before what justifies it is on disk, with two exceptions:
 * index_add_account(), which index_remove_account() undoes, and
 * index_acknowledge(), since to lose an acknowledgement is to push an item that
 * the client knows already.
 *
 * Accounts, devices and submit streams are the writer's: it alone changes them,
 * under the lock, and may look at them without.  Queues, lanes and cursors are
 * anybody's who holds the lock.  A mailbox or account that was found is not
 * kept beyond it, but by the writer.
 */
#ifndef TACIT_STORE_RELAY_INDEX_H
#define TACIT_STORE_RELAY_INDEX_H

#include "store/relay/journal.h"
#include "store/relay/mailbox.h"

struct index;

struct account {
	struct account_name name;
	struct mailbox *devices; /* devices_count; moved by index_swap() */
	size_t devices_count;
	uint64_t named_in; /* the last submit that named it */
	bool pending;      /* being added: for the writer alone */
	struct account_handle *handle;
	bool leaving; /* about to be removed: index_account() passes it over */
	bool replacing; /* its devices, staged: for the writer alone */
	enum suspension suspended;
	uint32_t seen_day;   /* days since the epoch; 0: not known */
	uint32_t seen_saved; /* the same, as its row has it */
};

/*
 * Read everything, the journal too, which is ready to be appended to after.
 * Both are borrowed and outlive the index.  NOMEM, NO_SPACE, IO (also when a
 * row is corrupt; damage to the journal is logged, and what is whole is used).
 */
enum status index_load(struct db *db, struct journal *j, struct index **x);
void index_free(struct index *x); /* NULL is fine */

/* The journal's lock: held for a short while and never around a disk. */
void index_lock(struct index *x);
void index_unlock(struct index *x);

/* NULL: none. */
struct account *index_account(struct index *x, const struct account_name *name);
struct mailbox *index_mailbox(struct index *x, const struct address *who);
struct mailbox *account_mailbox(const struct account *a, uint32_t device);
struct mailbox *index_slot(struct index *x, uint32_t slot);
size_t index_slots(const struct index *x); /* all slots lie below */

/*
 * Add an account that is about to be committed.  It is part of the index at
 * once, but pending until index_settle_account(); if the commit fails
 * index_remove_account() takes it out again, as it does with one that is
 * removed, whose items then are nobody's.  All three take the lock.  NOMEM.
 */
enum status index_add_account(struct index *x, const struct account_name *name,
    const struct account_record *record, struct account **account);
void index_settle_account(struct index *x, struct account *a);
void index_remove_account(struct index *x, struct account *a);
/* Whether it is about to be removed; takes the lock. */
void index_set_leaving(struct index *x, struct account *a, bool leaving);
size_t index_accounts(const struct index *x);

/*
 * Other devices for an account.  Preparing takes all the memory and slots it
 * needs; swapping cannot fail: who stays (by slot) keeps mailbox and cursor,
 * who is new begins empty, and who goes leaves an estate when something waits.
 * The swap belongs to the caller until index_swap() or index_swap_free() (NULL
 * is fine).  Both take the lock.  NOMEM.
 */
struct index_swap;
enum status index_prepare_swap(struct index *x, const struct account *a,
    const struct account_record *record, struct index_swap **swap);
void index_swap(struct index *x, struct account *a, struct index_swap *swap);
void index_swap_free(struct index_swap *swap);

/*
 * Estates: removed accounts, or devices, whose senders have yet to be told of
 * what was never fetched.  Nobody finds one by its name, index_slot() still
 * does, until index_remove_account().  Burying one that is buried makes it the
 * last.  The writer alone looks at them; the first takes the lock.  NULL: there
 * is none.
 */
void index_bury_account(struct index *x, struct account *a);
struct account *index_estate(const struct index *x);

/*
 * Slots of devices that are gone: what they sent may still lie in mailboxes.
 * Entering cannot fail once room was reserved.  NULL: no such slot.  The lock
 * is taken by the first two and held around the last.
 */
enum status index_reserve_gone(struct index *x, size_t more); /* NOMEM */
void index_enter_gone(
    struct index *x, uint32_t slot, const struct address *who);
const struct address *index_gone(const struct index *x, uint32_t slot);

/*
 * From here on the lock is held.
 */

/* An item that is on disk at `position`: counts and queues it. */
void index_enter(struct index *x, struct mailbox *m,
    const struct segment_item *item, uint64_t position);

/* It lies elsewhere now, unless it has been acknowledged since. */
void index_move(struct index *x, struct mailbox *m, uint64_t seq, uint64_t from,
    uint64_t to);

/*
 * Take out everything up to seq, at most up to the head and at most so many;
 * false: there is more to take out.
 */
bool index_acknowledge(
    struct index *x, struct mailbox *m, uint64_t seq, size_t most);

/*
 * Give up everything up to seq, at most up to the head: it is gone for readers,
 * but what the device has acknowledged stays what it was.
 */
void index_expire(struct index *x, struct mailbox *m, uint64_t seq);

/* Queued items of all mailboxes. */
uint64_t index_items(const struct index *x);

/*
 * Mailboxes whose rows are behind, those first that have been for longest.
 * Each has a number that rises with every one that joins (journal_let_go()).
 */
void index_dirty(struct index *x, struct mailbox *m); /* joins, if it has not */
size_t index_dirty_count(const struct index *x);
struct mailbox *index_dirty_first(const struct index *x); /* or NULL */
uint64_t index_dirty_oldest(const struct index *x);       /* 0: none */
uint64_t index_dirty_newest(const struct index *x);       /* given out so far */
void index_clean(struct index *x, struct mailbox *m);     /* leaves */
/* Back to where it was: its rows were not written after all. */
void index_dirty_again(struct index *x, struct mailbox *m, uint64_t since);

#endif
