#include "store/client/self.h"

#include <stdio.h>

#include "fixture.h"

static struct self
someone(void)
{
	struct self s = { .state = SELF_REGISTERED };

	s.address = fixture_address("alice", 1);
	sign_generate(&s.account_key, &s.account_secret);
	sign_generate(&s.device_key, &s.device_secret);
	s.registration_id = 16380;
	memset(s.identity_public, 5, sizeof(s.identity_public));
	memset(s.identity_secret, 6, sizeof(s.identity_secret));
	snprintf(s.relay.host, sizeof(s.relay.host), "%s", "::1");
	s.relay.port = 4433;
	s.relay.has_pin = true;
	s.relay.pin = fixture_hash("pin");
	snprintf(s.relay.join_code, sizeof(s.relay.join_code), "join me");
	s.list.account = s.address.account;
	s.list.account_key = s.account_key;
	s.list.version = 1;
	s.list.issued_ms = NOW_MS;
	s.list.suites = 1;
	s.list.devices_count = LIMIT_DEVICES_PER_ACCOUNT;
	for (uint32_t i = 0; i < LIMIT_DEVICES_PER_ACCOUNT; i++) {
		s.list.devices[i].id = i + 1;
		s.list.devices[i].registration_id = i + 100;
		s.list.devices[i].device_key = s.device_key;
		memset(
		    s.list.devices[i].identity_key, (int)i, IDENTITY_KEY_BYTES);
	}
	s.list_body_len = 1000;
	memset(s.list_body, 9, s.list_body_len);
	memset(s.list_signature.raw, 8, SIGN_SIGNATURE_BYTES);
	return s;
}

static void
nobody_is_registered_in_a_new_profile(void **state)
{
	struct fixture *f = *state;
	struct self s;

	assert_status(STATUS_NOT_FOUND, self_get(f->t, &s));
}

static void
assert_device(const struct device_entry *a, const struct device_entry *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->registration_id, b->registration_id);
	assert_bytes(BYTES_OF(a->identity_key), BYTES_OF(b->identity_key));
	assert_bytes(BYTES_OF(a->device_key), BYTES_OF(b->device_key));
}

static void
what_was_registered_comes_back_in_every_field(void **state)
{
	struct fixture *f = *state;
	struct self was = someone();
	struct self is;

	assert_status(STATUS_OK, self_put(f->t, &was));
	fixture_restart(f);
	memset(&is, 0xff, sizeof(is));
	assert_status(STATUS_OK, self_get(f->t, &is));
	assert_int_equal(is.state, SELF_REGISTERED);
	assert_true(address_equal(&was.address, &is.address));
	assert_bytes(BYTES_OF(was.account_key), BYTES_OF(is.account_key));
	assert_bytes(BYTES_OF(was.account_secret), BYTES_OF(is.account_secret));
	assert_bytes(BYTES_OF(was.device_key), BYTES_OF(is.device_key));
	assert_bytes(BYTES_OF(was.device_secret), BYTES_OF(is.device_secret));
	assert_int_equal(is.registration_id, 16380);
	assert_bytes(
	    BYTES_OF(was.identity_public), BYTES_OF(is.identity_public));
	assert_bytes(
	    BYTES_OF(was.identity_secret), BYTES_OF(is.identity_secret));
	assert_string_equal(is.relay.host, "::1");
	assert_int_equal(is.relay.port, 4433);
	assert_true(is.relay.has_pin);
	assert_bytes(hash_view(&was.relay.pin), hash_view(&is.relay.pin));
	assert_string_equal(is.relay.join_code, "join me");
	assert_true(account_name_equal(&is.list.account, &was.list.account));
	assert_int_equal(is.list.devices_count, LIMIT_DEVICES_PER_ACCOUNT);
	for (size_t i = 0; i < LIMIT_DEVICES_PER_ACCOUNT; i++)
		assert_device(&was.list.devices[i], &is.list.devices[i]);
	assert_bytes(bytes_view(was.list_body, was.list_body_len),
	    self_signed_list(&is).body);
	assert_bytes(
	    BYTES_OF(was.list_signature), self_signed_list(&is).signature);
	self_clear(&was);
	self_clear(&is);
	assert_int_equal(was.account_secret.raw[0], 0);
}

static void
a_relay_without_a_pin_keeps_having_none(void **state)
{
	struct fixture *f = *state;
	struct self s = someone();

	s.state = SELF_UNFINISHED;
	s.relay.has_pin = false;
	s.relay.join_code[0] = '\0';
	s.list_body_len = 0;
	assert_status(STATUS_OK, self_put(f->t, &s));
	assert_status(STATUS_OK, self_get(f->t, &s));
	assert_int_equal(s.state, SELF_UNFINISHED);
	assert_false(s.relay.has_pin);
	assert_string_equal(s.relay.join_code, "");
	assert_int_equal(s.list_body_len, 0);
	self_clear(&s);
}

