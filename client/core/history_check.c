#include "client/core/history_check.h"

#include <stdlib.h>
#include <string.h>

#include "client/core/messenger/peers.h"
#include "client/core/messenger/signing.h"
#include "proto/envelope.h"
#include "store/client/repairs.h"

enum {
	CHECK_ROWS = 128, /* of one transaction */
	SEAT_HASH_BYTES = 16,
	KEYS_KNOWN = 64,
	LISTS_TRIED = 128, /* for one message: more than a life has devices */
};

/* A message as its sender's chain has it; hashes are cut. */
struct seat {
	uint8_t chain[SEAT_HASH_BYTES]; /* sender, key, device, conversation */
	uint64_t seq;
	uint8_t hash[SEAT_HASH_BYTES];
	uint8_t previous[SEAT_HASH_BYTES];
	uint64_t n;
	bool direct;
};

/* A device's key, since finding it in the lists costs a signature. */
struct known_key {
	struct address device;
	struct sign_public account_key;
	struct sign_public device_key;
};

struct check {
	struct step *s; /* of the rows that are looked at */
	const struct history_check *how;
	struct history_check_sum *sum;
	struct seat *seats;
	size_t count;
	size_t room;
	struct known_key known[KEYS_KNOWN];
	size_t known_count;
	struct arena *lists;
	uint64_t after; /* looked at up to here */
};

static enum status
broken(struct check *c, enum history_break why, const struct history_entry *e)
{
	c->sum->broken++;
	return c->how->show(c->s, why, e, c->how->arg);
}

static enum status
add_seat(struct check *c, const struct seat *seat)
{
	if (c->count == c->room) {
		size_t room = c->room == 0 ? 256 : 2 * c->room;
		struct seat *more = calloc(room, sizeof(*more));

		if (more == NULL)
			return STATUS_NOMEM;
		if (c->count > 0)
			memcpy(more, c->seats, c->count * sizeof(*more));
		free(c->seats);
		c->seats = more;
		c->room = room;
	}
	c->seats[c->count++] = *seat;
	return STATUS_OK;
}

/* What its sender signed it for.  BAD_INPUT: ours, and it does not say. */
static enum status
signed_conversation(
    struct check *c, const struct history_entry *e, struct hash *conversation)
{
	*conversation = e->conversation;
	if (e->conversation_kind == CONVERSATION_GROUP)
		return STATUS_OK;
	if (!e->own) {
		peers_conversation(
		    &e->from_key, &c->s->core->self.account_key, conversation);
		return STATUS_OK;
	}
	if (e->talk.len != sizeof(conversation->raw))
		return STATUS_BAD_INPUT;
	memcpy(conversation->raw, e->talk.data, sizeof(conversation->raw));
	return STATUS_OK;
}

static bool
is_known(const struct known_key *k, const struct history_entry *e)
{
	return k->device.device == e->device &&
	       account_name_equal(&k->device.account, &e->from) &&
	       memcmp(&k->account_key, &e->from_key, sizeof(e->from_key)) == 0;
}

static void
know(struct check *c, const struct history_entry *e,
    const struct sign_public *device_key)
{
	size_t at = c->known_count++ % KEYS_KNOWN;

	c->known[at] = (struct known_key){ { e->from, e->device }, e->from_key,
		*device_key };
}

/* By every list that names the device, from the newest on. */
static enum status
verify_by_lists(
    struct check *c, const struct history_entry *e, const struct signer *by)
{
	const struct address device = { e->from, e->device };
	struct known_list known = { .opened.version = UINT64_MAX };
	const struct device_entry *found;
	size_t looks = LISTS_TRIED;
	enum status st;

	for (;;) {
		arena_reset(c->lists);
		st = list_find(c->s->txn, &device, &e->from_key,
		    known.opened.version, &looks, c->lists, &known);
		if (st != STATUS_OK)
			return st == STATUS_NOT_FOUND ? STATUS_CRYPTO : st;
		found = device_list_find(&known.opened, e->device);
		st = signing_verify(
		    by, &found->device_key, e->body, e->body_signature);
		if (st == STATUS_OK)
			know(c, e, &found->device_key);
		if (st != STATUS_CRYPTO)
			return st;
	}
}

