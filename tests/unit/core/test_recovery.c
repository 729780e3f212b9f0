/* The key on paper: how it is written, read, and what it opens. */
#include <sodium.h>

#include "base/random.h"
#include "client/core/recovery.h"
#include "tests/support/test.h"

static void
what_is_printed_is_read_again_however_it_is_typed(void **state)
{
	char text[RECOVERY_TEXT_BYTES];
	char typed[4 * RECOVERY_TEXT_BYTES];
	struct recovery_key k, got;

	(void)state;
	for (int i = 0; i < 100; i++) {
		size_t len = 0;

		random_bytes(k.raw, sizeof(k.raw));
		recovery_key_print(&k, text);
		assert_int_equal(strlen(text), 14 * 4 + 13);
		assert_status(
		    STATUS_OK, recovery_key_parse(bytes_text(text), &got));
		assert_memory_equal(&k, &got, sizeof(k));
		for (const char *p = text; *p != '\0'; p++) {
			char c = *p == '-' ? ' ' : *p;

			if (c == 'O' && i % 2 == 0)
				c = '0';
			if (c >= 'A' && c <= 'Z' && i % 3 == 0)
				c = (char)(c - 'A' + 'a');
			typed[len++] = c;
			if (len % 7 == 0)
				typed[len++] = '\n';
		}
		assert_status(STATUS_OK,
		    recovery_key_parse(bytes_view(typed, len), &got));
		assert_memory_equal(&k, &got, sizeof(k));
	}
}

static void
a_slip_of_the_pen_is_noticed(void **state)
{
	char text[RECOVERY_TEXT_BYTES];
	struct recovery_key k, got;
	size_t len;

	(void)state;
	random_bytes(k.raw, sizeof(k.raw));
	recovery_key_print(&k, text);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		char was = text[i];

		if (was == '-')
			continue;
		text[i] = was == 'A' ? 'C' : 'A';
		assert_status(
		    STATUS_CRYPTO, recovery_key_parse(bytes_text(text), &got));
		text[i] = '?';
		assert_status(STATUS_BAD_INPUT,
		    recovery_key_parse(bytes_text(text), &got));
		text[i] = was;
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_status(STATUS_BAD_INPUT,
		    recovery_key_parse(bytes_view(text, cut), &got));
	assert_status(STATUS_BAD_INPUT,
	    recovery_key_parse(
		BYTES("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		      "AAAA"),
		&got));
}

static void
the_box_opens_with_this_key_on_this_account_alone(void **state)
{
	struct recovery_key k, other;
	struct device_list list = { .version = 1 };
	struct sign_public key, r;
	struct sign_secret secret, got, rs;

	(void)state;
	random_bytes(k.raw, sizeof(k.raw));
	random_bytes(other.raw, sizeof(other.raw));
	sign_generate(&key, &secret);
	list.account_key = key;
	assert_status(STATUS_NOT_FOUND, recovery_open(&k, &list, &got));
	recovery_seal(&k, &secret, &list);
	recovery_sign_key(&k, &r, &rs);
	assert_memory_equal(&r, &list.recovery_key, sizeof(r));
	assert_status(STATUS_OK, recovery_open(&k, &list, &got));
	assert_memory_equal(&got, &secret, sizeof(secret));
	assert_status(STATUS_NOT_FOUND, recovery_open(&other, &list, &got));
	/* Somebody else's key with our name on it. */
	recovery_sign_key(&other, &r, &rs);
	list.recovery_key = r;
	assert_status(STATUS_CRYPTO, recovery_open(&other, &list, &got));
	recovery_sign_key(&k, &list.recovery_key, &rs);
	for (size_t i = 0; i < sizeof(list.recovery_box); i++) {
		list.recovery_box[i] ^= 1;
		assert_status(STATUS_CRYPTO, recovery_open(&k, &list, &got));
		list.recovery_box[i] ^= 1;
	}
	list.account_key.raw[0] ^= 1;
	assert_status(STATUS_CRYPTO, recovery_open(&k, &list, &got));
	/* The box of one account holds the secret of another. */
	sign_generate(&key, &secret);
	list.account_key.raw[0] ^= 1;
	recovery_seal(&k, &secret, &list);
	assert_status(STATUS_CRYPTO, recovery_open(&k, &list, &got));
}

static void
the_derived_keys_are_what_they_always_were(void **state)
{
	/* Of 32 zero bytes; protocol.md 3.6, so that no release differs. */
	struct recovery_key k = { { 0 } };
	uint8_t slot[RECOVERY_SLOT_BYTES], expected[32];
	char text[RECOVERY_TEXT_BYTES];

	(void)state;
	recovery_slot_key(&k, slot);
	crypto_kdf_derive_from_key(expected, 32, 3, "tacitrec", k.raw);
	assert_memory_equal(slot, expected, 32);
	recovery_key_print(&k, text);
	assert_string_equal(text,
	    "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAG-"
	    "M2D2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_printed_is_read_again_however_it_is_typed),
		cmocka_unit_test(a_slip_of_the_pen_is_noticed),
		cmocka_unit_test(
		    the_box_opens_with_this_key_on_this_account_alone),
		cmocka_unit_test(the_derived_keys_are_what_they_always_were),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
