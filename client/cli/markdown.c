#include "client/cli/markdown.h"

#include <stdlib.h>
#include <string.h>

#include "client/cli/show.h"
#include "client/cli/text.h"

enum { INDENT = 4 }; /* of further lines, by TEXT_BODY */

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* `12.` and `12)` would begin a list. */
static bool
ends_number(const char *line, size_t at)
{
	return at > 0 && is_one_of(line[at], ".)") &&
	       strspn(line, "0123456789") >= at;
}

static bool
must_escape(const char *line, size_t at)
{
	if (is_one_of(line[at], "\\`*_[]<&~|$"))
		return true;
	if (at == 0)
		return is_one_of(line[at], "#>-+=:");
	return ends_number(line, at);
}

void
markdown_put(FILE *to, const char *line, size_t len)
{
	size_t at = 0;

	/* Four of them would begin a block of code. */
	for (; at < len && line[at] == ' '; at++)
		fputs("&nbsp;", to);
	for (size_t start = at; at < len; at++) {
		if (must_escape(line + start, at - start))
			fputc('\\', to);
		fputc(line[at], to);
	}
}

static void
put_text(FILE *to, const char *text)
{
	char *plain = NULL;
	size_t len = 0;
	FILE *into = open_memstream(&plain, &len);

	if (into == NULL)
		return;
	text_put_z(into, TEXT_NAME, text);
	if (fclose(into) == 0)
		markdown_put(to, plain, len);
	free(plain);
}

void
markdown_begin(struct markdown *m)
{
	FILE *out = m->cli->io.out;

	if (m->began)
		return;
	m->began = true;
	fputs("# ", out);
	put_text(out, m->title != NULL ? m->title : "Tacit history");
	fputs("\n\n", out);
}

/* Where several are told of in one file: which one this is. */
static void
put_heading(struct markdown *m, const struct tacit_conversation *c)
{
	FILE *out = m->cli->io.out;

	if (m->title != NULL || strcmp(m->conversation, c->id) == 0)
		return;
	fputs(m->conversation[0] != '\0' ? "\n## " : "## ", out);
	snprintf(m->conversation, sizeof(m->conversation), "%s", c->id);
	if (c->name[0] != '\0')
		put_text(out, c->name);
	else
		fputs("This profile", out);
	fputs("\n\n", out);
}

/* An item: its first line, then the others, each broken off by a backslash. */
static void
put_item(FILE *out, const char *lines, size_t len)
{
	const char *lead = "- ";

	while (len > 0) {
		const char *end = memchr(lines, '\n', len);
		size_t line_len = end != NULL ? (size_t)(end - lines) : len;
		size_t used = line_len + (end != NULL);

		fputs(lead, out);
		if (line_len == 0)
			fputs("&nbsp;", out);
		markdown_put(out, lines, line_len);
		lines += used;
		len -= used;
		fputs(len > 0 ? "\\\n" : "\n", out);
		if (len >= INDENT && strncmp(lines, "    ", INDENT) == 0) {
			lines += INDENT;
			len -= INDENT;
		}
		lead = "  ";
	}
}

/* As people see it elsewhere, which no text can forge either. */
static char *
print_aside(struct cli *cli, const struct tacit_event *event, size_t *len)
{
	struct cli_streams kept = cli->io;
	char *lines = NULL;

	cli->io.out = open_memstream(&lines, len);
	if (cli->io.out == NULL) {
		cli->io = kept;
		return NULL;
	}
	print_event(cli, event);
	if (fclose(cli->io.out) != 0) {
		free(lines);
		lines = NULL;
	}
	cli->io = kept;
	return lines;
}

bool
markdown_event(const struct tacit_event *event, void *arg)
{
	struct markdown *m = arg;
	size_t len = 0;
	char *lines = print_aside(m->cli, event, &len);

	if (lines == NULL) {
		cli_fail(m->cli, TACIT_FAILED, "Out of memory");
		return false;
	}
	markdown_begin(m);
	put_heading(m, &event->conversation);
	put_item(m->cli->io.out, lines, len);
	free(lines);
	return !ferror(m->cli->io.out);
}
