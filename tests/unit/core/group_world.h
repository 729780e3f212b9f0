/*
 * group_world.h - four profiles, and a relay made of an array: mailboxes are
 * delivered by hand, the chain holds what was appended.
 */
#ifndef TACIT_TESTS_UNIT_CORE_GROUP_WORLD_H
#define TACIT_TESTS_UNIT_CORE_GROUP_WORLD_H

#include "base/clock.h"
#include "base/random.h"
#include "client/core/group/group.h"
#include "client/core/group/group_internal.h"
#include "client/core/group/group_prepare.h"
#include "client/core/messenger/padding.h"
#include "tests/unit/core/cores.h"

enum { CHAIN_MAX = 32, SPIED_MAX = 64 };

struct world {
	struct cores *c;
	struct hash group;
	struct buf *chain[CHAIN_MAX];
	size_t length;
	/* Where somebody put a log anew. */
	struct chain_id other_id;
	struct buf *other[CHAIN_MAX];
	size_t other_length;
	/* Every ciphertext that was sent to a group, for those who spy. */
	struct item spied[SPIED_MAX];
	struct buf *spied_payloads[SPIED_MAX];
	size_t spied_count;
	size_t shared_rows;  /* of the last flush: uploads to the group */
	size_t key_payloads; /* of the last flush: key material beside them */
	struct party *deaf;  /* gets nothing for now; its first item is kept */
	struct item missed;
	struct buf *missed_payload;
	struct buf *tap; /* gets all that the relay does; NULL: nobody looks */
};

static inline struct party *
party_named(struct world *w, const struct account_name *name)
{
	struct party *all[] = { &w->c->alice, &w->c->bob, &w->c->carol,
		&w->c->eve };

	for (size_t i = 0; i < 4; i++)
		if (account_name_equal(
			&all[i]->core.self.address.account, name))
			return all[i];
	fail_msg("nobody is named %s", name->text);
	return NULL;
}

static inline void
spy(struct world *w, const struct item *item)
{
	size_t i = w->spied_count++;

	assert_true(i < SPIED_MAX);
	assert_status(
	    STATUS_OK, buf_copy(item->payload, &w->spied_payloads[i]));
	w->spied[i] = *item;
	w->spied[i].payload = buf_view(w->spied_payloads[i]);
}

/* What the relay would answer to one position. */
static inline struct chain_tail
tail_of(struct world *w, const struct chain_position *at, struct bytes *entries)
{
	struct chain_tail tail = {
		.chain = at->chain,
		.from = at->from,
		.entries = entries,
	};
	bool other = memcmp(&at->chain, &w->other_id, sizeof(at->chain)) == 0;
	struct buf **chain = other ? w->other : w->chain;

	/* One of the two is the group's; whatever else is asked for is not. */
	if (other)
		tail.length = w->other_length;
	else if (at->chain.raw[0] == 7)
		tail.length = w->length;
	for (size_t i = at->from; i < tail.length; i++)
		entries[tail.entries_count++] = buf_view(chain[i]);
	return tail;
}

/* One place, in a step of its own, as group_sync.c does. */
static inline enum status
read_place(struct world *w, struct party *p, const struct group_place *place,
    const struct chain_position *at)
{
	struct bytes entries[CHAIN_MAX];
	struct chain_tail tail = tail_of(w, at, entries);
	struct step s = begin(p);
	enum status st = place->is_offer
			     ? group_take_offered_tail(&s, place, &tail)
			     : group_take_tail(&s, &place->group, &tail);

	assert_status(STATUS_OK, group_retry_held(&s, &place->group));
	commit(&s);
	return st;
}

/* Is it `of`, or (NULL) one that p was invited to and has not read so far? */
static inline bool
is_wanted(
    struct step *s, const struct group_place *place, const struct hash *of)
{
	struct group_record g;

	if (of != NULL)
		return !place->is_offer &&
		       memcmp(&place->group, of, sizeof(*of)) == 0;
	return place->is_offer ||
	       (group_get(s->txn, &place->group, &g) == STATUS_OK &&
		   g.length < g.expected_length);
}

