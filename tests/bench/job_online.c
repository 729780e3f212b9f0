/*
 * job_online.c - P pairs of connected devices at a fixed rate in all: how long
 * from submit to arrival, every message durable on its way.
 */
#include "tests/bench/talk.h"

static void
report(struct talk *t, const struct probe_sample *before,
    const struct probe_sample *after)
{
	const struct options *o = t->bench->options;
	struct result r;

	result_begin(&r, t->bench->driver->name, "online");
	r.note = t->bench->driver->ok_means;
	result_add(&r, "pairs", "", 0, (double)o->pairs);
	result_add(&r, "rate_per_s", "messages/s", 0, (double)o->rate);
	result_add(&r, "payload_bytes", "bytes", 0, (double)o->size_bytes);
	result_add(&r, "messages", "", 0, (double)t->from_due.count);
	result_add(&r, "p50_ms", "ms from due to arrival", 3,
	    samples_at_ms(&t->from_due, 0.5));
	result_add(&r, "p90_ms", "ms", 3, samples_at_ms(&t->from_due, 0.9));
	result_add(&r, "p99_ms", "ms", 3, samples_at_ms(&t->from_due, 0.99));
	result_add(&r, "max_ms", "ms", 3, samples_at_ms(&t->from_due, 1));
	result_add(&r, "sent_p50_ms", "ms from submit to arrival", 3,
	    samples_at_ms(&t->from_given, 0.5));
	result_add(
	    &r, "sent_p90_ms", "ms", 3, samples_at_ms(&t->from_given, 0.9));
	result_add(
	    &r, "sent_p99_ms", "ms", 3, samples_at_ms(&t->from_given, 0.99));
	result_add(
	    &r, "sent_max_ms", "ms", 3, samples_at_ms(&t->from_given, 1));
	result_add(&r, "ok_p50_ms", "ms from submit to OK", 3,
	    samples_at_ms(&t->to_ok, 0.5));
	result_add(&r, "ok_p99_ms", "ms", 3, samples_at_ms(&t->to_ok, 0.99));
	probe_report(&r, before, after, t->messages);
	result_print(&r, o->json);
}

bool
job_online(struct bench *b)
{
	struct probe_sample before, after;
	struct talk t = { 0 };
	bool ok = talk_set_up(&t, b);

	if (ok) {
		probe_take(&b->probe, &before);
		ok = talk_begin(&t) && bench_run(b) && talk_is_right(&t);
	}
	if (ok) {
		probe_take(&b->probe, &after);
		report(&t, &before, &after);
	}
	talk_clear(&t);
	return ok;
}
