#include "relay/doors.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "relay/bans.h"
#include "relay/rate.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum {
	SOURCES = 100000, /* whose haste is remembered */
	AREA_BYTES = 6,   /* of an IPv6 address: what one customer may get */
	AREA_SOURCES = 4, /* as many as they may come from it */
};

struct guest {
	struct source source;
	size_t connections;
	UT_hash_handle hh;
};

struct doors {
	pthread_mutex_t lock;
	size_t max_all;
	size_t max_per_source;
	size_t all;
	struct bans bans;
	struct rate *arrivals; /* these have locks of their own */
	struct rate *area_arrivals;
	struct guest *guests;
};

void
source_of_address(const struct sockaddr *address, struct source *source)
{
	const struct sockaddr_in6 *v6 = (const void *)address;
	const struct sockaddr_in *v4 = (const void *)address;

	memset(source, 0, sizeof(*source));
	if (address->sa_family == AF_INET) {
		source->len = sizeof(v4->sin_addr);
		memcpy(source->raw, &v4->sin_addr, source->len);
	} else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		source->len = 4;
		memcpy(source->raw, v6->sin6_addr.s6_addr + 12, 4);
	} else {
		source->len = SOURCE_BYTES;
		memcpy(source->raw, v6->sin6_addr.s6_addr, SOURCE_BYTES);
	}
}

/* The area around an IPv6 source; that of an IPv4 address is empty. */
static struct source
area_of(const struct source *source)
{
	struct source area = { .len = 0 };

	if (source->len == SOURCE_BYTES) {
		area.len = AREA_BYTES;
		memcpy(area.raw, source->raw, AREA_BYTES);
	}
	return area;
}

static struct rate_rule
arrivals_rule(const struct settings *s, unsigned sources)
{
	return (struct rate_rule){
		.kinds = { bucket_rule_per(
		    s->connects_per_minute * sources, BUCKET_MINUTE_MS) },
		.max_keys = SOURCES,
	};
}

enum status
doors_new(const struct settings *settings, struct doors **d)
{
	const struct rate_rule rule = arrivals_rule(settings, 1);
	const struct rate_rule area_rule =
	    arrivals_rule(settings, AREA_SOURCES);
	struct doors *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	pthread_mutex_init(&fresh->lock, NULL);
	st = rate_new(&rule, &fresh->arrivals);
	if (st == STATUS_OK)
		st = rate_new(&area_rule, &fresh->area_arrivals);
	if (st != STATUS_OK) {
		doors_free(fresh);
		return st;
	}
	doors_set_limits(fresh, settings);
	*d = fresh;
	return STATUS_OK;
}

void
doors_set_limits(struct doors *d, const struct settings *settings)
{
	const struct rate_rule rule = arrivals_rule(settings, 1);
	const struct rate_rule area_rule =
	    arrivals_rule(settings, AREA_SOURCES);

	rate_set_rule(d->arrivals, &rule);
	rate_set_rule(d->area_arrivals, &area_rule);
	pthread_mutex_lock(&d->lock);
	d->max_all = settings->connections;
	d->max_per_source = settings->connections_per_source;
	bans_fill(&d->bans, &settings->ban);
	pthread_mutex_unlock(&d->lock);
}

void
doors_free(struct doors *d)
{
	struct guest *g, *next;

	if (d == NULL)
		return;
	HASH_ITER(hh, d->guests, g, next)
	{
		HASH_DEL(d->guests, g);
		free(g);
	}
	rate_free(d->area_arrivals);
	rate_free(d->arrivals);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static struct guest *
find(struct doors *d, const struct source *source)
{
	struct guest *g = NULL;

	HASH_FIND(hh, d->guests, source, sizeof(*source), g);
	return g;
}

static struct guest *
find_or_add(struct doors *d, const struct source *source)
{
	struct guest *g = find(d, source);

	if (g != NULL)
		return g;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->source = *source;
	HASH_ADD(hh, d->guests, source, sizeof(g->source), g);
	if (g->hh.tbl != NULL)
		return g;
	free(g);
	return NULL;
}

bool
doors_have_banned(struct doors *d, const struct sockaddr *address)
{
	bool banned;

	pthread_mutex_lock(&d->lock);
	banned = bans_match(&d->bans, address);
	pthread_mutex_unlock(&d->lock);
	return banned;
}

/* One more; whoever has no connection yet gets one: the least limit is 1. */
static enum status
count_one(struct doors *d, const struct source *source, size_t max)
{
	struct guest *g = find_or_add(d, source);

	if (g == NULL)
		return STATUS_NOMEM;
	if (g->connections >= max)
		return STATUS_FULL;
	g->connections++;
	return STATUS_OK;
}

static void
count_off(struct doors *d, const struct source *source)
{
	struct guest *g = find(d, source);

	if (g != NULL && --g->connections == 0) {
		HASH_DEL(d->guests, g);
		free(g);
	}
}

static enum status
count_in(struct doors *d, const struct source *source)
{
	const struct source area = area_of(source);
	enum status st = STATUS_FULL;

	pthread_mutex_lock(&d->lock);
	if (d->all < d->max_all)
		st = count_one(d, source, d->max_per_source);
	if (st == STATUS_OK && area.len > 0) {
		st = count_one(d, &area, d->max_per_source * AREA_SOURCES);
		if (st != STATUS_OK)
			count_off(d, source);
	}
	if (st == STATUS_OK)
		d->all++;
	pthread_mutex_unlock(&d->lock);
	return st;
}

static enum status
take_arrival(struct doors *d, const struct source *source, int64_t now_ms)
{
	const struct source area = area_of(source);
	uint64_t unused;
	enum status st = rate_take(d->arrivals,
	    bytes_view(source->raw, source->len), 1, now_ms, &unused);

	if (st == STATUS_OK && area.len > 0)
		st = rate_take(d->area_arrivals, bytes_view(area.raw, area.len),
		    1, now_ms, &unused);
	return st;
}

enum status
doors_enter(struct doors *d, const struct sockaddr *address, int64_t now_ms,
    struct source *source)
{
	enum status st;

	if (doors_have_banned(d, address))
		return STATUS_DENIED;
	source_of_address(address, source);
	st = take_arrival(d, source, now_ms);
	return st == STATUS_OK ? count_in(d, source) : st;
}

void
doors_leave(struct doors *d, const struct source *source)
{
	const struct source area = area_of(source);

	pthread_mutex_lock(&d->lock);
	count_off(d, source);
	if (area.len > 0)
		count_off(d, &area);
	d->all--;
	pthread_mutex_unlock(&d->lock);
}
