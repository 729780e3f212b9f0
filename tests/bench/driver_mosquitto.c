/*
 * driver_mosquitto.c - mosquitto 2: one persistent session a device, subscribed
 * with QoS 1 to the topic of its name.
 *
 * A submit is a PUBLISH of QoS 1, its OK the PUBACK, which the broker sends
 * when it has queued the message in memory.  A receiver gives a PUBACK for each
 * message; the broker then forgets it, also in memory.
 */
#include "tests/bench/driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tests/bench/mosquitto_run.h"
#include "tests/bench/mqtt.h"
#include "tests/bench/pending.h"

/* A message that came before the job asked to receive. */
struct early {
	TAILQ_ENTRY(early) entry;
	uint16_t id;
	size_t len;
	uint8_t payload[];
};

struct driver_line {
	struct driver_run *run;
	struct tls_stream *stream;
	struct mqtt_reader reader;
	const struct driver_events *events;
	void *owner;
	uint32_t device;
	bool has_session; /* made before, with its subscription */
	bool receiving;
	bool feeding; /* the reader is in use: memory goes after it */
	bool closed;
	uint16_t last_id;
	struct pending pending; /* kind: the packet identifier */
	struct tls_later deliver;
	TAILQ_HEAD(, early) early;
};

void
mosquitto_name(
    const struct driver_run *run, uint32_t device, char name[NAME_TEXT])
{
	snprintf(name, NAME_TEXT, "%" PRIx64 "/%" PRIu32, run->seed, device);
}

static enum status
mosquitto_open(const struct driver_setup *setup, struct driver_run **run)
{
	struct driver_run *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->seed = setup->seed;
	st = target_parse(setup->target, "mqtt", &fresh->target);
	if (st == STATUS_OK)
		st = tls_streams_new(setup->loop, &fresh->streams);
	if (st != STATUS_OK) {
		free(fresh);
		return st;
	}
	*run = fresh;
	return STATUS_OK;
}

static void
mosquitto_close(struct driver_run *run)
{
	if (run == NULL)
		return;
	mosquitto_prepare_stop(run);
	tls_streams_close(run->streams);
	free(run);
}

static void
line_free(struct driver_line *line)
{
	struct early *first;

	while ((first = TAILQ_FIRST(&line->early)) != NULL) {
		TAILQ_REMOVE(&line->early, first, entry);
		free(first);
	}
	pending_clear(&line->pending);
	mqtt_reader_clear(&line->reader);
	free(line);
}

static void
fail(struct driver_line *line, enum status why)
{
	if (!line->closed)
		line->events->failed(line->owner, why);
}

static void
on_opened(struct tls_stream *s)
{
	struct driver_line *line = tls_stream_owner(s);
	char name[NAME_TEXT];
	struct mqtt_login login = { .client_id = name,
		.user = line->run->target.user,
		.password = line->run->target.password,
		.persistent = true };

	mosquitto_name(line->run, line->device, name);
	if (mqtt_connect(s, &login) != STATUS_OK)
		fail(line, STATUS_NOMEM);
}

/* The broker goes on where the session was left, without being asked. */
static void
take_connack(struct driver_line *line, const struct mqtt_packet *p)
{
	if (p->code == 0) {
		line->has_session = p->session_present;
		line->events->ready(line->owner);
		return;
	}
	log_event(LOG_LEVEL_ERROR, "mqtt_refused", "code=%d", p->code);
	fail(line, STATUS_DENIED);
}

static void
keep_early(struct driver_line *line, const struct mqtt_packet *p)
{
	struct early *e = calloc(1, sizeof(*e) + p->payload.len);

	if (e == NULL) {
		fail(line, STATUS_NOMEM);
		return;
	}
	e->id = p->id;
	e->len = p->payload.len;
	memcpy(e->payload, p->payload.data, p->payload.len);
	TAILQ_INSERT_TAIL(&line->early, e, entry);
}

/* Acknowledged after the job has seen it; leaves at the end of the turn. */
static void
hand_on(struct driver_line *line, uint16_t id, struct bytes payload)
{
	line->events->arrived(line->owner, payload);
	if (!line->closed && mqtt_puback(line->stream, id) != STATUS_OK)
		fail(line, STATUS_NOMEM);
}

static void
take_publish(struct driver_line *line, const struct mqtt_packet *p)
{
	if (line->receiving && TAILQ_EMPTY(&line->early))
		hand_on(line, p->id, p->payload);
	else
		keep_early(line, p);
}

static void
take_puback(struct driver_line *line, const struct mqtt_packet *p)
{
	struct pending_item item = { 0 };

	if (pending_take(&line->pending, &item) == STATUS_OK &&
	    item.kind == p->id)
		line->events->accepted(line->owner, item.tag);
	else
		fail(line, STATUS_BAD_INPUT);
}

