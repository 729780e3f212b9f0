#include "tests/unit/core/ratchet_fixture.h"

struct key {
	uint32_t id;
	uint32_t iteration;
	struct buf *distribution;
};

static const struct hash group = { { 1, 0, 2 } }; /* a NUL within */
static const struct hash other_group = { { 2 } };

static struct key
make_key(struct party *p, const struct hash *of)
{
	struct key key = { 0 };
	struct vault_txn *t = inside(p);

	assert_status(STATUS_OK,
	    close_step(t, ratchet_group_make_key(p->ratchet, t, &p->self, of,
			      &key.id, &key.distribution)));
	return key;
}

static enum status
take(struct party *p, struct party *from, const struct hash *of, uint32_t id,
    struct bytes distribution)
{
	struct vault_txn *t = inside(p);

	return close_step(t, ratchet_group_take_key(p->ratchet, t, of,
				 &from->self.address, id, distribution));
}

/* A key of `from` that `to` has. */
static struct key
share(struct party *from, struct party *to)
{
	struct key key = make_key(from, &group);

	assert_status(STATUS_OK,
	    take(to, from, &group, key.id, buf_view(key.distribution)));
	return key;
}

static enum status
try_post(struct party *p, struct buf **ciphertext)
{
	struct vault_txn *t = inside(p);

	return close_step(t, ratchet_group_encrypt(p->ratchet, t, &p->self,
				 &group, BYTES("to all"), ciphertext));
}

static struct buf *
post(struct party *p)
{
	struct buf *ciphertext = NULL;

	assert_status(STATUS_OK, try_post(p, &ciphertext));
	return ciphertext;
}

static enum status
read_post(struct party *to, struct party *from, struct bytes ciphertext,
    uint32_t *key_id)
{
	struct buf *plaintext = NULL;
	struct hash found;
	struct vault_txn *t = inside(to);
	enum status st;

	st = ratchet_group_decrypt(to->ratchet, t, &from->self.address,
	    ciphertext, key_id, &found, &plaintext);
	if (st == STATUS_OK) {
		assert_bytes(BYTES("to all"), buf_view(plaintext));
		assert_bytes(BYTES_OF(group), BYTES_OF(found));
	} else {
		assert_null(plaintext);
	}
	buf_free(plaintext);
	return close_step(t, st);
}

/* Hole 3: processing a distribution again rewinds the chain. */
static void
a_replayed_distribution_does_not_rewind(void **state)
{
	struct fixture *f = *state;
	struct key key = share(&f->alice, &f->bob);
	struct buf *first = post(&f->alice);
	uint32_t id = 0;

	assert_status(
	    STATUS_OK, read_post(&f->bob, &f->alice, buf_view(first), &id));
	assert_int_equal(key.id, id);
	assert_status(STATUS_EXISTS, take(&f->bob, &f->alice, &group, key.id,
					 buf_view(key.distribution)));
	assert_status(STATUS_EXISTS, take(&f->bob, &f->alice, &other_group,
					 key.id, buf_view(key.distribution)));
	assert_status(
	    STATUS_EXISTS, read_post(&f->bob, &f->alice, buf_view(first), &id));
	buf_free(first);
	buf_free(key.distribution);
}

static void
what_is_no_distribution_is_bad_input(void **state)
{
	struct fixture *f = *state;
	struct key key = make_key(&f->alice, &group);
	struct bytes whole = buf_view(key.distribution);
	uint8_t copy[256];

	assert_status(STATUS_BAD_INPUT,
	    take(&f->bob, &f->alice, &group, key.id, BYTES_NONE));
	assert_status(STATUS_BAD_INPUT,
	    take(&f->bob, &f->alice, &group, key.id, BYTES("\x33junk")));
	for (size_t len = 0; len < whole.len; len++)
		assert_status(
		    STATUS_BAD_INPUT, take(&f->bob, &f->alice, &group, key.id,
					  bytes_head(whole, len)));
	assert_status(STATUS_BAD_INPUT,
	    take(&f->bob, &f->alice, &group, key.id + 1, whole));

	/* The signing key stands last: one of small order verifies anything. */
	assert_true(whole.len <= sizeof(copy));
	memcpy(copy, whole.data, whole.len);
	memset(copy + whole.len - 32, 0, 32);
	assert_status(STATUS_BAD_INPUT, take(&f->bob, &f->alice, &group, key.id,
					    bytes_view(copy, whole.len)));
	assert_status(
	    STATUS_OK, take(&f->bob, &f->alice, &group, key.id, whole));
	buf_free(key.distribution);
}

static void
damaged_group_messages_are_refused(void **state)
{
	struct fixture *f = *state;
	struct key key = share(&f->alice, &f->bob);
	struct buf *message = post(&f->alice);
	struct bytes whole = buf_view(message);
	uint8_t copy[512];
	uint32_t id = 0;

	assert_true(whole.len <= sizeof(copy));
	assert_status(
	    STATUS_BAD_INPUT, read_post(&f->bob, &f->alice, BYTES_NONE, &id));
	for (size_t i = 0; i < whole.len; i++) {
		assert_int_not_equal(STATUS_OK,
		    read_post(&f->bob, &f->alice, bytes_head(whole, i), &id));
		memcpy(copy, whole.data, whole.len);
		copy[i] ^= (uint8_t)(1u << (i % 8));
		assert_int_not_equal(
		    STATUS_OK, read_post(&f->bob, &f->alice,
				   bytes_view(copy, whole.len), &id));
	}
	assert_status(STATUS_OK, read_post(&f->bob, &f->alice, whole, &id));
	buf_free(message);
	buf_free(key.distribution);
}

