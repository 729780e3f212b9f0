/*
 * api_config.c - the settings of a profile.
 *
 * The table below is the one place that knows their names: commands, checks
 * and messages read it.
 */
#include <stdio.h>
#include <string.h>

#include "client/core/handle.h"
#include "store/client/settings.h"

enum { VALUES_MAX = 4 };

struct config_row {
	const char *key;
	size_t offset; /* of a uint32_t in struct settings */
	/* By their numbers there; the first is the default. */
	const char *values[VALUES_MAX];
	const char *help;
};

static const struct config_row rows[] = {
	{ "receipts", offsetof(struct settings, receipts),
	    { [RECEIPTS_ALL] = "all",
		[RECEIPTS_DELIVERED] = "delivered",
		[RECEIPTS_NONE] = "none" },
	    "what senders are told: that their message came and was read, that "
	    "it came, or nothing" },
	{ "policy", offsetof(struct settings, policy),
	    { [POLICY_OPEN] = "open", [POLICY_CONTACTS] = "contacts" },
	    "who may write first and invite to groups: everybody, or contacts "
	    "alone, while of others it is a request" },
};
enum { ROWS_COUNT = sizeof(rows) / sizeof(rows[0]) };

static size_t
count_values(const struct config_row *row)
{
	size_t count = 0;

	while (count < VALUES_MAX && row->values[count] != NULL)
		count++;
	return count;
}

static uint32_t *
field_of(struct settings *s, const struct config_row *row)
{
	return (uint32_t *)(void *)((char *)s + row->offset);
}

static const struct config_row *
find_row(const char *key)
{
	for (size_t i = 0; i < ROWS_COUNT; i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

/* The number of a value, or VALUES_MAX. */
static uint32_t
find_value(const struct config_row *row, const char *value)
{
	for (uint32_t i = 0; i < count_values(row); i++)
		if (strcmp(row->values[i], value) == 0)
			return i;
	return VALUES_MAX;
}

static enum tacit_code
no_such_key(struct tacit_error *e)
{
	return error_set(e, TACIT_NOT_FOUND,
	    "There is no such setting; `tacit config` lists those there are.");
}

static enum tacit_code
no_such_value(struct tacit_error *e, const struct config_row *row)
{
	char list[128] = "";
	size_t at = 0;

	for (size_t i = 0; i < count_values(row); i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s`%s`",
		    i == 0 ? "" : ", ", row->values[i]);
	return error_set(
	    e, TACIT_USAGE, "The setting %s is one of %s.", row->key, list);
}

/* A later release may have set what this one does not know. */
static bool
show_row(const struct config_row *row, struct settings *s,
    tacit_setting_fn *show, void *arg)
{
	uint32_t value = *field_of(s, row);
	struct tacit_setting view = {
		.key = row->key,
		.values = row->values,
		.values_count = count_values(row),
		.help = row->help,
	};

	view.value = value < view.values_count ? row->values[value] : "unknown";
	return show(&view, arg);
}

static enum status
get_now(struct tacit *t, struct settings *now)
{
	struct step s = { 0 };
	enum status st = step_begin(&t->core, DB_READ, &s);

	if (st == STATUS_OK)
		st = settings_get(s.txn, now);
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_config(struct tacit *t, const char *key, tacit_setting_fn *show,
    void *arg, struct tacit_error *e)
{
	struct settings now = { 0 };
	bool go_on = true;
	enum status st = STATUS_OK;

	if (key != NULL && find_row(key) == NULL)
		return no_such_key(e);
	if (t != NULL)
		st = get_now(t, &now);
	for (size_t i = 0; st == STATUS_OK && go_on && i < ROWS_COUNT; i++)
		if (key == NULL || strcmp(rows[i].key, key) == 0)
			go_on = show_row(&rows[i], &now, show, arg);
	return error_status(e, st);
}

static enum status
set_value(
    struct step *s, const struct config_row *row, uint32_t value, bool *changed)
{
	struct settings now;
	enum status st = settings_get(s->txn, &now);

	if (st != STATUS_OK)
		return st;
	*changed = *field_of(&now, row) != value;
	*field_of(&now, row) = value;
	return *changed ? settings_put(s->txn, &now) : STATUS_OK;
}

enum tacit_code
tacit_config_set(struct tacit *t, const char *key, const char *value,
    bool *changed, struct tacit_error *e)
{
	const struct config_row *row = find_row(key);
	struct step s = { 0 };
	enum status st;

	if (row == NULL)
		return no_such_key(e);
	if (find_value(row, value) == VALUES_MAX)
		return no_such_value(e, row);
	st = step_begin(&t->core, DB_WRITE, &s);
	if (st == STATUS_OK)
		st = set_value(&s, row, find_value(row, value), changed);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	return error_status(e, st);
}
