/* storage_room.c - how much more the store can hold. */
#include "relay/storage_private.h"

enum status
storage_room(const struct storage *s, struct storage_room *room)
{
	struct db_room got;
	enum status st = db_room(s->db, &got);

	if (st != STATUS_OK)
		return st;
	*room = (struct storage_room){
		.map_bytes = got.map_bytes,
		.map_used_bytes = got.map_used_bytes,
		.disk_bytes = got.disk_bytes,
		.disk_free_bytes = got.disk_free_bytes,
	};
	return STATUS_OK;
}
