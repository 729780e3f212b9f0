#include "store/relay/journal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/log.h"
#include "store/relay/journal_private.h"

enum {
	JOURNAL_FIRST_FILES = 16,
	JOURNAL_ROOM_KEPT = 1024 * 1024, /* between two appends */
};

enum status
journal_failed(const char *what, int error)
{
	if (error == ENOMEM)
		return STATUS_NOMEM;
	if (error == ENOSPC || error == EDQUOT) {
		/* It may come with every message: journal_make() warns. */
		log_event(LOG_LEVEL_DEBUG, "journal-no-space", "what=%s", what);
		return STATUS_NO_SPACE;
	}
	log_event(LOG_LEVEL_ERROR, "journal-failed", "what=%s reason=\"%s\"",
	    what, strerror(error));
	return STATUS_IO;
}

enum status
journal_pwrite(int fd, const uint8_t *from, size_t len, off_t at, int *error)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, from, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*error = n < 0 ? errno : EIO;
			return STATUS_IO;
		}
		from += n;
		at += n;
		len -= (size_t)n;
	}
	return STATUS_OK;
}

enum status
journal_pread(int fd, uint8_t *to, size_t len, off_t at, size_t *got)
{
	*got = 0;
	while (*got < len) {
		ssize_t n = pread(fd, to + *got, len - *got, at + (off_t)*got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return journal_failed("read", errno);
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return STATUS_OK;
}

void
journal_files_put(struct journal_files *list, struct journal_file *f)
{
	f->next = NULL;
	if (list->last != NULL)
		list->last->next = f;
	else
		list->first = f;
	list->last = f;
	list->count++;
}

struct journal_file *
journal_files_take(struct journal_files *list)
{
	struct journal_file *f = list->first;

	if (f == NULL)
		return NULL;
	list->first = f->next;
	if (list->first == NULL)
		list->last = NULL;
	list->count--;
	return f;
}

void
journal_lock(struct journal *j)
{
	int rc = pthread_mutex_lock(&j->lock);

	assert(rc == 0);
}

void
journal_unlock(struct journal *j)
{
	int rc = pthread_mutex_unlock(&j->lock);

	assert(rc == 0);
}

uint64_t
journal_next_segment(const struct journal *j)
{
	return j->next_segment;
}

void
journal_set_next_segment(struct journal *j, uint64_t next)
{
	if (j->next_segment < next)
		j->next_segment = next;
}

bool
journal_is_broken(const struct journal *j)
{
	return atomic_load(&j->broken);
}

enum status
journal_reserve(struct journal *j)
{
	size_t cap = j->cap > 0 ? j->cap * 2 : JOURNAL_FIRST_FILES;
	struct journal_file **fresh;

	if (j->count < j->cap)
		return STATUS_OK;
	fresh = calloc(cap, sizeof(struct journal_file *));
	if (fresh == NULL)
		return STATUS_NOMEM;
	if (j->count > 0)
		memcpy(fresh, j->files, j->count * sizeof(*fresh));
	free(j->files);
	j->files = fresh;
	j->cap = cap;
	return STATUS_OK;
}

void
journal_seal(struct journal *j)
{
	struct journal_file *f = j->active;

	if (f == NULL)
		return;
	j->active = NULL;
	if (f->alive == 0)
		j->dead++;
	journal_rest_file(j, f);
}

void
journal_give_up(struct journal *j)
{
	if (j->active != NULL && j->active->alive == 0)
		journal_seal(j);
}

/* The lock is held.  NOT_FOUND: no spare is large enough. */
static enum status
journal_take_spare(struct journal *j, size_t bytes)
{
	struct journal_file *f = j->spares.first;
	enum status st;

	/* One that is too small goes unused: they are taken by number. */
	while (f != NULL && f->bytes - JOURNAL_PAGE_BYTES < bytes) {
		journal_files_put(&j->old, journal_files_take(&j->spares));
		f = j->spares.first;
	}
	if (f == NULL)
		return STATUS_NOT_FOUND;
	st = journal_reserve(j);
	if (st != STATUS_OK)
		return st;
	journal_seal(j);
	(void)journal_files_take(&j->spares);
	f->end = JOURNAL_PAGE_BYTES;
	j->files[j->count++] = f;
	j->active = f;
	j->open++;
	return STATUS_OK;
}

static enum status
journal_make_room(struct journal *j, size_t bytes)
{
	if (bytes <= j->room_bytes)
		return STATUS_OK;
	free(j->room);
	j->room_bytes = 0;
	j->room = calloc(1, bytes);
	if (j->room == NULL)
		return STATUS_NOMEM;
	j->room_bytes = bytes;
	return STATUS_OK;
}

static size_t
journal_pages(size_t bytes)
{
	return (bytes + JOURNAL_PAGE_BYTES - 1) / JOURNAL_PAGE_BYTES *
	       JOURNAL_PAGE_BYTES;
}

/* Goes on to a file with room; somebody else may be making one just now. */
static enum status
journal_next_file(struct journal *j, size_t bytes)
{
	enum status st = STATUS_OK;

	while (st == STATUS_OK) {
		journal_lock(j);
		st = journal_take_spare(j, bytes);
		journal_unlock(j);
		if (st != STATUS_NOT_FOUND)
			return st;
		st = journal_make(j, bytes + JOURNAL_PAGE_BYTES);
	}
	return st;
}

enum status
journal_prepare(struct journal *j, size_t bytes, struct journal_room *room)
{
	const size_t padded = journal_pages(bytes);
	enum status st;

	assert(padded <= JOURNAL_SEGMENT_BYTES);
	st = journal_make_room(j, padded);
	if (st != STATUS_OK)
		return st;
	if (j->active == NULL || j->active->bytes - j->active->end < padded)
		st = journal_next_file(j, padded);
	if (st != STATUS_OK)
		return st;
	*room = (struct journal_room){
		.data = j->room,
		.position = journal_position(j->active) + j->active->end,
		.place = j->active->end,
		.key = j->active->key,
	};
	return STATUS_OK;
}

/* Any error but a full disk ends all writing. */
static enum status
journal_write(struct journal *j, const struct journal_file *f, size_t padded)
{
	int error = 0;

	hook_reach("journal-write-before");
	if (journal_pwrite(f->fd, j->room, padded, f->end, &error) ==
	    STATUS_OK) {
		hook_reach("journal-written");
		if (fdatasync(f->fd) == 0)
			return STATUS_OK;
		error = errno;
	} else if (error == ENOSPC || error == EDQUOT) {
		return journal_failed("append", error);
	}
	atomic_store(&j->broken, true);
	(void)journal_failed("append", error);
	return STATUS_IO;
}

enum status
journal_append(struct journal *j, size_t bytes)
{
	const size_t padded = journal_pages(bytes);
	enum status st;

	if (journal_is_broken(j))
		return STATUS_IO;
	memset(j->room + bytes, 0, padded - bytes);
	st = journal_write(j, j->active, padded);
	if (st == STATUS_OK) {
		journal_lock(j);
		j->active->end += (uint32_t)padded;
		j->next_segment++;
		j->appended++;
		journal_unlock(j);
		hook_reach("journal-flushed");
	}
	if (j->room_bytes > JOURNAL_ROOM_KEPT) {
		free(j->room);
		j->room = NULL;
		j->room_bytes = 0;
	}
	return st;
}

uint64_t
journal_position(const struct journal_file *f)
{
	return f->number << JOURNAL_FILE_BITS;
}

size_t
journal_file_bytes(const struct journal_file *f)
{
	return f->bytes;
}
