/* What libsignal leaves open (docs/decisions/0003-ratchet-wrapper.md). */
#include "tests/unit/core/ratchet_fixture.h"

#include <curve.h>
#include <key_helper.h>
#include <protocol.h>
#include <session_record.h>

#include "base/clock.h"
#include "client/core/ratchet/ratchet_crypto.h"
#include "client/core/ratchet/ratchet_point.h"

/* A libsignal context for looking into messages and records. */
struct lens {
	struct ratchet_crypto *crypto;
	signal_context *context;
};

static struct lens
lens_open(void)
{
	struct lens lens = { NULL, NULL };

	assert_status(STATUS_OK, ratchet_crypto_new(&lens.crypto));
	assert_status(
	    STATUS_OK, ratchet_crypto_context(lens.crypto, &lens.context));
	return lens;
}

static void
lens_close(struct lens *lens)
{
	signal_context_destroy(lens->context);
	ratchet_crypto_free(lens->crypto);
}

/* Where the message inside a prekey message ends: its MAC stands last. */
static size_t
end_of_inner(struct bytes from)
{
	struct lens lens = lens_open();
	pre_key_signal_message *parsed = NULL;
	const signal_buffer *inner;
	const uint8_t *at;
	size_t end;

	assert_int_equal(0, pre_key_signal_message_deserialize(
				&parsed, from.data, from.len, lens.context));
	inner = ciphertext_message_get_serialized(
	    (ciphertext_message *)pre_key_signal_message_get_signal_message(
		parsed));
	at = memmem(from.data, from.len, signal_buffer_const_data(inner),
	    signal_buffer_len(inner));
	assert_non_null(at);
	end = (size_t)(at - from.data) + signal_buffer_len(inner);
	SIGNAL_UNREF(parsed);
	lens_close(&lens);
	return end;
}

static struct letter
with_broken_mac(const struct letter *letter)
{
	struct letter broken = { .type = letter->type };
	struct bytes from = buf_view(letter->bytes);
	size_t end =
	    letter->type == ITEM_PREKEY ? end_of_inner(from) : from.len;
	uint8_t copy[1024];

	assert_true(from.len <= sizeof(copy));
	memcpy(copy, from.data, from.len);
	copy[end - 1] ^= 1;
	assert_status(
	    STATUS_OK, buf_copy(bytes_view(copy, from.len), &broken.bytes));
	return broken;
}

/* Hole 1: libsignal saves the identity before it looks at the MAC. */
static void
a_forged_first_prekey_message_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct letter real;
	struct letter forged;

	/* Carol claims to be alice. */
	meet(&f->carol, &f->bob);
	real = say(&f->carol, &f->bob, "I am alice");
	forged = with_broken_mac(&real);
	buf_free(real.bytes);
	assert_status(
	    STATUS_CRYPTO, hear_bytes(&f->bob, &f->alice, NULL, forged.type,
			       buf_view(forged.bytes), ""));
	assert_int_equal(0, count_of(&f->bob, VAULT_SESSIONS));
	assert_int_equal(0, count_of(&f->bob, VAULT_BASE_KEYS));
	assert_int_equal(4, count_of(&f->bob, VAULT_PREKEYS));
	buf_free(forged.bytes);

	befriend(&f->alice, &f->bob);
}

/* Hole 2: libsignal encrypts to whatever key the session is with. */
static void
nothing_is_encrypted_to_a_key_that_is_not_the_pinned_one(void **state)
{
	struct fixture *f = *state;
	struct device_entry pinned = f->bob.device;
	struct letter letter = { 0 };

	befriend(&f->alice, &f->bob);
	memcpy(f->bob.device.identity_key, f->carol.device.identity_key,
	    IDENTITY_KEY_BYTES);
	assert_status(
	    STATUS_UNTRUSTED, try_say(&f->alice, &f->bob, "x", &letter));
	assert_null(letter.bytes);

	f->bob.device = pinned;
	pass(&f->alice, &f->bob, "still in step");
}

static void
a_bundle_signed_by_another_key_starts_nothing(void **state)
{
	struct fixture *f = *state;
	struct prekeys bundle = bundle_of(&f->carol, true);

	/* Carol's prekeys, handed out as bob's. */
	assert_status(STATUS_CRYPTO, start(&f->alice, &f->bob, bundle));
	assert_int_equal(0, count_of(&f->alice, VAULT_SESSIONS));
}

