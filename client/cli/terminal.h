/*
 * terminal.h - typing without echo, which no signal leaves switched off.
 */
#ifndef TACIT_CLI_TERMINAL_H
#define TACIT_CLI_TERMINAL_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

struct terminal {
	int fd;
	struct termios before;
	sigset_t mask_before;
};

/* Echo off; the signals of a keyboard wait.  false: not a terminal. */
bool terminal_hush(struct terminal *terminal, int fd);

/* Until a line was typed; false when a signal came first. */
bool terminal_wait(const struct terminal *terminal);

/* As before; a signal that waited is delivered now. */
void terminal_restore(const struct terminal *terminal);

#endif
