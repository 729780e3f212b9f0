/*
 * account.h - how a profile comes to be: keys made and kept before the relay
 * hears of them, a name taken, prekeys looked after (protocol.md 3, 4.2, 4.5).
 */
#ifndef TACIT_CLIENT_CORE_ACCOUNT_H
#define TACIT_CLIENT_CORE_ACCOUNT_H

#include "client/core/core.h"
#include "client/core/tacit.h"
#include "client/core/uplink/uplink.h"

enum {
	PREKEYS_FULL = 100, /* one-time prekeys wanted at the relay */
	PREKEYS_LOW = 25,   /* below this they are filled up */
	/* A relay that says it has none for ever does not fill our disk. */
	PREKEYS_KEPT_MAX = 10000,
};

/*
 * Make the keys and the first device list of `name` at `relay`, with prekeys,
 * in this step: into the store and *self, state SELF_UNFINISHED.  With
 * `recovery`, a recovery key too, which stands there until the name is taken.
 */
enum status account_make(struct step *s, const struct account_name *name,
    const struct link *relay, bool recovery, struct self *self);

/* Signs self->list as it stands, into self.  NOMEM. */
enum status account_sign_list(struct self *self);

/* Self's device, and no other, onto self->list. */
void account_list_device(struct self *self);

/* The first prekeys of self, not yet published, in this step. */
enum status account_make_prekeys(struct step *s, const struct self *self);

/* The same keys under another name or relay: the list is signed anew. */
enum status account_rename(struct step *s, const struct account_name *name,
    const struct link *relay, struct self *self);

/*
 * Take the name at the relay and publish prekeys there, with the keys of
 * core->self; then the profile is SELF_REGISTERED, durably.
 */
enum tacit_code account_register(
    struct core *core, int64_t deadline_ms, struct tacit_error *e);

/*
 * The relay has core->self: from here on it is registered, and what was kept
 * for that alone is gone.  `u` is where it said so.
 */
enum status account_finish(struct core *core, const struct uplink *u);

/*
 * Prekeys at the relay: publish what is not there yet, fill up when few are
 * left, change the signed one when it is due, forget old private halves.
 *
 *   state  what the relay said it holds; updated
 *   whole  compare the digest too, and publish all when it differs
 */
enum tacit_code account_keep_prekeys(struct core *core, struct uplink *u,
    struct prekey_state *state, bool whole, int64_t deadline_ms,
    struct tacit_error *e);

/*
 * The same in passing: a relay that says when to try again, since it takes
 * nothing for now, is no reason not to fetch mail from it.
 */
enum tacit_code account_refresh_prekeys(struct core *core, struct uplink *u,
    struct prekey_state *state, bool whole, int64_t deadline_ms,
    struct tacit_error *e);

/* Whether the relay holds other prekeys than it should.  NOMEM, IO. */
enum status account_prekeys_differ(
    struct core *core, const struct prekey_state *state, bool *differ);

#endif
