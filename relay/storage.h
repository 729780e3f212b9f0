/*
 * storage.h - the asynchronous seam between sessions and what is durable.
 *
 * A worker opens one port.  An operation is a struct that its session fills in
 * and hands over; storage owns it until `done`, which always runs on the loop
 * of the worker that handed it over and never inside the call.  Inputs are
 * borrowed from the session until then, so a session keeps the arena of the
 * request alive.  Operations of one port on one device are carried out in
 * order among submits, and among all others that write; nothing else is
 * promised about order.
 *
 * `done` with STATUS_OK means durable.  STATUS_IO means UNKNOWN: it may or may
 * not have happened, and the client tries again with the same id.  In-memory
 * state changes only after it is on disk, but for acknowledgements, which
 * readers see at once.  After a failed sync no operation is
 * answered OK again until storage is closed and opened anew.
 *
 * The contract is no stronger than a distributed store can keep: a submit is
 * atomic per recipient, not across recipients nor between directory and
 * mailbox.  Behind this header stand LMDB and a journal; another implementation
 * takes its place without a session noticing.
 */
#ifndef TACIT_RELAY_STORAGE_H
#define TACIT_RELAY_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/message.h"
#include "relay/storage_admin.h"

struct metrics; /* relay/metrics.h */
struct uv_loop_s;
struct storage;
struct storage_port;

/* How much a mailbox holds, and for how long. */
struct storage_limits {
	uint64_t mailbox_items; /* 0: LIMIT_MAILBOX_ITEMS */
	uint64_t mailbox_bytes; /* 0: LIMIT_MAILBOX_BYTES */
	unsigned sender_share;  /* percent of it (shares.h); 0: all */
	int64_t message_ttl_ms; /* then it is given up; 0: never */
	int64_t inactive_ms;    /* unseen accounts are kept out; 0: never */
};

struct storage_options {
	const char *dir;
	size_t map_bytes;      /* 0: 256 GiB */
	size_t log_file_bytes; /* 0: 16 MiB; in steps of 4096 */
	struct storage_limits limits;
	bool threaded;           /* false: tests call storage_step() */
	struct metrics *metrics; /* borrowed, outlives it; or NULL */
};

/* Bytes that outlive the read; counted, shared, read-only. */
struct blob;
void blob_unref(struct blob *b); /* NULL is fine; any thread */

enum storage_kind {
	STORAGE_REGISTER,
	STORAGE_REPLACE,
	STORAGE_IDENTIFY,
	STORAGE_PUBLISH,
	STORAGE_PREKEY_STATE,
	STORAGE_ACCOUNT,
	STORAGE_BUNDLES,
	STORAGE_SUBMIT,
	STORAGE_READ,
	STORAGE_CHAIN_APPEND,
	STORAGE_CHAIN_READ,
	/* storage_admin.h */
	STORAGE_USERS,
	STORAGE_GONE,
	STORAGE_SUSPEND,
	STORAGE_REMOVE,
	STORAGE_FREE_NAME,
	STORAGE_INVITES,
	STORAGE_INVITE_PUT,
	STORAGE_INVITE_REVOKE,
	STORAGE_STATS,
};

enum { STORAGE_KINDS = STORAGE_STATS + 1 };

/* One item to push; its payload is a view into `owner`. */
struct storage_item {
	struct item item;
	struct blob *owner;
};

/*
 * Which status values an operation can end with is said at each; STATUS_IO and
 * STATUS_NOMEM are always possible, STATUS_NO_SPACE wherever it writes.
 * Results in `out` that point to memory lie in `arena`, which the session owns
 * and storage fills while it holds the operation.
 */
struct storage_op {
	enum storage_kind kind;
	void (*done)(struct storage_op *op);
	void *owner;               /* the session's; storage never looks */
	struct arena *arena;       /* of the request; results go here too */
	int64_t now_ms;            /* wall clock, from the worker */
	enum status status;        /* out */
	struct storage_op *next;   /* storage's own */
	struct storage_port *port; /* storage's own */

