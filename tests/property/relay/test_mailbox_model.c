/*
 * The mailbox against a plain array: random submits, reads, acknowledgements,
 * restarts and crashes.  The array says what must be there after each.
 */
#include "tests/unit/relay/storage_fixture.h"

enum {
	DEVICES = 5,
	STEPS = 6000,
	SEQS = STEPS * 16,
	LIMIT_ITEMS = 40,
	PAYLOAD_MAX = 9000,
};

static const char *const names[DEVICES] = { "alice", "bob", "carol", "dave",
	"erin" };

/* What an item's payload is made from. */
struct model_item {
	uint32_t seed;
	uint32_t len;
	uint32_t type;
};

struct model_mailbox {
	struct model_item items[SEQS]; /* by seq */
	uint64_t head;
	uint64_t acknowledged;
	uint64_t counter; /* of its submits */
	bool refusing;
};

struct model {
	struct fixture *f;
	struct model_mailbox boxes[DEVICES];
	uint64_t random;
};

static uint32_t
pick(struct model *m, uint32_t below)
{
	/* Knuth's MMIX generator: the same run every time. */
	m->random = m->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(m->random >> 33) % below;
}

static void
fill(uint8_t *to, uint32_t len, uint32_t seed)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = (uint8_t)(seed + i * 31);
}

static bool
model_admit(struct model_mailbox *box)
{
	uint64_t queued = 0;

	for (uint64_t s = box->acknowledged + 1; s <= box->head; s++)
		queued += box->items[s].type == ITEM_RATCHET;
	if (box->refusing && queued * 2 < LIMIT_ITEMS)
		box->refusing = false;
	if (queued >= LIMIT_ITEMS)
		box->refusing = true;
	return !box->refusing;
}

static void
model_add(struct model_mailbox *box, struct model_item item)
{
	assert_true(box->head + 1 < SEQS);
	box->items[++box->head] = item;
}

/* One submit to one to three devices, some of it shared. */
static struct storage_op *
make_submit(struct model *m, uint32_t sender, struct model_item *made)
{
	struct storage_op *op = text_op(m->f, BYTES_NONE);
	uint32_t count = 1 + pick(m, 3);
	uint32_t first = pick(m, DEVICES);
	const struct model_item common = {
		.seed = pick(m, 256),
		.len = pick(m, PAYLOAD_MAX),
		.type = ITEM_RATCHET,
	};
	uint8_t *shared = arena_take(m->f->arena, PAYLOAD_MAX);
	struct recipient *to =
	    arena_take_array(m->f->arena, count, sizeof(*to));

	fill(shared, common.len, common.seed);
	for (uint32_t i = 0; i < count; i++) {
		to[i] = *op->u.submit.submit.recipients;
		to[i].to = address_of(names[(first + i) % DEVICES]);
		made[i] = common;
		if (pick(m, 2) == 0)
			continue;
		made[i].len = 1 + pick(m, 300);
		made[i].seed = pick(m, 256);
		to[i].payload.data = arena_take(m->f->arena, made[i].len);
		to[i].payload.len = made[i].len;
		fill((uint8_t *)(uintptr_t)to[i].payload.data, made[i].len,
		    made[i].seed);
	}
	op->u.submit.sender = address_of(names[sender]);
	op->u.submit.submit.shared = bytes_view(shared, common.len);
	op->u.submit.submit.recipients = to;
	op->u.submit.submit.recipients_count = count;
	op->u.submit.submit.counter = ++m->boxes[sender].counter;
	return op;
}

static uint32_t
device_of(const struct address *a)
{
	for (uint32_t i = 0; i < DEVICES; i++)
		if (strcmp(a->account.text, names[i]) == 0)
			return i;
	fail();
	return 0;
}

static void
expect_submit(struct model *m, const struct storage_op *op, uint32_t sender,
    const struct model_item *made)
{
	const struct submit *submit = &op->u.submit.submit;
	size_t refused = 0;

	for (size_t i = 0; i < submit->recipients_count; i++) {
		uint32_t to = device_of(&submit->recipients[i].to);

		if (model_admit(&m->boxes[to]))
			model_add(&m->boxes[to], made[i]);
		else
			assert_int_equal(
			    op->u.submit.refused[refused++].index, i);
	}
	assert_int_equal(op->u.submit.refused_count, refused);
	while (refused-- > 0)
		model_add(&m->boxes[sender],
		    (struct model_item){ .type = ITEM_RELAY_NOTE });
}

