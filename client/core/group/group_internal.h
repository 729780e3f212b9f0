/*
 * group_internal.h - between the group modules alone:
 *
 *   group.c          finding groups, folding logs
 *   group_name.c     local names
 *   group_entry.c    entries as bytes: signed, sealed, opened, kept
 *   group_log.c      entries taken in, and what they change
 *   group_tail.c     chains behind our log, opened
 *   group_keys.c     log keys: kept, listed, handed out
 *   group_ask.c      log keys: asked for, and the answers
 *   group_invite.c   invitations, out and in
 *   group_accept.c   offered logs: taken up or not
 *   group_send.c     sealing a message under our sender key
 *   group_audience.c whom it goes to
 *   group_control.c  control messages of others: keys, invitations
 *   group_receive.c  messages of others
 *   group_held.c     those that wait, tried again
 *   group_heads.c    how far the logs of others go
 *   group_sync.c     the tails of all logs, read from the relay
 *   group_act.c      acts of the user
 *   group_adopt.c    a group put right, by an admin's word
 *   group_join.c     asking by a link, and being asked
 *   group_chores.c   what is done by itself
 *   group_mend.c     logs of which the relay has lost the end
 */
#ifndef TACIT_CLIENT_CORE_GROUP_INTERNAL_H
#define TACIT_CLIENT_CORE_GROUP_INTERNAL_H

#include "client/core/group/group.h"
#include "client/core/messenger/messenger.h"
#include "store/client/joins.h"

/*
 * A fresh log key with its write token; the id is a hash over both, so that a
 * key handed over by a peer proves itself (protocol.md 8.3).
 */
enum status group_secret_make(struct group_secret *secret);
enum status group_secret_id(struct group_secret *secret); /* fills ->id */
void group_secret_clear(struct group_secret *secret);

/* Encrypt a GroupEntry for one place in one chain; owned.  NOMEM. */
enum status group_entry_seal(const struct group_secret *secret,
    const struct chain_id *chain, uint64_t index, struct bytes entry,
    struct buf **sealed);

/* CRYPTO: not under this key at this place. */
enum status group_entry_open(const struct group_secret *secret,
    const struct chain_id *chain, uint64_t index, const struct sealed_entry *e,
    struct buf **entry);

/* Sign a body of ours and wrap it with our device list; owned. */
enum status group_entry_make(struct step *s,
    const struct group_entry_body *body, struct buf **entry, struct hash *hash);

/*
 * An entry with what was found out about it when it came: which key it was
 * under, and which one is in force after it.  So any member can put it back
 * where a relay has lost it, and hand its key to one who lacks it.
 */
struct kept_entry {
	struct buf *row; /* owned; group_entry_clear() */
	struct bytes entry;
	enum roster_proof proof;
	bool is_sealed; /* no: it stood there as it is */
	struct group_key_id sealed_by;
	struct group_key_id next_key;
};

/* At g's place in the store; load's `kept` is cleared on every exit after OK.
 */
enum status group_entry_store(struct step *s, const struct group_record *g,
    uint64_t index, const struct kept_entry *kept);
enum status group_entry_load(struct step *s, const struct group_record *g,
    uint64_t index, struct kept_entry *kept);
void group_entry_clear(struct kept_entry *kept);

/*
 * The log of g, folded, as far as g->length says; borrowed as by
 * group_roster(), which is this for the record as it is stored.
 */
enum status group_fold(
    struct step *s, const struct group_record *g, struct roster **r);

/*
 * Take the opened entry at g->length: apply, store, tell.  g is written back.
 * `sealed_by` is the key it was under, or NULL for what stood there unsealed.
 * CONFLICT: it cannot be taken.  The group is frozen now; of an offer nothing
 * is written, and g->frost says why.
 */
enum status group_take_entry(struct step *s, struct group_record *g,
    struct roster *r, struct bytes entry, const struct group_key_id *sealed_by);

/*
 * The log goes on in a way that we cannot follow, as CONFLICT (another one than
 * others have), NOT_FOUND (of a later release) or FULL says: CONFLICT, after
 * what group_take_entry() says of it.
 */
enum status group_log_stop(
    struct step *s, struct group_record *g, enum status st);

/* Our account under our key: the same name with another key is not us. */
bool group_is_self(const struct step *s, const struct group_member *m);

/* Why, when two logs are about. */
extern const char group_other_log[];

/* Freeze loudly: one notice, and nothing more is sent or taken. */
enum status group_freeze(
    struct step *s, struct group_record *g, const char *reason);

/* A notice in the group's conversation. */
enum status group_tell(struct step *s, const struct group_record *g,
    enum notice_kind kind, const struct account_name *from,
    const struct account_name *subject, struct bytes detail);

/* Give g the local name `wanted`, or `wanted~2` and so on. */
enum status group_name_locally(
    struct step *s, struct group_record *g, struct bytes wanted);