static void
assert_counters(const struct counters *a, const struct counters *b)
{
	assert_int_equal(a->has_stream, b->has_stream);
	assert_bytes(BYTES_OF(a->submit_stream), BYTES_OF(b->submit_stream));
	assert_true(a->submit_high == b->submit_high);
	assert_int_equal(a->acknowledged, b->acknowledged);
	assert_int_equal(a->has_epoch, b->has_epoch);
	assert_bytes(BYTES_OF(a->epoch), BYTES_OF(b->epoch));
	assert_int_equal(a->next_history, b->next_history);
	assert_int_equal(a->next_outbox, b->next_outbox);
	assert_int_equal(a->next_quarantine, b->next_quarantine);
	assert_int_equal(a->next_prekey_id, b->next_prekey_id);
	assert_int_equal(a->next_signed_prekey_id, b->next_signed_prekey_id);
	assert_int_equal(a->last_contact_ms, b->last_contact_ms);
	assert_int_equal(a->drained_ms, b->drained_ms);
	assert_int_equal(a->relay_prekeys, b->relay_prekeys);
	assert_int_equal(a->rolled_back_ms, b->rolled_back_ms);
	assert_int_equal(a->clock_ms, b->clock_ms);
	assert_int_equal(a->doubt_since_ms, b->doubt_since_ms);
	assert_int_equal(a->doubt_looked_ms, b->doubt_looked_ms);
	assert_int_equal(a->departures, b->departures);
	assert_int_equal(a->departures_past, b->departures_past);
}

static void
counters_start_at_zero_and_keep_every_field(void **state)
{
	struct fixture *f = *state;
	struct counters zero = { 0 };
	struct counters was = {
		.submit_stream = { 1, 2, 3 },
		.has_stream = true,
		.submit_high = UINT64_MAX,
		.acknowledged = 7,
		.epoch = { 4, 5 },
		.has_epoch = true,
		.next_history = 8,
		.next_outbox = 9,
		.next_quarantine = 10,
		.next_prekey_id = 11,
		.next_signed_prekey_id = 12,
		.last_contact_ms = NOW_MS,
		.drained_ms = NOW_MS + 1,
		.relay_prekeys = 100,
		.rolled_back_ms = 13,
		.clock_ms = NOW_MS + 2,
		.doubt_since_ms = NOW_MS + 3,
		.doubt_looked_ms = NOW_MS + 4,
		.departures = 7,
		.departures_past = 6,
	};
	struct counters is;

	memset(&is, 0xff, sizeof(is));
	assert_status(STATUS_OK, counters_get(f->t, &is));
	assert_counters(&zero, &is);
	assert_status(STATUS_OK, counters_put(f->t, &was));
	fixture_restart(f);
	assert_status(STATUS_OK, counters_get(f->t, &is));
	assert_counters(&was, &is);
}

static void
counters_without_a_stream_have_none_when_read(void **state)
{
	struct fixture *f = *state;
	struct counters c = { .submit_stream = { 1 }, .epoch = { 1 } };

	assert_status(STATUS_OK, counters_put(f->t, &c));
	assert_status(STATUS_OK, counters_get(f->t, &c));
	assert_false(c.has_stream);
	assert_false(c.has_epoch);
	assert_int_equal(c.submit_stream[0], 0);
}

static void
cursors_are_apart_by_name(void **state)
{
	struct fixture *f = *state;
	uint64_t n = 99;

	assert_status(STATUS_OK, cursor_get(f->t, "default", &n));
	assert_int_equal(n, 0);
	assert_status(STATUS_OK, cursor_put(f->t, "default", 41));
	assert_status(STATUS_OK, cursor_put(f->t, "other", UINT64_MAX));
	fixture_turn(f);
	assert_status(STATUS_OK, cursor_get(f->t, "default", &n));
	assert_int_equal(n, 41);
	assert_status(STATUS_OK, cursor_get(f->t, "other", &n));
	assert_true(n == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(nobody_is_registered_in_a_new_profile),
		fixture_test(what_was_registered_comes_back_in_every_field),
		fixture_test(a_relay_without_a_pin_keeps_having_none),
		fixture_test(counters_start_at_zero_and_keep_every_field),
		fixture_test(counters_without_a_stream_have_none_when_read),
		fixture_test(cursors_are_apart_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
