/* What could not be decrypted is asked for by its hash, and keys are mended. */
#include "tests/unit/core/repair_world.h"

static size_t
set_aside(struct party *p)
{
	struct step s = begin(p);
	size_t count = 0;

	assert_status(STATUS_OK, vault_count(s.txn, VAULT_QUARANTINE, &count));
	step_abort(&s);
	return count;
}

/* How many in the talk with alice came after all. */
static uint64_t
undecryptable_repaired(struct party *p)
{
	struct account_name alice = name_of("alice");
	struct history_entry e = { 0 };
	uint64_t numbers[32];
	uint64_t repaired = 0;
	struct hash key;
	size_t count = 0;
	struct step s = begin(p);

	peers_history_key(&alice, &key);
	assert_status(
	    STATUS_OK, history_list(s.txn, &key, 0, true, numbers, 32, &count));
	for (size_t i = 0; i < count; i++) {
		assert_status(
		    STATUS_OK, history_get(s.txn, numbers[i], s.arena, &e));
		if (e.kind == HISTORY_NOTICE &&
		    e.notice == NOTICE_UNDECRYPTABLE)
			repaired += e.repaired;
	}
	step_abort(&s);
	return repaired;
}

static void
a_lost_key_is_handed_again_and_what_it_hid_is_resent(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct history_entry e = { 0 };

	make_three(w);
	w->deaf = bob;
	tell(w, &w->c->alice, "with the key");
	w->deaf = NULL;
	tell(w, &w->c->alice, "second");
	tell(w, &w->c->alice, "third");
	assert_int_equal(set_aside(bob), 2);
	ask(w, bob, 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard_last(w, bob, "second", NULL), 1);
	assert_int_equal(heard_last(w, bob, "third", &e), 1);
	assert_int_equal(e.signature, SIGNATURE_VALID);
	assert_int_equal(set_aside(bob), 0);
	assert_int_equal(undecryptable_repaired(bob), 2);
	tell(w, &w->c->alice, "fourth");
	assert_int_equal(w->key_payloads, 1); /* to bob alone */
	assert_int_equal(heard_last(w, bob, "fourth", &e), 1);
	assert_string_equal(e.resent_by.text, "");
	assert_int_equal(gaps_of(bob), 0);
}

/* libsignal goes 2,000 steps ahead and no further, ever. */
static void
a_key_too_far_ahead_is_replaced(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct party *bob = &w->c->bob;
	uint32_t before;
	struct step s;

	make_three(w);
	tell(w, alice, "one");
	before = record_of(w, alice).sender_key_id;
	s = begin(alice);
	for (int i = 0; i < 2001; i++) {
		struct buf *unused = NULL;

		assert_status(STATUS_OK,
		    ratchet_group_encrypt(alice->core.ratchet, s.txn,
			&alice->core.self, &w->group, BYTES("x"), &unused));
		buf_free(unused);
	}
	commit(&s);
	tell(w, alice, "too far");
	assert_int_equal(heard_last(w, bob, "too far", NULL), 0);
	assert_int_equal(set_aside(bob), 1);
	ask(w, bob, 0);
	assert_status(STATUS_OK, flush(w, alice));
	assert_int_equal(heard_last(w, bob, "too far", NULL), 1);
	assert_int_equal(set_aside(bob), 0);
	assert_int_equal(undecryptable_repaired(bob), 1);
	tell(w, alice, "under a new key");
	assert_int_not_equal(record_of(w, alice).sender_key_id, before);
	assert_int_equal(heard_last(w, bob, "under a new key", NULL), 1);
	assert_int_equal(gaps_of(bob), 0);
}

/* An asker's word, as it comes out of its session. */
static void
take_request(struct party *to, struct party *from, const struct hash *hash,
    bool no_key, int64_t later_ms)
{
	struct pair_arrival arrival = { .storage = NULL };
	struct step s = begin(to);

	assert_status(
	    STATUS_OK, contact_get(s.txn, &from->core.self.address.account,
			   &arrival.sender));
	arrival.device = &arrival.sender.list.devices[0];
	arrival.p.kind = CONTENT_RESEND_REQUEST;
	arrival.p.u.resend_request.hashes = hash;
	arrival.p.u.resend_request.hashes_count = 1;
	arrival.p.u.resend_request.no_key = no_key;
	s.now_ms += later_ms;
	assert_status(STATUS_OK, repair_take_request(&s, &arrival));
	commit(&s);
}

