/*
 * markdown.h - the history as Markdown (CommonMark) that cannot lie.
 *
 * A message is an item of a list.  Whatever has a meaning in Markdown is
 * escaped and every line of a text stands indented in its item, so that no text
 * looks like a heading, another message or a picture.
 */
#ifndef TACIT_CLI_MARKDOWN_H
#define TACIT_CLI_MARKDOWN_H

#include "client/cli/command.h"

/* What is already printed; begins as zeros but for `cli`. */
struct markdown {
	struct cli *cli;
	const char *title; /* whose history; NULL: of several conversations */
	bool began;
	char conversation[72]; /* the id last headed */
};

/* The title; a later call does nothing. */
void markdown_begin(struct markdown *m);

/* A tacit_event_fn; arg is the struct markdown. */
bool markdown_event(const struct tacit_event *event, void *arg);

/* One line of text in which nothing has a meaning, without its end. */
void markdown_put(FILE *to, const char *line, size_t len);

#endif
