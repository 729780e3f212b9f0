/*
 * writer_move.c - empties files of the journal in which little is alive: what
 * is still wanted is appended once more, and the index told so.
 *
 * A crash in between leaves an item there twice, and the next start takes the
 * later one.  What a submit used up is not moved: rows tell of it before the
 * file goes (writer_upkeep.c).  Who sent an item goes along with it, for the
 * day it has to be given up.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/writer_private.h"

/* At once, or one segment's worth. */
enum { MOVE_BYTES = 256 * 1024, MOVE_LOOK_BYTES = 1024 * 1024 };

static void
moving_clear(struct moving *m)
{
	m->items.len = 0;
	m->submits.len = 0;
	m->bytes = 0;
}

static void
release(struct writer *w, bool failed)
{
	struct moving *m = &w->moving;

	journal_cursor_close(&m->cursor);
	index_lock(w->index);
	if (failed)
		journal_look_later(w->journal);
	journal_release(w->journal, m->file);
	index_unlock(w->index);
	m->file = NULL;
}

void
move_stop(struct writer *w)
{
	if (w->moving.file != NULL)
		release(w, false);
	free(w->moving.items.list);
	free(w->moving.submits.list);
}

static bool
begin(struct writer *w)
{
	struct moving *m = &w->moving;

	if (m->file != NULL)
		return true;
	index_lock(w->index);
	m->file = journal_sparse(w->journal);
	index_unlock(w->index);
	if (m->file == NULL)
		return false;
	journal_cursor_open(m->file, &m->cursor);
	return true;
}

/* The lock is held. */
static bool
is_alive(const struct writer *w, const struct segment_item *item)
{
	const uint64_t position =
	    journal_position(w->moving.file) + item->place;
	const struct mailbox *m = index_slot(w->index, item->slot);
	const struct queue_entry *e =
	    m != NULL ? mailbox_find(m, item->seq) : NULL;

	return e != NULL && e->position == position;
}

/* The same submit as the item before, or another copy. */
static enum status
copy_submit(struct writer *w, const struct segment *s, uint32_t place,
    struct segment_submit **submit)
{
	struct staged_submits *submits = &w->moving.submits;
	struct segment_submit *copy;
	struct segment_submit from;
	enum status st = TABLE_RESERVE(submits, 1);

	if (st != STATUS_OK)
		return st;
	for (size_t i = submits->len; i > 0; i--)
		if (submits->list[i - 1]->place == place) {
			*submit = submits->list[i - 1];
			return STATUS_OK;
		}
	if (place < s->place)
		return STATUS_IO;
	st = segment_submit_parse(bytes_tail(s->all, place - s->place), &from);
	copy = arena_take(w->scratch, sizeof(*copy));
	if (st == STATUS_OK && copy == NULL)
		st = STATUS_NOMEM;
	if (st != STATUS_OK)
		return st;
	*copy = from;
	copy->is_copy = true;
	copy->place = place;
	st = arena_copy(w->scratch, from.return_handle, &copy->return_handle);
	if (st != STATUS_OK)
		return st;
	submits->list[submits->len++] = copy;
	w->moving.bytes += segment_submit_bytes(copy);
	*submit = copy;
	return STATUS_OK;
}

/*
 * A payload for many is kept for many only when it is found as such again: a
 * copy of its own costs room, and is right.
 */
static enum status
copy_item(struct writer *w, const struct segment *s, struct segment_item *item)
{
	struct moving *m = &w->moving;
	enum status st = TABLE_RESERVE(&m->items, 1);

	if (st == STATUS_OK && item->submit_place != 0)
		st = copy_submit(w, s, item->submit_place, &item->submit);
	if (st != STATUS_OK)
		return st;
	item->shared = item->shared && item->submit != NULL;
	st = arena_copy(w->scratch, item->payload, &item->payload);
	if (st != STATUS_OK)
		return st;
	m->items.list[m->items.len++] = *item;
	m->bytes += segment_item_bytes(item, true);
	return STATUS_OK;
}

static enum status
gather(struct writer *w, const struct segment *s)
{
	struct segment_walk walk;
	struct segment_submit submit;
	struct segment_item item;
	enum status st;

	segment_walk(s, &walk);
	do
		st = segment_next_submit(&walk, &submit);
	while (st == STATUS_OK);
	if (st != STATUS_NOT_FOUND)
		return st;
	while ((st = segment_next_item(&walk, &item)) == STATUS_OK) {
		bool alive;

		index_lock(w->index);
		alive = is_alive(w, &item);
		index_unlock(w->index);
		if (alive)
			st = copy_item(w, s, &item);
		if (st != STATUS_OK)
			return st;
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
append(struct writer *w, uint64_t *base)
{
	struct moving *m = &w->moving;
	struct segment_plan plan = {
		.submits = m->submits.list,
		.submits_count = m->submits.len,
		.items = m->items.list,
		.items_count = m->items.len,
	};
	struct journal_room room;
	enum status st =
	    journal_prepare(w->journal, SEGMENT_HEAD_BYTES + m->bytes, &room);

	if (st != STATUS_OK)
		return st;
	plan.number = journal_next_segment(w->journal);
	plan.place = room.place;
	*base = room.position - room.place;
	return journal_append(
	    w->journal, segment_write(&plan, &room.key, room.data));
}

/* Where each came from is put away first: writing tells where it went. */
static enum status
move_gathered(struct writer *w)
{
	struct moving *m = &w->moving;
	uint32_t *from =
	    arena_take_array(w->scratch, m->items.len + 1, sizeof(*from));
	uint64_t base;
	enum status st = from != NULL ? STATUS_OK : STATUS_NOMEM;

	if (m->items.len == 0 || st != STATUS_OK)
		return st;
	for (size_t i = 0; i < m->items.len; i++)
		from[i] = m->items.list[i].place;
	st = append(w, &base);
	if (st != STATUS_OK)
		return st;
	index_lock(w->index);
	for (size_t i = 0; i < m->items.len; i++) {
		const struct segment_item *item = &m->items.list[i];
		struct mailbox *to = index_slot(w->index, item->slot);

		if (to != NULL)
			index_move(w->index, to, item->seq,
			    journal_position(m->file) + from[i],
			    base + item->place);
	}
	index_unlock(w->index);
	return STATUS_OK;
}

/* OK: there may be more.  NOT_FOUND: that was the last of it. */
static enum status
move_segments(struct writer *w)
{
	struct moving *m = &w->moving;
	size_t looked = 0;
	enum status st = STATUS_OK;

	while (st == STATUS_OK && m->bytes < MOVE_BYTES &&
	       looked < MOVE_LOOK_BYTES) {
		struct segment s;

		st = journal_cursor_next(&m->cursor, &s);
		if (st != STATUS_OK)
			break;
		looked += s.all.len;
		st = gather(w, &s);
	}
	return st;
}

enum status
move_some(struct writer *w)
{
	enum status st;
	enum status moved;

	if (!begin(w))
		return STATUS_OK;
	arena_reset(w->scratch);
	moving_clear(&w->moving);
	st = move_segments(w);
	moved =
	    st == STATUS_OK || st == STATUS_NOT_FOUND ? move_gathered(w) : st;
	moving_clear(&w->moving);
	if (st != STATUS_OK || moved != STATUS_OK)
		release(w, moved != STATUS_OK);
	return moved;
}
