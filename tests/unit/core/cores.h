/*
 * cores.h - three profiles in scratch directories that exchange items by hand:
 * no relay, no network, every step committed as a command would.
 */
#ifndef TACIT_TESTS_UNIT_CORE_CORES_H
#define TACIT_TESTS_UNIT_CORE_CORES_H

#include "tests/support/test.h"

#include "client/core/account.h"
#include "client/core/messenger/messenger.h"
#include "client/core/messenger/pair.h"
#include "client/core/messenger/peers.h"
#include "store/client/ratchets.h"

enum { ITEMS_MAX = 64, NAMES_MAX = 4 };

struct party {
	char *dir;
	struct core core;
};

struct cores {
	struct party alice;
	struct party bob;
	struct party carol;
	struct party eve; /* has no account at first */
};

/* What the relay would push; owns the payload. */
struct parcel {
	struct item item;
	struct buf *payload;
};

static inline struct account_name
name_of(const char *text)
{
	struct account_name name;

	assert_status(STATUS_OK, account_name_parse(bytes_text(text), &name));
	return name;
}

static inline struct step
begin(struct party *p)
{
	struct step s = { 0 };

	assert_status(STATUS_OK, step_begin(&p->core, DB_WRITE, &s));
	return s;
}

static inline void
commit(struct step *s)
{
	assert_status(STATUS_OK, step_commit(s));
}

/* Fresh keys under this name, in a profile that has none yet or had others. */
static inline void
party_register(struct party *p, const char *name)
{
	struct account_name account = name_of(name);
	struct link relay = { .host = "relay.test", .port = 1 };
	struct step s = begin(p);

	assert_status(STATUS_OK,
	    account_make(&s, &account, &relay, false, &p->core.self));
	commit(&s);
}

static inline void
party_make(struct party *p, const char *name)
{
	struct master_key *key = NULL;

	p->dir = scratch_dir_new();
	assert_non_null(p->dir);
	p->core.dir = p->dir;
	assert_status(STATUS_OK, keyslots_create(p->dir, BYTES_NONE, &key));
	assert_status(STATUS_OK, vault_open(p->dir, key, &p->core.vault));
	assert_status(STATUS_OK, ratchet_new(&p->core.ratchet));
	party_register(p, name);
}

static inline void
party_end(struct party *p)
{
	ratchet_free(p->core.ratchet);
	vault_close(p->core.vault);
	self_clear(&p->core.self);
	scratch_dir_remove(p->dir);
}

static inline int
cores_setup(void **state)
{
	struct cores *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	party_make(&c->alice, "alice");
	party_make(&c->bob, "bob");
	party_make(&c->carol, "carol");
	party_make(&c->eve, "eve");
	*state = c;
	return 0;
}

static inline int
cores_teardown(void **state)
{
	struct cores *c = *state;

	alloc_fail_nth(0);
	party_end(&c->alice);
	party_end(&c->bob);
	party_end(&c->carol);
	party_end(&c->eve);
	free(c);
	return 0;
}

#define cores_test(function)                                                   \
	cmocka_unit_test_setup_teardown(function, cores_setup, cores_teardown)

/* One signed and one one-time prekey of p, as the relay hands them out. */
static inline struct prekeys
bundle_of(struct party *p, struct arena *a, struct prekey chosen[2])
{
	static uint32_t turn;
	struct prekeys all = { 0 };
	struct prekeys bundle = { .items = chosen };
	size_t one_time = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK, ratchet_list_prekeys(p->core.ratchet, s.txn,
				     &p->core.self, false, a, &all));
	step_abort(&s);
	turn++; /* never the same one-time prekey twice */
	for (size_t i = 0; i < all.count; i++) {
		if (all.items[i].type == PREKEY_SIGNED)
			chosen[0] = all.items[i];
		else if (one_time++ == turn % 50)
			chosen[1] = all.items[i];
	}
	bundle.count = one_time > 0 ? 2 : 1;
	return bundle;
}

/* `p` takes the list and a bundle of `other`, as courier_meet() does. */
static inline enum status
meet(struct party *p, struct party *other)
{
	const struct self *them = &other->core.self;
	struct prekey chosen[2];
	struct prekeys bundle;
	struct contact c;
	struct arena *a = NULL;
	bool wants = false;
	struct step s;
	enum status st;

	assert_status(STATUS_OK, arena_new(LIMIT_ARENA_BYTES, &a));
	bundle = bundle_of(other, a, chosen);
	s = begin(p);
	st = peers_take_list(
	    &s, &them->address.account, self_signed_list(them), &c);

	if (st == STATUS_OK)
		st = pair_wants_bundle(&s, &them->address, &wants);
	if (st == STATUS_OK && wants)
		st = ratchet_start(p->core.ratchet, s.txn, &p->core.self,
		    &them->address, &c.list.devices[0], bundle);
	if (st == STATUS_OK && wants)
		st = pair_note_begun(&s, &them->address, them->registration_id);
	commit(&s);
	arena_free(a);
	return st;
}

static inline uint64_t
compose(struct party *from, const char *to, const char *text)
{
	struct draft d = { .kind = CONVERSATION_DIRECT,
		.to = name_of(to),
		.text = bytes_text(text) };
	static uint8_t next_id;
	uint64_t n = 0;
	uint64_t order = 0;
	struct step s = begin(from);

	memset(&d.id, 0x40, sizeof(d.id));
	d.id.raw[0] = ++next_id;
	d.id.raw[1] = (uint8_t)text[0];
	assert_status(STATUS_OK, messenger_compose(&s, &d, &n, &order));
	commit(&s);
	assert_int_not_equal(order, 0);
	return order;
}

