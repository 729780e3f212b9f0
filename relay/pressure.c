#include "relay/pressure.h"

enum {
	OUT_PART = 4, /* of the reserve, that is kept for acknowledgements */
	MAP_LOW_PART = 8,
	MAP_OUT_PART = 16,
};

struct marks {
	uint64_t disk_bytes;
	uint64_t map_bytes;
};

static struct marks
marks_of(enum pressure level, const struct storage_room *room, uint64_t reserve)
{
	if (level == PRESSURE_LOW)
		return (
		    struct marks){ reserve, room->map_bytes / MAP_LOW_PART };
	return (
	    struct marks){ reserve / OUT_PART, room->map_bytes / MAP_OUT_PART };
}

/* Whoever is there leaves only when there is a quarter more. */
static bool
is_at(enum pressure level, enum pressure before,
    const struct storage_room *room, uint64_t reserve)
{
	struct marks m = marks_of(level, room, reserve);
	uint64_t map_free = room->map_bytes - room->map_used_bytes;

	if (before >= level) {
		m.disk_bytes += m.disk_bytes / 4;
		m.map_bytes += m.map_bytes / 4;
	}
	return room->disk_free_bytes < m.disk_bytes || map_free < m.map_bytes;
}

enum pressure
pressure_after(
    enum pressure before, const struct storage_room *room, uint64_t reserve)
{
	if (is_at(PRESSURE_OUT, before, room, reserve))
		return PRESSURE_OUT;
	return is_at(PRESSURE_LOW, before, room, reserve) ? PRESSURE_LOW
							  : PRESSURE_NONE;
}
