/*
 * history.h - everything said and everything worth noticing, in the order it
 * was committed here; and where each conversation stands.
 */
#ifndef TACIT_STORE_CLIENT_HISTORY_H
#define TACIT_STORE_CLIENT_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/arena.h"
#include "proto/envelope.h"
#include "proto/ranges.h"
#include "store/client/vault.h"

enum conversation_kind { CONVERSATION_DIRECT = 1, CONVERSATION_GROUP = 2 };

enum history_kind { HISTORY_MESSAGE = 1, HISTORY_NOTICE = 2 };

/* The life of an own message; others' messages have STATE_NONE. */
enum message_state {
	STATE_NONE = 0,
	STATE_QUEUED,
	STATE_STORED,
	STATE_DELIVERED,
	STATE_READ,
	STATE_EXPIRED,
	STATE_REFUSED,
	STATE_FAILED,
	STATE_DEVICE_GONE, /* before it was fetched, and there is no other */
};

enum signature_verdict {
	SIGNATURE_VALID = 1,
	SIGNATURE_INVALID,
	SIGNATURE_UNKNOWN_DEVICE,
};

enum trust_verdict { TRUST_UNVERIFIED = 1, TRUST_VERIFIED, TRUST_CHANGED };

enum notice_kind {
	NOTICE_MEMBER_ADDED = 1,
	NOTICE_MEMBER_REMOVED,
	NOTICE_MEMBER_LEFT,
	NOTICE_GROUP_RENAMED,
	NOTICE_ROLE_CHANGED,
	NOTICE_IDENTITY_CHANGED,
	NOTICE_UNDECRYPTABLE,
	NOTICE_GAP,
	NOTICE_REFUSED,
	NOTICE_ROLLED_BACK,
	NOTICE_EXPIRED,         /* the relay kept it no longer */
	NOTICE_ACCOUNT_REMOVED, /* with what waited for it */
	NOTICE_SETTINGS_CHANGED,
	NOTICE_STILL_MEMBER, /* a leave was refused */
	NOTICE_LINK_MADE,
	NOTICE_LINK_REVOKED,
	NOTICE_JOIN_REFUSED,
	NOTICE_GROUP_ADOPTED,  /* it goes on in another log */
	NOTICE_RENEWED,        /* an old copy was taken into use again */
	NOTICE_REQUEST,        /* a stranger wants to come near */
	NOTICE_DEVICE_CHANGED, /* another one, under the same account key */
};
enum { NOTICE_KIND_MAX = NOTICE_DEVICE_CHANGED };

/* Views are borrowed from the arena given to the getter. */
struct history_entry {
	uint64_t n; /* place in the history, from 1 */
	enum history_kind kind;
	enum conversation_kind conversation_kind;
	struct hash conversation; /* peers_history_key(), or the group */
	struct account_name peer; /* direct: the other account */
	struct account_name from; /* author; empty for a notice of our own */
	struct sign_public from_key;
	uint32_t device;
	bool own;
	int64_t sent_ms;     /* what the sender claims */
	int64_t received_ms; /* when it was committed here */
	uint64_t seq;
	struct message_id id;
	uint32_t type; /* enum message_type */
	struct bytes text;
	enum signature_verdict signature;
	enum trust_verdict trust;
	enum message_state state;
	struct bytes reason; /* of a failure or refusal, for people */
	/* What makes it verifiable and resendable later. */
	struct bytes body;
	struct bytes body_signature;
	struct bytes salt;
	struct account_name resent_by; /* not by its author; else empty */
	struct bytes talk; /* own and direct: the conversation that is signed */
	/* Its signed timer is over then, by our clock; 0: there is none. */
	int64_t expires_ms;
	bool erased; /* text and salt are gone; what was signed stays */
	/*
	 * Own: the timer chosen for this message alone, 0: none; of a
	 * MESSAGE_TIMER, the setting that it makes and its turn.
	 */
	uint64_t timer_s;
	uint64_t timer_turn;
	bool told_before; /* a line before it says the same: not shown */
	/* What it is about (protocol.md 7.7).  The hash is zeros while that
	 * message of ours has not been sealed. */
	bool has_target;
	struct message_target target;
	int64_t deleted_ms; /* its text was taken back; 0: it was not */
	bool deleted_here;  /* by our user, for this profile alone */
	/* Notices */
	enum notice_kind notice;
	struct bytes detail; /* a JSON-free value: new name, role, count... */
	struct account_name subject; /* who it happened to */
	uint64_t repaired; /* of what it counts as missing, come since */
};

