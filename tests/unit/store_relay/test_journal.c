/* The files of the journal: torn, flipped, stale, missing, twice, and full. */
#include "tests/support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/relay/journal_walk.h"

enum { FILE_BYTES = 64 * 1024, SEEN_MAX = 256, PAYLOAD_BYTES = 6000 };

struct fixture {
	char *dir;
	struct journal *j;
	struct journal_damage damage;
	uint64_t seen[SEEN_MAX]; /* numbers, as they were read */
	uint64_t positions[SEEN_MAX];
	size_t count;
};

static bool disk_is_full;

int
posix_fallocate(int fd, off_t at, off_t len)
{
	return disk_is_full ? ENOSPC
			    : (int)-syscall(SYS_fallocate, fd, 0, at, len);
}

static enum status
take(void *arg, const struct segment *s, uint64_t position)
{
	struct fixture *f = arg;
	struct segment_walk walk;
	struct segment_item item;

	assert_true(f->count < SEEN_MAX);
	segment_walk(s, &walk);
	assert_status(STATUS_OK, segment_next_item(&walk, &item));
	assert_int_equal(item.seq, s->number);
	assert_int_equal(item.payload.len, PAYLOAD_BYTES);
	f->positions[f->count] = position;
	f->seen[f->count++] = s->number;
	return STATUS_OK;
}

static enum status
open_journal(struct fixture *f)
{
	enum status st = journal_open(f->dir, FILE_BYTES, &f->j);

	f->count = 0;
	if (st == STATUS_OK)
		st = journal_read_all(f->j, take, f, &f->damage);
	return st;
}

static void
reopen(struct fixture *f)
{
	journal_close(f->j);
	f->j = NULL;
	assert_status(STATUS_OK, open_journal(f));
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dir = scratch_dir_new();
	assert_status(STATUS_OK, open_journal(f));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	journal_close(f->j);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

/* One item, whose seq is the segment's number. */
static enum status
append_one(struct fixture *f)
{
	static const uint8_t payload[PAYLOAD_BYTES] = { 7 };
	struct segment_item item = {
		.slot = 1,
		.seq = journal_next_segment(f->j),
		.payload = BYTES_OF(payload),
	};
	struct segment_plan plan = {
		.number = item.seq,
		.items = &item,
		.items_count = 1,
	};
	struct journal_room room;
	enum status st = journal_prepare(
	    f->j, SEGMENT_HEAD_BYTES + segment_item_bytes(&item, true), &room);

	if (st != STATUS_OK)
		return st;
	plan.place = room.place;
	return journal_append(f->j, segment_write(&plan, &room.key, room.data));
}

static void
append(struct fixture *f, size_t count)
{
	while (count-- > 0)
		assert_status(STATUS_OK, append_one(f));
}

static void
expect(const struct fixture *f, uint64_t first, uint64_t last)
{
	assert_int_equal(f->count, last - first + 1);
	for (size_t i = 0; i < f->count; i++)
		assert_int_equal(f->seen[i], first + i);
}

static void
expect_no_damage(const struct fixture *f)
{
	assert_int_equal(f->damage.segments_lost, 0);
	assert_int_equal(f->damage.files_lost, 0);
}

/* Of the nth file, by number; names are not sorted by anything else. */
static int
open_nth(const struct fixture *f, size_t n, char *path)
{
	struct journal_extent *ends = NULL;
	size_t count;

	assert_status(STATUS_OK, journal_extents(f->j, &ends, &count));
	assert_true(n < count);
	snprintf(path, 4096, "%s/log/%s", f->dir, ends[n].name);
	free(ends);
	return open(path, O_RDWR);
}

static size_t
files_there(const struct fixture *f)
{
	char path[4096];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/log", f->dir);
	dir = opendir(path);
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void
what_was_appended_is_read_in_order(void **state)
{
	struct fixture *f = *state;

	append(f, 30); /* three files */
	reopen(f);
	expect(f, 1, 30);
	expect_no_damage(f);
	append(f, 3);
	reopen(f);
	expect(f, 1, 33);
	for (size_t i = 0; i < f->count; i++)
		assert_int_equal(f->positions[i] % JOURNAL_PAGE_BYTES, 0);
}

/* Whatever of the last write is missing: nobody was told OK. */
static void
a_torn_end_is_no_damage_and_is_written_over(void **state)
{
	static const size_t cuts[] = { 1, 15, 47, 48, 95, 96, 511, 512, 4095,
		4096, 4097, 6000, 6095 };
	struct fixture *f = *state;
	uint8_t page[2 * JOURNAL_PAGE_BYTES];
	uint64_t last = 5;

	append(f, 5);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		char path[4096];
		off_t place;
		int fd;

		append(f, 1);
		reopen(f);
		place =
		    (off_t)(f->positions[f->count - 1] % JOURNAL_FILE_BYTES);
		fd = open_nth(f, f->count > 15 ? 1 : 0, path);
		memset(page, 0, sizeof(page));
		if (place > JOURNAL_PAGE_BYTES || f->count <= 15)
			assert_true(pwrite(fd, page, sizeof(page) - cuts[i],
					place + (off_t)cuts[i]) > 0);
		close(fd);
		reopen(f);
		expect_no_damage(f);
		assert_true(f->count >= last);
		last = f->seen[f->count - 1];
	}
	append(f, 3);
	reopen(f);
	expect_no_damage(f);
	expect(f, 1, last + 3);
}

static void
a_flipped_bit_costs_one_segment_and_is_told(void **state)
{
	struct fixture *f = *state;
	char path[4096];
	uint8_t byte;
	int fd;

	append(f, 6);
	fd = open_nth(f, 0, path);
	/* In the third one's payload. */
	assert_int_equal(pread(fd, &byte, 1, 4096 + 2 * 8192 + 3000), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, 4096 + 2 * 8192 + 3000), 1);
	close(fd);
	reopen(f);
	assert_int_equal(f->count, 5);
	assert_int_equal(f->damage.segments_lost, 1);
	assert_int_equal(journal_next_segment(f->j), 7);
	append(f, 1); /* elsewhere */
	reopen(f);
	assert_int_equal(f->count, 6);
	assert_int_equal(f->seen[5], 7);
}

