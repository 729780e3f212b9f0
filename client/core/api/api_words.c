#include "client/core/api/api_words.h"

#include <string.h>

#include "base/number.h"
#include "client/core/api/api_event.h"
#include "client/core/messenger/consent.h"
#include "client/core/messenger/receipts.h"
#include "client/core/words/words.h"
#include "store/client/contacts.h"

/* A copy with a NUL; NULL: no memory. */
static const char *
copy(struct step *s, struct bytes b)
{
	char *text = arena_take(s->arena, b.len + 1);

	if (text != NULL && b.len > 0)
		memcpy(text, b.data, b.len);
	return text;
}

static const char *
copy_hex(struct step *s, struct bytes b)
{
	char *text = arena_take(s->arena, 2 * b.len + 1);

	if (text != NULL)
		hex_encode(b, text);
	return text;
}

/* *alias: NULL when there is none. */
static enum status
find_alias(struct step *s, const struct account_name *name, const char **alias)
{
	struct contact *c = arena_take(s->arena, sizeof(*c));
	enum status st;

	if (c == NULL)
		return STATUS_NOMEM;
	st = contact_get(s->txn, name, c);
	if (st == STATUS_OK && c->alias[0] != '\0')
		*alias = c->alias;
	return st == STATUS_NOT_FOUND ? STATUS_OK : st;
}

static enum status
quote_found(
    struct step *s, const struct history_entry *about, struct tacit_quote *q)
{
	struct bytes text = BYTES_NONE;
	bool hidden = false;
	enum status st = consent_hides(s, about, &hidden);

	if (st == STATUS_OK)
		st = words_text(s, s->arena, about, &text);
	if (st != STATUS_OK || hidden)
		return st;
	q->here = true;
	q->sent_ms = about->sent_ms;
	q->deleted = about->deleted_ms != 0;
	q->disappeared = !q->deleted && history_is_gone(about, s->now_ms);
	q->text = copy(s, text);
	q->text_len = text.len;
	return q->text == NULL ? STATUS_NOMEM : STATUS_OK;
}

/* What e is about; *about is filled in when it is here. */
static enum status
quote(struct step *s, const struct history_entry *e, struct tacit_words *w,
    struct history_entry *about)
{
	struct tacit_quote *q = arena_take(s->arena, sizeof(*q));
	enum status st;

	if (q == NULL)
		return STATUS_NOMEM;
	*q = (struct tacit_quote){
		.id = copy_hex(s, BYTES_OF(e->target.id.raw)),
		.from = copy(s, account_name_bytes(&e->target.author)),
		.text = "",
	};
	if (q->id == NULL || q->from == NULL)
		return STATUS_NOMEM;
	w->about = q;
	st = find_alias(s, &e->target.author, &q->from_alias);
	if (st == STATUS_OK)
		st = words_find(
		    s, s->arena, &e->conversation, &e->target, about);
	if (st == STATUS_OK && words_is_about_another(e))
		w->ignored = words_refuse(e, about);
	return st == STATUS_OK ? quote_found(s, about, q) : st;
}

static enum status
state_of(struct step *s, const struct history_entry *e, enum tacit_state *state)
{
	enum message_state found;
	enum status st = receipts_state(s, e, &found);

	if (st == STATUS_OK)
		*state = event_state(found);
	return st;
}

static enum status
add_earlier(struct step *s, const struct history_entry *e,
    struct tacit_earlier *all, size_t *count)
{
	struct tacit_earlier *to = &all[*count];

	if (history_is_gone(e, s->now_ms))
		return STATUS_OK;
	*to = (struct tacit_earlier){
		.sent_ms = e->sent_ms,
		.text = copy(s, e->text),
		.text_len = e->text.len,
	};
	++*count;
	return to->text == NULL ? STATUS_NOMEM : STATUS_OK;
}

static enum status
show_edits(struct step *s, const struct history_entry *e,
    const struct words_joined *joined, struct tacit_words *w,
    struct tacit_event *event)
{
	struct tacit_earlier *all =
	    arena_take_array(s->arena, WORDS_EDITS_MAX + 1, sizeof(*all));
	enum status st = all == NULL
			     ? STATUS_NOMEM
			     : add_earlier(s, e, all, &w->earlier_count);