static bool
on_packet(void *owner, const struct mqtt_packet *p)
{
	struct driver_line *line = owner;

	switch (p->type) {
	case MQTT_CONNACK:
		take_connack(line, p);
		break;
	case MQTT_PUBLISH:
		take_publish(line, p);
		break;
	case MQTT_PUBACK:
		take_puback(line, p);
		break;
	case MQTT_PINGRESP:
		line->events->settled(line->owner);
		break;
	case MQTT_SUBACK:
		fail(line, STATUS_BAD_INPUT);
		break;
	}
	return !line->closed;
}

static void
on_arrived(struct tls_stream *s, struct bytes b)
{
	struct driver_line *line = tls_stream_owner(s);
	enum status st;

	line->feeding = true;
	st = mqtt_reader_feed(&line->reader, b, on_packet, line);
	if (st != STATUS_OK)
		fail(line, st);
	line->feeding = false;
	if (line->closed)
		line_free(line);
}

static void
on_failed(struct tls_stream *s, enum status why)
{
	fail(tls_stream_owner(s), why);
}

static const struct tls_stream_events stream_events = { on_opened, on_arrived,
	on_failed };

static void
deliver_early(void *owner)
{
	struct driver_line *line = owner;
	struct early *first;

	line->feeding = true;
	while (!line->closed && (first = TAILQ_FIRST(&line->early)) != NULL) {
		TAILQ_REMOVE(&line->early, first, entry);
		hand_on(
		    line, first->id, bytes_view(first->payload, first->len));
		free(first);
	}
	line->feeding = false;
	if (line->closed)
		line_free(line);
}

static enum status
mosquitto_connect(struct driver_run *run, const struct driver_connect *c,
    struct driver_line **line)
{
	struct driver_line *fresh = calloc(1, sizeof(*fresh));
	struct tls_stream_setup setup = { .to = &run->target.address,
		.from = c->from,
		.events = &stream_events,
		.owner = fresh };
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->run = run;
	fresh->events = c->events;
	fresh->owner = c->owner;
	fresh->device = c->device;
	fresh->deliver =
	    (struct tls_later){ .call = deliver_early, .owner = fresh };
	TAILQ_INIT(&fresh->early);
	st = tls_stream_open(run->streams, &setup, &fresh->stream);
	if (st != STATUS_OK) {
		line_free(fresh);
		return st;
	}
	*line = fresh;
	return STATUS_OK;
}

static enum status
mosquitto_submit(
    struct driver_line *line, uint32_t to, struct bytes payload, uint64_t tag)
{
	uint16_t id = line->last_id == UINT16_MAX ? 1 : line->last_id + 1;
	char topic[NAME_TEXT];
	enum status st;

	st = pending_put(
	    &line->pending, (struct pending_item){ .kind = id, .tag = tag });
	if (st != STATUS_OK)
		return st;
	line->last_id = id;
	mosquitto_name(line->run, to, topic);
	return mqtt_publish(line->stream, id, topic, payload);
}

static enum status
mosquitto_receive(struct driver_line *line)
{
	if (!line->has_session) {
		log_event(LOG_LEVEL_ERROR, "mqtt_no_session", "device=%" PRIu32,
		    line->device);
		return STATUS_NOT_FOUND;
	}
	line->receiving = true;
	if (!TAILQ_EMPTY(&line->early))
		tls_later(line->run->streams, &line->deliver);
	return STATUS_OK;
}

/* The answer comes when every PUBACK before it has been dealt with. */
static enum status
mosquitto_settle(struct driver_line *line)
{
	return mqtt_ping(line->stream);
}

static void
mosquitto_disconnect(struct driver_line *line)
{
	if (line == NULL || line->closed)
		return;
	line->closed = true;
	tls_later_cancel(line->run->streams, &line->deliver);
	(void)mqtt_disconnect(line->stream); /* a broken line is closed too */
	tls_stream_close(line->stream, true);
	if (!line->feeding)
		line_free(line);
}

static void
mosquitto_traffic(const struct driver_line *line, uint64_t *sent_bytes,
    uint64_t *received_bytes)
{
	tls_stream_traffic(line->stream, sent_bytes, received_bytes);
}

const struct driver driver_mosquitto = {
	.name = "mosquitto",
	.ok_means = "queued in the broker's memory (PUBACK of QoS 1); nothing "
		    "has been written to disk",
	.open = mosquitto_open,
	.close = mosquitto_close,
	.prepare = mosquitto_prepare,
	.connect = mosquitto_connect,
	.submit = mosquitto_submit,
	.submit_group = NULL,
	.receive = mosquitto_receive,
	.settle = mosquitto_settle,
	.disconnect = mosquitto_disconnect,
	.traffic = mosquitto_traffic,
};
