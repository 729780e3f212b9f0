/* journal_open.c - the journal itself comes and goes; its files are another
 * matter (journal_load.c, journal_files.c). */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/relay/journal_private.h"

enum { JOURNAL_LEAST_BYTES = 4 * JOURNAL_PAGE_BYTES };

static enum status
open_directory(struct journal *j, const char *dir)
{
	int above = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status st = STATUS_OK;

	if (above < 0)
		return journal_failed("directory", errno);
	if (mkdirat(above, "log", 0700) == 0) {
		if (fsync(above) != 0)
			st = journal_failed("directory", errno);
	} else if (errno != EEXIST) {
		st = journal_failed("directory", errno);
	}
	if (st == STATUS_OK) {
		j->dir_fd = openat(above, "log",
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (j->dir_fd < 0)
			st = journal_failed("directory", errno);
	}
	close(above);
	return st;
}

enum status
journal_open(const char *dir, size_t file_bytes, struct journal **j)
{
	struct journal *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	if (pthread_mutex_init(&fresh->lock, NULL) != 0 ||
	    pthread_cond_init(&fresh->made, NULL) != 0) {
		free(fresh);
		return STATUS_NOMEM;
	}
	fresh->dir_fd = JOURNAL_FD_NONE;
	fresh->file_bytes = file_bytes != 0 ? file_bytes : JOURNAL_FILE_BYTES;
	assert(fresh->file_bytes >= JOURNAL_LEAST_BYTES &&
	       fresh->file_bytes <= JOURNAL_FILE_BYTES &&
	       fresh->file_bytes % JOURNAL_PAGE_BYTES == 0);
	fresh->next_segment = 1;
	fresh->next_number = 1;
	st = open_directory(fresh, dir);
	if (st != STATUS_OK) {
		journal_close(fresh);
		return st;
	}
	*j = fresh;
	return STATUS_OK;
}

static void
free_list(struct journal_files *list)
{
	struct journal_file *f;

	while ((f = journal_files_take(list)) != NULL)
		journal_file_free(f);
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	for (size_t i = 0; i < j->count; i++)
		journal_file_free(j->files[i]);
	free_list(&j->spares);
	free_list(&j->old);
	free_list(&j->gone);
	free(j->files);
	free(j->room);
	if (j->dir_fd >= 0)
		close(j->dir_fd);
	(void)pthread_cond_destroy(&j->made);
	(void)pthread_mutex_destroy(&j->lock);
	free(j);
}