	for (size_t i = 0; st == STATUS_OK && i < joined->edits_count; i++) {
		struct history_entry edit;

		st = history_get(s->txn, joined->edits[i], s->arena, &edit);
		if (st == STATUS_OK && i + 1 < joined->edits_count)
			st = add_earlier(s, &edit, all, &w->earlier_count);
		else if (st == STATUS_OK) {
			w->edited_ms = edit.sent_ms;
			st = state_of(s, &edit, &w->edit_state);
			event->text = copy(s, edit.text);
			event->text_len = edit.text.len;
		}
	}
	w->earlier = all;
	return st == STATUS_OK && event->text == NULL ? STATUS_NOMEM : st;
}

static enum status
fill_reaction(
    struct step *s, const struct history_entry *e, struct tacit_reaction *r)
{
	*r = (struct tacit_reaction){
		.from = e->from.text,
		.from_key = copy_hex(s, BYTES_OF(e->from_key)),
		.own = e->own,
		.sent_ms = e->sent_ms,
		.text = copy(s, e->text),
		.text_len = e->text.len,
	};
	r->from = copy(s, account_name_bytes(&e->from));
	if (r->from == NULL || r->from_key == NULL || r->text == NULL)
		return STATUS_NOMEM;
	return e->own ? state_of(s, e, &r->state)
		      : find_alias(s, &e->from, &r->from_alias);
}

static enum status
show_reactions(
    struct step *s, const struct words_joined *joined, struct tacit_words *w)
{
	struct tacit_reaction *all = arena_take_array(
	    s->arena, joined->reactions_count + 1, sizeof(*all));
	enum status st = all == NULL ? STATUS_NOMEM : STATUS_OK;

	for (size_t i = 0; st == STATUS_OK && i < joined->reactions_count;
	     i++) {
		struct history_entry e;
		bool hidden = false;

		st = history_get(s->txn, joined->reactions[i], s->arena, &e);
		if (st == STATUS_OK)
			st = consent_hides(s, &e, &hidden);
		if (st == STATUS_OK && !hidden)
			st = fill_reaction(s, &e, &all[w->reactions_count++]);
	}
	w->reactions = all;
	return st;
}

static enum status
show_deletion(struct step *s, const struct history_entry *e, uint64_t deletion,
    struct tacit_words *w)
{
	struct history_entry by;
	enum status st = STATUS_OK;

	w->deleted_ms = e->deleted_ms;
	w->deleted_here = e->deleted_here;
	if (deletion != 0) {
		st = history_get(s->txn, deletion, s->arena, &by);
		if (st == STATUS_OK)
			st = state_of(s, &by, &w->deletion_state);
	}
	return st;
}

/* A text that is gone has nothing standing with it. */
static enum status
show_text(struct step *s, const struct history_entry *e, struct tacit_words *w,
    struct tacit_event *event)
{
	struct words_joined joined;
	enum status st = words_join(s, e, &joined);

	if (st == STATUS_OK && e->deleted_ms != 0)
		return show_deletion(s, e, joined.deletion, w);
	if (st != STATUS_OK || history_is_gone(e, s->now_ms))
		return st;
	if (joined.edits_count > 0)
		st = show_edits(s, e, &joined, w, event);
	if (st == STATUS_OK && joined.reactions_count > 0)
		st = show_reactions(s, &joined, w);
	return st;
}

enum tacit_word
words_kind(uint32_t type)
{
	switch ((enum message_type)type) {
	case MESSAGE_TEXT:
	case MESSAGE_TIMER: /* not signed; else it is told as a notice */
		return TACIT_TEXT;
	case MESSAGE_REACTION:
		return TACIT_REACTION;
	case MESSAGE_EDIT:
		return TACIT_EDIT;
	case MESSAGE_DELETION:
		return TACIT_DELETION;
	}
	return TACIT_LATER_WORD;
}

enum status
words_show(
    struct step *s, const struct history_entry *e, struct tacit_event *event)
{
	struct tacit_words *w = arena_take(s->arena, sizeof(*w));
	struct history_entry about;
	enum status st = STATUS_OK;

	if (w == NULL)
		return STATUS_NOMEM;
	w->word = words_kind(e->type);
	w->type = e->type;
	if (e->deleted_ms != 0)
		event->disappeared = false; /* it says more */
	if (w->word == TACIT_LATER_WORD) {
		event->text = "";
		event->text_len = 0;
	} else if (e->has_target) {
		st = quote(s, e, w, &about);
	}
	if (st == STATUS_NOT_FOUND)
		st = STATUS_OK;
	if (st == STATUS_OK && w->word == TACIT_TEXT)
		st = show_text(s, e, w, event);
	event->words = w;
	return st;
}
