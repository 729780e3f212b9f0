/*
 * hook.h - named places where a crash test may kill the process.
 *
 * The function is empty in every program we ship.  Test programs whose name
 * ends in -hooked are linked with tests/support/hook_kill.c instead.
 */
#ifndef TACIT_BASE_HOOK_H
#define TACIT_BASE_HOOK_H

void hook_reach(const char *place);

#endif