/* Hole 4: without a one-time prekey, a first message works twice. */
static void
a_prekey_message_does_not_bring_a_deleted_session_back(void **state)
{
	struct fixture *f = *state;
	struct letter letters[2];

	assert_status(
	    STATUS_OK, start(&f->alice, &f->bob, bundle_of(&f->bob, false)));
	letters[0] = say(&f->alice, &f->bob, "once");
	letters[1] = say(&f->alice, &f->bob, "twice");
	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &letters[0], "once"));
	/* The same base key again, in its session: no replay. */
	assert_status(
	    STATUS_OK, hear(&f->bob, &f->alice, &letters[1], "twice"));

	reset(&f->bob, &f->alice);
	assert_status(STATUS_CRYPTO, hear(&f->bob, &f->alice, &letters[0], ""));
	assert_status(STATUS_CRYPTO, hear(&f->bob, &f->alice, &letters[1], ""));
	assert_int_equal(0, count_of(&f->bob, VAULT_SESSIONS));

	/* Nor into another session. */
	befriend(&f->bob, &f->alice);
	assert_status(STATUS_CRYPTO, hear(&f->bob, &f->alice, &letters[0], ""));
	pass(&f->alice, &f->bob, "undisturbed");
	buf_free(letters[0].bytes);
	buf_free(letters[1].bytes);
}

/* Hole 5: agreement with a point of small order is known to everybody. */
static void
a_bundle_with_a_point_of_small_order_is_refused(void **state)
{
	struct fixture *f = *state;
	struct prekeys good = bundle_of(&f->bob, true);
	static const uint8_t weak[IDENTITY_KEY_BYTES] = { 0x05 };
	struct prekey items[2];
	struct device_entry device = f->bob.device;

	memcpy(items, good.items, sizeof(items));
	items[1].public_key = BYTES_OF(weak);
	assert_status(STATUS_BAD_INPUT,
	    start(&f->alice, &f->bob, (struct prekeys){ items, 2 }));
	memcpy(items, good.items, sizeof(items));
	items[0].public_key = BYTES_OF(weak);
	assert_status(STATUS_BAD_INPUT,
	    start(&f->alice, &f->bob, (struct prekeys){ items, 2 }));
	memcpy(f->bob.device.identity_key, weak, sizeof(weak));
	assert_status(STATUS_BAD_INPUT, start(&f->alice, &f->bob, good));
	f->bob.device = device;
	assert_int_equal(0, count_of(&f->alice, VAULT_SESSIONS));
}

/* Put a key of zeros in the place of one that stands in the bytes. */
static bool
weaken(uint8_t *bytes, size_t len, struct bytes key)
{
	for (size_t i = 0; i + key.len <= len; i++)
		if (memcmp(bytes + i, key.data, key.len) == 0) {
			memset(bytes + i + 1, 0, key.len - 1);
			return true;
		}
	return false;
}

static struct bytes
serialized(const ec_public_key *key, uint8_t raw[IDENTITY_KEY_BYTES])
{
	assert_status(STATUS_OK, ratchet_point_check(key, raw));
	return bytes_view(raw, IDENTITY_KEY_BYTES);
}

static void
a_message_with_a_point_of_small_order_is_refused(void **state)
{
	struct fixture *f = *state;
	struct lens lens = lens_open();
	pre_key_signal_message *parsed = NULL;
	uint8_t raw[IDENTITY_KEY_BYTES];
	uint8_t copy[1024];
	struct letter letter;
	struct bytes from;

	meet(&f->alice, &f->bob);
	letter = say(&f->alice, &f->bob, "hello");
	from = buf_view(letter.bytes);
	assert_int_equal(0, pre_key_signal_message_deserialize(
				&parsed, from.data, from.len, lens.context));
	for (int n = 0; n < 3; n++) {
		const ec_public_key *key =
		    n == 0   ? pre_key_signal_message_get_base_key(parsed)
		    : n == 1 ? pre_key_signal_message_get_identity_key(parsed)
			     : signal_message_get_sender_ratchet_key(
				   pre_key_signal_message_get_signal_message(
				       parsed));

		memcpy(copy, from.data, from.len);
		assert_true(weaken(copy, from.len, serialized(key, raw)));
		assert_status(STATUS_BAD_INPUT,
		    hear_bytes(&f->bob, &f->alice, NULL, ITEM_PREKEY,
			bytes_view(copy, from.len), ""));
	}
	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &letter, "hello"));
	buf_free(letter.bytes);
	SIGNAL_UNREF(parsed);

	/* The ratchet key of an ordinary message is field 1, right in front. */
	letter = say(&f->bob, &f->alice, "answer");
	from = buf_view(letter.bytes);
	memcpy(copy, from.data, from.len);
	memset(copy + 4, 0, 32);
	assert_status(
	    STATUS_BAD_INPUT, hear_bytes(&f->alice, &f->bob, NULL, ITEM_RATCHET,
				  bytes_view(copy, from.len), ""));
	buf_free(letter.bytes);
	lens_close(&lens);
}

