/*
 * consent.h - who may come near: whom the user talks with, and whom not.
 *
 * What comes from somebody who is blocked is dropped once it has been
 * decrypted, so that sessions and counters go on and a later `unblock` finds
 * nothing broken.  What groups need to work is taken from anybody.
 *
 * Spec: docs/protocol.md 7.8.
 */
#ifndef TACIT_CLIENT_CORE_CONSENT_H
#define TACIT_CLIENT_CORE_CONSENT_H

#include "client/core/core.h"
#include "client/core/messenger/pair.h"
#include "store/client/history.h"

/*
 * The user writes to `name`, who is a contact from now on and listed again.
 * Nothing to do for one who has not been met: pinning looks for it.
 */
enum status consent_write(struct step *s, const struct account_name *name);

/* Somebody is met now: has the user written first? */
enum status consent_wrote_first(
    struct step *s, const struct account_name *name, bool *wrote);

/*
 * Of a stranger, while the policy lets contacts alone come near: kept, within
 * bounds, until consent_admit() or consent_refuse(); told in one line.
 */
enum status consent_keep(struct step *s, const struct pair_arrival *arrival);

/*
 * Whoever it is is a contact now, and what was kept of it is delivered, in its
 * order.  *count: of how many.  NOT_FOUND: nobody of that name was met.
 */
enum status consent_admit(
    struct step *s, const struct account_name *name, size_t *count);

/* What was kept goes; it may ask again, unless it is blocked as well. */
enum status consent_refuse(
    struct step *s, const struct account_name *name, bool block, size_t *count);

/* What waits for longer than 30 days goes, a part of it at a time. */
enum status consent_prune(struct step *s);

/*
 * May what has been decrypted be delivered?  *taken: it is dealt with, and
 * goes no further.  Any status but OK undoes the message.
 */
enum status consent_judge(
    struct step *s, const struct pair_arrival *arrival, bool *taken);

/*
 * Whether what two have between them is shared with this one: answers, lines
 * about it, questions.  Not with who is blocked, nor, while contacts alone come
 * near, with who is none; a group's machinery does not ask.
 */
enum status consent_is_near(
    struct step *s, const struct contact *c, bool *near);

/*
 * Whether we are in a group with it, under the key that is pinned.  Looking
 * costs something, so it is done so often an hour for each `purpose`, and past
 * that the answer is no.
 */
enum status consent_shares_group(struct step *s, const struct contact *c,
    struct bytes purpose, bool *shared);

/*
 * May a line begin that tells of something that nobody can read, in the name of
 * `name`, who is not blocked?  Of whoever is neither a contact nor in a group
 * of ours so many a day do, and none while contacts alone come near (*ever).
 * What is not told of is for consent_count_unread().
 */
struct consent_line {
	bool ever;
	bool bounded; /* consent_begin_line() says whether now */
};
enum status consent_line_of(
    struct step *s, const struct account_name *name, struct consent_line *line);
enum status consent_begin_line(struct step *s, bool *may);
enum status consent_count_unread(struct step *s);

/* Whether this account is blocked; nobody who has not been met is. */
enum status consent_is_blocked(
    struct step *s, const struct account_name *name, bool *blocked);

/*
 * Kept, and not shown: a message in a group by somebody who is blocked, and a
 * change that a line has told before it came.
 */
enum status consent_hides(
    struct step *s, const struct history_entry *entry, bool *hidden);

#endif
