#include "client/core/group/group_mend.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "client/core/error.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"

void
mending_clear(struct mending *m)
{
	buf_free(m->sealed);
	group_entry_clear(&m->kept);
	wipe(m, sizeof(*m));
}

/*
 * The token that the chain takes for the entry at `index`, and the one that it
 * takes from then on: those of the keys in force before and after it.
 */
static enum status
find_tokens(struct step *s, const struct group_record *g, uint64_t index,
    struct mending *m)
{
	struct group_key_id before =
	    m->kept.is_sealed ? m->kept.sealed_by : m->kept.next_key;
	struct kept_entry earlier = { .row = NULL };
	struct group_secret secret = { 0 };
	enum status st = STATUS_OK;

	if (index > 0) {
		st = group_entry_load(s, g, index - 1, &earlier);
		before = earlier.next_key;
		group_entry_clear(&earlier);
	}
	if (st == STATUS_OK)
		st = group_secret_get(s->txn, g, &before, &secret);
	m->append.token = secret.token;
	if (st == STATUS_OK &&
	    memcmp(&before, &m->kept.next_key, sizeof(before)) != 0) {
		st = group_secret_get(s->txn, g, &m->kept.next_key, &secret);
		m->append.has_new_token = true;
		m->append.new_token = secret.token;
	}
	group_secret_clear(&secret);
	return st;
}

static enum status
seal_again(struct step *s, const struct group_record *g, uint64_t index,
    struct mending *m)
{
	struct group_secret secret = { 0 };
	enum status st =
	    group_secret_get(s->txn, g, &m->kept.sealed_by, &secret);

	if (st == STATUS_OK)
		st = group_entry_seal(&secret, &m->append.chain, index,
		    m->kept.entry, &m->sealed);
	if (st == STATUS_OK)
		m->append.entry = buf_view(m->sealed);
	group_secret_clear(&secret);
	return st;
}

enum status
mending_make(struct step *s, const struct hash *group,
    const struct chain_id *chain, uint64_t index, struct mending *m)
{
	struct group_record g;
	enum status st = group_get(s->txn, group, &g);

	if (st == STATUS_OK && index >= g.length)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_OK)
		st = group_entry_load(s, &g, index, &m->kept);
	if (st != STATUS_OK)
		return st;
	m->append.chain = chain == NULL ? g.chain : *chain;
	m->append.index = index;
	m->append.entry = m->kept.entry;
	st = find_tokens(s, &g, index, m);
	/* What stood there unsealed, or as nobody's entry, stands so again. */
	if (st == STATUS_OK && m->kept.is_sealed)
		st = seal_again(s, &g, index, m);
	return st;
}

/* Wait as long as the relay asks for, if there is time. */
static bool
pause_as_told(const struct tacit_error *e, int64_t deadline_ms)
{
	int64_t left_ms = deadline_ms - clock_mono_ms();

	if (e->retry_after_ms == 0 || left_ms <= 0 ||
	    e->retry_after_ms >= (uint64_t)left_ms)
		return false;
	clock_sleep_ms((int64_t)e->retry_after_ms);
	return true;
}

/*
 * *there: it stands there now.  Refused is no failure: the next drain goes on,
 * but with a chain of our own making, which is for now or never.
 */
static enum tacit_code
put_back(struct courier *c, const struct hash *group,
    const struct chain_id *chain, uint64_t index, int64_t deadline_ms,
    bool *there, struct tacit_error *e)
{
	struct mending m = { 0 };
	struct step s;
	bool moved = false;
	enum tacit_code code;
	enum status st = step_begin(courier_core(c), DB_READ, &s);

	*there = false;
	if (st == STATUS_OK)
		st = mending_make(&s, group, chain, index, &m);
	step_abort(&s);
	code = st == STATUS_NOT_FOUND ? error_clear(e) : error_status(e, st);
	if (st != STATUS_OK)
		goto out;
	do
		code = group_append(c, &m.append, deadline_ms, &moved, e);
	while (code != TACIT_DONE && !moved && chain != NULL &&
	       pause_as_told(e, deadline_ms));
	*there = code == TACIT_DONE;
	/* Taken by another's, denied, or not now: it stays as it is. */
	if (code != TACIT_DONE && (moved || e->retry_after_ms > 0))
		code = error_clear(e);
out:
	mending_clear(&m);
	return code;
}

enum tacit_code
group_mend(struct courier *c, const struct hash *group, uint64_t from,
    int64_t deadline_ms, struct tacit_error *e)
{
	enum tacit_code code = error_clear(e);
	bool there = true;
	uint64_t i = from;

	while (code == TACIT_DONE && there && clock_mono_ms() < deadline_ms) {
		code = put_back(c, group, NULL, i, deadline_ms, &there, e);
		i += there;
	}
	log_event(LOG_LEVEL_INFO, "group-log-mended", "entries=%llu",
	    (unsigned long long)(i - from));
	return code;
}

static enum status
read_length(struct core *core, const struct hash *group, uint64_t *length)
{
	struct group_record g;
	struct step s;
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = group_get(s.txn, group, &g);
	step_abort(&s);
	if (st == STATUS_OK)
		*length = g.length;
	return st;
}

enum tacit_code
group_mend_elsewhere(struct courier *c, const struct hash *group,
    const struct chain_id *chain, int64_t deadline_ms, struct tacit_error *e)
{
	uint64_t length = 0;
	bool there = true;
	enum tacit_code code =
	    error_status(e, read_length(courier_core(c), group, &length));

	for (uint64_t i = 0; code == TACIT_DONE && there && i < length; i++)
		code = put_back(c, group, chain, i, deadline_ms, &there, e);
	if (code == TACIT_DONE && !there)
		return error_set(e, TACIT_FAILED,
		    "the relay takes no more of this group's log for now; try "
		    "again later, perhaps with a longer --timeout");
	return code;
}
