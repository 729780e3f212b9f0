/*
 * mailbox.h - the queue of one device, in memory; messages lie in the journal.
 *
 * The items of a mailbox are those with acknowledged < seq <= head, without a
 * gap, so a queue entry needs no seq.  What a batch adds goes into a draft
 * first and counts only once it is on disk; meanwhile the front of the queue
 * may move on.
 */
#ifndef TACIT_STORE_RELAY_MAILBOX_H
#define TACIT_STORE_RELAY_MAILBOX_H

#include "store/relay/records.h"

/* Receipts have a budget of their own, so that neither crowds the other out. */
enum mailbox_lane { LANE_MESSAGES, LANE_RECEIPTS, LANES_COUNT };

enum mailbox_lane mailbox_lane_of(uint32_t item_type);

struct lane {
	uint64_t items;
	uint64_t bytes;
	bool refusing; /* was full; accepts again below half */
};

struct lane_limits {
	uint64_t items;
	uint64_t bytes;
};

struct queue_entry {
	uint64_t position;   /* in the journal; 0: nothing (a damaged store) */
	uint32_t len;        /* of the payload; the top bits tell its kind */
	uint32_t stored_min; /* when it came, minutes since the epoch */
};

struct mailbox_draft {
	struct mailbox *mailbox;
	uint64_t head;
	struct lane added[LANES_COUNT]; /* and whether the lane refuses */
	struct replay replay;           /* when submitted */
	bool submitted;
	struct mailbox_draft *next;
};

struct account;

struct mailbox {
	struct account *account;
	struct account_device device;
	uint64_t acknowledged;
	uint64_t head;
	struct lane lanes[LANES_COUNT];
	struct replay replay;
	struct mailbox_draft *draft; /* NULL outside a batch */

	struct queue_entry *queue;
	size_t queue_first;
	size_t queue_len; /* head - acknowledged */
	size_t queue_cap;

	size_t notes; /* of the relay itself, in the queue */
	/* So many before the queue were given up, not acknowledged. */
	uint64_t unfetched;

	uint64_t saved;          /* acknowledged, as the cursor row has it */
	bool replay_saved;       /* the stream row is up to date */
	uint64_t replay_segment; /* what that row covers; for loading */
	/* In the index's list of those whose rows are behind: */
	bool dirty;
	uint64_t dirty_since;
	struct mailbox *dirty_before;
	struct mailbox *dirty_after;
	uint64_t named_in; /* the last submit that named it */
	bool going;        /* about to be replaced: for the writer alone */
};

void mailbox_clear(struct mailbox *m);

/* Make room for items up to seq `head`, so that mailbox_put() cannot fail. */
enum status mailbox_reserve(struct mailbox *m, uint64_t head);

/* Enter item seq; the queue grows to it.  Room was reserved. */
void mailbox_put(struct mailbox *m, uint64_t seq, const struct queue_entry *e);

/* The entry of seq, or NULL when it is acknowledged or not there yet. */
struct queue_entry *mailbox_find(const struct mailbox *m, uint64_t seq);

/* Take the oldest item out.  false: empty. */
bool mailbox_pop(struct mailbox *m, struct queue_entry *e);

/* `type` as items have it, len up to LIMIT_ITEM_BYTES. */
struct queue_entry queue_entry_make(
    uint64_t position, uint32_t type, size_t len, int64_t stored_ms);
size_t queue_entry_len(const struct queue_entry *e);
enum mailbox_lane queue_entry_lane(const struct queue_entry *e);
bool queue_entry_is_note(const struct queue_entry *e); /* of the relay */

/*
 * Whether one more of len bytes is let in by a lane to which a batch has
 * `added` some already; if so it is counted there.
 */
bool lane_admit(const struct lane *l, struct lane *added,
    const struct lane_limits *max, size_t len);
void lane_add(struct lane *l, size_t len);
void lane_remove(struct lane *l, size_t len);

#endif
