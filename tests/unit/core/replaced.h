/* replaced.h - an account has another device, and others learn of it. */
#ifndef TACIT_TESTS_UNIT_CORE_REPLACED_H
#define TACIT_TESTS_UNIT_CORE_REPLACED_H

#include "client/core/account_device.h"
#include "client/core/group/group.h"
#include "store/client/repairs.h"
#include "tests/unit/core/cores.h"

/*
 * Another device of p, on the list that follows; its old one is out, whose keys
 * are given back.  What p knows stays, as after the repair of an old copy.
 */
static inline struct self
replace_device(struct party *p)
{
	struct self before = p->core.self;
	struct signed_list list = self_signed_list(&before);
	struct device_list opened;
	struct step s = begin(p);

	assert_status(STATUS_OK, device_list_open(list, &opened));
	assert_status(STATUS_OK, list_put(s.txn, &opened, &list));
	assert_status(STATUS_OK, ratchets_forget(s.txn));
	assert_status(STATUS_OK, account_make_next(&s, list, &p->core.self));
	assert_status(STATUS_OK, self_put(s.txn, &p->core.self));
	assert_status(STATUS_OK, account_make_prekeys(&s, &p->core.self));
	commit(&s);
	return before;
}

/* Another device of p's account, in a profile that knows nothing else. */
static inline void
recover_device(struct party *p)
{
	struct signed_list list = self_signed_list(&p->core.self);
	struct master_key *key = NULL;
	struct party fresh = { .core.self = p->core.self };
	struct step s;

	fresh.dir = scratch_dir_new();
	assert_non_null(fresh.dir);
	fresh.core.dir = fresh.dir;
	assert_status(STATUS_OK, keyslots_create(fresh.dir, BYTES_NONE, &key));
	assert_status(STATUS_OK, vault_open(fresh.dir, key, &fresh.core.vault));
	assert_status(STATUS_OK, ratchet_new(&fresh.core.ratchet));
	s = begin(&fresh);
	assert_status(STATUS_OK, account_make_next(&s, list, &fresh.core.self));
	fresh.core.self.recovered_ms = s.now_ms;
	fresh.core.self.state = SELF_REGISTERED;
	assert_status(STATUS_OK, self_put(s.txn, &fresh.core.self));
	assert_status(STATUS_OK, account_make_prekeys(&s, &fresh.core.self));
	commit(&s);
	group_cache_free(p->core.groups);
	party_end(p);
	*p = fresh;
}

/* p has the list of `of`. */
static inline void
learn(struct party *p, struct party *of)
{
	struct step s = begin(p);
	struct contact c;

	assert_status(
	    STATUS_OK, peers_take_list(&s, &of->core.self.address.account,
			   self_signed_list(&of->core.self), &c));
	commit(&s);
}

#endif
