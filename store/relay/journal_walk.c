#include "store/relay/journal_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/relay/journal_private.h"

struct files {
	struct journal_file **list;
	size_t count;
};

static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < JOURNAL_NAME_BYTES &&
	       strspn(name, "0123456789abcdef") == len;
}

/* -1 and OK: the store has none. */
static enum status
open_log(const char *dir, int *fd)
{
	int above = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*fd = -1;
	if (above < 0)
		return journal_failed("directory", errno);
	*fd = openat(
	    above, "log", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	close(above);
	if (*fd < 0 && errno != ENOENT)
		return journal_failed("directory", errno);
	return STATUS_OK;
}

static enum status
read_names(DIR *dir, struct journal_extent **list, size_t *count)
{
	enum { FIRST = 64 };
	struct dirent *entry;
	size_t cap = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (!is_name(entry->d_name))
			continue;
		if (*count == cap) {
			size_t more = cap > 0 ? 2 * cap : FIRST;
			struct journal_extent *fresh =
			    calloc(more, sizeof(*fresh));

			if (fresh == NULL)
				return STATUS_NOMEM;
			if (*count > 0)
				memcpy(fresh, *list, *count * sizeof(*fresh));
			free(*list);
			*list = fresh;
			cap = more;
		}
		memcpy((*list)[*count].name, entry->d_name,
		    strlen(entry->d_name) + 1);
		(*list)[(*count)++].bytes = UINT64_MAX;
	}
	return STATUS_OK;
}

enum status
journal_walk_files(const char *dir, struct journal_extent **list, size_t *count)
{
	struct journal_extent *found = NULL;
	size_t found_count = 0;
	enum status st;
	DIR *log;
	int fd;

	st = open_log(dir, &fd);
	if (st == STATUS_OK && fd >= 0) {
		log = fdopendir(fd);
		if (log == NULL) {
			close(fd);
			return STATUS_NOMEM;
		}
		st = read_names(log, &found, &found_count);
		closedir(log);
	}
	if (st != STATUS_OK) {
		free(found);
		return st;
	}
	*list = found;
	*count = found_count;
	return STATUS_OK;
}

enum status
journal_extents(struct journal *j, struct journal_extent **list, size_t *count)
{
	struct journal_extent *fresh;
	enum status st = STATUS_NOMEM;

	journal_lock(j);
	fresh = calloc(j->count + 1, sizeof(*fresh));
	if (fresh != NULL) {
		for (size_t i = 0; i < j->count; i++) {
			memcpy(fresh[i].name, j->files[i]->name,
			    JOURNAL_NAME_BYTES);
			fresh[i].bytes = j->files[i]->end;
		}
		*count = j->count;
		*list = fresh;
		st = STATUS_OK;
	}
	journal_unlock(j);
	return st;
}

/* NOT_FOUND: it was never used.  CRYPTO: it is no file of a journal. */
static enum status
open_file(
    int dir_fd, const char *name, bool writable, struct journal_file **file)
{
	struct journal_file *f = calloc(1, sizeof(*f));
	enum status st = STATUS_OK;
	struct stat s;

	if (f == NULL)
		return STATUS_NOMEM;
	memcpy(f->name, name, strlen(name) + 1);
	f->fd = openat(dir_fd, name,
	    (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &s) != 0)
		st = journal_failed("open", errno);
	else if (!S_ISREG(s.st_mode))
		st = STATUS_CRYPTO;
	if (st == STATUS_OK) {
		f->bytes = s.st_size < JOURNAL_FILE_BYTES ? (size_t)s.st_size
							  : JOURNAL_FILE_BYTES;
		st = journal_header_read(f);
	}
	if (st == STATUS_OK)
		*file = f;
	else
		journal_file_free(f);
	return st;
}

static int
by_number(const void *a, const void *b)
{
	const struct journal_file *one = *(struct journal_file *const *)a;
	const struct journal_file *two = *(struct journal_file *const *)b;

	if (one->number == two->number)
		return 0;
	return one->number < two->number ? -1 : 1;
}

static enum status
open_all(struct journal_walk *w, int dir_fd, struct files *files)
{
	struct journal_extent *names = NULL;
	size_t count = 0;
	enum status st = journal_walk_files(w->dir, &names, &count);

	if (st == STATUS_OK) {
		files->list = calloc(count + 1, sizeof(struct journal_file *));
		st = files->list != NULL ? STATUS_OK : STATUS_NOMEM;
	}
	for (size_t i = 0; i < count && st == STATUS_OK; i++) {
		st = open_file(dir_fd, names[i].name, w->writable,
		    &files->list[files->count]);
		if (st == STATUS_OK)
			files->count++;
		else if (st == STATUS_CRYPTO)
			w->bad_files++;
		if (st == STATUS_CRYPTO || st == STATUS_NOT_FOUND)
			st = STATUS_OK;
	}
	free(names);
	if (st == STATUS_OK && files->count > 0)
		qsort(files->list, files->count, sizeof(struct journal_file *),
		    by_number);
	return st;
}

/* A segment as it is now, in place of the one that it was. */
static enum status
write_back(const struct journal_file *f, uint32_t place, struct bytes bytes)
{
	int error = 0;
	enum status st =
	    journal_pwrite(f->fd, bytes.data, bytes.len, place, &error);

	return st == STATUS_OK ? st : journal_failed("write", error);
}

/*
 * Numbers rise by one, but where a file between two has gone; what stands
 * behind the last one of a file is of an earlier life.
 */
static enum status
walk_file(struct journal_walk *w, const struct journal_file *f, bool follows,
    uint64_t *next)
{
	struct journal_cursor c;
	struct segment s;
	bool first = true, wrote = false;
	enum status st;

	journal_cursor_open(f, &c);
	for (;;) {
		bool changed = false;

		st = journal_cursor_next(&c, &s);
		if (st != STATUS_OK)
			break;
		if (s.number < *next)
			continue;
		if (s.number > *next && (!first || follows))
			w->lost += s.number - *next;
		else if (first && c.skipped)
			w->lost++; /* a file begins with one */
		*next = s.number + 1;
		first = false;
		w->segments++;
		st = w->visit(w->arg, &s, &f->key, c.buffer, &changed);
		if (st == STATUS_OK && changed)
			st = write_back(f, s.place, s.all);
		wrote = wrote || changed;
		if (st != STATUS_OK)
			break;
	}
	journal_cursor_close(&c);
	if (st == STATUS_NOT_FOUND)
		st = STATUS_OK;
	if (st == STATUS_OK && wrote && fdatasync(f->fd) != 0)
		st = journal_failed("flush", errno);
	return st;
}

enum status
journal_walk(struct journal_walk *w)
{
	struct files files = { NULL, 0 };
	uint64_t next = 1, before = 0;
	enum status st;
	int dir_fd;

	w->files = w->bad_files = w->segments = w->lost = 0;
	st = open_log(w->dir, &dir_fd);
	if (st != STATUS_OK || dir_fd < 0)
		return st;
	st = open_all(w, dir_fd, &files);
	for (size_t i = 0; i < files.count && st == STATUS_OK; i++) {
		const struct journal_file *f = files.list[i];

		if (f->number == before) {
			w->bad_files++;
			continue;
		}
		w->files++;
		st = walk_file(
		    w, f, w->segments > 0 && f->number == before + 1, &next);
		before = f->number;
	}
	for (size_t i = 0; i < files.count; i++)
		journal_file_free(files.list[i]);
	free(files.list);
	close(dir_fd);
	return st;
}
