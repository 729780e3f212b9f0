/*
 * tacit_device.h - the part of tacit.h about devices: which an account has,
 * and how one that was lost is not a lost account.
 */
#ifndef TACIT_DEVICE_H
#define TACIT_DEVICE_H

#include "tacit.h"

/*
 * Whether a profile can begin in options->dir, or what was begun go on, by
 * tacit_register_with(), or by tacit_recover() if `recover`: to be asked before
 * the user is.  dir and passphrase count; nothing is made or changed.
 *
 * DONE: nothing is there, or what did not finish.  EXISTS: a profile is.
 * PASSPHRASE: something is that does not open with this.
 */
enum tacit_code tacit_may_begin(
    const struct tacit_options *options, bool recover, struct tacit_error *e);

/*
 * tacit_register() with a recovery key: whoever has it can take the account,
 * and without it nobody can when the profile is lost.  It is shown once, when
 * it is on disk and before the relay hears of the account; an answer of false
 * ends the registration there, which can be taken up again and shows the same
 * key. `key` is borrowed for the call, a secret of text in 14 groups.
 */
struct tacit_registration {
	bool (*show_recovery)(const char *key, void *arg); /* NULL: none */
	void *arg;
};
enum tacit_code tacit_register_with(const struct tacit_options *options,
    const char *name, const char *link, const struct tacit_registration *how,
    struct tacit **t, struct tacit_error *e);

/*
 * Make a profile in options->dir that is the only device of an account from now
 * on: with its key, without its history, contacts and groups.  The device it
 * had is out, and those who write to it write to this one.  What did not finish
 * is taken up again, with the same arguments.
 *
 *   key  as it was shown; case, spaces and dashes do not matter
 *
 * USAGE: mistyped.  NOT_FOUND: no such account at that relay, or not its
 * recovery key.  EXISTS: there is a profile in that directory.
 */
enum tacit_code tacit_recover(const struct tacit_options *options,
    const char *name, const char *link, const char *key, struct tacit **t,
    struct tacit_error *e);

/* What is known here of the account's recovery key. */
struct tacit_recovery {
	bool has;       /* there is one, as the list in force says */
	bool waits;     /* a change was begun, and may be in force or not */
	bool next_has;  /* after it there is one */
	int64_t set_ms; /* has: by the list of then, of those known here */
};
enum tacit_code tacit_recovery_key(
    struct tacit *t, struct tacit_recovery *is, struct tacit_error *e);

/*
 * Give the account a recovery key, or another one: the one it had opens nothing
 * any more.  The relay is asked first, so that nothing is shown that cannot be
 * put in force; then the key is shown as by tacit_register_with(), and an
 * answer of false changes nothing.  It works when this is DONE.
 *
 * UNREACHABLE: nothing was shown; or, with is->waits of tacit_recovery_key(),
 * the old one works or the new one, and the next call that reaches the relay
 * makes it the new one.
 */
enum tacit_code tacit_recovery_key_new(struct tacit *t,
    const struct tacit_registration *how, struct tacit_error *e);

/* Have none any more.  DONE: also when there was none. */
enum tacit_code tacit_recovery_key_remove(
    struct tacit *t, struct tacit_error *e);

struct tacit_device {
	const char *account;
	uint32_t device;
	const char *fingerprint; /* of its key: 4 groups of 4 hex digits */
	int64_t listed_ms;       /* when the list was signed that named it
				    first, of those known here */
	bool is_this;            /* it is the one of this profile */
};

/*
 * The devices of this account, or of a contact, as the lists say that are known
 * here.  NOT_FOUND: no such contact.
 */
enum tacit_code tacit_devices(struct tacit *t, const char *name,
    void (*each)(const struct tacit_device *d, void *arg), void *arg,
    struct tacit_error *e);

#endif
