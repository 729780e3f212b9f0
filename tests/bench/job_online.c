/*
 * job_online.c - P pairs of connected devices at a fixed rate in all: how long
 * from submit to arrival, every message durable on its way.
 *
 * Messages are due at even distances, told by a timerfd on the loop.  A message
 * that is sent late, since the load program or the machine was busy, is timed
 * from when it was due, so that a stall is not hidden by what it held back.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tests/bench/crowd.h"
#include "tests/bench/ledger.h"

enum { SIZE_MAX_BYTES = 64 * 1024 };

static const int64_t SECOND_NS = 1000000000;

struct online {
	struct bench *bench;
	struct ledger ledger;
	struct crowd crowd; /* even places send to the odd ones after them */
	uint8_t *payload;
	int64_t *given_ns; /* by number */
	uint32_t messages;
	uint32_t unmeasured; /* of the first second */
	uint32_t given;
	uint32_t accepted;
	int timer;
	uv_poll_t poll;
	int64_t start_ns;
	struct samples from_due;
	struct samples from_given;
	struct samples to_ok;
	struct probe_sample before;
	struct probe_sample after;
};

static int64_t
due_ns(const struct online *j, uint32_t number)
{
	return j->start_ns + (int64_t)((double)number * (double)SECOND_NS /
				       (double)j->bench->options->rate);
}

static bool
is_receiver(const struct crowd_member *m)
{
	return m->at % 2 == 1;
}

static void
give(struct online *j, int64_t now_ns)
{
	const struct options *o = j->bench->options;
	uint32_t pair = (uint32_t)(j->given % o->pairs);
	const struct mark mark = { .number = j->given,
		.from = pair,
		.to = pair,
		.due_ns = due_ns(j, j->given),
		.given_ns = now_ns };
	enum status st;

	ledger_write(&j->ledger, &mark, j->payload);
	st = j->bench->driver->submit(j->crowd.members[(size_t)2 * pair].line,
	    FIRST_PAIR + 2 * pair + 1, bytes_view(j->payload, o->size_bytes),
	    mark.number);
	if (st != STATUS_OK)
		bench_fail(j->bench, "submit: %s", status_name(st));
	j->given_ns[j->given++] = now_ns;
}

static void
on_timer(uv_poll_t *poll, int status, int events)
{
	struct online *j = poll->data;
	int64_t now_ns = probe_now_ns();
	uint64_t passed;

	(void)events;
	if (status != 0 ||
	    read(j->timer, &passed, sizeof(passed)) != sizeof(passed))
		return;
	while (!j->bench->failed && j->given < j->messages &&
	       due_ns(j, j->given) <= now_ns)
		give(j, now_ns);
	if (j->given == j->messages)
		(void)uv_poll_stop(poll);
}

static void
check_end(struct online *j)
{
	if (j->accepted == j->messages && j->ledger.arrived == j->messages)
		bench_over(j->bench);
}

