#include "tests/bench/idle_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/crowd.h"

enum { EXCHANGES_MAX = 500, SIZE_MAX_BYTES = 64 * 1024, NUMBER_BYTES = 4 };

struct idle {
	struct bench bench;
	struct idle_range range;
	struct crowd crowd;
	int fd;
	uv_poll_t poll;
	uint8_t *payload;
	uint8_t order; /* the last that came */
	uint32_t exchanges;
	uint32_t stride; /* from one sender to the next */
	uint32_t arrived;
	uint32_t accepted;
	int64_t *given_ns; /* by exchange */
	struct samples took;
};

static void
on_order(uv_poll_t *poll, int status, int events)
{
	struct idle *j = poll->data;

	(void)events;
	if (status != 0 || read(j->fd, &j->order, 1) != 1)
		j->order = IDLE_QUIT;
	bench_over(&j->bench);
}

static bool
answer(const struct idle *j, struct idle_report *r)
{
	r->ok = !j->bench.failed;
	return write(j->fd, r, sizeof(*r)) == sizeof(*r) && r->ok != 0;
}

static void
ready(void *owner)
{
	struct crowd_member *m = owner;
	struct bench *b = m->crowd->bench;
	enum status st = STATUS_OK;

	if (b->options->receive != 0)
		st = b->driver->receive(m->line);
	if (st == STATUS_OK)
		st = b->driver->settle(m->line);
	if (st != STATUS_OK)
		bench_fail(b, "receive: %s", status_name(st));
}

static void
settled(void *owner)
{
	struct crowd_member *m = owner;

	crowd_settled(m);
	if (crowd_is_complete(m->crowd))
		bench_over(m->crowd->bench);
}

static void
check_end(struct idle *j)
{
	if (j->arrived == j->exchanges && j->accepted == j->exchanges)
		bench_over(&j->bench);
}

static void
accepted(void *owner, uint64_t tag)
{
	struct crowd_member *m = owner;
	struct idle *j = m->crowd->setup.owner;

	(void)tag;
	j->accepted++;
	check_end(j);
}

static void
arrived(void *owner, struct bytes payload)
{
	struct crowd_member *m = owner;
	struct idle *j = m->crowd->setup.owner;
	uint32_t number =
	    payload.len < NUMBER_BYTES ? UINT32_MAX : load_u32(payload.data);

	if (number >= j->exchanges || j->given_ns[number] == 0 ||
	    m->at != number * j->stride + 1) {
		bench_fail(&j->bench, "a message came to the wrong device");
		return;
	}
	samples_add(&j->took, probe_now_ns() - j->given_ns[number]);
	j->given_ns[number] = 0;
	j->arrived++;
	check_end(j);
}

static void
connect_all(struct idle *j)
{
	crowd_begin(&j->crowd);
	(void)bench_run(&j->bench);
}

/* Senders wake one after the other, each for the device beside it. */
static void
exchange(struct idle *j, uint32_t number)
{
	struct bench *b = &j->bench;
	uint32_t at = number * j->stride;
	enum status st = STATUS_OK;

	if (b->options->receive == 0)
		st = b->driver->receive(j->crowd.members[at + 1].line);
	store_u32(j->payload, number);
	j->given_ns[number] = probe_now_ns();
	if (st == STATUS_OK)
		st = b->driver->submit(j->crowd.members[at].line,
		    j->range.first + at + 1,
		    bytes_view(j->payload, b->options->size_bytes), number);
	if (st != STATUS_OK)
		bench_fail(b, "submit: %s", status_name(st));
}

static void
exchange_all(struct idle *j, struct idle_report *r)
{
	j->exchanges = j->range.count / 2;
	if (j->exchanges > EXCHANGES_MAX)
		j->exchanges = EXCHANGES_MAX;
	j->stride = j->range.count / j->exchanges;
	for (uint32_t i = 0; i < j->exchanges; i++)
		exchange(j, i);
	(void)bench_run(&j->bench);
	r->count = j->arrived;
	r->median_ms = samples_at_ms(&j->took, 0.5);
	r->most_ms = samples_at_ms(&j->took, 1);
}

/* false: it was the last. */
static bool
follow(struct idle *j)
{
	struct idle_report r = { 0 };

	switch ((enum idle_order)j->order) {
	case IDLE_PREPARE:
		(void)bench_prepare(&j->bench, j->range.first, j->range.count,
		    DRIVER_SENDS | DRIVER_RECEIVES);
		return answer(j, &r);
	case IDLE_CONNECT:
		connect_all(j);
		r.count = (uint32_t)j->crowd.connected;
		return answer(j, &r);
	case IDLE_SERVE:
		exchange_all(j, &r);
		return answer(j, &r);
	case IDLE_COUNT:
		r.count = (uint32_t)j->crowd.connected;
		return answer(j, &r);
	case IDLE_QUIT:
		crowd_clear(&j->crowd);
		(void)answer(j, &r);
		return false;
	}
	return false;
}

static bool
set_up(struct idle *j, const struct options *o)
{
	const struct crowd_setup setup = {
		.first = j->range.first,
		.count = j->range.count,
		.parallel = o->parallel,
		.sources = j->range.sources,
		.events = { .ready = ready,
		    .accepted = accepted,
		    .arrived = arrived,
		    .settled = settled },
		.owner = j,
	};

	if (!bench_open(&j->bench, o))
		return false;
	j->payload = calloc(1, SIZE_MAX_BYTES);
	j->given_ns = calloc(EXCHANGES_MAX, sizeof(*j->given_ns));
	if (j->payload == NULL || j->given_ns == NULL ||
	    !samples_init(&j->took, EXCHANGES_MAX) ||
	    !crowd_init(&j->crowd, &j->bench, &setup) ||
	    uv_poll_init(&j->bench.loop, &j->poll, j->fd) != 0)
		return false;
	j->poll.data = j;
	return uv_poll_start(&j->poll, UV_READABLE, on_order) == 0;
}

int
idle_child(const struct options *o, const struct idle_range *range, int fd)
{
	struct idle j = { .range = *range, .fd = fd };

	if (!set_up(&j, o))
		return 1; /* the end of the socket says so */
	while (bench_run(&j.bench))
		if (!follow(&j))
			break;
	if (j.bench.failed) {
		struct idle_report r = { 0 };

		(void)answer(&j, &r);
	}
	crowd_clear(&j.crowd);
	uv_close((uv_handle_t *)&j.poll, NULL);
	bench_close(&j.bench);
	samples_clear(&j.took);
	free(j.given_ns);
	free(j.payload);
	return j.bench.failed ? 1 : 0;
}
