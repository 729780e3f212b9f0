/* help.h - --help, from the command table. */
#ifndef TACIT_CLI_HELP_H
#define TACIT_CLI_HELP_H

#include <stdio.h>

#include "client/cli/command.h"

void help_all(FILE *to);

/* One command; `name` alone shows every verb of it. */
void help_command(FILE *to, const char *name, const char *verb);

#endif
