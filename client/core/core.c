#include "client/core/core.h"

#include "base/clock.h"

/*
 * Another process may have put another device in our place (account_device.h),
 * or signed another list: what is encrypted under this transaction has to be as
 * that one.
 */
static enum status
refresh_self(struct core *core, struct vault_txn *t)
{
	struct self now;
	enum status st;

	if (core->self.state != SELF_REGISTERED)
		return STATUS_OK;
	st = self_get(t, &now);
	if (st == STATUS_OK &&
	    (now.address.device != core->self.address.device ||
		now.list.version != core->self.list.version))
		core->self = now;
	self_clear(&now);
	return st;
}

enum status
step_begin(struct core *core, enum db_mode mode, struct step *s)
{
	struct step fresh = { .core = core, .now_ms = clock_wall_ms() };
	enum status st = arena_new(STEP_ARENA_BYTES, &fresh.arena);

	if (st != STATUS_OK)
		return st;
	st = vault_txn_begin(core->vault, mode, &fresh.txn);
	if (st != STATUS_OK) {
		arena_free(fresh.arena);
		return st;
	}
	if (mode == DB_WRITE)
		st = refresh_self(core, fresh.txn);
	if (st != STATUS_OK) {
		vault_txn_abort(fresh.txn);
		arena_free(fresh.arena);
		return st;
	}
	fresh.owns_arena = true;
	*s = fresh;
	return STATUS_OK;
}

enum status
step_nest(struct step *outer, struct step *inner)
{
	struct step fresh = *outer;
	enum status st = vault_txn_begin_nested(outer->txn, &fresh.txn);

	if (st != STATUS_OK)
		return st;
	fresh.owns_arena = false;
	*inner = fresh;
	return STATUS_OK;
}

static void
step_end(struct step *s)
{
	s->txn = NULL;
	if (s->owns_arena)
		arena_free(s->arena);
	s->arena = NULL;
	s->owns_arena = false;
}

enum status
step_commit(struct step *s)
{
	enum status st = vault_txn_commit(&s->txn);

	step_end(s);
	return st;
}

void
step_abort(struct step *s)
{
	vault_txn_abort(s->txn);
	step_end(s);
}
