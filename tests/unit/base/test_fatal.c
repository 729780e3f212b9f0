/* A signal that says that memory is not what it should be leaves one line. */
#include "tests/support/test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"

enum { CODE = 9 };

static const char last_line[] = "error test\n";

/* What a process says that sends itself that signal, and how it ends. */
static size_t
end_by(int number, char *said, size_t size, int *how)
{
	const struct rlimit none = { 0, 0 };
	int ends[2];
	size_t len = 0;
	ssize_t got;
	pid_t child;

	assert_int_equal(0, pipe(ends));
	child = fork();
	if (child == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)dup2(ends[1], STDERR_FILENO);
		fatal_say(last_line, CODE);
		(void)raise(number);
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], said + len, size - 1 - len)) > 0)
		len += (size_t)got;
	said[len] = '\0';
	close(ends[0]);
	assert_int_equal(child, waitpid(child, how, 0));
	return len;
}

static void
each_of_them_is_one_line_and_the_code(void **state)
{
	static const int ends[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char said[256];
		int how = 0;

		(void)end_by(ends[i], said, sizeof(said), &how);
		assert_string_equal(last_line, said);
		assert_true(WIFEXITED(how));
		assert_int_equal(CODE, WEXITSTATUS(how));
	}
}

static void
other_signals_end_it_as_ever(void **state)
{
	char said[256];
	int how = 0;

	(void)state;
	assert_int_equal(0, end_by(SIGTERM, said, sizeof(said), &how));
	assert_true(WIFSIGNALED(how));
	assert_int_equal(SIGTERM, WTERMSIG(how));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_them_is_one_line_and_the_code),
		cmocka_unit_test(other_signals_end_it_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
