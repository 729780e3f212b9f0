/*
 * core.h - what every step of the client stands on.
 *
 * A step is one transaction at one time.  Everything that decides (peers,
 * pair, messenger, group_*) is handed a step and returns; it neither waits nor
 * talks to the relay.  Everything that waits (uplink, courier, group_act) runs
 * no step of its own but begins and commits them.
 */
#ifndef TACIT_CLIENT_CORE_CORE_H
#define TACIT_CLIENT_CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/core/ratchet/ratchet.h"
#include "proto/arena.h"
#include "store/client/self.h"
#include "store/client/vault.h"

struct proxy; /* client/core/uplink/socks.h */

/* One open profile.  Owned by api_open.c; lives as long as the handle. */
struct core {
	const char *dir;
	struct vault *vault;
	struct ratchet *ratchet;
	struct self self;           /* read at opening; secrets */
	const struct proxy *proxy;  /* of the handle; NULL: none */
	struct group_cache *groups; /* group.h; NULL until first used */
	bool chains_due; /* something came that a chain's tail belongs to */
	/* What the relay's clock said, and when on our clock_mono_ms(); 0: it
	 * was not heard here (clock_trust.h). */
	int64_t relay_ms;
	int64_t relay_heard_ms;
	/* Where the relay says it is now (moved.h); empty: nowhere else. */
	char moved_to[LIMIT_LINK_BYTES + 1];
	/* A call that says itself what becomes of what it composes; 0: none */
	uint64_t call;
};

struct step {
	struct core *core;
	struct vault_txn *txn;
	int64_t now_ms;
	struct arena *arena; /* for what is read in this step */
	bool owns_arena;     /* a nested step lives in its outer one's */
};

/* What is read in one step, at most: a batch of the largest items. */
enum { STEP_ARENA_BYTES = 64 * 1024 * 1024 };

/* Begin a step of its own transaction; ends with one of the other two. */
enum status step_begin(struct core *core, enum db_mode mode, struct step *s);
enum status step_commit(struct step *s); /* ends it, also on failure */
void step_abort(struct step *s);         /* harmless after an end */

/* A nested transaction: what goes wrong inside undoes itself alone. */
enum status step_nest(struct step *outer, struct step *inner);

#endif
