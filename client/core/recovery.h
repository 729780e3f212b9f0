/*
 * recovery.h - the key on paper that an account is recovered with
 * (protocol.md 3.6).
 *
 * Whoever has it has the account.  It is made once, shown once, and kept by
 * nobody but its owner; what it opens stands on the account's device list.
 */
#ifndef TACIT_CLIENT_CORE_RECOVERY_H
#define TACIT_CLIENT_CORE_RECOVERY_H

#include "base/bytes.h"
#include "base/status.h"
#include "proto/devices.h"

enum {
	RECOVERY_KEY_BYTES = 32,
	RECOVERY_SLOT_BYTES = 32,
	/* 14 groups of 4, dashes between, NUL. */
	RECOVERY_TEXT_BYTES = 14 * 5,
};

/* A secret: its owner calls recovery_key_clear() on every exit. */
struct recovery_key {
	uint8_t raw[RECOVERY_KEY_BYTES];
};

void recovery_key_clear(struct recovery_key *k);

/* For people; the text is as secret as the key. */
void recovery_key_print(
    const struct recovery_key *k, char text[RECOVERY_TEXT_BYTES]);

/*
 * As people type it: case, spaces and dashes do not matter.  BAD_INPUT: too
 * short, too long, another character.  CRYPTO: mistyped, its check is wrong.
 */
enum status recovery_key_parse(struct bytes text, struct recovery_key *k);

/* What proves to the relay who may read the list. */
void recovery_sign_key(const struct recovery_key *k, struct sign_public *public,
    struct sign_secret *secret);

/* What opens the profile on disk. */
void recovery_slot_key(
    const struct recovery_key *k, uint8_t slot[RECOVERY_SLOT_BYTES]);

/* Onto a list that is about to be signed: the public half and the box. */
void recovery_seal(const struct recovery_key *k,
    const struct sign_secret *account_secret, struct device_list *list);

/*
 * Out of the box of a list.  NOT_FOUND: the list has none, or that of another
 * recovery key.  CRYPTO: the box does not open, or holds no key of this
 * account.
 */
enum status recovery_open(const struct recovery_key *k,
    const struct device_list *list, struct sign_secret *account_secret);

#endif
