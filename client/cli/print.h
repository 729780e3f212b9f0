/* print.h - pieces of a line of history for people. */
#ifndef TACIT_CLI_PRINT_H
#define TACIT_CLI_PRINT_H

#include "client/cli/command.h"

void print_name(struct cli *cli, const char *name); /* NULL: `?` */
/* A sentence of the core within brackets: without its full stop. */
void print_reason(struct cli *cli, const char *reason);

void print_time(struct cli *cli, const struct tacit_event *event);

/* The alias, or else the account; NULL: no account caused it. */
const char *print_speaker(const struct tacit_event *event);

void print_notice(struct cli *cli, const struct tacit_event *event);

/* In brackets: what is not right with a message, and what became of it. */
void print_remarks(struct cli *cli, const struct tacit_event *event);

/* The line above a reply, and those below a message that was spoken about. */
void print_answered(struct cli *cli, const struct tacit_event *event);
void print_said(struct cli *cli, const struct tacit_event *event);

/* A reaction, an edit, a deletion: a line of its own. */
bool print_is_about_another(const struct tacit_event *event);
void print_word(struct cli *cli, const struct tacit_event *event);

#endif
