/* command_settings.c - where settings come from, at the start and at a reload.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "relay/command.h"

static enum status
apply_line(const struct command_line *line, struct settings *settings,
    char why[CONFIG_WHY_BYTES])
{
	enum status st = STATUS_OK;

	config_next_source(settings_table(), settings);
	for (size_t i = 0; st == STATUS_OK && i < line->settings_count; i++)
		st = config_set(settings_table(), settings,
		    line->settings[i].name, line->settings[i].value, why);
	return st;
}

/* A file that was asked for must be there; the usual one need not. */
static enum status
apply_file(const struct command_line *line, const struct home *home,
    struct settings *settings, char why[CONFIG_WHY_BYTES])
{
	enum status st;

	if (line->config != NULL)
		return config_read(
		    settings_table(), settings, line->config, why);
	st = home_read_conf(home, settings, why);
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
command_gather(const struct command_line *line, const struct home *home,
    struct settings *settings, char why[CONFIG_WHY_BYTES])
{
	enum status st;

	snprintf(why, CONFIG_WHY_BYTES, "out of memory");
	memset(settings, 0, sizeof(*settings));
	config_defaults(settings_table(), settings);
	st = home_recall(home, settings, why);
	if (st == STATUS_NOT_FOUND)
		st = STATUS_OK;
	if (st == STATUS_OK)
		st = apply_file(line, home, settings, why);
	if (st == STATUS_OK)
		st = apply_line(line, settings, why);
	if (st == STATUS_OK)
		st = settings_check(settings, why);
	return st;
}

int
command_settings(const struct command_line *line, struct home *home,
    struct settings *settings)
{
	char why[CONFIG_WHY_BYTES];
	int failed = command_home(line, home);

	if (failed != EXIT_DONE)
		return failed;
	switch ((int)command_gather(line, home, settings, why)) {
	case STATUS_OK:
		break;
	case STATUS_BAD_INPUT:
	case STATUS_NOT_FOUND:
		return command_fail(line, EXIT_USAGE, "%s", why);
	default:
		return command_fail(line, EXIT_FAILED, "%s", why);
	}
	log_set_level((enum log_level)settings->log_level);
	return EXIT_DONE;
}
