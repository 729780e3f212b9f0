#include "relay/admin_socket.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"

struct client {
	struct admin_socket *socket;
	uv_pipe_t pipe;
	uv_timer_t timer;
	unsigned handles; /* not closed yet; 0: nobody is here */
	bool closing;
	bool broken;             /* close it as soon as no call is at work */
	struct admin_call *call; /* the request being answered; or NULL */
	size_t writes;           /* lines that have not left */
	size_t len;              /* of what came and was not looked at */
	char line[ADMIN_LINE_BYTES];
};

struct admin_socket {
	struct admin_host host;
	uv_loop_t *loop;
	uv_pipe_t listener;
	bool listening; /* the handle is open */
	bool closing;
	bool waiting; /* one more knocks, and nobody has left yet */
	struct client clients[ADMIN_CLIENTS];
};

struct line_out {
	uv_write_t write;
	struct client *client;
	char *text;
};

static void
free_when_over(struct admin_socket *s)
{
	if (!s->closing || s->listening)
		return;
	for (size_t i = 0; i < ADMIN_CLIENTS; i++)
		if (s->clients[i].handles > 0)
			return;
	free(s);
}

static void knock(uv_stream_t *listener, int status);

static void
client_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	struct admin_socket *s = c->socket;

	if (--c->handles > 0)
		return;
	if (s->waiting)
		knock((uv_stream_t *)&s->listener, 0);
	free_when_over(s);
}

static void
client_close(struct client *c)
{
	if (c->closing)
		return;
	c->closing = true;
	admin_end_call(c->call);
	c->call = NULL;
	uv_close((uv_handle_t *)&c->pipe, client_closed);
	uv_close((uv_handle_t *)&c->timer, client_closed);
}

static void
silent(uv_timer_t *timer)
{
	client_close(timer->data);
}

/* A call may take its time; what is not asked or not read may not. */
static void
watch_silence(struct client *c)
{
	if (c->closing)
		return;
	if (c->call != NULL && c->writes == 0)
		uv_timer_stop(&c->timer);
	else
		uv_timer_start(&c->timer, silent, ADMIN_SILENCE_MS, 0);
}

static void go_on(struct client *c);

static void
written(uv_write_t *write, int status)
{
	struct line_out *out = write->data;
	struct client *c = out->client;

	free(out->text);
	free(out);
	c->writes--;
	if (status != 0)
		client_close(c);
	else
		go_on(c);
}

static void
say(void *owner, const json_t *object)
{
	struct client *c = owner;
	struct line_out *out;
	uv_buf_t data;
	size_t len;

	if (c->closing || c->broken)
		return;
	c->broken = true; /* unless it gets away */
	out = calloc(1, sizeof(*out));
	if (out == NULL)
		return;
	out->text = json_dumps(object, JSON_COMPACT);
	if (out->text == NULL) {
		free(out);
		return;
	}
	out->client = c;
	out->write.data = out;
	len = strlen(out->text);
	out->text[len] = '\n'; /* in place of the NUL */
	data = uv_buf_init(out->text, (unsigned)len + 1);
	if (uv_write(&out->write, (uv_stream_t *)&c->pipe, &data, 1, written) !=
	    0) {
		free(out->text);
		free(out);
		return;
	}
	c->broken = false;
	c->writes++;
}

static void
changed(void *owner)
{
	go_on(owner);
}

static const struct admin_sink sink = { say, changed };

/* The first line of what came, if it is whole: begin it. */
static void
begin(struct client *c)
{
	char *end = memchr(c->line, '\n', c->len);
	size_t used;

	if (end == NULL) {
		if (c->len == sizeof(c->line))
			client_close(c);
		return;
	}
	used = (size_t)(end - c->line) + 1;
	if (admin_begin(&c->socket->host, &sink, c,
		bytes_view(c->line, used - 1), &c->call) != STATUS_OK) {
		client_close(c);
		return;
	}
	c->len -= used;
	memmove(c->line, end + 1, c->len);
}

