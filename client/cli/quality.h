/* quality.h - whether a passphrase would be guessed. */
#ifndef TACIT_CLI_QUALITY_H
#define TACIT_CLI_QUALITY_H

#include "client/cli/passphrase.h"

/*
 * Says so in words on standard error when it is weak (libpwquality); it is the
 * user's choice all the same.
 */
void quality_warn(struct cli *cli, const struct passphrase *p);

#endif
