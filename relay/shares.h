/*
 * shares.h - how much of a mailbox one account may take once it is half full.
 *
 * Up to half of its limits a mailbox takes what comes.  Beyond, each sending
 * account has a share of it, which comes back over a day: so a single one
 * cannot fill it, and others still get through to somebody who is away.  A
 * community of thousands, or a program that writes much to somebody who reads,
 * never meets this, and below half it costs nothing.
 *
 * Not thread safe; the writer's own.
 */
#ifndef TACIT_RELAY_SHARES_H
#define TACIT_RELAY_SHARES_H

#include "base/status.h"
#include "store/relay/mailbox.h"

struct shares;

/*
 *   percent  of the limits, for each sending account; 1..100
 *   limits   of each of LANES_COUNT lanes; read now
 */
enum status shares_new(
    unsigned percent, const struct lane_limits *limits, struct shares **s);
void shares_free(struct shares *s); /* NULL is fine */

/* One item of len bytes, from an account into a lane of a mailbox. */
struct share_taker {
	uint32_t sender; /* a slot that stands for the account */
	uint32_t slot;   /* of the mailbox */
	enum mailbox_lane lane;
	size_t len;
};

/*
 * May it go in?  `now` is what the lane holds.  Without memory nobody is
 * refused for what cannot be counted.
 */
bool shares_take(struct shares *s, const struct share_taker *taker,
    const struct lane *now, int64_t mono_ms);

#endif
