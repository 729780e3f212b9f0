/*
 * request_chain.c - append-only lists, and being told of appends (protocol.md
 * 6).
 *
 * The relay knows nothing of a chain but its id, its entries' order and who may
 * append; groups stand on it.
 */
#include <stdlib.h>

#include "relay/call.h"

enum {
	FOLLOWS_MAX = 4 * LIMIT_CHAIN_READS, /* chains per connection */
	CHECK_MS = 60 * 1000,
	CHECK_CHAINS = 32, /* in that time; who follows more waits longer */
	CHAINS_PER_REQUEST = 8, /* more are counted as more requests */
};

static void
appended(struct call *c)
{
	struct reply r = { .kind = REPLY_CHAIN_APPENDED };

	switch ((int)c->op.status) {
	case STATUS_OK:
	case STATUS_EXISTS:
		r.u.chain_length = c->op.u.append.length;
		call_reply(c, &r);
		return;
	case STATUS_CONFLICT:
		call_refuse(c, ERROR_CHAIN_TAKEN,
		    "Another entry stands there, or none before it.", 0);
		return;
	case STATUS_DENIED:
		call_refuse(c, ERROR_DENIED, "The write token is wrong.", 0);
		return;
	case STATUS_FULL:
		call_refuse(c, ERROR_FULL, "The chain is full.", 0);
		return;
	default:
		call_fail(c, c->op.status);
	}
}

/* Entries are never deleted, and anyone may begin a chain. */
static uint32_t
tokens_for(struct bytes entry)
{
	enum { TOKEN_BYTES = 1024 };

	return 1 + (uint32_t)(entry.len / TOKEN_BYTES);
}

void
request_chain_append(struct call *c)
{
	struct session *s = c->session;

	if (!call_may_store(c) || !call_take_rate(c, s->env->common->appends,
				      account_name_bytes(&s->who.account),
				      tokens_for(c->request.u.append.entry)))
		return;
	c->op.u.append.append = c->request.u.append;
	call_submit(c, STORAGE_CHAIN_APPEND, appended);
}

static struct follow *
find_follow(struct session *s, const struct chain_id *chain)
{
	struct follow *f = s->follows.list;

	while (f != NULL &&
	       !bytes_equal(BYTES_OF(f->watch.chain.raw), BYTES_OF(chain->raw)))
		f = f->next;
	return f;
}

static void read_lengths(struct session *s);

/* Tell of every chain that is longer than the last time. */
static void
lengths_read(struct call *c)
{
	struct session *s = c->session;

	s->follows.reading = false;
	for (size_t i = 0;
	     c->op.status == STATUS_OK && i < c->op.u.chain_read.count; i++) {
		const struct chain_tail *tail = &c->op.u.chain_read.tails[i];
		struct follow *f = find_follow(s, &tail->chain);
		struct reply r = { .kind = REPLY_CHAIN_CHANGED };

		if (f == NULL || tail->length <= f->length)
			continue;
		f->length = tail->length;
		r.u.chain_changed.chain = tail->chain;
		r.u.chain_changed.length = tail->length;
		session_say(s, &r);
	}
	read_lengths(s); /* of which a wake-up came meanwhile */
	call_end(c);
}

static size_t
take_dirty(struct session *s, struct chain_position *positions)
{
	size_t count = 0;

	for (struct follow *f = s->follows.list;
	     f != NULL && count < LIMIT_CHAIN_READS; f = f->next) {
		if (!f->dirty)
			continue;
		f->dirty = false;
		positions[count].chain = f->watch.chain;
		positions[count++].from = f->length;
	}
	return count;
}

static bool
has_dirty(const struct session *s)
{
	const struct follow *f = s->follows.list;

	while (f != NULL && !f->dirty)
		f = f->next;
	return f != NULL;
}