/* Whether the one message that it is about is fixed by its hash. */
static inline bool
history_knows_target(const struct history_entry *e)
{
	static const struct hash none;

	return e->has_target &&
	       memcmp(&e->target.hash, &none, sizeof(none)) != 0;
}

/*
 * Append; takes the next n from the counters and writes both indexes.
 * EXISTS: a message with this id by this sender is there (nothing changed).
 */
enum status history_append(
    struct vault_txn *t, const struct history_entry *e, uint64_t *n);

/* NOT_FOUND, CRYPTO, NOMEM, IO. */
enum status history_get(
    struct vault_txn *t, uint64_t n, struct arena *a, struct history_entry *e);
/*
 * By message id alone.  Ids are random, but a peer may repeat one it has seen:
 * the earliest entry is given, so an own message is found by the id it got.
 */
enum status history_find(
    struct vault_txn *t, const struct message_id *id, uint64_t *n);

/* The first entry above `after` with this id, whoever's.  NOT_FOUND. */
enum status history_next_of_id(struct vault_txn *t, const struct message_id *id,
    uint64_t after, uint64_t *n);

/*
 * By the first digits of an id: LIMIT_ID_PREFIX_DIGITS or more lower-case
 * hex digits.  CONFLICT: entries with different ids begin so.
 * BAD_INPUT: not such digits.
 */
enum status history_find_prefix(
    struct vault_txn *t, const char *hex, uint64_t *n);

/*
 * The message of a sender's device by its number: noted once it is known to be
 * signed, and found again for whoever asks for it.  `conversation` is what the
 * history files it under.  NOT_FOUND.
 */
enum status history_note_number(
    struct vault_txn *t, const struct history_entry *e);
enum status history_find_number(struct vault_txn *t,
    const struct hash *conversation, const struct address *from, uint64_t seq,
    uint64_t *n);
/* The first number at or above *seq that is here; moves *seq to it. */
enum status history_next_number(struct vault_txn *t,
    const struct hash *conversation, const struct address *from, uint64_t *seq,
    uint64_t *n);

/* Whether this message of this sender is here.  OK or NOT_FOUND. */
enum status history_has(struct vault_txn *t, const struct address *from,
    const struct message_id *id);

/* Replace the entry e->n as a whole; what the indexes hold must be the same. */
enum status history_replace(struct vault_txn *t, const struct history_entry *e);

/*
 * A message of ours that is not signed yet is to be another device's: it is
 * found by that one's number from here on.  The caller replaces the entry.
 */
enum status history_readdress(
    struct vault_txn *t, struct history_entry *e, uint32_t device);

/* Rewrite what may change: state, reason.  NOT_FOUND, CRYPTO, NOMEM, IO. */
enum status history_set_state(struct vault_txn *t, uint64_t n,
    enum message_state state, struct bytes reason);

/*
 * Erase the text and the salt of a message for good; what was signed stays. The
 * row is rewritten without them, and the key that it was under is noted as
 * dirty: what the database still holds of the old row goes with that key
 * (history_sweep()).  OK as well when they were erased before.  NOT_FOUND,
 * CRYPTO, NO_SPACE, NOMEM, IO.
 */
enum status history_erase(struct vault_txn *t, uint64_t n);

/*
 * Destroy one of the keys that open what was erased: what else lies under it is
 * sealed again, 1,024 rows or those of one hour.  NOT_FOUND: there is none by
 * now.  NO_SPACE, FULL, NOMEM, IO.
 */
enum status history_sweep(struct vault_txn *t, int64_t now_ms);
enum status history_has_dirty(struct vault_txn *t, int64_t now_ms);

/* The time of its text is over, whether it has been erased yet or not. */
static inline bool
history_is_gone(const struct history_entry *e, int64_t now_ms)
{
	return e->erased || (e->expires_ms != 0 && e->expires_ms <= now_ms);
}

