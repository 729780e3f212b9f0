/*
 * command.h - what the commands of tacit-relay share.
 *
 * A command answers with an exit code.  Errors are one sentence on standard
 * error, or one JSON object with --json.
 */
#ifndef TACIT_RELAY_COMMAND_H
#define TACIT_RELAY_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "relay/admin_client.h"
#include "relay/home.h"
#include "relay/identity.h"
#include "relay/settings.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 4,
	EXIT_EXISTS = 11,
	EXIT_NO_SPACE = 13,
};

enum { GIVEN_MAX = 64 };

struct json_t; /* jansson */

struct given {
	const char *name;
	const char *value;
};

/* The command line, as it was written; all text is argv's. */
struct command_line {
	bool json;
	const char *data;
	const char *config;
	struct given settings[GIVEN_MAX];
	size_t settings_count;
	const char *uses;
	const char *expires;
	const char *code_file;
	const char *label;
	const char *rate;
	bool follow;
	bool frozen;
	bool yes;
	char **words; /* after the command */
	size_t words_count;
};

/* Print why, and answer the exit code of the code's name. */
[[gnu::format(printf, 3, 4)]] int command_fail(const struct command_line *line,
    enum exit_code exit_code, const char *format, ...);

/* For a status whose reason is in the log. */
int command_fail_status(
    const struct command_line *line, enum status st, const char *what);

/* Where the relay lives; EXIT_DONE, or what to exit with. */
int command_home(const struct command_line *line, struct home *home);

/*
 * What the relay is to do: the command line goes before the file (--config, or
 * relay.conf in the data directory when it is there), this before what was last
 * served, and that before the defaults.
 *
 * BAD_INPUT, NOT_FOUND: `why` is a sentence for whoever wrote the line or the
 * file.  IO, NOMEM.
 */
enum status command_gather(const struct command_line *line,
    const struct home *home, struct settings *settings,
    char why[CONFIG_WHY_BYTES]);

/* Both; the log level is set.  EXIT_DONE, or what to exit with. */
int command_settings(const struct command_line *line, struct home *home,
    struct settings *settings);

/* As it was last served; a sentence and EXIT_FAILED when it never was. */
int command_recall(const struct command_line *line, struct home *home,
    struct settings *settings, struct identity *identity);

/* The link, `join_code` empty or NULL for one without. */
int command_make_link(const struct command_line *line,
    const struct settings *settings, const struct identity *identity,
    const char *join_code, char *text);

/*
 * Where requests of administration go (admin_client.h); `how` as there.
 * EXIT_DONE, or what to exit with.
 */
int command_desk(const struct command_line *line, const struct home *home,
    const struct settings *settings, enum admin_open how,
    struct admin_client **c);

/*
 * Ask there; `request` is dropped, also when it is NULL for lack of memory.
 * `take` gets each object of the answer but the last.  EXIT_DONE, or what to
 * exit with.
 */
int command_ask(const struct command_line *line, struct admin_client *c,
    struct json_t *request, admin_take *take, void *arg);

/* Both, for a request that is alone. */
int command_ask_once(const struct command_line *line, struct json_t *request,
    admin_take *take, void *arg);

/* An object as a line of JSON on standard output; NULL is a lack of memory. */
void command_print_json(const struct json_t *object);

/* Text that others chose, cut to fit, without what would move a cursor. */
enum { PLAIN_BYTES = 80 };
const char *command_plain(const char *text, char plain[PLAIN_BYTES]);

/* What was printed has arrived; EXIT_DONE or EXIT_FAILED. */
int command_flush(void);

int command_backup(const struct command_line *line);
int command_doctor(const struct command_line *line);
int command_restore(const struct command_line *line);
int command_users(const struct command_line *line);
int command_stats(const struct command_line *line);
int command_reload(const struct command_line *line);
int command_rotate_key(const struct command_line *line);
int command_serve(const struct command_line *line);
int command_init(const struct command_line *line);
int command_link(const struct command_line *line);
int command_invite(const struct command_line *line);
int command_invite_list(const struct command_line *line);
int command_invite_revoke(const struct command_line *line, const char *id);

#endif
