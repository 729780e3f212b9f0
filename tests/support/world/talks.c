/* talks.c - see talks.h. */
#include "tests/support/world/talks.h"

#include <stdio.h>

#include "base/number.h"
#include "client/core/handle.h"
#include "store/client/ratchets.h"
#include "tests/support/test.h"

enum {
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	ITEMS_PER_MESSAGE = 16, /* itself, receipts, what it takes to mend it */
	ITEMS_ANYHOW = 200,
};

struct talks *
talks_new(uint64_t seed, size_t people)
{
	struct talks *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->s = stage_new(seed, people);
	t->since_ms = t->s->wall_ms;
	return t;
}

void
talks_free(struct talks *t)
{
	stage_free(t->s);
	free(t);
}

void
talks_complain(struct talks *t, const char *format, ...)
{
	va_list args;

	if (t->complaint[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(t->complaint, sizeof(t->complaint), format, args);
	va_end(args);
	stage_note(t->s, "COMPLAINT: %s", t->complaint);
}

static struct talks_said *
find_said(struct talks *t, const char *id)
{
	for (size_t i = 0; i < t->said_count; i++)
		if (strcmp(t->said[i].id, id) == 0)
			return &t->said[i];
	return NULL;
}

/* What became of what was said before. */
static bool
note_own(const struct tacit_event *event, void *arg)
{
	struct talks_said *said = NULL;

	if (event->notice == NULL && event->own)
		said = find_said(arg, event->id);
	if (said == NULL)
		return true;
	said->composed = true;
	said->over = event->state == TACIT_STATE_FAILED ||
		     event->state == TACIT_EXPIRED ||
		     event->state == TACIT_DEVICE_GONE;
	return true;
}

static void
look_back(struct talks *t, struct actor *a)
{
	struct tacit_history all = { .with = NULL };
	struct tacit *tacit = actor_tacit(a);
	struct tacit_error e;

	if (tacit != NULL && !a->crashed)
		(void)tacit_history(tacit, &all, note_own, t, &e);
}

static enum tacit_code
speak(struct talk_deed *d, struct actor *a, struct tacit *tacit,
    struct tacit_error *e)
{
	struct talks *t = d->talks;
	struct talks_said *said = &t->said[t->said_count];
	char text[64];
	struct tacit_send m = {
		.kind = TACIT_DIRECT,
		.to = t->s->actors[d->to].name,
		.text = text,
		.id = said->id,
		.queue_only = d->act == TALK_QUEUE,
	};

	assert_true(t->said_count < TALKS_SAID_MAX);
	*said = (struct talks_said){
		.by = (size_t)(a - t->s->actors),
		.to = d->to,
		.epoch = t->epochs[a - t->s->actors],
	};
	snprintf(said->id, sizeof(said->id), "%016zx%016llx", t->said_count,
	    (unsigned long long)stage_draw(t->s, UINT64_MAX));
	m.text_len = (size_t)snprintf(
	    text, sizeof(text), "%s %zu", a->name, t->said_count);
	stage_note(t->s, "  %s says %zu", a->name, t->said_count);
	t->said_count++;
	return tacit_send(tacit, &m, 1, NULL, NULL, e);
}

static bool
see_nothing(const struct tacit_event *event, void *arg)
{
	(void)event;
	(void)arg;
	return true;
}

static enum tacit_code
forget(struct talk_deed *d, struct tacit *tacit)
{
	struct address with = {
		.device =
		    toy_find(d->talks->s->toy, d->talks->s->actors[d->to].name)
			->device,
	};
	struct step s = { 0 };
	enum status st = step_begin(&tacit->core, DB_WRITE, &s);

	strcpy(with.account.text, d->talks->s->actors[d->to].name);
	if (st == STATUS_OK)
		st = session_del(s.txn, &with);
	if (st == STATUS_OK)
		st = step_commit(&s);
	step_abort(&s);
	d->talks->sessions_lost += st == STATUS_OK;
	return TACIT_DONE;
}

static enum tacit_code
act(struct talk_deed *d, struct actor *a, struct tacit *tacit,
    struct tacit_error *e)
{
	static const struct tacit_receive plain = { .limit = 0 };

	switch (d->act) {
	case TALK_SEND:
	case TALK_QUEUE:
		return speak(d, a, tacit, e);
	case TALK_RECEIVE:
		return tacit_receive(tacit, &plain, see_nothing, NULL, e);
	case TALK_RETRY:
		return tacit_outbox_retry(tacit, NULL, NULL, e);
	case TALK_FORGET:
		return forget(d, tacit);
	case TALK_COPY:
		return talks_copy(d->talks, a);
	case TALK_REWIND:
		return talks_rewind(d->talks, a);
	case TALK_REPAIR:
		return talks_repair(d->talks, a);
	case TALK_ACTS_COUNT:
		break;
	}
	return TACIT_USAGE;
}

void
talks_do(struct actor *a, void *deed)
{
	static const char *const names[TALK_ACTS_COUNT] = { "send", "queue",
		"receive", "retry", "forget", "copy", "rewind", "repair" };
	struct talk_deed *d = deed;
	struct tacit_error e = { .code = TACIT_DONE };
	struct tacit *tacit = actor_tacit(a);

	d->code = TACIT_DAMAGED;
	if (tacit == NULL)
		return;
	stage_note(a->stage, "%s: %s %s%s", a->name, names[d->act],
	    a->stage->actors[d->to].name, a->crash_in > 0 ? " (to crash)" : "");
	d->code = act(d, a, tacit, &e);
	stage_note(a->stage, "%s: %s is %d %s", a->name, names[d->act],
	    (int)d->code, e.message);
	look_back(d->talks, a);
}

enum tacit_code
talks_run(struct talks *t, size_t who, enum talk_act act, size_t to)
{
	struct talk_deed d = { .talks = t, .act = act, .to = to };

	stage_run(t->s, &t->s->actors[who], talks_do, &d);
	return d.code;
}

struct looking {
	struct talks *t;
	const char *from;
	const char *id; /* one message alone */
	struct talk_view v;
};

static size_t
still_missing(const struct tacit_event *event)
{
	uint64_t count = 0;

	if (event->detail == NULL ||
	    number_parse(event->detail, 0, SIZE_MAX, &count) != STATUS_OK)
		return 0;
	return count > event->repaired ? (size_t)(count - event->repaired) : 0;
}

static bool
look_at(const struct tacit_event *event, void *arg)
{
	struct looking *l = arg;

	if (event->own || event->from == NULL ||
	    strcmp(event->from, l->from) != 0)
		return true;
	if (event->notice == NULL) {
		l->v.messages += l->id == NULL || strcmp(l->id, event->id) == 0;
		return true;
	}
	l->v.notices++;
	stage_note(l->t->s, "    told of %s: %s %s, repaired %llu", l->from,
	    event->notice, event->detail == NULL ? "" : event->detail,
	    (unsigned long long)event->repaired);
	if (strcmp(event->notice, "gap") == 0)
		l->v.missing += still_missing(event);
	if (strcmp(event->notice, "undecryptable") == 0)
		l->v.unread += still_missing(event);
	return true;
}

static void
look_job(struct actor *a, void *arg)
{
	struct tacit_history all = { .with = NULL };
	struct tacit *tacit = actor_tacit(a);
	struct tacit_error e;

	if (tacit != NULL)
		(void)tacit_history(tacit, &all, look_at, arg, &e);
}

void
talks_look(struct talks *t, size_t who, size_t from, struct talk_view *v)
{
	struct looking l = { .t = t, .from = t->s->actors[from].name };

	stage_run(t->s, &t->s->actors[who], look_job, &l);
	*v = l.v;
}

size_t
talks_count(struct talks *t, size_t said)
{
	const struct talks_said *x = &t->said[said];
	struct looking l = {
		.t = t,
		.from = t->s->actors[x->by].name,
		.id = x->id,
	};

	stage_run(t->s, &t->s->actors[x->to], look_job, &l);
	return l.v.messages;
}

void
talks_settle(struct talks *t, int64_t wait_ms, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		for (size_t n = 0; n < t->s->actors_count; n++)
			(void)talks_run(t, n, TALK_RECEIVE, n);
		stage_wait(t->s, wait_ms);
	}
}

/* One thing more from each to each; where those begin in `said`. */
static size_t
greet_all(struct talks *t)
{
	size_t first = t->said_count;

	for (size_t a = 0; a < t->s->actors_count; a++)
		for (size_t b = 0; b < t->s->actors_count; b++)
			if (a != b)
				(void)talks_run(t, a, TALK_SEND, b);
	return first;
}

/*
 * Can it be known to be missing?  What a device said last is followed by
 * nothing, once another one has its place.
 */
static bool
is_followed(struct talks *t, size_t i)
{
	const struct talks_said *x = &t->said[i];

	if (x->epoch == t->epochs[x->by])
		return true;
	for (size_t j = i + 1; j < t->said_count; j++) {
		const struct talks_said *y = &t->said[j];

		if (y->by == x->by && y->to == x->to && y->epoch == x->epoch &&
		    talks_count(t, j) > 0)
			return true;
	}
	return false;
}

/* Of what one said to another: how many never came. */
static void
judge_pair(struct talks *t, size_t by, size_t to, size_t greetings)
{
	struct talk_view v;
	size_t lost = 0;

	talks_look(t, to, by, &v);
	for (size_t i = 0; i < t->said_count; i++) {
		const struct talks_said *x = &t->said[i];
		size_t count;
		bool gone;

		if (x->by != by || x->to != to)
			continue;
		count = talks_count(t, i);
		/* What its sender forgot with a newer copy nobody has. */
		gone =
		    count == 0 && !x->over && x->composed && is_followed(t, i);
		lost += gone;
		if (gone)
			stage_note(t->s, "    %s lacks %zu of %s",
			    t->s->actors[to].name, i, t->s->actors[by].name);
		if (count > 1)
			talks_complain(t, "%s has %s %zu times",
			    t->s->actors[to].name, x->id, count);
		if (count == 0 && x->composed && i >= greetings)
			talks_complain(t, "%s cannot reach %s any more",
			    t->s->actors[by].name, t->s->actors[to].name);
	}
	t->lost += lost;
	if (lost > v.missing + v.unread)
		talks_complain(t,
		    "%s lacks %zu of %s, and is told of %zu and %zu",
		    t->s->actors[to].name, lost, t->s->actors[by].name,
		    v.missing, v.unread);
}

/* A session an hour for each pair, and one for each that was lost. */
static void
judge_bounds(struct talks *t)
{
	size_t people = t->s->actors_count;
	size_t hours = (size_t)((t->s->wall_ms - t->since_ms) / HOUR_MS) + 1;
	size_t crashes = 0;

	for (size_t i = 0; i < people; i++)
		crashes += t->s->actors[i].crashes;
	for (size_t i = 0; i < people; i++) {
		const struct toy_account *a =
		    toy_find(t->s->toy, t->s->actors[i].name);
		size_t most = (people - 1) * (hours + 1) + t->sessions_lost +
			      crashes + 2 * people * t->rewinds;

		if (a->bundles > most)
			talks_complain(t, "%zu bundles of %s, of %zu",
			    a->bundles, a->name.text, most);
		if (a->mailbox.head >
		    ITEMS_ANYHOW + t->said_count * ITEMS_PER_MESSAGE)
			talks_complain(t, "%llu items to %s for %zu messages",
			    (unsigned long long)a->mailbox.head, a->name.text,
			    t->said_count);
	}
}

/* One that was renewed lately waits for an hour. */
static void
repair_at_last(struct talks *t, size_t who)
{
	for (int i = 0; t->behind[who] && i < 3; i++) {
		(void)talks_run(t, who, TALK_REPAIR, who);
		stage_wait(t->s, t->behind[who] ? 61 * MINUTE_MS : 0);
	}
	if (t->behind[who])
		talks_complain(
		    t, "%s stays an old copy", t->s->actors[who].name);
}

void
talks_judge(struct talks *t)
{
	size_t greetings;

	t->s->faults = (struct faults){ 0 };
	for (size_t i = 0; i < t->s->actors_count; i++) {
		struct toy_account *a =
		    toy_find(t->s->toy, t->s->actors[i].name);

		a->forgetful = a->repeating = a->deaf = false;
		a->withhold = 0;
	}
	stage_note(t->s, "-- quiet");
	for (size_t i = 0; i < t->s->actors_count; i++)
		repair_at_last(t, i);
	talks_settle(t, 3 * MINUTE_MS, 4);
	talks_settle(t, 70 * MINUTE_MS, 3);
	/* So that the last that was lost is noticed, too. */
	(void)greet_all(t);
	talks_settle(t, 3 * MINUTE_MS, 4);
	talks_settle(t, 25 * HOUR_MS, 2);
	greetings = greet_all(t);
	talks_settle(t, 3 * MINUTE_MS, 3);
	for (size_t a = 0; a < t->s->actors_count; a++)
		for (size_t b = 0; b < t->s->actors_count; b++)
			if (a != b)
				judge_pair(t, a, b, greetings);
	judge_bounds(t);
}
