/*
 * The relay's store is ended at any system call, by kill -9 or by a power cut
 * that leaves what was not flushed there in parts, and once more while it goes
 * on after.  What was acknowledged must be there exactly once, under the number
 * that it had, and its submit id used up.
 *
 * Each end is a child of the process: it has the memory of all that was
 * promised, and goes on from what the disk kept.  TACIT_TEST_SEED=N runs
 * another course, TACIT_TEST_STEPS=N a longer one.
 */
#include "tests/unit/relay/storage_fixture.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/disk.h"

enum {
	DEVICES = 5,
	STEPS = 450,
	STEPS_AFTER = 12,
	ENDS = 3, /* one after the other */
	BATCH = 6,
	TEXTS = 16384,
	SEQS = TEXTS,
	CALLS = 60, /* at most, between two ends */
	PAYLOAD_LEAST = 16,
	PAYLOAD_MOST = 9000,
	ARENA_BYTES = 64 * 1024 * 1024,
};

static const char *const names[DEVICES] = { "alice", "bob", "carol", "dave",
	"erin" };

enum text_state { TEXT_NONE, TEXT_ASKED, TEXT_OK };

struct text {
	enum text_state state;
	uint8_t sender;
	uint8_t first; /* recipient, and those after it */
	uint8_t count;
	uint32_t len;
	uint64_t counter;
};

struct box {
	uint32_t text[SEQS]; /* by seq; 0: not seen yet */
	uint64_t head;       /* that was seen */
	uint64_t acknowledged;
	uint64_t counter;
};

struct model {
	struct fixture *f;
	struct text texts[TEXTS];
	uint32_t last;
	struct box boxes[DEVICES];
	uint64_t random;
	uint32_t ends; /* so far, one after the other */
	uint32_t ended;
};

static pid_t parent;

static uint32_t
pick(struct model *m, uint32_t below)
{
	m->random = m->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(m->random >> 33) % below;
}

static void
fill(uint8_t *to, uint32_t len, uint32_t id)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = (uint8_t)(id * 31 + i * 7);
	store_u32(to, id);
}

static bool
is_for(const struct text *t, uint32_t device)
{
	return (device + DEVICES - t->first) % DEVICES < t->count;
}

/* Whether the payload is one for many does not change what arrives. */
static struct storage_op *
text_ask(struct model *m, uint32_t id)
{
	const struct text *t = &m->texts[id];
	struct storage_op *op = text_op(m->f, BYTES_NONE);
	struct recipient *to =
	    arena_take_array(m->f->arena, t->count, sizeof(*to));
	uint8_t *payload = arena_take(m->f->arena, t->len);
	const bool shared = id % 3 == 0;

	assert_true(to != NULL && payload != NULL);
	fill(payload, t->len, id);
	for (uint32_t i = 0; i < t->count; i++) {
		to[i] = *op->u.submit.submit.recipients;
		to[i].to = address_of(names[(t->first + i) % DEVICES]);
		if (!shared)
			to[i].payload = bytes_view(payload, t->len);
	}
	if (shared)
		op->u.submit.submit.shared = bytes_view(payload, t->len);
	op->u.submit.sender = address_of(names[t->sender]);
	op->u.submit.submit.recipients = to;
	op->u.submit.submit.recipients_count = t->count;
	op->u.submit.submit.counter = t->counter;
	return op;
}

static uint32_t
text_new(struct model *m)
{
	uint32_t id = ++m->last;
	struct text *t = &m->texts[id];
	uint32_t sender = pick(m, DEVICES);

	assert_true(id + 1 < TEXTS);
	*t = (struct text){
		.state = TEXT_ASKED,
		.sender = (uint8_t)sender,
		.first = (uint8_t)pick(m, DEVICES),
		.count = (uint8_t)(1 + pick(m, 3)),
		.len = PAYLOAD_LEAST +
		       pick(m, pick(m, 3) == 0 ? PAYLOAD_MOST : 400),
		.counter = ++m->boxes[sender].counter,
	};
	return id;
}

