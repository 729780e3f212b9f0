/* api_history_verify.c - the history, checked again. */
#include "base/number.h"
#include "client/core/api/api_event.h"
#include "client/core/api/api_look.h"
#include "client/core/expiry.h"
#include "client/core/history_check.h"

struct showing {
	tacit_break_fn *show;
	void *arg;
};

static const struct {
	const char *kind;
	const char *sentence;
} breaks[] = {
	[BREAK_RECORD] = { "record", "the entry does not open" },
	[BREAK_ENTRY] = { "entry", "the entry is not what was signed" },
	[BREAK_SIGNATURE] = { "signature",
	    "the signature is not its author's" },
	[BREAK_CONTENT] = { "content", "the text is not what was signed" },
	[BREAK_CHAIN] = { "chain",
	    "it does not follow its author's message before it" },
	[BREAK_NUMBER] = { "number",
	    "its author has another message with its number" },
	[BREAK_GONE] = { "gone", "entries from here on were removed" },
};

static enum status
show_break(struct step *s, enum history_break why,
    const struct history_entry *e, void *arg)
{
	const struct showing *showing = arg;
	struct tacit_break out = {
		.n = e->n,
		.kind = breaks[why].kind,
		.sentence = breaks[why].sentence,
	};
	char id[2 * MESSAGE_ID_BYTES + 1];
	struct event_conversation *c = arena_take(s->arena, sizeof(*c));
	enum status st = STATUS_OK;

	if (c == NULL)
		return STATUS_NOMEM;
	if (e->kind == HISTORY_MESSAGE) {
		hex_encode(BYTES_OF(e->id.raw), id);
		out.id = id;
		out.from = e->from.text;
		out.conversation = &c->view;
		st = event_conversation(
		    s, e->conversation_kind, &e->conversation, &e->peer, c);
	}
	if (st == STATUS_OK)
		showing->show(&out, showing->arg);
	return st;
}

static enum status
find(struct core *core, enum tacit_kind kind, const char *with, struct hash *id)
{
	struct step s = { 0 };
	enum status st = step_begin(core, DB_READ, &s);

	if (st == STATUS_OK)
		st = look_find(&s, kind, with, id);
	step_abort(&s);
	return st;
}

enum tacit_code
tacit_history_verify(struct tacit *t, enum tacit_kind kind, const char *with,
    tacit_break_fn *show, void *arg, struct tacit_verified *sum,
    struct tacit_error *e)
{
	struct showing showing = { show, arg };
	struct history_check how = { .show = show_break, .arg = &showing };
	struct history_check_sum found = { 0 };
	struct hash id;
	enum status st;

	error_clear(e);
	*sum = (struct tacit_verified){ 0 };
	st = expiry_run(&t->core);
	if (st == STATUS_OK && with != NULL) {
		st = find(&t->core, kind, with, &id);
		if (st != STATUS_OK)
			return look_explain(e, kind, st);
		how.conversation = &id;
	}
	if (st == STATUS_OK)
		st = history_check_run(&t->core, &how, &found);
	if (st != STATUS_OK)
		return error_status(e, st);
	*sum = (struct tacit_verified){
		.messages = found.messages,
		.intact = found.intact,
		.disappeared = found.erased,
		.unproven = found.unproven,
		.unsent = found.unsent,
		.gaps = found.gaps,
		.missing = found.missing,
		.damaged = found.broken,
	};
	if (found.broken > 0)
		return error_set(e, TACIT_DAMAGED,
		    "What is kept here is not all what was taken in; "
		    "restore a backup.");
	return TACIT_DONE;
}
