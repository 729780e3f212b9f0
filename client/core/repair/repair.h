/*
 * repair.h - messages that did not come: seen, asked for, sent again
 * (protocol.md 9).
 *
 *   repair_gap.c  what is missing: noticed, and filled
 *
 * Steps in, rows out: requests and answers leave through the outbox.  Nothing
 * here is trusted for coming from whom it came: a message that is sent again is
 * judged by its author's signature and the log, as if its author had sent it.
 */
#ifndef TACIT_CLIENT_CORE_REPAIR_H
#define TACIT_CLIENT_CORE_REPAIR_H

#include "client/core/core.h"
#include "client/core/messenger/pair.h"
#include "store/client/repairs.h"

enum { REPAIR_DAYS = 30 + 7 }; /* a relay keeps mail for 30 days */

/* How long what may be asked for is kept, and what was given counts. */
static const int64_t repair_kept_ms =
    INT64_C(24) * 60 * 60 * 1000 * REPAIR_DAYS;

/*
 * Numbers of a device were skipped: `g` says which, between what, and which
 * line tells of it.  What is beyond the bounds is told, but not asked for.
 */
enum status repair_note_numbers(struct step *s, const struct gap *g);

/*
 * A group's ciphertext of a known account does not decrypt: it lies in the
 * quarantine at `kept` (0: it does not), and the line `told` says so.
 */
struct repair_item {
	const struct address *sender;
	struct bytes payload;
	uint64_t kept;
	uint64_t told;
	bool no_key; /* the sender key is not here; else it does not help */
};
enum status repair_note_item(struct step *s, const struct repair_item *item);

/* It has been read after all: nobody is asked any more. */
enum status repair_item_came(
    struct step *s, const struct address *sender, struct bytes payload);

/*
 * Does a message by the author of the gap, with a number in it, fit between its
 * neighbours?  Where it touches one, the hashes must agree.
 */
bool repair_fits(const struct gap *g, const struct message_body *body,
    const struct hash *body_hash);

/*
 * It has been filed: the gap shrinks or falls in two, and its line counts what
 * has come.  `resent`: somebody answered, so the rest may be asked for now.
 */
enum status repair_fill(struct step *s, const struct gap *g,
    const struct message_body *body, const struct hash *body_hash, bool resent);

#endif
