/*
 * ratchets.h - what the ratchet library keeps between messages: sessions,
 * prekeys, base keys seen, sender keys.  Records are libsignal's bytes.
 */
#ifndef TACIT_STORE_CLIENT_RATCHETS_H
#define TACIT_STORE_CLIENT_RATCHETS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/address.h"
#include "proto/sign.h"
#include "store/client/vault.h"

/* NOT_FOUND, CRYPTO, NOMEM, IO for every getter; records are owned. */
enum status session_get(
    struct vault_txn *t, const struct address *with, struct buf **record);
enum status session_put(
    struct vault_txn *t, const struct address *with, struct bytes record);
enum status session_del(struct vault_txn *t, const struct address *with);

struct stored_prekey {
	uint32_t id;
	bool published; /* signed: the relay confirmed it */
	int64_t created_ms;
	int64_t
	    succeeded_ms; /* signed: a successor was confirmed; 0: current */
};

enum status prekey_get(struct vault_txn *t, uint32_t id, struct buf **record);
enum status prekey_put(
    struct vault_txn *t, const struct stored_prekey *info, struct bytes record);
enum status prekey_del(struct vault_txn *t, uint32_t id);
enum status signed_prekey_get(
    struct vault_txn *t, uint32_t id, struct buf **record);
enum status signed_prekey_put(
    struct vault_txn *t, const struct stored_prekey *info, struct bytes record);
enum status signed_prekey_del(struct vault_txn *t, uint32_t id);

/* Rising ids; stops at the first status but OK. */
typedef enum status prekey_each_fn(
    const struct stored_prekey *info, struct bytes record, void *arg);
enum status prekeys_each(struct vault_txn *t, prekey_each_fn *each, void *arg);
enum status signed_prekeys_each(
    struct vault_txn *t, prekey_each_fn *each, void *arg);

/* One of the signed ones without its key.  NOT_FOUND. */
enum status signed_prekey_info(
    struct vault_txn *t, uint32_t id, struct stored_prekey *info);

/*
 * The newest `count` one-time prekeys whose ids are up to `last`, ids falling;
 * as prekeys_each().
 */
enum status prekeys_newest(struct vault_txn *t, uint32_t last, size_t count,
    prekey_each_fn *each, void *arg);

/* Is there a one-time prekey whose id is below this one? */
enum status prekeys_has_below(struct vault_txn *t, uint32_t id, bool *has);
/* Forget all one-time prekeys whose ids are below this one. */
enum status prekeys_del_below(struct vault_txn *t, uint32_t id);

/* How far the one-time prekeys are; zeros at first. */
struct prekey_life {
	uint32_t published_id; /* the relay confirmed those up to here */
	/* What the relay was found to hold, and it was as it should be. */
	bool has_relay;
	uint32_t relay_count;
	struct hash relay_digest;
	/* Those below had left the relay by that time; 0: none is known to. */
	uint32_t gone_below;
	int64_t gone_ms;
};
enum status prekey_life_get(struct vault_txn *t, struct prekey_life *l);
enum status prekey_life_put(struct vault_txn *t, const struct prekey_life *l);

/* Base keys of prekey messages taken in: a second use is a replay. */
enum status base_key_has(struct vault_txn *t, const struct address *from,
    struct bytes base_key); /* OK or NOT_FOUND */
enum status base_key_put(struct vault_txn *t, const struct address *from,
    struct bytes base_key, uint32_t signed_prekey_id, int64_t now_ms);
/*
 * Look at `looks` (2 or more) of them, going round from call to call, and
 * forget those that need a signed prekey which is gone: a replay has nothing to
 * begin a session with any more.  No clock is asked.
 */
enum status base_key_prune(struct vault_txn *t, size_t looks);

/* Whether the session with a device is to be begun anew (protocol.md 9.6). */
enum pair_fresh {
	PAIR_FRESH_NONE = 0,
	PAIR_FRESH_WANTED,
	PAIR_FRESH_ASKED,  /* as soon as there is a bundle; nobody waits for it
			    */
	PAIR_FRESH_NEEDED, /* the relay says that the device is gone: nothing
			      is encrypted before there is a bundle */
};

/* Both chains of plaintexts with one device (protocol.md 7.1). */
struct pair_state {
	uint64_t sent; /* counter of the last one sent */
	struct hash sent_hash;
	uint64_t received;
	struct hash received_hash;
	bool has_sent_list;            /* our whole device list went there */
	uint64_t list_version;         /* the version of it that did last */
	uint64_t gaps;                 /* never came: for resend requests */
	uint32_t peer_registration_id; /* of the device the session is with */
	enum pair_fresh fresh;
	int64_t begun_ms;   /* by us, and it has not answered; 0: it has */
	uint64_t departure; /* it left its list as that one; 0: it is there */
};
enum status pair_get(/* zeros when there is none */
    struct vault_txn *t, const struct address *with, struct pair_state *p);
enum status pair_put(struct vault_txn *t, const struct address *with,
    const struct pair_state *p);

/* Sender keys: libsignal's record per (group, device). */
enum status sender_key_get(struct vault_txn *t, const struct hash *group,
    const struct address *of, struct buf **record);
enum status sender_key_put(struct vault_txn *t, const struct hash *group,
    const struct address *of, struct bytes record);
enum status sender_key_del(
    struct vault_txn *t, const struct hash *group, const struct address *of);

/*
 * Which group a sender key id belongs to: an outer message names only the id.
 * Once there, an id is never taken in again: it would rewind the chain.
 */
enum status sender_key_id_get(struct vault_txn *t, const struct address *of,
    uint32_t key_id, struct hash *group);
enum status sender_key_id_put(struct vault_txn *t, const struct address *of,
    uint32_t key_id, const struct hash *group); /* EXISTS */

/*
 * All that the profile's device has agreed upon with others or offered them:
 * sessions, pairs, prekeys and base keys, and who holds its sender keys.  For a
 * device that is replaced; own sender keys go by sender_key_del().
 */
enum status ratchets_forget(struct vault_txn *t);

#endif
