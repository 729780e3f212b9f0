#include "relay/receivers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct receiver {
	struct address who; /* zeroed before it is filled: it is hashed whole */
	struct receivers_inbox *inbox;
	void *owner;
	bool in_inbox;
	bool in_table;
	struct receiver *next;
	UT_hash_handle hh;
};

struct receivers {
	pthread_mutex_t lock;
	struct receiver *table;
};

enum status
receivers_new(struct receivers **r)
{
	struct receivers *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	pthread_mutex_init(&fresh->lock, NULL);
	*r = fresh;
	return STATUS_OK;
}

void
receivers_free(struct receivers *r)
{
	if (r == NULL)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static void
lose(struct receivers *r, struct receiver *old)
{
	HASH_DEL(r->table, old);
	old->in_table = false;
	old->in_inbox = true;
	old->next = old->inbox->lost;
	old->inbox->lost = old;
	old->inbox->poke(old->inbox);
}

enum status
receivers_claim(struct receivers *r, const struct address *who,
    struct receivers_inbox *inbox, void *owner, struct receiver **claim)
{
	struct receiver *fresh = calloc(1, sizeof(*fresh));
	struct receiver *old = NULL;
	bool entered;

	if (fresh == NULL)
		return STATUS_NOMEM;
	/* Only the name: what stands behind its end is hashed as zeros. */
	memcpy(fresh->who.account.text, who->account.text,
	    account_name_bytes(&who->account).len);
	fresh->who.device = who->device;
	fresh->inbox = inbox;
	fresh->owner = owner;
	pthread_mutex_lock(&r->lock);
	HASH_FIND(hh, r->table, &fresh->who, sizeof(fresh->who), old);
	if (old != NULL)
		lose(r, old);
	HASH_ADD(hh, r->table, who, sizeof(fresh->who), fresh);
	entered = fresh->hh.tbl != NULL;
	fresh->in_table = entered; /* until somebody else claims it, soon */
	pthread_mutex_unlock(&r->lock);
	if (!entered) {
		free(fresh);
		return STATUS_NOMEM;
	}
	*claim = fresh;
	return STATUS_OK;
}

void
receivers_release(struct receivers *r, struct receiver *claim)
{
	struct receiver **at;

	if (claim == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	if (claim->in_table)
		HASH_DEL(r->table, claim);
	if (claim->in_inbox) {
		at = &claim->inbox->lost;
		while (*at != claim)
			at = &(*at)->next;
		*at = claim->next;
	}
	pthread_mutex_unlock(&r->lock);
	free(claim);
}

void *
receivers_next_lost(struct receivers *r, struct receivers_inbox *inbox)
{
	struct receiver *lost;
	void *owner = NULL;

	pthread_mutex_lock(&r->lock);
	lost = inbox->lost;
	if (lost != NULL) {
		inbox->lost = lost->next;
		lost->in_inbox = false;
		owner = lost->owner;
	}
	pthread_mutex_unlock(&r->lock);
	return owner;
}
