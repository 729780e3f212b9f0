/*
 * api_batch.h - messages of one call on their way, and what is told about
 * them; for api_send.c, api_act.c and api_outbox.c.
 */
#ifndef TACIT_CLIENT_CORE_API_BATCH_H
#define TACIT_CLIENT_CORE_API_BATCH_H

#include "client/core/courier/courier.h"
#include "client/core/handle.h"
#include "client/core/messenger/messenger.h"

struct sending {
	const struct tacit_send *message;
	const struct tacit_act *act; /* what `message` is; NULL: a text */
	bool sets_timer;             /* or the timer of the two */
	struct draft draft;
	uint64_t n;              /* in the history */
	uint64_t order;          /* in the outbox; 0: not there any more */
	struct tacit_error *why; /* NULL: nothing was wrong */
	char **refused;
	size_t refused_count;
};

struct batch {
	struct tacit *t;
	struct sending *items;
	size_t count;
	size_t composed; /* so many are in the outbox, durably */
	size_t said;     /* or are to be with the commit of this transaction */
	enum status wrong; /* why the next can never be said; OK: it can */
	size_t hint;       /* where the next fate belongs, most likely */
	tacit_sent_fn *sent;
	void *arg;
};

/* NOMEM. */
enum status batch_init(struct batch *b, struct tacit *t, size_t count);
void batch_clear(struct batch *b);

/* courier_sent_fn; rows that are not in the batch are not ours to tell. */
void batch_keep_fate(const struct courier_fate *fate, void *batch);
void batch_forget_fates(struct batch *b);

/* Call `sent` for all that are composed, in order. */
enum status batch_tell(struct batch *b);

/* What tacit_send() does; api_send.c. */
enum tacit_code batch_send(struct batch *b, struct tacit_error *e);

/* The first thing that was wrong with one of them. */
enum tacit_code batch_reason(const struct batch *b, struct tacit_error *e);

#endif
