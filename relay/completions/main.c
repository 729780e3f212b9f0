/* main.c - tacit-relay-completions SHELL: prints the completions for it. */
#include <stdio.h>
#include <string.h>

#include "relay/completions/completions.h"
#include "relay/settings.h"

static enum completion
of_value(const char *value)
{
	if (value != NULL && strcmp(value, "FILE") == 0)
		return COMPLETE_FILE;
	if (value != NULL && strcmp(value, "DIR") == 0)
		return COMPLETE_DIR;
	return COMPLETE_NOTHING;
}

static struct completed
of_row(const struct option_row *row)
{
	struct completed o = {
		.on = row->on,
		.has_value = row->value != NULL,
		.is = of_value(row->value),
		.help = row->help,
	};

	snprintf(o.name, sizeof(o.name), "%s", row->name);
	return o;
}

static struct completed
of_setting(const struct config_setting *s)
{
	struct completed o = {
		.on = ON_PLACE,
		.has_value = true,
		.help = s->help,
	};
	size_t len = 0;

	commands_option_name(s, o.name);
	/* The texts that name files. */
	if (strcmp(s->name, "tls_cert") == 0 || strcmp(s->name, "tls_key") == 0)
		o.is = COMPLETE_FILE;
	if (s->type != CONFIG_CHOICE)
		return o;
	o.is = COMPLETE_WORDS;
	for (size_t i = 0; s->choices[i] != NULL && len < sizeof(o.words); i++)
		len += (size_t)snprintf(o.words + len, sizeof(o.words) - len,
		    "%s%s", i > 0 ? " " : "", s->choices[i]);
	return o;
}

typedef void put_fn(const struct completed *option, const struct command *c);

/* Those that belong to all of these commands. */
static void
each_on(int on, put_fn *put, const struct command *c)
{
	const struct config_table *settings = settings_table();
	struct completed o;

	for (size_t i = 0; i < options_count; i++) {
		o = of_row(&options[i]);
		if ((o.on & on) == on)
			put(&o, c);
	}
	for (size_t i = 0; i < settings->count; i++) {
		o = of_setting(&settings->settings[i]);
		if ((o.on & on) == on)
			put(&o, c);
	}
}

void
completion_options(const struct command *c, put_fn *put)
{
	each_on(c == NULL ? ON_ALL : c->bit, put, c);
}

void
completion_each(put_fn *put)
{
	each_on(0, put, NULL);
}

enum completion
completion_of_words(const struct command *c)
{
	if (c->words == 0)
		return COMPLETE_NOTHING;
	return c->verbs != NULL ? COMPLETE_WORDS : COMPLETE_DIR;
}

int
main(int argc, char **argv)
{
	const char *shell = argc == 2 ? argv[1] : "";

	if (strcmp(shell, "bash") == 0) {
		completions_bash();
	} else if (strcmp(shell, "fish") == 0) {
		completions_fish();
	} else if (strcmp(shell, "zsh") == 0) {
		completions_zsh();
	} else {
		fputs("usage: tacit-relay-completions bash|fish|zsh\n", stderr);
		return 2;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
