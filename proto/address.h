/* address.h - account names and device addresses (protocol.md 3.1). */
#ifndef TACIT_PROTO_ADDRESS_H
#define TACIT_PROTO_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/limits.h"

struct account_name {
	char text[LIMIT_ACCOUNT_NAME_BYTES + 1]; /* NUL-terminated */
};

/* One device of one account.  Device ids count from 1. */
struct address {
	struct account_name account;
	uint32_t device;
};

/*
 * Spec 3.1: "[a-z0-9][a-z0-9._-]{1,31}".  BAD_INPUT otherwise; *name is then
 * untouched.
 */
enum status account_name_parse(struct bytes text, struct account_name *name);

bool account_name_equal(
    const struct account_name *a, const struct account_name *b);
struct bytes account_name_bytes(const struct account_name *name); /* no NUL */
bool address_equal(const struct address *a, const struct address *b);

#endif
