#include "relay/command.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "proto/link.h"

static const char *
code_name(enum exit_code code)
{
	switch (code) {
	case EXIT_DONE:
		return "done";
	case EXIT_FAILED:
		return "failed";
	case EXIT_USAGE:
		return "usage";
	case EXIT_NOT_FOUND:
		return "not-found";
	case EXIT_EXISTS:
		return "exists";
	case EXIT_NO_SPACE:
		return "disk-full";
	}
	return "failed";
}

int
command_fail(const struct command_line *line, enum exit_code exit_code,
    const char *format, ...)
{
	char sentence[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (line->json) {
		json_t *error = json_pack("{s:{s:s,s:s+}}", "error", "code",
		    code_name(exit_code), "message", sentence, "");

		if (error != NULL)
			json_dumpf(error, stderr, JSON_COMPACT);
		fputs("\n", stderr);
		json_decref(error);
	} else {
		fprintf(stderr, "tacit-relay: %s\n", sentence);
	}
	return (int)exit_code;
}

int
command_fail_status(
    const struct command_line *line, enum status st, const char *what)
{
	if (st == STATUS_NO_SPACE)
		return command_fail(line, EXIT_NO_SPACE,
		    "%s: the disk is full; make room and try again", what);
	return command_fail(
	    line, EXIT_FAILED, "%s failed (%s)", what, status_name(st));
}

int
command_home(const struct command_line *line, struct home *home)
{
	if (home_find(line->data, home) == STATUS_OK)
		return EXIT_DONE;
	return command_fail(
	    line, EXIT_USAGE, "say where the data is: --data DIR");
}

int
command_recall(const struct command_line *line, struct home *home,
    struct settings *settings, struct identity *identity)
{
	char why[CONFIG_WHY_BYTES] = "out of memory";
	int failed = command_home(line, home);
	enum status st;

	if (failed != EXIT_DONE)
		return failed;
	memset(settings, 0, sizeof(*settings));
	config_defaults(settings_table(), settings);
	st = home_recall(home, settings, why);
	if (st == STATUS_OK)
		st = identity_load(home->dir, identity);
	else if (st != STATUS_NOT_FOUND)
		return command_fail(line, EXIT_FAILED, "%s", why);
	if (st == STATUS_NOT_FOUND)
		return command_fail(line, EXIT_FAILED,
		    "there is no relay in %s; make one with `tacit-relay "
		    "init`",
		    home->dir);
	if (st != STATUS_OK)
		return command_fail_status(line, st, "reading the keys");
	return EXIT_DONE;
}

int
command_make_link(const struct command_line *line,
    const struct settings *settings, const struct identity *identity,
    const char *join_code, char *text)
{
	struct listen_address a;
	struct link link = {
		.has_pin = settings_links_have_pin(settings),
		.pin = identity->pin,
	};
	enum status st = listen_parse(settings->listen.items[0], &a);

	if (st == STATUS_OK && settings->host[0] != '\0') {
		uint16_t port = 0;

		st = host_parse(settings->host, a.host, &port);
		a.port = port != 0 ? port : a.port;
	}
	if (st == STATUS_OK) {
		snprintf(link.host, sizeof(link.host), "%s", a.host);
		link.port = a.port;
		if (join_code != NULL)
			snprintf(link.join_code, sizeof(link.join_code), "%s",
			    join_code);
		st = link_format(&link, text);
	}
	link_clear(&link);
	if (st != STATUS_OK)
		return command_fail(line, EXIT_USAGE,
		    "the host \"%.128s\" cannot stand in a link", a.host);
	return EXIT_DONE;
}
