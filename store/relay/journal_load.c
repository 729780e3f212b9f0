/* journal_load.c - what a start reads, and how the end is made sure of. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/relay/journal_private.h"

static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < JOURNAL_NAME_BYTES &&
	       strspn(name, "0123456789abcdef") == len;
}

/* NOT_FOUND: not one of ours, or never finished; then it goes. */
static enum status
open_file(struct journal *j, const char *name, struct journal_file **file)
{
	struct journal_file *f = calloc(1, sizeof(*f));
	enum status st = STATUS_OK;
	struct stat stat;

	if (f == NULL)
		return STATUS_NOMEM;
	memcpy(f->name, name, strlen(name) + 1);
	f->fd = openat(j->dir_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &stat) != 0)
		st = journal_failed("open", errno);
	if (st == STATUS_OK && !S_ISREG(stat.st_mode))
		st = STATUS_CRYPTO;
	if (st == STATUS_OK) {
		/* What lies beyond has no position. */
		f->bytes = stat.st_size < JOURNAL_FILE_BYTES
			       ? (size_t)stat.st_size
			       : JOURNAL_FILE_BYTES;
		st = journal_header_read(f);
	}
	if (st == STATUS_OK) {
		*file = f;
		return STATUS_OK;
	}
	if (st == STATUS_NOT_FOUND && unlinkat(j->dir_fd, name, 0) != 0)
		(void)journal_failed("remove", errno);
	journal_file_free(f);
	return st;
}

static enum status
keep_file(struct journal *j, struct journal_file *f)
{
	enum status st = journal_reserve(j);

	if (st != STATUS_OK) {
		journal_file_free(f);
		return st;
	}
	j->files[j->count++] = f;
	j->total++;
	j->bytes += f->bytes;
	j->open++;
	journal_rest_file(j, f);
	return STATUS_OK;
}

static enum status
open_files(struct journal *j, DIR *dir, size_t *lost)
{
	struct dirent *entry;
	enum status st = STATUS_OK;

	while (st == STATUS_OK && (entry = readdir(dir)) != NULL) {
		struct journal_file *f = NULL;

		if (!is_name(entry->d_name))
			continue;
		st = open_file(j, entry->d_name, &f);
		if (st == STATUS_OK) {
			st = keep_file(j, f);
		} else if (st == STATUS_CRYPTO) {
			/* It stays, for whoever can make sense of it. */
			log_event(LOG_LEVEL_ERROR, "journal-file-damaged",
			    "name=%s", entry->d_name);
			(*lost)++;
			st = STATUS_OK;
		} else if (st == STATUS_NOT_FOUND) {
			st = STATUS_OK;
		}
	}
	return st;
}

static int
by_number(const void *a, const void *b)
{
	const struct journal_file *one = *(struct journal_file *const *)a;
	const struct journal_file *two = *(struct journal_file *const *)b;

	if (one->number == two->number)
		return strcmp(one->name, two->name);
	return one->number < two->number ? -1 : 1;
}

/* Of two with one number the second stays on disk and is not looked at. */
static void
sort_files(struct journal *j, size_t *lost)
{
	size_t kept = 0;

	if (j->count == 0)
		return;
	qsort(j->files, j->count, sizeof(struct journal_file *), by_number);
	for (size_t i = 0; i < j->count; i++) {
		struct journal_file *f = j->files[i];

		if (kept == 0 || j->files[kept - 1]->number != f->number) {
			j->files[kept++] = f;
			continue;
		}
		log_event(
		    LOG_LEVEL_ERROR, "journal-file-twice", "name=%s", f->name);
		(*lost)++;
		j->open -= f->fd >= 0;
		journal_file_free(f);
	}
	j->count = kept;
	j->next_number = j->files[kept - 1]->number + 1;
}

