#include "client/cli/input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "client/cli/text.h"

enum {
	READ_BYTES = 16 * 1024,
	PENDING_BYTES = 256 * 1024, /* read and not yet handed out */
};

struct input_lines {
	struct buf *pending;
	size_t taken; /* bytes at the front that the last call handed out */
	uint64_t line;
	bool ended;
};

/* 0 at the end; -1 with the error set. */
static ssize_t
read_some(struct cli *cli, void *into, size_t len)
{
	ssize_t got;

	do
		got = read(cli->io.in, into, len);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		cli_fail(cli, TACIT_FAILED, "Standard input cannot be read: %s",
		    strerror(errno));
	return got;
}

enum tacit_code
input_link(struct cli *cli, const char *given, char link[INPUT_LINK_BYTES])
{
	size_t len = 0;
	ssize_t got;

	memset(link, 0, INPUT_LINK_BYTES);
	if (strcmp(given, "-") != 0) {
		len = strlen(given);
		if (len >= INPUT_LINK_BYTES)
			return cli_fail(
			    cli, TACIT_USAGE, "The link is too long");
		memcpy(link, given, len);
		return TACIT_DONE;
	}
	while ((got = read_some(cli, link + len, 1)) > 0 && link[len] != '\n')
		if (++len == INPUT_LINK_BYTES)
			return cli_fail(
			    cli, TACIT_USAGE, "The link is too long");
	if (got < 0)
		return TACIT_FAILED;
	while (len > 0 && strchr(" \t\r", link[len - 1]) != NULL)
		len--;
	link[len] = '\0';
	if (len == 0)
		return cli_fail(cli, TACIT_USAGE,
		    "Standard input holds no link on its first line");
	return TACIT_DONE;
}

void
input_forget(char link[INPUT_LINK_BYTES])
{
	wipe(link, INPUT_LINK_BYTES);
}

enum tacit_code
input_check(struct cli *cli, struct bytes text, const char *where)
{
	if (text.len == 0)
		return cli_fail(cli, TACIT_USAGE, "%s is empty", where);
	if (text.len > TACIT_TEXT_BYTES)
		return cli_fail(cli, TACIT_USAGE, "%s is longer than %d bytes",
		    where, TACIT_TEXT_BYTES);
	if (!text_is_plain((const char *)text.data, text.len))
		return cli_fail(cli, TACIT_USAGE,
		    "%s is not valid UTF-8, or holds a zero byte", where);
	return TACIT_DONE;
}

enum tacit_code
input_text(struct cli *cli, struct buf **text)
{
	struct buf *b = NULL;
	uint8_t *room = NULL;
	size_t len = 0;
	ssize_t got = 0;
	enum tacit_code code;

	/* One byte past what may be sent with a line end tells too much. */
	if (buf_new(TACIT_TEXT_BYTES + 2, &b) != STATUS_OK ||
	    buf_grow(b, TACIT_TEXT_BYTES + 2, &room) != STATUS_OK) {
		buf_free(b);
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	}
	while (
	    len < TACIT_TEXT_BYTES + 2 &&
	    (got = read_some(cli, room + len, TACIT_TEXT_BYTES + 2 - len)) > 0)
		len += (size_t)got;
	if (len > 0 && room[len - 1] == '\n')
		len--;
	buf_truncate(b, len);
	code =
	    got < 0 ? TACIT_FAILED : input_check(cli, buf_view(b), "The text");
	if (code != TACIT_DONE) {
		buf_free(b);
		return code;
	}
	*text = b;
	return TACIT_DONE;
}

enum tacit_code
input_lines_new(struct cli *cli, struct input_lines **in)
{
	struct input_lines *made = calloc(1, sizeof(*made));

	if (made == NULL ||
	    buf_new(PENDING_BYTES, &made->pending) != STATUS_OK) {
		free(made);
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	}
	*in = made;
	return TACIT_DONE;
}

void
input_lines_free(struct input_lines *in)
{
	if (in == NULL)
		return;
	buf_free(in->pending);
	free(in);
}

/* Reads once; only when asked to `wait` may it block. */
static enum tacit_code
fill(struct input_lines *in, struct cli *cli, bool wait, bool *more)
{
	struct pollfd ready = { .fd = cli->io.in, .events = POLLIN };
	uint8_t chunk[READ_BYTES];
	ssize_t got;
	enum status st;

	*more = false;
	if (in->ended || buf_room(in->pending) < sizeof(chunk) ||
	    (!wait && poll(&ready, 1, 0) <= 0))
		return TACIT_DONE;
	got = read_some(cli, chunk, sizeof(chunk));
	if (got < 0)
		return TACIT_FAILED;
	in->ended = got == 0;
	st = buf_put(in->pending, bytes_view(chunk, (size_t)got));
	wipe(chunk, sizeof(chunk));
	if (st != STATUS_OK)
		return cli_fail(cli, TACIT_FAILED, "Out of memory");
	*more = got > 0;
	return TACIT_DONE;
}

/* The next line of `left`; false when it is not there as a whole yet. */
static bool
cut(const struct input_lines *in, struct bytes left, struct bytes *line,
    size_t *used)
{
	const uint8_t *end =
	    left.len > 0 ? memchr(left.data, '\n', left.len) : NULL;

	if (end == NULL && (!in->ended || left.len == 0) &&
	    left.len <= TACIT_TEXT_BYTES)
		return false;
	line->data = left.data;
	line->len = end != NULL ? (size_t)(end - left.data) : left.len;
	*used = line->len + (end != NULL);
	return true;
}

static enum tacit_code
take(struct input_lines *in, struct cli *cli, struct bytes lines[INPUT_LINES],
    size_t *count)
{
	struct bytes line;
	size_t used;
	char where[48];

	while (*count < INPUT_LINES &&
	       cut(in, bytes_tail(buf_view(in->pending), in->taken), &line,
		   &used)) {
		enum tacit_code code;

		in->taken += used;
		in->line++;
		if (line.len == 0)
			continue;
		snprintf(where, sizeof(where), "Line %llu of standard input",
		    (unsigned long long)in->line);
		code = input_check(cli, line, where);
		if (code != TACIT_DONE)
			return code;
		lines[(*count)++] = line;
	}
	return TACIT_DONE;
}

enum tacit_code
input_lines_next(struct input_lines *in, struct cli *cli,
    struct bytes lines[INPUT_LINES], size_t *count)
{
	enum tacit_code code = TACIT_DONE;
	bool more;

	for (;;) {
		buf_drop(in->pending, in->taken);
		in->taken = 0;
		*count = 0;
		/* What is there already may grow the buffer and move it, so
		 * lines are cut only when nothing more is read. */
		do
			code = fill(in, cli, false, &more);
		while (code == TACIT_DONE && more);
		if (code == TACIT_DONE)
			code = take(in, cli, lines, count);
		if (code != TACIT_DONE || *count > 0)
			return code;
		if (in->ended && in->taken == buf_len(in->pending))
			return TACIT_DONE;
		buf_drop(in->pending, in->taken);
		in->taken = 0;
		code = fill(in, cli, true, &more);
		if (code != TACIT_DONE)
			return code;
	}
}
