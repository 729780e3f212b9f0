#include "tests/support/test.h"

#include <protobuf-c/protobuf-c.h>

#include "client/core/ratchet/ratchet.h"

static void
a_ratchet_is_made_or_there_is_no_memory(void **state)
{
	enum status st = STATUS_NOMEM;

	(void)state;
	for (size_t n = 1; st != STATUS_OK; n++) {
		struct ratchet *r = NULL;

		alloc_fail_nth(n);
		st = ratchet_new(&r);
		alloc_fail_nth(0);
		assert_true(st == STATUS_OK || st == STATUS_NOMEM);
		ratchet_free(r);
	}
	ratchet_free(NULL);
}

/* docs/decisions/0002-link-order.md */
static void
our_protobuf_is_the_one_we_built_against(void **state)
{
	(void)state;
	assert_true(protobuf_c_version_number() >= 1004000);
	assert_int_equal(
	    PROTOBUF_C_VERSION_NUMBER, protobuf_c_version_number());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ratchet_is_made_or_there_is_no_memory),
		cmocka_unit_test(our_protobuf_is_the_one_we_built_against),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
