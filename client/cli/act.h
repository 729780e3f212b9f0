/* act.h - what react, edit and delete share. */
#ifndef TACIT_CLI_ACT_H
#define TACIT_CLI_ACT_H

#include "client/cli/command.h"

/*
 * Carry it out on the message that the first word names, with those options;
 * opens the profile unless it is open.
 */
enum tacit_code act_run(struct cli *cli, struct tacit_act *act);

#endif
