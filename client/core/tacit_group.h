/*
 * tacit_group.h - groups: the part of tacit.h, which includes it, that makes,
 * shows and changes them.
 */
#ifndef TACIT_GROUP_H
#define TACIT_GROUP_H

#include "tacit.h"

struct tacit_member {
	const char *account;
	const char *key;  /* hex */
	const char *role; /* "admin", "member" */
	bool self;
	uint64_t known_length; /* entries of its log when last heard of; 0:
				* never heard of */
};
struct tacit_group {
	const char *id;       /* hex */
	const char *name;     /* local */
	const char *standing; /* "member", "invited", "left", "removed",
			       * "frozen", "asked" and "refused": by a link,
			       * "leaving": as soon as the relay answers */
	const char *reason;   /* when frozen or refused; else NULL */
	uint64_t length;      /* entries of the log */
	const char *head;     /* hex */
	const struct tacit_member *members;
	size_t members_count;
	const char *who_may_add; /* "admins", "members" */
	uint64_t timer_s;        /* messages disappear after; 0: never */
};
typedef bool tacit_group_fn(const struct tacit_group *g, void *arg);

enum tacit_code tacit_groups(
    struct tacit *t, tacit_group_fn *show, void *arg, struct tacit_error *e);
enum tacit_code tacit_group(struct tacit *t, const char *group,
    tacit_group_fn *show, void *arg, struct tacit_error *e);

/* What a member has of a message; states as in docs/json.md. */
struct tacit_holder {
	const char *account;
	const char *state;
	int64_t delivered_ms; /* 0: not, or it is not known any more */
	int64_t read_ms;
};
typedef bool tacit_holder_fn(const struct tacit_holder *holder, void *arg);
/*
 * Who has got an own message to a group, by the first 8 digits of its id or
 * more: everybody it was addressed to.  NOT_FOUND: no such message of ours.
 */
enum tacit_code tacit_group_message(struct tacit *t, const char *group,
    const char *id, tacit_holder_fn *show, void *arg, struct tacit_error *e);

/* EXISTS: the local name is in use.  `show` gets the new group. */
enum tacit_code tacit_group_create(struct tacit *t, const char *name,
    const char *const *members, size_t members_count, tacit_group_fn *show,
    void *arg, struct tacit_error *e);

enum tacit_group_act {
	TACIT_GROUP_ADD,
	TACIT_GROUP_REMOVE,
	TACIT_GROUP_PROMOTE,
	TACIT_GROUP_DEMOTE,
};
/*
 * Already so: DONE.  *changed: how many of the members it made a difference
 * for.
 */
enum tacit_code tacit_group_change(struct tacit *t, enum tacit_group_act act,
    const char *group, const char *const *names, size_t names_count,
    size_t *changed, struct tacit_error *e);
/*
 * As TACIT_GROUP_ADD; those named are then sent what was said in the last
 * `history_ms`, signed as it was; also when they were members already.  They
 * take it only from whoever invited them.
 */
enum tacit_code tacit_group_add(struct tacit *t, const char *group,
    const char *const *names, size_t names_count, int64_t history_ms,
    size_t *changed, struct tacit_error *e);
/*
 * UNREACHABLE: nothing is sent to the group any more, and the next call that
 * reaches the relay leaves it; if that is refused then, a notice says so.
 * The same with DONE for a group that is frozen, when it has been put right.
 */
enum tacit_code tacit_group_leave(
    struct tacit *t, const char *group, struct tacit_error *e);
enum tacit_code tacit_group_rename(struct tacit *t, const char *group,
    const char *name, struct tacit_error *e);

/*
 * An admin puts a group right that is frozen, whose log cannot be written to,
 * or whose key has not come: our log counts from now on.  With `from` (not
 * NULL), take up the log that this member offered instead of ours.  *changed is
 * false when nothing was wrong: then the log has got a new key, and no more.
 * NOT_ALLOWED: we are no admin, or only a newer release can read the log.
 * NOT_FOUND: `from` offers none.
 */
enum tacit_code tacit_group_adopt(struct tacit *t, const char *group,
    const char *from, bool *changed, struct tacit_error *e);

enum tacit_may_add {
	TACIT_MAY_ADD_AS_IS = 0,
	TACIT_ADMINS_MAY_ADD,
	TACIT_MEMBERS_MAY_ADD,
};
enum { TACIT_TIMER_MAX_S = 366 * 24 * 3600 };
struct tacit_group_settings {
	enum tacit_may_add who_may_add;
	bool has_timer;   /* false: the timer stays as it is */
	uint64_t timer_s; /* 0: messages stay; at most TACIT_TIMER_MAX_S */
};
/* Already so: DONE, and *changed is false. */
enum tacit_code tacit_group_set(struct tacit *t, const char *group,
    const struct tacit_group_settings *wanted, bool *changed,
    struct tacit_error *e);

