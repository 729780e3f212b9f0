#include <sodium.h>

#include "proto/arena.h"
#include "proto/codec_devices.h"
#include "proto/devices.h"
#include "tests/support/test.h"

static struct sign_secret secret;

static struct device_list
sound_list(void)
{
	struct device_list l = { .account = { "alice" },
		.version = 1,
		.issued_ms = 1234,
		.suites = 1,
		.devices_count = 2 };

	sign_generate(&l.account_key, &secret);
	for (uint32_t i = 0; i < 2; i++) {
		l.devices[i].id = i + 1;
		l.devices[i].registration_id = 16380 - i;
		memset(l.devices[i].identity_key, 0x11, IDENTITY_KEY_BYTES);
		l.devices[i].identity_key[0] = 5;
		memset(l.devices[i].device_key.raw, 0x22, SIGN_PUBLIC_BYTES);
	}
	return l;
}

static enum status
open_raw(struct bytes body)
{
	struct device_list got;
	struct signature s;

	assert_status(
	    STATUS_OK, sign_body(&secret, SIGN_DEVICE_LIST, NULL, 0, body, &s));
	return device_list_open(
	    (struct signed_list){ body, BYTES_OF(s.raw) }, &got);
}

/* What someone with the account key could sign without our checks. */
static enum status
open_signed(const struct device_list *l)
{
	struct arena *a = NULL;
	struct buf *b = NULL;
	enum status st;

	assert_status(STATUS_OK, arena_new(1 << 16, &a));
	assert_status(STATUS_OK, buf_new(1 << 16, &b));
	assert_status(STATUS_OK, codec_put_device_list(l, a, b));
	st = open_raw(buf_view(b));
	buf_free(b);
	arena_free(a);
	return st;
}

static void
refuse(const struct device_list *l)
{
	struct buf *body = NULL;
	struct signature s;

	assert_status(
	    STATUS_BAD_INPUT, device_list_sign(l, &secret, &body, &s));
	assert_null(body);
	assert_status(STATUS_BAD_INPUT, open_signed(l));
}

static void
lists_no_reader_would_take_are_neither_signed_nor_opened(void **state)
{
	struct device_list l = sound_list();

	(void)state;
	assert_status(STATUS_OK, open_signed(&l));
	l.devices[1].id = 1; /* a twin */
	refuse(&l);
	l.devices[1].id = 0;
	refuse(&l);
	l.devices[1].id = 2;
	l.devices[1].registration_id = 0;
	refuse(&l);
	l.devices[1].registration_id = 16381;
	refuse(&l);
	l.devices[1].registration_id = 1;
	l.devices[0].identity_key[0] = 4;
	refuse(&l);
	l.devices[0].identity_key[0] = 5;
	l.version = 0;
	refuse(&l);
	l.version = 1;
	l.previous.raw[31] = 1;
	refuse(&l);
	l.previous.raw[31] = 0;
	l.devices_count = 0;
	refuse(&l);
	l.devices_count = 1;
	l.account = (struct account_name){ "A" };
	refuse(&l);
}

static void
a_list_signed_by_another_key_is_refused(void **state)
{
	struct device_list l = sound_list(), got;
	struct buf *body = NULL;
	struct signature s;
	struct sign_public other;

	(void)state;
	sign_generate(&other, &secret);
	assert_status(STATUS_OK, device_list_sign(&l, &secret, &body, &s));
	assert_status(STATUS_CRYPTO,
	    device_list_open(
		(struct signed_list){ buf_view(body), BYTES_OF(s.raw) }, &got));
	buf_free(body);
}

static void
truncated_and_oversized_lists_are_refused(void **state)
{
	static const uint8_t big[LIMIT_DEVICE_LIST_BYTES + 1];
	struct device_list l = sound_list(), got;
	struct buf *body = NULL;
	struct signature s;

	(void)state;
	assert_status(STATUS_OK, device_list_sign(&l, &secret, &body, &s));
	for (size_t len = 0; len < buf_len(body); len++) {
		struct signed_list cut = { bytes_head(buf_view(body), len),
			BYTES_OF(s.raw) };
		enum status st = device_list_open(cut, &got);

		assert_true(st == STATUS_BAD_INPUT || st == STATUS_CRYPTO);
	}
	assert_status(STATUS_BAD_INPUT,
	    device_list_open(
		(struct signed_list){ BYTES_OF(big), BYTES_OF(s.raw) }, &got));
	buf_free(body);
}