	union {
		/*
		 * The list was verified.  EXISTS: these same keys hold the name
		 * already (success).  CONFLICT: other keys hold it.  DENIED:
		 * the code is needed and wrong, used up or expired.  The code's
		 * hash is Argon2id (storage_join_hash), made by the worker's
		 * pool.
		 */
		struct {
			struct device_list list;
			struct signed_list signed_list;
			uint32_t device;
			bool code_needed;
			bool has_code;
			struct hash code_hash;
			struct mailbox_state mailbox; /* out */
		} registration;
		/*
		 * Other devices for an account, in one commit: prekeys and
		 * submit streams of those that go are gone with it, whoever
		 * sent what waits for them is told, and their sessions are
		 * evicted.  The list was verified.  EXISTS: it is this very
		 * list (success).  CONFLICT: it does not follow `current`.
		 * NOT_FOUND: no such account under that account key.  DENIED:
		 * it is suspended.  BAD_INPUT: a device that stays has other
		 * keys, or one that is new a number that is not.  FULL: for
		 * now, the same again later.
		 */
		struct {
			struct device_list list;
			struct signed_list signed_list;
			uint32_t device;
			struct mailbox_state mailbox; /* out, of `device` */
			struct signed_list current;   /* out */
			enum suspension suspended;    /* out */
		} replace;
		/*
		 * NOT_FOUND: no such account or device.  Prekeys only of
		 * someone whose proof was checked: they take time to count,
		 * and it then counts as seen today.
		 */
		struct {
			struct address who;
			bool with_prekeys;
			struct sign_public device_key; /* out */
			enum suspension suspended;     /* out */
			struct mailbox_state mailbox;  /* out */
			struct prekey_state prekeys;   /* out */
		} identify;
		/*
		 * One-time prekeys at or below the highest id ever stored are
		 * skipped: a repeated upload never brings back one that was
		 * handed out.  FULL: over LIMIT_PREKEYS_STORED.
		 */
		struct {
			struct address who;
			struct prekeys prekeys;
			struct prekey_state state; /* out */
		} publish;
		struct {
			struct address who;
			struct prekey_state state; /* out */
		} prekey_state;
		/* NOT_FOUND */
		struct {
			struct account_name name;
			struct signed_list list;   /* out */
			enum suspension suspended; /* out */
		} account;
		/*
		 * Each one-time prekey leaves the database in the commit that
		 * hands it out.  Per account: ERROR_NOT_FOUND.  `signed_only`
		 * says of each name whether it keeps them; NULL: none does.
		 */
		struct {
			const struct account_name *names;
			const bool *signed_only; /* no one-time prekey */
			size_t count;
			struct account_bundles
			    *accounts; /* out: count of them */
		} bundles;
		/*
		 * OK: every recipient is durable or in `refused`.  EXISTS: this
		 * (stream, counter) was carried out before; the answer is given
		 * again, `refused` as far as the sender has not taken in the
		 * notes of it.
		 * CONFLICT: `changed` says how the devices differ, nothing was
		 * stored, the id is not used up.  BAD_INPUT: the counter is
		 * below the window.  FULL: there are refusals, and the sender's
		 * own receipt lane has no room to note them; nothing was
		 * stored, the same id again later.  NOT_FOUND: no such sender.
		 */
		struct {
			struct address sender;
			struct submit submit;
			struct refusal *refused; /* out */
			size_t refused_count;
			struct devices_changed changed; /* out */
		} submit;
		/*
		 * Up to max_items / max_bytes items with seq > after, in order.
		 * `head` is the highest seq given out so far.  Each item holds
		 * one reference to its blob, which the session gives back.
		 */
		struct {
			struct address who;
			uint64_t after;
			size_t max_items;
			size_t max_bytes;
			struct storage_item *items; /* out */
			size_t count;
			uint64_t head; /* out */
		} read;
		/*
		 * OK also when this very entry stands there already.  CONFLICT:
		 * the index is taken, or lies beyond the end.  DENIED: token.
		 * FULL: LIMIT_CHAIN_ENTRIES.
		 */
		struct {
			struct chain_append append;
			uint64_t length; /* out */
		} append;
		struct {
			const struct chain_position *positions;
			size_t count;
			struct chain_tail *tails; /* out: count of them */
		} chain_read;
		struct storage_users_op users;
		struct storage_gone_op gone;
		struct storage_suspend_op suspend;
		struct storage_remove_op remove;
		struct storage_free_op free_name;
		struct storage_invites_op invites;
		struct storage_invite_put_op invite_put;
		struct storage_invite_revoke_op invite_revoke;
		struct storage_stats stats; /* out */
	} u;
};

