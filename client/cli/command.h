/*
 * command.h - what a command is, and what it is handed.
 *
 * Each cmd_<name>.c exports rows of this table; commands.c lists them; the
 * parser, --help and the tests of the man page all read the same rows.
 */
#ifndef TACIT_CLI_COMMAND_H
#define TACIT_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/cli/cli.h"
#include "client/core/tacit.h"

/* Every option of every command; a command's rows say which are its own. */
struct arguments {
	/* Global ones. */
	const char *profile;
	const char *home;
	const char *passphrase_file;
	const char *passphrase_fd;
	int64_t timeout_ms; /* 0: the library's default */
	const char *proxy;  /* NULL: none */
	bool json;
	bool quiet;
	bool verbose;
	bool help;
	bool version;
	/* Of commands. */
	const char *relay;
	bool no_passphrase;
	bool recovery_key;
	const char *recovery_key_file;
	bool no_recovery_key;
	const char *new_passphrase_file;
	bool keyring;
	bool no_keyring;
	const char *yes; /* what is agreed to */
	char *group;     /* -g; owned, in normal form C */
	const char *id;
	bool lines;
	bool queue;
	bool now;
	int64_t wait_ms; /* 0: not given */
	bool follow;
	bool states;
	uint64_t limit; /* 0: not given */
	int64_t since_ms;
	int64_t until_ms;
	const char *search;
	bool detailed;   /* --long */
	bool everywhere; /* no option: of several conversations */
	bool mark;
	bool qr;
	bool block;
	const char *compare; /* a safety number; - is standard input */
	bool verify;
	const char *uses;
	int64_t expires_ms; /* from now; 0: not given */
	int64_t expire_ms;  /* of a message; 0: not given */
	const char *label;
	const char *who_may_add;
	const char *timer;
	const char *history;
	const char *from;
	const char *message; /* an id, or its first digits */
	const char *reply;   /* as that */
	bool remove;
	bool local;
	const char *format;
	bool force;
	const char *proof; /* an id, or its first digits */
	const char *check; /* a file */
	bool check_only;   /* --check */
	bool repair;

	char **words; /* owned; in normal form C but for texts */
	size_t words_count;
};

enum option_kind {
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char * into argv */
	OPTION_NAME,     /* char *, owned, in normal form C */
	OPTION_DURATION, /* int64_t, milliseconds, above zero */
	OPTION_TIME,     /* int64_t, milliseconds since the epoch */
	OPTION_COUNT,    /* uint64_t, above zero */
	OPTION_LATER,    /* answers "not in this release"; not in --help */
};

struct option_row {
	const char *name; /* long form, without the dashes */
	char letter;      /* short form, or 0 */
	enum option_kind kind;
	size_t offset;        /* in struct arguments */
	const char *argument; /* what follows it; NULL: nothing */
	const char *help;     /* one sentence; NULL: OPTION_LATER */
};

#define OPTION_FIELD(member) offsetof(struct arguments, member)

struct option_table {
	const struct option_row *rows;
	size_t count;
};

#define OPTION_TABLE(rows)                                                     \
	{                                                                      \
		(rows), sizeof(rows) / sizeof((rows)[0])                       \
	}

struct cli;

struct command {
	const char *name;
	const char *verb;      /* second word, such as `create`; or NULL */
	bool verb_is_default;  /* the verb may be left out */
	const char *arguments; /* for people: "NAME [TEXT]" */
	const char *help;      /* one sentence */
	struct option_table options;
	size_t words_min;
	size_t words_max;
	enum tacit_code (*run)(struct cli *cli);
};

/* Commands and verbs of later releases, each "name" or "name verb". */
extern const char *const commands_later[];
extern const struct command *const commands[]; /* NULL ends it */

extern const struct command command_register;
extern const struct command command_status;
extern const struct command command_send;
extern const struct command command_react;
extern const struct command command_edit;
extern const struct command command_delete;
extern const struct command command_receive;
extern const struct command command_history;
extern const struct command command_search;
extern const struct command command_export;
extern const struct command command_contacts_list;
extern const struct command command_contacts_show;
extern const struct command command_contacts_rename;
extern const struct command command_contacts_remove;
extern const struct command command_contacts_set;
extern const struct command command_contacts_block;
extern const struct command command_contacts_unblock;
extern const struct command command_requests_list;
extern const struct command command_requests_accept;
extern const struct command command_requests_refuse;
extern const struct command command_verify;
extern const struct command command_trust;
extern const struct command command_group_create;
extern const struct command command_group_add;
extern const struct command command_group_remove;
extern const struct command command_group_promote;
extern const struct command command_group_demote;
extern const struct command command_group_leave;
extern const struct command command_group_rename;
extern const struct command command_group_set;
extern const struct command command_group_adopt;
extern const struct command command_group_link;
extern const struct command command_group_join;
extern const struct command command_group_list;
extern const struct command command_group_show;
extern const struct command command_group_log;
extern const struct command command_outbox_list;
extern const struct command command_outbox_retry;
extern const struct command command_outbox_cancel;
extern const struct command command_check;
extern const struct command command_account_delete;
extern const struct command command_recover;
extern const struct command command_recovery_key_show;
extern const struct command command_recovery_key_new;
extern const struct command command_recovery_key_remove;
extern const struct command command_devices;
extern const struct command command_relay_show;
extern const struct command command_relay_set;
extern const struct command command_config_list;
extern const struct command command_config_get;
extern const struct command command_config_set;
extern const struct command command_passphrase;
extern const struct command command_backup;
extern const struct command command_restore;
extern const struct command command_doctor;

/* One run of the program. */
struct cli {
	struct cli_streams io;
	struct arguments args;
	const struct command *command;
	char *dir;       /* of the profile; owned */
	struct tacit *t; /* opened by cli_open(), closed by cli_main() */
	struct tacit_error error;
	bool colour;
	bool output_failed; /* standard output is gone, and why: */
	struct tacit_error output_error;
	bool interrupted; /* Ctrl-C ended --follow */
};

/* Sets the error that cli_main() reports; returns code. */
[[gnu::format(printf, 3, 4)]] enum tacit_code cli_fail(
    struct cli *cli, enum tacit_code code, const char *format, ...);

/* Says something to people on standard error; not with --quiet. */
[[gnu::format(printf, 2, 3)]] void cli_note(
    struct cli *cli, const char *format, ...);

/*
 * Opens the profile, asking for its passphrase when it has one and nothing else
 * opens it; or by the passphrase and nothing else.
 */
enum tacit_code cli_open(struct cli *cli);
enum tacit_code cli_open_by_passphrase(struct cli *cli);

/* Writes out what was printed; false, and remembers it, when it is gone. */
bool cli_flush(struct cli *cli);

/* A command that shows nothing else: one object with --json. */
enum tacit_code cli_done(struct cli *cli, enum tacit_code code);

#endif
