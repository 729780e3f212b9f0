/* command_relay.c - reload, rotate-key. */
#include <jansson.h>
#include <stdio.h>

#include "relay/command.h"

static void
take(void *arg, const json_t *object)
{
	const struct command_line *line = arg;
	const char *type = json_string_value(json_object_get(object, "type"));

	if (line->json)
		command_print_json(object);
	else if (type != NULL && type[0] == 'r')
		puts("The relay works by its settings as they are now.");
	else if (json_is_true(json_object_get(object, "in_use")))
		puts("New connections get the new key; the link is the same.");
	else
		puts("The relay will start with the new key; the link is the "
		     "same.");
}

static int
act(const struct command_line *line, const char *command)
{
	struct command_line copy = *line;
	int failed = command_ask_once(
	    line, json_pack("{s:s}", "command", command), take, &copy);

	return failed == EXIT_DONE ? command_flush() : failed;
}

int
command_reload(const struct command_line *line)
{
	return act(line, "reload");
}

int
command_rotate_key(const struct command_line *line)
{
	return act(line, "rotate-key");
}
