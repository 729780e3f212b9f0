/*
 * admin_backup.c - a backup is made by the command; the relay only holds still
 * what it copies, for as long as the command is connected.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "relay/admin_private.h"
#include "relay/storage_backup.h"

static void
unpin(struct admin_call *c)
{
	storage_unpin(c->host->storage);
}

/* Not the last word: it ends with the connection. */
void
admin_backup_hold(struct admin_call *c)
{
	storage_pin(c->host->storage);
	c->leave = unpin;
	admin_say(c, json_pack("{s:s}", "type", "held"));
}

void
admin_backup_files(struct admin_call *c)
{
	struct journal_extent *list = NULL;
	size_t count = 0;
	enum status st = storage_extents(c->host->storage, &list, &count);

	if (st != STATUS_OK) {
		admin_refuse_status(c, st, "listing the journal");
		return;
	}
	for (size_t i = 0; i < count; i++)
		admin_say(
		    c, json_pack("{s:s,s:s,s:I}", "type", "file", "name",
			   list[i].name, "bytes", (json_int_t)list[i].bytes));
	free(list);
	admin_finish(c);
}