static struct hash
last_spied(struct world *w)
{
	struct hash hash;

	hash_bytes(w->spied[w->spied_count - 1].payload, &hash);
	return hash;
}

static void
nobody_makes_us_change_keys_all_the_time(void **state)
{
	struct world *w = *state;
	struct party *alice = &w->c->alice;
	struct hash hash;

	make_three(w);
	tell(w, alice, "one");
	hash = last_spied(w);
	take_request(alice, &w->c->bob, &hash, false, 0);
	assert_true(record_of(w, alice).sender_key_stale);
	tell(w, alice, "two");
	hash = last_spied(w);
	assert_false(record_of(w, alice).sender_key_stale);
	/* Neither the same one on this day, nor another in this hour. */
	take_request(alice, &w->c->bob, &hash, false, 2 * HOUR_MS);
	take_request(alice, &w->c->carol, &hash, false, MINUTE_MS);
	assert_false(record_of(w, alice).sender_key_stale);
	take_request(alice, &w->c->carol, &hash, false, 2 * HOUR_MS);
	assert_false(record_of(w, alice).sender_key_stale); /* its day's */
	take_request(alice, &w->c->bob, &hash, false, DAY_MS);
	assert_true(record_of(w, alice).sender_key_stale);
}

static void
a_hash_is_answered_by_its_sender_alone_and_to_members(void **state)
{
	struct world *w = *state;
	struct hash hash;

	make_three(w);
	tell(w, &w->c->carol, "hello");
	tell(w, &w->c->alice, "one");
	hash = last_spied(w);
	/* "I have nothing for that", whoever asks for what is not theirs. */
	take_request(&w->c->carol, &w->c->bob, &hash, true, 0);
	assert_int_equal(outbox_rows(&w->c->carol), 1);
	assert_status(STATUS_OK, meet(&w->c->alice, &w->c->eve));
	take_request(&w->c->alice, &w->c->eve, &hash, true, 0);
	take_request(&w->c->alice, &w->c->eve, &hash, false, 0);
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	assert_int_equal(heard(&w->c->eve, "one"), 0);
	assert_false(record_of(w, &w->c->alice).sender_key_stale);
	take_request(&w->c->alice, &w->c->bob, &hash, true, 0);
	assert_int_equal(outbox_rows(&w->c->alice), 1);
}

/* A relay makes things up: they are asked for, bounded, and forgotten. */
static void
made_up_ciphertexts_cost_little(void **state)
{
	struct world *w = *state;
	struct party *bob = &w->c->bob;
	struct item item;
	uint8_t payload[600];

	make_three(w);
	tell(w, &w->c->alice, "one");
	item = w->spied[w->spied_count - 1];
	assert_true(item.payload.len < sizeof(payload));
	memcpy(payload, item.payload.data, item.payload.len);
	item.payload.data = payload;
	for (int i = 0; i < 300; i++) {
		payload[item.payload.len - 1] = (uint8_t)i;
		payload[item.payload.len - 2] = (uint8_t)(i >> 8);
		take_item(bob, &item);
	}
	assert_int_equal(gaps_of(bob), 256);
	ask(w, bob, 0);
	assert_int_equal(outbox_rows(&w->c->alice), 4); /* knows of none */
	assert_status(STATUS_OK, flush(w, &w->c->alice));
	ask(w, bob, HOUR_MS);
	assert_int_equal(outbox_rows(&w->c->alice), 0);
	tell(w, &w->c->alice, "two");
	assert_int_equal(heard_last(w, bob, "two", NULL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(
		    a_lost_key_is_handed_again_and_what_it_hid_is_resent),
		world_test(a_key_too_far_ahead_is_replaced),
		world_test(nobody_makes_us_change_keys_all_the_time),
		world_test(
		    a_hash_is_answered_by_its_sender_alone_and_to_members),
		world_test(made_up_ciphertexts_cost_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
