/*
 * group_act.h - what a user does to a group.  Each reads the log's tail, makes
 * one entry, hands out keys where they change, and appends; if the index was
 * taken it reads, rebases and tries again while the act still makes sense.
 */
#ifndef TACIT_CLIENT_CORE_GROUP_ACT_H
#define TACIT_CLIENT_CORE_GROUP_ACT_H

#include "client/core/courier/courier.h"
#include "store/client/groups.h"

/*
 * EXISTS: the local name is in use.  NOT_FOUND: a member has no account.  The
 * group is there, and its invitations queued, when and only when it says DONE.
 */
enum tacit_code group_act_create(struct courier *c, const char *name,
    const struct account_name *members, size_t count, int64_t deadline_ms,
    struct hash *group, struct tacit_error *e);

/* *changed: members it made a difference for; 0 when all was so already. */
enum tacit_code group_act_change(struct courier *c, const struct hash *group,
    enum tacit_group_act act, const struct account_name *names, size_t count,
    int64_t deadline_ms, size_t *changed, struct tacit_error *e);
/* Send to these members what was said here in the last `history_ms`. */
enum tacit_code group_act_send_history(struct courier *c,
    const struct hash *group, const struct account_name *names, size_t count,
    int64_t history_ms, int64_t deadline_ms, struct tacit_error *e);
enum tacit_code group_act_leave(struct courier *c, const struct hash *group,
    int64_t deadline_ms, struct tacit_error *e);
/* A new log key for all; nothing else changes. */
enum tacit_code group_act_rekey(struct courier *c, const struct hash *group,
    int64_t deadline_ms, struct tacit_error *e);
enum tacit_code group_act_rename(struct courier *c, const struct hash *group,
    const char *name, int64_t deadline_ms, struct tacit_error *e);

/* Settings that are not wanted stay as they are.  *changed: 0 or 1. */
enum tacit_code group_act_set(struct courier *c, const struct hash *group,
    const struct tacit_group_settings *wanted, int64_t deadline_ms,
    size_t *changed, struct tacit_error *e);

/* A link as it is wanted. */
struct group_link_wish {
	struct join_id id;
	struct hash secret; /* SHA-256 of it */
	uint64_t uses;      /* 0: any number */
	int64_t expires_ms; /* 0: never */
	struct bytes label; /* borrowed */
};
enum tacit_code group_act_link(struct courier *c, const struct hash *group,
    const struct group_link_wish *wanted, int64_t deadline_ms,
    struct tacit_error *e);
/* *changed: 0 when it is revoked already. */
enum tacit_code group_act_unlink(struct courier *c, const struct hash *group,
    const struct join_id *id, int64_t deadline_ms, size_t *changed,
    struct tacit_error *e);
/* Takes in one contact, under its pinned key, by a link. */
enum tacit_code group_act_admit(struct courier *c, const struct hash *group,
    const struct account_name *name, const struct join_id *link,
    int64_t deadline_ms, struct tacit_error *e);

#endif
