#include "base/config.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "base/when.h"

/* NULL when the table has no such setting. */
static const struct config_setting *
config_find(const struct config_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->settings[i].name, name) == 0)
			return &table->settings[i];
	return NULL;
}

static void *
field_of(void *into, const struct config_setting *s)
{
	return (uint8_t *)into + s->offset;
}

void
config_defaults(const struct config_table *table, void *into)
{
	char why[CONFIG_WHY_BYTES];

	for (size_t i = 0; i < table->count; i++) {
		const struct config_setting *s = &table->settings[i];

		if (s->fallback == NULL)
			continue;
		if (config_set(table, into, s->name, s->fallback, why) !=
		    STATUS_OK)
			assert(false && "a default is out of its bounds");
	}
	config_next_source(table, into);
}

void
config_next_source(const struct config_table *table, void *into)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct config_setting *s = &table->settings[i];

		if (s->type == CONFIG_LIST)
			((struct config_list *)field_of(into, s))->kept = true;
	}
}

static enum status
set_text(
    const struct config_setting *s, char *field, const char *value, char *why)
{
	if (strlen(value) >= CONFIG_TEXT_BYTES) {
		snprintf(why, CONFIG_WHY_BYTES, "%s is too long", s->name);
		return STATUS_BAD_INPUT;
	}
	snprintf(field, CONFIG_TEXT_BYTES, "%s", value);
	return STATUS_OK;
}

static enum status
set_number(const struct config_setting *s, uint64_t *field, const char *value,
    char *why)
{
	if (number_parse(value, s->min, s->max, field) == STATUS_OK)
		return STATUS_OK;
	snprintf(why, CONFIG_WHY_BYTES,
	    "%s must be a number from %" PRIu64 " to %" PRIu64, s->name, s->min,
	    s->max);
	return STATUS_BAD_INPUT;
}

static enum status
set_duration(const struct config_setting *s, int64_t *field, const char *value,
    char *why)
{
	int64_t ms;

	if (when_parse_duration(value, &ms) == STATUS_OK &&
	    (uint64_t)ms >= s->min && (uint64_t)ms <= s->max) {
		*field = ms;
		return STATUS_OK;
	}
	snprintf(why, CONFIG_WHY_BYTES,
	    "%s must be a duration such as 10s, from %" PRIu64 "s to %" PRIu64
	    "s",
	    s->name, s->min / 1000, s->max / 1000);
	return STATUS_BAD_INPUT;
}

static enum status
set_choice(const struct config_setting *s, uint64_t *field, const char *value,
    char *why)
{
	size_t used;

	for (size_t i = 0; s->choices[i] != NULL; i++) {
		if (strcmp(s->choices[i], value) != 0)
			continue;
		*field = i;
		return STATUS_OK;
	}
	used = (size_t)snprintf(why, CONFIG_WHY_BYTES, "%s must be ", s->name);
	for (size_t i = 0; s->choices[i] != NULL && used < CONFIG_WHY_BYTES;
	     i++)
		used += (size_t)snprintf(why + used, CONFIG_WHY_BYTES - used,
		    "%s%s", i > 0 ? " or " : "", s->choices[i]);
	return STATUS_BAD_INPUT;
}

static enum status
add_to_list(const struct config_setting *s, struct config_list *list,
    const char *value, char *why)
{
	enum status st;

	if (list->kept) {
		list->count = 0;
		list->kept = false;
	}
	if (list->count == CONFIG_LIST_ITEMS) {
		snprintf(why, CONFIG_WHY_BYTES, "%s may be given %d times",
		    s->name, CONFIG_LIST_ITEMS);
		return STATUS_BAD_INPUT;
	}
	st = set_text(s, list->items[list->count], value, why);
	if (st == STATUS_OK)
		list->count++;
	return st;
}

enum status
config_set(const struct config_table *table, void *into, const char *name,
    const char *value, char why[CONFIG_WHY_BYTES])
{
	const struct config_setting *s = config_find(table, name);

	if (s == NULL) {
		snprintf(why, CONFIG_WHY_BYTES,
		    "there is no setting called \"%.64s\"", name);
		return STATUS_BAD_INPUT;
	}
	switch (s->type) {
	case CONFIG_TEXT:
		return set_text(s, field_of(into, s), value, why);
	case CONFIG_NUMBER:
		return set_number(s, field_of(into, s), value, why);
	case CONFIG_DURATION:
		return set_duration(s, field_of(into, s), value, why);
	case CONFIG_CHOICE:
		return set_choice(s, field_of(into, s), value, why);
	case CONFIG_LIST:
		return add_to_list(s, field_of(into, s), value, why);
	}
	return STATUS_BAD_INPUT;
}

static bool
is_same_list(const struct config_list *a, const struct config_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

bool
config_is_same(const struct config_setting *s, const void *a, const void *b)
{
	const void *x = (const uint8_t *)a + s->offset;
	const void *y = (const uint8_t *)b + s->offset;

	switch (s->type) {
	case CONFIG_TEXT:
		return strcmp(x, y) == 0;
	case CONFIG_NUMBER:
	case CONFIG_CHOICE:
		return *(const uint64_t *)x == *(const uint64_t *)y;
	case CONFIG_DURATION:
		return *(const int64_t *)x == *(const int64_t *)y;
	case CONFIG_LIST:
		return is_same_list(x, y);
	}
	return false;
}

void
config_copy(const struct config_setting *s, void *into, const void *from)
{
	static const size_t sizes[] = {
		[CONFIG_TEXT] = CONFIG_TEXT_BYTES,
		[CONFIG_NUMBER] = sizeof(uint64_t),
		[CONFIG_DURATION] = sizeof(int64_t),
		[CONFIG_CHOICE] = sizeof(uint64_t),
		[CONFIG_LIST] = sizeof(struct config_list),
	};

	memcpy(field_of(into, s), (const uint8_t *)from + s->offset,
	    sizes[s->type]);
}

struct parse {
	const struct config_table *table;
	void *into;
	char *why; /* the first complaint; inih reads on after it */
	bool failed;
};

static int
take_line(void *user, const char *section, const char *name, const char *value)
{
	struct parse *p = user;
	char why[CONFIG_WHY_BYTES] = "";

	if (*section != '\0')
		snprintf(why, sizeof(why), "sections are not used here");
	else if (config_set(p->table, p->into, name, value, why) == STATUS_OK)
		return 1;
	if (!p->failed)
		snprintf(p->why, CONFIG_WHY_BYTES, "%s", why);
	p->failed = true;
	return 0;
}

enum status
config_read(const struct config_table *table, void *into, const char *path,
    char why[CONFIG_WHY_BYTES])
{
	char reason[CONFIG_WHY_BYTES] = "this is not `name = value`";
	struct parse p = { .table = table, .into = into, .why = reason };
	FILE *file = fopen(path, "re");
	int line;

	if (file == NULL) {
		snprintf(
		    why, CONFIG_WHY_BYTES, "%.256s: %s", path, strerror(errno));
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
	}
	config_next_source(table, into);
	line = ini_parse_file(file, take_line, &p);
	fclose(file);
	if (line == 0)
		return STATUS_OK;
	if (line < 0)
		return STATUS_NOMEM;
	snprintf(
	    why, CONFIG_WHY_BYTES, "%.200s:%d: %.256s", path, line, reason);
	return STATUS_BAD_INPUT;
}
