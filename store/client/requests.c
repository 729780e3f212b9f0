#include "store/client/requests.h"

#include <string.h>

#include "base/random.h"
#include "store/client/record.h"
#include "store/client/vault_private.h"

static struct vault_key
prefix_of(struct vault_txn *t, const struct account_name *account)
{
	struct bytes part = account_name_bytes(account);

	return vault_key_hash(t, VAULT_REQUESTS, &part, 1);
}

enum status
requests_state_get(struct vault_txn *t, struct requests_state *s)
{
	struct vault_key key = vault_key_number(VAULT_META_REQUESTS);
	struct bytes plain;
	enum status st = vault_peek(t, VAULT_META, &key, &plain);

	if (st == STATUS_NOT_FOUND) {
		*s = (struct requests_state){ .next = 1 };
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = record_open_requests_state(plain, vault_arena(t), s);
	return st;
}

enum status
requests_state_put(struct vault_txn *t, const struct requests_state *s)
{
	struct vault_key key = vault_key_number(VAULT_META_REQUESTS);
	struct buf *packed = vault_packed(t);
	enum status st = record_pack_requests_state(s, packed);

	if (st == STATUS_OK)
		st = vault_put(t, VAULT_META, &key, buf_view(packed));
	return st;
}

enum status
request_add(struct vault_txn *t, struct request_row *row)
{
	struct requests_state state;
	struct vault_key key;
	struct buf *packed;
	enum status st = requests_state_get(t, &state);

	if (st != STATUS_OK)
		return st;
	row->n = state.next++;
	state.bytes += row->plaintext.len;
	key = vault_key_append(prefix_of(t, &row->account), row->n);
	packed = vault_packed(t);
	st = record_pack_request(row, packed);
	if (st == STATUS_OK)
		st = vault_put(t, VAULT_REQUESTS, &key, buf_view(packed));
	if (st == STATUS_OK)
		st = requests_state_put(t, &state);
	return st;
}

enum status
request_del(struct vault_txn *t, const struct request_row *row)
{
	struct vault_key key =
	    vault_key_append(prefix_of(t, &row->account), row->n);
	struct requests_state state;
	enum status st = vault_del(t, VAULT_REQUESTS, &key);

	if (st == STATUS_OK)
		st = requests_state_get(t, &state);
	if (st != STATUS_OK)
		return st;
	state.bytes -=
	    row->plaintext.len < state.bytes ? row->plaintext.len : state.bytes;
	return requests_state_put(t, &state);
}

/* The record of a cursor's row, copied into the arena. */
static enum status
open_copy(struct bytes plain, struct arena *a, struct request_row *row)
{
	struct bytes copy;
	enum status st = arena_copy(a, plain, &copy);

	return st == STATUS_OK ? record_open_request(copy, a, row) : st;
}

enum status
request_next(struct vault_txn *t, const struct account_name *account,
    uint64_t after, struct arena *a, struct request_row *row)
{
	struct vault_key prefix = prefix_of(t, account);
	struct vault_key from = vault_key_append(prefix, after + 1);
	struct vault_cursor *c = NULL;
	struct buf *value = NULL;
	struct bytes key;
	enum status st =
	    vault_cursor_open(t, VAULT_REQUESTS, &prefix, &from, false, &c);

	if (st == STATUS_OK)
		st = vault_cursor_next(c, &key, &value);
	if (st == STATUS_OK)
		st = open_copy(buf_view(value), a, row);
	buf_free(value);
	vault_cursor_close(c);
	return st;
}

enum status
requests_count(struct vault_txn *t, size_t *count)
{
	return vault_count(t, VAULT_REQUESTS, count);
}

struct request_walk {
	struct vault_txn *t;
	request_each_fn *each;
	void *arg;
};

static enum status
request_show(struct bytes plain, void *arg)
{
	const struct request_walk *walk = arg;
	struct request_row row;
	enum status st = record_open_request(plain, vault_arena(walk->t), &row);

	return st == STATUS_OK ? walk->each(&row, walk->arg) : st;
}

enum status
requests_each(struct vault_txn *t, request_each_fn *each, void *arg)
{
	struct request_walk walk = { t, each, arg };

	return vault_each(t, VAULT_REQUESTS, request_show, &walk);
}

/* Rows of one stranger stand together: the longest run of one prefix. */
struct longest {
	struct vault_key best;
	size_t best_count;
	struct vault_key now;
	size_t now_count;
};

static void
count_key(struct longest *l, struct bytes key)
{
	bool same = l->now_count > 0 &&
		    memcmp(l->now.raw, key.data, VAULT_HASH_BYTES) == 0;

	l->now_count = same ? l->now_count + 1 : 1;
	l->now.len = key.len < sizeof(l->now.raw) ? key.len : 0;
	memcpy(l->now.raw, key.data, l->now.len);
	if (l->now_count > l->best_count) {
		l->best = l->now;
		l->best_count = l->now_count;
	}
}

enum status
requests_greediest(
    struct vault_txn *t, struct arena *a, struct request_row *row)
{
	struct longest l = { .best_count = 0 };
	struct vault_cursor *c = NULL;
	struct bytes key, plain;
	enum status st =
	    vault_cursor_open(t, VAULT_REQUESTS, NULL, NULL, false, &c);

	while (st == STATUS_OK) {
		st = vault_cursor_next(c, &key, NULL);
		if (st == STATUS_OK && key.len >= VAULT_HASH_BYTES)
			count_key(&l, key);
	}
	vault_cursor_close(c);
	if (st != STATUS_NOT_FOUND || l.best_count < 2)
		return st;
	st = vault_peek(t, VAULT_REQUESTS, &l.best, &plain);
	return st == STATUS_OK ? open_copy(plain, a, row) : st;
}

enum {
	CROWD_DAYS = 64, /* twice as many as a request is kept for */
	DAY_MS = 24 * 60 * 60 * 1000,
};

/* How many came on a day, and one of them by lot. */
struct crowd_day {
	int64_t day;
	uint32_t count;
	struct request_row one;
};

struct crowd {
	struct crowd_day days[CROWD_DAYS];
	size_t count;
};

/* A clock that jumped about makes more days than there are: the last is all. */
static struct crowd_day *
day_of(struct crowd *c, int64_t day)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->days[i].day == day)
			return &c->days[i];
	if (c->count < CROWD_DAYS)
		c->days[c->count++].day = day;
	return &c->days[c->count - 1];
}

static enum status
join_crowd(const struct request_row *row, void *arg)
{
	struct crowd_day *d = day_of(arg, row->received_ms / DAY_MS);

	/* Each of so many is the one with the same chance. */
	if (random_below(++d->count) != 0)
		return STATUS_OK;
	d->one = *row;
	d->one.plaintext.data = NULL; /* the view ends with the walk */
	return STATUS_OK;
}

enum status
requests_of_crowd(struct vault_txn *t, struct arena *a, struct request_row *row)
{
	struct crowd *c = arena_take(a, sizeof(*c));
	const struct crowd_day *most = NULL;
	enum status st;

	if (c == NULL)
		return STATUS_NOMEM;
	c->count = 0;
	memset(c->days, 0, sizeof(c->days));
	st = requests_each(t, join_crowd, c);
	for (size_t i = 0; i < c->count; i++)
		if (most == NULL || c->days[i].count > most->count)
			most = &c->days[i];
	if (st != STATUS_OK || most == NULL)
		return st == STATUS_OK ? STATUS_NOT_FOUND : st;
	*row = most->one;
	return STATUS_OK;
}
