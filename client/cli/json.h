/*
 * json.h - one JSON object per line; the shapes are in docs/json.md.
 *
 * Text of peers is passed on whole, bad bytes as U+FFFD.  What would steer a
 * terminal or end a line for some reader is written \uXXXX: the same JSON.
 */
#ifndef TACIT_CLI_JSON_H
#define TACIT_CLI_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "client/cli/command.h"

/* An object in the making; out of memory is remembered until it is printed. */
struct object {
	json_t *json;
	bool failed;
};

struct object object_new(const char *type); /* NULL: no "type" */
void object_text(struct object *o, const char *key, const char *text);
/* Left out when NULL. */
void object_text_if(struct object *o, const char *key, const char *text);
void object_bytes(
    struct object *o, const char *key, const char *text, size_t len);
void object_number(struct object *o, const char *key, uint64_t number);
void object_bool(struct object *o, const char *key, bool value);
/* RFC 3339, UTC, milliseconds; 0 is null. */
void object_time(struct object *o, const char *key, int64_t ms);
void object_list(
    struct object *o, const char *key, const char *const *texts, size_t count);
/* Takes the inner one over. */
void object_nest(struct object *o, const char *key, struct object *inner);
void object_append(struct object *o, const char *key, struct object *item);
void object_conversation(
    struct object *o, const char *key, const struct tacit_conversation *c);

/* One line; frees it.  false: out of memory or the stream is broken. */
bool object_print(struct object *o, FILE *to);

#endif