/* SIGN_SENDER_KEY over a SenderKeyBody (protocol.md 8.5). */
enum status group_sign_sender_key(
    const struct self *self, struct bytes body, struct signature *signature);
enum status group_verify_sender_key(const struct contact *sender,
    const struct device_entry *device, struct bytes body,
    struct bytes signature);

/*
 * Queue the invitation of one member: where the log is, and its keys.
 * NOT_FOUND: we do not have the key that is in force.
 */
enum status group_invite_send(struct step *s, const struct group_record *g,
    const struct account_name *to);
/* The same for all of these but ourselves, in one row; keys are the log's. */
enum status group_invite_members(struct step *s, const struct group_record *g,
    const struct group_member *members, size_t count);
enum status group_invite_take(
    struct step *s, const struct pair_arrival *arrival);

/*
 * An offered log has been read as far as its inviter had: take it up as ours,
 * leave it for the user to decide on, or forget it.  g is an offer's.
 */
enum status group_offer_judge(struct step *s, struct group_record *g);

/* Take it up whatever our own log says; the user decided. */
enum status group_offer_accept(struct step *s, struct group_record *g);

/* Forget an offer, and say in our talk with its inviter why. */
enum status group_offer_refuse(
    struct step *s, const struct group_record *g, const char *why);

/* Keys of logs: kept, listed, handed out, asked for (group_keys.c, _ask.c). */

/*
 * A key of a peer's, which no entry has named yet; the oldest of
 * GROUP_LOOSE_KEYS goes.  g is changed, and not written back.
 */
enum status group_key_add(
    struct step *s, struct group_record *g, const struct group_secret *secret);
/* An entry names it: it stays. */
void group_key_settle(struct group_record *g, const struct group_key_id *id);

/*
 * The keys of g's log, oldest first: from `from` on (NULL: the first), of
 * entries before `until`.  At most LIMIT_LOG_KEYS, in the step's arena; wipe
 * them with group_keys_clear().  NOT_FOUND: none.
 */
enum status group_keys_list(struct step *s, const struct group_record *g,
    const struct group_key_id *from, uint64_t until, struct log_key_list *keys);
void group_keys_clear(struct log_key_list *keys);

/* Keys that someone handed us, at g; written back.  all: any number of them. */
enum status group_keys_keep(struct step *s, struct group_record *g,
    const struct log_key_list *keys, bool all);
enum status group_keys_take(struct step *s, const struct pair_arrival *arrival);

/*
 * A new key, kept here and queued for every member but ourselves and those
 * named by `without` (NULL: nobody).
 */
enum status group_keys_hand_out(struct step *s, const struct roster *r,
    const struct group_record *g, const struct group_entry_body *without,
    struct group_secret *secret);

/*
 * The next entry is under a key that has not come: ask the next of those who
 * may have it, if it is time.  g is written back.
 */
enum status group_ask(struct step *s, struct group_record *g,
    const struct roster *r, const struct group_key_id *wanted);
enum status group_ask_take(struct step *s, const struct pair_arrival *arrival);

/* OK: its pinned key is the one in the roster, and no other one waits. */
enum status group_check_pin(struct step *s, const struct group_member *m);

/* Somebody asks to be taken in by a link; kept for group_chores(). */
enum status group_join_request_take(
    struct step *s, const struct pair_arrival *arrival);
/* Whom we asked says no. */
enum status group_join_answer_take(
    struct step *s, const struct pair_arrival *arrival);

/*
 * What to do about a request, on the log as it has been read.  0: take it in
 * by its link; else an enum join_refusal, or JOIN_IS_MEMBER: it is in already,
 * or JOIN_NOT_OURS: forget it without a word.
 */
enum { JOIN_IS_MEMBER = 100, JOIN_NOT_OURS = 101 };
enum status group_join_judge(
    struct step *s, const struct join_row *row, uint32_t *verdict);

/*
 * Take a message in, without a word if it cannot be.  NOT_FOUND: its sender key
 * is not here.  The second form has it decrypted; ahead of our log it is held.
 * `was`: how it was held before, NULL when it is new.
 */
enum status group_try_message(struct step *s, const struct item *item);
enum status group_file_or_hold(struct step *s, const struct item *item,
    const struct hash *group, struct bytes plaintext,
    const struct quarantine_entry *was);

/*
 * Is this a head of our log?  CONFLICT: no; and where a member said so, the
 * group is frozen now.
 */
enum status group_check_head(struct step *s, struct group_record *g,
    const struct roster *r, const struct contact *by, uint64_t index,
    const struct hash *head);

/*
 * Another log has taken the place of ours, which has `length` entries in common
 * with it: what the members in r wrote under the rest of ours, and told of it,
 * is no measure of what they write now.
 */
enum status group_cut_heads(struct step *s, const struct hash *group,
    const struct roster *r, uint64_t length);

#endif
