#include "store/relay/segments.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/log.h"

enum {
	SEGMENT_MAGIC = 0x54534547, /* "TSEG" */
	SEGMENT_FORMAT = 1,
	SUM_AT = SEGMENT_HEAD_BYTES - SEGMENT_SUM_BYTES,
	FLAG_COPY = 1,
};

static_assert(
    (int)SEGMENT_KEY_BYTES == (int)crypto_shorthash_siphashx24_KEYBYTES);
static_assert((int)SEGMENT_SUM_BYTES == (int)crypto_shorthash_siphashx24_BYTES);

size_t
segment_submit_bytes(const struct segment_submit *submit)
{
	return SEGMENT_SUBMIT_BYTES + submit->return_handle.len;
}

size_t
segment_item_bytes(const struct segment_item *item, bool has_payload)
{
	return SEGMENT_ITEM_BYTES + (has_payload ? item->payload.len : 0);
}

static size_t
write_submit(uint8_t *to, const struct segment_submit *submit)
{
	const struct bytes handle = submit->return_handle;

	store_u32(to, submit->slot);
	store_u32(to + 4, submit->is_copy ? FLAG_COPY : 0);
	store_u32(to + 8, (uint32_t)handle.len);
	store_u64(to + 12, submit->counter);
	memcpy(to + 20, submit->stream, STREAM_BYTES);
	if (handle.len > 0)
		memcpy(to + SEGMENT_SUBMIT_BYTES, handle.data, handle.len);
	return segment_submit_bytes(submit);
}

static uint32_t
submit_place(const struct segment_item *item)
{
	return item->submit != NULL && item->submit->counter != 0
		   ? item->submit->place
		   : 0;
}

/* Gives what it took; `place` is where `to` lies in the file. */
static size_t
write_item(uint8_t *to, uint32_t place, struct segment_item *item)
{
	uint32_t own = place + SEGMENT_ITEM_BYTES;
	uint32_t payload = own;

	if (item->shared && item->submit->shared_place != 0)
		payload = item->submit->shared_place;
	else if (item->shared)
		item->submit->shared_place = own;
	store_u32(to, item->slot);
	store_u32(to + 4, item->sender_slot);
	store_u64(to + 8, item->seq);
	store_u64(to + 16, (uint64_t)item->stored_ms);
	store_u32(to + 24, item->type);
	store_u32(to + 28, item->suite);
	store_u32(to + 32, submit_place(item));
	store_u32(to + 36, payload);
	store_u32(to + 40, (uint32_t)item->payload.len);
	store_u32(to + 44, 0);
	item->place = place;
	if (payload == own && item->payload.len > 0)
		memcpy(to + SEGMENT_ITEM_BYTES, item->payload.data,
		    item->payload.len);
	return segment_item_bytes(item, payload == own);
}

size_t
segment_write(
    const struct segment_plan *plan, const struct segment_key *key, void *room)
{
	uint8_t *to = room;
	size_t at = SEGMENT_HEAD_BYTES;

	for (size_t i = 0; i < plan->submits_count; i++) {
		struct segment_submit *submit = plan->submits[i];

		submit->place = plan->place + (uint32_t)at;
		submit->shared_place = 0;
		at += write_submit(to + at, submit);
	}
	for (size_t i = 0; i < plan->items_count; i++)
		at += write_item(
		    to + at, plan->place + (uint32_t)at, &plan->items[i]);
	memset(to, 0, SEGMENT_HEAD_BYTES);
	store_u32(to, SEGMENT_MAGIC);
	store_u32(to + 4, SEGMENT_FORMAT);
	store_u64(to + 8, plan->number);
	store_u32(to + 16, (uint32_t)at);
	store_u32(to + 20, (uint32_t)plan->submits_count);
	store_u32(to + 24, (uint32_t)plan->items_count);
	crypto_shorthash_siphashx24(to + SUM_AT, to, at, key->raw);
	return at;
}

static bool
sum_is_right(uint8_t *head, size_t len, const struct segment_key *key)
{
	uint8_t sum[SEGMENT_SUM_BYTES];
	uint8_t there[SEGMENT_SUM_BYTES];

	memcpy(there, head + SUM_AT, sizeof(there));
	memset(head + SUM_AT, 0, sizeof(there));
	crypto_shorthash_siphashx24(sum, head, len, key->raw);
	if (memcmp(sum, there, sizeof(sum)) == 0)
		return true;
	memcpy(head + SUM_AT, there, sizeof(there));
	return false;
}

size_t
segment_size(struct bytes head)
{
	size_t bytes;

	if (head.len < SEGMENT_HEAD_BYTES ||
	    load_u32(head.data) != SEGMENT_MAGIC ||
	    load_u32(head.data + 4) != SEGMENT_FORMAT)
		return 0;
	bytes = load_u32(head.data + 16);
	return bytes >= SEGMENT_HEAD_BYTES ? bytes : 0;
}