static inline enum status
seal(struct party *from, uint64_t order)
{
	struct account_name needed[NAMES_MAX];
	size_t count = NAMES_MAX;
	struct step s = begin(from);
	enum status st = messenger_seal(&s, order, needed, &count);

	commit(&s);
	return st;
}

/* The first ciphertext of a row, as it would arrive. */
static inline struct parcel
parcel_of(struct party *from, uint64_t order)
{
	static uint64_t seq;
	struct parcel parcel = { 0 };
	struct outbox_row row;
	struct step s = begin(from);

	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	assert_int_equal(row.state, OUTBOX_READY);
	assert_int_equal(row.recipients_count, 1);
	assert_status(
	    STATUS_OK, buf_copy(row.recipients[0].payload, &parcel.payload));
	parcel.item = (struct item){
		.seq = ++seq,
		.stored_ms = s.now_ms,
		.has_sender = true,
		.sender = from->core.self.address,
		.type = row.recipients[0].type,
		.suite = row.recipients[0].suite,
		.payload = buf_view(parcel.payload),
	};
	step_abort(&s);
	return parcel;
}

static inline void
parcel_clear(struct parcel *parcel)
{
	buf_free(parcel->payload);
	parcel->payload = NULL;
}

static inline enum status
take(struct party *to, const struct parcel *parcel)
{
	struct step s = begin(to);
	enum status st = messenger_take(&s, &parcel->item);

	if (st == STATUS_OK)
		commit(&s);
	else
		step_abort(&s);
	return st;
}

static inline enum message_state
answered(struct party *from, uint64_t order, const struct reply *reply)
{
	enum message_state state = STATE_NONE;
	struct outbox_row row;
	struct step s = begin(from);

	assert_status(STATUS_OK, outbox_get(s.txn, order, s.arena, &row));
	assert_status(STATUS_OK, messenger_submitted(&s, &row, reply, &state));
	commit(&s);
	return state;
}

static inline enum message_state
stored(struct party *from, uint64_t order)
{
	struct reply reply = { .kind = REPLY_SUBMITTED };

	return answered(from, order, &reply);
}

/* Compose, seal (meeting first where needed), and answer for the relay. */
static inline struct parcel
write_to(struct party *from, struct party *to, const char *text)
{
	uint64_t order =
	    compose(from, to->core.self.address.account.text, text);
	enum status st = seal(from, order);
	struct parcel parcel;

	if (st == STATUS_AGAIN) {
		assert_status(STATUS_OK, meet(from, to));
		st = seal(from, order);
	}
	assert_status(STATUS_OK, st);
	parcel = parcel_of(from, order);
	assert_int_equal(stored(from, order), STATE_STORED);
	return parcel;
}

static inline void
say(struct party *from, struct party *to, const char *text)
{
	struct parcel parcel = write_to(from, to, text);

	assert_status(STATUS_OK, take(to, &parcel));
	parcel_clear(&parcel);
}

/* Numbers of all entries, oldest first. */
static inline size_t
entries(struct party *p, uint64_t numbers[ITEMS_MAX])
{
	size_t count = 0;
	struct step s = begin(p);

	assert_status(STATUS_OK,
	    history_list(s.txn, NULL, 0, true, numbers, ITEMS_MAX, &count));
	step_abort(&s);
	return count;
}

/* How many messages of others hold exactly this text. */
static inline size_t
heard(struct party *p, const char *text)
{
	uint64_t numbers[ITEMS_MAX];
	size_t count = entries(p, numbers);
	size_t found = 0;
	struct step s = begin(p);

	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.kind == HISTORY_MESSAGE && !e.own &&
		    bytes_equal(e.text, bytes_text(text)))
			found++;
	}
	step_abort(&s);
	return found;
}

/* How many notices of a kind, and the last one's detail as a number. */
static inline size_t
notices(struct party *p, enum notice_kind kind, unsigned *detail)
{
	uint64_t numbers[ITEMS_MAX];
	size_t count = entries(p, numbers);
	size_t found = 0;
	struct step s = begin(p);

	for (size_t i = 0; i < count; i++) {
		struct history_entry e;

		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.kind != HISTORY_NOTICE || e.notice != kind)
			continue;
		found++;
		for (*detail = 0; e.detail.len > 0;
		     e.detail = bytes_tail(e.detail, 1))
			*detail = *detail * 10 + e.detail.data[0] - '0';
	}
	step_abort(&s);
	return found;
}

static inline size_t
quarantined(struct party *p, enum quarantine_reason reason)
{
	struct quarantine_entry q = { .order = 0 };
	size_t found = 0;
	struct step s = begin(p);

	while (quarantine_next(s.txn, q.order, s.arena, &q) == STATUS_OK)
		found += q.reason == reason;
	step_abort(&s);
	return found;
}

static inline struct history_entry
last_entry(struct party *p, struct step *s)
{
	struct history_entry e;
	uint64_t numbers[ITEMS_MAX];
	size_t count = entries(p, numbers);

	assert_int_not_equal(count, 0);
	*s = begin(p);
	assert_status(
	    STATUS_OK, history_get(s->txn, numbers[count - 1], s->arena, &e));
	return e;
}

#endif
