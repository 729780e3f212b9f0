#include "tests/support/relay_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32, READY_MS = 20 * 1000 };

extern char **environ;

/* Standard output goes into a pipe whose other end is *out. */
static bool
spawn(const char *const *argv, pid_t *pid, int *out)
{
	posix_spawn_file_actions_t actions;
	int ends[2];
	int failed;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	failed = posix_spawn(
	    pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (failed != 0) {
		close(ends[0]);
		return false;
	}
	*out = ends[0];
	return true;
}

static bool
read_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, READY_MS) <= 0 || read(fd, line + len, 1) != 1)
			return false;
		if (line[len] == '\n')
			break;
		len++;
	}
	line[len] = '\0';
	return true;
}

bool
relay_process_start(struct relay_process *p, const char *program,
    const char *dir, const char *const *more)
{
	const char *argv[ARGUMENTS_MAX] = { program, "serve", "--data", dir };
	char line[LIMIT_LINK_BYTES + 64];
	size_t count = 4;

	memset(p, 0, sizeof(*p));
	for (; more != NULL && *more != NULL && count + 1 < ARGUMENTS_MAX;
	     more++)
		argv[count++] = *more;
	if (!spawn(argv, &p->pid, &p->out))
		return false;
	if (!read_line(p->out, line, sizeof(line)) ||
	    strncmp(line, "link ", 5) != 0 ||
	    strlen(line + 5) >= sizeof(p->link)) {
		relay_process_kill(p);
		return false;
	}
	snprintf(p->link, sizeof(p->link), "%.*s", LIMIT_LINK_BYTES, line + 5);
	if (!read_line(p->out, line, sizeof(line)) ||
	    strcmp(line, "ready") != 0) {
		relay_process_kill(p);
		return false;
	}
	return true;
}

static int
reap(pid_t pid)
{
	int state = 0;

	if (waitpid(pid, &state, 0) != pid || !WIFEXITED(state))
		return -1;
	return WEXITSTATUS(state);
}

static int
end(struct relay_process *p, int number)
{
	int code;

	if (p->pid == 0)
		return -1;
	kill(p->pid, number);
	code = reap(p->pid);
	close(p->out);
	p->pid = 0;
	return code;
}

int
relay_process_stop(struct relay_process *p)
{
	return end(p, SIGTERM);
}

void
relay_process_kill(struct relay_process *p)
{
	end(p, SIGKILL);
}

int
run_program(const char *const *argv, char *out, size_t size)
{
	size_t len = 0;
	pid_t pid;
	int fd;

	if (!spawn(argv, &pid, &fd))
		return -1;
	while (len + 1 < size) {
		ssize_t n = read(fd, out + len, size - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	out[len] = '\0';
	close(fd);
	return reap(pid);
}