/* Acknowledgements may be forgotten, and are then said again. */
static void
do_restart(struct model *m)
{
	if (pick(m, 2) == 0)
		store_crash(m->f);
	else
		store_reopen(m->f);
	for (uint32_t i = 0; i < DEVICES; i++) {
		struct mailbox_state state = state_of(m->f, names[i]);

		assert_int_equal(state.head, m->boxes[i].head);
		assert_true(state.acknowledged <= m->boxes[i].acknowledged);
		assert_int_equal(state.submit_high, m->boxes[i].counter);
		acknowledge(m->f, names[i], m->boxes[i].acknowledged);
		m->boxes[i].refusing = false; /* not remembered on disk */
	}
}

/* Several submits in one commit, now and then one of them twice. */
static void
do_submits(struct model *m)
{
	enum { BATCH = 8 };
	struct storage_op *ops[BATCH] = { NULL };
	struct storage_op again;
	struct model_item made[BATCH][3];
	uint32_t senders[BATCH];
	uint32_t count = 1 + pick(m, BATCH);
	bool twice = pick(m, 4) == 0;

	for (uint32_t i = 0; i < count; i++) {
		senders[i] = pick(m, DEVICES);
		ops[i] = make_submit(m, senders[i], made[i]);
		op_submit(m->f, ops[i]);
	}
	again = *ops[0];
	if (twice)
		op_submit(m->f, &again);
	op_settle(m->f);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(ops[i]->status, STATUS_OK);
		expect_submit(m, ops[i], senders[i], made[i]);
	}
	if (twice)
		assert_int_equal(again.status, STATUS_EXISTS);
	if (pick(m, 20) == 0)
		do_restart(m);
	if (pick(m, 4) == 0)
		assert_status(STATUS_EXISTS, op_run(m->f, ops[0]));
}

static void
check_item(const struct model_item *expected, const struct item *got)
{
	static uint8_t payload[PAYLOAD_MAX];

	assert_int_equal(expected->type, got->type);
	if (expected->type == ITEM_RELAY_NOTE)
		return;
	fill(payload, expected->len, expected->seed);
	assert_bytes(bytes_view(payload, expected->len), got->payload);
}

static void
do_read(struct model *m, uint32_t device)
{
	const struct model_mailbox *box = &m->boxes[device];
	uint64_t after = box->acknowledged + pick(m, 10);
	struct storage_op *read = read_all(m->f, names[device], after);

	if (after > box->head)
		after = box->head;
	assert_int_equal(read->u.read.head, box->head);
	assert_int_equal(read->u.read.count, box->head - after);
	for (size_t i = 0; i < read->u.read.count; i++) {
		assert_int_equal(read->u.read.items[i].item.seq, after + i + 1);
		check_item(
		    &box->items[after + i + 1], &read->u.read.items[i].item);
	}
	release(read);
}

static void
do_acknowledge(struct model *m, uint32_t device)
{
	struct model_mailbox *box = &m->boxes[device];
	uint64_t queued = box->head - box->acknowledged;

	box->acknowledged += pick(m, (uint32_t)queued + 1);
	acknowledge(m->f, names[device], box->acknowledged);
}

/* An old id again, long after its message has been read and deleted. */
static void
do_replay(struct model *m, uint32_t device)
{
	uint64_t high = m->boxes[device].counter;
	struct storage_op *op = text_op(m->f, BYTES("again"));

	if (high == 0)
		return;
	op->u.submit.sender = address_of(names[device]);
	op->u.submit.submit.counter = 1 + pick(m, (uint32_t)high);
	if (high - op->u.submit.submit.counter < LIMIT_SUBMIT_WINDOW)
		assert_status(STATUS_EXISTS, op_run(m->f, op));
	else
		assert_status(STATUS_BAD_INPUT, op_run(m->f, op));
}

static void
do_step(struct model *m)
{
	uint32_t device = pick(m, DEVICES);

	switch (pick(m, 14)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		do_submits(m);
		return;
	case 5:
	case 6:
	case 7:
		do_read(m, device);
		return;
	case 8:
	case 9:
	case 10:
		do_acknowledge(m, device);
		return;
	case 11:
	case 12:
		do_replay(m, device);
		return;
	default:
		if (pick(m, 6) == 0)
			do_restart(m);
	}
}

static void
the_mailbox_is_an_array_whatever_happens(void **state)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->f = *state;
	m->random = 2026;
	for (int i = 2; i < DEVICES; i++) {
		struct device_list list = list_of(names[i], 1);

		assert_status(STATUS_OK, register_list(m->f, &list));
	}
	m->f->options.limits.mailbox_items = LIMIT_ITEMS;
	store_reopen(m->f);
	for (int i = 0; i < STEPS; i++) {
		arena_reset(m->f->arena);
		do_step(m);
	}
	free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_mailbox_is_an_array_whatever_happens, store_setup,
		    store_teardown),
	};

	return cmocka_run_group_tests_name("mailbox-model", tests, NULL, NULL);
}
