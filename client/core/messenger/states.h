/*
 * states.h - what becomes of our messages after they were sent, told once.
 *
 * The state itself stands in the history, and what receipts make of it is
 * worked out when it is looked at (receipts.h).  Here is only which of it the
 * user knows: a row for each message that may still change, and a mark where
 * something has.  Who is not told in between is told the newest state.
 */
#ifndef TACIT_CLIENT_CORE_STATES_H
#define TACIT_CLIENT_CORE_STATES_H

#include "client/core/core.h"
#include "store/client/told.h"

/* One of ours was composed; whoever composed it says what state it is in. */
enum status states_composed(struct step *s, const struct history_entry *e);

/* As history_set_state(), and it is to be told. */
enum status states_set(
    struct step *s, uint64_t n, enum message_state state, struct bytes reason);

/* Somebody said what they have of ours, as of at_ms. */
enum status states_heard(
    struct step *s, const struct hash *conversation, int64_t at_ms);

/* One message whose state is another than the one told last. */
struct state_change {
	struct history_entry e;
	enum message_state state;
	int64_t at_ms; /* when it was, or was heard of here */
};

/*
 * What has changed above *after (0 at first), which moves behind it.
 * NOT_FOUND: no more in these conversations.  Only reads.
 */
enum status states_next(struct step *s, const struct told_news *news,
    size_t news_count, uint64_t *after, struct state_change *change);

/* It has been told; ends the row when nothing more can come. */
enum status states_told(struct step *s, uint64_t n, enum message_state state);

#endif
