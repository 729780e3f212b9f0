/* fake_keys.c - what opens the fake's profile. */
#include <string.h>

#include "tests/unit/cli/fake_private.h"

enum tacit_code
tacit_asks_keyring(const char *dir, bool *asks, struct tacit_error *e)
{
	(void)dir;
	(void)e;
	*asks = fake.keyring;
	return TACIT_DONE;
}

enum tacit_code
tacit_ways(struct tacit *t, struct tacit_ways *ways, struct tacit_error *e)
{
	(void)t;
	(void)e;
	*ways = (struct tacit_ways){
		.passphrase = fake.passphrase_set[0] != '\0',
		.keyring = fake.keyring,
	};
	return TACIT_DONE;
}

enum tacit_code
tacit_set_passphrase(
    struct tacit *t, const void *passphrase, size_t len, struct tacit_error *e)
{
	(void)t;
	fake.ways_changed++;
	if (len > sizeof(fake.passphrase_set) - 1)
		len = sizeof(fake.passphrase_set) - 1;
	if (len > 0)
		memcpy(fake.passphrase_set, passphrase, len);
	fake.passphrase_set[len] = '\0';
	return fake_answer(e);
}

enum tacit_code
tacit_keyring_add(struct tacit *t, struct tacit_error *e)
{
	(void)t;
	fake.ways_changed++;
	fake.keyring = fake.answer == TACIT_DONE;
	return fake_answer(e);
}

enum tacit_code
tacit_keyring_drop(struct tacit *t, struct tacit_error *e)
{
	(void)t;
	fake.ways_changed++;
	fake.keyring = false;
	return fake_answer(e);
}
