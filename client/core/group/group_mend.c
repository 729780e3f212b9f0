#include "client/core/group/group_mend.h"

#include <string.h>

#include "base/log.h"
#include "base/wipe.h"
#include "client/core/error.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"

enum { MEND_ENTRIES = 64 }; /* a pass; the next drain goes on */

/* NOT_FOUND: there is one among them that brought another key. */
static enum status
check_keys(struct step *s, const struct group_record *g, uint64_t from)
{
	struct arena *a = NULL; /* for one entry at a time */
	enum status st = arena_new(STEP_ARENA_BYTES, &a);

	for (uint64_t i = from; st == STATUS_OK && i < g->length; i++) {
		struct group_entry_body body;
		struct group_entry entry;
		struct buf *kept = NULL;
		enum roster_proof proof;

		arena_reset(a);
		st = group_entry_load(s, &g->id, i, &kept, &proof);
		if (st == STATUS_OK)
			st = group_get_entry(buf_view(kept), a, &entry);
		if (st == STATUS_OK)
			st = group_get_body(entry.body, a, &body);
		/* What does not decode stands there as nobody's entry. */
		if (st == STATUS_BAD_INPUT ||
		    (st == STATUS_OK &&
			(body.has_next_key || body.type == ENTRY_LEAVE)))
			st = STATUS_NOT_FOUND;
		buf_free(kept);
	}
	arena_free(a);
	return st;
}

/* The entry at `index` for its place; `sealed` is owned.  NOT_FOUND: none. */
static enum status
seal_entry(struct step *s, const struct hash *group, uint64_t index,
    struct chain_append *append, struct buf **sealed)
{
	struct group_secret secret = { 0 };
	struct buf *kept = NULL;
	enum roster_proof proof;
	struct group_record g;
	enum status st = group_get(s->txn, group, &g);

	if (st == STATUS_OK && (g.standing != GROUP_MEMBER || g.log_key_stale ||
				   index >= g.length))
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = check_keys(s, &g, index);
	if (st == STATUS_OK)
		st = group_secret_get(s->txn, group, &g.log_key, &secret);
	if (st == STATUS_OK)
		st = group_entry_load(s, group, index, &kept, &proof);
	if (st == STATUS_OK)
		st = group_entry_seal(
		    &secret, &g.chain, index, buf_view(kept), sealed);
	if (st == STATUS_OK) {
		memset(append, 0, sizeof(*append));
		append->chain = g.chain;
		append->index = index;
		append->entry = buf_view(*sealed);
		append->token = secret.token;
	}
	group_secret_clear(&secret);
	buf_free(kept);
	return st;
}

/* *done: nothing more can be put back. */
static enum tacit_code
mend_one(struct courier *c, const struct hash *group, uint64_t index,
    int64_t deadline_ms, bool *done, struct tacit_error *e)
{
	struct chain_append append;
	struct buf *sealed = NULL;
	struct step s;
	enum tacit_code code;
	enum status st = step_begin(courier_core(c), DB_READ, &s);

	*done = true;
	if (st != STATUS_OK)
		return error_status(e, st);
	st = seal_entry(&s, group, index, &append, &sealed);
	step_abort(&s);
	if (st == STATUS_NOT_FOUND)
		return error_clear(e);
	if (st != STATUS_OK)
		return error_status(e, st);
	code = group_append(c, &append, deadline_ms, done, e);
	/* Taken by another's, denied, or not now: it stays as it is. */
	if (code != TACIT_DONE && (*done || e->retry_after_ms > 0)) {
		*done = true;
		code = error_clear(e);
	}
	wipe(&append, sizeof(append));
	buf_free(sealed);
	return code;
}

enum tacit_code
group_mend(struct courier *c, const struct hash *group, uint64_t from,
    int64_t deadline_ms, struct tacit_error *e)
{
	enum tacit_code code = error_clear(e);
	bool done = false;
	uint64_t i = 0;

	for (; code == TACIT_DONE && !done && i < MEND_ENTRIES; i++)
		code = mend_one(c, group, from + i, deadline_ms, &done, e);
	log_event(LOG_LEVEL_INFO, "group-log-mended", "entries=%llu",
	    (unsigned long long)(done && i > 0 ? i - 1 : i));
	return code;
}
