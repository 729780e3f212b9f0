/* input.h - what commands read from standard input. */
#ifndef TACIT_CLI_INPUT_H
#define TACIT_CLI_INPUT_H

#include "base/bytes.h"
#include "client/cli/command.h"

enum {
	INPUT_LINK_BYTES = 1025, /* with the NUL */
	INPUT_LINES = 256,       /* of one batch */
};

/*
 * The link that was given, or for `-` the first line of standard input: a link
 * may hold a join code, and arguments are seen by others.  USAGE.
 */
enum tacit_code input_link(
    struct cli *cli, const char *given, char link[INPUT_LINK_BYTES]);
void input_forget(char link[INPUT_LINK_BYTES]);

/* What --timer was given, in seconds; `off` is 0.  USAGE. */
enum tacit_code input_timer(
    struct cli *cli, const char *text, uint64_t *timer_s);

/*
 * All of standard input as one text, one trailing line end dropped.  USAGE:
 * empty, too long, not UTF-8.  FAILED.  *text: a buffer the caller frees.
 */
enum tacit_code input_text(struct cli *cli, struct buf **text);

/* Whether it may be sent; USAGE says why not, `where` begins the sentence. */
enum tacit_code input_check(
    struct cli *cli, struct bytes text, const char *where);

/* Standard input line by line, as it comes. */
struct input_lines;

enum tacit_code input_lines_new(struct cli *cli, struct input_lines **in);
void input_lines_free(struct input_lines *in); /* NULL is fine */

/*
 * Wait for a line, then take those that are there, at most INPUT_LINES; empty
 * ones are skipped.  *count 0: the input has ended.  The lines are borrowed
 * until the next call.
 *
 * USAGE: a line cannot be sent; *count lines before it still can.
 */
enum tacit_code input_lines_next(struct input_lines *in, struct cli *cli,
    struct bytes lines[INPUT_LINES], size_t *count);

#endif
