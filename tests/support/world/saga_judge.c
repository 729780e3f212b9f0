/* saga_judge.c - whether all agree, and everybody has what is theirs. */
#include <stdio.h>

#include "tests/support/test.h"
#include "tests/support/world/saga.h"

enum { QUIET_ROUNDS = 12, QUIET_MS = 7 * 60 * 60 * 1000 };

struct counting {
	const char *notice;
	size_t count;
};

static bool
count_event(const struct tacit_event *event, void *arg)
{
	struct counting *c = arg;

	if (c->notice == NULL ? event->notice == NULL
			      : event->notice != NULL &&
				    strcmp(event->notice, c->notice) == 0)
		c->count++;
	return true;
}

static void
count_job(struct actor *a, void *arg)
{
	struct tacit_history all = { .with = NULL };
	struct tacit *t = actor_tacit(a);
	struct tacit_error e;

	if (t != NULL)
		(void)tacit_history(t, &all, count_event, arg, &e);
}

size_t
saga_count(struct saga *g, struct actor *a, const char *notice)
{
	struct counting c = { .notice = notice };

	stage_run(g->s, a, count_job, &c);
	return c.count;
}

static bool
count_row(const struct tacit_outbox_item *item, void *arg)
{
	size_t *count = arg;

	(void)item;
	(*count)++;
	return true;
}

static void
outbox_job(struct actor *a, void *arg)
{
	struct tacit *t = actor_tacit(a);
	struct tacit_error e;

	if (t != NULL)
		(void)tacit_outbox(t, count_row, arg, &e);
}

size_t
saga_waits(struct saga *g, struct actor *a)
{
	size_t count = 0;

	stage_run(g->s, a, outbox_job, &count);
	return count;
}

/* The member with the longest log; NULL: nobody is one. */
static struct actor *
chronicler(struct saga *g, struct view *best)
{
	struct actor *found = NULL;

	for (size_t i = 0; i < g->s->actors_count; i++) {
		struct view v;

		saga_look(g, &g->s->actors[i], &v);
		if (!v.known || strcmp(v.standing, "member") != 0 ||
		    (found != NULL && v.length <= best->length))
			continue;
		found = &g->s->actors[i];
		*best = v;
	}
	return found;
}

static bool
agree_about(const struct view *mine, const struct view *best)
{
	return strcmp(mine->head, best->head) == 0 &&
	       mine->length == best->length && mine->members == best->members &&
	       mine->admins == best->admins &&
	       memcmp(mine->log_key, best->log_key, sizeof(mine->log_key)) == 0;
}

/* NULL: all agree.  Else what is between them. */
static const char *
dispute(struct saga *g, char *room, size_t len)
{
	struct view best = { 0 };
	struct actor *by = chronicler(g, &best);

	for (size_t i = 0; i < g->s->actors_count; i++) {
		struct actor *a = &g->s->actors[i];
		const struct toy_account *at = toy_find(g->s->toy, a->name);
		bool in = by != NULL && (best.members & 1U << i) != 0;
		size_t waiting = saga_waits(g, a);
		struct view v;

		saga_look(g, a, &v);
		snprintf(room, len,
		    "%s is %s (%s) at %llu, %zu to send, "
		    "%zu to fetch; %s at %llu",
		    a->name, v.known ? v.standing : "a stranger", v.reason,
		    (unsigned long long)v.length, waiting, at->mailbox.count,
		    by == NULL ? "nobody" : by->name,
		    (unsigned long long)best.length);
		if (in != (v.known && strcmp(v.standing, "member") == 0) ||
		    (in && !agree_about(&v, &best)) || waiting > 0 ||
		    at->mailbox.count > 0)
			return room;
	}
	return NULL;
}

void
saga_quiet(struct saga *g)
{
	char room[COMPLAINT_BYTES];
	const char *between = room;

	g->s->faults = (struct faults){ 0 };
	stage_note(g->s, "-- quiet");
	for (int i = 0; i < QUIET_ROUNDS && between != NULL; i++) {
		for (size_t k = 0; k < g->s->actors_count; k++)
			(void)saga_run(g, &g->s->actors[k], ACT_RECEIVE, 0);
		if (i > 0)
			between = dispute(g, room, sizeof(room));
		stage_wait(g->s, QUIET_MS);
	}
	if (between != NULL)
		saga_complain(g, "no agreement: %s", between);
}

static uint32_t
bit_of(struct saga *g, const char *name)
{
	struct actor *a = stage_actor(g->s, name);

	return a == NULL ? 0 : 1U << saga_number(g, a);
}

static bool
fold_entry(const struct tacit_log_entry *e, void *arg)
{
	struct saga *g = arg;
	uint32_t now = e->index == 0 ? 0 : g->who[e->index];
	uint32_t named = 0;

	for (size_t i = 0; i < e->subjects_count; i++)
		named |= bit_of(g, e->subjects[i]);
	if (e->index + 1 >= SAGA_LOG_MAX)
		return false;
	if (!e->effective)
		named = 0;
	else if (strcmp(e->act, "create") == 0)
		now = bit_of(g, e->author);
	else if (strcmp(e->act, "add") == 0)
		now |= named;
	else if (strcmp(e->act, "remove") == 0)
		now &= ~named;
	else if (strcmp(e->act, "leave") == 0)
		now &= ~bit_of(g, e->author);
	if (e->effective && strcmp(e->act, "remove") == 0)
		g->removed |= named;
	stage_note(g->s, "  %llu %s: %s %#x%s -> %#x",
	    (unsigned long long)e->index, e->author, e->act, named,
	    e->effective ? "" : " without effect", now);
	g->length = e->index + 1;
	g->who[g->length] = now;
	return true;
}