static void
ready(void *owner)
{
	struct crowd_member *m = owner;
	struct bench *b = m->crowd->bench;
	enum status st = STATUS_OK;

	if (is_receiver(m))
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
accepted(void *owner, uint64_t tag)
{
	struct crowd_member *m = owner;
	struct online *j = m->crowd->setup.owner;

	if (tag >= j->given) {
		bench_fail(j->bench, "an OK to what was not sent");
		return;
	}
	if (tag >= j->unmeasured)
		samples_add(&j->to_ok, probe_now_ns() - j->given_ns[tag]);
	j->accepted++;
	check_end(j);
}

static void
arrived(void *owner, struct bytes payload)
{
	struct crowd_member *m = owner;
	struct online *j = m->crowd->setup.owner;
	int64_t now_ns = probe_now_ns();
	struct mark mark;

	if (!is_receiver(m) ||
	    !ledger_note(&j->ledger, m->at / 2, payload, &mark))
		return;
	if (mark.number >= j->unmeasured) {
		samples_add(&j->from_due, now_ns - mark.due_ns);
		samples_add(&j->from_given, now_ns - mark.given_ns);
	}
	check_end(j);
}

static bool
gather(struct online *j)
{
	struct bench *b = j->bench;
	const struct crowd_setup setup = {
		.first = FIRST_PAIR,
		.count = b->options->pairs * 2,
		.parallel = b->options->parallel,
		.events = { .ready = ready,
		    .accepted = accepted,
		    .arrived = arrived,
		    .settled = settled },
		.owner = j,
	};
	if (!crowd_init(&j->crowd, b, &setup))
		return false;
	crowd_begin(&j->crowd);
	return bench_run(b);
}

static bool
converse(struct online *j)
{
	struct bench *b = j->bench;
	int64_t step_ns = SECOND_NS / (int64_t)b->options->rate;
	struct itimerspec pace = { 0 };
	bool ok;

	pace.it_interval.tv_sec = step_ns / SECOND_NS;
	pace.it_interval.tv_nsec = step_ns % SECOND_NS;
	pace.it_value = pace.it_interval;
	j->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (j->timer < 0 || uv_poll_init(&b->loop, &j->poll, j->timer) != 0) {
		bench_fail(b, "no timer");
		return false;
	}
	j->poll.data = j;
	probe_take(&b->probe, &j->before);
	j->start_ns = probe_now_ns() + step_ns;
	ok = timerfd_settime(j->timer, 0, &pace, NULL) == 0 &&
	     uv_poll_start(&j->poll, UV_READABLE, on_timer) == 0 &&
	     bench_run(b);
	probe_take(&b->probe, &j->after);
	uv_close((uv_handle_t *)&j->poll, NULL);
	return ok && ledger_is_right(&j->ledger, j->messages);
}

static void
report(struct online *j)
{
	const struct options *o = j->bench->options;
	struct result r;

	result_begin(&r, j->bench->driver->name, "online");
	r.note = j->bench->driver->ok_means;
	result_add(&r, "pairs", "", 0, (double)o->pairs);
	result_add(&r, "rate_per_s", "messages/s", 0, (double)o->rate);
	result_add(&r, "payload_bytes", "bytes", 0, (double)o->size_bytes);
	result_add(&r, "messages", "", 0, (double)j->from_due.count);
	result_add(&r, "p50_ms", "ms from due to arrival", 3,
	    samples_at_ms(&j->from_due, 0.5));
	result_add(&r, "p90_ms", "ms", 3, samples_at_ms(&j->from_due, 0.9));
	result_add(&r, "p99_ms", "ms", 3, samples_at_ms(&j->from_due, 0.99));
	result_add(&r, "max_ms", "ms", 3, samples_at_ms(&j->from_due, 1));
	result_add(&r, "sent_p50_ms", "ms from submit to arrival", 3,
	    samples_at_ms(&j->from_given, 0.5));
	result_add(
	    &r, "sent_p90_ms", "ms", 3, samples_at_ms(&j->from_given, 0.9));
	result_add(
	    &r, "sent_p99_ms", "ms", 3, samples_at_ms(&j->from_given, 0.99));
	result_add(
	    &r, "sent_max_ms", "ms", 3, samples_at_ms(&j->from_given, 1));
	result_add(&r, "ok_p50_ms", "ms from submit to OK", 3,
	    samples_at_ms(&j->to_ok, 0.5));
	result_add(&r, "ok_p99_ms", "ms", 3, samples_at_ms(&j->to_ok, 0.99));
	probe_report(&r, &j->before, &j->after, j->messages);
	result_print(&r, o->json);
}

static bool
set_up(struct online *j, struct bench *b)
{
	const struct options *o = b->options;
	uint64_t messages = o->rate * o->seconds;
	bool ok;

	j->bench = b;
	j->timer = -1;
	j->messages = (uint32_t)(messages > 0 ? messages : 1);
	j->unmeasured = o->seconds > 1 ? (uint32_t)o->rate : 0;
	j->payload = calloc(1, SIZE_MAX_BYTES);
	j->given_ns = calloc(j->messages, sizeof(*j->given_ns));
	ok = samples_init(&j->from_due, j->messages);
	ok = samples_init(&j->from_given, j->messages) && ok;
	ok = samples_init(&j->to_ok, j->messages) && ok;
	ok = ledger_init(&j->ledger, j->messages, (uint32_t)o->pairs,
		 (uint32_t)o->pairs) &&
	     ok;
	if (!ok || j->payload == NULL || j->given_ns == NULL) {
		bench_fail(b, "out of memory");
		return false;
	}
	memset(j->payload, 0xa5, SIZE_MAX_BYTES);
	return bench_prepare(
	    b, FIRST_PAIR, o->pairs * 2, DRIVER_SENDS | DRIVER_RECEIVES);
}

bool
job_online(struct bench *b)
{
	struct online *j = calloc(1, sizeof(*j));
	bool ok;

	if (j == NULL)
		return false;
	ok = set_up(j, b) && gather(j) && converse(j);
	if (ok)
		report(j);
	crowd_clear(&j->crowd);
	ledger_clear(&j->ledger);
	samples_clear(&j->from_due);
	samples_clear(&j->from_given);
	samples_clear(&j->to_ok);
	/* The loop gives the timer's handle back before j goes. */
	(void)uv_run(&b->loop, UV_RUN_NOWAIT);
	if (j->timer >= 0)
		close(j->timer);
	free(j->given_ns);
	free(j->payload);
	free(j);
	return ok;
}