/* A link into a group.  Whoever has it comes in, until it ends. */
struct tacit_link {
	const char *id; /* hex; no secret */
	const char *label;
	const char *author;
	const char *state;  /* "good", "revoked", "used-up", "expired" */
	uint64_t uses;      /* 0: any number */
	uint64_t used;      /* whom it has taken in */
	int64_t expires_ms; /* 0: never */
	const char *link;   /* a secret; only of the one just made, else NULL */
};
typedef bool tacit_link_fn(const struct tacit_link *link, void *arg);

struct tacit_link_wish {
	uint64_t uses;      /* 0: any number */
	int64_t expires_ms; /* a time; 0: never */
	const char *label;  /* at most 64 bytes of UTF-8; NULL: none */
};
/*
 * Make a link, as an admin; `show` gets it, and nobody can show it again.
 * NOT_ALLOWED.
 */
enum tacit_code tacit_group_link(struct tacit *t, const char *group,
    const struct tacit_link_wish *wanted, tacit_link_fn *show, void *arg,
    struct tacit_error *e);
enum tacit_code tacit_group_links(struct tacit *t, const char *group,
    tacit_link_fn *show, void *arg, struct tacit_error *e);
/* By 8 or more digits of its id.  Revoked already: DONE, and *changed false. */
enum tacit_code tacit_group_unlink(struct tacit *t, const char *group,
    const char *id, bool *changed, struct tacit_error *e);

struct tacit_join {
	const char *link; /* a secret */
	int64_t wait_ms;
	bool must; /* NOTHING_CAME when it is still asked then */
};
/*
 * Ask to be taken in by a link: the clients of the admins whom it names do
 * that by themselves, as soon as one of them is there.  `show` gets the group
 * as it stands after wait_ms at most.  DONE also while it is "asked": a later
 * tacit_receive() brings it in.  NOT_ALLOWED: refused, the sentence says why.
 * USAGE: no link.  WRONG_RELAY: it is for another relay.  KEY_CHANGED: no admin
 * has the key that the link names.
 */
enum tacit_code tacit_group_join(struct tacit *t, const struct tacit_join *how,
    tacit_group_fn *show, void *arg, struct tacit_error *e);

/*
 * For who has no profile yet: the link of the relay that a link into a group
 * names, to register with.  USAGE: it is no such link.
 */
enum { TACIT_RELAY_LINK_BYTES = 400 };
enum tacit_code tacit_group_link_relay(const char *link,
    char relay[TACIT_RELAY_LINK_BYTES], struct tacit_error *e);

struct tacit_log_entry {
	uint64_t index;
	const char *damage;     /* what is wrong with what is kept here; NULL */
	const char *hash;       /* of the body, hex; empty when there is none */
	const char *author;     /* as it says itself; empty: it is no entry */
	const char *author_key; /* account key, hex, or empty */
	uint32_t device;
	int64_t at_ms;
	const char *act; /* "create", "add", "remove", "leave", "role", ... */
	const char *const *subjects; /* accounts */
	const char *const *roles;    /* one per subject, or NULL: no roles */
	size_t subjects_count;
	const char *detail;      /* name, role or label; NULL: none */
	const char *link;        /* made, revoked or used, hex; NULL: none */
	const char *who_may_add; /* settings: "admins", "members"; else NULL */
	uint64_t timer_s;        /* settings: messages last so long; 0: ever */
	const char *sealed_by;   /* id of the log key, hex; NULL: not sealed */
	bool new_seal;           /* by another than the entry before named */
	const char *next_key;    /* hex: seals what follows; NULL: as before */
	bool effective;          /* its author had the right */
	const char *why_not;     /* when not effective */
	const char *unproven;    /* why nobody knows who wrote it; or NULL */
	bool verified;           /* chain and signature were checked just now */
};
typedef bool tacit_log_fn(const struct tacit_log_entry *entry, void *arg);

/* What the entries that were shown amount to. */
struct tacit_log_summary {
	uint64_t entries;
	uint64_t without_effect;
	uint64_t unproven; /* of those: nobody knows who wrote them */
	uint64_t damaged;
	bool verified;    /* every signature was checked just now */
	const char *head; /* hex; as the group's record has it */
};

struct tacit_log {
	const char *group;
	bool verify; /* every hash and signature again */
	tacit_log_fn *show;
	/* At the end, unless show() stopped before.  May be NULL. */
	void (*sum_up)(const struct tacit_log_summary *sum, void *arg);
	void *arg;
};
/*
 * The signed log of a group, entry by entry.  DAMAGED: what is kept here is not
 * what was taken in; all of it was shown, the damaged entries as such.
 */
enum tacit_code tacit_group_log(
    struct tacit *t, const struct tacit_log *how, struct tacit_error *e);

#endif