/* What lies there beyond what has been seen, or all over again. */
static void
look(struct model *m, uint32_t device, uint64_t after)
{
	static uint8_t payload[PAYLOAD_LEAST + PAYLOAD_MOST];
	struct box *box = &m->boxes[device];
	struct storage_op *read = read_all(m->f, names[device], after);

	assert_true(read->u.read.head >= box->head);
	assert_int_equal(read->u.read.count, read->u.read.head - after);
	for (size_t i = 0; i < read->u.read.count; i++) {
		const struct item *item = &read->u.read.items[i].item;
		uint32_t id = load_u32(item->payload.data);

		assert_int_equal(item->seq, after + i + 1);
		assert_true(item->seq < SEQS && id > 0 && id <= m->last);
		assert_true(is_for(&m->texts[id], device));
		fill(payload, m->texts[id].len, id);
		assert_bytes(
		    bytes_view(payload, m->texts[id].len), item->payload);
		if (item->seq <= box->head)
			assert_int_equal(box->text[item->seq], id);
		box->text[item->seq] = id;
	}
	box->head = read->u.read.head;
	release(read);
}

/* Every text that is promised once, none twice. */
static void
count_texts(struct model *m)
{
	static uint8_t seen[TEXTS];

	for (uint32_t d = 0; d < DEVICES; d++) {
		memset(seen, 0, sizeof(seen));
		for (uint64_t s = 1; s <= m->boxes[d].head; s++)
			assert_int_equal(seen[m->boxes[d].text[s]]++, 0);
		for (uint32_t id = 1; id <= m->last; id++) {
			const struct text *t = &m->texts[id];

			if (t->state == TEXT_OK && is_for(t, d))
				assert_int_equal(seen[id], 1);
		}
	}
}

static void
do_submits(struct model *m)
{
	struct storage_op *ops[BATCH];
	uint32_t ids[BATCH];
	uint32_t count = 1 + pick(m, BATCH);

	for (uint32_t i = 0; i < count; i++) {
		ids[i] = text_new(m);
		ops[i] = text_ask(m, ids[i]);
		op_submit(m->f, ops[i]);
	}
	op_settle(m->f);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(ops[i]->status, STATUS_OK);
		m->texts[ids[i]].state = TEXT_OK;
	}
	for (uint32_t d = 0; d < DEVICES; d++)
		look(m, d, m->boxes[d].head);
}

/* The first one keeps a little of everything. */
static void
do_acknowledge(struct model *m)
{
	uint32_t device = pick(m, DEVICES);
	struct box *box = &m->boxes[device];
	uint64_t queued = box->head - box->acknowledged;
	uint32_t most = (uint32_t)queued + 1;

	if (device == 0)
		most = most / 16 + 1;
	box->acknowledged += pick(m, most);
	acknowledge(m->f, names[device], box->acknowledged);
}

static void
do_replay(struct model *m)
{
	struct storage_op *op;
	uint32_t id = 1 + pick(m, m->last);

	if (m->texts[id].state != TEXT_OK)
		return;
	op = text_ask(m, id);
	if (m->boxes[m->texts[id].sender].counter - m->texts[id].counter <
	    LIMIT_SUBMIT_WINDOW)
		assert_status(STATUS_EXISTS, op_run(m->f, op));
	else
		assert_status(STATUS_BAD_INPUT, op_run(m->f, op));
}

static void
do_register(struct model *m)
{
	char name[16];
	struct device_list list;

	snprintf(name, sizeof(name), "user%u", pick(m, 1000));
	list = list_of(name, 1);
	(void)(register_list(m->f, &list) == STATUS_OK);
}

static void
do_step(struct model *m)
{
	uint32_t what = pick(m, 16);

	arena_reset(m->f->arena);
	if (what < 8 || m->last == 0)
		do_submits(m);
	else if (what < 13)
		do_acknowledge(m);
	else if (what < 14)
		do_replay(m);
	else if (what < 15)
		do_register(m);
	else
		store_reopen(m->f);
}

