/*
 * bench_relay.c - durable submits per second through storage.h, by how many
 * are under way: so many share one commit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/random.h"
#include "proto/arena.h"
#include "relay/storage.h"
#include "tests/support/test.h"

enum {
	ROUND_MS = 2000,
	BATCH_MAX = 1024, /* the window of a sender's submit ids */
	PEOPLE = 64,      /* mailboxes that are written to */
	PAYLOAD_BYTES = 350,
	ARENA_BYTES = 1024 * 1024,
};

struct bench {
	struct storage *storage;
	uv_loop_t loop;
	struct storage_port *port;
	struct address people[PEOPLE];
	uint8_t payload[PAYLOAD_BYTES];
	struct storage_op ops[BATCH_MAX];
	struct recipient recipients[BATCH_MAX];
	struct arena *arena;
	uint64_t counter;
	size_t under_way;
};

static void
must(enum status st, const char *what)
{
	if (st == STATUS_OK)
		return;
	fprintf(stderr, "bench_relay: %s failed (%d)\n", what, (int)st);
	exit(1);
}

static void
done(struct storage_op *op)
{
	struct bench *b = op->owner;

	must(op->status, "an operation");
	b->under_way--;
}

static void
hand_over(struct bench *b, struct storage_op *op, enum storage_kind kind)
{
	op->kind = kind;
	op->done = done;
	op->owner = b;
	op->arena = b->arena;
	op->now_ms = clock_wall_ms();
	if (!storage_submit(b->port, op))
		must(STATUS_FULL, "handing over");
	b->under_way++;
}

static void
settle(struct bench *b)
{
	while (b->under_way > 0)
		uv_run(&b->loop, UV_RUN_ONCE);
	arena_reset(b->arena);
}

static void
register_one(struct bench *b, size_t i)
{
	struct storage_op *op = &b->ops[0];
	struct device_list *list;
	char name[16];

	memset(op, 0, sizeof(*op));
	snprintf(name, sizeof(name), "person%zu", i);
	list = &op->u.registration.list;
	must(account_name_parse(bytes_text(name), &list->account), "a name");
	list->version = 1;
	list->devices_count = 1;
	list->devices[0].id = 1;
	list->devices[0].registration_id = 1;
	memset(list->account_key.raw, (int)i + 1, SIGN_PUBLIC_BYTES);
	op->u.registration.signed_list.body = bytes_text("body");
	op->u.registration.signed_list.signature = bytes_text("signature");
	op->u.registration.device = 1;
	b->people[i] = (struct address){ list->account, 1 };
	hand_over(b, op, STORAGE_REGISTER);
	settle(b);
}

/* The first person writes to the others in turn. */
static void
submit_one(struct bench *b, size_t i)
{
	struct storage_op *op = &b->ops[i];
	struct submit *submit = &op->u.submit.submit;

	memset(op, 0, sizeof(*op));
	b->recipients[i] = (struct recipient){
		.to = b->people[1 + b->counter % (PEOPLE - 1)],
		.registration_id = 1,
		.type = ITEM_RATCHET,
		.suite = SUITE_SIGNAL_V3,
		.payload = bytes_view(b->payload, sizeof(b->payload)),
	};
	op->u.submit.sender = b->people[0];
	submit->counter = ++b->counter;
	submit->recipients = &b->recipients[i];
	submit->recipients_count = 1;
	hand_over(b, op, STORAGE_SUBMIT);
}

/* Everybody has fetched everything: the relay may forget it. */
static void
acknowledge_all(struct bench *b)
{
	for (size_t i = 1; i < PEOPLE; i++)
		storage_acknowledge(b->port, &b->people[i], b->counter);
}

static void
measure(struct bench *b, size_t batch)
{
	int64_t began = clock_mono_ms();
	int64_t took;
	uint64_t count = 0;

	do {
		for (size_t i = 0; i < batch; i++)
			submit_one(b, i);
		settle(b);
		acknowledge_all(b);
		count += batch;
		took = clock_mono_ms() - began;
	} while (took < ROUND_MS);
	printf("storage, %4zu under way: %8.0f submits/s\n", batch,
	    (double)count * 1000 / (double)took);
}

int
main(void)
{
	static struct bench b;
	char *dir = scratch_dir_new();
	struct storage_options options = { .dir = dir, .threaded = true };

	if (dir == NULL)
		return 1;
	random_bytes(b.payload, sizeof(b.payload));
	uv_loop_init(&b.loop);
	must(arena_new(ARENA_BYTES, &b.arena), "an arena");
	must(storage_open(&options, &b.storage), "opening");
	must(storage_port_open(b.storage, &b.loop, &b.port), "a port");
	for (size_t i = 0; i < PEOPLE; i++)
		register_one(&b, i);
	for (size_t batch = 1; batch <= BATCH_MAX; batch *= 4)
		measure(&b, batch);
	storage_port_close(b.port);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	storage_close(b.storage);
	arena_free(b.arena);
	scratch_dir_remove(dir);
	return 0;
}