/* Look how long the chains are of which a wake-up came. */
static void
read_lengths(struct session *s)
{
	struct chain_position *positions;
	struct call *c;

	if (s->follows.reading || !has_dirty(s))
		return;
	if (call_new(s, &c) != STATUS_OK) {
		session_end(s);
		return;
	}
	positions =
	    arena_take_array(c->arena, LIMIT_CHAIN_READS, sizeof(*positions));
	if (positions == NULL) {
		session_end(s);
		call_end(c);
		return;
	}
	c->op.u.chain_read.positions = positions;
	c->op.u.chain_read.count = take_dirty(s, positions);
	s->follows.reading = true;
	call_submit(c, STORAGE_CHAIN_READ, lengths_read);
}

static void
wake(struct storage_watch *w)
{
	struct session *s = w->owner;
	struct follow *f = find_follow(s, &w->chain);

	f->dirty = true;
	read_lengths(s);
}

/*
 * Behind the hints, which may be lost, stands a slow look at everything; not so
 * often that thousands of connections with many chains keep storage at it.
 */
void
follows_tick(struct session *s)
{
	struct follows *all = &s->follows;
	int64_t every_ms =
	    CHECK_MS * (1 + (int64_t)(all->count / CHECK_CHAINS));

	if (s->env->mono_ms - all->checked_ms >= every_ms) {
		all->checked_ms = s->env->mono_ms;
		for (struct follow *f = all->list; f != NULL; f = f->next)
			f->dirty = true;
	}
	read_lengths(s);
}

void
follows_stop(struct session *s)
{
	s->weight -= s->follows.count * sizeof(struct follow);
	s->env->held_bytes -= s->follows.count * sizeof(struct follow);
	while (s->follows.list != NULL) {
		struct follow *f = s->follows.list;

		s->follows.list = f->next;
		storage_unwatch(&f->watch);
		free(f);
	}
	s->follows.count = 0;
}

static enum status
follow_chain(struct session *s, const struct chain_id *chain)
{
	struct follow *f;

	if (find_follow(s, chain) != NULL)
		return STATUS_OK;
	if (s->follows.count == FOLLOWS_MAX)
		return STATUS_FULL;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return STATUS_NOMEM;
	f->watch.wake = wake;
	f->watch.owner = s;
	f->watch.is_chain = true;
	f->watch.chain = *chain;
	f->next = s->follows.list;
	s->follows.list = f;
	s->follows.count++;
	s->weight += sizeof(*f);
	s->env->held_bytes += sizeof(*f);
	storage_watch(s->env->port, &f->watch);
	return STATUS_OK;
}

static void
tails_read(struct call *c)
{
	struct session *s = c->session;
	struct reply r = { .kind = REPLY_CHAIN_TAILS };

	if (c->op.status != STATUS_OK) {
		call_fail(c, c->op.status);
		return;
	}
	r.u.tails.tails = c->op.u.chain_read.tails;
	r.u.tails.count = c->op.u.chain_read.count;
	/* What is told here need not be told again as a change. */
	for (size_t i = 0; i < r.u.tails.count; i++) {
		struct follow *f = find_follow(s, &r.u.tails.tails[i].chain);

		if (f != NULL && f->length < r.u.tails.tails[i].length)
			f->length = r.u.tails.tails[i].length;
	}
	call_reply(c, &r);
}

/* Watching begins before the read, so that no append falls between. */
void
request_chain_read(struct call *c)
{
	const struct chain_position *positions =
	    c->request.u.chain_read.positions;
	size_t count = c->request.u.chain_read.count;

	session_count_requests(c->session, count / CHAINS_PER_REQUEST);
	for (size_t i = 0; c->request.u.chain_read.follow && i < count; i++) {
		enum status st = follow_chain(c->session, &positions[i].chain);

		if (st == STATUS_FULL) {
			call_refuse(c, ERROR_FULL,
			    "This connection follows too many chains.", 0);
			return;
		}
		if (st != STATUS_OK) {
			call_fail(c, st);
			return;
		}
	}
	c->op.u.chain_read.positions = positions;
	c->op.u.chain_read.count = count;
	call_submit(c, STORAGE_CHAIN_READ, tails_read);
}
