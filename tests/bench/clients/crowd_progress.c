/* crowd_progress.c - a line for the plan, and one for each turn. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/clients/crowd.h"

enum { LINE_BYTES = 160 };

static void
describe(const struct plan *p, char line[LINE_BYTES])
{
	snprintf(line, LINE_BYTES,
	    "plan seed=%" PRIu64 " members=%" PRIu64 " messages=%" PRIu64
	    " rounds=%" PRIu64 " kills=%" PRIu64 "\n",
	    p->seed, p->members, p->messages, p->rounds, p->kills);
}

static void
take(struct crowd *c, uint64_t round, uint64_t member, bool killed)
{
	c->done[round * c->plan.members + member] = true;
	c->turns++;
	c->killed += killed;
	if (!killed)
		c->written[member] = plan_written(&c->plan, member, round);
}

static bool
read_turns(struct crowd *c)
{
	uint64_t round, member;
	char what[16], line[LINE_BYTES];

	while (fgets(line, sizeof(line), c->progress) != NULL) {
		if (sscanf(line, "turn %" SCNu64 " %" SCNu64 " %15s", &round,
			&member, what) != 3 ||
		    round >= c->plan.rounds || member >= c->plan.members)
			return run_failed("crowd: not a turn: %s", line);
		take(c, round, member, strcmp(what, "killed") == 0);
	}
	return true;
}

bool
crowd_progress_open(struct crowd *c)
{
	char path[CONFIG_TEXT_BYTES + 16], wanted[LINE_BYTES], line[LINE_BYTES];

	c->done = calloc(c->plan.rounds * c->plan.members, sizeof(*c->done));
	snprintf(path, sizeof(path), "%.255s/crowd", c->run->dir);
	c->progress = fopen(path, "a+e");
	if (c->done == NULL || c->progress == NULL)
		return run_failed("%s cannot be had", path);
	describe(&c->plan, wanted);
	rewind(c->progress);
	if (fgets(line, sizeof(line), c->progress) == NULL) {
		fputs(wanted, c->progress);
		return fflush(c->progress) == 0;
	}
	if (strcmp(line, wanted) != 0)
		return run_failed("%s is of another crowd: %s", path, line);
	return read_turns(c);
}

bool
crowd_progress_has(const struct crowd *c, uint64_t round, uint64_t member)
{
	return c->done[round * c->plan.members + member];
}

bool
crowd_progress_add(
    struct crowd *c, uint64_t round, uint64_t member, bool killed)
{
	take(c, round, member, killed);
	fprintf(c->progress, "turn %" PRIu64 " %" PRIu64 " %s\n", round, member,
	    killed ? "killed" : "done");
	return fflush(c->progress) == 0;
}

void
crowd_progress_close(struct crowd *c)
{
	if (c->progress != NULL)
		fclose(c->progress);
	c->progress = NULL;
	free(c->done);
	c->done = NULL;
}
