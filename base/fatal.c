#include "base/fatal.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* A handler is handed nothing but its number. */
static struct {
	const char *line;
	size_t len;
	int code;
	atomic_flag taken;
} last = { .taken = ATOMIC_FLAG_INIT };

/* Async-signal-safe: a flag, write(2) and _exit(2), signal-safety(7). */
static void
end(int number)
{
	(void)number;
	/* Another thread is about to end us all. */
	while (atomic_flag_test_and_set(&last.taken))
		;
	if (write(STDERR_FILENO, last.line, last.len) < 0)
		_exit(last.code);
	_exit(last.code);
}

void
fatal_say(const char *line, int code)
{
	static const int ends[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	struct sigaction act = { .sa_handler = end };

	last.line = line;
	last.len = strlen(line);
	last.code = code;
	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)sigaction(ends[i], &act, NULL);
}
