/* talks_rewind.c - a profile is put back to an older copy of itself. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"
#include "tests/support/world/talks.h"

enum { PATH_BYTES = 512, PIECE_BYTES = 64 * 1024 };

static void
close_profile(struct actor *a)
{
	tacit_close(a->t);
	a->t = NULL;
}

static void
copy_file(const char *from, const char *to)
{
	static uint8_t piece[PIECE_BYTES]; /* one thread runs at a time */
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, piece, sizeof(piece))) > 0)
		assert_true(write(out, piece, (size_t)n) == n);
	assert_int_equal(n, 0);
	close(in);
	close(out);
}

/* Each file of a directory: copied, or (to: NULL) removed. */
static void
each_file(const char *dir, const char *to)
{
	char from_path[PATH_BYTES], to_path[PATH_BYTES];
	DIR *d = opendir(dir);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(
		    from_path, sizeof(from_path), "%s/%s", dir, entry->d_name);
		if (to == NULL) {
			assert_int_equal(unlink(from_path), 0);
			continue;
		}
		snprintf(to_path, sizeof(to_path), "%s/%s", to, entry->d_name);
		copy_file(from_path, to_path);
	}
	closedir(d);
}

static void
name_copy(const struct actor *a, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s-copy", a->dir);
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
}

enum tacit_code
talks_copy(struct talks *t, struct actor *a)
{
	char path[PATH_BYTES];

	close_profile(a);
	name_copy(a, path);
	each_file(path, NULL);
	each_file(a->dir, path);
	t->has_copy[a - t->s->actors] = true;
	return TACIT_DONE;
}

enum tacit_code
talks_rewind(struct talks *t, struct actor *a)
{
	size_t who = (size_t)(a - t->s->actors);
	char path[PATH_BYTES];

	if (!t->has_copy[who])
		return talks_copy(t, a);
	close_profile(a);
	name_copy(a, path);
	each_file(a->dir, NULL);
	each_file(path, a->dir);
	t->rewinds++;
	t->epochs[who]++;
	t->behind[who] = true;
	/* What it said since is known to others alone, if to anybody. */
	for (size_t i = 0; i < t->said_count; i++)
		if (t->said[i].by == who)
			t->said[i].composed = false;
	return talks_repair(t, a);
}

static bool
agree(const char *sentence, void *arg)
{
	(void)sentence;
	(void)arg;
	return true;
}

static void
note_finding(const struct tacit_finding *f, void *arg)
{
	const struct actor *a = arg;

	if (strcmp(f->verdict, "ok") != 0)
		stage_note(a->stage, "    %s: %s %s: %s", a->name, f->step,
		    f->verdict, f->message);
}

enum tacit_code
talks_repair(struct talks *t, struct actor *a)
{
	const struct tacit_options options = { .dir = a->dir };
	const struct tacit_doctor how = { .may_repair = agree };
	struct tacit_error e;
	enum tacit_code code;

	close_profile(a);
	code = tacit_doctor(&options, &how, note_finding, a, &e);
	if (code == TACIT_DONE)
		t->behind[a - t->s->actors] = false;
	return code;
}
