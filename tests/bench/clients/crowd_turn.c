/* crowd_turn.c - what one member of the crowd does while it is there. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/clients/crowd.h"

enum { TEXT_BYTES = 64, ID_TEXT_BYTES = 33 };

struct said {
	char text[TEXT_BYTES];
	char id[ID_TEXT_BYTES];
};

static bool
count_shown(const struct tacit_event *event, void *arg)
{
	struct crowd *c = arg;

	(void)event;
	atomic_fetch_add(&c->tally->shown, 1);
	return true;
}

static struct tacit_send
compose(const struct crowd *c, uint64_t member, uint64_t number, struct said *s)
{
	char name[PEOPLE_NAME_BYTES];

	people_name(CROWD_KIND, member, name);
	snprintf(s->text, sizeof(s->text), "%s says %" PRIu64, name, number);
	snprintf(s->id, sizeof(s->id), "%016" PRIx64 "%08x%08x", c->plan.seed,
	    (unsigned)member, (unsigned)number);
	return (struct tacit_send){
		.kind = TACIT_GROUP,
		.to = c->group,
		.text = s->text,
		.text_len = strlen(s->text),
		.id = s->id,
	};
}

static bool
hand_over(struct tacit *t, const struct tacit_send *messages, size_t count)
{
	struct tacit_error e;

	if (tacit_send(t, messages, count, NULL, NULL, &e) == TACIT_DONE)
		return true;
	return run_failed("crowd: send: %s", e.message);
}

static bool
write_messages(const struct crowd *c, struct tacit *t, uint64_t member)
{
	static struct said said[CROWD_MESSAGES_MAX];
	static struct tacit_send messages[CROWD_MESSAGES_MAX];
	bool last = c->round == c->plan.rounds;
	uint64_t first = c->written[member];
	uint64_t until =
	    last ? c->plan.messages : plan_written(&c->plan, member, c->round);
	size_t count = 0;
	bool ok = true;

	for (uint64_t n = first + 1; n <= until; n++, count++)
		messages[count] = compose(c, member, n, &said[count]);
	if (count == 0)
		return true;
	if (last || !plan_one_by_one(&c->plan, member, c->round))
		return hand_over(t, messages, count);
	for (size_t i = 0; ok && i < count; i++)
		ok = hand_over(t, &messages[i], 1);
	return ok;
}

static bool
count_row(const struct tacit_outbox_item *item, void *arg)
{
	struct crowd *c = arg;

	(void)item;
	atomic_fetch_add(&c->tally->waits, 1);
	return true;
}

/* Nothing may wait for a time when it is tried again: this is the end. */
static bool
empty_outbox(struct crowd *c, struct tacit *t)
{
	struct tacit_error e;

	if (tacit_outbox_retry(t, NULL, NULL, &e) != TACIT_DONE)
		return run_failed("crowd: outbox: %s", e.message);
	if (tacit_outbox(t, count_row, c, &e) != TACIT_DONE)
		return run_failed("crowd: outbox: %s", e.message);
	return true;
}

bool
crowd_turn(void *arg, uint64_t member)
{
	struct crowd *c = arg;
	double began_ms = run_cpu_ms(); /* a process may have several turns */
	struct tacit *t = people_open(c->run, CROWD_KIND, member);
	bool ok = t != NULL && people_receive(t, count_shown, c) &&
		  write_messages(c, t, member);

	if (ok && c->round == c->plan.rounds)
		ok = empty_outbox(c, t);
	ok = ok && people_receive(t, count_shown, c);
	tacit_close(t);
	if (!ok)
		return run_failed("crowd: the turn of %u in round %u",
		    (unsigned)member, (unsigned)c->round);
	atomic_fetch_add(
	    &c->tally->cpu_us, (uint64_t)((run_cpu_ms() - began_ms) * 1000));
	return true;
}
