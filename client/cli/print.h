/* print.h - pieces of a line of history for people. */
#ifndef TACIT_CLI_PRINT_H
#define TACIT_CLI_PRINT_H

#include "client/cli/command.h"

void print_name(struct cli *cli, const char *name); /* NULL: `?` */
void print_time(struct cli *cli, const struct tacit_event *event);

/* The alias, or else the account; NULL: no account caused it. */
const char *print_speaker(const struct tacit_event *event);

void print_notice(struct cli *cli, const struct tacit_event *event);

#endif
