/*
 * viewer.h - operations that only look, carried out on a worker's own thread.
 *
 * What is in memory is looked at under the index's lock, which the writer lets
 * go while it waits for the disk; files that are read are held, so that they
 * are not used again meanwhile.  So nobody's reading waits for a flush.  One
 * viewer belongs to one thread.
 */
#ifndef TACIT_RELAY_VIEWER_H
#define TACIT_RELAY_VIEWER_H

#include "relay/storage.h"
#include "store/db.h"
#include "store/relay/index.h"

struct viewer;

/* All three are borrowed and outlive it.  NOMEM. */
enum status viewer_new(
    struct db *db, struct journal *j, struct index *x, struct viewer **v);
void viewer_free(struct viewer *v); /* NULL is fine */

/* Whether this is one of them. */
bool viewer_takes(enum storage_kind kind);

/* Carry one out and write its status. */
void viewer_run(struct viewer *v, struct storage_op *op);

/*
 * A submit whose id was used before: its answer may have been lost, so it is
 * given again, as far as the sender has not taken in the notes of it.
 */
void viewer_refusals(struct viewer *v, struct storage_op *op);

/*
 * Ends the database's view of now, so that it does not keep old pages; whatever
 * comes next has a new one.
 */
void viewer_rest(struct viewer *v);

/* The lock is held. */
void mailbox_state_of(const struct mailbox *m, struct mailbox_state *state);

#endif
