/* api_contacts.h - one contact: found, changed, and why not. */
#ifndef TACIT_CLIENT_CORE_API_CONTACTS_H
#define TACIT_CLIENT_CORE_API_CONTACTS_H

#include "client/core/handle.h"
#include "store/client/contacts.h"

/* By account name or alias.  BAD_INPUT: neither.  NOT_FOUND; NOMEM, IO. */
enum status contact_find(struct step *s, const char *text, struct contact *c);

/* What is to be changed about it; its status undoes everything. */
typedef enum status contact_change_fn(
    struct step *s, struct contact *c, const void *arg);

/* Change one in a step of its own: as contact_find(), or what `change` says. */
enum status contact_change(struct tacit *t, const char *name,
    contact_change_fn *change, const void *arg);

/* The error for the status of one of these; `name` as it was given. */
enum tacit_code contact_explain(
    struct tacit_error *e, const char *name, enum status st);

#endif
