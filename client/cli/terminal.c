#include "client/cli/terminal.h"

#include <poll.h>
#include <stddef.h>
#include <unistd.h>

enum { LOOK_MS = 100 };

static void
keyboard_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGTSTP);
}

bool
terminal_hush(struct terminal *terminal, int fd)
{
	struct termios quiet;
	sigset_t signals;

	if (tcgetattr(fd, &terminal->before) != 0)
		return false;
	terminal->fd = fd;
	keyboard_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, &terminal->mask_before);
	quiet = terminal->before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	if (tcsetattr(fd, TCSAFLUSH, &quiet) == 0)
		return true;
	sigprocmask(SIG_SETMASK, &terminal->mask_before, NULL);
	return false;
}

/*
 * The signals stay blocked and are looked for, so that none can arrive between
 * the look and the wait; a person does not notice the tenth of a second.
 */
bool
terminal_wait(const struct terminal *terminal)
{
	struct pollfd typed = { .fd = terminal->fd, .events = POLLIN };
	sigset_t signals;
	sigset_t pending;

	keyboard_signals(&signals);
	for (;;) {
		if (poll(&typed, 1, LOOK_MS) > 0)
			return true;
		sigpending(&pending);
		sigandset(&pending, &pending, &signals);
		if (!sigisemptyset(&pending))
			return false;
	}
}

void
terminal_restore(const struct terminal *terminal)
{
	tcsetattr(terminal->fd, TCSADRAIN, &terminal->before);
	sigprocmask(SIG_SETMASK, &terminal->mask_before, NULL);
}
