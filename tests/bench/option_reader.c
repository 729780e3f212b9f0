#include "tests/bench/option_reader.h"

#include <stdio.h>
#include <string.h>

static void
print_help(const struct option_reader *r)
{
	puts(r->usage);
	for (size_t i = 0; i < r->table.count; i++) {
		const struct config_setting *s = &r->table.settings[i];
		char name[64];

		snprintf(name, sizeof(name), "%s", s->name);
		for (char *c = name; *c != '\0'; c++)
			if (*c == '_')
				*c = '-';
		printf("  --%-14s %s", name, s->help);
		if (s->fallback != NULL && s->fallback[0] != '\0')
			printf(" (%s)", s->fallback);
		putchar('\n');
	}
}

static const struct config_setting *
find(const struct config_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->settings[i].name, name) == 0)
			return &table->settings[i];
	return NULL;
}

static bool
is_switch(const struct config_setting *s)
{
	return s->type == CONFIG_CHOICE && s->choices[0] != NULL &&
	       strcmp(s->choices[0], "no") == 0;
}

static enum status
read_one(const struct option_reader *r, void *values, const char *option,
    const char *next, int *taken)
{
	const struct config_setting *s;
	char why[CONFIG_WHY_BYTES];
	const char *value;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(option, "="), option);
	for (char *c = name; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	s = find(&r->table, name);
	value = strchr(option, '=');
	*taken = 1;
	if (value != NULL) {
		value++;
	} else if (s != NULL && is_switch(s)) {
		value = "yes";
	} else {
		value = next;
		*taken = 2;
	}
	if (s == NULL || value == NULL) {
		fprintf(stderr, "%s: --%s: %s\n", r->program, option,
		    s == NULL ? "no such option" : "a value is missing");
		return STATUS_BAD_INPUT;
	}
	if (config_set(&r->table, values, name, value, why) == STATUS_OK)
		return STATUS_OK;
	fprintf(stderr, "%s: %s\n", r->program, why);
	return STATUS_BAD_INPUT;
}

enum status
option_reader_read(const struct option_reader *r, void *values, int argc,
    char *const *argv, int *used)
{
	int at = 1, taken;

	config_defaults(&r->table, values);
	while (at < argc && strncmp(argv[at], "--", 2) == 0) {
		const char *option = argv[at] + 2;
		const char *next = at + 1 < argc ? argv[at + 1] : NULL;

		if (strcmp(option, "help") == 0) {
			print_help(r);
			return STATUS_CLOSED;
		}
		if (read_one(r, values, option, next, &taken) != STATUS_OK)
			return STATUS_BAD_INPUT;
		at += taken;
	}
	*used = at;
	return STATUS_OK;
}
