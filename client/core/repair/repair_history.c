/* repair_history.c - what was said before somebody joined (protocol.md 9.5) */
#include "client/core/messenger/messenger_internal.h"
#include "client/core/repair/repair.h"
#include "client/core/repair/repair_parcel.h"

/* OK: it is to be sent.  NOT_FOUND: it is not, or cannot. */
static enum status
read_young(struct parcel_out *out, uint64_t n, int64_t since_ms,
    struct history_entry *e)
{
	struct message_body body;
	enum status st = parcel_read(out, n, e, &body);

	return st == STATUS_OK && e->received_ms < since_ms ? STATUS_NOT_FOUND
							    : st;
}

/* The first of the newest that fit: those before it stay behind. */
static enum status
find_first(struct parcel_out *out, const uint64_t *numbers, size_t count,
    int64_t since_ms, size_t *first)
{
	size_t bytes = 0;
	enum status st = STATUS_OK;

	*first = count;
	while (st == STATUS_OK && *first > 0) {
		struct history_entry e;

		st = read_young(out, numbers[*first - 1], since_ms, &e);
		if (st == STATUS_OK)
			bytes += e.text.len + e.body.len;
		if (bytes > REPAIR_HISTORY_BYTES)
			break;
		*first -= st == STATUS_OK || st == STATUS_NOT_FOUND;
		if (st == STATUS_NOT_FOUND)
			st = STATUS_OK;
	}
	return st;
}

enum status
repair_send_history(struct step *s, const struct hash *group,
    const struct group_member *to, int64_t since_ms)
{
	struct parcel_out out = {
		.s = s,
		.to = *to,
		.group = *group,
		.history = true,
		.left = SIZE_MAX,
	};
	uint64_t *numbers =
	    arena_take_array(s->arena, REPAIR_HISTORY_ITEMS, sizeof(*numbers));
	size_t count = 0;
	size_t i = 0;
	enum status st;

	if (numbers == NULL)
		return STATUS_NOMEM;
	st = history_list(
	    s->txn, group, 0, true, numbers, REPAIR_HISTORY_ITEMS, &count);
	if (st == STATUS_OK)
		st = parcel_begin(&out);
	if (st == STATUS_OK)
		st = find_first(&out, numbers, count, since_ms, &i);
	for (; st == STATUS_OK && i < count; i++) {
		struct history_entry e;

		st = read_young(&out, numbers[i], since_ms, &e);
		if (st == STATUS_OK)
			st = parcel_add(&out, &e, NULL);
		if (st == STATUS_NOT_FOUND)
			st = STATUS_OK;
	}
	if (st == STATUS_OK)
		st = parcel_flush(&out);
	parcel_end(&out);
	return messenger_own(st);
}
