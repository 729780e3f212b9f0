#include "store/client/ratchets.h"

#include "fixture.h"
#include "store/client/groups.h"

static void
assert_record(const char *expected, struct buf *record)
{
	assert_bytes(bytes_text(expected), buf_view(record));
	buf_free(record);
}

static void
what_is_not_there_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct hash group = fixture_hash("group");
	struct buf *record = NULL;

	assert_status(STATUS_NOT_FOUND, session_get(f->t, &f->bob, &record));
	assert_status(STATUS_NOT_FOUND, session_del(f->t, &f->bob));
	assert_status(STATUS_NOT_FOUND, prekey_get(f->t, 1, &record));
	assert_status(STATUS_NOT_FOUND, prekey_del(f->t, 1));
	assert_status(STATUS_NOT_FOUND, signed_prekey_get(f->t, 1, &record));
	assert_status(
	    STATUS_NOT_FOUND, base_key_has(f->t, &f->bob, BYTES("key")));
	assert_status(
	    STATUS_NOT_FOUND, sender_key_get(f->t, &group, &f->bob, &record));
	assert_null(record);
}

static void
a_session_belongs_to_one_device_alone(void **state)
{
	struct fixture *f = *state;
	struct address other = f->bob;
	struct buf *record = NULL;

	other.device = 3;
	assert_status(
	    STATUS_OK, session_put(f->t, &f->bob, BYTES("session one")));
	assert_status(STATUS_NOT_FOUND, session_get(f->t, &other, &record));
	assert_status(
	    STATUS_OK, session_put(f->t, &f->bob, BYTES("session two")));
	fixture_restart(f);
	assert_status(STATUS_OK, session_get(f->t, &f->bob, &record));
	assert_record("session two", record);
	assert_status(STATUS_OK, session_del(f->t, &f->bob));
	assert_status(STATUS_NOT_FOUND, session_get(f->t, &f->bob, &record));
}

struct walk {
	struct fixture *f;
	uint32_t ids[8];
	size_t count;
	size_t stop_at;
	bool erase;
};

static enum status
note_prekey(const struct stored_prekey *info, struct bytes record, void *arg)
{
	struct walk *w = arg;
	struct pair_state p;

	/* The callback may use the vault without losing what it was shown. */
	assert_status(STATUS_OK, pair_get(w->f->t, &w->f->bob, &p));
	assert_bytes(BYTES("record"), record);
	w->ids[w->count++] = info->id;
	if (w->erase)
		assert_status(STATUS_OK, prekey_del(w->f->t, info->id));
	return w->count == w->stop_at ? STATUS_CLOSED : STATUS_OK;
}

static void
prekeys_are_walked_in_rising_order_and_may_be_deleted(void **state)
{
	struct fixture *f = *state;
	const uint32_t ids[] = { 300, 2, 70000 };
	struct walk w = { .f = f, .erase = true };
	struct walk none = { .f = f };
	struct pair_state p = { .sent = 1 };

	assert_status(STATUS_OK, pair_put(f->t, &f->bob, &p));
	for (size_t i = 0; i < 3; i++)
		assert_status(STATUS_OK,
		    prekey_put(f->t,
			&(struct stored_prekey){
			    .id = ids[i], .published = true, .created_ms = 5 },
			BYTES("record")));
	assert_status(STATUS_OK, prekeys_each(f->t, note_prekey, &w));
	assert_int_equal(w.count, 3);
	assert_int_equal(w.ids[0], 2);
	assert_int_equal(w.ids[1], 300);
	assert_int_equal(w.ids[2], 70000);
	assert_status(STATUS_OK, prekeys_each(f->t, note_prekey, &none));
	assert_int_equal(none.count, 0);
}

