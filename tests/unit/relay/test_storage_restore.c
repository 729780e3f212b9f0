/* A copied store that becomes a new one: no number twice, no key twice. */
#include "tests/unit/relay/storage_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/relay/journal_walk.h"
#include "store/relay/restore.h"

static void
restore(struct fixture *f)
{
	store_close(f);
	assert_status(STATUS_OK, restore_renew(f->dir, f->options.map_bytes));
	store_open(f);
}

static struct prekey_state
publish(struct fixture *f, uint32_t first, size_t count)
{
	static const uint8_t key[33] = { 5 }, signature[64] = { 1 };
	struct storage_op *op = op_new(f, STORAGE_PUBLISH);
	struct prekey *items =
	    arena_take_array(f->arena, count + 1, sizeof(*items));

	for (size_t i = 0; i <= count; i++) {
		items[i].type = i == 0 ? PREKEY_SIGNED : PREKEY_ONE_TIME;
		items[i].id = i == 0 ? 1 : first + (uint32_t)i - 1;
		items[i].public_key = BYTES_OF(key);
		if (i == 0)
			items[i].signature = BYTES_OF(signature);
	}
	op->u.publish.who = address_of("bob");
	op->u.publish.prekeys = (struct prekeys){ items, count + 1 };
	assert_status(STATUS_OK, op_run(f, op));
	return op->u.publish.state;
}

static void
what_waits_is_there_under_numbers_nobody_has_seen(void **state)
{
	struct fixture *f = *state;
	struct storage_op *read;

	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("message")));
	acknowledge(f, "bob", 1);
	restore(f);
	read = read_all(f, "bob", 0);
	assert_int_equal(2, read->u.read.count);
	assert_int_equal(restore_shift + 2, read->u.read.items[0].item.seq);
	assert_int_equal(restore_shift + 3, read->u.read.items[1].item.seq);
	assert_int_equal(restore_shift + 3, read->u.read.head);
	assert_bytes(BYTES("message"), read->u.read.items[1].item.payload);
	release(read);
	assert_int_equal(restore_shift + 1, state_of(f, "bob").acknowledged);
	assert_status(STATUS_OK, send_text(f, BYTES("later")));
	assert_int_equal(restore_shift + 4, state_of(f, "bob").head);

	/* And once more. */
	acknowledge(f, "bob", restore_shift + 3);
	restore(f);
	read = read_all(f, "bob", restore_shift);
	assert_int_equal(1, read->u.read.count);
	assert_int_equal(2 * restore_shift + 4, read->u.read.items[0].item.seq);
	release(read);
}

static void
a_mailbox_that_was_never_used_begins_above_the_shift(void **state)
{
	struct fixture *f = *state;

	restore(f);
	assert_int_equal(restore_shift, state_of(f, "alice").head);
	assert_status(STATUS_OK, send_text(f, BYTES("first")));
	assert_int_equal(restore_shift + 1, state_of(f, "bob").head);
}

static void
the_epoch_is_new_and_submits_are_known(void **state)
{
	struct fixture *f = *state;
	uint8_t before[EPOCH_BYTES], after[EPOCH_BYTES];

	storage_epoch(f->storage, before);
	assert_status(STATUS_OK, send_text(f, BYTES("once")));
	restore(f);
	storage_epoch(f->storage, after);
	assert_memory_not_equal(before, after, EPOCH_BYTES);
	f->counter--;
	assert_status(STATUS_EXISTS, send_text(f, BYTES("once")));
	assert_int_equal(restore_shift + 1, state_of(f, "bob").head);
}

static void
one_time_prekeys_are_gone_and_do_not_come_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(200, publish(f, 1, 200).one_time_count);
	restore(f);
	assert_int_equal(0, publish(f, 1, 200).one_time_count);
	assert_int_equal(50, publish(f, 201, 50).one_time_count);
}

