/* json_words.c - messages about messages, as docs/json.md has them. */
#include "client/cli/show.h"

static void
put_quote(struct object *o, const char *key, const struct tacit_quote *q)
{
	struct object inner = object_new(NULL);

	object_text(&inner, "id", q->id);
	object_text(&inner, "from", q->from);
	object_text_if(&inner, "from_alias", q->from_alias);
	object_bool(&inner, "here", q->here);
	if (q->here) {
		object_time(&inner, "sent_at", q->sent_ms);
		object_bytes(&inner, "text", q->text, q->text_len);
	}
	if (q->deleted)
		object_bool(&inner, "deleted", true);
	if (q->disappeared)
		object_bool(&inner, "disappeared", true);
	object_nest(o, key, &inner);
}

static void
put_state(struct object *o, enum tacit_state state)
{
	if (state != TACIT_STATE_NONE)
		object_text(o, "state", tacit_state_name(state));
}

static void
put_edits(struct object *o, const struct tacit_words *w)
{
	struct object inner = object_new(NULL);

	object_time(&inner, "at", w->edited_ms);
	put_state(&inner, w->edit_state);
	for (size_t i = 0; i < w->earlier_count; i++) {
		struct object was = object_new(NULL);

		object_time(&was, "sent_at", w->earlier[i].sent_ms);
		object_bytes(
		    &was, "text", w->earlier[i].text, w->earlier[i].text_len);
		object_append(&inner, "earlier", &was);
	}
	object_nest(o, "edited", &inner);
}

static void
put_reaction(struct object *o, const struct tacit_reaction *r)
{
	struct object inner = object_new(NULL);

	object_text(&inner, "from", r->from);
	object_text_if(&inner, "from_alias", r->from_alias);
	object_text(&inner, "from_key", r->from_key);
	if (r->own)
		object_bool(&inner, "own", true);
	object_time(&inner, "sent_at", r->sent_ms);
	object_bytes(&inner, "reaction", r->text, r->text_len);
	put_state(&inner, r->state);
	object_append(o, "reactions", &inner);
}

static void
put_deletion(struct object *o, const struct tacit_words *w)
{
	struct object inner = object_new(NULL);

	object_time(&inner, "at", w->deleted_ms);
	object_text(&inner, "for", w->deleted_here ? "here" : "everyone");
	put_state(&inner, w->deletion_state);
	object_nest(o, "deleted", &inner);
}

/* Of a text: what it answers, and what was said about it. */
static void
put_text(struct object *o, const struct tacit_words *w)
{
	if (w->about != NULL)
		put_quote(o, "reply_to", w->about);
	if (w->edited_ms != 0)
		put_edits(o, w);
	for (size_t i = 0; i < w->reactions_count; i++)
		put_reaction(o, &w->reactions[i]);
	if (w->deleted_ms != 0)
		put_deletion(o, w);
}

const char *
json_type_of(const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;

	if (w == NULL || w->word == TACIT_TEXT || w->word == TACIT_LATER_WORD)
		return "message";
	return tacit_word_name(w->word);
}

const char *
json_text_key(const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;

	return w != NULL && w->word == TACIT_REACTION ? "reaction" : "text";
}

void
json_words(struct object *o, const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;

	if (w == NULL)
		return;
	if (w->word == TACIT_TEXT) {
		put_text(o, w);
		return;
	}
	if (w->word == TACIT_LATER_WORD) {
		object_number(o, "unknown_type", w->type);
		return;
	}
	if (w->about != NULL)
		put_quote(o, "about", w->about);
	object_bool(o, "counts", w->ignored == NULL);
	object_text_if(o, "ignored", w->ignored);
}
