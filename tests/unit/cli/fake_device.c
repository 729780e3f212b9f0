/* fake_device.c - the fake's devices, and a recovery key. */
#include "tests/unit/cli/fake_private.h"

const char fake_recovery_key[] =
    "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG-HHHH-IIII-JJJJ-KKKK-LLLL-MMMM-NNNN";

enum tacit_code
tacit_register_with(const struct tacit_options *options, const char *name,
    const char *link, const struct tacit_registration *how, struct tacit **t,
    struct tacit_error *e)
{
	if (how->show_recovery != NULL &&
	    !how->show_recovery(fake_recovery_key, how->arg)) {
		e->code = TACIT_FAILED;
		return TACIT_FAILED;
	}
	return tacit_register(options, name, link, t, e);
}

enum tacit_code
tacit_may_begin(
    const struct tacit_options *options, bool recover, struct tacit_error *e)
{
	(void)options;
	(void)recover;
	e->code = fake.may_begin;
	snprintf(e->message, sizeof(e->message), "there is one already");
	return fake.may_begin;
}

enum tacit_code
tacit_recover(const struct tacit_options *options, const char *name,
    const char *link, const char *key, struct tacit **t, struct tacit_error *e)
{
	fake_keep(fake.recovery_key, sizeof(fake.recovery_key), key);
	return tacit_register(options, name, link, t, e);
}

enum tacit_code
tacit_recovery_key(
    struct tacit *t, struct tacit_recovery *is, struct tacit_error *e)
{
	(void)t;
	(void)e;
	*is = fake.recovery;
	return TACIT_DONE;
}

enum tacit_code
tacit_recovery_key_new(struct tacit *t, const struct tacit_registration *how,
    struct tacit_error *e)
{
	(void)t;
	if (!how->show_recovery(fake_recovery_key, how->arg)) {
		e->code = TACIT_FAILED;
		return TACIT_FAILED;
	}
	if (fake.answer == TACIT_DONE)
		fake.recovery = (struct tacit_recovery){ .has = true,
			.set_ms = FAKE_NOON_MS };
	return fake_answer(e);
}

enum tacit_code
tacit_recovery_key_remove(struct tacit *t, struct tacit_error *e)
{
	(void)t;
	if (fake.answer == TACIT_DONE)
		fake.recovery = (struct tacit_recovery){ 0 };
	return fake_answer(e);
}

enum tacit_code
tacit_devices(struct tacit *t, const char *name,
    void (*each)(const struct tacit_device *d, void *arg), void *arg,
    struct tacit_error *e)
{
	const struct tacit_device device = {
		.account = name != NULL ? name : "bob",
		.device = 2,
		.fingerprint = "3f2a 90c1 77b0 e5d4",
		.listed_ms = FAKE_NOON_MS,
		.is_this = name == NULL,
	};

	(void)t;
	if (fake.answer == TACIT_DONE)
		each(&device, arg);
	return fake_answer(e);
}