/*
 * Open the store in dir, making it when empty, and rebuild the in-memory index
 * from what is on disk.
 */
enum status storage_open(
    const struct storage_options *options, struct storage **s);
void storage_close(
    struct storage *s); /* all ports closed before; NULL is fine */

/* The relay's epoch: random, made with the store, new after a restore. */
void storage_epoch(const struct storage *s, uint8_t epoch[EPOCH_BYTES]);

/*
 * Other limits, from the next step on; any thread.  What a mailbox holds beyond
 * them stays, and what senders used of their shares is forgotten.
 */
void storage_set_limits(struct storage *s, const struct storage_limits *limits);

/* True after a failed sync: the relay stops, and a new start rebuilds. */
bool storage_is_broken(const struct storage *s);

/* How long its thread has been at its present step, monotonic; 0: at none. */
int64_t storage_step_ms(const struct storage *s, int64_t now_ms);

/* How much more fits: in the database's map, and on the disk it lies on. */
struct storage_room {
	uint64_t map_bytes;
	uint64_t map_used_bytes;
	uint64_t disk_bytes;
	uint64_t disk_free_bytes;
};

/* As of now; any thread.  IO, NOMEM. */
enum status storage_room(const struct storage *s, struct storage_room *room);

/* A worker's way in, opened on the thread of its loop. */
enum status storage_port_open(
    struct storage *s, struct uv_loop_s *loop, struct storage_port **p);

/*
 * `evicted` is called on the port's loop for every account that was removed or
 * suspended and every device that was replaced since the port was opened, after
 * the results of everything that was carried out before: its sessions have to
 * end, since its name may come to belong to somebody else.  `e` is NULL when
 * there were too many to name: then all have to.  Without this a port has no
 * sessions.
 */
struct storage_eviction {
	struct account_name name;
	uint32_t device; /* 0: all of them */
	bool removed;    /* else suspended */
};
void storage_port_on_evicted(struct storage_port *p,
    void (*evicted)(void *owner, const struct storage_eviction *e),
    void *owner);

/*
 * `done` of everything outstanding has run, or runs before this returns with
 * STATUS_IO.  The port's loop must turn once more before it is closed.
 */
void storage_port_close(struct storage_port *p);

/*
 * Hand an operation over.  false: not taken, stop reading from the peer until
 * the next `done` of this port.
 */
bool storage_submit(struct storage_port *p, struct storage_op *op);

/*
 * Cumulative acknowledgement of a device's mailbox: no completion.  Readers see
 * it at once; it becomes durable within seconds, and one that a crash undoes
 * costs an item that is pushed twice.
 */
void storage_acknowledge(
    struct storage_port *p, const struct address *who, uint64_t seq);

/*
 * Wake-ups when something may have arrived in a device's mailbox, or may have
 * been appended to a chain.  Hints only: they may be lost or come for nothing,
 * the mailbox and the chain are the truth.  They run on the port's loop.  Ends
 * with storage_unwatch(), after which `wake` is not called again.
 */
struct storage_watch {
	void (*wake)(struct storage_watch *w);
	void *owner;
	bool is_chain;
	struct address who;        /* when !is_chain */
	struct chain_id chain;     /* when is_chain */
	struct storage_port *port; /* storage's own from here on */
	struct storage_watch *next;
	struct storage_watch *next_pending;
	bool pending;
};
void storage_watch(struct storage_port *p, struct storage_watch *w);
void storage_unwatch(struct storage_watch *w);

/*
 * Carry out everything handed over so far, submits with one append and all else
 * that writes with one commit, and post the results.  The writer thread does
 * this in a loop; a simulation calls it.
 * Returns the number of operations carried out.
 */
size_t storage_step(struct storage *s);

/*
 * Join codes.  They work on the directory whether or not a relay serves from
 * it.  `salt` is the store's own: slow on purpose (Argon2id, RFC 9106, 19 MiB,
 * 2 passes), so never on a loop or inside a transaction.
 */
enum { JOIN_SALT_BYTES = 16 };
void storage_join_salt(const struct storage *s, uint8_t salt[JOIN_SALT_BYTES]);
enum status storage_join_hash(
    const uint8_t salt[JOIN_SALT_BYTES], struct bytes code, struct hash *out);

#endif
