/*
 * storage_backup.h - what a backup needs of a store at work.
 *
 * While it is pinned no file of the journal is used again, so that what was
 * alive when the database was copied is still there when the files are.
 */
#ifndef TACIT_RELAY_STORAGE_BACKUP_H
#define TACIT_RELAY_STORAGE_BACKUP_H

#include "relay/storage.h"
#include "store/relay/journal_walk.h"

/* Nested; any thread. */
void storage_pin(struct storage *s);
void storage_unpin(struct storage *s);

/* journal_extents() of its journal. */
enum status storage_extents(
    struct storage *s, struct journal_extent **list, size_t *count);

#endif
