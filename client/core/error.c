#include "client/core/error.h"

#include <stdarg.h>
#include <stdio.h>

enum tacit_code
error_clear(struct tacit_error *e)
{
	*e = (struct tacit_error){ .code = TACIT_DONE };
	return TACIT_DONE;
}

enum tacit_code
error_set(struct tacit_error *e, enum tacit_code code, const char *format, ...)
{
	va_list args;

	e->code = code;
	e->retry_after_ms = 0;
	va_start(args, format);
	vsnprintf(e->message, sizeof(e->message), format, args);
	va_end(args);
	return code;
}

enum tacit_code
error_status(struct tacit_error *e, enum status st)
{
	switch (st) {
	case STATUS_OK:
		return error_clear(e);
	case STATUS_BAD_INPUT:
		return error_set(e, TACIT_DAMAGED,
		    "The profile holds something this release cannot read; "
		    "update Tacit or restore a backup.");
	case STATUS_CRYPTO:
		return error_set(e, TACIT_DAMAGED,
		    "The profile is damaged: a record does not open. "
		    "Run `tacit doctor`, or restore a backup.");
	case STATUS_NOT_FOUND:
		return error_set(
		    e, TACIT_NOT_FOUND, "There is nothing of that name here.");
	case STATUS_EXISTS:
		return error_set(e, TACIT_EXISTS, "That exists already.");
	case STATUS_UNTRUSTED:
		return error_set(e, TACIT_KEY_CHANGED,
		    "An account key changed; compare safety numbers with "
		    "`tacit verify`, then `tacit trust`.");
	case STATUS_DENIED:
		return error_set(e, TACIT_NOT_ALLOWED,
		    "You are not allowed to do that here.");
	case STATUS_FULL:
		return error_set(
		    e, TACIT_REFUSED, "A limit is reached; try again later.");
	case STATUS_LOCKED:
		return error_set(e, TACIT_PASSPHRASE,
		    "The passphrase is wrong or missing; give it with "
		    "--passphrase-file.");
	case STATUS_ROLLED_BACK:
		return error_set(e, TACIT_DAMAGED,
		    "This profile is an old copy: the relay knows a newer one. "
		    "Use that one, or let this take its place by `tacit "
		    "doctor`; nothing was sent.");
	case STATUS_UNREACHABLE:
	case STATUS_CLOSED:
	case STATUS_AGAIN:
		return error_set(e, TACIT_UNREACHABLE,
		    "The relay cannot be reached; try again later.");
	case STATUS_WRONG_RELAY:
		return error_set(e, TACIT_WRONG_RELAY,
		    "The relay that answered is not the one the link names; "
		    "ask its operator for the right link.");
	case STATUS_NO_SPACE:
		return error_set(e, TACIT_DISK_FULL,
		    "The disk is full; make room and try again.");
	case STATUS_NOMEM:
		return error_set(
		    e, TACIT_FAILED, "Not enough memory; try again.");
	case STATUS_CONFLICT:
	case STATUS_IO:
		return error_set(e, TACIT_FAILED,
		    "The profile's database could not be used; run again with "
		    "--verbose for the reason.");
	}
	return error_set(e, TACIT_FAILED, "Something unforeseen happened.");
}

/* The code alone decides; the relay's words could be anything. */
enum tacit_code
error_reply(struct tacit_error *e, const struct reply *reply)
{
	enum tacit_code code = TACIT_REFUSED;
	const char *what = "The relay refused; try again later.";

	switch (reply->u.error.code) {
	case ERROR_FULL:
		what = "The relay has no room for this; try again later.";
		break;
	case ERROR_RATE_LIMITED:
		what = "The relay asks to slow down; try again later.";
		break;
	case ERROR_JOIN_REFUSED:
		what = "The relay needs a valid join code; ask its operator "
		       "for a link with one.";
		break;
	case ERROR_TOO_LARGE:
		what = "The relay takes nothing this large; send less.";
		break;
	case ERROR_NAME_TAKEN:
		code = TACIT_EXISTS;
		what = "That name is taken; choose another.";
		break;
	case ERROR_BAD_NAME:
		code = TACIT_USAGE;
		what = "The relay does not accept that name; choose another.";
		break;
	case ERROR_NOT_FOUND:
		code = TACIT_NOT_FOUND;
		what = "The relay knows no such account.";
		break;
	case ERROR_UNAVAILABLE:
		code = TACIT_UNREACHABLE;
		what = "The relay cannot do that now; try again later.";
		break;
	case ERROR_UNSUPPORTED:
		code = TACIT_FAILED;
		what = "The relay does not know that request; one of the two "
		       "needs an update.";
		break;
	case ERROR_REPLACED:
		code = TACIT_UNREACHABLE;
		what = "Another program receives for this account now.";
		break;
	case ERROR_SUSPENDED:
		what = "This account is suspended at the relay; only its "
		       "operator can change that.";
		break;
	case ERROR_NONE:
	case ERROR_EXPIRED:
	case ERROR_BAD_REQUEST:
	case ERROR_NOT_AUTHENTICATED:
	case ERROR_DENIED:
	case ERROR_DEVICES_CHANGED:
	case ERROR_CHAIN_TAKEN:
	case ERROR_LIST_TAKEN:
		break;
	}
	error_set(e, code, "%s", what);
	e->retry_after_ms = reply->u.error.retry_after_ms;
	return code;
}

enum tacit_code
error_login(struct tacit_error *e, enum status st)
{
	if (st == STATUS_DENIED)
		return error_set(e, TACIT_REFUSED,
		    "The relay does not know this device any more; ask its "
		    "operator, or register again in a new profile.");
	if (st == STATUS_FULL)
		return error_set(e, TACIT_REFUSED,
		    "This account is suspended at the relay; only its operator "
		    "can change that.");
	return error_status(
	    e, st == STATUS_BAD_INPUT ? STATUS_UNREACHABLE : st);
}

const char *
error_proxy(enum status st)
{
	if (st == STATUS_DENIED)
		return "The proxy does not let us in; check its user and "
		       "password.";
	if (st == STATUS_BAD_INPUT)
		return "What answers there is no SOCKS5 proxy; check its "
		       "address.";
	return "The proxy does not answer; check its address, and whether it "
	       "runs.";
}

enum tacit_code
error_uplink(struct tacit_error *e, const struct link *to,
    enum uplink_stage stage, enum status st)
{
	const char *what = "does not answer";

	if (stage == UPLINK_PROXY && st != STATUS_OK && st != STATUS_NOMEM)
		return error_set(e, TACIT_UNREACHABLE, "%s", error_proxy(st));
	if (st != STATUS_UNREACHABLE && st != STATUS_CRYPTO &&
	    st != STATUS_BAD_INPUT)
		return error_status(e, st);
	if (stage == UPLINK_DNS)
		what = "has a host name that cannot be resolved";
	else if (st == STATUS_CRYPTO)
		what = "does not speak TLS as it should";
	else if (st == STATUS_BAD_INPUT)
		what = "does not speak this protocol";
	return error_set(e, TACIT_UNREACHABLE,
	    "The relay %s:%u %s; see `tacit check LINK`.", to->host,
	    (unsigned)to->port, what);
}
