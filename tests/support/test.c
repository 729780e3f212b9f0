#include "tests/support/test.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

void
test_assert_status(enum status expected, enum status got, const char *what,
    const char *file, int line)
{
	if (expected == got)
		return;
	print_error("%s: expected %s, got %s\n", what, status_name(expected),
	    status_name(got));
	_fail(file, line);
}

void
test_assert_bytes(
    struct bytes expected, struct bytes got, const char *file, int line)
{
	if (bytes_equal(expected, got))
		return;
	print_error(
	    "bytes differ: expected %zu, got %zu\n", expected.len, got.len);
	_fail(file, line);
}

char *
scratch_dir_new(void)
{
	const char *base = getenv("TMPDIR");
	char *dir = NULL;

	if (asprintf(&dir, "%s/tacit-test-XXXXXX", base ? base : "/tmp") < 0)
		return NULL;
	if (mkdtemp(dir) == NULL) {
		free(dir);
		return NULL;
	}
	return dir;
}

static int
remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void
scratch_dir_remove(char *dir)
{
	if (dir == NULL)
		return;
	nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(dir);
}
