/* commands.c - the command table of tacit-relay (tacit-relay(8)). */
#include "relay/commands.h"

#include <stdio.h>

#include "relay/command.h"

const struct command commands[] = {
	{ "serve", ON_SERVE, command_serve,
	    "serve until SIGTERM; makes the relay first when there is none", 0,
	    NULL },
	{ "init", ON_INIT, command_init,
	    "make keys and database; print the link and what to do next", 0,
	    NULL },
	{ "link", ON_LINK, command_link, "print the link", 0, NULL },
	{ "invite", ON_INVITE, command_invite,
	    "print a link with a join code; or list, revoke ID", 2,
	    "list revoke" },
	{ "users", ON_USERS, command_users,
	    "list; or removed, show, suspend, resume, remove, free NAME", 2,
	    "list removed show suspend resume remove free" },
	{ "stats", ON_STATS, command_stats, "what the relay does and holds", 0,
	    NULL },
	{ "backup", ON_BACKUP, command_backup,
	    "copy everything, keys too, into an empty directory", 1, NULL },
	{ "restore", ON_RESTORE, command_restore,
	    "make a relay of a backup, in an empty directory", 1, NULL },
	{ "doctor", ON_DOCTOR, command_doctor,
	    "check keys, files and every table; changes nothing", 0, NULL },
	{ "reload", ON_RELOAD, command_reload,
	    "have a serving relay read its settings and certificates again", 0,
	    NULL },
	{ "rotate-key", ON_ROTATE_KEY, command_rotate_key,
	    "a new TLS key under the same link", 0, NULL },
};

const size_t commands_count = sizeof(commands) / sizeof(commands[0]);

const struct option_row options[] = {
	{ "data", "DIR", ON_ALL, "where the relay lives (TACIT_RELAY_DATA)" },
	{ "json", NULL, ON_ALL, "one JSON object per line" },
	{ "config", "FILE", ON_PLACE,
	    "settings instead of DIR/relay.conf, tacit-relay.conf(5)" },
	{ "frozen", NULL, ON_SERVE, "take nothing new, before a move" },
	{ "uses", "N", ON_INVITE, "how often the code works; default once" },
	{ "expires", "7d", ON_INVITE, "how long; default for ever" },
	{ "code-file", "FILE", ON_INVITE,
	    "a code of your own, for any number of uses" },
	{ "label", "TEXT", ON_INVITE, "a note for yourself" },
	{ "yes", NULL, ON_USERS, "do not ask before an account is removed" },
	{ "rate", "MIB", ON_BACKUP, "MiB a second at most; default 64" },
	{ "follow", NULL, ON_STATS, "once a second, until it is stopped" },
	{ "help", NULL, ON_ALL, "this text" },
	{ "version", NULL, ON_ALL, "the version" },
};

const size_t options_count = sizeof(options) / sizeof(options[0]);

void
commands_option_name(
    const struct config_setting *s, char name[OPTION_NAME_BYTES])
{
	snprintf(name, OPTION_NAME_BYTES, "%s", s->name);
	for (char *c = name; *c != '\0'; c++)
		*c = *c == '_' ? '-' : *c;
}
