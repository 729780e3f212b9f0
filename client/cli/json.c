#include "client/cli/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "client/cli/text.h"

static void
set(struct object *o, const char *key, json_t *value)
{
	/* Steals the reference, also when it fails; NULL fails. */
	if (json_object_set_new(o->json, key, value) != 0)
		o->failed = true;
}

struct object
object_new(const char *type)
{
	struct object o = { .json = json_object() };

	o.failed = o.json == NULL;
	if (type != NULL)
		object_text(&o, "type", type);
	return o;
}

static json_t *
string_new(const char *text, size_t len)
{
	json_t *value = json_stringn(text, len);
	char *repaired;
	size_t repaired_len;

	if (value != NULL)
		return value;
	repaired = text_repair(text, len, &repaired_len);
	if (repaired == NULL)
		return NULL;
	value = json_stringn(repaired, repaired_len);
	free(repaired);
	return value;
}

void
object_bytes(struct object *o, const char *key, const char *text, size_t len)
{
	set(o, key, string_new(text, len));
}

void
object_text(struct object *o, const char *key, const char *text)
{
	if (text == NULL)
		text = "";
	object_bytes(o, key, text, strlen(text));
}

void
object_text_if(struct object *o, const char *key, const char *text)
{
	if (text != NULL)
		object_text(o, key, text);
}

void
object_number(struct object *o, const char *key, uint64_t number)
{
	json_int_t value = number > INT64_MAX ? INT64_MAX : (json_int_t)number;

	set(o, key, json_integer(value));
}

void
object_bool(struct object *o, const char *key, bool value)
{
	set(o, key, json_boolean(value));
}

void
object_time(struct object *o, const char *key, int64_t ms)
{
	char text[WHEN_TEXT_BYTES];

	if (ms == 0) {
		set(o, key, json_null());
		return;
	}
	when_format_utc(ms, text);
	object_text(o, key, text);
}

/* The array at key, made when missing; NULL: no memory. */
static json_t *
array_at(struct object *o, const char *key)
{
	if (json_object_get(o->json, key) == NULL)
		set(o, key, json_array());
	return json_object_get(o->json, key);
}

void
object_list(
    struct object *o, const char *key, const char *const *texts, size_t count)
{
	json_t *array = array_at(o, key);

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(
			array, string_new(texts[i], strlen(texts[i]))) != 0)
			o->failed = true;
}

static json_t *
take(struct object *o, struct object *inner)
{
	json_t *json = inner->json;

	if (inner->failed)
		o->failed = true;
	inner->json = NULL;
	return json;
}

void
object_nest(struct object *o, const char *key, struct object *inner)
{
	set(o, key, take(o, inner));
}

void
object_append(struct object *o, const char *key, struct object *item)
{
	json_t *array = array_at(o, key);

	if (json_array_append_new(array, take(o, item)) != 0)
		o->failed = true;
}

void
object_conversation(
    struct object *o, const char *key, const struct tacit_conversation *c)
{
	struct object inner = object_new(NULL);

	object_text(
	    &inner, "kind", c->kind == TACIT_GROUP ? "group" : "direct");
	object_text(&inner, "id", c->id);
	object_text(&inner, "name", c->name);
	object_nest(o, key, &inner);
}

/* Outside strings a dump is ASCII without controls, so this hits only them. */
static void
put_dump(FILE *to, const char *dump, size_t len)
{
	size_t used;

	for (size_t at = 0; at < len; at += used) {
		int32_t c = text_next(dump + at, len - at, &used);

		if (c >= 0 && text_is_steering(c))
			fprintf(to, "\\u%04X", (unsigned)c);
		else
			fwrite(dump + at, 1, used, to);
	}
	fputc('\n', to);
}

bool
object_print(struct object *o, FILE *to)
{
	char *dump = NULL;

	if (!o->failed)
		dump = json_dumps(o->json, JSON_COMPACT);
	json_decref(o->json);
	o->json = NULL;
	if (dump == NULL)
		return false;
	put_dump(to, dump, strlen(dump));
	free(dump);
	return !ferror(to);
}
