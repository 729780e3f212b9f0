/* people.h - accounts with keys and a signed device list, for tests. */
#ifndef TACIT_TESTS_SUPPORT_PEOPLE_H
#define TACIT_TESTS_SUPPORT_PEOPLE_H

#include "proto/devices.h"
#include "proto/group.h"

struct person {
	struct address address;
	struct sign_public account_key;
	struct sign_secret account_secret;
	struct sign_public device_key;
	struct sign_secret device_secret;
	struct buf *list_body;
	struct signature list_signature;
};

/* Aborts the test when out of memory. */
void person_make(struct person *p, const char *name);
void person_clear(struct person *p);
struct signed_list person_list(const struct person *p);

/* A GroupEntry by `p`: author fields are filled in, the body signed. */
struct buf *person_entry(
    const struct person *p, struct group_entry_body body, struct hash *hash);

#endif
