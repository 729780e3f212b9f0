/* Coming in while memory runs out, at each allocation on the way. */
#include "tests/unit/relay/session_fixture.h"

static void
answer_all(struct fixture *f)
{
	for (int i = 0; i < 8 && (fake.count > 0 || f->job != NULL); i++) {
		if (f->job != NULL) {
			finish_job(f);
			continue;
		}
		if (fake.queue[0]->kind == STORAGE_IDENTIFY)
			fake.queue[0]->u.identify.device_key =
			    f->alice.device_key;
		answer(STATUS_OK);
	}
}

static void
come_back(struct fixture *f)
{
	hello(f->session);
	authenticate_with(f, f->session, &f->peer, &f->alice.device_secret);
	answer_all(f);
}

static void
join(struct fixture *f)
{
	hello(f->session);
	register_alice(f, &f->alice.account_secret, "a fine code");
	answer_all(f);
}

/*
 * Each allocation in turn: the session is in, or it is not and says nothing
 * wrong; what is left over is counted when it ends (teardown).
 */
static void
run_out(int (*start)(void **state), void (*come_in)(struct fixture *f))
{
	bool failed = true;
	size_t n = 0;

	while (failed) {
		void *state = NULL;
		struct fixture *f;

		assert_int_equal(0, start(&state));
		f = state;
		session_env_clear(&f->env); /* every arena is made anew */
		fake.fail_nth = ++n;
		come_in(f);
		failed = fake.failed;
		fake.fail_nth = 0;
		if (!failed)
			assert_true(session_is_authenticated(f->session));
		assert_int_equal(0, teardown(&state));
	}
	assert_true(n > 3);
}

static void
without_memory_nobody_comes_back_half(void **state)
{
	(void)state;
	run_out(setup, come_back);
}

static void
without_memory_nobody_joins_half(void **state)
{
	(void)state;
	run_out(setup_code, join);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_nobody_comes_back_half),
		cmocka_unit_test(without_memory_nobody_joins_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