static void
a_header_that_is_wrong_costs_a_file_and_is_told(void **state)
{
	for (size_t bit = 0; bit < 60 * 8; bit += 5) {
		struct fixture *f;
		char path[4096];
		uint8_t byte;
		int fd;

		setup(state);
		f = *state;
		append(f, 9);
		fd = open_nth(f, 0, path);
		assert_int_equal(pread(fd, &byte, 1, (off_t)bit / 8), 1);
		byte ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)bit / 8), 1);
		close(fd);
		reopen(f);
		assert_int_equal(f->damage.files_lost, 1);
		assert_int_equal(f->count, 2);
		assert_int_equal(f->seen[1], 9);
		assert_int_equal(access(path, F_OK), 0); /* it stays */
		teardown(state);
	}
	setup(state);
}

static void
a_header_that_vanished_costs_a_file_and_is_told(void **state)
{
	struct fixture *f = *state;
	const uint8_t zeros[512] = { 0 };
	char path[4096];
	int fd;

	append(f, 9);
	fd = open_nth(f, 0, path);
	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), sizeof(zeros));
	close(fd);
	reopen(f);
	assert_int_equal(f->damage.files_lost, 1);
	assert_int_equal(f->count, 2);
	assert_int_equal(access(path, F_OK), 0); /* it stays */
}

static void
a_file_that_was_never_finished_goes(void **state)
{
	struct fixture *f = *state;
	uint8_t zeros[5000] = { 0 };
	char path[4096];
	int fd;

	append(f, 1);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/log/beef%d", f->dir, i);
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		assert_true(write(fd, zeros, i == 0 ? 0 : 5000) >= 0);
		close(fd);
	}
	snprintf(path, sizeof(path), "%s/log/README", f->dir);
	close(open(path, O_WRONLY | O_CREAT, 0600)); /* none of ours */
	reopen(f);
	expect(f, 1, 1);
	expect_no_damage(f);
	assert_int_equal(files_there(f), 2);
}

static void
a_file_that_is_missing_or_short_is_told(void **state)
{
	struct fixture *f = *state;
	char path[4096];
	int fd;

	append(f, 20); /* seven to a file */
	fd = open_nth(f, 1, path);
	assert_int_equal(ftruncate(fd, 4096 + 3 * 8192 + 100), 0);
	close(fd);
	reopen(f);
	assert_int_equal(f->count, 16);
	assert_int_equal(f->damage.segments_lost, 4);
	/* It is never appended to, nor used again. */
	append(f, 2);
	reopen(f);
	assert_int_equal(f->seen[f->count - 1], 22);
	fd = open_nth(f, 0, path);
	close(fd);
	unlink(path);
	reopen(f);
	assert_int_equal(f->seen[0], 8);
}

static void
of_two_files_with_one_number_one_is_read(void **state)
{
	struct fixture *f = *state;
	uint8_t *copy = calloc(1, FILE_BYTES);
	char path[4096];
	int fd;

	append(f, 9);
	fd = open_nth(f, 0, path);
	assert_int_equal(pread(fd, copy, FILE_BYTES, 0), FILE_BYTES);
	close(fd);
	snprintf(path, sizeof(path), "%s/log/ffff", f->dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, copy, FILE_BYTES), FILE_BYTES);
	close(fd);
	free(copy);
	reopen(f);
	expect(f, 1, 9);
	assert_int_equal(f->damage.files_lost, 1);
	assert_int_equal(access(path, F_OK), 0);
}

/* All files but the one being written are dead and known to rows. */
static size_t
let_go(struct fixture *f)
{
	size_t gone;

	journal_lock(f->j);
	journal_mark_dead(f->j, 1);
	gone = journal_let_go(f->j, 0);
	journal_unlock(f->j);
	return gone;
}

