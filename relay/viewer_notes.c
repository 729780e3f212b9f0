/* viewer_notes.c - the answer to a submit that was carried out before. */
#include <string.h>

#include "proto/codec.h"
#include "relay/viewer_private.h"
#include "relay/writer_private.h"

/* A note of the relay's that lies in the queue of whoever it tells. */
struct notes {
	const struct submit *submit;
	bool *marked; /* of each recipient */
	struct arena *arena;
};

/*
 * Whom a note speaks of: of the items for one device a full mailbox refuses the
 * later ones, so the last that no other note has taken.
 */
static void
mark_refused(const struct notes *n, const struct relay_note *note)
{
	for (size_t i = n->submit->recipients_count; i > 0; i--) {
		if (n->marked[i - 1] ||
		    !address_equal(&n->submit->recipients[i - 1].to, &note->to))
			continue;
		n->marked[i - 1] = true;
		return;
	}
}

/* OK also for a note of another submit. */
static enum status
take_note(const struct notes *n, struct bytes payload)
{
	struct relay_note note;
	enum status st;

	arena_reset(n->arena);
	st = codec_get_note(payload, n->arena, &note);
	if (st != STATUS_OK)
		return st == STATUS_NOMEM ? st : STATUS_IO;
	if (note.code == ERROR_FULL && note.counter == n->submit->counter &&
	    memcmp(note.stream, n->submit->stream, STREAM_BYTES) == 0)
		mark_refused(n, &note);
	return STATUS_OK;
}

/* The lock is held. */
static enum status
pick_notes(struct viewer *v, const struct mailbox *m, struct picks *p)
{
	enum status st = picks_room(p, v->scratch, m->notes);

	for (uint64_t seq = m->acknowledged + 1;
	     st == STATUS_OK && p->count < m->notes && seq <= m->head; seq++) {
		const struct queue_entry *e = mailbox_find(m, seq);

		if (e->position != 0 && queue_entry_is_note(e))
			st = picks_add(p, v->journal, m, seq, e);
	}
	return st;
}

static enum status
find_notes(struct viewer *v, const struct submit *submit, struct picks *p,
    bool *marked)
{
	struct notes n = { .submit = submit, .marked = marked };
	struct gathering g = { .count = 0 };
	uint8_t *room = arena_take(v->scratch, p->bytes + 1);
	enum status st = arena_new(NOTE_MAX_BYTES * 8, &n.arena);

	g.items = arena_take_array(v->scratch, p->count + 1, sizeof(*g.items));
	g.senders =
	    arena_take_array(v->scratch, p->count + 1, sizeof(*g.senders));
	g.room = room;
	if (room == NULL || g.items == NULL || g.senders == NULL)
		st = STATUS_NOMEM;
	if (st == STATUS_OK)
		st = picks_read(p, viewer_gather, &g);
	for (size_t i = 0; i < g.count && st == STATUS_OK; i++)
		st = take_note(&n, g.items[i].item.payload);
	arena_free(n.arena);
	return st;
}

static enum status
read_refusals(struct viewer *v, struct storage_op *op)
{
	const struct submit *submit = &op->u.submit.submit;
	const size_t count = submit->recipients_count;
	struct refusal *refused =
	    arena_take_array(op->arena, count, sizeof(*refused));
	bool *marked = arena_take_array(op->arena, count, sizeof(*marked));
	struct picks p = { .buffer = v->buffer };
	struct mailbox *m;
	size_t found = 0;
	enum status st = STATUS_NOT_FOUND;

	if (refused == NULL || marked == NULL)
		return STATUS_NOMEM;
	index_lock(v->index);
	m = viewer_find(v, &op->u.submit.sender);
	if (m != NULL)
		st = pick_notes(v, m, &p);
	index_unlock(v->index);
	if (st == STATUS_OK && p.count > 0)
		st = find_notes(v, submit, &p, marked);
	index_lock(v->index);
	picks_release(&p, v->journal);
	index_unlock(v->index);
	if (st != STATUS_OK)
		return st;
	for (size_t i = 0; i < count; i++)
		if (marked[i])
			refused[found++] = (struct refusal){
				.index = (uint32_t)i,
				.code = ERROR_FULL,
			};
	op->u.submit.refused = refused;
	op->u.submit.refused_count = found;
	return STATUS_EXISTS;
}

void
viewer_refusals(struct viewer *v, struct storage_op *op)
{
	arena_reset(v->scratch);
	op->status = read_refusals(v, op);
}
