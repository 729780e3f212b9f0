/* command_invites.c - invite list, invite revoke. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "relay/command.h"

struct printing {
	const struct command_line *line;
	bool headed;
};

static const char *
text(const json_t *o, const char *name)
{
	const char *value = json_string_value(json_object_get(o, name));

	return value != NULL ? value : "-";
}

static void
print_item(struct printing *p, const json_t *o)
{
	const json_t *left = json_object_get(o, "uses_left");
	char plain[PLAIN_BYTES], uses[24] = "no end";

	if (!p->headed)
		printf("%-8s  %-10s  %10s  %10s  %-10s  %s\n", "ID", "CREATED",
		    "USED", "USES LEFT", "EXPIRES", "LABEL");
	p->headed = true;
	if (json_is_integer(left))
		snprintf(uses, sizeof(uses), "%" PRId64,
		    (int64_t)json_integer_value(left));
	printf("%-8s  %-10.10s  %10" PRId64 "  %10s  %-10.10s  %s\n",
	    text(o, "id"), text(o, "created_at"),
	    (int64_t)json_integer_value(json_object_get(o, "used")), uses,
	    text(o, "expires_at"), command_plain(text(o, "label"), plain));
}

static void
take(void *arg, const json_t *object)
{
	struct printing *p = arg;

	if (p->line->json)
		command_print_json(object);
	else
		print_item(p, object);
}

int
command_invite_list(const struct command_line *line)
{
	struct printing p = { line, false };
	int failed = command_ask_once(line,
	    json_pack("{s:s,s:s}", "command", "invite", "action", "list"), take,
	    &p);

	return failed == EXIT_DONE ? command_flush() : failed;
}

static void
take_revoked(void *arg, const json_t *object)
{
	struct printing *p = arg;

	if (p->line->json)
		command_print_json(object);
	else
		printf("The invitation %s admits nobody any more.\n",
		    text(object, "id"));
}

int
command_invite_revoke(const struct command_line *line, const char *id)
{
	struct printing p = { line, false };
	int failed = command_ask_once(line,
	    json_pack("{s:s,s:s,s:s}", "command", "invite", "action", "revoke",
		"id", id),
	    take_revoked, &p);

	return failed == EXIT_DONE ? command_flush() : failed;
}
