/*
 * driver_redis.c - Redis 7 streams: one stream a device.
 *
 * A submit is an XADD.  A receiver reads with XREAD BLOCK, up to READ_ITEMS at
 * a time, and removes what it has read with one XTRIM MINID, which travels with
 * the next XREAD: a consumer group would cost an XACK and an XDEL that names
 * every entry.  There are no accounts: one password, no check of who writes to
 * whom.
 */
#include "tests/bench/driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "tests/bench/pending.h"
#include "tests/bench/redis_line.h"
#include "tests/bench/target.h"
#include "tests/bench/tls_stream.h"

enum {
	READ_ITEMS = 256,
	KEY_TEXT = 48,
};

enum kind { KIND_ADD, KIND_READ, KIND_TRIM };

struct driver_run {
	struct tls_streams *streams;
	struct target target;
	uint64_t seed;
	struct driver_range range; /* being prepared */
	struct tls_later prepared;
};

struct driver_line {
	struct driver_run *run;
	struct redis_line *redis;
	const struct driver_events *events;
	void *owner;
	struct pending pending;
	char key[KEY_TEXT];   /* of our own stream */
	struct redis_id last; /* read from it */
	bool receiving;       /* a read that waits holds up everything else */
	bool unremoved;       /* something was read since the last trim */
	size_t trims;         /* that have not been answered */
	bool settling;
	struct tls_later settled;
};

static void
write_key(const struct driver_run *run, uint32_t device, char key[KEY_TEXT])
{
	snprintf(key, KEY_TEXT, "%" PRIx64 ":%" PRIu32, run->seed, device);
}

static void
tell_prepared(void *owner)
{
	struct driver_run *run = owner;

	run->range.done(run->range.owner, STATUS_OK);
}

static enum status
redis_open(const struct driver_setup *setup, struct driver_run **run)
{
	struct driver_run *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->seed = setup->seed;
	fresh->prepared =
	    (struct tls_later){ .call = tell_prepared, .owner = fresh };
	st = target_parse(setup->target, "redis", &fresh->target);
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
redis_close(struct driver_run *run)
{
	if (run == NULL)
		return;
	tls_later_cancel(run->streams, &run->prepared);
	tls_streams_close(run->streams);
	free(run);
}

/* A stream comes into being with its first entry. */
static enum status
redis_prepare(struct driver_run *run, const struct driver_range *range)
{
	run->range = *range;
	tls_later(run->streams, &run->prepared);
	return STATUS_OK;
}

static void
on_opened(void *owner)
{
	struct driver_line *line = owner;

	line->events->ready(line->owner);
}

static void
on_failed(void *owner, enum status why)
{
	struct driver_line *line = owner;

	line->events->failed(line->owner, why);
}

static void
on_entry(void *owner, struct redis_id id, struct bytes payload)
{
	struct driver_line *line = owner;

	line->last = id;
	line->unremoved = true;
	line->events->arrived(line->owner, payload);
}

/* What was read goes, and the next read waits for what comes. */
static enum status
read_on(struct driver_line *line)
{
	struct redis_line_read read = { .key = line->key,
		.after = line->last,
		.count = READ_ITEMS,
		.block = true };
	enum status st = STATUS_OK;

	if (line->unremoved) {
		st = pending_put(
		    &line->pending, (struct pending_item){ .kind = KIND_TRIM });
		if (st == STATUS_OK)
			st =
			    redis_line_trim(line->redis, line->key, line->last);
		line->unremoved = false;
		line->trims++;
	}
	if (st == STATUS_OK)
		st = pending_put(
		    &line->pending, (struct pending_item){ .kind = KIND_READ });
	if (st == STATUS_OK)
		st = redis_line_read(line->redis, &read);
	return st;
}

static void
tell_settled(void *owner)
{
	struct driver_line *line = owner;

	line->settling = false;
	line->events->settled(line->owner);
}

/* The last step of each case, as the owner may close the line in it. */
static void
on_answered(void *owner)
{
	struct driver_line *line = owner;
	struct pending_item item = { 0 };
	enum status st = pending_take(&line->pending, &item);

	if (st != STATUS_OK) {
		line->events->failed(line->owner, STATUS_BAD_INPUT);
		return;
	}
	switch ((enum kind)item.kind) {
	case KIND_ADD:
		line->events->accepted(line->owner, item.tag);
		break;
	case KIND_READ:
		st = read_on(line);
		if (st != STATUS_OK)
			line->events->failed(line->owner, st);
		break;
	case KIND_TRIM:
		line->trims--;
		if (line->settling && line->trims == 0 && !line->unremoved)
			tell_settled(line);
		break;
	}
}

static const struct redis_line_events line_events = {
	.opened = on_opened,
	.entry = on_entry,
	.answered = on_answered,
	.failed = on_failed,
};

static enum status
redis_connect(struct driver_run *run, const struct driver_connect *c,
    struct driver_line **line)
{
	struct driver_line *fresh = calloc(1, sizeof(*fresh));
	struct redis_line_setup setup = { .to = &run->target.address,
		.from = c->from,
		.password = run->target.password,
		.events = &line_events,
		.owner = fresh };
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->run = run;
	fresh->events = c->events;
	fresh->owner = c->owner;
	fresh->settled =
	    (struct tls_later){ .call = tell_settled, .owner = fresh };
	write_key(run, c->device, fresh->key);
	st = redis_line_open(run->streams, &setup, &fresh->redis);
	if (st != STATUS_OK) {
		free(fresh);
		return st;
	}
	*line = fresh;
	return STATUS_OK;
}

static enum status
redis_submit(
    struct driver_line *line, uint32_t to, struct bytes payload, uint64_t tag)
{
	char key[KEY_TEXT];
	enum status st;

	/* It would wait behind the read; such a device needs two lines. */
	if (line->receiving) {
		log_event(
		    LOG_LEVEL_ERROR, "redis_line_reads", "key=%s", line->key);
		return STATUS_CONFLICT;
	}
	st = pending_put(&line->pending,
	    (struct pending_item){ .kind = KIND_ADD, .tag = tag });
	if (st != STATUS_OK)
		return st;
	write_key(line->run, to, key);
	return redis_line_add(line->redis, key, payload);
}

static enum status
redis_receive(struct driver_line *line)
{
	line->receiving = true;
	return read_on(line);
}

/*
 * A trim is answered after its flush.  Behind the last one a read waits, so
 * there is nothing else to ask.
 */
static enum status
redis_settle(struct driver_line *line)
{
	line->settling = true;
	if (line->trims == 0 && !line->unremoved)
		tls_later(line->run->streams, &line->settled);
	return STATUS_OK;
}

static void
redis_disconnect(struct driver_line *line)
{
	if (line == NULL)
		return;
	tls_later_cancel(line->run->streams, &line->settled);
	redis_line_close(line->redis);
	pending_clear(&line->pending);
	free(line);
}

static void
redis_traffic(const struct driver_line *line, uint64_t *sent_bytes,
    uint64_t *received_bytes)
{
	redis_line_traffic(line->redis, sent_bytes, received_bytes);
}

const struct driver driver_redis = {
	.name = "redis",
	.ok_means = "written to the append-only file and flushed with "
		    "fdatasync (appendfsync always); nobody is checked",
	.open = redis_open,
	.close = redis_close,
	.prepare = redis_prepare,
	.connect = redis_connect,
	.submit = redis_submit,
	.submit_group = NULL,
	.receive = redis_receive,
	.settle = redis_settle,
	.disconnect = redis_disconnect,
	.traffic = redis_traffic,
};