static void
a_signed_list_opens_to_what_was_signed(void **state)
{
	struct device_list l = sound_list(), got;
	struct buf *body = NULL;
	struct signature s;

	(void)state;
	l.version = 7;
	memset(l.previous.raw, 0x33, HASH_BYTES);
	assert_status(STATUS_OK, device_list_sign(&l, &secret, &body, &s));
	assert_status(STATUS_OK,
	    device_list_open(
		(struct signed_list){ buf_view(body), BYTES_OF(s.raw) }, &got));
	assert_memory_equal(&got.account_key, &l.account_key, 32);
	assert_memory_equal(&got.previous, &l.previous, HASH_BYTES);
	assert_int_equal(got.version, 7);
	assert_int_equal(got.issued_ms, 1234);
	assert_int_equal(got.devices_count, 2);
	assert_memory_equal(
	    &got.devices[1], &l.devices[1], sizeof(l.devices[1]));
	assert_ptr_equal(device_list_find(&got, 2), &got.devices[1]);
	assert_null(device_list_find(&got, 3));
	buf_free(body);
}

static void
a_recovery_key_comes_with_its_box_or_not_at_all(void **state)
{
	struct device_list l = sound_list(), got;
	struct buf *body = NULL;
	struct signature s;

	(void)state;
	l.has_recovery = true;
	memset(l.recovery_key.raw, 0x44, SIGN_PUBLIC_BYTES);
	memset(l.recovery_box, 0x55, RECOVERY_BOX_BYTES);
	assert_status(STATUS_OK, device_list_sign(&l, &secret, &body, &s));
	assert_status(STATUS_OK,
	    device_list_open(
		(struct signed_list){ buf_view(body), BYTES_OF(s.raw) }, &got));
	assert_true(got.has_recovery);
	assert_memory_equal(&got.recovery_key, &l.recovery_key, 32);
	assert_memory_equal(
	    got.recovery_box, l.recovery_box, RECOVERY_BOX_BYTES);
	/* Field 9 is the last: without it, or with less of it. */
	assert_status(
	    STATUS_BAD_INPUT, open_raw(bytes_head(buf_view(body),
				  buf_len(body) - 2 - RECOVERY_BOX_BYTES)));
	buf_free(body);
	l.has_recovery = false;
	assert_status(STATUS_OK, open_signed(&l));
}

static void
running_out_of_memory_leaves_nothing_behind(void **state)
{
	struct device_list l = sound_list(), got;
	struct buf *body = NULL;
	struct signature s;
	enum status st = STATUS_NOMEM;

	(void)state;
	for (size_t n = 1; st == STATUS_NOMEM; n++) {
		alloc_fail_nth(n);
		st = device_list_sign(&l, &secret, &body, &s);
		alloc_fail_nth(0);
	}
	assert_status(STATUS_OK, st);
	for (size_t n = 1;; n++) {
		alloc_fail_nth(n);
		st = device_list_open(
		    (struct signed_list){ buf_view(body), BYTES_OF(s.raw) },
		    &got);
		alloc_fail_nth(0);
		if (st == STATUS_OK)
			break;
		assert_status(STATUS_NOMEM, st);
	}
	buf_free(body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    lists_no_reader_would_take_are_neither_signed_nor_opened),
		cmocka_unit_test(a_list_signed_by_another_key_is_refused),
		cmocka_unit_test(truncated_and_oversized_lists_are_refused),
		cmocka_unit_test(a_signed_list_opens_to_what_was_signed),
		cmocka_unit_test(
		    a_recovery_key_comes_with_its_box_or_not_at_all),
		cmocka_unit_test(running_out_of_memory_leaves_nothing_behind),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
