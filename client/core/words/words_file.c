/*
 * words_file.c - what follows when a message is filed that is about another, or
 * that others are about.
 */
#include <string.h>

#include "client/core/messenger/messenger_internal.h"
#include "client/core/words/words.h"

/* One that waits for its number comes after all that have theirs. */
static int
compare(const struct word_place *a, const struct word_place *b)
{
	uint64_t a_seq = a->seq == 0 ? UINT64_MAX : a->seq;
	uint64_t b_seq = b->seq == 0 ? UINT64_MAX : b->seq;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a_seq != b_seq)
		return a_seq < b_seq ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

static void
remove_edit(struct words *w, size_t at)
{
	w->edits_count--;
	memmove(&w->edits[at], &w->edits[at + 1],
	    (w->edits_count - at) * sizeof(w->edits[0]));
}

/* Into its place; *dropped: one that has become too many, or 0. */
static void
add_edit(struct words *w, const struct word_place *edit, uint64_t *dropped)
{
	size_t at = 0;

	*dropped = 0;
	for (size_t i = 0; i < w->edits_count; i++)
		if (w->edits[i].n == edit->n)
			remove_edit(w, i);
	if (w->edits_count == WORDS_EDITS_MAX) {
		if (compare(edit, &w->edits[0]) < 0) {
			*dropped = edit->n;
			return;
		}
		*dropped = w->edits[0].n;
		remove_edit(w, 0);
	}
	while (at < w->edits_count && compare(&w->edits[at], edit) < 0)
		at++;
	memmove(&w->edits[at + 1], &w->edits[at],
	    (w->edits_count - at) * sizeof(w->edits[0]));
	w->edits[at] = *edit;
	w->edits_count++;
}

/* An entry that is not there or cannot be opened has no text to erase. */
static enum status
erase_at(struct step *s, uint64_t n)
{
	enum status st = n == 0 ? STATUS_OK : history_erase(s->txn, n);

	return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
}

static enum status
erase_edits(struct step *s, const struct words *w)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < w->edits_count; i++)
		st = erase_at(s, w->edits[i].n);
	return st;
}

/* What its author has said about e itself; *about points into *target. */
static enum status
read_own_words(struct step *s, const struct history_entry *e,
    struct message_target *target, struct words_about *about, struct words *w)
{
	target->id = e->id;
	target->author = e->from;
	hash_bytes(e->body, &target->hash);
	*about = (struct words_about){ &e->conversation, target };
	*w = (struct words){ .author = e->from, .author_key = e->from_key };
	return messenger_own(words_get(s->txn, about, w));
}

enum status
words_erase(struct step *s, const struct history_entry *e, bool here)
{
	struct history_entry bare = *e;
	struct message_target target;
	struct words_about about;
	struct words w;
	enum status st = STATUS_OK;

	if (e->deleted_ms == 0 || (e->deleted_here && !here)) {
		bare.deleted_ms = s->now_ms;
		bare.deleted_here = here;
		st = messenger_own(history_replace(s->txn, &bare));
	}
	if (st == STATUS_OK)
		st = erase_at(s, e->n);
	if (st != STATUS_OK || e->body.len == 0)
		return st;
	st = read_own_words(s, e, &target, &about, &w);
	return st == STATUS_OK ? erase_edits(s, &w) : st;
}

static enum status
end_with(struct step *s, uint64_t n, int64_t expires_ms)
{
	struct history_entry e;
	enum status st = history_get(s->txn, n, s->arena, &e);

	if (st != STATUS_OK || e.erased || e.expires_ms == expires_ms)
		return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
	e.expires_ms = expires_ms;
	return messenger_own(history_replace(s->txn, &e));
}

/* What it is about is here: that may end it, or end by it. */
static enum status
meet_target(struct step *s, const struct history_entry *e,
    const struct history_entry *about)
{
	if (words_refuse(e, about) != NULL)
		return STATUS_OK;
	if (e->type == MESSAGE_DELETION)
		return words_erase(s, about, false);
	if (about->deleted_ms != 0 || history_is_gone(about, s->now_ms))
		return erase_at(s, e->n);
	return end_with(s, e->n, about->expires_ms);
}

/* The newest reaction stands, and the deletion that came first. */
static enum status
note(struct step *s, const struct history_entry *e)
{
	const struct words_about about = { &e->conversation, &e->target };
	const struct word_place place = { e->n, e->device, e->seq };
	struct words w = { .author = e->from, .author_key = e->from_key };
	uint64_t dropped = 0;
	enum status st = messenger_own(words_get(s->txn, &about, &w));

	if (st != STATUS_OK)
		return st;
	if (e->type == MESSAGE_EDIT)
		add_edit(&w, &place, &dropped);
	else if (e->type == MESSAGE_DELETION && w.deletion.n == 0)
		w.deletion = place;
	else if (e->type == MESSAGE_REACTION &&
		 (w.reaction.n == 0 || w.reaction.n == e->n ||
		     compare(&w.reaction, &place) < 0))
		w.reaction = place;
	if (e->type == MESSAGE_EDIT && w.deletion.n != 0)
		st = erase_at(s, e->n);
	if (st == STATUS_OK)
		st = erase_at(s, dropped);
	if (st == STATUS_OK)
		st = messenger_own(words_put(s->txn, &about, &w));
	return st;
}

static enum status
filed_about(struct step *s, const struct history_entry *e)
{
	struct history_entry about;
	enum status st = note(s, e);

	if (st == STATUS_OK)
		st = words_find(
		    s, s->arena, &e->conversation, &e->target, &about);
	if (st == STATUS_NOT_FOUND)
		return STATUS_OK; /* it waits */
	return st == STATUS_OK ? meet_target(s, e, &about) : st;
}

/*
 * Spec 7.7: "An edit whose time was over before its target came takes the
 * target with it".
 */
static enum status
adopt_edits(
    struct step *s, const struct history_entry *e, const struct words *w)
{
	struct history_entry last;
	enum status st = STATUS_OK;

	if (w->edits_count == 0)
		return STATUS_OK;
	st = history_get(
	    s->txn, w->edits[w->edits_count - 1].n, s->arena, &last);
	if (st != STATUS_OK)
		return st == STATUS_NOT_FOUND ? STATUS_OK : messenger_own(st);
	if (history_is_gone(&last, s->now_ms))
		return erase_at(s, e->n);
	for (size_t i = 0; st == STATUS_OK && i < w->edits_count; i++)
		st = end_with(s, w->edits[i].n, e->expires_ms);
	return st;
}

static enum status
filed_text(struct step *s, const struct history_entry *e)
{
	struct message_target target;
	struct words_about about;
	struct words w;
	enum status st;

	if (e->body.len == 0)
		return STATUS_OK; /* a draft: nobody can mean it yet */
	st = read_own_words(s, e, &target, &about, &w);
	if (st != STATUS_OK)
		return st;
	return w.deletion.n != 0 ? words_erase(s, e, false)
				 : adopt_edits(s, e, &w);
}

enum status
words_filed(struct step *s, const struct history_entry *e)
{
	if (e->kind != HISTORY_MESSAGE || e->signature != SIGNATURE_VALID)
		return STATUS_OK;
	if (e->type == MESSAGE_TEXT)
		return filed_text(s, e);
	if (words_is_about_another(e) && history_knows_target(e))
		return filed_about(s, e);
	return STATUS_OK;
}
