/*
 * tacit.h - libtacit: the client without a face.
 *
 * One handle is one open profile, used by one thread.  Calls that need the
 * relay run the connection themselves and return by their deadline; nothing is
 * printed.  Several handles, in one process or in many, may work on one
 * profile at the same time.
 *
 * A relay that hangs up must not end the process: ignore SIGPIPE before the
 * first call, as the command line does.  Call from a process that has not been
 * forked since a handle was opened.
 *
 * Strings are UTF-8.  What a callback is given is borrowed until it returns.
 * Text that comes from peers is raw: whoever shows it escapes it.
 */
#ifndef TACIT_H
#define TACIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacit;

/* What went wrong; the numbers are the exit codes of the command line. */
enum tacit_code {
	TACIT_DONE = 0,
	TACIT_FAILED = 1,
	TACIT_USAGE = 2,         /* bad name, empty text, too long */
	TACIT_UNREACHABLE = 3,   /* relay unreachable; a send is queued */
	TACIT_NOT_FOUND = 4,     /* account, contact, group or message */
	TACIT_KEY_CHANGED = 5,   /* the user must decide */
	TACIT_PASSPHRASE = 6,    /* wrong or missing */
	TACIT_REFUSED = 7,       /* by the relay: full, rate limit, join code */
	TACIT_NOT_ALLOWED = 8,   /* not a member, not an admin */
	TACIT_DAMAGED = 9,       /* the profile, or it is an old copy */
	TACIT_WRONG_RELAY = 10,  /* not the one the link names */
	TACIT_EXISTS = 11,       /* name, group, profile */
	TACIT_NOTHING_CAME = 12, /* in the time given */
	TACIT_DISK_FULL = 13,
};

struct tacit_error {
	enum tacit_code code;
	char message[512];       /* one sentence saying what to do */
	uint64_t retry_after_ms; /* 0: not said */
};

/* Every call returns TACIT_DONE or e->code; e may not be NULL. */

struct tacit_options {
	const char *dir;        /* of the profile */
	const void *passphrase; /* NULL: none */
	size_t passphrase_len;
	/*
	 * The account's recovery key in its place, for tacit_open(); NULL:
	 * none.
	 */
	const char *recovery_key;
	int64_t timeout_ms; /* of each call; 0: 30 s */
	/*
	 * socks5h://[USER:PASSWORD@]HOST:PORT: the only way to the relay, whose
	 * name the proxy looks up.  NULL or empty: none.
	 */
	const char *proxy;
};

/* Whether the profile in dir needs a passphrase; false when there is none. */
enum tacit_code tacit_needs_passphrase(
    const char *dir, bool *needed, struct tacit_error *e);

/* NOT_FOUND: no profile here (say: register).  PASSPHRASE, DAMAGED. */
enum tacit_code tacit_open(const struct tacit_options *options,
    struct tacit **t, struct tacit_error *e);
void tacit_close(struct tacit *t); /* NULL is fine */

/*
 * Make keys in options->dir (made when missing), publish prekeys, take the
 * name.  A registration that did not finish is taken up again.  EXISTS: the
 * name is taken, or the profile is registered.
 */
enum tacit_code tacit_register(const struct tacit_options *options,
    const char *name, const char *link, struct tacit **t,
    struct tacit_error *e);

struct tacit_status {
	const char *account;
	uint32_t device;
	const char *relay;     /* host:port */
	const char *relay_pin; /* base64url, or empty */
	bool reached;          /* the relay answered just now, */
	bool refused;          /* or it did, and does not let us in */
	uint32_t prekeys_at_relay;
	size_t outbox;
	int64_t last_contact_ms; /* 0: never */
	bool rolled_back;
	uint64_t mailbox_waiting; /* items not yet fetched; when reached */
	const char *moved_to;     /* as tacit_moved_to() */
	size_t requests;          /* messages and invitations of strangers */
	uint64_t unreadable;      /* that were told in no line, ever */
};
/* With `ask`: contact the relay.  What is borrowed lives as long as t. */
enum tacit_code tacit_status(struct tacit *t, bool ask,
    struct tacit_status *status, struct tacit_error *e);

/*
 * Remove the account from its relay for good: nobody can write to it any more,
 * what waits for it there is lost, and its name is given to nobody.  What this
 * profile keeps stays as it is.  `name` has to be the account's own, so that
 * nobody does this by a slip: USAGE.  REFUSED: the relay knows it no more.
 */
enum tacit_code tacit_account_delete(
    struct tacit *t, const char *name, struct tacit_error *e);

enum { TACIT_TEXT_BYTES = 32 * 1024 }; /* of one message */

enum tacit_kind { TACIT_DIRECT = 1, TACIT_GROUP = 2 };

struct tacit_conversation {
	enum tacit_kind kind;
	const char *id;   /* hex */
	const char *name; /* account or local group name */
};

enum tacit_state {
	TACIT_STATE_NONE = 0,
	TACIT_QUEUED,
	TACIT_STORED,
	TACIT_DELIVERED,
	TACIT_READ,
	TACIT_EXPIRED,
	TACIT_STATE_REFUSED,
	TACIT_STATE_FAILED,
	TACIT_DEVICE_GONE, /* before it was fetched, and there is no other */
};
const char *tacit_state_name(enum tacit_state state); /* "queued", ... */

struct tacit_words; /* tacit_words.h */

