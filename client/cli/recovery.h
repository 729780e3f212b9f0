/*
 * recovery.h - a recovery key on its way to its owner and back: on the terminal
 * or in a file that nobody else may read, never an argument.
 */
#ifndef TACIT_CLI_RECOVERY_H
#define TACIT_CLI_RECOVERY_H

#include "client/cli/command.h"
#include "client/cli/passphrase.h"

/*
 * Whether `register` makes one, as the options say, or the user at a terminal;
 * without either: no.  USAGE: both options.
 */
enum tacit_code recovery_choose(struct cli *cli, bool *wanted);

/*
 * libtacit's callback, arg is the struct cli: into the file that was named,
 * which must not be there (but with this very key), else onto the terminal.
 */
bool recovery_show(const char *key, void *arg);

/* From the file that was named, or asked for on the terminal.  USAGE. */
enum tacit_code recovery_read(struct cli *cli, struct passphrase *key);

#endif
