/*
 * fatal.h - a last line before a signal ends the process.
 *
 * LMDB reads its file where it lies and trusts it: a page that was overwritten
 * or cut off is met as SIGSEGV, SIGBUS or a failed assertion, and whoever uses
 * the program would not know why it ended.  That the file is damaged is what is
 * most likely then; the program itself may be wrong as well.
 */
#ifndef TACIT_BASE_FATAL_H
#define TACIT_BASE_FATAL_H

/*
 * From here on each of SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL writes
 * `line` to standard error, once whatever other threads do, and ends the
 * process by _exit(code): nothing that may be broken is run, and no core file
 * is left.
 *
 *   line  with its end of line; kept, so it must live as long as the process
 *
 * Called before the first thread.
 */
void fatal_say(const char *line, int code);

#endif
