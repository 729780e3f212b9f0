/*
 * hook_kill.c - hook_reach() of the programs whose name ends in -hooked.
 *
 * Linked as an object, so that the empty one of base/hook.c stays in its
 * archive.  Both settings count within one process:
 *
 *   TACIT_HOOK=PLACE:N      SIGKILL at the Nth reach of that place; PLACE may
 *                           be "any"
 *   TACIT_HOOK_COUNT=FILE   one line per reach is appended: the place
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/hook.h"

/* Reaches so far that TACIT_HOOK asks about; the relay has several threads. */
static _Atomic uint64_t hook_kill_reached;

static void
count_reach(const char *path, const char *place)
{
	struct iovec line[] = {
		{ (void *)(uintptr_t)place, strlen(place) },
		{ (void *)(uintptr_t) "\n", 1 },
	};
	int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	/* A test that cannot count has no result. */
	if (file < 0 || writev(file, line, 2) < 0)
		abort();
	close(file);
}

static bool
is_asked_for(const char *wanted, size_t length, const char *place)
{
	if (length == 3 && memcmp(wanted, "any", 3) == 0)
		return true;
	return strlen(place) == length && memcmp(wanted, place, length) == 0;
}

void
hook_reach(const char *place)
{
	const char *count = getenv("TACIT_HOOK_COUNT");
	const char *wanted = getenv("TACIT_HOOK");
	const char *colon;

	if (count != NULL)
		count_reach(count, place);
	if (wanted == NULL)
		return;
	colon = strrchr(wanted, ':');
	if (colon == NULL)
		abort();
	if (!is_asked_for(wanted, (size_t)(colon - wanted), place))
		return;
	if (atomic_fetch_add(&hook_kill_reached, 1) + 1 ==
	    strtoull(colon + 1, NULL, 10))
		kill(getpid(), SIGKILL);
}
