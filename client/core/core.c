#include "client/core/core.h"

#include "base/clock.h"

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
