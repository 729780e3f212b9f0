#include "relay/admin.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "relay/admin_private.h"

enum { ADMIN_ARENA_BYTES = 8 * 1024 * 1024 };

struct handler {
	const char *command;
	const char *action; /* NULL: any, the handler looks itself */
	void (*run)(struct admin_call *c);
};

static const struct handler handlers[] = {
	{ "ping", NULL, admin_ping },
	{ "stats", NULL, admin_stats },
	{ "reload", NULL, admin_reload },
	{ "rotate-key", NULL, admin_rotate_key },
	{ "backup", "hold", admin_backup_hold },
	{ "backup", "files", admin_backup_files },
	{ "users", "list", admin_users_list },
	{ "users", "removed", admin_users_removed },
	{ "users", "show", admin_users_show },
	{ "users", "suspend", admin_users_suspend },
	{ "users", "resume", admin_users_resume },
	{ "users", "remove", admin_users_remove },
	{ "users", "free", admin_users_free },
	{ "invite", "list", admin_invite_list },
	{ "invite", "revoke", admin_invite_revoke },
	{ "invite", "salt", admin_invite_salt },
	{ "invite", "put", admin_invite_put },
};

static const char *
code_name(enum admin_code code)
{
	switch (code) {
	case ADMIN_FAILED:
		return "failed";
	case ADMIN_USAGE:
		return "usage";
	case ADMIN_NOT_FOUND:
		return "not-found";
	case ADMIN_EXISTS:
		return "exists";
	case ADMIN_NO_SPACE:
		return "disk-full";
	}
	return "failed";
}

static void
last_word(struct admin_call *c, json_t *object)
{
	if (c->over)
		return;
	c->over = true;
	c->more = NULL;
	if (c->owner != NULL && object != NULL)
		c->sink->say(c->owner, object);
	json_decref(object);
}

void
admin_say(struct admin_call *c, json_t *object)
{
	if (object == NULL)
		admin_refuse_status(c, STATUS_NOMEM, "answering");
	else if (!c->over && c->owner != NULL)
		c->sink->say(c->owner, object);
	json_decref(object);
}

void
admin_finish(struct admin_call *c)
{
	last_word(c, json_pack("{s:s}", "type", "end"));
}

void
admin_refuse(
    struct admin_call *c, enum admin_code code, const char *format, ...)
{
	char sentence[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	last_word(c, json_pack("{s:s,s:s,s:s}", "type", "error", "code",
			 code_name(code), "message", sentence));
}

void
admin_refuse_status(struct admin_call *c, enum status st, const char *what)
{
	if (st == STATUS_NO_SPACE)
		admin_refuse(c, ADMIN_NO_SPACE,
		    "%s: the disk is full; make room and try again", what);
	else
		admin_refuse(
		    c, ADMIN_FAILED, "%s failed (%s)", what, status_name(st));
}

void
admin_pause(struct admin_call *c, void (*more)(struct admin_call *c))
{
	if (!c->over)
		c->more = more;
}

bool
admin_arena(struct admin_call *c)
{
	enum status st = STATUS_OK;

	if (c->arena == NULL)
		st = arena_new(ADMIN_ARENA_BYTES, &c->arena);
	else
		arena_reset(c->arena);
	if (st != STATUS_OK)
		admin_refuse_status(c, st, "answering");
	return st == STATUS_OK;
}

static void
call_free(struct admin_call *c)
{
	if (c->leave != NULL)
		c->leave(c);
	arena_free(c->arena);
	json_decref(c->request);
	free(c);
}

static void
storage_done(struct storage_op *op)
{
	struct admin_call *c = op->owner;

	c->busy = false;
	if (c->owner == NULL) {
		call_free(c);
		return;
	}
	c->done(c);
	c->sink->changed(c->owner); /* may end the call */
}

void
admin_storage(struct admin_call *c, enum storage_kind kind,
    void (*done)(struct admin_call *c))
{
	if (c->arena == NULL && !admin_arena(c))
		return;
	c->op.kind = kind;
	c->op.owner = c;
	c->op.arena = c->arena;
	c->op.now_ms = clock_wall_ms();
	c->op.done = storage_done;
	c->done = done;
	c->busy = storage_submit(c->host->port, &c->op);
	if (!c->busy)
		admin_refuse(c, ADMIN_FAILED, "the relay is stopping");
}

const char *
admin_text(const struct admin_call *c, const char *name)
{
	return json_string_value(json_object_get(c->request, name));
}

bool
admin_number(const struct admin_call *c, const char *name, int64_t *value)
{
	const json_t *member = json_object_get(c->request, name);

	if (!json_is_integer(member))
		return false;
	*value = json_integer_value(member);
	return true;
}

static void
run(struct admin_call *c)
{
	const char *command = admin_text(c, "command");
	const char *action = admin_text(c, "action");

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		const struct handler *h = &handlers[i];

		if (command == NULL || strcmp(command, h->command) != 0)
			continue;
		if (h->action != NULL &&
		    (action == NULL || strcmp(action, h->action) != 0))
			continue;
		h->run(c);
		return;
	}
	admin_refuse(c, ADMIN_USAGE, "this relay has no such command");
}

enum status
admin_begin(const struct admin_host *host, const struct admin_sink *sink,
    void *owner, struct bytes line, struct admin_call **c)
{
	struct admin_call *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->host = host;
	fresh->sink = sink;
	fresh->owner = owner;
	fresh->request = json_loadb(
	    (const char *)line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
	*c = fresh;
	if (json_is_object(fresh->request))
		run(fresh);
	else
		admin_refuse(fresh, ADMIN_USAGE, "a request is a JSON object");
	return STATUS_OK;
}

bool
admin_is_over(const struct admin_call *c)
{
	return c->over;
}

bool
admin_has_more(const struct admin_call *c)
{
	return c->more != NULL;
}

void
admin_go_on(struct admin_call *c)
{
	void (*more)(struct admin_call * c) = c->more;

	c->more = NULL;
	if (more != NULL)
		more(c);
}

void
admin_end_call(struct admin_call *c)
{
	if (c == NULL)
		return;
	c->owner = NULL;
	c->over = true;
	if (!c->busy)
		call_free(c);
}
