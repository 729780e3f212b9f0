#include "tests/bench/clients/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct share {
	_Atomic uint64_t next; /* the number that nobody has taken */
	uint64_t count;
	worker_fn *work;
	void *arg;
};

pid_t
worker_start(worker_fn *work, void *arg, uint64_t number)
{
	pid_t parent = getpid(), child;
	bool ok;

	fflush(NULL); /* or the child would write it once more */
	child = fork();
	if (child != 0)
		return child;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	ok = work(arg, number);
	fflush(NULL);
	_exit(ok ? 0 : 1);
}

static bool
take_numbers(void *arg, uint64_t number)
{
	struct share *s = arg;

	(void)number;
	for (;;) {
		uint64_t n = atomic_fetch_add(&s->next, 1);

		if (n >= s->count)
			return true;
		if (!s->work(s->arg, n)) {
			atomic_store(&s->next, s->count);
			return false;
		}
	}
}

static bool
ended_well(pid_t pid)
{
	int state = 0;

	while (waitpid(pid, &state, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

bool
workers_run(uint64_t processes, uint64_t count, worker_fn *work, void *arg)
{
	enum { MOST = 16 };
	struct share *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[MOST];
	size_t started = 0;
	bool ok = s != MAP_FAILED;

	if (!ok)
		return false;
	s->count = count;
	s->work = work;
	s->arg = arg;
	for (; ok && started < processes && started < MOST; started++) {
		pids[started] = worker_start(take_numbers, s, started);
		if (pids[started] < 0)
			ok = false;
	}
	for (size_t i = 0; i < started; i++)
		if (pids[i] > 0)
			ok = ended_well(pids[i]) && ok;
	munmap(s, sizeof(*s));
	return ok;
}
