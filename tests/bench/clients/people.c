#include "tests/bench/clients/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/clients/workers.h"

enum {
	TIMEOUT_MS = 300 * 1000,
	PATH_BYTES = CONFIG_TEXT_BYTES + 64,
	SAY_BATCH = 500,
};

void
people_name(char kind, uint64_t number, char name[PEOPLE_NAME_BYTES])
{
	snprintf(name, PEOPLE_NAME_BYTES, "%c%04u", kind, (unsigned)number);
}

static struct tacit_options
profile(const struct run *r, const char *name, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%.255s/people/%s", r->dir, name);
	return (struct tacit_options){
		.dir = path,
		.timeout_ms = TIMEOUT_MS,
	};
}

struct making {
	struct run *run;
	char kind;
};

static bool
make_one(void *arg, uint64_t number)
{
	const struct making *m = arg;
	char name[PEOPLE_NAME_BYTES], path[PATH_BYTES];
	struct tacit_options options;
	struct tacit_error e;
	struct tacit *t = NULL;

	people_name(m->kind, number, name);
	options = profile(m->run, name, path);
	tacit_register(&options, name, m->run->link, &t, &e);
	tacit_close(t);
	if (e.code != TACIT_DONE && e.code != TACIT_EXISTS)
		return run_failed("%s: register: %s", name, e.message);
	return true;
}

bool
people_make(struct run *r, char kind, uint64_t count)
{
	struct making m = { r, kind };

	return workers_run(r->options->workers, count, make_one, &m);
}

struct tacit *
people_open(struct run *r, char kind, uint64_t number)
{
	char name[PEOPLE_NAME_BYTES], path[PATH_BYTES];
	struct tacit_options options;
	struct tacit_error e;
	struct tacit *t = NULL;

	people_name(kind, number, name);
	options = profile(r, name, path);
	if (tacit_open(&options, &t, &e) != TACIT_DONE)
		run_failed("%s: open: %s", name, e.message);
	return t;
}

void
people_group_name(char kind, char name[PEOPLE_NAME_BYTES])
{
	snprintf(name, PEOPLE_NAME_BYTES, "bench-%c", kind);
}

static bool
count_members(const struct tacit_group *g, void *arg)
{
	uint64_t *count = arg;

	*count = g->members_count;
	return true;
}

bool
people_group(struct tacit *founder, char kind, uint64_t count, bool *fresh)
{
	static char names[PEOPLE_MAX][PEOPLE_NAME_BYTES];
	static const char *members[PEOPLE_MAX];
	char group[PEOPLE_NAME_BYTES];
	uint64_t there = 0;
	struct tacit_error e;

	people_group_name(kind, group);
	tacit_group(founder, group, count_members, &there, &e);
	if (fresh != NULL)
		*fresh = there == 0;
	if (there > 0)
		return true;
	if (count > PEOPLE_MAX)
		return run_failed("a group has at most %d members", PEOPLE_MAX);
	for (uint64_t i = 1; i < count; i++) {
		people_name(kind, i, names[i]);
		members[i - 1] = names[i];
	}
	tacit_group_create(
	    founder, group, members, count - 1, count_members, &there, &e);
	if (e.code != TACIT_DONE)
		return run_failed("group create: %s", e.message);
	return true;
}

uint64_t
people_group_size(struct tacit *t, const char *group)
{
	struct tacit_error e;
	uint64_t count = 0;

	if (tacit_group(t, group, count_members, &count, &e) != TACIT_DONE)
		run_failed("group show: %s", e.message);
	return count;
}

static bool
ignore(const struct tacit_event *event, void *arg)
{
	(void)event;
	(void)arg;
	return true;
}

bool
people_receive(struct tacit *t, tacit_event_fn *show, void *arg)
{
	const struct tacit_receive how = { 0 };
	struct tacit_error e;

	tacit_receive(t, &how, show != NULL ? show : ignore, arg, &e);
	if (e.code != TACIT_DONE && e.code != TACIT_NOTHING_CAME)
		return run_failed("receive: %s", e.message);
	return true;
}

static void
note_sent(const struct tacit_sent *sent, void *arg)
{
	bool *whole = arg;

	*whole = sent->state != TACIT_QUEUED &&
		 sent->state != TACIT_STATE_REFUSED &&
		 sent->state != TACIT_STATE_FAILED && sent->refused_count == 0;
}

bool
people_say(struct tacit *t, const char *group, const char *text)
{
	const struct tacit_send message = {
		.kind = TACIT_GROUP,
		.to = group,
		.text = text,
		.text_len = strlen(text),
	};
	struct tacit_error e;
	bool whole = false;

	if (tacit_send(t, &message, 1, note_sent, &whole, &e) != TACIT_DONE)
		return run_failed("send: %s", e.message);
	if (!whole)
		return run_failed("not everybody got the message");
	return true;
}

static bool
say_some(struct tacit *t, enum tacit_kind kind, const char *to, uint64_t from,
    uint64_t count)
{
	char texts[SAY_BATCH][64];
	struct tacit_send messages[SAY_BATCH];
	struct tacit_error e;

	for (uint64_t i = 0; i < count; i++) {
		snprintf(texts[i], sizeof(texts[i]),
		    "message %u of a measurement of clients",
		    (unsigned)(from + i));
		messages[i] = (struct tacit_send){
			.kind = kind,
			.to = to,
			.text = texts[i],
			.text_len = strlen(texts[i]),
		};
	}
	if (tacit_send(t, messages, count, NULL, NULL, &e) != TACIT_DONE)
		return run_failed("send: %s", e.message);
	return true;
}

bool
people_say_many(
    struct tacit *t, enum tacit_kind kind, const char *to, uint64_t count)
{
	for (uint64_t done = 0; done < count;) {
		uint64_t some = count - done;

		if (some > SAY_BATCH)
			some = SAY_BATCH;
		if (!say_some(t, kind, to, done, some))
			return false;
		done += some;
	}
	return true;
}