static void
fold_job(struct actor *a, void *arg)
{
	struct saga *g = arg;
	struct tacit *t = actor_tacit(a);
	struct tacit_log how = {
		.group = g->group,
		.verify = true,
		.show = fold_entry,
		.arg = g,
	};
	struct tacit_error e;

	if (tacit_group_log(t, &how, &e) != TACIT_DONE)
		saga_complain(g, "%s's log: %s", a->name, e.message);
}

/* What one has of everything that was said. */
struct tally {
	struct saga *g;
	struct actor *who;
	unsigned shown[SAID_MAX];
	unsigned refused[STAGE_ACTORS]; /* of each, without saying which */
	size_t last[STAGE_ACTORS];      /* said by each, plus one */
};

static void
tally_message(struct tally *y, const struct tacit_event *event, size_t i)
{
	struct said *said = &y->g->said[i];

	y->shown[i]++;
	if (event->own)
		said->composed = true;
	if (strcmp(event->signature, "valid") != 0)
		saga_complain(y->g, "%s: the signature of message %zu is %s",
		    y->who->name, i, event->signature);
	if (y->last[said->by] > i)
		saga_complain(y->g, "%s has message %zu after %zu",
		    y->who->name, i, y->last[said->by] - 1);
	y->last[said->by] = i + 1;
}

/*
 * In a world where nobody lies, none of these has a cause.  A key may be late,
 * which is told of nobody.
 */
static bool
speaks_of_loss(const struct tacit_event *event)
{
	const char *notice = event->notice;

	if (strcmp(notice, "gap") == 0)
		return event->from != NULL;
	return strcmp(notice, "undecryptable") == 0 ||
	       strcmp(notice, "identity-changed") == 0 ||
	       strcmp(notice, "rolled-back") == 0 ||
	       strcmp(notice, "expired") == 0;
}

static bool
tally_event(const struct tacit_event *event, void *arg)
{
	struct tally *y = arg;
	size_t i = 0;

	stage_note(y->g->s, "  %s: %s in %s: %.*s %s (%s)", y->who->name,
	    event->notice == NULL ? "message" : event->notice,
	    event->conversation.name, (int)event->text_len,
	    event->text == NULL ? "" : event->text,
	    event->own ? tacit_state_name(event->state) : "",
	    event->detail == NULL ? "" : event->detail);
	if (event->notice != NULL && speaks_of_loss(event))
		saga_complain(y->g, "%s: %s from %s (%s)", y->who->name,
		    event->notice, event->from == NULL ? "-" : event->from,
		    event->detail == NULL ? "" : event->detail);
	if (event->notice != NULL) {
		const struct actor *from =
		    event->from == NULL ? NULL
					: stage_actor(y->g->s, event->from);

		if (strcmp(event->notice, "refused") == 0 && from != NULL)
			y->refused[saga_number(y->g, from)]++;
		return true;
	}
	while (i < y->g->said_count && strcmp(event->id, y->g->said[i].id) != 0)
		i++;
	if (i < y->g->said_count)
		tally_message(y, event, i);
	return true;
}

static void
tally_job(struct actor *a, void *arg)
{
	struct tacit_history all = { .with = NULL };
	struct tacit *t = actor_tacit(a);
	struct tally *y = arg;
	struct tacit_error e;

	if (tacit_history(t, &all, tally_event, y, &e) != TACIT_DONE)
		saga_complain(y->g, "%s's history: %s", a->name, e.message);
}

/* All along, or at some time, while the message may have been written. */
static void
entitled(const struct saga *g, const struct said *said, uint32_t bit,
    bool *always, bool *ever)
{
	*always = true;
	*ever = false;
	for (uint64_t k = said->from; k <= said->to && k <= g->length; k++) {
		*always = *always && (g->who[k] & bit) != 0;
		*ever = *ever || (g->who[k] & bit) != 0;
	}
}

/* Whoever is being removed may find its last words refused, which shows. */
static bool
was_refused(const struct saga *g, struct tally *y, size_t by)
{
	if (y->refused[by] == 0 || (g->removed & 1U << by) == 0)
		return false;
	y->refused[by]--;
	return true;
}

static void
judge_one(struct saga *g, struct tally *y, size_t n, size_t i)
{
	const struct said *said = &g->said[i];
	const char *name = y->who->name;
	bool always;
	bool ever;

	entitled(g, said, 1U << n, &always, &ever);
	if (y->shown[i] > 1)
		saga_complain(
		    g, "%s has message %zu %u times", name, i, y->shown[i]);
	if (said->stored && always && y->shown[i] == 0 &&
	    !was_refused(g, y, said->by))
		saga_complain(g, "%s lacks message %zu, written at %llu..%llu",
		    name, i, (unsigned long long)said->from,
		    (unsigned long long)said->to);
	if (!ever && said->by != n && y->shown[i] > 0 &&
	    (said->stored || !said->composed))
		saga_complain(g, "%s, no member, has message %zu", name, i);
}

void
saga_judge(struct saga *g)
{
	struct view best = { 0 };
	struct actor *by = chronicler(g, &best);

	if (by == NULL)
		return;
	stage_run(g->s, by, fold_job, g);
	for (size_t n = 0; n < g->s->actors_count; n++) {
		struct tally *y = calloc(1, sizeof(*y));

		assert_non_null(y);
		y->g = g;
		y->who = &g->s->actors[n];
		stage_run(g->s, y->who, tally_job, y);
		for (size_t i = 0; i < g->said_count; i++)
			judge_one(g, y, n, i);
		free(y);
	}
}
