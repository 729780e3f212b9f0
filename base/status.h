/*
 * status.h - the one result type.
 *
 * A code says what the CALLER does next; what went wrong is in the log, written
 * where it was first seen.  A new code needs a caller that reacts differently.
 */
#ifndef TACIT_BASE_STATUS_H
#define TACIT_BASE_STATUS_H

#define MUST_USE [[nodiscard]]

enum MUST_USE status {
	STATUS_OK,
	STATUS_AGAIN,       /* not an error: feed more bytes or wait */
	STATUS_CLOSED,      /* peer finished in good order: let go of it */
	STATUS_BAD_INPUT,   /* peer broke the protocol: drop the connection */
	STATUS_DENIED,      /* not authenticated, or not theirs: refuse */
	STATUS_NOT_FOUND,   /* no such record */
	STATUS_EXISTS,      /* already done: a retry counts as success */
	STATUS_FULL,        /* quota or limit reached: sender backs off */
	STATUS_CONFLICT,    /* the world moved: read again, then decide */
	STATUS_UNTRUSTED,   /* identity key changed: stop, ask the user */
	STATUS_CRYPTO,      /* MAC or signature is wrong: drop the message */
	STATUS_UNREACHABLE, /* no connection to the relay: keep, try later */
	STATUS_WRONG_RELAY, /* not the relay the link names: do not talk to it
			     */
	STATUS_LOCKED,      /* wrong or missing passphrase */
	STATUS_ROLLED_BACK, /* the profile is an old copy: submit nothing */
	STATUS_NO_SPACE,    /* local disk full: nothing was written */
	STATUS_NOMEM,       /* drop this connection, keep serving others */
	STATUS_IO,          /* system or database failed: abort, report */
};

/* A lower-case name for logs, such as "not-found"; never NULL. */
const char *status_name(enum status st);

#endif
