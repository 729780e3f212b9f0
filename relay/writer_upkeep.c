/*
 * writer_upkeep.c - lets go of what has been acknowledged.
 *
 * None of it is worth a flush: it rides along with the next commit, or makes
 * one of its own when a lot has gathered.  Before a segment goes, what it alone
 * knew is written as rows: how far its devices have acknowledged, and which
 * submit ids it used up.
 */
#include "relay/writer_private.h"
#include "store/dbkey.h"

enum {
	UPKEEP_CURSORS = 16,    /* per commit that happens anyway */
	UPKEEP_UNSAVED = 1024,  /* so many are worth a commit */
	UPKEEP_DEAD = 64,       /* so many are worth a commit */
	UPKEEP_DROPS = 256,     /* per commit */
	UPKEEP_SCAN = 32,       /* segments looked at per commit */
	UPKEEP_YOUNG = 64,      /* the last ones are left alone */
	UPKEEP_MOSTLY_DEAD = 4, /* alive is less than a 4th */
};

bool
upkeep_is_due(const struct writer *w)
{
	return index_dead(w->index) >= UPKEEP_DEAD ||
	       index_unsaved(w->index) >= UPKEEP_UNSAVED;
}

static enum status
save_cursor(struct writer *w, struct mailbox *m)
{
	const struct cursor_record record = {
		.acknowledged = m->acknowledged,
		.head = m->head,
	};
	struct dbkey key = dbkey_u32(m->device.slot);
	enum status st = TABLE_RESERVE(&w->batch.saved, 1);

	if (st == STATUS_OK)
		st = record_put_cursor(w->batch.txn, dbkey_view(&key), &record);
	if (st != STATUS_OK)
		return st;
	w->batch.saved.list[w->batch.saved.len++] = (struct saved_row){
		.mailbox = m,
		.saved_before = m->saved,
	};
	m->saved = m->acknowledged;
	return STATUS_OK;
}

static enum status
save_some_cursors(struct writer *w)
{
	size_t max = UPKEEP_CURSORS;

	if (w->thorough > 0)
		max = w->thorough;
	else if (index_unsaved(w->index) >= UPKEEP_UNSAVED)
		max = UPKEEP_UNSAVED;
	for (size_t i = 0; i < max; i++) {
		struct mailbox *m = index_next_unsaved(w->index);
		enum status st;

		if (m == NULL)
			break;
		if (m->saved == m->acknowledged)
			continue;
		st = save_cursor(w, m);
		if (st != STATUS_OK) {
			index_unsave(w->index, m);
			return st;
		}
	}
	return STATUS_OK;
}

static enum status
save_marks(struct writer *w, const struct segment *s)
{
	enum status st = STATUS_OK;

	for (uint32_t i = 0; i < s->marks_count && st == STATUS_OK; i++) {
		struct segment_mark mark;
		struct mailbox *m;

		segment_mark_at(s, i, &mark);
		m = index_slot(w->index, mark.slot);
		if (m != NULL && !m->replay_saved)
			st = batch_save_stream(
			    w, m, &m->replay, index_next_segment(w->index));
	}
	return st;
}

static bool
item_is_alive(
    const struct mailbox *m, const struct segment_item *item, uint64_t number)
{
	const struct queue_entry *e = mailbox_find(m, item->seq);

	return e != NULL && e->segment == number && e->index == item->index;
}

/* Dead items leave their mark in a cursor; the others are to be copied. */
static enum status
sort_items(struct writer *w, const struct segment *s, uint64_t number)
{
	struct staged_items *moved = &w->batch.moved;
	enum status st = TABLE_RESERVE(moved, s->items_count);

	for (uint32_t i = 0; i < s->items_count && st == STATUS_OK; i++) {
		struct segment_item item;
		struct mailbox *m;

		st = segment_item_at(s, i, &item);
		if (st != STATUS_OK)
			break;
		m = index_slot(w->index, item.slot);
		if (m == NULL)
			continue;
		if (item_is_alive(m, &item, number)) {
			item.shared = true;
			moved->list[moved->len++] = item;
		} else if (m->saved < item.seq && item.seq <= m->acknowledged) {
			st = save_cursor(w, m);
		}
	}
	return st;
}

/* Reading ends with the first write, so all of it is copied out before. */
static enum status
retire_segment(struct writer *w, uint64_t number, struct buf **copy)
{
	struct segment s;
	enum status st = TABLE_RESERVE(&w->batch.dropped, 1);

	if (st == STATUS_OK)
		st = segments_read(w->batch.txn, number, &s);
	if (st == STATUS_OK)
		st = buf_copy(s.all, copy);
	if (st == STATUS_OK)
		st = segment_parse(buf_view(*copy), &s);
	if (st == STATUS_OK)
		st = save_marks(w, &s);
	if (st == STATUS_OK)
		st = sort_items(w, &s, number);
	if (st == STATUS_OK)
		st = segments_drop(w->batch.txn, number);
	if (st == STATUS_OK)
		w->batch.dropped.list[w->batch.dropped.len++] = number;
	/* The index knows it, so it has to be there. */
	return st == STATUS_NOT_FOUND ? STATUS_IO : st;
}

static enum status
drop_dead(struct writer *w)
{
	size_t max = w->thorough > 0 ? w->thorough : UPKEEP_DROPS;
	size_t count = index_segments(w->index);
	enum status st = STATUS_OK;

	for (size_t i = 0; i < count && st == STATUS_OK; i++) {
		const struct segment_use *use = index_segment(w->index, i);
		struct buf *copy = NULL;

		if (use->number == 0 || use->alive > 0)
			continue;
		if (w->batch.dropped.len >= max)
			break;
		st = retire_segment(w, use->number, &copy);
		buf_free(copy);
	}
	return st;
}

/* At most one per commit, looking at a few in turn. */
static enum status
move_mostly_dead(struct writer *w)
{
	size_t count = index_segments(w->index);

	if (count <= UPKEEP_YOUNG)
		return STATUS_OK;
	count -= UPKEEP_YOUNG;
	for (size_t i = 0; i < UPKEEP_SCAN && i < count; i++) {
		const struct segment_use *use =
		    index_segment(w->index, w->scan++ % count);

		if (use->number != 0 && use->alive > 0 &&
		    use->alive < use->items / UPKEEP_MOSTLY_DEAD)
			return retire_segment(w, use->number, &w->batch.source);
	}
	return STATUS_OK;
}

enum status
upkeep_stage(struct writer *w)
{
	enum status st = save_some_cursors(w);

	if (st == STATUS_OK &&
	    (w->thorough > 0 || index_dead(w->index) >= UPKEEP_DEAD))
		st = drop_dead(w);
	if (st == STATUS_OK)
		st = move_mostly_dead(w);
	if (st == STATUS_OK)
		st = seen_stage(w);
	return st;
}
