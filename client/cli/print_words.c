/*
 * print_words.c - messages about messages, for people.
 *
 * Lines of our own begin with `-- `, where no text can: its first line stands
 * behind a time and a name, the others are indented.  Within such a line what
 * others wrote comes last, behind a colon.
 */
#include <string.h>

#include "base/when.h"
#include "client/cli/paint.h"
#include "client/cli/print.h"
#include "client/cli/show.h"
#include "client/cli/text.h"

enum { EXCERPT_CHARS = 60 };

static void
put_when(struct cli *cli, int64_t ms)
{
	char text[WHEN_TEXT_BYTES];

	when_format_local(ms, text);
	fprintf(cli->io.out, "[%s] ", text);
}

static const char *
name_in(const char *alias, const char *name)
{
	return alias != NULL ? alias : name;
}

/* The first line of a text, or the start of it. */
static void
put_excerpt(struct cli *cli, const struct tacit_quote *q)
{
	size_t at = 0;
	size_t used;

	for (int i = 0; at < q->text_len && i < EXCERPT_CHARS;
	     at += used, i++) {
		if (q->text[at] == '\n')
			break;
		(void)text_next(q->text + at, q->text_len - at, &used);
	}
	text_put(cli->io.out, TEXT_SENTENCE, q->text, at);
	if (at < q->text_len)
		fputs("...", cli->io.out);
}

static void
put_quote(struct cli *cli, const struct tacit_quote *q)
{
	print_name(cli, name_in(q->from_alias, q->from));
	if (!q->here)
		fputs(" (not here)", cli->io.out);
	else if (q->deleted)
		fputs(" (deleted)", cli->io.out);
	else if (q->disappeared)
		fputs(" (disappeared)", cli->io.out);
	if (cli->args.detailed)
		fprintf(cli->io.out, " (id %s)", q->id);
	if (q->text_len == 0)
		return;
	fputs(": ", cli->io.out);
	put_excerpt(cli, q);
}

void
print_answered(struct cli *cli, const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;

	if (w == NULL || w->word != TACIT_TEXT || w->about == NULL)
		return;
	paint(cli, PAINT_DIM);
	fputs("-- > ", cli->io.out);
	if (w->about->here)
		put_when(cli, w->about->sent_ms);
	put_quote(cli, w->about);
	paint(cli, PAINT_OFF);
	fputc('\n', cli->io.out);
}

/* Whatever a peer may call one: what is more than a sign stands in quotes. */
static void
put_sign(struct cli *cli, const char *text, size_t len)
{
	if (tacit_is_reaction(text, len) && text_is_sign(text, len)) {
		text_put(cli->io.out, TEXT_BODY, text, len);
		return;
	}
	fputc('"', cli->io.out);
	text_put(cli->io.out, TEXT_QUOTED, text, len);
	fputc('"', cli->io.out);
}

static bool
is_same_sign(const struct tacit_reaction *a, const struct tacit_reaction *b)
{
	return a->text_len == b->text_len &&
	       memcmp(a->text, b->text, a->text_len) == 0;
}

/* Each sign once, with all who gave it. */
static void
put_reaction(struct cli *cli, const struct tacit_words *w, size_t at)
{
	const struct tacit_reaction *all = w->reactions;
	const char *gap = " ";

	for (size_t i = 0; i < at; i++)
		if (is_same_sign(&all[i], &all[at]))
			return;
	fputs(at == 0 ? "" : "; ", cli->io.out);
	put_sign(cli, all[at].text, all[at].text_len);
	for (size_t i = at; i < w->reactions_count; i++) {
		if (!is_same_sign(&all[i], &all[at]))
			continue;
		fputs(gap, cli->io.out);
		print_name(cli, name_in(all[i].from_alias, all[i].from));
		gap = ", ";
	}
}

static void
put_earlier(struct cli *cli, const struct tacit_earlier *e)
{
	fputs("-- was ", cli->io.out);
	put_when(cli, e->sent_ms);
	text_put(cli->io.out, TEXT_BODY, e->text, e->text_len);
	fputc('\n', cli->io.out);
}

void
print_said(struct cli *cli, const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;
	size_t earlier;

	if (w == NULL)
		return;
	earlier = cli->args.detailed ? w->earlier_count : 0;
	if (earlier == 0 && w->reactions_count == 0)
		return;
	paint(cli, PAINT_DIM);
	for (size_t i = 0; i < earlier; i++)
		put_earlier(cli, &w->earlier[i]);
	if (w->reactions_count > 0)
		fputs("-- + ", cli->io.out);
	for (size_t i = 0; i < w->reactions_count; i++)
		put_reaction(cli, w, i);
	if (w->reactions_count > 0)
		fputc('\n', cli->io.out);
	paint(cli, PAINT_OFF);
}

bool
print_is_about_another(const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;

	return w != NULL &&
	       (w->word == TACIT_REACTION || w->word == TACIT_EDIT ||
		   w->word == TACIT_DELETION);
}

static void
put_verb(struct cli *cli, const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;
	FILE *out = cli->io.out;

	if (w->word == TACIT_DELETION)
		fputs(" deleted", out);
	else if (w->word == TACIT_EDIT)
		fputs(" edited", out);
	else if (event->disappeared)
		fputs(" reacted to", out);
	else if (event->text_len == 0)
		fputs(" took back a reaction to", out);
	else {
		fputs(" reacted ", out);
		put_sign(cli, event->text, event->text_len);
		fputs(" to", out);
	}
	fputs(w->about != NULL && w->about->here ? " the message of "
						 : " a message of ",
	    out);
	if (w->about != NULL && w->about->here)
		put_when(cli, w->about->sent_ms);
}

void
print_word(struct cli *cli, const struct tacit_event *event)
{
	const struct tacit_words *w = event->words;
	FILE *out = cli->io.out;

	fputs("-- ", out);
	print_time(cli, event);
	if (event->conversation.kind == TACIT_GROUP) {
		print_name(cli, event->conversation.name);
		fputc('/', out);
	}
	print_name(cli, print_speaker(event));
	print_remarks(cli, event);
	if (w->ignored != NULL)
		fprintf(out, " (ignored: %s)", w->ignored);
	put_verb(cli, event);
	if (w->word == TACIT_EDIT && w->about != NULL && !event->disappeared) {
		print_name(cli, name_in(w->about->from_alias, w->about->from));
		if (event->text_len > 0)
			fputs(": ", out);
		text_put(out, TEXT_BODY, event->text, event->text_len);
	} else if (w->about != NULL) {
		put_quote(cli, w->about);
	}
	fputc('\n', out);
}
