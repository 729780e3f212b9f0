/* journal_files.c - how a file of the journal comes, is used again, and goes.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hook.h"
#include "base/log.h"
#include "base/random.h"
#include "store/relay/journal_private.h"

enum {
	HEADER_MAGIC = 0x544c4f47, /* "TLOG" */
	HEADER_FORMAT = 1,
	HEADER_KEY_AT = 28,
	HEADER_SUM_AT = HEADER_KEY_AT + SEGMENT_KEY_BYTES,
	HEADER_BYTES = HEADER_SUM_AT + SEGMENT_SUM_BYTES,
	FLUSH_BYTES = 1024 * 1024, /* while a file is made */
};

static void
header_sum(const uint8_t *header, uint8_t sum[SEGMENT_SUM_BYTES])
{
	/* Told from chance alone: the key that matters is in it. */
	static const uint8_t key[SEGMENT_KEY_BYTES] = { 0 };

	crypto_shorthash_siphashx24(sum, header, HEADER_SUM_AT, key);
}

/* Smaller than any disk's sector: it is there in full or not at all. */
enum status
journal_header_write(const struct journal_file *f)
{
	uint8_t header[HEADER_BYTES];
	int error;

	store_u32(header, HEADER_MAGIC);
	store_u32(header + 4, HEADER_FORMAT);
	store_u64(header + 8, f->number);
	store_u32(header + 16, (uint32_t)f->bytes);
	store_u64(header + 20, f->segment);
	memcpy(header + HEADER_KEY_AT, f->key.raw, SEGMENT_KEY_BYTES);
	header_sum(header, header + HEADER_SUM_AT);
	if (journal_pwrite(f->fd, header, sizeof(header), 0, &error) !=
	    STATUS_OK)
		return journal_failed("header", error);
	return fdatasync(f->fd) == 0 ? STATUS_OK
				     : journal_failed("header-sync", errno);
}

/* A header is on disk before the first segment: no segment, and it never was.
 */
static bool
is_unused(const struct journal_file *f)
{
	uint8_t magic[4] = { 0 };
	size_t got;

	return journal_pread(f->fd, magic, sizeof(magic), JOURNAL_PAGE_BYTES,
		   &got) == STATUS_OK &&
	       load_u32(magic) == 0;
}

enum status
journal_header_read(struct journal_file *f)
{
	static const uint8_t zeros[HEADER_BYTES] = { 0 };
	uint8_t header[HEADER_BYTES];
	uint8_t sum[SEGMENT_SUM_BYTES];
	size_t got;
	enum status st = journal_pread(f->fd, header, sizeof(header), 0, &got);

	if (st != STATUS_OK)
		return st;
	if (memcmp(header, zeros, got) == 0)
		return is_unused(f) ? STATUS_NOT_FOUND : STATUS_CRYPTO;
	if (got < sizeof(header))
		return STATUS_CRYPTO;
	header_sum(header, sum);
	if (memcmp(sum, header + HEADER_SUM_AT, sizeof(sum)) != 0 ||
	    load_u32(header) != HEADER_MAGIC ||
	    load_u32(header + 4) != HEADER_FORMAT)
		return STATUS_CRYPTO;
	f->number = load_u64(header + 8);
	if (f->number == 0 || f->number > UINT64_MAX >> JOURNAL_FILE_BITS)
		return STATUS_CRYPTO;
	f->usual = f->bytes == load_u32(header + 16);
	f->segment = load_u64(header + 20);
	memcpy(f->key.raw, header + HEADER_KEY_AT, SEGMENT_KEY_BYTES);
	return STATUS_OK;
}

