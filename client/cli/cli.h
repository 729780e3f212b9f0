/*
 * cli.h - the command line of Tacit as a function, so that tests can call it.
 *
 * It stands on libtacit's public header and base/, and on nothing below.
 * Contract of every name, output line and exit code: docs/man/tacit.1 and
 * docs/json.md.
 */
#ifndef TACIT_CLI_CLI_H
#define TACIT_CLI_CLI_H

#include <stdio.h>

struct cli_streams {
	int in; /* descriptor: bytes not consumed stay for the next reader */
	FILE *out;
	FILE *err;
};

/*
 * Run one command.  argv[0] is the program.  Returns the exit code.  The
 * caller has called sodium_init() and ignores SIGPIPE.
 */
int cli_main(int argc, char **argv, const struct cli_streams *streams);

#endif
