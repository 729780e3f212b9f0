/*
 * api_look.h - between the api's files that look back: whose history it is.
 */
#ifndef TACIT_CLIENT_CORE_API_LOOK_H
#define TACIT_CLIENT_CORE_API_LOOK_H

#include "client/core/handle.h"

/*
 * What the history files it under that `with` names: an account or its alias,
 * or a group by name or id.  NOT_FOUND: nobody we know and nothing that was
 * said.  BAD_INPUT: no such name can be.  CONFLICT: several groups.
 */
enum status look_find(struct step *s, enum tacit_kind kind, const char *with,
    struct hash *conversation);

/* What look_find(), or what came after it, is to the user. */
enum tacit_code look_explain(
    struct tacit_error *e, enum tacit_kind kind, enum status st);

#endif
