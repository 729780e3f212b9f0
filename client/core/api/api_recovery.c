/* api_recovery.c - the recovery key of an account that is there. */
#include "base/random.h"
#include "base/wipe.h"
#include "client/core/account_recovery.h"
#include "client/core/courier/courier.h"
#include "client/core/handle.h"
#include "store/client/repairs.h"

/* Since when the key of `now` has stood on every list without a gap. */
struct looking {
	struct device_list now;
	uint64_t other; /* the highest version below with another, or none */
	bool searches;  /* for that; then for set_ms above it */
	int64_t set_ms;
};

static bool
has_same_key(const struct device_list *a, const struct device_list *b)
{
	return a->has_recovery == b->has_recovery &&
	       bytes_equal(BYTES_OF(a->recovery_key.raw),
		   BYTES_OF(b->recovery_key.raw));
}

static enum status
look_back(const struct signed_list *list, void *arg)
{
	struct looking *l = arg;
	struct device_list older;

	if (device_list_open(*list, &older) != STATUS_OK ||
	    !bytes_equal(BYTES_OF(older.account_key.raw),
		BYTES_OF(l->now.account_key.raw)))
		return STATUS_OK;
	if (l->searches && !has_same_key(&older, &l->now) &&
	    older.version > l->other && older.version < l->now.version)
		l->other = older.version;
	if (!l->searches && has_same_key(&older, &l->now) &&
	    older.version > l->other && older.issued_ms < l->set_ms)
		l->set_ms = older.issued_ms;
	return STATUS_OK;
}

static enum status
find_since(struct step *s, struct looking *l)
{
	enum status st;

	l->searches = true;
	st = lists_each(s->txn, s->arena, look_back, l);
	l->searches = false;
	if (st == STATUS_OK)
		st = lists_each(s->txn, s->arena, look_back, l);
	return st;
}

enum tacit_code
tacit_recovery_key(
    struct tacit *t, struct tacit_recovery *is, struct tacit_error *e)
{
	struct looking l = { .now = t->core.self.list };
	struct step s = { 0 };
	enum status st;

	*is = (struct tacit_recovery){ .has = l.now.has_recovery };
	st = account_recovery_is_due(&t->core, &is->waits, &is->next_has);
	if (st != STATUS_OK || !is->has)
		return error_status(e, st);
	l.set_ms = l.now.issued_ms;
	st = step_begin(&t->core, DB_READ, &s);
	if (st == STATUS_OK)
		st = find_since(&s, &l);
	step_abort(&s);
	is->set_ms = l.set_ms;
	return error_status(e, st);
}

/* Whether the relay takes us for the account's device, and nothing waits. */
static enum tacit_code
ask_relay(struct tacit *t, struct tacit_error *e)
{
	struct courier *c = NULL;
	enum tacit_code code =
	    courier_open(&t->core, handle_deadline(t), &c, e);

	courier_close(c);
	if (code == TACIT_DONE)
		code =
		    account_recovery_catch_up(&t->core, handle_deadline(t), e);
	return code;
}

static enum tacit_code
change(struct tacit *t, const struct recovery_key *key, struct tacit_error *e)
{
	enum status st = account_recovery_prepare(&t->core, key);
	enum tacit_code code;

	if (st == STATUS_EXISTS) /* by another process, just now */
		return error_set(e, TACIT_REFUSED,
		    "Another change of the recovery key is under way; try "
		    "again.");
	code = error_status(e, st);
	if (code == TACIT_DONE)
		code =
		    account_recovery_catch_up(&t->core, handle_deadline(t), e);
	if (code == TACIT_UNREACHABLE)
		return error_set(e, code,
		    "The relay did not say whether the recovery key was "
		    "changed: %s. The next command that reaches it finishes "
		    "the change; `tacit recovery-key` says when.",
		    key != NULL ? "keep the new one and the one before"
				: "keep it");
	return code;
}

static enum tacit_code
show(const struct tacit_registration *how, const struct recovery_key *key,
    struct tacit_error *e)
{
	char text[RECOVERY_TEXT_BYTES];
	bool shown;

	recovery_key_print(key, text);
	shown = how->show_recovery(text, how->arg);
	wipe(text, sizeof(text));
	return shown ? error_clear(e)
		     : error_set(e, TACIT_FAILED,
			   "The recovery key was not taken down; nothing was "
			   "changed.");
}

enum tacit_code
tacit_recovery_key_new(struct tacit *t, const struct tacit_registration *how,
    struct tacit_error *e)
{
	struct recovery_key key;
	enum tacit_code code = ask_relay(t, e);

	if (code != TACIT_DONE)
		return code;
	random_bytes(key.raw, sizeof(key.raw));
	code = show(how, &key, e);
	if (code == TACIT_DONE)
		code = change(t, &key, e);
	recovery_key_clear(&key);
	return code;
}

enum tacit_code
tacit_recovery_key_remove(struct tacit *t, struct tacit_error *e)
{
	enum tacit_code code = ask_relay(t, e);

	if (code == TACIT_DONE && t->core.self.list.has_recovery)
		code = change(t, NULL, e);
	return code;
}
