/*
 * job_fanout.c - one message to a group of N members that are away: what is
 * uploaded, what is stored, and how long until the OK.  Then everyone comes
 * back and is seen to have got each message once.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/crowd.h"
#include "tests/bench/ledger.h"

enum { MESSAGES_USUAL = 20, SIZE_MAX_BYTES = 64 * 1024 };

struct fanout {
	struct bench *bench;
	struct crowd sender; /* of one */
	struct crowd members;
	uint8_t *payload;
	uint64_t group; /* random: the mark of this job */
	uint32_t messages;
	uint32_t given;
	uint32_t *got; /* by member */
	int64_t given_ns;
	struct samples to_ok;
	uint64_t sent_bytes;
	struct probe_sample before;
	struct probe_sample after;
};

/* One at a time, so that each is a submit by itself. */
static void
give_next(struct fanout *j)
{
	const struct options *o = j->bench->options;
	enum status st;

	store_u64(j->payload, j->group);
	store_u32(j->payload + 8, j->given);
	j->given_ns = probe_now_ns();
	st = j->bench->driver->submit_group(j->sender.members[0].line,
	    FIRST_MEMBER, (uint32_t)o->members,
	    bytes_view(j->payload, o->size_bytes), j->given);
	if (st != STATUS_OK)
		bench_fail(j->bench, "submit: %s", status_name(st));
	j->given++;
}

static void
sender_ready(void *owner)
{
	struct crowd_member *m = owner;

	crowd_settled(m);
	bench_over(m->crowd->bench);
}

static void
sender_accepted(void *owner, uint64_t tag)
{
	struct crowd_member *m = owner;
	struct fanout *j = m->crowd->setup.owner;

	if (tag + 1 != j->given)
		bench_fail(j->bench, "an OK to what was not sent");
	samples_add(&j->to_ok, probe_now_ns() - j->given_ns);
	if (j->given == j->messages)
		bench_over(j->bench);
	else
		give_next(j);
}

static bool
send_all(struct fanout *j)
{
	struct bench *b = j->bench;
	uint64_t at_first, received;
	const struct crowd_setup setup = {
		.first = FIRST_SENDER,
		.count = 1,
		.parallel = 1,
		.events = { .ready = sender_ready,
		    .accepted = sender_accepted,
		    .arrived = crowd_refuse_arrived,
		    .settled = crowd_ignore_settled },
		.owner = j,
	};
	if (!crowd_init(&j->sender, b, &setup))
		return false;
	crowd_begin(&j->sender);
	if (!bench_run(b))
		return false;
	b->driver->traffic(j->sender.members[0].line, &at_first, &received);
	probe_take(&b->probe, &j->before);
	give_next(j);
	if (!bench_run(b))
		return false;
	probe_take(&b->probe, &j->after);
	b->driver->traffic(
	    j->sender.members[0].line, &j->sent_bytes, &received);
	j->sent_bytes -= at_first;
	crowd_clear(&j->sender);
	return true;
}

static void
member_ready(void *owner)
{
	struct crowd_member *m = owner;
	struct bench *b = m->crowd->bench;
	enum status st = b->driver->receive(m->line);

	if (st != STATUS_OK)
		bench_fail(b, "receive: %s", status_name(st));
}

static void
member_arrived(void *owner, struct bytes payload)
{
	struct crowd_member *m = owner;
	struct fanout *j = m->crowd->setup.owner;
	enum status st;

	if (payload.len < 12 || load_u64(payload.data) != j->group)
		return; /* of an earlier job */
	if (load_u32(payload.data + 8) != j->got[m->at]) {
		bench_fail(j->bench, "member %u: message %u came as %u", m->at,
		    load_u32(payload.data + 8), j->got[m->at]);
		return;
	}
	if (++j->got[m->at] < j->messages)
		return;
	st = j->bench->driver->settle(m->line);
	if (st != STATUS_OK)
		bench_fail(j->bench, "settle: %s", status_name(st));
}

