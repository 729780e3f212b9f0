#include "tests/bench/mosquitto_run.h"

#include <stdlib.h>

#include "base/log.h"
#include "tests/bench/mqtt.h"

/* One connection that makes one session after the other. */
struct maker {
	struct preparation *all;
	struct tls_stream *stream;
	struct mqtt_reader reader;
	uint32_t device;
	bool subscribed;
};

struct preparation {
	struct driver_run *run;
	struct driver_range range;
	struct tls_later step; /* open what is to be opened, or finish */
	uint32_t next;         /* devices begun */
	uint32_t ready;        /* devices done */
	enum status st;
	uint32_t makers_count;
	struct maker makers[];
};

static void
maker_close(struct maker *m)
{
	tls_stream_close(m->stream, true);
	m->stream = NULL;
	mqtt_reader_clear(&m->reader);
}

static void
later(struct preparation *p)
{
	tls_later(p->run->streams, &p->step);
}

static void
on_opened(struct tls_stream *s)
{
	struct maker *m = tls_stream_owner(s);
	const struct driver_run *run = m->all->run;
	char name[NAME_TEXT];
	struct mqtt_login login = { .client_id = name,
		.user = run->target.user,
		.password = run->target.password,
		.persistent = true };

	mosquitto_name(run, m->device, name);
	m->all->st = mqtt_connect(s, &login);
	if (m->all->st != STATUS_OK)
		later(m->all);
}

/* What waits for a session that exists already comes again to its receiver. */
static bool
on_packet(void *owner, const struct mqtt_packet *packet)
{
	struct maker *m = owner;
	struct preparation *p = m->all;
	char name[NAME_TEXT];

	if (packet->code != 0) {
		log_event(LOG_LEVEL_ERROR, "mqtt_refused", "type=%d code=%d",
		    (int)packet->type, packet->code);
		p->st = STATUS_DENIED;
		later(p);
		return false;
	}
	if (packet->type == MQTT_CONNACK) {
		mosquitto_name(p->run, m->device, name);
		p->st = mqtt_subscribe(m->stream, 1, name);
	} else if (packet->type == MQTT_SUBACK) {
		p->st = mqtt_disconnect(m->stream);
		p->ready++;
		m->subscribed = true;
		later(p);
	}
	return p->st == STATUS_OK;
}

static void
on_arrived(struct tls_stream *s, struct bytes b)
{
	struct maker *m = tls_stream_owner(s);
	enum status st = mqtt_reader_feed(&m->reader, b, on_packet, m);

	if (st != STATUS_OK)
		m->all->st = st;
	if (m->all->st != STATUS_OK)
		later(m->all);
}

static void
on_failed(struct tls_stream *s, enum status why)
{
	struct maker *m = tls_stream_owner(s);

	if (m->subscribed)
		return;
	m->all->st = why;
	later(m->all);
}

static const struct tls_stream_events events = { on_opened, on_arrived,
	on_failed };

static enum status
maker_open(struct maker *m)
{
	struct preparation *p = m->all;
	struct tls_stream_setup setup = {
		.to = &p->run->target.address, .events = &events, .owner = m
	};

	m->device = p->range.first + p->next++;
	m->subscribed = false;
	return tls_stream_open(p->run->streams, &setup, &m->stream);
}

void
mosquitto_prepare_stop(struct driver_run *run)
{
	struct preparation *p = run->preparation;

	if (p == NULL)
		return;
	tls_later_cancel(run->streams, &p->step);
	for (uint32_t i = 0; i < p->makers_count; i++)
		maker_close(&p->makers[i]);
	run->preparation = NULL;
	free(p);
}

static void
step(void *owner)
{
	struct preparation *p = owner;
	struct driver_range range = p->range;
	enum status st;

	for (uint32_t i = 0; p->st == STATUS_OK && i < p->makers_count; i++) {
		struct maker *m = &p->makers[i];

		if (m->subscribed)
			maker_close(m);
		if (m->stream == NULL && p->next < range.count)
			p->st = maker_open(m);
	}
	st = p->st;
	if (st == STATUS_OK && p->ready < range.count)
		return;
	mosquitto_prepare_stop(p->run);
	range.done(range.owner, st);
}

enum status
mosquitto_prepare(struct driver_run *run, const struct driver_range *range)
{
	/* Who only sends makes a session on the way. */
	bool receives = (range->roles & DRIVER_RECEIVES) != 0;
	uint32_t makers = receives ? range->parallel : 0;
	struct preparation *p =
	    calloc(1, sizeof(*p) + makers * sizeof(p->makers[0]));

	if (p == NULL)
		return STATUS_NOMEM;
	p->run = run;
	p->range = *range;
	p->step = (struct tls_later){ .call = step, .owner = p };
	p->makers_count = makers;
	for (uint32_t i = 0; i < makers; i++)
		p->makers[i].all = p;
	if (!receives)
		p->range.count = 0;
	run->preparation = p;
	later(p);
	return STATUS_OK;
}
