#include "relay/admin_client.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/admin_local.h"
#include "relay/admin_socket.h"
#include "relay/sandbox.h"

enum {
	OPEN_MS = 10 * 1000, /* for a relay that starts or stops */
	RETRY_MS = 50,
	ANSWER_MS = 60 * 1000, /* between two objects */
	ANSWER_LINE_BYTES = 256 * 1024,
};

struct admin_client {
	int fd; /* of the serving relay; -1: none */
	int lock;
	struct admin_local *local;
	struct buf *in; /* came, and was not taken yet */
};

static enum status
become_owner(const struct home *home)
{
	struct sandbox_user owner;
	char why[CONFIG_WHY_BYTES];
	bool change = false;
	enum status st = sandbox_find_user("", home->dir, &owner, &change, why);

	return st == STATUS_OK && change ? sandbox_become(&owner) : st;
}

/* The socket is there while a relay serves, and the lock is free else. */
static enum status
find_relay(struct admin_client *c, const struct home *home)
{
	int64_t end_ms = clock_mono_ms() + OPEN_MS;
	enum status st;

	for (;;) {
		st = admin_socket_connect(home->dir, &c->fd);
		if (st != STATUS_NOT_FOUND)
			return st;
		st = home_lock(home, &c->lock);
		if (st == STATUS_DENIED)
			return STATUS_CONFLICT;
		if (st != STATUS_FULL || clock_mono_ms() >= end_ms)
			return st;
		clock_sleep_ms(RETRY_MS);
	}
}

enum status
admin_client_open(const struct home *home, const struct settings *settings,
    enum admin_open how, struct admin_client **c)
{
	struct admin_client *fresh = calloc(1, sizeof(*fresh));
	enum status st;

	if (fresh == NULL)
		return STATUS_NOMEM;
	fresh->fd = -1;
	fresh->lock = -1;
	st = buf_new(ANSWER_LINE_BYTES, &fresh->in);
	if (st == STATUS_OK)
		st = find_relay(fresh, home);
	if (st == STATUS_OK &&
	    (how == ADMIN_LOOK || (how == ADMIN_STORE && fresh->fd < 0)))
		st = become_owner(home);
	if (st == STATUS_OK && fresh->fd < 0 && how == ADMIN_STORE)
		st = admin_local_open(home, settings, &fresh->local);
	if (st != STATUS_OK) {
		admin_client_close(fresh);
		return st;
	}
	*c = fresh;
	return STATUS_OK;
}

void
admin_client_close(struct admin_client *c)
{
	if (c == NULL)
		return;
	admin_local_close(c->local);
	if (c->fd >= 0)
		close(c->fd);
	if (c->lock >= 0)
		close(c->lock);
	buf_free(c->in);
	free(c);
}

bool
admin_client_is_serving(const struct admin_client *c)
{
	return c->fd >= 0;
}

static enum status
send_line(struct admin_client *c, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	struct bytes left;

	if (text == NULL)
		return STATUS_NOMEM;
	left = bytes_view(text, strlen(text) + 1);
	text[left.len - 1] = '\n';
	while (left.len > 0) {
		ssize_t n = send(c->fd, left.data, left.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		left = bytes_tail(left, (size_t)n);
	}
	free(text);
	return left.len == 0 ? STATUS_OK : STATUS_CLOSED;
}

static enum status
read_more(struct admin_client *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	const int ready = poll(&p, 1, ANSWER_MS);
	uint8_t chunk[16 * 1024];
	ssize_t n;

	if (ready <= 0)
		return ready < 0 && errno == EINTR ? STATUS_AGAIN
						   : STATUS_CLOSED;
	n = recv(c->fd, chunk, sizeof(chunk), 0);
	if (n <= 0)
		return n < 0 && errno == EINTR ? STATUS_AGAIN : STATUS_CLOSED;
	return buf_put(c->in, bytes_view(chunk, (size_t)n));
}

/* The next object of the relay's. */
static enum status
next_object(struct admin_client *c, json_t **object)
{
	for (;;) {
		struct bytes in = buf_view(c->in);
		const uint8_t *end =
		    in.len > 0 ? memchr(in.data, '\n', in.len) : NULL;
		enum status st;

		if (end != NULL) {
			size_t len = (size_t)(end - in.data);

			*object = json_loadb((const char *)in.data, len,
			    JSON_REJECT_DUPLICATES, NULL);
			buf_drop(c->in, len + 1);
			return *object != NULL ? STATUS_OK : STATUS_IO;
		}
		st = read_more(c);
		if (st != STATUS_OK && st != STATUS_AGAIN)
			return st;
	}
}

static bool
is_last(const json_t *object)
{
	const char *type = json_string_value(json_object_get(object, "type"));

	return type == NULL || strcmp(type, "end") == 0 ||
	       strcmp(type, "error") == 0;
}

struct hearing {
	admin_take *take;
	void *arg;
	json_t *last;
};

static void
hear(void *owner, const json_t *object)
{
	struct hearing *h = owner;

	if (is_last(object))
		h->last = json_deep_copy(object);
	else if (h->take != NULL)
		h->take(h->arg, object);
}

static enum status
ask_local(struct admin_client *c, const json_t *request, struct hearing *h)
{
	char *text = json_dumps(request, JSON_COMPACT);
	enum status st;

	if (text == NULL)
		return STATUS_NOMEM;
	st = admin_local_ask(c->local, bytes_text(text), hear, h);
	free(text);
	if (st == STATUS_OK && h->last == NULL)
		st = STATUS_NOMEM;
	return st;
}

enum status
admin_client_ask(struct admin_client *c, const json_t *request,
    admin_take *take, void *arg, json_t **last)
{
	struct hearing h = { take, arg, NULL };
	enum status st;

	if (c->fd < 0) {
		st = ask_local(c, request, &h);
	} else {
		st = send_line(c, request);
		while (st == STATUS_OK && h.last == NULL) {
			json_t *object = NULL;

			st = next_object(c, &object);
			if (st == STATUS_OK)
				hear(&h, object);
			json_decref(object);
		}
	}
	if (st == STATUS_OK)
		*last = h.last;
	return st;
}

enum status
admin_client_hold(struct admin_client *c, const json_t *request, json_t **first)
{
	enum status st = send_line(c, request);

	return st == STATUS_OK ? next_object(c, first) : st;
}
