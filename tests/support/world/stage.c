/* stage.c - whose turn it is. */
#include "tests/support/world/stage.h"

#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/core/uplink/uplink_private.h"
#include "store/client/vault.h"
#include "tests/support/test.h"

enum { RELAY_MS = 1, START_MS = 1000 * 1000 };

static const char *const NAMES[STAGE_ACTORS] = { "alice", "bob", "carol",
	"dave", "erin", "frank", "grace", "heidi" };

/* Whose thread this is, and what libsodium draws from. */
static _Thread_local struct actor *me;
static uint64_t entropy;

/* Splitmix64 (Steele, Lea, Flood 2014): small, and no weak seeds. */
static uint64_t
step(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static const char *
source_name(void)
{
	return "seeded";
}

static uint32_t
source_word(void)
{
	return (uint32_t)step(&entropy);
}

static void
source_fill(void *const to, const size_t len)
{
	uint8_t *at = to;

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)step(&entropy);
}

static struct randombytes_implementation source = {
	.implementation_name = source_name,
	.random = source_word,
	.buf = source_fill,
};

uint64_t
stage_draw(struct stage *s, uint64_t below)
{
	return below == 0 ? 0 : step(&s->random) % below;
}

bool
stage_happens(struct stage *s, unsigned per_mille)
{
	return per_mille > 0 && stage_draw(s, 1000) < per_mille;
}

