/* storage_copy.c - what it takes to copy a store that serves. */
#include <stdlib.h>
#include <string.h>

#include "relay/storage_private.h"

void
storage_pin(struct storage *s)
{
	journal_lock(s->journal);
	journal_pin(s->journal);
	journal_unlock(s->journal);
}

void
storage_unpin(struct storage *s)
{
	journal_lock(s->journal);
	journal_unpin(s->journal);
	journal_unlock(s->journal);
}

enum status
storage_log_files(
    struct storage *s, struct storage_log_file **files, size_t *count)
{
	struct journal_end *ends = NULL;
	struct storage_log_file *list;
	enum status st;

	journal_lock(s->journal);
	st = journal_ends(s->journal, &ends, count);
	journal_unlock(s->journal);
	if (st != STATUS_OK)
		return st;
	list = calloc(*count + 1, sizeof(*list));
	for (size_t i = 0; list != NULL && i < *count; i++) {
		memcpy(list[i].name, ends[i].name, sizeof(list[i].name));
		list[i].bytes = ends[i].bytes;
	}
	free(ends);
	if (list == NULL)
		return STATUS_NOMEM;
	*files = list;
	return STATUS_OK;
}