static void
a_file_used_again_shows_nothing_of_its_earlier_life(void **state)
{
	struct fixture *f = *state;
	uint64_t next;
	size_t files = 0;

	append(f, 8); /* the first is full */
	for (int i = 0; i < 30; i++) {
		next = journal_next_segment(f->j);
		assert_int_equal(let_go(f), 1);
		assert_status(STATUS_OK, journal_care(f->j));
		append(f, 1);
		/* What follows in this file is stale, and whole. */
		reopen(f);
		expect_no_damage(f);
		assert_int_equal(f->seen[f->count - 1], next);
		assert_int_equal(f->seen[0] + f->count - 1, next);
		append(f, 6);
		if (i == 3)
			files = files_there(f);
		if (i > 3)
			assert_true(files_there(f) <= files);
	}
	assert_true(journal_next_segment(f->j) > 200);
}

static void
a_number_is_never_used_twice_though_all_files_go(void **state)
{
	struct fixture *f = *state;
	uint64_t next;

	append(f, 8);
	next = journal_next_segment(f->j);
	journal_lock(f->j);
	journal_give_up(f->j);
	journal_unlock(f->j);
	assert_int_equal(let_go(f), 2);
	assert_status(STATUS_OK, journal_care(f->j));
	append(f, 1);
	reopen(f);
	assert_int_equal(f->seen[f->count - 1], next);
	expect_no_damage(f);
}

static void
what_is_alive_held_pinned_or_unknown_to_rows_stays(void **state)
{
	struct fixture *f = *state;
	struct journal_file *held;
	uint64_t position;

	append(f, 15); /* two are full */
	reopen(f);
	position = f->positions[0];
	journal_lock(f->j);
	journal_count(f->j, position, 10);
	assert_int_equal(journal_dead(f->j), 1);
	journal_mark_dead(f->j, 5);
	assert_int_equal(journal_let_go(f->j, 5), 0); /* no row yet */
	assert_int_equal(journal_let_go(f->j, 3), 0);
	journal_pin(f->j);
	assert_int_equal(journal_dead(f->j), 0);
	assert_int_equal(journal_let_go(f->j, 6), 0);
	journal_unpin(f->j);
	assert_int_equal(journal_let_go(f->j, 6), 1); /* the second */
	held = journal_hold(f->j, position);
	assert_non_null(held);
	journal_uncount(f->j, position, 10);
	journal_mark_dead(f->j, 7);
	assert_int_equal(journal_let_go(f->j, 0), 0);
	journal_release(f->j, held);
	assert_int_equal(journal_let_go(f->j, 0), 1);
	assert_null(journal_hold(f->j, position));
	journal_unlock(f->j);
}

static void
a_full_disk_refuses_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	size_t stored = 0;

	append(f, 1);
	disk_is_full = true;
	while (append_one(f) == STATUS_OK)
		assert_true(++stored < 20);
	assert_status(STATUS_NO_SPACE, append_one(f));
	assert_false(journal_is_broken(f->j));
	disk_is_full = false;
	append(f, 1);
	reopen(f);
	expect(f, 1, stored + 2);
	expect_no_damage(f);
}

static void
what_does_not_fit_a_file_gets_one_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct segment_plan plan = { .number = 0 };
	struct journal_room room;

	append(f, 1);
	assert_status(
	    STATUS_OK, journal_prepare(f->j, JOURNAL_SEGMENT_BYTES, &room));
	plan.number = journal_next_segment(f->j);
	plan.place = room.place;
	(void)segment_write(&plan, &room.key, room.data);
	assert_status(STATUS_OK, journal_append(f->j, JOURNAL_SEGMENT_BYTES));
	append(f, 1);
	journal_lock(f->j);
	assert_int_equal(journal_dead(f->j), 2);
	journal_unlock(f->j);
	let_go(f);
	assert_status(STATUS_OK, journal_care(f->j));
	assert_true(files_there(f) <= 3);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_appended_is_read_in_order),
		CASE(a_torn_end_is_no_damage_and_is_written_over),
		CASE(a_flipped_bit_costs_one_segment_and_is_told),
		cmocka_unit_test_teardown(
		    a_header_that_is_wrong_costs_a_file_and_is_told, teardown),
		CASE(a_header_that_vanished_costs_a_file_and_is_told),
		CASE(a_file_that_was_never_finished_goes),
		CASE(a_file_that_is_missing_or_short_is_told),
		CASE(of_two_files_with_one_number_one_is_read),
		CASE(a_file_used_again_shows_nothing_of_its_earlier_life),
		CASE(a_number_is_never_used_twice_though_all_files_go),
		CASE(what_is_alive_held_pinned_or_unknown_to_rows_stays),
		CASE(a_full_disk_refuses_and_changes_nothing),
		CASE(what_does_not_fit_a_file_gets_one_of_its_own),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
