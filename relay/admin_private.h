/*
 * admin_private.h - the inside of a call; for admin.c and admin_*.c with
 * handlers in them.
 */
#ifndef TACIT_RELAY_ADMIN_PRIVATE_H
#define TACIT_RELAY_ADMIN_PRIVATE_H

#include "proto/arena.h"
#include "relay/admin.h"

enum admin_code {
	ADMIN_FAILED,
	ADMIN_USAGE,
	ADMIN_NOT_FOUND,
	ADMIN_EXISTS,
	ADMIN_NO_SPACE,
};

struct admin_call {
	const struct admin_host *host;
	const struct admin_sink *sink;
	void *owner; /* NULL: nobody listens any more */
	struct json_t *request;
	struct arena *arena; /* of the operation under way; or NULL */
	struct storage_op op;
	int64_t end_ms; /* of trying, monotonic; the handler's */
	bool busy;      /* storage has op */
	bool over;
	void (*done)(struct admin_call *c);  /* after op */
	void (*more)(struct admin_call *c);  /* once what was said has left */
	void (*leave)(struct admin_call *c); /* when the call ends; or NULL */
};

/* Say an object and drop the reference; NULL, for lack of memory, ends it. */
void admin_say(struct admin_call *c, struct json_t *object);

/* Each of these is the last word of a call. */
void admin_finish(struct admin_call *c);
[[gnu::format(printf, 3, 4)]] void admin_refuse(
    struct admin_call *c, enum admin_code code, const char *format, ...);
void admin_refuse_status(
    struct admin_call *c, enum status st, const char *what);

/* Go on with `more` once what was said has left. */
void admin_pause(struct admin_call *c, void (*more)(struct admin_call *c));

/* c->op.u is filled in; results lie in c->arena until the next one. */
void admin_storage(struct admin_call *c, enum storage_kind kind,
    void (*done)(struct admin_call *c));

/* A fresh arena for an operation that needs one beforehand.  false: ended. */
bool admin_arena(struct admin_call *c);

/* Members of the request; NULL or false when it has none of that type. */
const char *admin_text(const struct admin_call *c, const char *name);
bool admin_number(const struct admin_call *c, const char *name, int64_t *value);

/* RFC 3339, or null for 0: not known, never. */
struct json_t *admin_time(int64_t ms);

/* The handlers.  admin_relay.c: */
void admin_ping(struct admin_call *c);
void admin_stats(struct admin_call *c);
void admin_reload(struct admin_call *c);
void admin_rotate_key(struct admin_call *c);

/* admin_backup.c */
void admin_backup_hold(struct admin_call *c);
void admin_backup_files(struct admin_call *c);

/* admin_users.c */
void admin_users_list(struct admin_call *c);
void admin_users_removed(struct admin_call *c);
void admin_users_show(struct admin_call *c);
void admin_users_suspend(struct admin_call *c);
void admin_users_resume(struct admin_call *c);
void admin_users_remove(struct admin_call *c);
void admin_users_free(struct admin_call *c);

/* admin_invites.c */
void admin_invite_list(struct admin_call *c);
void admin_invite_revoke(struct admin_call *c);
void admin_invite_salt(struct admin_call *c);
void admin_invite_put(struct admin_call *c);

#endif
