/*
 * writer_upkeep.c - lets go of what has been acknowledged.
 *
 * None of it is urgent: it waits until a lot has gathered, or until there is
 * nothing else to do.  Before a file of the journal goes, what it alone knew is
 * written as rows: how far its devices have acknowledged, and which submit ids
 * it used up.  So the mailboxes whose rows are behind are saved in the order in
 * which they fell behind, and a file goes when all have been saved that were
 * behind when it died.
 */
#include "base/clock.h"
#include "relay/writer_private.h"
#include "store/dbkey.h"

enum {
	UPKEEP_ROWS = 256, /* mailboxes per commit */
	UPKEEP_EACH_MS = 2000,
	UPKEEP_LATE = 16384, /* mailboxes behind: worth a commit */
	UPKEEP_DEAD = 4,     /* files: worth a commit */
	UPKEEP_LEAST = 8,    /* mailboxes per commit on a full disk */
};

bool
writer_is_behind(const struct writer *w)
{
	bool due;

	index_lock(w->index);
	due = index_dirty_count(w->index) >= UPKEEP_LATE ||
	      journal_dead(w->journal) >= UPKEEP_DEAD ||
	      journal_is_crowded(w->journal);
	index_unlock(w->index);
	return due;
}

/* What the rows are to say is taken down, as if they said so already. */
static void
take_row(struct writer *w, struct mailbox *m)
{
	struct staged_rows *rows = &w->batch.rows;
	struct staged_row *row = &rows->list[rows->len++];

	*row = (struct staged_row){
		.mailbox = m,
		.since = m->dirty_since,
		.saved_before = m->saved,
		.has_cursor = m->saved != m->acknowledged,
		.has_stream = !m->replay_saved,
		.cursor = { .acknowledged = m->acknowledged,
		    .head = m->head,
		    .unfetched = m->unfetched },
	};
	if (row->has_stream)
		row->stream = (struct stream_record){
			.replay = m->replay,
			.segment = journal_next_segment(w->journal),
		};
	m->saved = m->acknowledged;
	m->replay_saved = true;
	index_clean(w->index, m);
}

/* A removed account has no rows any more, and one being added not yet. */
static void
take_rows(struct writer *w, size_t most)
{
	struct mailbox *m;

	index_lock(w->index);
	journal_mark_dead(w->journal, index_dirty_newest(w->index));
	while (w->batch.rows.len < most &&
	       (m = index_dirty_first(w->index)) != NULL)
		take_row(w, m);
	index_unlock(w->index);
}

static enum status
put_row(struct writer *w, const struct staged_row *row)
{
	struct dbkey key = dbkey_u32(row->mailbox->device.slot);
	enum status st = STATUS_OK;

	if (row->has_cursor)
		st = record_put_cursor(
		    w->batch.txn, dbkey_view(&key), &row->cursor);
	if (st == STATUS_OK && row->has_stream)
		st = record_put_stream(
		    w->batch.txn, dbkey_view(&key), &row->stream);
	return st;
}

static enum status
put_rows(struct writer *w)
{
	const struct staged_rows *rows = &w->batch.rows;
	enum status st = batch_begin(w);

	if (st != STATUS_OK)
		return st;
	for (size_t i = 0; i < rows->len && st == STATUS_OK; i++)
		st = put_row(w, &rows->list[i]);
	w->batch.wrote = rows->len > 0;
	/* It works in scratch memory, where a batch may have something. */
	if (st == STATUS_OK && !w->making_room)
		st = seen_stage(w);
	return batch_end(w, st);
}

/* The last one first, so that they come to stand as they did. */
static void
give_back_rows(struct writer *w)
{
	struct staged_rows *rows = &w->batch.rows;

	index_lock(w->index);
	while (rows->len > 0) {
		const struct staged_row *row = &rows->list[--rows->len];

		if (row->has_stream)
			row->mailbox->replay_saved = false;
		row->mailbox->saved = row->saved_before;
		index_dirty_again(w->index, row->mailbox, row->since);
	}
	index_unlock(w->index);
}

static void
let_files_go(struct writer *w)
{
	index_lock(w->index);
	(void)journal_let_go(w->journal, index_dirty_oldest(w->index));
	index_unlock(w->index);
}

/* One commit's worth of rows.  NOT_FOUND: there were none. */
static enum status
save_rows(struct writer *w, size_t most)
{
	enum status st;

	w->batch.rows.len = 0;
	st = TABLE_RESERVE(&w->batch.rows, most);
	if (st != STATUS_OK)
		return st;
	take_rows(w, most);
	if (w->batch.rows.len == 0)
		return STATUS_NOT_FOUND;
	st = put_rows(w);
	if (st != STATUS_OK)
		give_back_rows(w);
	w->batch.rows.len = 0;
	return st;
}

/* Closing, or the disk is full: all there is, in small pieces if need be. */
static enum status
save_all(struct writer *w)
{
	size_t most = UPKEEP_ROWS;
	enum status st = STATUS_OK;

	while (st == STATUS_OK) {
		st = save_rows(w, most);
		if (st == STATUS_NO_SPACE && most > UPKEEP_LEAST) {
			most = UPKEEP_LEAST;
			st = STATUS_OK;
		}
	}
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

enum status
upkeep_run(struct writer *w)
{
	enum status st;

	if (w->thorough > 0) {
		st = save_all(w);
	} else {
		st = save_rows(w, UPKEEP_ROWS);
		if (st == STATUS_NOT_FOUND)
			st = STATUS_OK;
	}
	if (st == STATUS_OK)
		let_files_go(w);
	if (st == STATUS_OK && w->thorough == 0)
		st = move_some(w);
	return st;
}

bool
writer_has_upkeep(const struct writer *w)
{
	bool has;

	index_lock(w->index);
	has = index_dirty_count(w->index) > 0 || journal_dead(w->journal) > 0;
	index_unlock(w->index);
	return has;
}

/* Now and then though much is going on: else a crash would undo too much. */
static bool
upkeep_is_due(const struct writer *w, bool idle)
{
	if (w->moving.file != NULL || writer_is_behind(w))
		return true;
	return (idle || clock_mono_ms() - w->upkept_ms >= UPKEEP_EACH_MS) &&
	       writer_has_upkeep(w);
}

bool
writer_upkeep(struct writer *w, bool idle)
{
	bool swept;

	w->touched.len = 0;
	w->evicted.len = 0;
	if (writer_is_broken(w))
		return false;
	writer_survey(w);
	swept = sweep_some(w, idle);
	if (writer_is_broken(w) || swept)
		return swept;
	if (!upkeep_is_due(w, idle))
		return false;
	w->upkept_ms = clock_mono_ms();
	return upkeep_run(w) == STATUS_OK;
}
