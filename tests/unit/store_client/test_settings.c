/* What the user chose is kept, and nothing chosen is the default. */
#include "store/client/settings.h"

#include "tests/unit/store_client/fixture.h"

static void
a_profile_without_settings_has_the_defaults(void **state)
{
	struct fixture *f = *state;
	struct settings is;

	memset(&is, 0xff, sizeof(is));
	assert_status(STATUS_OK, settings_get(f->t, &is));
	assert_int_equal(is.receipts, RECEIPTS_ALL);
}

static void
what_was_set_comes_back_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct settings was = { .receipts = RECEIPTS_NONE };
	struct settings is = { 0 };

	assert_status(STATUS_OK, settings_put(f->t, &was));
	fixture_restart(f);
	assert_status(STATUS_OK, settings_get(f->t, &is));
	assert_int_equal(is.receipts, RECEIPTS_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_profile_without_settings_has_the_defaults),
		fixture_test(what_was_set_comes_back_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
