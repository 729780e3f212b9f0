/* The word of a relay that has moved is its own, or none. */
#include "proto/channel_moved.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "tests/support/test.h"

/* As the relay makes it (relay/identity_moved.c). */
static struct hash
make(struct moved_notice *n, const char *link)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char *to = n->key;
	struct buf *body = NULL;
	struct hash relay_key;

	*n = (struct moved_notice){ .signature_len = MOVED_SIGNATURE_BYTES };
	snprintf(n->link, sizeof(n->link), "%s", link);
	n->key_len = (size_t)i2d_PUBKEY(key, &to);
	hash_bytes(bytes_view(n->key, n->key_len), &relay_key);
	assert_status(
	    STATUS_OK, moved_body(bytes_text(link), &relay_key, &body));
	assert_int_equal(
	    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(
	    EVP_DigestSign(context, n->signature, &n->signature_len,
		buf_view(body).data, buf_len(body)),
	    1);
	buf_free(body);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return relay_key;
}

static void
its_own_word_is_taken(void **state)
{
	struct moved_notice n;
	struct hash key = make(&n, "tacit://new.example/");

	(void)state;
	assert_status(STATUS_OK, moved_check(&n, &key));
}

static void
a_word_of_another_key_is_no_word(void **state)
{
	struct moved_notice n, other;
	struct hash key = make(&n, "tacit://new.example/");
	struct hash stranger = make(&other, "tacit://new.example/");

	(void)state;
	assert_status(STATUS_CRYPTO, moved_check(&other, &key));
	assert_status(STATUS_CRYPTO, moved_check(&n, &stranger));
	/* Its key, and the other's signature. */
	memcpy(n.signature, other.signature, sizeof(n.signature));
	n.signature_len = other.signature_len;
	assert_status(STATUS_CRYPTO, moved_check(&n, &key));
	n.signature_len = 0;
	assert_status(STATUS_CRYPTO, moved_check(&n, &key));
	n.key_len = 0;
	assert_status(STATUS_CRYPTO, moved_check(&n, &key));
}

static void
no_bit_of_it_can_be_changed(void **state)
{
	struct moved_notice n;
	struct hash key = make(&n, "tacit://new.example/");

	(void)state;
	for (size_t i = 0; n.link[i] != '\0'; i++) {
		n.link[i] ^= 1;
		assert_status(STATUS_CRYPTO, moved_check(&n, &key));
		n.link[i] ^= 1;
	}
	for (size_t i = 0; i < n.signature_len; i++) {
		n.signature[i] ^= 1;
		assert_status(STATUS_CRYPTO, moved_check(&n, &key));
		n.signature[i] ^= 1;
	}
	for (size_t i = 0; i < n.key_len; i++) {
		n.key[i] ^= 1;
		assert_status(STATUS_CRYPTO, moved_check(&n, &key));
		n.key[i] ^= 1;
	}
	assert_status(STATUS_OK, moved_check(&n, &key));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_own_word_is_taken),
		cmocka_unit_test(a_word_of_another_key_is_no_word),
		cmocka_unit_test(no_bit_of_it_can_be_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
