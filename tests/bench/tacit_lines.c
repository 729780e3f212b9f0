#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/tacit_line_private.h"

enum {
	WAITING_MAX_BYTES = 16 * 1024 * 1024,
	ARENA_MAX_BYTES = 16 * 1024 * 1024,
};

void
tacit_lines_let_go(struct tacit_lines *all)
{
	if (--all->handles > 0)
		return;
	channel_client_free(all->tls);
	arena_free(all->arena);
	frame_pool_clear(&all->pool);
	free(all);
}

static void
shared_closed(uv_handle_t *handle)
{
	tacit_lines_let_go(handle->data);
}

static void
flush_waiting(struct tacit_lines *all)
{
	while (all->waiting != NULL) {
		struct tacit_line *line = all->waiting;

		tacit_line_leave_waiting(line);
		tacit_line_flush(line);
	}
}

static void
on_prepare(uv_prepare_t *handle)
{
	flush_waiting(handle->data);
}

static void
on_check(uv_check_t *handle)
{
	flush_waiting(handle->data);
}

enum status
tacit_lines_new(
    uv_loop_t *loop, const struct link *link, struct tacit_lines **all)
{
	struct tacit_lines *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->loop = loop;
	fresh->to.sin_family = AF_INET;
	fresh->to.sin_port = htons(link->port);
	st = inet_pton(AF_INET, link->host, &fresh->to.sin_addr) == 1
		 ? STATUS_OK
		 : STATUS_BAD_INPUT;
	if (st == STATUS_OK)
		st = arena_new(ARENA_MAX_BYTES, &fresh->arena);
	if (st == STATUS_OK)
		st = channel_client_new(
		    link->has_pin ? &link->pin : NULL, link->host, &fresh->tls);
	if (st != STATUS_OK) {
		arena_free(fresh->arena);
		free(fresh);
		return st;
	}
	fresh->before.data = fresh;
	fresh->after.data = fresh;
	fresh->handles = 2;
	/* These cannot fail with a handler given. */
	(void)uv_prepare_init(loop, &fresh->before);
	(void)uv_prepare_start(&fresh->before, on_prepare);
	(void)uv_check_init(loop, &fresh->after);
	(void)uv_check_start(&fresh->after, on_check);
	uv_unref((uv_handle_t *)&fresh->before);
	uv_unref((uv_handle_t *)&fresh->after);
	*all = fresh;
	return STATUS_OK;
}

void
tacit_lines_free(struct tacit_lines *all)
{
	if (all == NULL)
		return;
	uv_close((uv_handle_t *)&all->before, shared_closed);
	uv_close((uv_handle_t *)&all->after, shared_closed);
}

/* -1: refused at once. */
static int
dial(const struct tacit_lines *all, const struct sockaddr_in *from)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd < 0)
		return -1;
	/* The port is chosen at connect(), which may reuse one. */
	if (from != NULL &&
	    (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		 sizeof(one)) != 0 ||
		bind(fd, (const struct sockaddr *)from, sizeof(*from)) != 0)) {
		close(fd);
		return -1;
	}
	if (connect(fd, (const struct sockaddr *)&all->to, sizeof(all->to)) !=
		0 &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

enum status
tacit_line_open(struct tacit_lines *all, const struct tacit_line_setup *setup,
    struct tacit_line **line)
{
	struct tacit_line *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->all = all;
	fresh->events = setup->events;
	fresh->owner = setup->owner;
	fresh->poll.data = fresh;
	fresh->fd = -1;
	st = frame_reader_new(LIMIT_MESSAGE_BYTES, &fresh->reader);
	if (st == STATUS_OK)
		st = buf_new(WAITING_MAX_BYTES, &fresh->out);
	if (st == STATUS_OK) {
		frame_reader_share(fresh->reader, &all->pool);
		fresh->fd = dial(all, setup->from);
		if (fresh->fd < 0 ||
		    uv_poll_init(all->loop, &fresh->poll, fresh->fd) != 0)
			st = STATUS_IO;
	}
	if (st != STATUS_OK) {
		if (fresh->fd >= 0)
			close(fresh->fd);
		frame_reader_free(fresh->reader);
		buf_free(fresh->out);
		free(fresh);
		return st;
	}
	all->handles++;
	tacit_line_watch(fresh, UV_WRITABLE);
	*line = fresh;
	return STATUS_OK;
}
