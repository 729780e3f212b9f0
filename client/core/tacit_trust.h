/*
 * tacit_trust.h - whom one knows, whether it is them, and who may come near:
 * the part of tacit.h, which includes it, that decides about people.
 */
#ifndef TACIT_TRUST_H
#define TACIT_TRUST_H

#include "tacit.h"

struct tacit_contact {
	const char *name;
	const char *alias; /* NULL: none */
	const char *key;   /* account key, hex */
	bool verified;
	bool changed;            /* a new key waits for tacit_trust() */
	const char *pending_key; /* hex, when changed */
	uint32_t devices;
	int64_t first_seen_ms;
	bool blocked;
	uint64_t timer_s; /* messages between us disappear after; 0: never */
};
typedef bool tacit_contact_fn(const struct tacit_contact *c, void *arg);

enum tacit_code tacit_contacts(
    struct tacit *t, tacit_contact_fn *show, void *arg, struct tacit_error *e);
enum tacit_code tacit_contact(struct tacit *t, const char *name,
    tacit_contact_fn *show, void *arg, struct tacit_error *e);
/* An empty alias removes it. */
enum tacit_code tacit_contact_rename(struct tacit *t, const char *name,
    const char *alias, struct tacit_error *e);
enum tacit_code tacit_contact_remove(
    struct tacit *t, const char *name, struct tacit_error *e);
/*
 * Block somebody, or no more.  What a blocked account writes to us alone, and
 * its invitations, are dropped without a word, and nothing can be sent to it;
 * in groups its messages are kept and not shown.  *changed: it was not so.
 */
enum tacit_code tacit_contact_block(struct tacit *t, const char *name,
    bool block, bool *changed, struct tacit_error *e);

struct tacit_relay {
	const char *relay;    /* host:port */
	const char *link;     /* what one would give to somebody else */
	const char *moved_to; /* a link; NULL: the relay says nothing such */
	bool reached;         /* it answered just now */
};
/* With `ask`: contact the relay.  What is borrowed lives as long as t. */
enum tacit_code tacit_relay(struct tacit *t, bool ask,
    struct tacit_relay *relay, struct tacit_error *e);
/*
 * Where the relay said it is now, when it was last contacted through this
 * handle: a link, by its pinned identity.  NULL: it said nothing such.
 */
const char *tacit_moved_to(const struct tacit *t);
/*
 * Use another relay from now on.  It is connected to, and we prove who we are;
 * a relay that does not know the account registers it under the same keys, with
 * the link's join code.  *registered: it did.  Only then anything changes here.
 *
 * USAGE: no link.  EXISTS: somebody else has the name there.  REFUSED.
 */
enum tacit_code tacit_relay_set(
    struct tacit *t, const char *link, bool *registered, struct tacit_error *e);

/* What a stranger wants, while the policy is `contacts`. */
struct tacit_request {
	const char *name;
	const char *key;      /* account key, hex */
	uint64_t messages;    /* kept, and not shown */
	uint64_t invitations; /* to groups */
	int64_t first_ms;
	int64_t last_ms;
};
typedef bool tacit_request_fn(const struct tacit_request *r, void *arg);

/* *dropped: how many messages of strangers there was no room for, ever. */
enum tacit_code tacit_requests(struct tacit *t, tacit_request_fn *show,
    void *arg, uint64_t *dropped, struct tacit_error *e);
/*
 * Whoever asks is a contact from now on; what waited is filed as if it came
 * now, and tacit_receive() shows it.  *count: how much.  NOT_FOUND: nothing
 * waits.
 */
enum tacit_code tacit_request_accept(
    struct tacit *t, const char *name, size_t *count, struct tacit_error *e);
/* What waits is dropped, and nobody told.  NOT_FOUND: nothing waits. */
enum tacit_code tacit_request_refuse(struct tacit *t, const char *name,
    bool block, size_t *count, struct tacit_error *e);

enum { TACIT_SAFETY_NUMBER_DIGITS = 60 };

struct tacit_verify {
	/*
	 * What the other side's safety number is said to be: 60 digits with
	 * spaces and line ends anywhere between them.  NULL: nothing is
	 * compared.
	 */
	const char *compare;
	bool mark; /* remember that it was compared and is the same */
};
struct tacit_safety_number {
	char digits[TACIT_SAFETY_NUMBER_DIGITS + 1];
	bool verified;
	bool changed; /* it is that of a key which waits for tacit_trust() */
};
/*
 * The safety number with NAME.  While a changed key waits for tacit_trust() it
 * is the number of that key, and marking is KEY_CHANGED.
 *
 * KEY_CHANGED also: `compare` is another number; nothing is marked then.
 * USAGE: `compare` is no safety number.  NOT_FOUND.  *number is filled in
 * whenever there is one.
 */
enum tacit_code tacit_verify(struct tacit *t, const char *name,
    const struct tacit_verify *how, struct tacit_safety_number *number,
    struct tacit_error *e);
/* Accept a changed key; what was quarantined for it is read.  DONE also when
 * there is nothing to accept. */
enum tacit_code tacit_trust(
    struct tacit *t, const char *name, bool *changed, struct tacit_error *e);

#endif