/* One byte of the first segment, behind the header of the first file. */
static void
flip_a_byte(struct fixture *f)
{
	struct journal_extent *files = NULL;
	char path[512];
	size_t count = 0;
	uint8_t byte;
	int fd;

	assert_status(STATUS_OK, journal_walk_files(f->dir, &files, &count));
	for (size_t i = 0; i < count; i++) {
		snprintf(
		    path, sizeof(path), "%s/log/%s", f->dir, files[i].name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(1, pread(fd, &byte, 1, 4096 + 60));
		byte ^= 1;
		assert_int_equal(1, pwrite(fd, &byte, 1, 4096 + 60));
		close(fd);
	}
	free(files);
}

struct counted {
	size_t segments;
};

static enum status
count(void *arg, const struct segment *s, const struct segment_key *key,
    uint8_t *bytes, bool *changed)
{
	struct counted *c = arg;

	(void)s;
	(void)key;
	(void)bytes;
	(void)changed;
	c->segments++;
	return STATUS_OK;
}

static void
a_walk_sees_every_segment_and_misses_those_that_are_damaged(void **state)
{
	struct fixture *f = *state;
	struct counted c = { 0 };
	struct journal_walk w = {
		.dir = f->dir,
		.visit = count,
		.arg = &c,
	};

	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("message")));
	store_close(f);
	assert_status(STATUS_OK, journal_walk(&w));
	assert_int_equal(3, c.segments);
	assert_int_equal(3, w.segments);
	assert_int_equal(0, w.lost);
	assert_int_equal(0, w.bad_files);
	flip_a_byte(f);
	assert_status(STATUS_OK, journal_walk(&w));
	assert_int_equal(2, w.segments);
	assert_int_equal(1, w.lost);
	store_open(f);
}

static void
a_store_that_was_damaged_is_restored_as_far_as_it_goes(void **state)
{
	struct fixture *f = *state;
	struct storage_op *read;

	for (int i = 0; i < 3; i++)
		assert_status(STATUS_OK, send_text(f, BYTES("message")));
	store_close(f);
	flip_a_byte(f);
	assert_status(STATUS_OK, restore_renew(f->dir, f->options.map_bytes));
	store_open(f);
	read = read_all(f, "bob", 0);
	assert_int_equal(2, read->u.read.count);
	assert_int_equal(restore_shift + 3, read->u.read.items[1].item.seq);
	release(read);
}

/* A part of what waits for it was gone through before the copy was made. */
static void
whoever_wrote_to_a_removed_account_is_told_all_the_same(void **state)
{
	enum { MESSAGES = 200 };
	struct fixture *f = *state;
	struct storage_op *many = text_op(f, BYTES("for bob"));
	struct storage_op *remove = op_new(f, STORAGE_REMOVE);
	struct recipient *list =
	    arena_take_array(f->arena, MESSAGES, sizeof(*list));
	struct storage_op *read;

	for (size_t i = 0; i < MESSAGES; i++)
		list[i] = many->u.submit.submit.recipients[0];
	many->u.submit.submit.recipients = list;
	many->u.submit.submit.recipients_count = MESSAGES;
	assert_status(STATUS_OK, op_run(f, many));
	remove->u.remove.name = name_of("bob");
	assert_status(STATUS_OK, op_run(f, remove));
	restore(f);
	for (int i = 1; i <= 10; i++) {
		clock_fake(clock_wall_ms() + 1000, clock_mono_ms() + 1000);
		storage_step(f->storage);
	}
	clock_unfake();
	read = read_all(f, "alice", 0);
	assert_in_range(read->u.read.count, MESSAGES, MESSAGES + 64);
	release(read);
	restore(f);
}

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_waits_is_there_under_numbers_nobody_has_seen),
		CASE(whoever_wrote_to_a_removed_account_is_told_all_the_same),
		CASE(a_mailbox_that_was_never_used_begins_above_the_shift),
		CASE(the_epoch_is_new_and_submits_are_known),
		CASE(one_time_prekeys_are_gone_and_do_not_come_back),
		CASE(
		    a_walk_sees_every_segment_and_misses_those_that_are_damaged),
		CASE(a_store_that_was_damaged_is_restored_as_far_as_it_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
