/* print.c - history for people: a message is a line, or a few. */
#include <inttypes.h>
#include <string.h>

#include "base/when.h"
#include "client/cli/paint.h"
#include "client/cli/print.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

void
print_name(struct cli *cli, const char *name)
{
	text_put_z(cli->io.out, TEXT_NAME, name != NULL ? name : "?");
}

const char *
print_speaker(const struct tacit_event *event)
{
	return event->from_alias != NULL ? event->from_alias : event->from;
}

/* What the sender says, unless that cannot be. */
void
print_time(struct cli *cli, const struct tacit_event *event)
{
	char text[WHEN_TEXT_BYTES];
	int64_t ms = event->sent_ms;

	if (event->sent_absurd || ms == 0 || event->notice != NULL)
		ms = event->received_ms;
	if (ms == 0)
		ms = event->sent_ms;
	when_format_local(ms, text);
	paint(cli, PAINT_DIM);
	fprintf(cli->io.out, "[%s] ", text);
	paint(cli, PAINT_OFF);
}

void
print_reason(struct cli *cli, const char *reason)
{
	size_t len = strlen(reason);

	if (len > 0 && reason[len - 1] == '.')
		len--;
	text_put(cli->io.out, TEXT_SENTENCE, reason, len);
}

/* Remarks stand in brackets before the colon, where no text can put them. */
struct remarks {
	struct cli *cli;
	size_t count;
};

static void
remark(struct remarks *r, const char *what, const char *value)
{
	FILE *out = r->cli->io.out;

	fputs(r->count++ == 0 ? " (" : ", ", out);
	fputs(what, out);
	if (value != NULL) {
		fputc(' ', out);
		text_put_z(out, TEXT_SENTENCE, value);
	}
}

static void
warn(struct remarks *r, const char *what)
{
	fputs(r->count++ == 0 ? " (" : ", ", r->cli->io.out);
	paint(r->cli, PAINT_WARN);
	fputs(what, r->cli->io.out);
	paint(r->cli, PAINT_OFF);
}

/* Whatever is not right with a message is said, never left out. */
static void
remark_doubts(struct remarks *r, const struct tacit_event *event)
{
	const char *signature = event->signature;
	char claimed[WHEN_TEXT_BYTES];

	if (signature != NULL && strcmp(signature, "unknown-device") == 0)
		warn(r, "UNKNOWN DEVICE");
	else if (signature != NULL && strcmp(signature, "valid") != 0)
		warn(r, "SIGNATURE INVALID");
	if (event->trust != NULL && strcmp(event->trust, "changed") == 0)
		warn(r, "KEY CHANGED");
	if (event->sent_absurd) {
		when_format_local(event->sent_ms, claimed);
		remark(r, "claims to be sent at", claimed);
	}
}

static bool
is_settled(enum tacit_state state)
{
	return state == TACIT_STATE_NONE || state == TACIT_STORED ||
	       state == TACIT_DELIVERED || state == TACIT_READ;
}

static void
remark_state(struct remarks *r, const struct tacit_event *event)
{
	if (event->state == TACIT_STATE_NONE)
		return;
	remark(r,
	    event->state == TACIT_DEVICE_GONE ? "device gone"
					      : tacit_state_name(event->state),
	    NULL);
	if (event->reason == NULL)
		return;
	fputs(": ", r->cli->io.out);
	print_reason(r->cli, event->reason);
}

static void
remark_time(struct remarks *r, const char *what, int64_t ms)
{
	char text[WHEN_TEXT_BYTES];

	when_format_local(ms, text);
	remark(r, what, text);
}

static void
remark_details(struct remarks *r, const struct tacit_event *event)
{
	char number[32];
	char received[WHEN_TEXT_BYTES];

	snprintf(number, sizeof(number), "%" PRIu64, event->n);
	when_format_local(event->received_ms, received);
	remark(r, "n", number);
	if (event->id != NULL)
		remark(r, "id", event->id);
	if (event->expires_ms != 0 && !event->disappeared) {
		when_format_local(event->expires_ms, number);
		remark(r, "disappears", number);
	}
	if (event->delivered_ms != 0)
		remark_time(r, "delivered", event->delivered_ms);
	if (event->read_ms != 0)
		remark_time(r, "read", event->read_ms);
	if (event->own)
		return;
	remark(r, "received", received);
	if (event->trust != NULL)
		remark(r, "sender", event->trust);
}

/* What others, or its author, did to a text later. */
static void
remark_words(struct remarks *r, const struct tacit_words *w)
{
	char when[WHEN_TEXT_BYTES];

	if (w == NULL)
		return;
	if (w->word == TACIT_LATER_WORD)
		remark(r, "a message of a later release", NULL);
	if (w->deleted_ms != 0)
		remark(r, w->deleted_here ? "deleted here" : "deleted", NULL);
	if (!is_settled(w->deletion_state))
		remark(r, "deletion", tacit_state_name(w->deletion_state));
	if (w->edited_ms == 0)
		return;
	when_format_local(w->edited_ms, when);
	remark(r, "edited", when);
	if (!is_settled(w->edit_state))
		remark(r, "edit", tacit_state_name(w->edit_state));
}

void
print_remarks(struct cli *cli, const struct tacit_event *event)
{
	struct remarks r = { .cli = cli };
	bool detailed = cli->args.detailed;

	/* Among several conversations; a group stands before the name. */
	if (cli->args.everywhere && event->own &&
	    event->conversation.kind == TACIT_DIRECT)
		remark(&r, "to", event->conversation.name);
	remark_doubts(&r, event);
	/* What is about another is gone with that, which says so. */
	if (event->disappeared && !print_is_about_another(event))
		remark(&r, "message disappeared", NULL);
	remark_words(&r, event->words);
	if (event->own && (detailed || !is_settled(event->state)))
		remark_state(&r, event);
	if (detailed)
		remark_details(&r, event);
	if (r.count > 0)
		fputc(')', cli->io.out);
}

/* With nothing behind the colon it has none. */
static bool
is_bare(const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;

	return event->disappeared ||
	       (w != NULL &&
		   (w->deleted_ms != 0 || w->word == TACIT_LATER_WORD));
}

static void
print_message(struct cli *cli, const struct tacit_event *event)
{
	print_answered(cli, event);
	print_time(cli, event);
	if (event->conversation.kind == TACIT_GROUP) {
		print_name(cli, event->conversation.name);
		fputc('/', cli->io.out);
	}
	paint(cli, PAINT_NAME);
	print_name(cli, print_speaker(event));
	paint(cli, PAINT_OFF);
	print_remarks(cli, event);
	if (!is_bare(event))
		fputs(": ", cli->io.out);
	if (event->text != NULL)
		text_put(cli->io.out, TEXT_BODY, event->text, event->text_len);
	fputc('\n', cli->io.out);
	print_said(cli, event);
}

void
print_event(struct cli *cli, const struct tacit_event *event)
{
	if (event->notice != NULL)
		print_notice(cli, event);
	else if (print_is_about_another(event))
		print_word(cli, event);
	else
		print_message(cli, event);
}
