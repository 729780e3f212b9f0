/*
 * courier.h - carries bytes between the store and the relay: it waits, calls
 * steps of the messenger, and commits them before anything leaves or is
 * acknowledged.
 */
#ifndef TACIT_CLIENT_CORE_COURIER_H
#define TACIT_CLIENT_CORE_COURIER_H

#include <stdbool.h>

#include "client/core/core.h"
#include "client/core/messenger/messenger.h"
#include "client/core/tacit.h"
#include "client/core/uplink/uplink.h"
#include "store/client/history.h"

struct courier;

/*
 * Connect, authenticate, compare the relay's view with ours (rollback), look
 * after prekeys.  Errors go to `e` as the sentence for the user.
 */
enum tacit_code courier_open(struct core *core, int64_t deadline_ms,
    struct courier **c, struct tacit_error *e);
void courier_close(struct courier *c); /* NULL is fine */

struct uplink *courier_uplink(struct courier *c);
struct core *courier_core(struct courier *c);

/*
 * One attempt of a row is one submit: it names the recipients that are not
 * done, in the row's order, and what the relay refuses is an index into those.
 * A row whose submit_counter is 0 gets a new submit id for its next attempt.
 *
 * What became of a row; `why` is NULL when all of it is at the relay.
 */
struct courier_fate {
	uint64_t order;
	enum message_state state;
	const struct tacit_error *why;
	const char *const *refused; /* accounts whose mailbox refused */
	size_t refused_count;
};

/* Called for each outbox row whose fate is known now, after its commit. */
typedef void courier_sent_fn(const struct courier_fate *fate, void *arg);

/*
 * Send the whole outbox regardless of back-off: take bundles where sessions
 * are missing, seal, commit, submit many at once, wait for the answers.  Rows
 * that have to stay do not fail the call: `sent` is told why.  A few of the
 * receipts that are owed go along.
 */
enum tacit_code courier_flush(struct courier *c, int64_t deadline_ms,
    courier_sent_fn *sent, void *arg, struct tacit_error *e);

/*
 * What is still to be said.  It is composed in the transactions that file the
 * answers to what was said before: one commit serves both, and the relay works
 * meanwhile.
 */
struct courier_source {
	/* Is there something left? */
	bool (*more)(void *arg);
	/*
	 * The next, by messenger_say(); whatever is not OK undoes what was
	 * composed since the last `settle`.
	 */
	enum status (*say)(struct step *s, const struct submit_id *id,
	    struct outbox_row *row, void *arg);
	/* The next, as a draft.  What is not OK ends the call. */
	enum status (*draft)(struct step *s, void *arg);
	/* All composed since the last call is durable, or was undone. */
	void (*settle)(bool durable, void *arg);
	void *arg;
};

/* The same, and compose on the way; what comes of it has to be sent as well. */
enum tacit_code courier_send(struct courier *c,
    const struct courier_source *source, int64_t deadline_ms,
    courier_sent_fn *sent, void *arg, struct tacit_error *e);

/* The same for rows whose time to try again has come. */
enum tacit_code courier_flush_due(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

/* The same, and receipts for at most `most` devices that are owed one. */
enum { COURIER_RECEIPTS = 1024 };
enum tacit_code courier_flush_receipts(
    struct courier *c, size_t most, int64_t deadline_ms, struct tacit_error *e);

/*
 * Be the profile's receiver until drained: receive, commit in batches,
 * acknowledge; then read the tails of the groups' logs.  If another process
 * holds the receiver lock, wait until it has caught up to the head (at most
 * 5 s).  Control messages that this produced are flushed.
 */
enum tacit_code courier_drain(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

/*
 * What waits to be done to groups once their logs are read (group_chores.h);
 * part of every drain, and of staying.  Not within itself.
 */
enum tacit_code courier_chores(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

/*
 * Before a flush without a drain: a draft for a group is sealed for those who
 * are in it, so who that is has to be read first.  Drains if there is one.
 */
enum tacit_code courier_catch_up(
    struct courier *c, int64_t deadline_ms, struct tacit_error *e);

/*
 * Stay: as drain, then wait for more until `deadline_ms` or `*stop`; `progress`
 * is called after each commit and answers whether to go on.
 */
enum tacit_code courier_follow(struct courier *c, int64_t deadline_ms,
    const volatile bool *stop, bool (*progress)(void *arg), void *arg,
    struct tacit_error *e);

/*
 * Make sure there is a session with every device of these accounts, taking
 * lists and bundles.  NOT_FOUND names the unknown account in e.
 */
enum tacit_code courier_meet(struct courier *c,
    const struct account_name *names, size_t count, int64_t deadline_ms,
    struct tacit_error *e);

/*
 * The same for those who can be met: who cannot fails nothing, for whatever
 * reason, and can be asked for again.
 */
enum tacit_code courier_try_to_meet(struct courier *c,
    const struct account_name *names, size_t count, int64_t deadline_ms,
    struct tacit_error *e);

/* The profile's receiver lock is held by another process. */
bool courier_receiver_is_elsewhere(const struct courier *c);

/* Items at the relay that are not fetched yet; one-time prekeys there. */
uint64_t courier_waiting(const struct courier *c);
uint32_t courier_prekeys(const struct courier *c);

#endif