static void
member_settled(void *owner)
{
	struct crowd_member *m = owner;
	struct crowd *c = m->crowd;

	crowd_leave(m);
	if (crowd_is_complete(c))
		bench_over(c->bench);
}

static bool
fetch_all(struct fanout *j)
{
	struct bench *b = j->bench;
	const struct crowd_setup setup = {
		.first = FIRST_MEMBER,
		.count = b->options->members,
		.parallel = b->options->parallel,
		.events = { .ready = member_ready,
		    .accepted = crowd_refuse_accepted,
		    .arrived = member_arrived,
		    .settled = member_settled },
		.owner = j,
	};
	if (!crowd_init(&j->members, b, &setup))
		return false;
	crowd_begin(&j->members);
	return bench_run(b);
}

static void
report(struct fanout *j)
{
	const struct options *o = j->bench->options;
	double members = (double)o->members, messages = j->messages;
	double payload = (double)o->size_bytes;
	double written =
	    (j->after.written_bytes - j->before.written_bytes) / messages;
	double log = (j->after.log_bytes - j->before.log_bytes) / messages;
	double disk = (j->after.disk_bytes - j->before.disk_bytes) / messages;
	struct result r;

	result_begin(&r, j->bench->driver->name, "fanout");
	r.note = j->bench->driver->ok_means;
	result_add(&r, "members", "", 0, members);
	result_add(&r, "payload_bytes", "bytes", 0, payload);
	result_add(&r, "messages", "", 0, messages);
	result_add(&r, "ok_p50_ms", "ms from submit to OK", 3,
	    samples_at_ms(&j->to_ok, 0.5));
	result_add(&r, "ok_max_ms", "ms", 3, samples_at_ms(&j->to_ok, 1));
	result_add(&r, "uploaded_bytes", "bytes a message", 0,
	    (double)j->sent_bytes / messages);
	result_add(&r, "uploaded_bytes_per_member",
	    "bytes a member, without one payload", 1,
	    ((double)j->sent_bytes / messages - payload) / members);
	result_add(&r, "written_bytes", "bytes a message", 0, written);
	result_add(&r, "written_bytes_per_member",
	    "bytes a member, without one payload", 1,
	    (written - payload) / members);
	result_add(
	    &r, "log_bytes", "bytes a message, as the server counts", 0, log);
	result_add(&r, "disk_bytes", "bytes a message, on its disk", 0, disk);
	result_add(&r, "cpu_s_per_million", "s of CPU, for messages to members",
	    2,
	    ratio(
		(j->after.cpu_s - j->before.cpu_s) * 1e6, messages * members));
	result_print(&r, o->json);
}

static bool
set_up(struct fanout *j, struct bench *b)
{
	const struct options *o = b->options;

	j->bench = b;
	j->messages =
	    (uint32_t)(o->messages > 0 ? o->messages : MESSAGES_USUAL);
	j->payload = calloc(1, SIZE_MAX_BYTES);
	j->got = calloc(o->members, sizeof(*j->got));
	if (j->payload == NULL || j->got == NULL ||
	    !samples_init(&j->to_ok, j->messages)) {
		bench_fail(b, "out of memory");
		return false;
	}
	j->group = (uint64_t)probe_now_ns();
	memset(j->payload, 0xa5, SIZE_MAX_BYTES);
	return bench_prepare(b, FIRST_SENDER, 1, DRIVER_SENDS) &&
	       bench_prepare(b, FIRST_MEMBER, o->members, DRIVER_RECEIVES);
}

bool
job_fanout(struct bench *b)
{
	struct fanout j = { 0 };
	bool ok;

	if (b->driver->submit_group == NULL) {
		fprintf(stderr, "tacit-bench: %s has no group messages\n",
		    b->driver->name);
		return true;
	}
	ok = set_up(&j, b) && send_all(&j) && fetch_all(&j);
	if (ok)
		report(&j);
	crowd_clear(&j.sender);
	crowd_clear(&j.members);
	samples_clear(&j.to_ok);
	free(j.got);
	free(j.payload);
	return ok;
}
