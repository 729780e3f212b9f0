/* courier_private.h - the inside of struct courier, for courier*.c alone. */
#ifndef TACIT_CLIENT_CORE_COURIER_PRIVATE_H
#define TACIT_CLIENT_CORE_COURIER_PRIVATE_H

#include "client/core/courier/courier.h"
#include "client/core/error.h"
#include "client/core/lock.h"

enum {
	/* A transaction ends at the first of these, so that others get in. */
	BATCH_ITEMS = 256,
	BATCH_MS = 20,
	BATCH_BYTES = 4 * 1024 * 1024,
	/*
	 * Spec 4.6: "the relay remembers a window of 1,024 submit ids".  The
	 * margin is for processes that number rows at the same time.
	 */
	SUBMIT_SPAN = LIMIT_SUBMIT_WINDOW - 24,
};

struct courier {
	struct core *core;
	struct uplink *u;
	struct mailbox_state mailbox; /* as authentication said */
	struct prekey_state prekeys;
	struct lock *lock; /* ours while we receive */
	bool elsewhere;    /* somebody else has it */
	uint64_t receive_id;
	uint64_t head;  /* highest seq the relay spoke of */
	bool in_chores; /* what chores do may drain again */
};

/* As courier_open(), on an uplink that stands, which it takes over. */
enum tacit_code courier_over(struct core *core, struct uplink *u,
    int64_t deadline_ms, struct courier **c, struct tacit_error *e);

/* How far the mailbox was acknowledged in the relay's present epoch. */
uint64_t courier_acknowledged(
    const struct courier *c, const struct counters *counters);

/*
 * File and acknowledge what waits in the mailbox, and do nothing else: the rest
 * of a drain would submit.
 */
enum tacit_code courier_fetch(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

/* Begin to be the receiver.  AGAIN: another process is. */
enum status courier_take_lock(struct courier *c);

/*
 * Queue requests for what is missing and due, once mailbox and logs have been
 * read.  A look without a write transaction when there is nothing.
 */
enum status courier_ask_missing(struct core *core);

/* What taking the list and bundles of one account came to. */
struct meeting {
	struct account_name name;
	enum tacit_code code;
	uint64_t retry_after_ms;
};

/*
 * As courier_meet() for at most LIMIT_BUNDLE_ACCOUNTS, with a result each; the
 * call fails only when the relay or the store does.
 */
enum tacit_code courier_meet_each(struct courier *c, struct meeting *meetings,
    size_t count, int64_t deadline_ms, struct tacit_error *e);

/* The sentence for a meeting that came to nothing. */
enum tacit_code courier_meeting_error(
    const struct meeting *m, struct tacit_error *e);

#endif
