/* api_act.c - what the user says about a message. */
#include <utf8proc.h>

#include "client/core/api/api_address.h"
#include "client/core/tidy.h"
#include "client/core/words/words.h"

const char *
tacit_word_name(enum tacit_word word)
{
	switch (word) {
	case TACIT_TEXT:
		return "text";
	case TACIT_REACTION:
		return "reaction";
	case TACIT_EDIT:
		return "edit";
	case TACIT_DELETION:
		return "deletion";
	case TACIT_LATER_WORD:
		return "later";
	}
	return "later";
}

/*
 * Of the invisible ones, those that emoji are made with.  Unassigned ones may
 * be emoji of a Unicode to come.
 */
static bool
is_visible(utf8proc_int32_t c)
{
	const utf8proc_category_t kind = utf8proc_category(c);

	if (kind == UTF8PROC_CATEGORY_CF)
		return c == 0x200d || (c >= 0xe0020 && c <= 0xe007f);
	return kind != UTF8PROC_CATEGORY_CC && kind != UTF8PROC_CATEGORY_CS &&
	       kind != UTF8PROC_CATEGORY_CO && kind != UTF8PROC_CATEGORY_ZS &&
	       kind != UTF8PROC_CATEGORY_ZL && kind != UTF8PROC_CATEGORY_ZP;
}

bool
tacit_is_reaction(const char *text, size_t len)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;

	if (len == 0 || len > TACIT_REACTION_BYTES)
		return false;
	while (len > 0) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
		    utf8proc_iterate(at, (utf8proc_ssize_t)len, &c);

		if (n <= 0 || !is_visible(c))
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* A group's members are caught up with before anything is said to them. */
static enum tacit_code
find_kind(struct tacit *t, const char *about, enum tacit_kind *kind,
    struct tacit_error *e)
{
	struct history_entry entry;
	struct step s = { 0 };
	enum tacit_code code =
	    error_status(e, step_begin(&t->core, DB_READ, &s));

	if (code == TACIT_DONE)
		code = address_find_message(&s, about, &entry, e);
	if (code == TACIT_DONE)
		*kind = entry.conversation_kind == CONVERSATION_DIRECT
			    ? TACIT_DIRECT
			    : TACIT_GROUP;
	step_abort(&s);
	return code;
}

/* What was erased goes with the key that it was under; `code` comes first. */
static enum tacit_code
tidy(struct tacit *t, enum tacit_code code, struct tacit_error *e)
{
	struct tacit_error ours;

	if (error_status(&ours, tidy_run(&t->core)) == TACIT_DONE ||
	    code != TACIT_DONE)
		return code;
	*e = ours;
	return ours.code;
}

enum tacit_code
tacit_act(struct tacit *t, const struct tacit_act *act, tacit_sent_fn *sent,
    void *arg, struct tacit_error *e)
{
	struct tacit_send message = {
		.text = act->text,
		.text_len = act->text_len,
		.id = act->id,
		.queue_only = act->queue_only,
		.now = act->now,
		.wait_ms = act->wait_ms,
	};
	struct batch b;
	enum tacit_code code = find_kind(t, act->about, &message.kind, e);

	if (code == TACIT_DONE)
		code = error_status(e, batch_init(&b, t, 1));
	if (code != TACIT_DONE)
		return code;
	b.sent = sent;
	b.arg = arg;
	b.items[0].message = &message;
	b.items[0].act = act;
	code = batch_send(&b, e);
	batch_clear(&b);
	return tidy(t, code, e);
}

enum tacit_code
tacit_delete_here(struct tacit *t, const char *about, struct tacit_error *e)
{
	struct history_entry entry;
	struct step s = { 0 };
	enum tacit_code code =
	    error_status(e, step_begin(&t->core, DB_WRITE, &s));

	if (code == TACIT_DONE)
		code = address_find_message(&s, about, &entry, e);
	if (code == TACIT_DONE && entry.kind != HISTORY_MESSAGE)
		code = error_set(e, TACIT_NOT_FOUND, "That is no message.");
	if (code == TACIT_DONE)
		code = error_status(e, words_erase(&s, &entry, true));
	if (code == TACIT_DONE)
		code = error_status(e, step_commit(&s));
	step_abort(&s);
	return code == TACIT_DONE ? tidy(t, code, e) : code;
}
