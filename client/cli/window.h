/*
 * window.h - which part of a history is shown: what history, search and export
 * have in common.
 */
#ifndef TACIT_CLI_WINDOW_H
#define TACIT_CLI_WINDOW_H

#include "client/cli/command.h"

/* Rows of an option table. */
#define WINDOW_ROW_LIMIT                                                       \
	{                                                                      \
		"limit", 0, OPTION_COUNT, OPTION_FIELD(limit), "N",            \
		    "the newest N; 50 unless said"                             \
	}
#define WINDOW_ROW_SINCE                                                       \
	{                                                                      \
		"since", 0, OPTION_TIME, OPTION_FIELD(since_ms), "T",          \
		    "not what is older: 2026-11-21, 14:00, RFC 3339, or 2h "   \
		    "(ago)"                                                    \
	}
#define WINDOW_ROW_UNTIL                                                       \
	{                                                                      \
		"until", 0, OPTION_TIME, OPTION_FIELD(until_ms), "T",          \
		    "not what is newer"                                        \
	}

/* USAGE: it ends before it begins. */
enum tacit_code window_check(struct cli *cli);

/* As the options say: limit and times alone are written. */
enum tacit_code window_take(struct cli *cli, struct tacit_history *how);

#endif
