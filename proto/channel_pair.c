/* The plain variant of a channel: two ends in memory, for tests. */
#include <stdlib.h>
#include <string.h>

#include "proto/channel_private.h"

enum { PIPE_BYTES = 64 * 1024 };

struct pipe {
	struct buf *toward[2]; /* what the end of that number will read */
	bool closed[2];
};

static void
pipe_free(struct pipe *p)
{
	if (p == NULL)
		return;
	buf_free(p->toward[0]);
	buf_free(p->toward[1]);
	free(p);
}

static enum status
pipe_new(struct pipe **p)
{
	struct pipe *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	st = buf_new(PIPE_BYTES, &fresh->toward[0]);
	if (st == STATUS_OK)
		st = buf_new(PIPE_BYTES, &fresh->toward[1]);
	if (st != STATUS_OK) {
		pipe_free(fresh);
		return st;
	}
	*p = fresh;
	return STATUS_OK;
}

/* The second to leave takes the pipe along. */
void
pipe_close(struct pipe *p, size_t end)
{
	p->closed[end] = true;
	if (p->closed[1 - end])
		pipe_free(p);
}

static struct channel *
end_new(struct pipe *p, size_t end)
{
	struct channel *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->pipe = p;
	c->end = end;
	c->fd = -1;
	c->open = true;
	return c;
}

enum status
channel_pair(struct channel **a, struct channel **b)
{
	struct pipe *p = NULL;
	struct channel *first, *second;
	enum status st = pipe_new(&p);

	if (st != STATUS_OK)
		return st;
	first = end_new(p, 0);
	second = end_new(p, 1);
	if (first == NULL || second == NULL) {
		free(first);
		free(second);
		pipe_free(p);
		return STATUS_NOMEM;
	}
	*a = first;
	*b = second;
	return STATUS_OK;
}

bool
pipe_has_input(const struct pipe *p, size_t end)
{
	return buf_len(p->toward[end]) > 0;
}

enum status
pipe_read(struct channel *c, uint8_t *into, size_t len, size_t *got)
{
	struct buf *from = c->pipe->toward[c->end];
	struct bytes some = bytes_head(buf_view(from), len);

	if (some.len == 0 && c->pipe->closed[1 - c->end])
		return STATUS_CLOSED;
	c->wants_read = some.len == 0;
	if (some.len == 0)
		return STATUS_AGAIN;
	memcpy(into, some.data, some.len);
	buf_drop(from, some.len);
	*got = some.len;
	return STATUS_OK;
}

enum status
pipe_write(struct channel *c, struct bytes from, size_t *taken)
{
	struct buf *to = c->pipe->toward[1 - c->end];
	struct bytes some = bytes_head(from, buf_room(to));
	enum status st;

	if (c->pipe->closed[1 - c->end])
		return STATUS_CLOSED;
	c->wants_write = some.len == 0;
	if (some.len == 0)
		return STATUS_AGAIN;
	st = buf_put(to, some);
	if (st == STATUS_OK)
		*taken = some.len;
	return st;
}