void
journal_file_free(struct journal_file *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

/*
 * All of it is written, so that appending later changes data alone: page by
 * page, since the kernel keeps together what was written at once, and would
 * count all of that as changed by an append of one page.
 */
static int
fill(int fd, size_t bytes)
{
	static const uint8_t zeros[JOURNAL_PAGE_BYTES] = { 0 };
	int error = 0;

	for (size_t at = 0; error == 0 && at < bytes; at += sizeof(zeros)) {
		size_t left = bytes - at;

		(void)journal_pwrite(fd, zeros,
		    left < sizeof(zeros) ? left : sizeof(zeros), (off_t)at,
		    &error);
		/* Bit by bit, so that an append in between does not wait. */
		if (error == 0 && at % FLUSH_BYTES == 0 && fdatasync(fd) != 0)
			error = errno;
	}
	if (error == 0 && fsync(fd) != 0)
		error = errno;
	return error;
}

/* A name that is free; its number says nothing. */
static int
create(struct journal *j, uint64_t number, struct journal_file *f)
{
	do {
		snprintf(f->name, sizeof(f->name), "%08llx",
		    (unsigned long long)number++);
		f->fd = openat(j->dir_fd, f->name,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} while (f->fd < 0 && errno == EEXIST);
	return f->fd < 0 ? errno : 0;
}

static enum status
journal_create(struct journal *j, size_t bytes, uint64_t number,
    struct journal_file **file)
{
	struct journal_file *f = calloc(1, sizeof(*f));
	enum status st = STATUS_OK;
	int error;

	if (f == NULL)
		return STATUS_NOMEM;
	f->fd = JOURNAL_FD_NONE;
	f->bytes = bytes;
	f->usual = bytes == j->file_bytes;
	error = create(j, number, f);
	hook_reach("journal-file-created");
	if (error == 0) {
		/* Room for all of it, or none; not all file systems can. */
		error = posix_fallocate(f->fd, 0, (off_t)bytes);
		if (error != ENOSPC && error != EDQUOT)
			error = fill(f->fd, bytes);
	}
	if (error == 0 && fsync(j->dir_fd) != 0)
		error = errno;
	if (error != 0)
		st = journal_failed("create", error);
	if (st == STATUS_OK) {
		*file = f;
		return STATUS_OK;
	}
	if (f->fd >= 0)
		(void)unlinkat(j->dir_fd, f->name, 0);
	journal_file_free(f);
	return st;
}

static size_t
usual_bytes(const struct journal *j, size_t least)
{
	if (least <= j->file_bytes)
		return j->file_bytes;
	return (least + JOURNAL_PAGE_BYTES - 1) / JOURNAL_PAGE_BYTES *
	       JOURNAL_PAGE_BYTES;
}

/* Not in the table any more: its descriptor is not counted. */
static enum status
reopen(const struct journal *j, struct journal_file *f)
{
	if (f->fd < 0)
		f->fd =
		    openat(j->dir_fd, f->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return f->fd >= 0 ? STATUS_OK : journal_failed("open-again", errno);
}

static enum status
make_ready(struct journal_file *f, uint64_t number, uint64_t segment)
{
	enum status st;

	f->number = number;
	f->segment = segment;
	f->alive = 0;
	f->alive_bytes = 0;
	f->died = 0;
	f->end = JOURNAL_PAGE_BYTES;
	random_bytes(f->key.raw, sizeof(f->key.raw));
	hook_reach("journal-file-header");
	st = journal_header_write(f);
	hook_reach("journal-file-ready");
	return st;
}

/* The lock is held.  A log must not fill the disk further. */
static void
no_space(struct journal *j, bool is_so)
{
	int64_t now_ms = clock_mono_ms();

	j->retry_ms = is_so ? now_ms + JOURNAL_RETRY_MS : 0;
	if (!is_so ||
	    (j->warned_ms != 0 && now_ms - j->warned_ms < JOURNAL_WARN_MS))
		return;
	j->warned_ms = now_ms;
	log_event(LOG_LEVEL_WARN, "journal-no-space", "file_bytes=%zu",
	    j->file_bytes);
}

/*
 * The number is taken before anything is written, and not again when that
 * fails: what is on disk then is of no number that is ever used.  OK also when
 * somebody else has just tried: the caller looks again.
 */
enum status
journal_make(struct journal *j, size_t least_bytes)
{
	const size_t bytes = usual_bytes(j, least_bytes);
	struct journal_file *f = NULL;
	bool fresh;
	uint64_t number;
	uint64_t segment;
	enum status st = STATUS_OK;

	journal_lock(j);
	if (j->making) {
		/* Numbers are to be ready in order: wait, and look again. */
		while (j->making)
			(void)pthread_cond_wait(&j->made, &j->lock);
		journal_unlock(j);
		return STATUS_OK;
	}
	j->making = true;
	number = j->next_number++;
	segment = j->next_segment;
	if (bytes == j->file_bytes && j->pins == 0)
		f = journal_files_take(&j->old);
	journal_unlock(j);
	fresh = f == NULL;
	if (!fresh)
		st = reopen(j, f);
	else
		st = journal_create(j, bytes, number, &f);
	if (st == STATUS_OK)
		st = make_ready(f, number, segment);
	journal_lock(j);
	if (f != NULL) {
		j->total += fresh;
		j->bytes += fresh ? f->bytes : 0;
		journal_files_put(st == STATUS_OK ? &j->spares : &j->gone, f);
	}
	no_space(j, st == STATUS_NO_SPACE);
	j->making = false;
	(void)pthread_cond_broadcast(&j->made);
	journal_unlock(j);
	return st;
}

static struct journal_file *
take_gone(struct journal *j)
{
	struct journal_file *f;

	journal_lock(j);
	f = j->pins == 0 ? journal_files_take(&j->gone) : NULL;
	if (f != NULL) {
		j->total--;
		j->bytes -= f->bytes;
	}
	journal_unlock(j);
	return f;
}

static bool
wants_spare(const struct journal *j)
{
	if (j->spares.count >= JOURNAL_SPARES || j->making ||
	    (j->retry_ms != 0 && clock_mono_ms() < j->retry_ms))
		return false;
	return (j->old.count > 0 && j->pins == 0) ||
	       (j->spares.count == 0 &&
		   (j->active == NULL ||
		       j->active->end > j->active->bytes / 2));
}

bool
journal_wants_care(struct journal *j)
{
	bool wants;

	journal_lock(j);
	wants = (j->gone.count > 0 && j->pins == 0) || wants_spare(j);
	journal_unlock(j);
	return wants;
}

enum status
journal_care(struct journal *j)
{
	struct journal_file *f;
	bool wants;

	while ((f = take_gone(j)) != NULL) {
		if (unlinkat(j->dir_fd, f->name, 0) != 0)
			(void)journal_failed("remove", errno);
		journal_file_free(f);
		hook_reach("journal-file-removed");
	}
	journal_lock(j);
	wants = wants_spare(j);
	journal_unlock(j);
	return wants ? journal_make(j, 0) : STATUS_OK;
}