static enum status
verify(struct check *c, const struct history_entry *e,
    const struct hash *conversation)
{
	const struct signer by = { &e->from, &e->from_key, e->device,
		conversation };

	for (size_t i = 0; i < c->known_count && i < KEYS_KNOWN; i++)
		if (is_known(&c->known[i], e) &&
		    signing_verify(&by, &c->known[i].device_key, e->body,
			e->body_signature) == STATUS_OK)
			return STATUS_OK;
	return verify_by_lists(c, e, &by);
}

static bool
is_as_signed(const struct history_entry *e, const struct message_body *body)
{
	return memcmp(&body->id, &e->id, sizeof(e->id)) == 0 &&
	       body->seq == e->seq && body->type == e->type &&
	       body->sent_ms == e->sent_ms;
}

/* OK: right, or rightly gone.  CRYPTO: another text. */
static enum status
check_content(struct check *c, const struct history_entry *e,
    const struct message_body *body)
{
	struct hash digest;
	enum status st;

	if (e->erased) {
		c->sum->erased++;
		return STATUS_OK;
	}
	st = signing_digest(e->salt, e->text, &digest);
	if (st == STATUS_OK &&
	    memcmp(&digest, &body->content_hash, sizeof(digest)) != 0)
		st = STATUS_CRYPTO;
	return st;
}

static enum status
seat_of(struct check *c, const struct history_entry *e,
    const struct hash *conversation, const struct message_body *body)
{
	struct seat seat = { .seq = e->seq,
		.n = e->n,
		.direct = e->conversation_kind == CONVERSATION_DIRECT };
	uint8_t chain[HASH_BYTES + SIGN_PUBLIC_BYTES + 4 +
		      LIMIT_ACCOUNT_NAME_BYTES];
	struct bytes name = account_name_bytes(&e->from);
	struct hash hash;

	memcpy(chain, conversation->raw, HASH_BYTES);
	memcpy(chain + HASH_BYTES, e->from_key.raw, SIGN_PUBLIC_BYTES);
	store_u32(chain + HASH_BYTES + SIGN_PUBLIC_BYTES, e->device);
	memcpy(chain + HASH_BYTES + SIGN_PUBLIC_BYTES + 4, name.data, name.len);
	hash_bytes(
	    bytes_view(chain, HASH_BYTES + SIGN_PUBLIC_BYTES + 4 + name.len),
	    &hash);
	memcpy(seat.chain, hash.raw, sizeof(seat.chain));
	hash_bytes(e->body, &hash);
	memcpy(seat.hash, hash.raw, sizeof(seat.hash));
	memcpy(seat.previous, body->previous.raw, sizeof(seat.previous));
	return add_seat(c, &seat);
}

static enum status
check_signed(struct check *c, const struct history_entry *e)
{
	struct message_body body;
	struct hash conversation;
	enum status st = envelope_get_message_body(e->body, c->s->arena, &body);

	if (st == STATUS_OK)
		st = signed_conversation(c, e, &conversation);
	if (st == STATUS_BAD_INPUT ||
	    (st == STATUS_OK && !is_as_signed(e, &body)))
		return broken(c, BREAK_ENTRY, e);
	if (st == STATUS_OK)
		st = verify(c, e, &conversation);
	if (st == STATUS_CRYPTO)
		return broken(c, BREAK_SIGNATURE, e);
	/* Its author has changed its keys since more often than anybody does.
	 */
	if (st == STATUS_FULL) {
		c->sum->unproven++;
		return STATUS_OK;
	}
	if (st == STATUS_OK)
		st = seat_of(c, e, &conversation, &body);
	if (st == STATUS_OK)
		st = check_content(c, e, &body);
	if (st == STATUS_CRYPTO)
		return broken(c, BREAK_CONTENT, e);
	c->sum->intact += st == STATUS_OK;
	return st;
}

static enum status
check_entry(struct check *c, const struct history_entry *e)
{
	if (e->kind != HISTORY_MESSAGE) {
		c->sum->notices++;
		return STATUS_OK;
	}
	c->sum->messages++;
	if (e->own && e->body.len == 0) {
		c->sum->unsent++;
		return STATUS_OK;
	}
	if (e->signature != SIGNATURE_VALID) {
		c->sum->unproven++;
		return STATUS_OK;
	}
	return check_signed(c, e);
}

