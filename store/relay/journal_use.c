/* journal_use.c - what of each file is wanted, and which may go. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/relay/journal_private.h"

enum {
	JOURNAL_SPARSE_PART = 4, /* less than a 4th is alive: to be emptied */
	JOURNAL_SLACK_FILES = 8, /* so few are not worth it */
	JOURNAL_YOUNG_FILES = 4, /* the last ones empty by themselves */
};

/* Binary search: numbers rise. */
static struct journal_file *
journal_find(const struct journal *j, uint64_t position)
{
	uint64_t number = position >> JOURNAL_FILE_BITS;
	size_t low = 0;
	size_t high = j->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (j->files[middle]->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == j->count || j->files[low]->number != number)
		return NULL;
	return j->files[low];
}

void
journal_count(struct journal *j, uint64_t position, size_t bytes)
{
	struct journal_file *f = journal_find(j, position);

	assert(f != NULL);
	if (f->alive++ == 0 && f != j->active)
		j->dead--;
	f->died = 0;
	f->alive_bytes += bytes + SEGMENT_ITEM_BYTES;
	j->alive_bytes += bytes + SEGMENT_ITEM_BYTES;
}

void
journal_uncount(struct journal *j, uint64_t position, size_t bytes)
{
	struct journal_file *f = journal_find(j, position);

	assert(f != NULL && f->alive > 0);
	if (--f->alive == 0 && f != j->active)
		j->dead++;
	f->alive_bytes -= bytes + SEGMENT_ITEM_BYTES;
	j->alive_bytes -= bytes + SEGMENT_ITEM_BYTES;
}

enum status
journal_wake_file(struct journal *j, struct journal_file *f)
{
	if (f->fd >= 0)
		return STATUS_OK;
	f->fd = openat(j->dir_fd, f->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (f->fd < 0)
		return journal_failed("open-again", errno);
	j->open++;
	return STATUS_OK;
}

void
journal_rest_file(struct journal *j, struct journal_file *f)
{
	if (j->open <= JOURNAL_OPEN || f->holds > 0 || f == j->active ||
	    f->fd < 0)
		return;
	close(f->fd);
	f->fd = JOURNAL_FD_NONE;
	j->open--;
}

struct journal_file *
journal_hold(struct journal *j, uint64_t position)
{
	struct journal_file *f = journal_find(j, position);

	if (f == NULL || journal_wake_file(j, f) != STATUS_OK)
		return NULL;
	f->holds++;
	return f;
}

void
journal_release(struct journal *j, struct journal_file *f)
{
	assert(f->holds > 0);
	f->holds--;
	journal_rest_file(j, f);
}

enum status
journal_read(const struct journal_file *f, uint32_t place, size_t len, void *to)
{
	size_t got;
	enum status st = journal_pread(f->fd, to, len, place, &got);

	if (st == STATUS_OK && got < len)
		st = journal_failed("read-short", EIO);
	return st;
}

void
journal_mark_dead(struct journal *j, uint64_t now)
{
	for (size_t i = 0; i < j->count && j->dead > 0; i++) {
		struct journal_file *f = j->files[i];

		if (f != j->active && f->alive == 0 && f->died == 0)
			f->died = now;
	}
}

size_t
journal_let_go(struct journal *j, uint64_t oldest)
{
	size_t kept = 0;
	size_t before = j->count;

	if (j->pins > 0 || j->dead == 0)
		return 0;
	for (size_t i = 0; i < before; i++) {
		struct journal_file *f = j->files[i];

		if (f == j->active || f->alive > 0 || f->holds > 0 ||
		    f->died == 0 || (oldest != 0 && oldest <= f->died)) {
			j->files[kept++] = f;
			continue;
		}
		j->dead--;
		j->open -= f->fd >= 0;
		if (f->usual && j->spares.count + j->old.count < JOURNAL_SPARES)
			journal_files_put(&j->old, f);
		else
			journal_files_put(&j->gone, f);
	}
	j->count = kept;
	return before - kept;
}

size_t
journal_dead(const struct journal *j)
{
	return j->pins == 0 ? j->dead : 0;
}

void
journal_pin(struct journal *j)
{
	j->pins++;
}

void
journal_unpin(struct journal *j)
{
	assert(j->pins > 0);
	j->pins--;
}

void
journal_usage(struct journal *j, struct journal_use *use)
{
	*use = (struct journal_use){
		.files = j->total,
		.bytes = j->bytes,
		.alive_bytes = j->alive_bytes,
		.dead = j->dead,
		.segments = j->appended,
	};
}

bool
journal_is_crowded(const struct journal *j)
{
	uint64_t files =
	    j->count > JOURNAL_SLACK_FILES ? j->count - JOURNAL_SLACK_FILES : 0;

	return files * j->file_bytes > j->alive_bytes * JOURNAL_SPARSE_PART &&
	       j->looked != j->next_number;
}

struct journal_file *
journal_sparse(struct journal *j)
{
	if (j->count <= JOURNAL_SLACK_FILES)
		return NULL;
	for (size_t i = 0; i + JOURNAL_YOUNG_FILES < j->count; i++) {
		struct journal_file *f = j->files[i];

		if (f->alive == 0 ||
		    f->alive_bytes >= f->bytes / JOURNAL_SPARSE_PART ||
		    journal_wake_file(j, f) != STATUS_OK)
			continue;
		f->holds++;
		return f;
	}
	journal_look_later(j);
	return NULL;
}

void
journal_look_later(struct journal *j)
{
	j->looked = j->next_number;
}