/* Read those places; what became of the last one. */
static inline enum status
read_places(struct world *w, struct party *p, const struct hash *of)
{
	struct chain_position at[CHAIN_MAX];
	struct group_place places[CHAIN_MAX];
	size_t count = 0;
	size_t wanted = 0;
	enum status st = STATUS_NOT_FOUND;
	struct step s = begin(p);

	assert_status(
	    STATUS_OK, group_positions(&s, 0, at, places, CHAIN_MAX, &count));
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(&s, &places[i], of))
			continue;
		at[wanted] = at[i];
		places[wanted++] = places[i];
	}
	step_abort(&s);
	for (size_t i = 0; i < wanted; i++)
		st = read_place(w, p, &places[i], &at[i]);
	return st;
}

/* Who is invited reads on in the same drain. */
static inline void
read_invited(struct world *w, struct party *p)
{
	(void)read_places(w, p, NULL);
}

/* Read the chain as far as p may. */
static inline enum status
sync_log(struct world *w, struct party *p)
{
	enum status st = read_places(w, p, &w->group);

	read_invited(w, p);
	return st;
}

static inline void
take_item(struct party *to, const struct item *item)
{
	struct step s = begin(to);

	assert_status(STATUS_OK, messenger_take(&s, item));
	commit(&s);
}

/* What a drain does: the item, and the log that it invites to. */
static inline void
bring_item(struct world *w, struct party *to, const struct item *item)
{
	take_item(to, item);
	read_invited(w, to);
}

static inline void
miss(struct world *w, const struct item *item)
{
	assert_status(STATUS_OK, buf_copy(item->payload, &w->missed_payload));
	w->missed = *item;
	w->missed.payload = buf_view(w->missed_payload);
}

static inline void
tap(struct world *w, struct bytes sealed)
{
	if (w->tap != NULL)
		assert_status(STATUS_OK, buf_put(w->tap, sealed));
}

static inline void
deliver_row(struct world *w, struct party *from, const struct outbox_row *row)
{
	bool shared = false;

	for (size_t i = 0; i < row->recipients_count; i++) {
		const struct outbox_recipient *r = &row->recipients[i];
		struct item item = {
			.seq = 1,
			.stored_ms = clock_wall_ms(),
			.has_sender = true,
			.sender = from->core.self.address,
			.type = r->type,
			.suite = r->suite,
			.payload =
			    r->payload.len > 0 ? r->payload : row->shared,
		};
		struct party *to = party_named(w, &r->to.account);

		tap(w, item.payload);
		if (r->type == ITEM_SENDER_KEY && !shared)
			spy(w, &item);
		shared |= r->type == ITEM_SENDER_KEY;
		w->key_payloads +=
		    row->kind == OUTBOX_MESSAGE && r->payload.len > 0;
		if (to != w->deaf)
			bring_item(w, to, &item);
		else if (w->missed_payload == NULL)
			miss(w, &item);
	}
	w->shared_rows += shared;
}

static inline enum status
seal_meeting(struct world *w, struct party *p, uint64_t order)
{
	enum status st = STATUS_AGAIN;

	for (int i = 0; i < 4 && st == STATUS_AGAIN; i++) {
		struct account_name needed[NAMES_MAX];
		size_t count = NAMES_MAX;
		struct step s = begin(p);

		st = messenger_seal(&s, order, needed, &count);
		commit(&s);
		for (size_t k = 0; st == STATUS_AGAIN && k < count; k++)
			assert_status(
			    STATUS_OK, meet(p, party_named(w, &needed[k])));
	}
	return st;
}

/* Bring p's outbox to the mailboxes.  The status of the first row that stays.
 */
