/* api_event.h - history entries as the public header shows them. */
#ifndef TACIT_CLIENT_CORE_API_EVENT_H
#define TACIT_CLIENT_CORE_API_EVENT_H

#include <stdbool.h>

#include "client/core/core.h"
#include "client/core/tacit.h"
#include "store/client/groups.h"
#include "store/client/history.h"

/* Strings that a struct tacit_conversation borrows. */
struct event_conversation {
	struct tacit_conversation view;
	char id[2 * HASH_BYTES + 1];
	char name[GROUP_LOCAL_NAME_BYTES + 1];
};

/*
 * `peer` is read for direct conversations; the local name of a group comes
 * from the store.  NOMEM, CRYPTO, IO.
 */
enum status event_conversation(struct step *s, enum conversation_kind kind,
    const struct hash *id, const struct account_name *peer,
    struct event_conversation *c);

/*
 * Give one entry to `show`, whose answer goes to *go_on, unless the user hid
 * whoever wrote it (consent_hides()).  The step is only
 * read from; the callback runs inside it, so what is slow belongs elsewhere.
 */
enum status event_show(struct step *s, const struct history_entry *entry,
    tacit_event_fn *show, void *arg, bool *go_on);

enum tacit_state event_state(enum message_state state);

#endif