bool
segment_check(uint8_t *bytes, size_t len, uint32_t place,
    const struct segment_key *key, struct segment *s)
{
	if (segment_size(bytes_view(bytes, len)) != len ||
	    !sum_is_right(bytes, len, key))
		return false;
	*s = (struct segment){
		.number = load_u64(bytes + 8),
		.place = place,
		.submits_count = load_u32(bytes + 20),
		.items_count = load_u32(bytes + 24),
		.all = bytes_view(bytes, len),
	};
	return true;
}

void
segment_walk(const struct segment *s, struct segment_walk *walk)
{
	*walk = (struct segment_walk){
		.segment = s,
		.at = SEGMENT_HEAD_BYTES,
		.submits_left = s->submits_count,
		.items_left = s->items_count,
	};
}

static enum status
segment_corrupt(const char *what)
{
	log_event(LOG_LEVEL_ERROR, "segment-corrupt", "what=%s", what);
	return STATUS_IO;
}

enum status
segment_submit_parse(struct bytes from, struct segment_submit *submit)
{
	size_t handle;

	if (from.len < SEGMENT_SUBMIT_BYTES)
		return segment_corrupt("submit");
	handle = load_u32(from.data + 8);
	if (handle > LIMIT_RETURN_HANDLE_BYTES ||
	    handle > from.len - SEGMENT_SUBMIT_BYTES)
		return segment_corrupt("return-handle");
	*submit = (struct segment_submit){
		.slot = load_u32(from.data),
		.is_copy = (load_u32(from.data + 4) & FLAG_COPY) != 0,
		.counter = load_u64(from.data + 12),
		.return_handle =
		    bytes_view(from.data + SEGMENT_SUBMIT_BYTES, handle),
	};
	memcpy(submit->stream, from.data + 20, STREAM_BYTES);
	return STATUS_OK;
}

enum status
segment_next_submit(struct segment_walk *walk, struct segment_submit *submit)
{
	const struct segment *s = walk->segment;
	enum status st;

	if (walk->submits_left == 0)
		return STATUS_NOT_FOUND;
	st = segment_submit_parse(bytes_tail(s->all, walk->at), submit);
	if (st != STATUS_OK)
		return st;
	submit->place = s->place + (uint32_t)walk->at;
	walk->at += segment_submit_bytes(submit);
	walk->submits_left--;
	return STATUS_OK;
}

enum status
segment_item_head(const uint8_t head[SEGMENT_ITEM_BYTES],
    struct segment_item *item, uint32_t *payload_place, size_t *payload_len)
{
	size_t len = load_u32(head + 40);

	if (len > LIMIT_ITEM_BYTES)
		return segment_corrupt("payload-length");
	*item = (struct segment_item){
		.slot = load_u32(head),
		.sender_slot = load_u32(head + 4),
		.seq = load_u64(head + 8),
		.stored_ms = (int64_t)load_u64(head + 16),
		.type = load_u32(head + 24),
		.suite = load_u32(head + 28),
		.submit_place = load_u32(head + 32),
	};
	*payload_place = load_u32(head + 36);
	*payload_len = len;
	return STATUS_OK;
}

enum status
segment_next_item(struct segment_walk *walk, struct segment_item *item)
{
	const struct segment *s = walk->segment;
	uint32_t place = s->place + (uint32_t)walk->at;
	struct segment_item got;
	uint32_t payload;
	size_t len;
	enum status st;

	assert(walk->submits_left == 0);
	if (walk->items_left == 0)
		return STATUS_NOT_FOUND;
	if (s->all.len - walk->at < SEGMENT_ITEM_BYTES)
		return segment_corrupt("item");
	st = segment_item_head(s->all.data + walk->at, &got, &payload, &len);
	if (st != STATUS_OK)
		return st;
	walk->at += SEGMENT_ITEM_BYTES;
	got.shared = payload != place + SEGMENT_ITEM_BYTES;
	if (payload < s->place || payload - s->place > s->all.len ||
	    len > s->all.len - (payload - s->place))
		return segment_corrupt("payload");
	got.payload = bytes_view(s->all.data + (payload - s->place), len);
	got.place = place;
	if (!got.shared)
		walk->at += len;
	walk->items_left--;
	*item = got;
	return STATUS_OK;
}

enum status
segment_shift(uint8_t *bytes, const struct segment *s,
    const struct segment_key *key, uint64_t by)
{
	struct segment_submit submit;
	struct segment_item item;
	struct segment_walk walk;
	enum status st;

	segment_walk(s, &walk);
	while ((st = segment_next_submit(&walk, &submit)) == STATUS_OK)
		;
	if (st == STATUS_NOT_FOUND)
		while ((st = segment_next_item(&walk, &item)) == STATUS_OK)
			store_u64(
			    bytes + (item.place - s->place) + 8, item.seq + by);
	if (st != STATUS_NOT_FOUND)
		return st;
	memset(bytes + SUM_AT, 0, SEGMENT_SUM_BYTES);
	crypto_shorthash_siphashx24(
	    bytes + SUM_AT, bytes, s->all.len, key->raw);
	return STATUS_OK;
}