static void
go_on(struct client *c)
{
	while (!c->closing && c->writes == 0) {
		struct admin_call *before = c->call;

		if (c->broken)
			client_close(c);
		else if (c->call == NULL)
			begin(c);
		else if (admin_has_more(c->call))
			admin_go_on(c->call);
		if (c->call != NULL && admin_is_over(c->call)) {
			admin_end_call(c->call);
			c->call = NULL;
		} else if (c->call == before) {
			break;
		}
	}
	watch_silence(c);
}

static void
make_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
	struct client *c = handle->data;

	(void)suggested;
	*room =
	    uv_buf_init(c->line + c->len, (unsigned)(sizeof(c->line) - c->len));
}

static void
arrived(uv_stream_t *stream, ssize_t len, const uv_buf_t *data)
{
	struct client *c = stream->data;

	(void)data;
	if (len < 0) { /* its end, an error, or more than fits */
		client_close(c);
		return;
	}
	c->len += (size_t)len;
	if (c->call == NULL)
		go_on(c);
}

static bool
is_ours(const uv_pipe_t *pipe)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	uv_os_fd_t fd;

	return uv_fileno((const uv_handle_t *)pipe, &fd) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void
client_begin(struct admin_socket *s, struct client *c)
{
	memset(c, 0, sizeof(*c));
	c->socket = s;
	c->handles = 2;
	(void)uv_pipe_init(s->loop, &c->pipe, 0); /* neither can fail */
	(void)uv_timer_init(s->loop, &c->timer);
	c->pipe.data = c;
	c->timer.data = c;
}

static void
knock(uv_stream_t *listener, int status)
{
	struct admin_socket *s = listener->data;
	struct client *c = s->clients;

	if (status != 0 || s->closing)
		return;
	while (c < s->clients + ADMIN_CLIENTS && c->handles > 0)
		c++;
	s->waiting = c == s->clients + ADMIN_CLIENTS;
	if (s->waiting)
		return;
	client_begin(s, c);
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) != 0 ||
	    !is_ours(&c->pipe) ||
	    uv_read_start((uv_stream_t *)&c->pipe, make_room, arrived) != 0)
		client_close(c);
	else
		watch_silence(c);
}

static void
listener_closed(uv_handle_t *handle)
{
	struct admin_socket *s = handle->data;

	s->listening = false;
	free_when_over(s);
}

enum status
admin_socket_open(struct uv_loop_s *loop, const struct admin_host *host, int fd,
    struct admin_socket **s)
{
	struct admin_socket *fresh = calloc(1, sizeof(*fresh));
	enum status st = STATUS_NOMEM;

	if (fresh != NULL && uv_pipe_init(loop, &fresh->listener, 0) == 0) {
		fresh->listening = true;
		fresh->listener.data = fresh;
		fresh->loop = loop;
		fresh->host = *host;
		fresh->host.port = NULL;
		st = storage_port_open(host->storage, loop, &fresh->host.port);
	} else {
		free(fresh);
		fresh = NULL;
	}
	if (st == STATUS_OK && uv_pipe_open(&fresh->listener, fd) != 0)
		st = STATUS_IO;
	if (st != STATUS_OK) {
		close(fd);
		admin_socket_close(fresh);
		return st;
	}
	if (uv_listen((uv_stream_t *)&fresh->listener, ADMIN_CLIENTS, knock) !=
	    0) {
		admin_socket_close(fresh);
		return STATUS_IO;
	}
	*s = fresh;
	return STATUS_OK;
}

void
admin_socket_close(struct admin_socket *s)
{
	if (s == NULL || s->closing)
		return;
	s->closing = true;
	for (size_t i = 0; i < ADMIN_CLIENTS; i++)
		if (s->clients[i].handles > 0)
			client_close(&s->clients[i]);
	/* Gives back what calls that ended unheard still had in hand. */
	storage_port_close(s->host.port);
	uv_close((uv_handle_t *)&s->listener, listener_closed);
}
