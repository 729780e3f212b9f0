/* command_users.c - accounts: list, removed, show, suspend, resume, remove,
 * free. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "relay/command.h"

struct verb {
	const char *name;
	bool has_name; /* of an account */
	void (*take)(void *arg, const json_t *object);
};

struct printing {
	const struct command_line *line;
	const struct verb *verb;
	bool headed;
};

static const char *
text(const json_t *o, const char *name)
{
	const char *value = json_string_value(json_object_get(o, name));

	return value != NULL ? value : "-";
}

static void
print_user(void *arg, const json_t *o)
{
	struct printing *p = arg;
	const char *suspended = text(o, "suspended");

	if (!p->headed)
		printf("%-24s %-10s %-10s %-8s %7s %8s %9s  %s\n", "NAME",
		    "CREATED", "LAST SEEN", "INVITE", "DEVICES", "WAITING",
		    "KIB", "SUSPENDED");
	p->headed = true;
	printf("%-24s %-10.10s %-10s %-8s %7" PRId64 " %8" PRId64 " %9" PRId64
	       "  %s\n",
	    text(o, "name"), text(o, "created_at"), text(o, "last_seen"),
	    text(o, "invite"),
	    (int64_t)json_integer_value(json_object_get(o, "devices")),
	    (int64_t)json_integer_value(json_object_get(o, "queued")),
	    (int64_t)json_integer_value(json_object_get(o, "queued_bytes")) /
		1024,
	    suspended);
}

static void
print_gone(void *arg, const json_t *o)
{
	struct printing *p = arg;

	if (!p->headed)
		printf("%-24s %-10s %s\n", "NAME", "REMOVED", "BY");
	p->headed = true;
	printf("%-24s %-10.10s %s\n", text(o, "name"), text(o, "removed_at"),
	    text(o, "by"));
}

static void
print_done(void *arg, const json_t *o)
{
	const struct printing *p = arg;
	const char *verb = p->verb->name, *name = text(o, "name");

	if (strcmp(verb, "suspend") == 0)
		printf("%s cannot connect; its mail is kept.\n", name);
	else if (strcmp(verb, "resume") == 0)
		printf("%s may connect.\n", name);
	else if (strcmp(verb, "remove") == 0)
		printf("%s is removed; nobody gets the name unless you free "
		       "it.\n",
		    name);
	else
		printf("Anybody may take the name %s.\n", name);
}

static const struct verb verbs[] = {
	{ "list", false, print_user },
	{ "removed", false, print_gone },
	{ "show", true, print_user },
	{ "suspend", true, print_done },
	{ "resume", true, print_done },
	{ "remove", true, print_done },
	{ "free", true, print_done },
};

static void
take(void *arg, const json_t *object)
{
	struct printing *p = arg;

	if (p->line->json)
		command_print_json(object);
	else
		p->verb->take(p, object);
}

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* What is gone does not come back. */
static int
confirm_removal(const struct command_line *line, const char *name)
{
	char typed[PLAIN_BYTES] = "", plain[PLAIN_BYTES];

	if (line->yes)
		return EXIT_DONE;
	if (!isatty(STDIN_FILENO))
		return command_fail(line, EXIT_USAGE,
		    "removing an account cannot be undone; say --yes");
	fprintf(stderr,
	    "Remove %s, its keys and what waits for it? This cannot be "
	    "undone.\nType the name: ",
	    command_plain(name, plain));
	if (fgets(typed, sizeof(typed), stdin) != NULL)
		typed[strcspn(typed, "\n")] = '\0';
	if (strcmp(typed, name) == 0)
		return EXIT_DONE;
	return command_fail(line, EXIT_FAILED, "nothing was removed");
}

int
command_users(const struct command_line *line)
{
	const char *name = line->words_count > 2 ? line->words[2] : NULL;
	struct printing p = { .line = line };
	int failed = EXIT_DONE;

	p.verb = find_verb(line->words_count > 1 ? line->words[1] : "list");
	if (p.verb == NULL)
		return command_fail(line, EXIT_USAGE,
		    "users cannot \"%.64s\"; see tacit-relay --help",
		    line->words[1]);
	if (p.verb->has_name != (name != NULL))
		return command_fail(line, EXIT_USAGE,
		    p.verb->has_name ? "say whom: users %s NAME"
				     : "users %s takes no name",
		    p.verb->name);
	if (strcmp(p.verb->name, "remove") == 0)
		failed = confirm_removal(line, name);
	if (failed == EXIT_DONE)
		failed = command_ask_once(line,
		    json_pack("{s:s,s:s,s:s*}", "command", "users", "action",
			p.verb->name, "name", name),
		    take, &p);
	return failed == EXIT_DONE ? command_flush() : failed;
}