/* Places are given out without a hole, and rows are never removed. */
static enum status
check_hole(struct check *c, uint64_t next)
{
	struct history_entry gone = { .n = c->after + 1 };

	if (c->how->conversation != NULL || next == c->after + 1)
		return STATUS_OK;
	return broken(c, BREAK_GONE, &gone);
}

static enum status
check_row(struct check *c, uint64_t n)
{
	struct history_entry e = { .n = n };
	enum status st = check_hole(c, n);

	c->after = n;
	if (st == STATUS_OK)
		st = history_get(c->s->txn, n, c->s->arena, &e);
	if (st == STATUS_OK)
		return check_entry(c, &e);
	if (st != STATUS_CRYPTO)
		return st;
	e = (struct history_entry){ .n = n };
	return broken(c, BREAK_RECORD, &e);
}

/* NOT_FOUND: those were the last. */
static enum status
check_some(struct core *core, struct check *c)
{
	uint64_t numbers[CHECK_ROWS];
	size_t count = 0;
	struct counters counters;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	c->s = &s;
	if (st == STATUS_OK)
		st = history_list(s.txn, c->how->conversation, c->after, false,
		    numbers, CHECK_ROWS, &count);
	for (size_t i = 0; i < count && st == STATUS_OK; i++)
		st = check_row(c, numbers[i]);
	if (st == STATUS_OK && count < CHECK_ROWS)
		st = counters_get(s.txn, &counters);
	if (st == STATUS_OK && count < CHECK_ROWS) {
		if (counters.next_history > c->after + 1)
			st = check_hole(c, counters.next_history);
		if (st == STATUS_OK)
			st = STATUS_NOT_FOUND;
	}
	step_abort(&s);
	return st;
}

static int
compare(const void *a, const void *b)
{
	const struct seat *x = a;
	const struct seat *y = b;
	int order = memcmp(x->chain, y->chain, sizeof(x->chain));

	if (order != 0)
		return order;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return x->n < y->n ? -1 : x->n > y->n;
}

static enum status
break_at(struct core *core, struct check *c, enum history_break why, uint64_t n)
{
	struct history_entry e;
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	c->s = &s;
	if (st == STATUS_OK)
		st = history_get(s.txn, n, s.arena, &e);
	if (st == STATUS_OK) {
		c->sum->intact--;
		st = broken(c, why, &e);
	}
	step_abort(&s);
	return st;
}

/* `before` is NULL for the first of a chain. */
static enum status
check_seat(struct core *core, struct check *c, const struct seat *before,
    const struct seat *seat)
{
	uint64_t expected = before != NULL ? before->seq + 1 : 1;

	if (before != NULL && seat->seq == before->seq)
		return break_at(core, c, BREAK_NUMBER, seat->n);
	if (before != NULL && seat->seq == expected &&
	    memcmp(seat->previous, before->hash, sizeof(seat->previous)) != 0)
		return break_at(core, c, BREAK_CHAIN, seat->n);
	/* Who joins a group late has not missed what was said before. */
	if (seat->seq > expected && (before != NULL || seat->direct)) {
		c->sum->gaps++;
		c->sum->missing += seat->seq - expected;
	}
	return STATUS_OK;
}

static enum status
check_chains(struct core *core, struct check *c)
{
	enum status st = STATUS_OK;

	if (c->count > 0)
		qsort(c->seats, c->count, sizeof(*c->seats), compare);
	for (size_t i = 0; i < c->count && st == STATUS_OK; i++) {
		const struct seat *before = i > 0 ? &c->seats[i - 1] : NULL;

		if (before != NULL && memcmp(before->chain, c->seats[i].chain,
					  sizeof(before->chain)) != 0)
			before = NULL;
		st = check_seat(core, c, before, &c->seats[i]);
	}
	return st;
}

enum status
history_check_run(struct core *core, const struct history_check *how,
    struct history_check_sum *sum)
{
	struct check c = { .how = how, .sum = sum };
	enum status st = arena_new(LIMIT_ARENA_BYTES, &c.lists);

	*sum = (struct history_check_sum){ 0 };
	while (st == STATUS_OK)
		st = check_some(core, &c);
	if (st == STATUS_NOT_FOUND)
		st = check_chains(core, &c);
	free(c.seats);
	arena_free(c.lists);
	return st;
}