static enum status
check_signed(const struct stored_prekey *info, struct bytes record, void *arg)
{
	(void)arg;
	assert_bytes(BYTES("signed"), record);
	assert_int_equal(info->id, 9);
	assert_false(info->published);
	assert_int_equal(info->created_ms, NOW_MS);
	assert_int_equal(info->succeeded_ms, NOW_MS + 1);
	return STATUS_CLOSED;
}

static void
a_signed_prekey_keeps_its_dates_and_a_walk_stops_when_told(void **state)
{
	struct fixture *f = *state;
	struct stored_prekey info = {
		.id = 9,
		.created_ms = NOW_MS,
		.succeeded_ms = NOW_MS + 1,
	};
	struct buf *record = NULL;

	assert_status(
	    STATUS_OK, signed_prekey_put(f->t, &info, BYTES("signed")));
	info.id = 10;
	assert_status(
	    STATUS_OK, signed_prekey_put(f->t, &info, BYTES("signed")));
	assert_status(
	    STATUS_CLOSED, signed_prekeys_each(f->t, check_signed, NULL));
	assert_status(STATUS_OK, signed_prekey_get(f->t, 9, &record));
	assert_record("signed", record);
	assert_status(STATUS_NOT_FOUND, prekey_get(f->t, 9, &record));
	assert_status(STATUS_OK, signed_prekey_del(f->t, 9));
	assert_status(STATUS_NOT_FOUND, signed_prekey_get(f->t, 9, &record));
}

static void
a_base_key_is_known_for_the_device_that_used_it(void **state)
{
	struct fixture *f = *state;

	assert_status(
	    STATUS_OK, base_key_put(f->t, &f->bob, BYTES("base"), 1, NOW_MS));
	fixture_turn(f);
	assert_status(STATUS_OK, base_key_has(f->t, &f->bob, BYTES("base")));
	assert_status(
	    STATUS_NOT_FOUND, base_key_has(f->t, &f->alice, BYTES("base")));
	assert_status(
	    STATUS_NOT_FOUND, base_key_has(f->t, &f->bob, BYTES("basf")));
}

static void
a_base_key_is_known_as_long_as_its_signed_prekey(void **state)
{
	struct fixture *f = *state;
	struct stored_prekey info = { .id = 7, .created_ms = NOW_MS };
	size_t count = 0;

	for (uint32_t id = 6; id <= 8; id++)
		for (uint8_t i = 0; i < 20; i++) {
			uint8_t key[2] = { (uint8_t)id, i };

			assert_status(
			    STATUS_OK, base_key_put(f->t, &f->bob,
					   BYTES_OF(key), id, NOW_MS));
		}
	assert_status(
	    STATUS_OK, signed_prekey_put(f->t, &info, BYTES("signed")));
	for (int i = 0; i < 30; i++)
		assert_status(STATUS_OK, base_key_prune(f->t, 4));
	assert_status(STATUS_OK, vault_count(f->t, VAULT_BASE_KEYS, &count));
	assert_int_equal(count, 40);
	assert_status(
	    STATUS_NOT_FOUND, base_key_has(f->t, &f->bob, BYTES("\6\1")));
	assert_status(STATUS_OK, base_key_has(f->t, &f->bob, BYTES("\7\1")));
	assert_status(STATUS_OK, base_key_has(f->t, &f->bob, BYTES("\10\1")));
}

