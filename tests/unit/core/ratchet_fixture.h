/*
 * ratchet_fixture.h - three devices with their own vaults, that can talk.
 *
 * Each works in one outer write transaction; every call of the wrapper gets a
 * nested one, which is committed when it said OK and aborted otherwise, as the
 * contract in ratchet.h wants it.
 */
#ifndef TACIT_TESTS_UNIT_CORE_RATCHET_FIXTURE_H
#define TACIT_TESTS_UNIT_CORE_RATCHET_FIXTURE_H

#include "tests/support/test.h"

#include "client/core/ratchet/ratchet.h"

enum { FIXTURE_NOW_MS = 1700000000 };

struct party {
	char *dir;
	struct vault *vault;
	struct vault_txn *outer;
	struct ratchet *ratchet;
	struct self self;
	struct device_entry device;
	struct arena *arena;
};

struct fixture {
	struct party alice;
	struct party bob;
	struct party carol;
};

/* One ciphertext on its way. */
struct letter {
	uint32_t type;
	struct buf *bytes;
};

static inline struct vault_txn *
inside(struct party *p)
{
	struct vault_txn *t = NULL;

	assert_status(STATUS_OK, vault_txn_begin_nested(p->outer, &t));
	return t;
}

static inline enum status
close_step(struct vault_txn *t, enum status st)
{
	if (st == STATUS_OK)
		return vault_txn_commit(&t);
	vault_txn_abort(t);
	return st;
}

static inline void
party_make(struct party *p, const char *name)
{
	struct master_key *key = NULL;
	struct vault_txn *t;

	p->dir = scratch_dir_new();
	assert_status(STATUS_OK, keyslots_create(p->dir, BYTES_NONE, &key));
	assert_status(STATUS_OK, vault_open(p->dir, key, &p->vault));
	assert_status(
	    STATUS_OK, vault_txn_begin(p->vault, DB_WRITE, &p->outer));
	assert_status(STATUS_OK, arena_new(1024 * 1024, &p->arena));
	assert_status(STATUS_OK, ratchet_new(&p->ratchet));

	assert_status(STATUS_OK,
	    account_name_parse(bytes_text(name), &p->self.address.account));
	p->self.address.device = 1;
	assert_status(STATUS_OK, ratchet_make_identity(p->ratchet, &p->self));
	p->device = (struct device_entry){
		.id = 1,
		.registration_id = p->self.registration_id,
	};
	memcpy(p->device.identity_key, p->self.identity_public,
	    IDENTITY_KEY_BYTES);

	t = inside(p);
	assert_status(STATUS_OK, ratchet_make_signed_prekey(
				     p->ratchet, t, &p->self, FIXTURE_NOW_MS));
	assert_status(
	    STATUS_OK, ratchet_make_prekeys(p->ratchet, t, 4, FIXTURE_NOW_MS));
	assert_status(STATUS_OK, vault_txn_commit(&t));
}

static inline void
party_drop(struct party *p)
{
	ratchet_free(p->ratchet);
	vault_txn_abort(p->outer);
	vault_close(p->vault);
	arena_free(p->arena);
	self_clear(&p->self);
	scratch_dir_remove(p->dir);
}

static inline int
fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	party_make(&f->alice, "alice");
	party_make(&f->bob, "bob");
	party_make(&f->carol, "carol");
	*state = f;
	return 0;
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	party_drop(&f->alice);
	party_drop(&f->bob);
	party_drop(&f->carol);
	free(f);
	return 0;
}

/* All stored prekeys of p, until its arena is next reset. */
static inline struct prekeys
prekeys_of(struct party *p)
{
	struct prekeys list = { NULL, 0 };

	assert_status(STATUS_OK, ratchet_list_prekeys(p->ratchet, p->outer,
				     &p->self, false, p->arena, &list));
	assert_true(list.count >= 1);
	return list;
}

/* What a relay hands out: the signed prekey and one one-time prekey, if any. */
static inline struct prekeys
bundle_of(struct party *p, bool one_time)
{
	struct prekeys list = prekeys_of(p);

	list.count = one_time && list.count > 1 ? 2 : 1;
	return list;
}

static inline enum status
start(struct party *from, struct party *to, struct prekeys bundle)
{
	struct vault_txn *t = inside(from);

	return close_step(t, ratchet_start(from->ratchet, t, &from->self,
				 &to->self.address, &to->device, bundle));
}

static inline void
meet(struct party *from, struct party *to)
{
	assert_status(STATUS_OK, start(from, to, bundle_of(to, true)));
}

static inline enum status
try_say(struct party *from, struct party *to, const char *text,
    struct letter *letter)
{
	struct vault_txn *t = inside(from);

	return close_step(t,
	    ratchet_encrypt(from->ratchet, t, &from->self, &to->self.address,
		&to->device, bytes_text(text), &letter->type, &letter->bytes));
}

static inline struct letter
say(struct party *from, struct party *to, const char *text)
{
	struct letter letter = { 0 };

	assert_status(STATUS_OK, try_say(from, to, text, &letter));
	return letter;
}

/* Decrypt bytes; the plaintext must then be `text`. */
static inline enum status
hear_bytes(struct party *to, struct party *from, const uint8_t *expected,
    uint32_t type, struct bytes bytes, const char *text)
{
	uint8_t identity[IDENTITY_KEY_BYTES] = { 0 };
	struct buf *plaintext = NULL;
	struct vault_txn *t = inside(to);
	enum status st;

	st = ratchet_decrypt(to->ratchet, t, &to->self, &from->self.address,
	    expected, type, bytes, identity, &plaintext);
	if (st == STATUS_OK) {
		assert_bytes(bytes_text(text), buf_view(plaintext));
		assert_bytes(
		    BYTES_OF(from->self.identity_public), BYTES_OF(identity));
	} else {
		assert_null(plaintext);
		assert_int_equal(identity[0], 0);
	}
	buf_free(plaintext);
	return close_step(t, st);
}

static inline enum status
hear(struct party *to, struct party *from, const struct letter *letter,
    const char *text)
{
	return hear_bytes(to, from, from->device.identity_key, letter->type,
	    buf_view(letter->bytes), text);
}

/* Say and hear, in one go. */
static inline void
pass(struct party *from, struct party *to, const char *text)
{
	struct letter letter = say(from, to, text);

	assert_status(STATUS_OK, hear(to, from, &letter, text));
	buf_free(letter.bytes);
}

/* A session that both sides have used. */
static inline void
befriend(struct party *a, struct party *b)
{
	meet(a, b);
	pass(a, b, "hello");
	pass(b, a, "hello yourself");
}

static inline size_t
count_of(struct party *p, enum vault_table table)
{
	size_t count = 0;

	assert_status(STATUS_OK, vault_count(p->outer, table, &count));
	return count;
}

static inline void
reset(struct party *p, struct party *with)
{
	struct vault_txn *t = inside(p);

	assert_status(STATUS_OK,
	    close_step(t, ratchet_reset(p->ratchet, t, &with->self.address)));
}

#endif
