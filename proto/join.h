/* join.h - what a link into a group is made of (protocol.md 10). */
#ifndef TACIT_PROTO_JOIN_H
#define TACIT_PROTO_JOIN_H

#include <stdint.h>

#include "proto/sign.h"

enum { JOIN_ID_BYTES = 16, JOIN_SECRET_BYTES = 32 };

/* Names a link in the group's log; no secret. */
struct join_id {
	uint8_t raw[JOIN_ID_BYTES];
};

/* Whoever knows it may ask to be taken in; the log has its SHA-256. */
struct join_secret {
	uint8_t raw[JOIN_SECRET_BYTES];
};

/* Why a request to be taken in is refused. */
enum join_refusal {
	JOIN_NO_LINK = 1, /* unknown, or the secret is wrong */
	JOIN_REVOKED,
	JOIN_USED_UP,
	JOIN_EXPIRED,
	JOIN_NAME_TAKEN, /* in the group under another key */
	JOIN_PUT_OUT,    /* removed since the link was made */
	JOIN_FULL,
	JOIN_NOT_ADMIN, /* who was asked cannot add; another may */
};
enum { JOIN_REFUSAL_MAX = JOIN_NOT_ADMIN };

#endif
