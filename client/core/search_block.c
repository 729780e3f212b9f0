#include "client/core/search_block.h"

#include <string.h>

#include "client/core/fold.h"
#include "store/client/history_blocks.h"

enum {
	STEP_BLOCKS = 8, /* of one transaction: others wait some 40 ms */
	HEAD_BYTES = 2 + 1 + SEARCH_TALK_BYTES + 8 + 4,
	BLOCK_BYTES = HISTORY_BUCKET_ROWS * (HEAD_BYTES + SEARCH_TEXT_BYTES),
};

enum status
search_entry_next(struct bytes *block, struct search_entry *e)
{
	const uint8_t *at = block->data;
	size_t len;

	if (block->len == 0)
		return STATUS_NOT_FOUND;
	if (block->len < HEAD_BYTES)
		return STATUS_CRYPTO;
	e->offset = (uint16_t)(at[0] << 8 | at[1]);
	e->flags = at[2];
	memcpy(e->talk, at + 3, SEARCH_TALK_BYTES);
	e->received_ms = (int64_t)load_u64(at + 3 + SEARCH_TALK_BYTES);
	len = load_u32(at + 11 + SEARCH_TALK_BYTES);
	*block = bytes_tail(*block, HEAD_BYTES);
	if (len > block->len)
		return STATUS_CRYPTO;
	e->text = bytes_head(*block, len);
	*block = bytes_tail(*block, len);
	return STATUS_OK;
}

static enum status
put_entry(struct buf *block, const struct history_entry *e, uint8_t flags,
    struct bytes text)
{
	uint16_t offset = (uint16_t)(e->n % HISTORY_BUCKET_ROWS);
	uint8_t head[HEAD_BYTES];
	enum status st;

	head[0] = (uint8_t)(offset >> 8);
	head[1] = (uint8_t)offset;
	head[2] = flags;
	memcpy(head + 3, e->conversation.raw, SEARCH_TALK_BYTES);
	store_u64(head + 3 + SEARCH_TALK_BYTES, (uint64_t)e->received_ms);
	store_u32(head + 11 + SEARCH_TALK_BYTES, (uint32_t)text.len);
	st = buf_put(block, BYTES_OF(head));
	return st == STATUS_OK ? buf_put(block, text) : st;
}

static enum status
add_entry(struct buf *block, const struct history_entry *e)
{
	uint8_t flags = e->type == MESSAGE_EDIT ? SEARCH_EDIT : 0;
	struct buf *folded = NULL;
	enum status st = STATUS_FULL;

	if (e->kind != HISTORY_MESSAGE || e->erased || e->text.len == 0)
		return STATUS_OK;
	/* Its text lies under the key of an hour, and nowhere else. */
	if (e->expires_ms == 0)
		st = fold_text(e->text, SEARCH_TEXT_BYTES, &folded);
	if (st == STATUS_FULL)
		return put_entry(block, e, flags | SEARCH_LOOK, BYTES_NONE);
	if (st == STATUS_OK)
		st = put_entry(block, e, flags, buf_view(folded));
	buf_free(folded);
	return st;
}

/* What does not open is not found, here or by looking at it. */
static enum status
add_row(struct step *s, uint64_t n, struct arena *a, struct buf *block)
{
	struct history_entry e;
	enum status st;

	arena_reset(a);
	st = history_get(s->txn, n, a, &e);
	if (st == STATUS_NOT_FOUND || st == STATUS_CRYPTO)
		return STATUS_OK;
	return st == STATUS_OK ? add_entry(block, &e) : st;
}

static enum status
build(struct step *s, uint64_t bucket)
{
	struct buf *block = NULL;
	struct arena *a = NULL;
	enum status st = buf_new(BLOCK_BYTES, &block);

	if (st == STATUS_OK)
		st = arena_new(LIMIT_ARENA_BYTES, &a);
	for (uint64_t i = 0; i < HISTORY_BUCKET_ROWS && st == STATUS_OK; i++)
		st = add_row(s, bucket * HISTORY_BUCKET_ROWS + i, a, block);
	if (st == STATUS_OK)
		st = history_block_put(s->txn, bucket, buf_view(block));
	arena_free(a);
	buf_free(block);
	return st;
}

enum status
search_build(struct step *s)
{
	uint64_t bucket = 0;
	enum status st = history_block_missing(s->txn, &bucket);

	for (int i = 0; i < STEP_BLOCKS && st == STATUS_OK; i++) {
		st = build(s, bucket);
		if (st == STATUS_OK)
			st = history_block_missing(s->txn, &bucket);
		if (st == STATUS_NOT_FOUND)
			return STATUS_OK;
	}
	return st;
}

enum status
search_is_behind(struct step *s)
{
	uint64_t bucket;

	return history_block_missing(s->txn, &bucket);
}
