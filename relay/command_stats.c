/* command_stats.c - what the relay does and holds, once or every second. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "relay/command.h"

enum { LINES_PER_HEADING = 20 };

static int64_t
number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static bool
flag(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

static void
print_row(const char *what, const json_t *o, const char *name)
{
	printf("%-22s %" PRId64 "\n", what, number(o, name));
}

static void
print_mib(const char *what, const json_t *o, const char *name)
{
	const double mib = 1024.0 * 1024.0;

	printf("%-22s %.1f MiB\n", what, (double)number(o, name) / mib);
}

static void
print_state(const json_t *o)
{
	static const struct {
		const char *what;
		const char *name;
	} rows[] = {
		{ "connections", "connections" },
		{ "devices logged in", "sessions" },
		{ "connections so far", "accepted" },
		{ "turned away", "turned_away" },
		{ "logins", "logins" },
		{ "registrations", "registrations" },
		{ "requests", "requests" },
		{ "errors answered", "refused" },
		{ "submits", "submits" },
		{ "messages queued", "messages" },
		{ "messages delivered", "delivered" },
		{ "messages expired", "expired" },
		{ "prekey bundles", "bundles" },
		{ "without a one-time one", "bundles_exhausted" },
		{ "commits", "commits" },
	};

	printf("%-22s %s\n", "relay",
	    flag(o, "broken")    ? "broken: it stops"
	    : flag(o, "frozen")  ? "serving, frozen"
	    : flag(o, "serving") ? "serving"
				 : "not serving");
	for (size_t i = 0;
	     flag(o, "serving") && i < sizeof(rows) / sizeof(rows[0]); i++)
		print_row(rows[i].what, o, rows[i].name);
	print_row("accounts", o, "accounts");
	print_row("invitations", o, "invites");
	print_row("mailboxes", o, "mailboxes");
	print_row("messages waiting", o, "queued");
	print_mib("in them", o, "queued_bytes");
	print_row("in the fullest mailbox", o, "deepest");
	print_mib("log", o, "log_bytes");
	print_mib("database", o, "database_bytes");
	print_mib("room in it", o, "database_room_bytes");
	print_mib("free on the disk", o, "disk_free_bytes");
}

struct follow {
	const struct command_line *line;
	json_t *before; /* NULL: nothing yet */
	unsigned lines;
};

static double
per_second(const struct follow *f, const json_t *now, const char *name)
{
	int64_t ms = number(now, "at_ms") - number(f->before, "at_ms");

	if (f->before == NULL || ms <= 0)
		return 0;
	return (double)(number(now, name) - number(f->before, name)) * 1000 /
	       (double)ms;
}

static void
print_follow(struct follow *f, const json_t *o)
{
	if (f->lines++ % LINES_PER_HEADING == 0)
		printf("%7s %7s %10s %10s %9s %9s %10s %9s %9s\n", "conns",
		    "devices", "submits/s", "deliver/s", "commits/s",
		    "errors/s", "waiting", "MiB", "free GiB");
	printf("%7" PRId64 " %7" PRId64 " %10.0f %10.0f %9.0f %9.0f %10" PRId64
	       " %9.1f %9.1f\n",
	    number(o, "connections"), number(o, "sessions"),
	    per_second(f, o, "submits"), per_second(f, o, "delivered"),
	    per_second(f, o, "commits"), per_second(f, o, "refused"),
	    number(o, "queued"),
	    (double)number(o, "queued_bytes") / (1024.0 * 1024.0),
	    (double)number(o, "disk_free_bytes") / (1024.0 * 1024.0 * 1024.0));
}

static void
take(void *arg, const json_t *object)
{
	struct follow *f = arg;

	if (f->line->json)
		command_print_json(object);
	else if (f->line->follow)
		print_follow(f, object);
	else
		print_state(object);
	json_decref(f->before);
	f->before = json_deep_copy(object);
}

static int
follow(
    const struct command_line *line, struct admin_client *c, struct follow *f)
{
	int failed = EXIT_DONE;

	if (!admin_client_is_serving(c))
		return command_fail(line, EXIT_FAILED,
		    "no relay serves from there; there is nothing to follow");
	while (failed == EXIT_DONE) {
		failed = command_ask(
		    line, c, json_pack("{s:s}", "command", "stats"), take, f);
		if (failed == EXIT_DONE)
			failed = command_flush();
		if (failed == EXIT_DONE)
			clock_sleep_ms(1000);
	}
	return failed;
}

int
command_stats(const struct command_line *line)
{
	struct follow f = { .line = line };
	struct admin_client *c = NULL;
	struct settings settings;
	struct identity identity;
	struct home home;
	int failed = command_recall(line, &home, &settings, &identity);

	if (failed == EXIT_DONE)
		failed = command_desk(line, &home, &settings, ADMIN_STORE, &c);
	if (failed == EXIT_DONE && line->follow)
		failed = follow(line, c, &f);
	else if (failed == EXIT_DONE)
		failed = command_ask(
		    line, c, json_pack("{s:s}", "command", "stats"), take, &f);
	admin_client_close(c);
	json_decref(f.before);
	return failed == EXIT_DONE ? command_flush() : failed;
}