static void
a_pair_starts_at_zero_and_keeps_every_field(void **state)
{
	struct fixture *f = *state;
	struct hash zero = { 0 };
	struct pair_state p;
	struct pair_state q = {
		.sent = 1,
		.sent_hash = fixture_hash("sent"),
		.received = UINT64_MAX,
		.received_hash = fixture_hash("received"),
		.has_sent_list = true,
		.gaps = 3,
		.peer_registration_id = 16380,
	};

	memset(&p, 0xff, sizeof(p));
	assert_status(STATUS_OK, pair_get(f->t, &f->bob, &p));
	assert_int_equal(p.sent, 0);
	assert_int_equal(p.received, 0);
	assert_bytes(hash_view(&zero), hash_view(&p.sent_hash));
	assert_bytes(hash_view(&zero), hash_view(&p.received_hash));
	assert_false(p.has_sent_list);
	assert_status(STATUS_OK, pair_put(f->t, &f->bob, &q));
	fixture_turn(f);
	assert_status(STATUS_OK, pair_get(f->t, &f->bob, &p));
	assert_int_equal(p.sent, q.sent);
	assert_bytes(hash_view(&q.sent_hash), hash_view(&p.sent_hash));
	assert_true(p.received == q.received);
	assert_bytes(hash_view(&q.received_hash), hash_view(&p.received_hash));
	assert_true(p.has_sent_list);
	assert_int_equal(p.gaps, 3);
	assert_int_equal(p.peer_registration_id, 16380);
}

static void
a_sender_key_id_is_never_taken_in_twice(void **state)
{
	struct fixture *f = *state;
	struct hash group = fixture_hash("group");
	struct hash other = fixture_hash("other");
	struct hash found;

	assert_status(
	    STATUS_NOT_FOUND, sender_key_id_get(f->t, &f->bob, 77, &found));
	assert_status(STATUS_OK, sender_key_id_put(f->t, &f->bob, 77, &group));
	assert_status(
	    STATUS_EXISTS, sender_key_id_put(f->t, &f->bob, 77, &other));
	assert_status(STATUS_OK, sender_key_id_get(f->t, &f->bob, 77, &found));
	assert_bytes(hash_view(&group), hash_view(&found));
	assert_status(
	    STATUS_OK, sender_key_id_put(f->t, &f->alice, 77, &other));
}

static void
sender_keys_are_kept_per_group_and_device(void **state)
{
	struct fixture *f = *state;
	struct hash group = fixture_hash("group");
	struct hash other = fixture_hash("other");
	struct buf *record = NULL;

	assert_status(
	    STATUS_OK, sender_key_put(f->t, &group, &f->bob, BYTES("chain")));
	assert_status(
	    STATUS_NOT_FOUND, sender_key_get(f->t, &other, &f->bob, &record));
	assert_status(
	    STATUS_OK, sender_key_get(f->t, &group, &f->bob, &record));
	assert_record("chain", record);
	assert_status(STATUS_OK, sender_key_del(f->t, &group, &f->bob));
	assert_status(
	    STATUS_NOT_FOUND, sender_key_get(f->t, &group, &f->bob, &record));
}

static void
a_new_sender_key_has_been_sent_to_nobody(void **state)
{
	struct fixture *f = *state;
	struct hash group = fixture_hash("group");

	assert_status(
	    STATUS_NOT_FOUND, sender_key_sent_has(f->t, &group, &f->bob, 5));
	assert_status(STATUS_OK, sender_key_sent_put(f->t, &group, &f->bob, 5));
	assert_status(STATUS_OK, sender_key_sent_has(f->t, &group, &f->bob, 5));
	assert_status(
	    STATUS_NOT_FOUND, sender_key_sent_has(f->t, &group, &f->bob, 6));
	assert_status(
	    STATUS_NOT_FOUND, sender_key_sent_has(f->t, &group, &f->alice, 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_is_not_there_is_not_found),
		fixture_test(a_session_belongs_to_one_device_alone),
		fixture_test(
		    prekeys_are_walked_in_rising_order_and_may_be_deleted),
		fixture_test(
		    a_signed_prekey_keeps_its_dates_and_a_walk_stops_when_told),
		fixture_test(a_base_key_is_known_for_the_device_that_used_it),
		fixture_test(a_base_key_is_known_as_long_as_its_signed_prekey),
		fixture_test(a_pair_starts_at_zero_and_keeps_every_field),
		fixture_test(a_sender_key_id_is_never_taken_in_twice),
		fixture_test(sender_keys_are_kept_per_group_and_device),
		fixture_test(a_new_sender_key_has_been_sent_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
