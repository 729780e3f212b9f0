/*
 * main.c - the program `tacit`: guards its memory, then is the command line.
 */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "client/cli/cli.h"
#include "client/cli/options.h"
#include "client/core/tacit.h"

/*
 * No core file and no debugger of the same user sees the keys.  The leak
 * checker is such a debugger, so a sanitizer build leaves itself traceable.
 */
static void
keep_memory_private(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/*
 * A closed standard stream would be the next file that is opened, and our
 * output would go into the profile: give it a descriptor that only fails.
 */
static void
keep_streams_apart(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* The exit code is TACIT_DAMAGED; docs/json.md has the shape of an error. */
static const char in_words[] =
    "tacit: The profile's database seems to be damaged; `tacit doctor` says "
    "more\n";
static const char in_json[] = "{\"error\":{\"code\":\"damaged\",\"message\":"
			      "\"The profile's database seems "
			      "to be damaged; `tacit doctor` says more\"}}\n";

int
main(int argc, char **argv)
{
	const struct cli_streams streams = { STDIN_FILENO, stdout, stderr };

	keep_streams_apart();
	keep_memory_private();
	umask(077);
	/* Each failure is one sentence, or one JSON object; not a log line. */
	log_set_level(LOG_LEVEL_NONE);
	/* A reader that went away is an error of write(), not our end. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a file that may not grow, for the limit that a user is under.
	 */
	signal(SIGXFSZ, SIG_IGN);
	fatal_say(
	    options_want_json(argc, argv) ? in_json : in_words, TACIT_DAMAGED);
	/*
	 * What we do does not depend on how this machine's OpenSSL is set up,
	 * and reading that, and clearing up behind it, is a tenth of a `send`.
	 */
	OPENSSL_init_crypto(
	    OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
	if (sodium_init() < 0) {
		fputs("tacit: The system gives no randomness\n", stderr);
		return 1;
	}
	return cli_main(argc, argv, &streams);
}
