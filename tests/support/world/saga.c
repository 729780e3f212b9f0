/* saga.c - what people do in a group. */
#include "tests/support/world/saga.h"

#include <stdio.h>

#include "base/number.h"
#include "client/core/group/group.h"
#include "client/core/handle.h"
#include "tests/support/test.h"

void
saga_complain(struct saga *g, const char *format, ...)
{
	va_list args;

	if (g->complaint[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(g->complaint, sizeof(g->complaint), format, args);
	va_end(args);
	stage_note(g->s, "COMPLAINT: %s", g->complaint);
}

size_t
saga_number(const struct saga *g, const struct actor *a)
{
	return (size_t)(a - g->s->actors);
}

struct looking {
	struct saga *g;
	struct view *v;
};

static bool
note_group(const struct tacit_group *from, void *arg)
{
	struct looking *l = arg;
	struct view *v = l->v;

	v->known = true;
	snprintf(v->standing, sizeof(v->standing), "%s", from->standing);
	snprintf(v->reason, sizeof(v->reason), "%s",
	    from->reason == NULL ? "" : from->reason);
	snprintf(v->head, sizeof(v->head), "%s", from->head);
	snprintf(v->name, sizeof(v->name), "%s", from->name);
	v->length = from->length;
	for (size_t i = 0; i < from->members_count; i++) {
		const struct tacit_member *m = &from->members[i];
		struct actor *a = stage_actor(l->g->s, m->account);

		if (a == NULL)
			continue;
		v->members |= 1U << saga_number(l->g, a);
		if (strcmp(m->role, "admin") == 0)
			v->admins |= 1U << saga_number(l->g, a);
	}
	return true;
}

static void
note_key(struct tacit *t, const char *group, struct view *v)
{
	struct group_record *g = calloc(1, sizeof(*g));
	struct step s = { 0 };

	if (g != NULL && step_begin(&t->core, DB_READ, &s) == STATUS_OK &&
	    group_find(&s, group, g) == STATUS_OK)
		memcpy(v->log_key, &g->log_key, sizeof(g->log_key));
	step_abort(&s);
	free(g);
}

static void
look(struct saga *g, struct tacit *t, struct view *v)
{
	struct looking l = { g, v };
	struct tacit_error e;

	memset(v, 0, sizeof(*v));
	if (g->group[0] != '\0' &&
	    tacit_group(t, g->group, note_group, &l, &e) == TACIT_DONE)
		note_key(t, g->group, v);
}

static struct said *
find_said(struct saga *g, const char *id)
{
	for (size_t i = 0; i < g->said_count; i++)
		if (strcmp(g->said[i].id, id) == 0)
			return &g->said[i];
	return NULL;
}

struct upkeep {
	struct saga *g;
	uint64_t length;
};

/* What became of what was said before. */
static bool
note_own(const struct tacit_event *event, void *arg)
{
	struct upkeep *u = arg;
	struct said *said = NULL;

	if (event->notice == NULL && event->own)
		said = find_said(u->g, event->id);
	if (said == NULL || said->stored || said->failed)
		return true;
	said->composed = true;
	said->to = u->length;
	said->stored = event->state == TACIT_STORED ||
		       event->state == TACIT_DELIVERED ||
		       event->state == TACIT_READ;
	said->failed = event->state == TACIT_STATE_FAILED ||
		       event->state == TACIT_STATE_REFUSED;
	return true;
}

static void
look_back(struct saga *g, struct actor *a)
{
	struct tacit_history how = { .kind = TACIT_GROUP, .with = g->group };
	struct upkeep u = { .g = g };
	struct tacit *t = actor_tacit(a);
	struct tacit_error e;
	struct view v;

	if (t == NULL || a->crashed || g->group[0] == '\0')
		return;
	look(g, t, &v);
	u.length = v.length;
	if (v.known)
		(void)tacit_history(t, &how, note_own, &u, &e);
}

static enum tacit_code
speak(struct deed *d, struct actor *a, struct tacit *t, struct tacit_error *e)
{
	struct saga *g = d->saga;
	struct said *said = &g->said[g->said_count];
	char text[64];
	struct tacit_send m = {
		.kind = TACIT_GROUP,
		.to = g->group,
		.text = text,
		.id = said->id,
		.queue_only = d->act == ACT_QUEUE,
	};
	struct view v;

	assert_true(g->said_count < SAID_MAX);
	look(g, t, &v);
	*said = (struct said){ .by = saga_number(g, a), .from = v.length };
	snprintf(said->id, sizeof(said->id), "%016zx%016llx", g->said_count,
	    (unsigned long long)stage_draw(g->s, UINT64_MAX));
	m.text_len = (size_t)snprintf(
	    text, sizeof(text), "%s %zu", a->name, g->said_count);
	g->said_count++;
	return tacit_send(t, &m, 1, NULL, NULL, e);
}

static bool
note_id(const struct tacit_group *from, void *arg)
{
	struct saga *g = arg;

	snprintf(g->group, sizeof(g->group), "%s", from->id);
	return true;
}

static bool
see_nothing(const struct tacit_event *event, void *arg)
{
	(void)event;
	(void)arg;
	return true;
}

static enum tacit_code
change(struct deed *d, struct tacit *t, struct tacit_error *e)
{
	static const enum tacit_group_act acts[ACTS_COUNT] = {
		[ACT_ADD] = TACIT_GROUP_ADD,
		[ACT_REMOVE] = TACIT_GROUP_REMOVE,
		[ACT_PROMOTE] = TACIT_GROUP_PROMOTE,
		[ACT_DEMOTE] = TACIT_GROUP_DEMOTE,
	};
	struct stage *s = d->saga->s;
	const char *names[STAGE_ACTORS];
	size_t count = 0;
	size_t changed;

	for (size_t i = 0; i < s->actors_count; i++)
		if (d->whom & 1U << i)
			names[count++] = s->actors[i].name;
	if (d->act == ACT_CREATE)
		return tacit_group_create(t,
		    d->saga->title == NULL ? "friends" : d->saga->title, names,
		    count, note_id, d->saga, e);
	return tacit_group_change(
	    t, acts[d->act], d->saga->group, names, count, &changed, e);
}

/* The timer is longer than any of these stories. */
static enum tacit_code
configure(struct deed *d, struct tacit *t, struct tacit_error *e)
{
	struct tacit_group_settings wanted = {
		.who_may_add = d->whom % 2 == 0 ? TACIT_MEMBERS_MAY_ADD
						: TACIT_ADMINS_MAY_ADD,
		.has_timer = d->whom % 3 == 0,
		.timer_s = TACIT_TIMER_MAX_S - d->whom,
	};
	bool changed;

	return tacit_group_set(t, d->saga->group, &wanted, &changed, e);
}

static enum tacit_code
adopt(struct deed *d, struct tacit *t, struct tacit_error *e)
{
	struct stage *s = d->saga->s;
	const char *from = NULL;
	bool changed;

	for (size_t i = 0; d->act == ACT_TAKE_UP && i < s->actors_count; i++)
		if (d->whom & 1U << i)
			from = s->actors[i].name;
	return tacit_group_adopt(t, d->saga->group, from, &changed, e);
}

static enum tacit_code
act(struct deed *d, struct actor *a, struct tacit *t, struct tacit_error *e)
{
	static const struct tacit_receive plain = { .limit = 0 };
	char name[32];

	switch (d->act) {
	case ACT_SEND:
	case ACT_QUEUE:
		return speak(d, a, t, e);
	case ACT_RECEIVE:
		return tacit_receive(t, &plain, see_nothing, NULL, e);
	case ACT_RETRY:
		return tacit_outbox_retry(t, NULL, NULL, e);
	case ACT_RENAME:
		snprintf(name, sizeof(name), "friends %u", d->whom);
		return tacit_group_rename(t, d->saga->group, name, e);
	case ACT_LEAVE:
		return tacit_group_leave(t, d->saga->group, e);
	case ACT_SETTINGS:
		return configure(d, t, e);
	case ACT_ADOPT:
	case ACT_TAKE_UP:
		return adopt(d, t, e);
	case ACT_ADD:
	case ACT_REMOVE:
	case ACT_PROMOTE:
	case ACT_DEMOTE:
	case ACT_CREATE:
	case ACTS_COUNT:
		break;
	}
	return change(d, t, e);
}

static const char *const ACT_NAMES[ACTS_COUNT] = {
	[ACT_SEND] = "send",
	[ACT_QUEUE] = "queue",
	[ACT_RECEIVE] = "receive",
	[ACT_RETRY] = "retry",
	[ACT_ADD] = "add",
	[ACT_REMOVE] = "remove",
	[ACT_PROMOTE] = "promote",
	[ACT_DEMOTE] = "demote",
	[ACT_RENAME] = "rename",
	[ACT_LEAVE] = "leave",
	[ACT_SETTINGS] = "settings",
	[ACT_ADOPT] = "adopt",
	[ACT_TAKE_UP] = "take up",
	[ACT_CREATE] = "create",
};

void
saga_do(struct actor *a, void *deed)
{
	struct deed *d = deed;
	struct tacit_error e = { .code = TACIT_DONE };
	struct tacit *t = actor_tacit(a);

	d->code = TACIT_DAMAGED;
	if (t == NULL)
		return;
	stage_note(a->stage, "%s: %s %#x%s", a->name, ACT_NAMES[d->act],
	    d->whom, a->crash_in > 0 ? " (to crash)" : "");
	d->code = act(d, a, t, &e);
	stage_note(a->stage, "%s: %s is %d %s", a->name, ACT_NAMES[d->act],
	    (int)d->code, e.message);
	look_back(d->saga, a);
}

enum tacit_code
saga_run(struct saga *g, struct actor *a, enum act act, uint32_t whom)
{
	struct deed d = { .saga = g, .act = act, .whom = whom };

	stage_run(g->s, a, saga_do, &d);
	return d.code;
}

struct look_job {
	struct saga *g;
	struct view *v;
};

static void
look_job(struct actor *a, void *arg)
{
	struct look_job *j = arg;
	struct tacit *t = actor_tacit(a);

	memset(j->v, 0, sizeof(*j->v));
	if (t != NULL)
		look(j->g, t, j->v);
}

void
saga_look(struct saga *g, struct actor *a, struct view *v)
{
	struct look_job j = { g, v };

	stage_run(g->s, a, look_job, &j);
}