void
stage_note(struct stage *s, const char *format, ...)
{
	va_list args;

	if (!s->trace)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void
stage_wait(struct stage *s, int64_t ms)
{
	s->wall_ms += ms;
	s->mono_ms += ms;
	clock_fake(s->wall_ms, s->mono_ms);
}

struct actor *
stage_actor(struct stage *s, const char *name)
{
	for (size_t i = 0; i < s->actors_count; i++)
		if (strcmp(s->actors[i].name, name) == 0)
			return &s->actors[i];
	return NULL;
}

/* The actor stops here until it is its turn again. */
static void
hand_over(struct actor *a)
{
	sem_post(&a->stage->back);
	while (sem_wait(&a->go) != 0)
		;
}

static enum status
wait_for_relay(void *arg, bool readable, bool writable, int64_t deadline_ms)
{
	struct actor *a = arg;

	(void)readable;
	if (a->crashed)
		return STATUS_UNREACHABLE;
	a->waiting = true;
	a->wants_write = writable;
	a->deadline_ms = deadline_ms;
	a->late = false;
	hand_over(a);
	a->waiting = false;
	if (a->crashed)
		return STATUS_UNREACHABLE;
	return a->late ? STATUS_AGAIN : STATUS_OK;
}

enum status __wrap_uplink_open(const struct link *to, const struct proxy *via,
    int64_t deadline_ms, struct uplink **u, enum uplink_stage *reached);
enum status
__wrap_uplink_open(const struct link *to, const struct proxy *via,
    int64_t deadline_ms, struct uplink **u, enum uplink_stage *reached)
{
	struct actor *a = me;
	enum status st;

	(void)to;
	(void)via;
	*reached = UPLINK_TCP;
	if (a->crashed)
		return STATUS_UNREACHABLE;
	a->line = toy_dial(a->stage->toy, &a->near);
	a->serial = a->line->serial;
	st = uplink_over(a->near, wait_for_relay, a, deadline_ms, u);
	if (st == STATUS_OK)
		*reached = UPLINK_OPEN;
	return st == STATUS_AGAIN ? STATUS_UNREACHABLE : st;
}

/* After a crash nothing reaches the disk, not even what tidies up. */
enum status __real_vault_txn_begin(
    struct vault *v, enum db_mode mode, struct vault_txn **t);
enum status __wrap_vault_txn_begin(
    struct vault *v, enum db_mode mode, struct vault_txn **t);
enum status
__wrap_vault_txn_begin(struct vault *v, enum db_mode mode, struct vault_txn **t)
{
	if (me != NULL && me->crashed)
		return STATUS_IO;
	return __real_vault_txn_begin(v, mode, t);
}

enum status __real_vault_txn_commit(struct vault_txn **t);
enum status __wrap_vault_txn_commit(struct vault_txn **t);
enum status
__wrap_vault_txn_commit(struct vault_txn **t)
{
	struct actor *a = me;

	if (a == NULL || a->crash_in == 0 || --a->crash_in > 0)
		return __real_vault_txn_commit(t);
	a->crashed = true;
	if (a->crash_keeps && __real_vault_txn_commit(t) != STATUS_OK)
		return STATUS_IO;
	vault_txn_abort(*t);
	*t = NULL;
	return STATUS_IO;
}

/* Nobody sleeps here; time goes on when all wait. */
void __wrap_clock_sleep_ms(int64_t ms);
void
__wrap_clock_sleep_ms(int64_t ms)
{
	if (me != NULL)
		stage_wait(me->stage, ms);
}

struct tacit *
actor_tacit(struct actor *a)
{
	struct tacit_options options = { .dir = a->dir };
	struct tacit_error e;

	if (a->t == NULL && tacit_open(&options, &a->t, &e) != TACIT_DONE)
		stage_note(
		    a->stage, "  %s cannot open: %s", a->name, e.message);
	return a->t;
}

static void
settle(struct actor *a)
{
	if (!a->crashed)
		return;
	tacit_close(a->t);
	a->t = NULL;
	a->crashed = false;
	a->crashes++;
	stage_note(a->stage, "  %s crashed", a->name);
}

static void *
actor_main(void *arg)
{
	struct actor *a = arg;

	me = a;
	for (;;) {
		while (sem_wait(&a->go) != 0)
			;
		if (a->quit)
			break;
		a->job(a, a->arg);
		settle(a);
		a->crash_in = 0;
		a->busy = false;
		sem_post(&a->stage->back);
	}
	tacit_close(a->t);
	return NULL;
}

static void
resume(struct stage *s, struct actor *a)
{
	sem_post(&a->go);
	while (sem_wait(&s->back) != 0)
		;
}

void
stage_begin(struct stage *s, struct actor *a, actor_job *job, void *arg)
{
	assert_false(a->busy);
	a->busy = true;
	a->job = job;
	a->arg = arg;
	resume(s, a);
}

static bool
may_go_on(const struct actor *a)
{
	if (!a->busy || !a->waiting)
		return false;
	if (a->line->end == NULL || a->line->serial != a->serial)
		return true;
	return (a->wants_write && !a->line->mute) || channel_has_input(a->near);
}

/*
 * Done or not, the relay cannot say; and from here on it is not.  So what a
 * client sends in one go is refused from one point on, and keeps its order.
 */
static void
serve_failing(struct stage *s, struct toy_line *l, uint64_t id, bool done)
{
	struct reply r = { .id = id, .kind = REPLY_ERROR };
	size_t before = buf_len(l->out);

	r.u.error.code = ERROR_UNAVAILABLE;
	r.u.error.message = BYTES("later");
	r.u.error.retry_after_ms = 1;
	if (done) {
		toy_serve(s->toy, l);
		buf_truncate(l->out, before);
	} else {
		toy_skip(l);
	}
	toy_say(l, &r);
	l->failing = true;
}

static bool
stores(const struct request *q)
{
	return q->kind == REQUEST_SUBMIT || q->kind == REQUEST_CHAIN_APPEND;
}

/* The relay deals with the oldest request of a line, or fails to. */
static void
serve(struct stage *s, struct toy_line *l)
{
	const struct faults *f = &s->faults;
	struct request q = { 0 };

	toy_next(s->toy, l, &q);
	if (stage_happens(s, f->cut_before)) {
		stage_note(s, "    cut before %d", (int)q.kind);
		toy_cut(s->toy, l, stage_draw(s, 2) == 0);
	} else if (stage_happens(s, f->cut_after)) {
		stage_note(s, "    cut after %d", (int)q.kind);
		toy_serve(s->toy, l);
		toy_cut(s->toy, l, stage_draw(s, 4) != 0);
	} else if (stage_happens(s, f->mute)) {
		stage_note(s, "    mute after %d", (int)q.kind);
		toy_serve(s->toy, l);
		l->mute = true;
	} else if (stores(&q) &&
		   (l->failing || stage_happens(s, f->unavailable))) {
		serve_failing(s, l, q.id, false);
	} else if (stores(&q) && stage_happens(s, f->unclear)) {
		serve_failing(s, l, q.id, true);
	} else {
		toy_serve(s->toy, l);
	}
}

static void
wake(struct stage *s, struct actor *a)
{
	if (stage_happens(s, s->faults.kill)) {
		a->crashed = true;
		stage_note(s, "    %s is killed", a->name);
	}
	resume(s, a);
}

/* Nobody can go on: the first whose patience ends. */
static bool
pass_time(struct stage *s)
{
	struct actor *first = NULL;

	for (size_t i = 0; i < s->actors_count; i++) {
		struct actor *a = &s->actors[i];

		if (a->busy && a->waiting &&
		    (first == NULL || a->deadline_ms < first->deadline_ms))
			first = a;
	}
	if (first == NULL)
		return false;
	if (first->deadline_ms > s->mono_ms)
		stage_wait(s, first->deadline_ms - s->mono_ms);
	first->late = true;
	resume(s, first);
	return true;
}

bool
stage_turn(struct stage *s)
{
	struct toy_line *lines[TOY_LINES];
	struct actor *ready[STAGE_ACTORS];
	size_t lines_count = 0;
	size_t ready_count = 0;
	size_t pick;

	toy_pump(s->toy);
	for (size_t i = 0; i < TOY_LINES; i++)
		if (s->toy->lines[i].end != NULL &&
		    s->toy->lines[i].queue_count > 0)
			lines[lines_count++] = &s->toy->lines[i];
	for (size_t i = 0; i < s->actors_count; i++)
		if (may_go_on(&s->actors[i]))
			ready[ready_count++] = &s->actors[i];
	if (lines_count + ready_count == 0)
		return pass_time(s);
	pick = (size_t)stage_draw(s, lines_count + ready_count);
	if (pick < lines_count) {
		stage_wait(s, RELAY_MS);
		serve(s, lines[pick]);
	} else {
		wake(s, ready[pick - lines_count]);
	}
	return true;
}

void
stage_run(struct stage *s, struct actor *a, actor_job *job, void *arg)
{
	stage_begin(s, a, job, arg);
	while (a->busy)
		assert_true(stage_turn(s));
}

static void
register_job(struct actor *a, void *arg)
{
	struct tacit_options options = { .dir = a->dir };
	enum tacit_code *code = arg;
	struct tacit_error e;

	*code = tacit_register(
	    &options, a->name, "tacit://127.0.0.1:1/", &a->t, &e);
	if (*code != TACIT_DONE)
		stage_note(a->stage, "%s: %s", a->name, e.message);
}

static void
admit(struct stage *s, size_t i)
{
	struct actor *a = &s->actors[i];
	enum tacit_code code = TACIT_FAILED;

	a->stage = s;
	strcpy(a->name, NAMES[i]);
	assert_true(asprintf(&a->dir, "%s/%s", s->dir, a->name) > 0);
	assert_int_equal(sem_init(&a->go, 0, 0), 0);
	assert_int_equal(pthread_create(&a->thread, NULL, actor_main, a), 0);
	s->actors_count++;
	stage_run(s, a, register_job, &code);
	assert_int_equal(code, TACIT_DONE);
}

struct stage *
stage_new(uint64_t seed, size_t count)
{
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_true(count <= STAGE_ACTORS);
	/* Commits are many, and no test here pulls the plug of the machine. */
	if (access("/dev/shm", W_OK) == 0)
		assert_int_equal(setenv("TMPDIR", "/dev/shm", 0), 0);
	entropy = seed ^ 0x5eed;
	randombytes_set_implementation(&source);
	s->random = seed;
	s->trace = getenv("TRACE") != NULL;
	s->toy = toy_new();
	s->toy->trace = s->trace;
	s->dir = scratch_dir_new();
	assert_non_null(s->dir);
	assert_int_equal(sem_init(&s->back, 0, 0), 0);
	s->wall_ms = 1700000000000;
	s->mono_ms = START_MS;
	stage_wait(s, 0);
	for (size_t i = 0; i < count; i++)
		admit(s, i);
	return s;
}

void
stage_free(struct stage *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->actors_count; i++) {
		struct actor *a = &s->actors[i];

		a->quit = true;
		sem_post(&a->go);
		pthread_join(a->thread, NULL);
		sem_destroy(&a->go);
		free(a->dir);
	}
	toy_free(s->toy);
	sem_destroy(&s->back);
	scratch_dir_remove(s->dir);
	free(s);
}