static inline enum status
flush(struct world *w, struct party *p)
{
	uint64_t order = 0;

	w->shared_rows = 0;
	w->key_payloads = 0;
	for (;;) {
		struct outbox_row row;
		struct step s = begin(p);
		enum status st = outbox_next(s.txn, order, s.arena, &row);

		if (st == STATUS_NOT_FOUND) {
			step_abort(&s);
			return STATUS_OK;
		}
		assert_status(STATUS_OK, st);
		order = row.order;
		step_abort(&s);
		st = seal_meeting(w, p, order);
		if (st != STATUS_OK)
			return st;
		s = begin(p);
		assert_status(
		    STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
		/* Other profiles, other databases: their steps may run now. */
		deliver_row(w, p, &row);
		step_abort(&s);
		stored(p, order);
	}
}

static inline void
read_log(struct world *w, struct party *p)
{
	enum status st = sync_log(w, p);

	assert_true(st == STATUS_OK || st == STATUS_NOT_FOUND);
}

static inline void
append(struct world *w, struct bytes sealed)
{
	assert_true(w->length < CHAIN_MAX);
	assert_status(STATUS_OK, buf_copy(sealed, &w->chain[w->length]));
	w->length++;
	tap(w, sealed);
}

/* Any bytes at the end of the chain, under p's log key. */
static inline void
append_sealed(struct world *w, struct party *p, struct bytes entry)
{
	struct group_secret secret;
	struct group_record g;
	struct buf *sealed = NULL;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	assert_status(
	    STATUS_OK, group_secret_get(s.txn, &g, &g.log_key, &secret));
	assert_status(STATUS_OK,
	    group_entry_seal(&secret, &g.chain, w->length, entry, &sealed));
	step_abort(&s);
	append(w, buf_view(sealed));
	buf_free(sealed);
}

/* Protobuf fields that nobody knows: two bytes here, dozens in memory. */
static inline struct buf *
unknown_fields(size_t len)
{
	struct buf *b = NULL;

	assert_status(STATUS_OK, buf_new(len, &b));
	for (size_t i = 0; i + 1 < len; i += 2)
		assert_status(STATUS_OK, buf_put(b, BYTES("\x78\x01")));
	return b;
}

/* One act, appended if the chain is where its author believes. */
static inline enum tacit_code
wish_for(struct world *w, struct party *p, const struct group_wish *wish)
{
	struct group_prepared prepared;
	struct tacit_error e;
	enum tacit_code code;
	struct step s;

	read_log(w, p);
	for (size_t i = 0; wish->type == ENTRY_ADD && i < wish->names_count;
	     i++)
		assert_status(
		    STATUS_OK, meet(p, party_named(w, &wish->names[i])));
	s = begin(p);
	code = group_prepare(&s, &w->group, wish, &prepared, &e);
	if (code == TACIT_DONE && prepared.changed > 0) {
		commit(&s);
		assert_status(STATUS_OK, flush(w, p));
		assert_int_equal(prepared.append.index, w->length);
		append(w, prepared.append.entry);
		assert_status(STATUS_OK, sync_log(w, p));
		assert_status(STATUS_OK, flush(w, p));
	}
	step_abort(&s);
	group_prepared_clear(&prepared);
	return code;
}

static inline enum tacit_code
wish(struct world *w, struct party *p, enum group_entry_type type,
    const char *whom, enum group_role role)
{
	struct account_name name = name_of(whom == NULL ? "nobody" : whom);
	const struct group_wish wish = {
		.type = type,
		.role = role,
		.names = &name,
		.names_count = whom != NULL,
	};

	return wish_for(w, p, &wish);
}

/* alice makes the group, alone in it. */
static inline void
found(struct world *w)
{
	struct party *p = &w->c->alice;
	struct group_entry_body body;
	struct group_secret secret;
	struct group_record g = { .standing = GROUP_MEMBER };
	struct buf *entry = NULL;
	struct buf *sealed = NULL;
	struct roster *r;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_secret_make(&secret));
	group_body_start(&s, &body);
	body.type = ENTRY_CREATE;
	body.name = BYTES("friends");
	body.nonce[0] = 1;
	assert_status(STATUS_OK, group_entry_make(&s, &body, &entry, &g.id));
	g.chain.raw[0] = 7;
	g.log_key = secret.id;
	w->group = g.id;
	assert_status(STATUS_OK, group_put(s.txn, &g));
	assert_status(STATUS_OK, group_secret_put(s.txn, &g, &secret));
	assert_status(STATUS_OK, group_set_name(s.txn, &g, "friends"));
	assert_status(STATUS_OK, group_roster(&s, &g.id, &r));
	assert_status(STATUS_OK,
	    group_take_entry(&s, &g, r, buf_view(entry), &secret.id));
	assert_status(STATUS_OK,
	    group_entry_seal(&secret, &g.chain, 0, buf_view(entry), &sealed));
	commit(&s);
	append(w, buf_view(sealed));
	buf_free(entry);
	buf_free(sealed);
}

/* Write to the group; what becomes of it. */
static inline enum status
speak(struct world *w, struct party *p, const char *text)
{
	static uint8_t next;
	struct draft d = {
		.kind = CONVERSATION_GROUP,
		.group = w->group,
		.text = bytes_text(text),
	};
	uint64_t n;
	uint64_t order;
	struct step s = begin(p);

	memset(&d.id, 0x60, sizeof(d.id));
	d.id.raw[0] = ++next;
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	return flush(w, p);
}