/* What was asked for and not answered is asked again, as a client would. */
static void
ask_again(struct model *m)
{
	for (uint32_t id = 1; id <= m->last; id++) {
		struct text *t = &m->texts[id];
		bool there = false;
		enum status st;

		if (t->state != TEXT_ASKED)
			continue;
		for (uint64_t s = 1; s <= m->boxes[t->first].head; s++)
			there |= m->boxes[t->first].text[s] == id;
		arena_reset(m->f->arena);
		st = op_run(m->f, text_ask(m, id));
		assert_int_equal(st, there ? STATUS_EXISTS : STATUS_OK);
		t->state = TEXT_OK;
	}
}

static void
check_all(struct model *m)
{
	arena_reset(m->f->arena);
	for (uint32_t d = 0; d < DEVICES; d++) {
		struct mailbox_state state = state_of(m->f, names[d]);

		assert_true(state.acknowledged <= m->boxes[d].acknowledged);
		assert_true(state.submit_high <= m->boxes[d].counter);
		look(m, d, state.acknowledged);
	}
	count_texts(m);
	ask_again(m);
	arena_reset(m->f->arena);
	for (uint32_t d = 0; d < DEVICES; d++)
		look(m, d, m->boxes[d].head);
	count_texts(m);
}

static void end_here(void *arg);

/* A start in what the disk kept. */
static void
go_on(struct model *m, enum disk_end how)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dir = scratch_dir_new();
	f->options = m->f->options;
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_status(STATUS_OK, arena_new(ARENA_BYTES, &f->arena));
	disk_end(how, f->dir, m->random);
	m->f = f;
	if (++m->ends < ENDS)
		disk_crash_in(1 + pick(m, CALLS), end_here, m);
	store_open(f);
	check_all(m);
	for (int i = 0; i < STEPS_AFTER; i++)
		do_step(m);
	disk_crash_in(0, NULL, NULL);
	check_all(m);
	store_close(f);
	scratch_dir_remove(f->dir);
}

/* The parent goes on as if nothing had been. */
static void
end_with(struct model *m, enum disk_end how)
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		go_on(m, how);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status != 0) {
		fprintf(stderr, "end %u at depth %u, %s: status %d\n", m->ended,
		    m->ends, how == DISK_KILLED ? "kill" : "cut", status);
		_exit(1);
	}
	m->ended++;
}

static void
end_here(void *arg)
{
	struct model *m = arg;

	m->random += m->ended;
	end_with(m, pick(m, 4) == 0 ? DISK_KILLED : DISK_CUT_OFF);
	if (m->ends == 0)
		disk_crash_in(1 + pick(m, CALLS), end_here, m);
}

static uint32_t
number_of(const char *variable, uint32_t otherwise)
{
	const char *text = getenv(variable);

	return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

static void
nothing_promised_is_lost_or_there_twice(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	const uint32_t steps = number_of("TACIT_TEST_STEPS", STEPS);

	assert_non_null(m);
	m->f = *state;
	m->random = number_of("TACIT_TEST_SEED", 2026);
	print_message("TACIT_TEST_SEED=%u\n", (unsigned)m->random);
	for (int i = 2; i < DEVICES; i++) {
		struct device_list list = list_of(names[i], 1);

		assert_status(STATUS_OK, register_list(m->f, &list));
	}
	store_close(m->f);
	disk_watch(m->f->dir);
	store_open(m->f);
	disk_crash_in(1 + pick(m, CALLS), end_here, m);
	for (uint32_t i = 0; i < steps; i++)
		do_step(m);
	disk_crash_in(0, NULL, NULL);
	check_all(m);
	print_message("%u ends, %u texts\n", m->ended, m->last);
	free(m);
}

/* A child that found something wrong has nothing of its parent's to clear up.
 */
static int
teardown(void **state)
{
	if (getpid() != parent)
		_exit(1);
	return store_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    nothing_promised_is_lost_or_there_twice, store_setup,
		    teardown),
	};

	parent = getpid();
	return cmocka_run_group_tests_name("power-cut", tests, NULL, NULL);
}
