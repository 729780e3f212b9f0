/*
 * sandbox.h - what the process gives up: at the start what no command needs,
 * and before it serves strangers everything but its data and its sockets.
 */
#ifndef TACIT_RELAY_SANDBOX_H
#define TACIT_RELAY_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/config.h"
#include "base/status.h"

/*
 * Before anything else: files are made for their owner only, no core dump shows
 * keys, no debugger attaches, a peer or a disk that fails is an error of that
 * call.  Open files are allowed up to the hard limit.  IO.
 */
enum status sandbox_prepare(void);

/* Whom to be; `name` empty: no account of that name is needed. */
struct sandbox_user {
	uid_t uid;
	gid_t gid;
	char name[CONFIG_TEXT_BYTES];
};

/*
 * Who serves from the data directory: `named`, or the directory's owner when
 * that is empty and we are root.  `change`: we are someone else.
 *
 * NOT_FOUND, DENIED: no such account, or only root can become it; `why` says
 * so.  IO: no such directory.
 */
enum status sandbox_find_user(const char *named, const char *data_dir,
    struct sandbox_user *user, bool *change, char why[CONFIG_WHY_BYTES]);

/* For good, which is verified.  IO: it could not be done; the log says why. */
enum status sandbox_become(const struct sandbox_user *user);

/*
 * Files are opened as the owner of the data directory would open them, until
 * sandbox_act_as_self(): so that no link in it leads a command of root's
 * further than its owner comes.  Nothing changes for anybody but root.  IO: it
 * could not be done; the log says why.
 */
enum status sandbox_act_as_owner(const char *data_dir);
enum status sandbox_act_as_self(void);

enum { SANDBOX_READABLE = 6 };

struct sandbox_options {
	const char *data_dir; /* read and written */
	/* Files that a reload reads again; so is what stands beside them. */
	const char *readable[SANDBOX_READABLE];
	size_t readable_count;
};

/*
 * From here on, for this thread and those it starts: no new privileges, no file
 * but those (Landlock, landlock(7)), no system call but those a serving relay
 * makes (seccomp(2)), which is death for the process.  What the kernel does not
 * know is named in the log once, and done without.
 *
 * IO: it could not be done; the log says why.
 */
enum status sandbox_enter(const struct sandbox_options *options);

/* The part with system calls, sandbox_calls.c. */
enum status sandbox_filter_calls(void);

/* False where sanitizers or counts of coverage need what is closed here. */
bool sandbox_is_built(void);

#endif
