/*
 * handle.h - the inside of struct tacit, for api_*.c alone.
 *
 * api_*.c turn the strings of tacit.h into steps and courier calls, and what
 * comes out into borrowed strings; they decide nothing about messages.
 */
#ifndef TACIT_CLIENT_CORE_HANDLE_H
#define TACIT_CLIENT_CORE_HANDLE_H

#include "client/core/core.h"
#include "client/core/error.h"
#include "client/core/tacit.h"
#include "client/core/uplink/socks.h"
#include "proto/link.h"

struct tacit {
	struct core core;
	char *dir; /* core.dir points here */
	int64_t timeout_ms;
	bool is_open; /* by tacit_open(): there is something to look after */
	struct proxy proxy; /* core.proxy points here, if there is one */
	/* Lent out by tacit_status(). */
	char relay[LIMIT_HOST_BYTES + 16];
	char relay_pin[64];
	char relay_link[LIMIT_LINK_BYTES + 1];
};

/*
 * tacit_open() in two halves, for what looks at a profile that does not open:
 * a handle with nothing open, then whatever can be opened.  After a failure of
 * the second one *t is to be closed all the same.
 */
enum tacit_code handle_make(const struct tacit_options *options,
    struct tacit **t, struct tacit_error *e);
enum tacit_code handle_open(const struct tacit_options *options,
    struct tacit *t, struct tacit_error *e);

/* On clock_mono_ms(): when a call that begins now has to be over. */
int64_t handle_deadline(const struct tacit *t);

/* Fills in t->relay and t->relay_pin. */
void handle_describe_relay(struct tacit *t);

/*
 * The account that `text` means: an account name known or not, else the alias
 * of a contact.  BAD_INPUT: neither a name nor an alias.
 */
enum status handle_find_account(
    struct step *s, const char *text, struct account_name *name);

/* The id of a group by name or id; NOT_FOUND. */
enum tacit_code handle_find_group(
    struct tacit *t, const char *group, struct hash *id, struct tacit_error *e);

/* For acts on groups: connected, mailbox and logs read.  *c is owned. */
struct courier;
enum tacit_code handle_connect_and_drain(struct tacit *t, int64_t deadline_ms,
    struct courier **c, struct tacit_error *e);

/* What group_find() said about `group`, as the user is told of it. */
enum tacit_code handle_explain_group(
    enum status st, const char *group, struct tacit_error *e);

#endif
