#include "relay/evictions.h"

#include <pthread.h>
#include <stdlib.h>

enum { EVICTIONS_KEPT = 1024 };

struct evictions {
	pthread_mutex_t lock;
	struct evictions_listener *listeners;
	uint64_t next; /* number of the next one */
	struct storage_eviction ring[EVICTIONS_KEPT];
};

enum status
evictions_new(struct evictions **e)
{
	struct evictions *fresh = calloc(1, sizeof(*fresh));

	if (fresh == NULL)
		return STATUS_NOMEM;
	pthread_mutex_init(&fresh->lock, NULL);
	*e = fresh;
	return STATUS_OK;
}

void
evictions_free(struct evictions *e)
{
	if (e == NULL)
		return;
	pthread_mutex_destroy(&e->lock);
	free(e);
}

void
evictions_join(struct evictions *e, struct evictions_listener *l)
{
	pthread_mutex_lock(&e->lock);
	l->next = e->next;
	l->sibling = e->listeners;
	e->listeners = l;
	pthread_mutex_unlock(&e->lock);
}

void
evictions_leave(struct evictions *e, struct evictions_listener *l)
{
	struct evictions_listener **at = &e->listeners;

	pthread_mutex_lock(&e->lock);
	while (*at != NULL && *at != l)
		at = &(*at)->sibling;
	if (*at == l)
		*at = l->sibling;
	pthread_mutex_unlock(&e->lock);
}

void
evictions_add(struct evictions *e, const struct storage_eviction *what)
{
	pthread_mutex_lock(&e->lock);
	e->ring[e->next++ % EVICTIONS_KEPT] = *what;
	for (struct evictions_listener *l = e->listeners; l != NULL;
	     l = l->sibling)
		l->poke(l);
	pthread_mutex_unlock(&e->lock);
}

uint64_t
evictions_count(struct evictions *e)
{
	uint64_t count;

	pthread_mutex_lock(&e->lock);
	count = e->next;
	pthread_mutex_unlock(&e->lock);
	return count;
}

enum evictions_next
evictions_take(struct evictions *e, struct evictions_listener *l, uint64_t upto,
    struct storage_eviction *what)
{
	enum evictions_next next = EVICT_NOBODY;

	pthread_mutex_lock(&e->lock);
	if (l->next >= upto) {
		next = EVICT_NOBODY;
	} else if (e->next - l->next > EVICTIONS_KEPT) {
		l->next = upto;
		next = EVICT_EVERYBODY;
	} else {
		*what = e->ring[l->next++ % EVICTIONS_KEPT];
		next = EVICT_ONE;
	}
	pthread_mutex_unlock(&e->lock);
	return next;
}

/* One that is not in the ring any more may have any name. */
static bool
is_pending(const struct evictions *e, const struct evictions_listener *l,
    const struct account_name *name)
{
	if (e->next - l->next > EVICTIONS_KEPT)
		return true;
	for (uint64_t n = l->next; n < e->next; n++)
		if (account_name_equal(&e->ring[n % EVICTIONS_KEPT].name, name))
			return true;
	return false;
}

bool
evictions_pending(struct evictions *e, const struct account_name *name)
{
	bool pending = false;

	pthread_mutex_lock(&e->lock);
	for (const struct evictions_listener *l = e->listeners;
	     l != NULL && !pending; l = l->sibling)
		pending = is_pending(e, l, name);
	pthread_mutex_unlock(&e->lock);
	return pending;
}
