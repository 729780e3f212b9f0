/*
 * group.h - groups as the messenger sees them: steps that take in what
 * arrives, seal what goes out, and keep log and keys.  Acts of the user, which
 * talk to the relay, are in group_act.h.
 */
#ifndef TACIT_CLIENT_CORE_GROUP_H
#define TACIT_CLIENT_CORE_GROUP_H

#include "client/core/core.h"
#include "client/core/group/roster.h"
#include "client/core/messenger/pair.h"
#include "store/client/groups.h"
#include "store/client/outbox.h"

/*
 * The stored log, folded.  Borrowed until the next but one call here or the end
 * of the step: the fold of the last few groups is kept as long as it matches
 * their records.  NOT_FOUND: no such group.
 */
enum status group_roster(
    struct step *s, const struct hash *group, struct roster **r);

/* Rosters kept between steps; core.h holds one. */
struct group_cache;
void group_cache_free(struct group_cache *cache); /* NULL is fine */

/* By local name or at least 8 hex digits of the id.  NOT_FOUND, CONFLICT. */
enum status group_find(
    struct step *s, const char *name_or_id, struct group_record *g);

/*
 * Seal a draft for a group: signed once, encrypted once under our sender key;
 * devices that lack the key get it in the same row, ahead of the message.
 * `row` (DRAFT) becomes READY; the caller stores it.  Results as
 * messenger_seal().  Members named by `gone` get nothing, and are noted as
 * such.
 *
 * AGAIN with nobody needed: the relay has more of the log than we can read, so
 * we do not know who is in.  Then, and when UNTRUSTED, row->last_error is a
 * sentence for the user, borrowed from the step.  CLOSED: all others are gone.
 */
enum status group_seal(struct step *s, struct outbox_row *row,
    const struct account_name *gone, size_t gone_count,
    struct account_name *needed, size_t *needed_count);

/*
 * Invite somebody again to the groups whose logs have them as a member, as one
 * who could have added them: their copy of the profile may be from before they
 * were (protocol.md 11).
 */
enum status group_invite_back(struct step *s, const struct contact *to);

/* A pairwise control message arrived from a verified device. */
enum status group_take_control(
    struct step *s, const struct pair_arrival *arrival);

/*
 * A new sender key before our next message there: someone who was to get the
 * present one will not.
 */
enum status group_renew_key(struct step *s, const struct hash *group);

/* Are we in any group with this account, under the key that is pinned? */
enum status group_is_shared(
    struct step *s, const struct contact *with, bool *shared);

/*
 * The same in all groups that this account is in: a device of it is lost, and
 * may hold their keys.  Others' keys it never had: no stranger makes us change
 * those.
 */
enum status group_renew_keys(struct step *s, const struct account_name *whose);

/*
 * A member has another device, as this list of its account key says: what the
 * group owes it is noted (group_replaced.c) in each group that it is in.
 */
enum status group_device_replaced(
    struct step *s, const struct device_list *list);

/* The same of ourselves in one group, which we have just been taken into. */
enum status group_own_device_is_new(struct step *s, const struct hash *group);

/* An item under a sender key.  OK: dealt with (filed, held, refused). */
enum status group_take_message(struct step *s, const struct item *item);

/*
 * Entries of a chain, as the relay gave them, and how many it says there are.
 * Opens, checks, stores, makes notices.  OK; AGAIN: sealed under a key that has
 * not come yet, which is asked for (the rest stays at the relay); CONFLICT:
 * another log: the group is frozen now, with a notice.
 */
enum status group_take_tail(
    struct step *s, const struct hash *group, const struct chain_tail *tail);

/* A chain to be read: of which group, and what we heard of its length. */
struct group_place {
	struct hash group;
	struct hash id; /* of the log in the store */
	uint64_t heard;
	bool is_member;
	bool is_offer;
	struct account_name inviter; /* of the offer */
};

/*
 * The same for an offer: read as far as its inviter had read it is judged, and
 * may be our group afterwards.  NOT_FOUND: there is no such offer any more.
 */
enum status group_take_offered_tail(struct step *s,
    const struct group_place *place, const struct chain_tail *tail);

/*
 * Where each chain is to be read from, for one request: at most `max` groups
 * after the first `skip` of those that are read.
 */
enum status group_positions(struct step *s, size_t skip,
    struct chain_position *positions, struct group_place *places, size_t max,
    size_t *count);

/*
 * The tails have been read: what is still ahead of our log is worth a line,
 * since either its sender or the relay shows us something else than others.
 */
enum status group_tell_held(struct step *s);

/* What waits for a log and is over by its timer goes, unread, and is told. */
enum status group_expire_held(struct step *s, int64_t until_ms);

/* Try again what was held until the log of a group has come. */
enum status group_retry_held(struct step *s, const struct hash *group);

/* Try again what a device sent under a key that had not come. */
enum status group_retry_keyless(struct step *s, const struct address *sender);

/*
 * The log of a device of `by` has this head, as a receipt says.  Judged as the
 * head of a message is, at once or when our log has come so far; what anybody
 * but a member says counts for nothing.
 */
enum status group_hear_head(struct step *s, const struct hash *group,
    const struct contact *by, const struct address *from, uint64_t index,
    const struct hash *head);

/* Our log may have grown: judge the heads that were beyond it. */
enum status group_judge_heads(struct step *s, const struct hash *group);

/* How long the log of a member was when last heard of; 0: never. */
enum status group_known_length(struct step *s, const struct hash *group,
    const struct account_name *who, uint64_t *length);

#endif
