#include "base/status.h"

const char *
status_name(enum status st)
{
	switch (st) {
	case STATUS_OK:
		return "ok";
	case STATUS_AGAIN:
		return "again";
	case STATUS_CLOSED:
		return "closed";
	case STATUS_BAD_INPUT:
		return "bad-input";
	case STATUS_DENIED:
		return "denied";
	case STATUS_NOT_FOUND:
		return "not-found";
	case STATUS_EXISTS:
		return "exists";
	case STATUS_FULL:
		return "full";
	case STATUS_CONFLICT:
		return "conflict";
	case STATUS_UNTRUSTED:
		return "untrusted";
	case STATUS_CRYPTO:
		return "crypto";
	case STATUS_UNREACHABLE:
		return "unreachable";
	case STATUS_WRONG_RELAY:
		return "wrong-relay";
	case STATUS_LOCKED:
		return "locked";
	case STATUS_ROLLED_BACK:
		return "rolled-back";
	case STATUS_NO_SPACE:
		return "no-space";
	case STATUS_NOMEM:
		return "no-memory";
	case STATUS_IO:
		return "io";
	}
	return "unknown";
}