/* One entry of the history: a message, or a notice when `notice` is set. */
struct tacit_event {
	uint64_t n;
	struct tacit_conversation conversation;
	const char *notice;     /* kind, as in docs/json.md; NULL: a message */
	const char *from;       /* account; NULL: none */
	const char *from_alias; /* NULL: none */
	const char *from_key;   /* account key, hex */
	uint32_t device;
	bool own;
	int64_t sent_ms;
	bool sent_absurd; /* far from when it came: mark it */
	int64_t received_ms;
	uint64_t seq;
	const char *id;   /* message id, hex */
	const char *text; /* may contain anything but NUL */
	size_t text_len;
	int64_t expires_ms;     /* its text disappears then; 0: never */
	bool disappeared;       /* it has: the text is empty */
	const char *signature;  /* "valid", "invalid", "unknown-device" */
	const char *trust;      /* "verified", "unverified", "changed" */
	enum tacit_state state; /* own messages */
	const char *reason;     /* of a failure or refusal; NULL: none */
	const char *subject;    /* notices: whom it happened to; NULL: none */
	const char *detail;     /* notices: new name, role, how many; or NULL */
	uint64_t repaired;      /* gaps, undecryptable: how many came since */
	const char *resent_by;  /* by whom, if it was lost at first; or NULL */
	const struct tacit_words *words; /* messages: what else it is */
	/* Own messages to one: when they had it; 0: not, or not known */
	int64_t delivered_ms;
	int64_t read_ms;
};

/* Return false to stop early. */
typedef bool tacit_event_fn(const struct tacit_event *event, void *arg);

struct tacit_send {
	enum tacit_kind kind;
	const char *to; /* account name, alias, or group (name or id) */
	const void *text;
	size_t text_len;      /* 1..32 KiB, valid UTF-8 without NUL */
	const char *id;       /* hex of 16 bytes, or NULL: random */
	bool queue_only;      /* return after the local commit */
	bool now;             /* group: do not catch up first */
	int64_t wait_ms;      /* keep trying so long; 0: one attempt */
	const char *reply_to; /* the start of an id; NULL: to nothing */
	/*
	 * Its text disappears so many seconds after each one has it, at most
	 * TACIT_TIMER_MAX_S, or sooner where the conversation says so; 0: as
	 * the conversation says.
	 */
	uint64_t expire_s;
};

struct tacit_sent {
	const char *id;
	enum tacit_state state;
	struct tacit_conversation to;
	/* Who has not got it: a full mailbox, or a key that changed. */
	const char *const *refused;
	size_t refused_count;
};
typedef void tacit_sent_fn(const struct tacit_sent *sent, void *arg);

/*
 * Commit messages to the outbox and bring them to the relay.  `sent` is called
 * once per message, in order, when its fate is known or the call gives up; also
 * on UNREACHABLE, with state queued.  With several, all are queued before the
 * first is waited for.  The same id again is the same message, or EXISTS.
 */
enum tacit_code tacit_send(struct tacit *t, const struct tacit_send *messages,
    size_t count, tacit_sent_fn *sent, void *arg, struct tacit_error *e);

struct tacit_state_change; /* tacit_life.h */
/* Return false to stop early. */
typedef bool tacit_state_fn(const struct tacit_state_change *change, void *arg);

struct tacit_receive {
	bool follow;               /* stay and reconnect until *stop */
	int64_t wait_ms;           /* wait for a first message; 0: do not */
	size_t limit;              /* 0: none */
	const volatile bool *stop; /* set by a signal handler; or NULL */
	/* Called when what was shown so far has been flushed by the caller. */
	bool (*flush)(void *arg); /* false: output is gone, stop */
	/* What became of our own messages; NULL: it is kept for another call */
	tacit_state_fn *state;
	/* Said to people: reconnecting, who holds the lock.  May be NULL. */
	void (*note)(const char *sentence, void *arg);
};

/*
 * Fetch, commit, and show what the default cursor has not shown, in commit
 * order; the cursor moves after each flushed batch.  NOTHING_CAME: wait_ms is
 * over.  UNREACHABLE: what had been committed before was shown all the same.
 */
enum tacit_code tacit_receive(struct tacit *t, const struct tacit_receive *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e);

struct tacit_outbox_item {
	const char *id; /* NULL: a control message */
	struct tacit_conversation to;
	const char *state; /* "draft" (waits for keys), "ready" */
	const char *text;  /* NULL for control messages */
	size_t text_len;
	int64_t created_ms;
	uint32_t attempts;
	int64_t next_attempt_ms;
	const char *reason; /* why it is still here; NULL: not tried */
	const char *word;   /* "text", "reaction"...; NULL: as `id` is */
};
typedef bool tacit_outbox_fn(const struct tacit_outbox_item *item, void *arg);
enum tacit_code tacit_outbox(
    struct tacit *t, tacit_outbox_fn *show, void *arg, struct tacit_error *e);
/* Send all of it now. */
enum tacit_code tacit_outbox_retry(
    struct tacit *t, tacit_sent_fn *sent, void *arg, struct tacit_error *e);
/* Give up on one: it becomes `failed`.  NOT_FOUND. */
enum tacit_code tacit_outbox_cancel(
    struct tacit *t, const char *id, struct tacit_error *e);

struct tacit_check {
	const char *step; /* "link", "dns", "tcp", "tls", "pin", "protocol",
			   * "clock" */
	bool ok;
	bool skipped;        /* an earlier step failed */
	const char *verdict; /* one sentence */
};
typedef void tacit_check_fn(const struct tacit_check *check, void *arg);
/* All steps of reaching a relay, a verdict each; needs no profile.  The code of
 * the first that failed. */
enum tacit_code tacit_check(const char *link, const char *proxy,
    int64_t timeout_ms, tacit_check_fn *show, void *arg, struct tacit_error *e);

const char *tacit_version(void);

/* Beside this one, wherever they are installed. */
#include "tacit_backup.h"
#include "tacit_device.h"
#include "tacit_group.h"
#include "tacit_history.h"
#include "tacit_keys.h"
#include "tacit_life.h"
#include "tacit_trust.h"
#include "tacit_words.h"

#endif
