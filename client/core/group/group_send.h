/* group_send.h - one message to a group: group_send.c and group_audience.c. */
#ifndef TACIT_CLIENT_CORE_GROUP_SEND_H
#define TACIT_CLIENT_CORE_GROUP_SEND_H

#include "client/core/group/group_internal.h"
#include "store/client/outbox.h"

/* What one send works on. */
struct group_send {
	struct step *s;
	struct outbox_row *row;
	struct group_record g;
	struct roster *r;
	const struct outbox_recipient *recipients;
	struct outbox_recipient *fresh; /* the same, while it is made */
	size_t count;
	size_t left_out;                 /* of them: named, and sent nothing */
	const struct account_name *gone; /* without an account at the relay */
	size_t gone_count;
	struct account_name *needed;
	size_t needed_max;
	size_t needed_count;
};

/* The row stays as it is, and says to the user why: st, or NOMEM. */
[[gnu::format(printf, 3, 4)]] enum status group_stay(
    struct group_send *x, enum status st, const char *format, ...);

/*
 * Whom the last message went to, if nothing has changed since: then no member
 * has to be looked at, and there is no key to hand out.  NOT_FOUND otherwise.
 */
enum status group_same_audience(struct group_send *x);

/*
 * Name every account whose list or sessions are missing, in x->needed.  AGAIN:
 * there are some.  UNTRUSTED: the row says of whom.
 */
enum status group_check_members(struct group_send *x);

/*
 * Whom it goes to, with our key for those who lack it; a new key if due.
 * CLOSED: all others are gone.
 */
enum status group_find_audience(struct group_send *x);

#endif