/* Is there something to erase by now?  OK or NOT_FOUND; IO. */
enum status history_has_due(struct vault_txn *t, int64_t now_ms);

/*
 * Erase text and salt of at most `max` entries whose time is over, a minute
 * after that at the latest, and destroy the keys of hours that are over.
 * *looked: how many it looked at; fewer than `max`: there are no more.
 * NO_SPACE, NOMEM, IO.
 */
enum status history_erase_due(
    struct vault_txn *t, int64_t now_ms, size_t max, size_t *looked);

/*
 * Collect numbers of entries: of one conversation, or of all when NULL; with
 * n > after; newest `limit` of them when `newest`, else the oldest; always
 * given in rising order.
 */
enum status history_list(struct vault_txn *t, const struct hash *conversation,
    uint64_t after, bool newest, uint64_t *numbers, size_t limit,
    size_t *count);

/* The chain of one sender's messages in one conversation. */
struct sender_state {
	uint64_t seq;          /* highest seen */
	struct hash body_hash; /* of that message's body */
	uint64_t missing;      /* numbers skipped so far: for resend requests */
	uint64_t head_index;   /* groups: highest head it wrote under */
	/* For receipts (protocol.md 7.5): of its messages, we have */
	struct ranges delivered; /* in the history */
	struct ranges read;      /* shown */
	bool due;                /* and it is owed a receipt that says so */
	/* Groups: the log as its receipts know it. */
	uint64_t told_index;    /* highest head it told of that is in ours */
	uint64_t claimed_index; /* one beyond ours, not judged; 0: none */
	struct hash claimed_hash;
	struct chain_id claimed_chain; /* where our log stood then */
};
enum status sender_get(/* zeros when there is none */
    struct vault_txn *t, const struct hash *conversation,
    const struct address *sender, struct sender_state *s);
enum status sender_put(struct vault_txn *t, const struct hash *conversation,
    const struct address *sender, const struct sender_state *s);

/* A thing seen before, until it is forgotten (protocol.md 7.4). */
enum status seen_has(struct vault_txn *t, const struct bytes *parts,
    size_t parts_count); /* OK or NOT_FOUND */
enum status seen_put(struct vault_txn *t, const struct bytes *parts,
    size_t parts_count, int64_t now_ms);

/*
 * Look at `looks` (2 or more) of the things seen, going round from call to
 * call, and forget those from before `before_ms`.  Whoever adds fewer than it
 * looks at keeps the table from growing.
 */
enum status seen_prune(struct vault_txn *t, int64_t before_ms, size_t looks);

/* What could not be shown: kept, with the reason, until it can be. */
enum quarantine_reason {
	QUARANTINE_UNDECRYPTABLE = 1,
	QUARANTINE_KEY_CHANGED,   /* waits for `tacit trust` */
	QUARANTINE_NO_SENDER_KEY, /* waits for a sender key */
	QUARANTINE_LOG_BEHIND,    /* decrypted; waits for the group's log */
	QUARANTINE_UNTRIED,       /* its sender failed too often just then */
};
struct quarantine_entry {
	uint64_t order;
	enum quarantine_reason reason;
	struct address sender;
	uint32_t type;
	uint32_t suite;
	int64_t stored_ms;
	struct bytes payload;  /* ciphertext, or plaintext for LOG_BEHIND */
	struct hash group;     /* when known, else zeros */
	struct chain_id chain; /* LOG_BEHIND: where its log stood then */
	int64_t due_ms;        /* LOG_BEHIND: over by its timer; 0: never */
};
enum status quarantine_add(
    struct vault_txn *t, const struct quarantine_entry *q, uint64_t *order);
enum status quarantine_del(struct vault_txn *t, uint64_t order);
/* May some of it be over?  OK or NOT_FOUND; IO. */
enum status quarantine_has_due(struct vault_txn *t, int64_t until_ms);
/* The first entry above `after`.  NOT_FOUND past the end. */
enum status quarantine_next(struct vault_txn *t, uint64_t after,
    struct arena *a, struct quarantine_entry *q);

#endif
