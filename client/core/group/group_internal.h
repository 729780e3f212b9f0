/*
 * group_internal.h - between the group modules alone:
 *
 *   group.c          finding groups, folding logs
 *   group_name.c     local names
 *   group_entry.c    entries as bytes: signed, sealed, opened, kept
 *   group_log.c      entries taken in, and what they change
 *   group_invite.c   invitations, out and in
 *   group_offer.c    invitations to a group that we seem to be in
 *   group_send.c     sealing a message under our sender key
 *   group_control.c  control messages of others: keys, invitations
 *   group_receive.c  messages of others
 *   group_held.c     those that wait, tried again
 *   group_sync.c     the tails of all logs, read from the relay
 *   group_act.c      acts of the user
 *   group_mend.c     logs of which the relay has lost the end
 */
#ifndef TACIT_CLIENT_CORE_GROUP_INTERNAL_H
#define TACIT_CLIENT_CORE_GROUP_INTERNAL_H

#include "client/core/group/group.h"
#include "client/core/messenger/messenger.h"

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
 * Kept as one byte of verdict and the entry as it came; and read again: `entry`
 * is owned.  What lies at or behind the end of the log is an offer's, and no
 * part of the log.
 */
enum status group_entry_store(struct step *s, const struct hash *group,
    uint64_t index, struct bytes entry, enum roster_proof proof);
enum status group_entry_load(struct step *s, const struct hash *group,
    uint64_t index, struct buf **entry, enum roster_proof *proof);

/*
 * Take opened entries at g->length on: apply, store, tell.  g is written back.
 * `sealed_by` is the key they were under, or NULL for an invitation's.
 * CONFLICT: the group is frozen now.
 */
enum status group_take_entry(struct step *s, struct group_record *g,
    struct roster *r, struct bytes entry, const struct group_key_id *sealed_by);

/* Our account under our key: the same name with another key is not us. */
bool group_is_self(const struct step *s, const struct group_member *m);

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

/* Queue the invitation of one member: the log so far, key and token. */
enum status group_invite_send(struct step *s, const struct group_record *g,
    const struct account_name *to);
enum status group_invite_take(
    struct step *s, const struct pair_arrival *arrival);
enum status group_history_take(
    struct step *s, const struct pair_arrival *arrival);

/*
 * The log of an invitation is complete: are we in it, and does the one who
 * asked us stand there?
 */
enum status group_invite_accept(
    struct step *s, struct group_record *g, const struct roster *r);

/*
 * Entries from `first` on of g->offer.  When they are complete the offer is
 * taken up, if they show that we were removed and admitted again; and forgotten
 * otherwise.  g is written back.
 */
enum status group_offer_take(struct step *s, struct group_record *g,
    uint64_t first, const struct entry_list *entries);

/*
 * Take a message in, without a word if it cannot be.  NOT_FOUND: its sender key
 * is not here.  The second form has it decrypted; ahead of our log it is held.
 */
enum status group_try_message(struct step *s, const struct item *item);
enum status group_file_or_hold(struct step *s, const struct item *item,
    const struct hash *group, struct bytes plaintext);

#endif
