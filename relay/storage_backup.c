/* storage_backup.c - holding still what a backup copies. */
#include "relay/storage_backup.h"
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
storage_extents(struct storage *s, struct journal_extent **list, size_t *count)
{
	return journal_extents(s->journal, list, count);
}