static inline void
tell(struct world *w, struct party *p, const char *text)
{
	assert_status(STATUS_OK, speak(w, p, text));
}

/* What a member's own client could say, true or not. */
struct forged {
	struct bytes text;
	uint64_t head_index;
	struct hash head;
	uint64_t list_version;
	struct hash list_hash;
	bool bad_signature;
	uint64_t timer_s;
	struct saying what; /* the type, 0: a text; and what it is about */
};

static inline struct forged
honest(const struct party *p, struct bytes text, uint64_t head_index,
    const struct hash *head)
{
	const struct self *self = &p->core.self;
	struct forged f = {
		.text = text,
		.head_index = head_index,
		.head = *head,
		.list_version = self->list.version,
	};

	hash_bytes(self_signed_list(self).body, &f.list_hash);
	return f;
}

/* From p, who has a sender key and gave it out, to one reader. */
static inline void
say_forged(
    struct world *w, struct party *p, struct party *to, const struct forged *f)
{
	struct log_place place = { f->head_index, f->head };
	struct saying what = f->what;
	struct signed_parts parts = { 0 };
	struct group_plaintext whole = {
		.list_version = f->list_version,
		.list_hash = f->list_hash,
	};
	struct buf *plain = NULL;
	struct buf *sealed = NULL;
	uint64_t seq;
	struct step s = begin(p);
	struct item item = {
		.seq = 1,
		.stored_ms = clock_wall_ms(),
		.has_sender = true,
		.sender = p->core.self.address,
		.type = ITEM_SENDER_KEY,
		.suite = SUITE_SIGNAL_V3,
	};

	random_bytes(&what.id, sizeof(what.id));
	what.content = f->text;
	what.timer_s = f->timer_s;
	what.sent_ms = clock_wall_ms();
	if (what.type == 0)
		what.type = MESSAGE_TEXT;
	assert_status(STATUS_OK,
	    messenger_sign(&s, &w->group, &what, &place, &parts, &seq));
	parts.signature.raw[0] ^= f->bad_signature;
	whole.message.body = buf_view(parts.body);
	whole.message.signature = BYTES_OF(parts.signature.raw);
	whole.message.auth = AUTH_ED25519;
	whole.message.salt = BYTES_OF(parts.salt);
	whole.message.content = f->text;
	assert_status(STATUS_OK, buf_new(LIMIT_PLAINTEXT_BYTES, &plain));
	assert_status(STATUS_OK, envelope_put_group_plaintext(&whole, plain));
	assert_status(STATUS_OK, padding_add(plain));
	assert_status(
	    STATUS_OK, ratchet_group_encrypt(p->core.ratchet, s.txn,
			   &p->core.self, &w->group, buf_view(plain), &sealed));
	commit(&s);
	item.payload = buf_view(sealed);
	bring_item(w, to, &item);
	buf_free(parts.body);
	buf_free(plain);
	buf_free(sealed);
}

/* The record of the group as p has it. */
static inline struct group_record
record_of(struct world *w, struct party *p)
{
	struct group_record g;
	struct step s = begin(p);

	assert_status(STATUS_OK, group_get(s.txn, &w->group, &g));
	step_abort(&s);
	return g;
}

static inline enum group_standing
standing(struct world *w, struct party *p)
{
	struct group_record g = { 0 };
	struct step s = begin(p);
	enum status st = group_get(s.txn, &w->group, &g);

	step_abort(&s);
	return st == STATUS_OK ? g.standing : 0;
}

static inline int
world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	cores_setup((void **)&w->c);
	found(w);
	*state = w;
	return 0;
}

static inline int
world_teardown(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < w->length; i++)
		buf_free(w->chain[i]);
	for (size_t i = 0; i < w->other_length; i++)
		buf_free(w->other[i]);
	for (size_t i = 0; i < w->spied_count; i++)
		buf_free(w->spied_payloads[i]);
	buf_free(w->missed_payload);
	buf_free(w->tap);
	group_cache_free(w->c->alice.core.groups);
	group_cache_free(w->c->bob.core.groups);
	group_cache_free(w->c->carol.core.groups);
	group_cache_free(w->c->eve.core.groups);
	cores_teardown((void **)&w->c);
	free(w);
	return 0;
}

#define world_test(function)                                                   \
	cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

#endif