/* A directory of its own, since reading moves along in it. */
static enum status
each_name(struct journal *j, DIR **dir)
{
	int fd = openat(j->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (*dir != NULL)
		return STATUS_OK;
	if (fd >= 0)
		close(fd);
	return journal_failed("list", errno);
}

enum status
journal_empty(struct journal *j)
{
	struct dirent *entry;
	DIR *dir;
	enum status st = each_name(j, &dir);

	if (st != STATUS_OK)
		return st;
	while (st == STATUS_OK && (entry = readdir(dir)) != NULL)
		if (is_name(entry->d_name) &&
		    unlinkat(j->dir_fd, entry->d_name, 0) != 0)
			st = journal_failed("remove", errno);
	closedir(dir);
	return st;
}

struct loading {
	struct journal *j;
	journal_take *take;
	void *arg;
	struct journal_damage *damage;
	uint64_t before;   /* number of the file before this one */
	bool first;        /* none of this file has been seen */
	uint32_t last;     /* place of the last segment in this file */
	size_t last_bytes; /* of it */
};

/* Of the file before it everything is here as well, whatever it was. */
static bool
follows(const struct loading *l, const struct journal_file *f)
{
	return l->before != 0 && f->number == l->before + 1;
}

/* Numbers have gaps only where a whole file has gone. */
static void
load_count_lost(struct loading *l, const struct journal_file *f,
    const struct segment *s, bool skipped)
{
	const uint64_t next = l->j->next_segment;
	if (skipped && s->number == next)
		l->damage->segments_lost++;
	else if (s->number > next && (!l->first || follows(l, f)))
		l->damage->segments_lost += s->number - next;
}

static enum status
load_segment(struct loading *l, struct journal_file *f,
    const struct journal_cursor *c, const struct segment *s)
{
	enum status st;

	if (s->number < l->j->next_segment)
		return STATUS_OK; /* a number that is taken: no segment */
	load_count_lost(l, f, s, c->skipped);
	st = l->take(l->arg, s, journal_position(f) + s->place);
	if (st != STATUS_OK && st != STATUS_IO)
		return st;
	if (st == STATUS_IO)
		l->damage->segments_lost++;
	l->j->next_segment = s->number + 1;
	l->first = false;
	l->last = s->place;
	l->last_bytes = c->place - s->place;
	return STATUS_OK;
}

static enum status
load_file(struct loading *l, struct journal_file *f)
{
	uint64_t lost = l->damage->segments_lost;
	struct journal_cursor c;
	struct segment s;
	uint32_t end = 0;
	enum status st = STATUS_OK;

	/* Whatever was below is gone, and known to rows. */
	if (!follows(l, f))
		journal_set_next_segment(l->j, f->segment);
	l->first = true;
	journal_cursor_open(f, &c);
	for (;;) {
		st = journal_cursor_next(&c, &s);
		if (st != STATUS_OK)
			break;
		st = load_segment(l, f, &c, &s);
		if (st != STATUS_OK)
			break;
		end = c.place;
	}
	journal_cursor_close(&c);
	f->end = end;
	/* What follows damage is not a place to go on. */
	if (l->damage->segments_lost != lost)
		f->usual = false;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

/* The same bytes once more; without them on disk nothing is served. */
static enum status
load_settle(struct loading *l, const struct journal_file *f)
{
	uint8_t *copy = calloc(1, l->last_bytes);
	enum status st = copy != NULL ? STATUS_OK : STATUS_NOMEM;
	int error;

	if (st == STATUS_OK)
		st = journal_read(f, l->last, l->last_bytes, copy);
	if (st == STATUS_OK && journal_pwrite(f->fd, copy, l->last_bytes,
				   l->last, &error) != STATUS_OK)
		st = journal_failed("settle", error);
	if (st == STATUS_OK)
		st = journal_header_write(f); /* flushes both */
	free(copy);
	return st;
}

/* Files without a segment wait to be made ready under a new number. */
static enum status
load_files(struct loading *l)
{
	struct journal *j = l->j;
	const size_t count = j->count;
	enum status st = STATUS_OK;
	size_t kept = 0;

	/* The table grows with what is read; the rest of it stays behind. */
	for (size_t i = 0; i < count; i++) {
		struct journal_file *f = j->files[i];

		j->files[kept++] = f;
		if (st != STATUS_OK)
			continue; /* to be closed with the others */
		j->count = kept;
		j->dead++;
		st = journal_wake_file(j, f);
		if (st == STATUS_OK)
			st = load_file(l, f);
		l->before = f->number;
		if (st != STATUS_OK || f->end > 0) {
			journal_rest_file(j, f);
			continue;
		}
		j->dead--;
		j->open--;
		j->count = --kept;
		if (f->usual && f->bytes == j->file_bytes &&
		    j->old.count < JOURNAL_SPARES)
			journal_files_put(&j->old, f);
		else
			journal_files_put(&j->gone, f);
	}
	j->count = kept;
	return st;
}

/* The newest file goes on being written, if it is what it should be. */
static void
load_go_on(struct journal *j, struct journal_file *newest)
{
	if (!newest->usual)
		return;
	if (newest->alive == 0)
		j->dead--;
	j->active = newest;
}

enum status
journal_read_all(struct journal *j, journal_take *take, void *arg,
    struct journal_damage *damage)
{
	struct loading l = {
		.j = j,
		.take = take,
		.arg = arg,
		.damage = damage,
	};
	DIR *dir;
	enum status st = each_name(j, &dir);

	*damage = (struct journal_damage){ 0 };
	if (st != STATUS_OK)
		return st;
	st = open_files(j, dir, &damage->files_lost);
	closedir(dir);
	if (st == STATUS_OK) {
		sort_files(j, &damage->files_lost);
		st = load_files(&l);
	}
	if (st == STATUS_OK && j->count > 0) {
		struct journal_file *newest = j->files[j->count - 1];

		st = journal_wake_file(j, newest);
		if (st == STATUS_OK)
			st = load_settle(&l, newest);
		if (st == STATUS_OK)
			load_go_on(j, newest);
	}
	return st;
}
