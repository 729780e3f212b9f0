/*
 * tacit_history.h - looking back: the part of tacit.h, which includes it, that
 * shows and exports what was said.  None of it needs the relay.
 */
#ifndef TACIT_HISTORY_H
#define TACIT_HISTORY_H

#include "tacit.h"

struct tacit_history {
	enum tacit_kind kind;
	const char *with; /* NULL: everything */
	size_t limit;     /* newest so many */
	int64_t since_ms; /* 0: no bound */
	int64_t until_ms;
	const char *search; /* NULL: all; case-insensitive, Unicode-folded */
	/* After an own message to a group: who has it, one by one; or NULL */
	tacit_holder_fn *holder;
};
enum tacit_code tacit_history(struct tacit *t, const struct tacit_history *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e);

struct tacit_export {
	enum tacit_kind kind;
	const char *with; /* NULL: everything */
	int64_t since_ms; /* 0: no bound */
	int64_t until_ms;
};
/*
 * All of it, in the order of the history, however much that is: it is read
 * piece by piece, and others may write meanwhile; what comes while it runs may
 * be shown or not.  DAMAGED: some entries do not open, the others were shown.
 */
enum tacit_code tacit_export(struct tacit *t, const struct tacit_export *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e);

/* Something in the history that is not what was signed or taken in. */
struct tacit_break {
	uint64_t n;
	/* "record", "entry", "signature", "content", "chain", "number", "gone"
	 */
	const char *kind;
	const char *sentence;
	const struct tacit_conversation *conversation; /* NULL: not known */
	const char *from;                              /* NULL: not known */
	const char *id; /* hex; NULL: not known */
};
typedef void tacit_break_fn(const struct tacit_break *b, void *arg);

struct tacit_verified {
	uint64_t messages;
	uint64_t intact; /* signature, content and place are right; of these */
	uint64_t
	    disappeared;   /* so many have no text any more, as they should */
	uint64_t unproven; /* were shown as not rightly signed when they came */
	uint64_t unsent;   /* our own that are not signed yet, or never were */
	uint64_t gaps;     /* stretches of numbers that never came, */
	uint64_t missing;  /* and how many those are */
	uint64_t damaged;  /* breaks that were shown */
};
/*
 * Check every signature, content and sender's chain of a conversation, or with
 * `with` NULL of all.  DAMAGED: something was shown.  *sum: also then.
 */
enum tacit_code tacit_history_verify(struct tacit *t, enum tacit_kind kind,
    const char *with, tacit_break_fn *show, void *arg,
    struct tacit_verified *sum, struct tacit_error *e);

struct tacit_bytes {
	const void *data;
	size_t len;
};

/* All that somebody else needs to check who said something, protocol.md 12. */
struct tacit_proof {
	enum tacit_kind kind;
	uint32_t device; /* of the author */
	struct tacit_bytes body;
	struct tacit_bytes signature;
	struct tacit_bytes salt;
	struct tacit_bytes content;
	struct tacit_bytes list_body; /* the author's device list */
	struct tacit_bytes list_signature;
	struct tacit_bytes group;        /* group: its id */
	struct tacit_bytes to_key;       /* direct: the other's account key */
	struct tacit_bytes to_list_body; /* and device list; may be empty */
	struct tacit_bytes to_list_signature;
};
typedef void tacit_proof_fn(const struct tacit_proof *proof, void *arg);

/*
 * The proof of the message whose id begins so, with 8 digits or more; anyone's,
 * our own too.  NOT_FOUND: none, several, or one that cannot be proved: its
 * text is gone, it was not sent, or its signature was never right.
 */
enum tacit_code tacit_proof(struct tacit *t, const char *id,
    tacit_proof_fn *show, void *arg, struct tacit_error *e);

struct tacit_proven {
	const char *from;
	const char *from_key; /* hex */
	uint32_t device;
	enum tacit_kind kind;
	const char *group;  /* hex; NULL: direct */
	const char *to_key; /* hex; NULL: a group */
	const char *to;     /* NULL: a group, or the proof does not say */
	const char *id;     /* hex */
	int64_t sent_ms;    /* what the author claims */
	uint64_t seq;
	const char *message; /* "text", "reaction", "edit", "deletion", "?" */
	const char *about;   /* id of the message it is about; or NULL */
	const char *content;
	size_t content_len;
};
typedef void tacit_proven_fn(const struct tacit_proven *proven, void *arg);

/*
 * Needs no profile.  FAILED: it proves nothing; e says why.  `show` is called
 * when it holds.
 */
enum tacit_code tacit_proof_check(const struct tacit_proof *proof,
    tacit_proven_fn *show, void *arg, struct tacit_error *e);

#endif