/* Hole 6: a message under way promotes an archived state back to current. */
static void
a_state_that_was_reset_does_not_come_back(void **state)
{
	struct fixture *f = *state;
	struct letter under_way;

	befriend(&f->alice, &f->bob);
	under_way = say(&f->alice, &f->bob, "under way");
	reset(&f->bob, &f->alice);
	assert_status(
	    STATUS_NOT_FOUND, hear(&f->bob, &f->alice, &under_way, ""));

	meet(&f->bob, &f->alice);
	assert_status(STATUS_CRYPTO, hear(&f->bob, &f->alice, &under_way, ""));
	pass(&f->bob, &f->alice, "fresh");
	pass(&f->alice, &f->bob, "fresh");
	assert_status(STATUS_CRYPTO, hear(&f->bob, &f->alice, &under_way, ""));
	buf_free(under_way.bytes);
}

static size_t
archived_states(struct party *p, struct party *with)
{
	struct lens lens = lens_open();
	session_record *record = NULL;
	struct buf *stored = NULL;
	size_t count = 0;

	assert_status(
	    STATUS_OK, session_get(p->outer, &with->self.address, &stored));
	assert_int_equal(
	    0, session_record_deserialize(&record, buf_view(stored).data,
		   buf_len(stored), lens.context));
	for (session_record_state_node *node =
		 session_record_get_previous_states_head(record);
	     node; node = session_record_get_previous_states_next(node))
		count++;
	SIGNAL_UNREF(record);
	buf_free(stored);
	lens_close(&lens);
	return count;
}

/* Hole 8: every archived state makes a bad message dearer. */
static void
only_the_newest_archived_states_are_kept(void **state)
{
	struct fixture *f = *state;
	struct letter oldest;
	struct letter kept;

	befriend(&f->alice, &f->bob);
	oldest = say(&f->bob, &f->alice, "oldest");
	meet(&f->bob, &f->alice);
	pass(&f->bob, &f->alice, "again");
	pass(&f->alice, &f->bob, "again");
	kept = say(&f->bob, &f->alice, "kept");
	for (size_t i = 0; i < RATCHET_ARCHIVED_STATES_MAX; i++) {
		assert_status(STATUS_OK,
		    start(&f->bob, &f->alice, bundle_of(&f->alice, false)));
		pass(&f->bob, &f->alice, "anew");
	}
	assert_int_equal(
	    RATCHET_ARCHIVED_STATES_MAX, archived_states(&f->alice, &f->bob));
	assert_int_equal(
	    RATCHET_ARCHIVED_STATES_MAX, archived_states(&f->bob, &f->alice));
	assert_status(STATUS_CRYPTO, hear(&f->alice, &f->bob, &oldest, ""));
	assert_status(STATUS_OK, hear(&f->alice, &f->bob, &kept, "kept"));
	assert_true(
	    archived_states(&f->alice, &f->bob) <= RATCHET_ARCHIVED_STATES_MAX);
	pass(&f->alice, &f->bob, "and on");
	buf_free(oldest.bytes);
	buf_free(kept.bytes);
}

static void
a_flood_of_undecryptable_messages_is_no_longer_tried(void **state)
{
	struct fixture *f = *state;
	struct letter real;
	struct letter broken;

	clock_fake(FIXTURE_NOW_MS, 1000);
	befriend(&f->alice, &f->bob);
	befriend(&f->carol, &f->bob);
	real = say(&f->alice, &f->bob, "real");
	broken = with_broken_mac(&real);
	for (size_t i = 0; i < RATCHET_FAILURES_MAX; i++)
		assert_status(
		    STATUS_CRYPTO, hear(&f->bob, &f->alice, &broken, ""));
	assert_status(STATUS_FULL, hear(&f->bob, &f->alice, &broken, ""));
	assert_status(STATUS_FULL, hear(&f->bob, &f->alice, &real, ""));

	/* Others are not made to pay, and a minute later it is forgotten. */
	pass(&f->carol, &f->bob, "meanwhile");
	clock_fake(FIXTURE_NOW_MS, 1000 + 60 * 1000);
	assert_status(STATUS_OK, hear(&f->bob, &f->alice, &real, "real"));
	clock_unfake();
	buf_free(real.bytes);
	buf_free(broken.bytes);
}

int
main(void)
{
#define WITH_FIXTURE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(
		    a_forged_first_prekey_message_leaves_nothing_behind),
		WITH_FIXTURE(
		    nothing_is_encrypted_to_a_key_that_is_not_the_pinned_one),
		WITH_FIXTURE(a_bundle_signed_by_another_key_starts_nothing),
		WITH_FIXTURE(
		    a_prekey_message_does_not_bring_a_deleted_session_back),
		WITH_FIXTURE(a_bundle_with_a_point_of_small_order_is_refused),
		WITH_FIXTURE(a_message_with_a_point_of_small_order_is_refused),
		WITH_FIXTURE(a_state_that_was_reset_does_not_come_back),
		WITH_FIXTURE(only_the_newest_archived_states_are_kept),
		WITH_FIXTURE(
		    a_flood_of_undecryptable_messages_is_no_longer_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
