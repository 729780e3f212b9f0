/* command_admin.c - how commands ask the relay, or its store, and print. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "relay/command.h"

enum { ANSWER_TEXT_BYTES = 1024 };

int
command_desk(const struct command_line *line, const struct home *home,
    const struct settings *settings, enum admin_open how,
    struct admin_client **c)
{
	enum status st = admin_client_open(home, settings, how, c);

	switch ((int)st) {
	case STATUS_OK:
		return EXIT_DONE;
	case STATUS_FULL:
		return command_fail(line, EXIT_FAILED,
		    "a relay is starting or stopping in %s, or another "
		    "command is at work; try again",
		    home->dir);
	case STATUS_CONFLICT:
		return command_fail(line, EXIT_FAILED,
		    "a restore into %s was not finished; remove what is in "
		    "it, and restore again",
		    home->dir);
	case STATUS_DENIED:
		return command_fail(line, EXIT_FAILED,
		    "the relay in %s runs as another user; be that one, or "
		    "root",
		    home->dir);
	default:
		return command_fail_status(line, st, "opening the database");
	}
}

static enum exit_code
exit_code_of(const char *code)
{
	static const struct {
		const char *name;
		enum exit_code exit_code;
	} codes[] = {
		{ "usage", EXIT_USAGE },
		{ "not-found", EXIT_NOT_FOUND },
		{ "exists", EXIT_EXISTS },
		{ "disk-full", EXIT_NO_SPACE },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].name, code) == 0)
			return codes[i].exit_code;
	return EXIT_FAILED;
}

static int
last_word(const struct command_line *line, struct json_t *last)
{
	const char *code = "failed", *message = "no reason given";
	int failed = EXIT_DONE;

	if (json_unpack(
		last, "{s:s,s:s}", "code", &code, "message", &message) == 0)
		failed = command_fail(line, exit_code_of(code), "%s", message);
	json_decref(last);
	return failed;
}

/* UTF-8 goes through whole but for the control codes U+0080 to 9F. */
static void
fill_plain(const char *text, char *plain, size_t room)
{
	size_t len = 0;

	for (; text[len] != '\0' && len < room - 1; len++) {
		unsigned char c = (unsigned char)text[len];
		bool is_c1 = c >= 0x80 && c < 0xa0 && len > 0 &&
			     (unsigned char)text[len - 1] == 0xc2;

		plain[len] = c < ' ' || c == 0x7f || is_c1 ? '?' : text[len];
	}
	plain[len] = '\0';
}

/*
 * Who answers may be an intruder in the relay's place, and who asks may be root
 * at a terminal: no string of an answer holds control characters.
 */
static void
make_plain(json_t *object)
{
	char plain[ANSWER_TEXT_BYTES];
	const char *name;
	json_t *member;

	json_object_foreach(object, name, member)
	{
		if (!json_is_string(member))
			continue;
		fill_plain(json_string_value(member), plain, sizeof(plain));
		/* What is left of a C1 is no UTF-8, which printing stands. */
		(void)!json_string_set_nocheck(member, plain);
	}
}

struct plain_take {
	admin_take *take;
	void *arg;
};

static void
take_plain(void *arg, const json_t *object)
{
	const struct plain_take *p = arg;
	json_t *copy = json_deep_copy(object);

	make_plain(copy);
	if (p->take != NULL)
		p->take(p->arg, copy); /* without memory, an empty one */
	json_decref(copy);
}

/* In JSON they are escaped, and as they are. */
static enum status
ask(const struct command_line *line, struct admin_client *c,
    const json_t *request, const struct plain_take *to, json_t **last)
{
	struct plain_take plain = *to;
	enum status st;

	if (line->json)
		return admin_client_ask(c, request, to->take, to->arg, last);
	st = admin_client_ask(c, request, take_plain, &plain, last);
	if (st == STATUS_OK)
		make_plain(*last);
	return st;
}

int
command_ask(const struct command_line *line, struct admin_client *c,
    struct json_t *request, admin_take *take, void *arg)
{
	const struct plain_take to = { take, arg };
	json_t *last = NULL;
	enum status st;

	if (request == NULL)
		return command_fail(line, EXIT_USAGE,
		    "what was written is no text, or memory is short");
	st = ask(line, c, request, &to, &last);
	json_decref(request);
	if (st == STATUS_CLOSED)
		return command_fail(
		    line, EXIT_FAILED, "the relay stopped before it answered");
	if (st != STATUS_OK)
		return command_fail_status(line, st, "asking the relay");
	return last_word(line, last);
}

int
command_ask_once(const struct command_line *line, struct json_t *request,
    admin_take *take, void *arg)
{
	struct admin_client *c = NULL;
	struct settings settings;
	struct identity identity;
	struct home home;
	int failed = command_recall(line, &home, &settings, &identity);

	if (failed == EXIT_DONE)
		failed = command_desk(line, &home, &settings, ADMIN_STORE, &c);
	if (failed == EXIT_DONE)
		failed = command_ask(line, c, request, take, arg);
	else
		json_decref(request);
	admin_client_close(c);
	return failed;
}

void
command_print_json(const struct json_t *object)
{
	if (object != NULL)
		json_dumpf(object, stdout, JSON_COMPACT);
	fputs("\n", stdout);
}

const char *
command_plain(const char *text, char plain[PLAIN_BYTES])
{
	fill_plain(text, plain, PLAIN_BYTES);
	return plain;
}

int
command_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_DONE : EXIT_FAILED;
}
