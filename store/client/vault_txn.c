/* vault_txn.c - transactions, and the key ring that goes with them. */
#include <stdlib.h>

#include "base/hook.h"
#include "base/log.h"
#include "store/client/vault_private.h"

enum { START_TRIES = 16 };

static enum status
vault_txn_new(struct vault *v, enum db_mode mode, struct vault_txn *parent,
    struct vault_txn **t)
{
	struct vault_txn *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->vault = v;
	fresh->mode = mode;
	fresh->parent = parent;
	*t = fresh;
	return STATUS_OK;
}

static void
vault_txn_free(struct vault_txn *t)
{
	if (t->parent == NULL) {
		buf_clear(t->vault->plain);
		buf_clear(t->vault->packed);
		arena_reset(t->vault->arena);
	}
	keyring_let_go(t->ring);
	vault_held_drop(t);
	free(t);
}

static enum status
vault_txn_try(struct vault *v, enum db_mode mode, struct vault_txn **t)
{
	struct vault_txn *fresh = NULL;
	enum status st = vault_txn_new(v, mode, NULL, &fresh);

	if (st != STATUS_OK)
		return st;
	st = db_txn_begin(v->db, mode, &fresh->txn);
	if (st == STATUS_OK)
		st = vault_ring_follow(fresh);
	if (st == STATUS_OK)
		*t = fresh;
	else
		vault_txn_abort(fresh);
	return st;
}

enum status
vault_txn_start(struct vault *v, enum db_mode mode, struct vault_txn **t)
{
	enum status st = vault_txn_try(v, mode, t);

	for (int i = 0; st == STATUS_AGAIN && i < START_TRIES; i++)
		st = vault_txn_try(v, mode, t);
	if (st != STATUS_AGAIN && st != STATUS_CONFLICT)
		return st;
	log_event(
	    LOG_LEVEL_ERROR, "vault-keys-of-another-time", "dir=%s", v->dir);
	return STATUS_CONFLICT;
}

enum status
vault_txn_begin(struct vault *v, enum db_mode mode, struct vault_txn **t)
{
	enum status st = vault_txn_start(v, mode, t);

	/* Once open it is damage: nothing that is tried again helps. */
	return st == STATUS_CONFLICT ? STATUS_CRYPTO : st;
}

enum status
vault_txn_begin_nested(struct vault_txn *parent, struct vault_txn **t)
{
	struct vault_txn *fresh = NULL;
	enum status st = vault_held_settle(parent);

	if (st == STATUS_OK)
		st = vault_txn_new(parent->vault, parent->mode, parent, &fresh);
	if (st == STATUS_OK)
		st = db_txn_begin_nested(parent->txn, &fresh->txn);
	if (st == STATUS_OK) {
		fresh->ring = keyring_hold(parent->ring);
		*t = fresh;
	} else {
		free(fresh);
	}
	return st;
}

static enum status
vault_txn_commit_nested(struct vault_txn *t)
{
	enum status st = db_txn_commit(&t->txn);

	if (st == STATUS_OK)
		vault_held_drop(t->parent);
	if (st == STATUS_OK && t->ring_changed) {
		keyring_let_go(t->parent->ring);
		t->parent->ring = keyring_hold(t->ring);
		t->parent->ring_changed = true;
	}
	vault_txn_free(t);
	return st;
}

/* Once more the lock of writers, under which the file is tidied. */
static void
vault_txn_tidy(struct vault *v)
{
	struct vault_txn *t = NULL;
	enum status st = vault_txn_start(v, DB_WRITE, &t);

	if (st == STATUS_OK)
		vault_txn_abort(t);
}

static enum status
vault_txn_commit_ring(struct vault_txn *t)
{
	struct vault *v = t->vault;
	enum status st = vault_ring_before_commit(t);

	if (st != STATUS_OK) {
		vault_txn_abort(t);
		return st;
	}
	hook_reach("ring-commit-before");
	st = db_txn_commit(&t->txn);
	hook_reach("ring-commit-after");
	if (st == STATUS_OK)
		vault_ring_after_commit(v, t->ring);
	vault_txn_free(t);
	if (st == STATUS_OK && v->untidy)
		vault_txn_tidy(v);
	return st;
}

enum status
vault_txn_commit(struct vault_txn **t)
{
	struct vault_txn *ending = *t;
	enum status st;

	*t = NULL;
	st = vault_held_settle(ending);
	if (st != STATUS_OK) {
		vault_txn_abort(ending);
		return st;
	}
	if (ending->parent != NULL)
		return vault_txn_commit_nested(ending);
	if (ending->ring_changed)
		return vault_txn_commit_ring(ending);
	st = db_txn_commit(&ending->txn);
	vault_txn_free(ending);
	return st;
}

void
vault_txn_abort(struct vault_txn *t)
{
	if (t == NULL)
		return;
	db_txn_abort(t->txn);
	vault_txn_free(t);
}
