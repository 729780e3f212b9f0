/* When an old copy may take the place of a newer one, before anybody is asked.
 */
#include "tests/unit/core/cores.h"

#include <stdio.h>

#include "base/clock.h"
#include "client/core/courier/courier_renew.h"

static struct counters
counters_of(struct party *p)
{
	struct step s = begin(p);
	struct counters c;

	assert_status(STATUS_OK, counters_get(s.txn, &c));
	step_abort(&s);
	return c;
}

static void
set(struct party *p, struct counters c)
{
	struct step s = begin(p);

	assert_status(STATUS_OK, counters_put(s.txn, &c));
	commit(&s);
}

static enum tacit_code
renew(struct party *p, struct tacit_error *e)
{
	/* Nobody listens there: whoever gets so far was allowed to. */
	snprintf(p->core.self.relay.host, sizeof(p->core.self.relay.host),
	    "127.0.0.1");
	p->core.self.relay.port = 1;
	return courier_renew(&p->core, clock_mono_ms() + 2000, e);
}

static void
what_is_no_old_copy_is_not_renewed(void **state)
{
	struct cores *cores = *state;
	struct tacit_error e;
	bool due = true;

	assert_int_equal(renew(&cores->alice, &e), TACIT_DAMAGED);
	assert_status(
	    STATUS_OK, courier_renew_is_due(&cores->alice.core, &due));
	assert_false(due);
}

static void
a_relay_cannot_have_it_renewed_again_and_again(void **state)
{
	struct cores *cores = *state;
	struct party *p = &cores->alice;
	struct counters c = counters_of(p);
	int64_t now_ms = clock_wall_ms();
	struct tacit_error e;
	bool due = true;

	c.rolled_back_ms = now_ms;
	set(p, c);
	assert_status(STATUS_OK, courier_renew_is_due(&p->core, &due));
	assert_false(due); /* the relay says so, and nobody else */
	assert_int_equal(renew(p, &e), TACIT_UNREACHABLE);
	c.renewed_ms = now_ms - RENEW_PAUSE_MS / 2;
	set(p, c);
	assert_int_equal(renew(p, &e), TACIT_REFUSED);
	assert_true(e.retry_after_ms > 0);
	assert_true(e.retry_after_ms <= RENEW_PAUSE_MS);
	c.renewed_ms = now_ms - RENEW_PAUSE_MS - 1000;
	set(p, c);
	assert_int_equal(renew(p, &e), TACIT_UNREACHABLE);
	/* Nothing was given up for that. */
	assert_int_equal(counters_of(p).rolled_back_ms, now_ms);
}

static void
a_restore_is_the_users_word(void **state)
{
	struct cores *cores = *state;
	struct party *p = &cores->alice;
	struct counters c = counters_of(p);
	struct tacit_error e;
	bool due = false;

	c.restored_ms = c.renewed_ms = clock_wall_ms();
	set(p, c);
	assert_status(STATUS_OK, courier_renew_is_due(&p->core, &due));
	assert_true(due);
	assert_int_equal(renew(p, &e), TACIT_UNREACHABLE);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, cores_setup, cores_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_no_old_copy_is_not_renewed),
		TEST(a_relay_cannot_have_it_renewed_again_and_again),
		TEST(a_restore_is_the_users_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
