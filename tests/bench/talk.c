#include "tests/bench/talk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SIZE_MAX_BYTES = 64 * 1024 };

static const int64_t SECOND_NS = 1000000000;

static int64_t
due_ns(const struct talk *t, uint32_t number)
{
	return t->start_ns + (int64_t)((double)number * (double)SECOND_NS /
				       (double)t->bench->options->rate);
}

static bool
is_receiver(const struct crowd_member *m)
{
	return m->at % 2 == 1;
}

static void
give(struct talk *t, int64_t now_ns)
{
	const struct options *o = t->bench->options;
	uint32_t pair = (uint32_t)(t->given % o->pairs);
	const struct mark mark = { .number = t->given,
		.from = pair,
		.to = pair,
		.due_ns = due_ns(t, t->given),
		.given_ns = now_ns };
	enum status st;

	ledger_write(&t->ledger, &mark, t->payload);
	st = t->bench->driver->submit(t->crowd.members[(size_t)2 * pair].line,
	    FIRST_PAIR + 2 * pair + 1, bytes_view(t->payload, o->size_bytes),
	    mark.number);
	if (st != STATUS_OK)
		bench_fail(t->bench, "submit: %s", status_name(st));
	t->given_ns[t->given++] = now_ns;
}

static void
on_timer(uv_poll_t *poll, int status, int events)
{
	struct talk *t = poll->data;
	int64_t now_ns = probe_now_ns();
	uint64_t passed;

	(void)events;
	if (status != 0 ||
	    read(t->timer, &passed, sizeof(passed)) != sizeof(passed))
		return;
	while (!t->bench->failed && t->given < t->messages &&
	       due_ns(t, t->given) <= now_ns)
		give(t, now_ns);
	if (t->given == t->messages)
		(void)uv_poll_stop(poll);
}

static void
check_end(struct talk *t)
{
	if (t->accepted == t->messages && t->ledger.arrived == t->messages)
		bench_over(t->bench);
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
	struct talk *t = m->crowd->setup.owner;

	if (tag >= t->given) {
		bench_fail(t->bench, "an OK to what was not sent");
		return;
	}
	if (tag >= t->unmeasured)
		samples_add(&t->to_ok, probe_now_ns() - t->given_ns[tag]);
	t->accepted++;
	check_end(t);
}

static void
arrived(void *owner, struct bytes payload)
{
	struct crowd_member *m = owner;
	struct talk *t = m->crowd->setup.owner;
	int64_t now_ns = probe_now_ns();
	struct mark mark;

	if (!is_receiver(m) ||
	    !ledger_note(&t->ledger, m->at / 2, payload, &mark))
		return;
	if (mark.number >= t->unmeasured) {
		samples_add(&t->from_due, now_ns - mark.due_ns);
		samples_add(&t->from_given, now_ns - mark.given_ns);
	}
	check_end(t);
}

static bool
gather(struct talk *t)
{
	struct bench *b = t->bench;
	const struct crowd_setup setup = {
		.first = FIRST_PAIR,
		.count = b->options->pairs * 2,
		.parallel = b->options->parallel,
		.events = { .ready = ready,
		    .accepted = accepted,
		    .arrived = arrived,
		    .settled = settled },
		.owner = t,
	};
	if (!crowd_init(&t->crowd, b, &setup))
		return false;
	crowd_begin(&t->crowd);
	return bench_run(b);
}

bool
talk_set_up(struct talk *t, struct bench *b)
{
	const struct options *o = b->options;
	uint64_t messages = o->rate * o->seconds;
	bool ok;

	t->bench = b;
	t->timer = -1;
	t->messages = (uint32_t)messages;
	t->unmeasured = o->seconds > 1 ? (uint32_t)o->rate : 0;
	t->payload = calloc(1, SIZE_MAX_BYTES);
	t->given_ns = calloc(messages, sizeof(*t->given_ns));
	ok = samples_init(&t->from_due, messages);
	ok = samples_init(&t->from_given, messages) && ok;
	ok = samples_init(&t->to_ok, messages) && ok;
	ok = ledger_init(&t->ledger, t->messages, (uint32_t)o->pairs,
		 (uint32_t)o->pairs) &&
	     ok;
	if (!ok || t->payload == NULL || t->given_ns == NULL) {
		bench_fail(b, "out of memory");
		return false;
	}
	memset(t->payload, 0xa5, SIZE_MAX_BYTES);
	return bench_prepare(b, FIRST_PAIR, o->pairs * 2,
		   DRIVER_SENDS | DRIVER_RECEIVES) &&
	       gather(t);
}

bool
talk_begin(struct talk *t)
{
	struct bench *b = t->bench;
	int64_t step_ns = SECOND_NS / (int64_t)b->options->rate;
	struct itimerspec pace = { 0 };

	pace.it_interval.tv_sec = step_ns / SECOND_NS;
	pace.it_interval.tv_nsec = step_ns % SECOND_NS;
	pace.it_value = pace.it_interval;
	t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (t->timer < 0 || uv_poll_init(&b->loop, &t->poll, t->timer) != 0) {
		bench_fail(b, "no timer");
		return false;
	}
	t->poll.data = t;
	t->start_ns = probe_now_ns() + step_ns;
	if (timerfd_settime(t->timer, 0, &pace, NULL) == 0 &&
	    uv_poll_start(&t->poll, UV_READABLE, on_timer) == 0)
		return true;
	bench_fail(b, "no timer");
	return false;
}

void
talk_stop(struct talk *t)
{
	t->messages = t->given;
	(void)uv_poll_stop(&t->poll);
	check_end(t);
}

bool
talk_is_right(const struct talk *t)
{
	return ledger_is_right(&t->ledger, t->messages);
}

void
talk_clear(struct talk *t)
{
	if (t->bench == NULL)
		return;
	crowd_clear(&t->crowd);
	ledger_clear(&t->ledger);
	samples_clear(&t->from_due);
	samples_clear(&t->from_given);
	samples_clear(&t->to_ok);
	if (t->poll.data != NULL)
		uv_close((uv_handle_t *)&t->poll, NULL);
	(void)uv_run(&t->bench->loop, UV_RUN_NOWAIT);
	if (t->timer >= 0)
		close(t->timer);
	free(t->given_ns);
	free(t->payload);
}