static void
without_a_key_nothing_is_written_or_read(void **state)
{
	struct fixture *f = *state;
	struct buf *message = NULL;
	struct buf *none = NULL;
	uint32_t id = 0;
	uint32_t iteration = 0;
	struct key key;

	assert_status(STATUS_NOT_FOUND, try_post(&f->alice, &message));
	assert_status(STATUS_NOT_FOUND,
	    ratchet_group_distribution(f->alice.ratchet, f->alice.outer,
		&f->alice.self, &group, &id, &iteration, &none));
	assert_null(none);

	key = share(&f->alice, &f->bob);
	message = post(&f->alice);
	assert_status(STATUS_NOT_FOUND,
	    read_post(&f->carol, &f->alice, buf_view(message), &id));
	assert_int_equal(key.id, id);
	/* Who sends somebody else's message reads as himself. */
	assert_status(STATUS_NOT_FOUND,
	    read_post(&f->bob, &f->carol, buf_view(message), &id));
	buf_free(message);
	buf_free(key.distribution);
}

/* Hole 7: there is no call for it, but a record that is gone is made anew. */
static void
a_new_key_has_a_new_id_and_is_unknown_to_who_had_the_old_one(void **state)
{
	struct fixture *f = *state;
	struct key old = share(&f->alice, &f->bob);
	struct buf *late = post(&f->alice);
	struct key new = make_key(&f->alice, &group);
	struct buf *message = post(&f->alice);
	uint32_t id = 0;

	assert_int_not_equal(old.id, new.id);
	assert_status(STATUS_NOT_FOUND,
	    read_post(&f->bob, &f->alice, buf_view(message), &id));
	assert_int_equal(new.id, id);
	assert_status(STATUS_OK, take(&f->bob, &f->alice, &group, new.id,
				     buf_view(new.distribution)));
	assert_status(
	    STATUS_OK, read_post(&f->bob, &f->alice, buf_view(message), &id));
	/* What was under way with the old key is still read. */
	assert_status(
	    STATUS_OK, read_post(&f->bob, &f->alice, buf_view(late), &id));
	buf_free(late);
	buf_free(message);
	buf_free(old.distribution);
	buf_free(new.distribution);
}

static void
who_comes_late_reads_nothing_from_before(void **state)
{
	struct fixture *f = *state;
	struct key key = share(&f->alice, &f->bob);
	struct buf *before = post(&f->alice);
	struct key now = { 0 };
	struct buf *after;
	uint32_t id = 0;

	assert_status(
	    STATUS_OK, ratchet_group_distribution(f->alice.ratchet,
			   f->alice.outer, &f->alice.self, &group, &now.id,
			   &now.iteration, &now.distribution));
	assert_int_equal(key.id, now.id);
	assert_int_equal(1, now.iteration);
	assert_status(STATUS_OK, take(&f->carol, &f->alice, &group, now.id,
				     buf_view(now.distribution)));
	assert_status(STATUS_EXISTS,
	    read_post(&f->carol, &f->alice, buf_view(before), &id));
	after = post(&f->alice);
	assert_status(
	    STATUS_OK, read_post(&f->carol, &f->alice, buf_view(after), &id));
	assert_status(
	    STATUS_OK, read_post(&f->bob, &f->alice, buf_view(after), &id));
	/* Out of order is fine. */
	assert_status(
	    STATUS_OK, read_post(&f->bob, &f->alice, buf_view(before), &id));
	buf_free(before);
	buf_free(after);
	buf_free(key.distribution);
	buf_free(now.distribution);
}

static void
running_out_of_memory_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct key key = { 0 };
	struct buf *message = NULL;
	struct buf *plaintext = NULL;
	struct hash found;
	uint32_t id;
	enum status st = STATUS_NOMEM;

	for (size_t n = 1; st != STATUS_OK; n++) {
		struct vault_txn *t = inside(&f->alice);

		alloc_fail_nth(n);
		st = ratchet_group_make_key(f->alice.ratchet, t, &f->alice.self,
		    &group, &key.id, &key.distribution);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		assert_status(st, close_step(t, st));
	}
	st = STATUS_NOMEM;
	for (size_t n = 1; st != STATUS_OK; n++) {
		struct vault_txn *t = inside(&f->bob);

		alloc_fail_nth(n);
		st = ratchet_group_take_key(f->bob.ratchet, t, &group,
		    &f->alice.self.address, key.id, buf_view(key.distribution));
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		assert_status(st, close_step(t, st));
	}
	st = STATUS_NOMEM;
	for (size_t n = 1; st != STATUS_OK; n++) {
		struct vault_txn *t = inside(&f->alice);

		alloc_fail_nth(n);
		st = ratchet_group_encrypt(f->alice.ratchet, t, &f->alice.self,
		    &group, BYTES("x"), &message);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		assert_status(st, close_step(t, st));
	}
	st = STATUS_NOMEM;
	for (size_t n = 1; st != STATUS_OK; n++) {
		struct vault_txn *t = inside(&f->bob);

		alloc_fail_nth(n);
		st = ratchet_group_decrypt(f->bob.ratchet, t,
		    &f->alice.self.address, buf_view(message), &id, &found,
		    &plaintext);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		assert_status(st, close_step(t, st));
	}
	buf_free(plaintext);
	buf_free(message);
	buf_free(key.distribution);
}

int
main(void)
{
#define WITH_FIXTURE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(a_replayed_distribution_does_not_rewind),
		WITH_FIXTURE(what_is_no_distribution_is_bad_input),
		WITH_FIXTURE(damaged_group_messages_are_refused),
		WITH_FIXTURE(without_a_key_nothing_is_written_or_read),
		WITH_FIXTURE(
		    a_new_key_has_a_new_id_and_is_unknown_to_who_had_the_old_one),
		WITH_FIXTURE(who_comes_late_reads_nothing_from_before),
		WITH_FIXTURE(running_out_of_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
