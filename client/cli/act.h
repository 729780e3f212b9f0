/* act.h - what react, edit and delete share, and in part send. */
#ifndef TACIT_CLI_ACT_H
#define TACIT_CLI_ACT_H

#include "client/cli/command.h"

/* Rows of their option tables. */
#define ACT_ROW_ID                                                             \
	{                                                                      \
		"id", 0, OPTION_TEXT, OPTION_FIELD(id), "ID",                  \
		    "32 hex digits; the same ID again is the same act"         \
	}
#define ACT_ROW_QUEUE                                                          \
	{                                                                      \
		"queue", 0, OPTION_FLAG, OPTION_FIELD(queue), NULL,            \
		    "return once it is in the local outbox"                    \
	}
#define ACT_ROW_WAIT                                                           \
	{                                                                      \
		"wait", 0, OPTION_DURATION, OPTION_FIELD(wait_ms), "T",        \
		    "keep trying for this time"                                \
	}
#define ACT_ROW_NOW                                                            \
	{                                                                      \
		"now", 0, OPTION_FLAG, OPTION_FIELD(now), NULL,                \
		    "do not catch up with the group first"                     \
	}

/*
 * Carry it out on the message that the first word names, with those options;
 * opens the profile unless it is open.
 */
enum tacit_code act_run(struct cli *cli, struct tacit_act *act);

#endif
