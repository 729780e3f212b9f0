#include "tests/support/wire_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "proto/channel.h"
#include "proto/codec.h"
#include "proto/frame.h"

enum { PATIENCE_MS = 10 * 1000 };

struct wire {
	int fd; /* the channel's, when there is one */
	struct channel_client *tls;
	struct channel *channel;
	struct frame_reader *reader;
	struct arena *arena;
	uint64_t next_id;
	uint8_t nonce[NONCE_BYTES];
	struct hash relay_key;
};

enum status
wire_person_make(struct wire_person *p, const char *name)
{
	struct device_list list = { .version = 1, .suites = 1 };
	struct device_entry *d = &list.devices[0];
	enum status st;

	memset(p, 0, sizeof(*p));
	st = account_name_parse(bytes_text(name), &p->who.account);
	if (st != STATUS_OK)
		return st;
	p->who.device = 1;
	p->registration_id = 1 + random_below(16380);
	sign_generate(&p->account_key, &p->account_secret);
	sign_generate(&p->device_key, &p->device_secret);
	list.account = p->who.account;
	list.account_key = p->account_key;
	list.issued_ms = clock_wall_ms();
	list.devices_count = 1;
	d->id = 1;
	d->registration_id = p->registration_id;
	random_bytes(d->identity_key, sizeof(d->identity_key));
	d->identity_key[0] = 5; /* libsignal's type of a Curve25519 key */
	d->device_key = p->device_key;
	return device_list_sign(
	    &list, &p->account_secret, &p->list_body, &p->list_signature);
}

void
wire_person_clear(struct wire_person *p)
{
	sign_secret_clear(&p->account_secret);
	sign_secret_clear(&p->device_secret);
	buf_free(p->list_body);
	p->list_body = NULL;
}

/* NULL: whichever address fits. */
static bool
bind_to(int fd, const char *source)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	return source == NULL ||
	       (inet_pton(AF_INET, source, &v4.sin_addr) == 1 &&
		   bind(fd, (struct sockaddr *)&v4, sizeof(v4)) == 0);
}

static int
dial(const struct link *link, const char *source)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is_v4 = inet_pton(AF_INET, link->host, &v4.sin_addr) == 1;
	int fd;

	v4.sin_port = htons(link->port);
	v6.sin6_port = htons(link->port);
	if (!is_v4 && inet_pton(AF_INET6, link->host, &v6.sin6_addr) != 1)
		return -1;
	fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!bind_to(fd, source) ||
	    connect(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		is_v4 ? sizeof(v4) : sizeof(v6)) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
		close(fd);
		return -1;
	}
	channel_tune(fd);
	return fd;
}

/* AGAIN: the time is over. */
static enum status
wait_fd(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, timeout_ms);

	if (n < 0 && errno != EINTR)
		return STATUS_IO;
	return n > 0 ? STATUS_OK : STATUS_AGAIN;
}

static enum status
wait_channel(struct wire *w, int timeout_ms)
{
	return wait_fd(w->fd,
	    channel_wants_write(w->channel) ? POLLOUT : POLLIN, timeout_ms);
}

static enum status
shake(struct wire *w)
{
	enum status st;

	while ((st = channel_handshake(w->channel)) == STATUS_AGAIN)
		if (wait_channel(w, PATIENCE_MS) != STATUS_OK)
			return STATUS_UNREACHABLE;
	return st;
}

enum status
wire_connect_plain(const char *text, struct wire **out)
{
	return wire_connect_plain_from(text, NULL, out);
}

enum status
wire_connect_plain_from(const char *text, const char *source, struct wire **out)
{
	struct wire *w = calloc(1, sizeof(*w));
	const char *why;
	struct link link;
	enum status st;

	if (w == NULL)
		return STATUS_NOMEM;
	w->fd = -1;
	w->next_id = 1;
	st = link_parse(bytes_text(text), &link, &why);
	if (st == STATUS_OK)
		w->fd = dial(&link, source);
	if (st == STATUS_OK && w->fd < 0)
		st = STATUS_UNREACHABLE;
	if (st == STATUS_OK)
		st = channel_client_new(&link.pin, link.host, &w->tls);
	if (st == STATUS_OK)
		st = frame_reader_new(LIMIT_MESSAGE_BYTES, &w->reader);
	if (st == STATUS_OK)
		st = arena_new(16 * 1024 * 1024, &w->arena);
	if (st != STATUS_OK) {
		wire_close(w);
		return st;
	}
	*out = w;
	return STATUS_OK;
}

enum status
wire_connect(const char *text, struct wire **out)
{
	return wire_connect_from(text, NULL, out);
}

enum status
wire_connect_from(const char *text, const char *source, struct wire **out)
{
	struct wire *w = NULL;
	enum status st = wire_connect_plain_from(text, source, &w);

	if (st != STATUS_OK)
		return st;
	st = channel_connect(w->tls, w->fd, &w->channel);
	if (st != STATUS_OK)
		w->fd = -1; /* it was the channel's already */
	else
		st = shake(w);
	if (st != STATUS_OK) {
		wire_close(w);
		return st;
	}
	*out = w;
	return STATUS_OK;
}

void
wire_close(struct wire *w)
{
	if (w == NULL)
		return;
	if (w->channel != NULL)
		channel_free(w->channel);
	else if (w->fd >= 0)
		close(w->fd);
	channel_client_free(w->tls);
	frame_reader_free(w->reader);
	arena_free(w->arena);
	free(w);
}

enum status
wire_write(struct wire *w, struct bytes raw)
{
	while (raw.len > 0) {
		size_t taken = 0;
		enum status st = STATUS_AGAIN;

		if (w->channel != NULL) {
			st = channel_write(w->channel, raw, &taken);
		} else {
			ssize_t n =
			    send(w->fd, raw.data, raw.len, MSG_NOSIGNAL);

			st = n > 0             ? STATUS_OK
			     : errno == EAGAIN ? STATUS_AGAIN
					       : STATUS_IO;
			taken = n > 0 ? (size_t)n : 0;
		}
		if (st == STATUS_AGAIN) {
			if (wait_fd(w->fd, POLLOUT, PATIENCE_MS) != STATUS_OK)
				return STATUS_UNREACHABLE;
			continue;
		}
		if (st != STATUS_OK)
			return st;
		raw = bytes_tail(raw, taken);
	}
	return STATUS_OK;
}

enum status
wire_send(struct wire *w, struct request *r)
{
	struct buf *out = NULL;
	enum status st = buf_new(2 * LIMIT_MESSAGE_BYTES, &out);

	if (r->id == 0)
		r->id = w->next_id++;
	if (st == STATUS_OK)
		st = codec_put_request(r, out);
	if (st == STATUS_OK)
		st = wire_write(w, buf_view(out));
	buf_free(out);
	return st;
}

static enum status
read_more(struct wire *w, int timeout_ms)
{
	uint8_t *room;
	size_t len, got = 0;
	enum status st = frame_reader_room(w->reader, &room, &len);

	if (st != STATUS_OK)
		return st;
	if (w->channel != NULL) {
		st = channel_read(w->channel, room, len, &got);
	} else {
		ssize_t n = recv(w->fd, room, len, 0);

		st = n > 0             ? STATUS_OK
		     : n == 0          ? STATUS_CLOSED
		     : errno == EAGAIN ? STATUS_AGAIN
				       : STATUS_IO;
		got = n > 0 ? (size_t)n : 0;
	}
	frame_reader_filled(w->reader, st == STATUS_OK ? got : 0);
	if (st == STATUS_AGAIN)
		return wait_fd(w->fd, POLLIN, timeout_ms);
	return st;
}

enum status
wire_next(struct wire *w, int timeout_ms, struct reply *r)
{
	int64_t end_ms = clock_mono_ms() + timeout_ms;
	struct bytes body, copy;
	uint64_t id;
	enum status st;

	while ((st = frame_reader_next(w->reader, &body)) == STATUS_AGAIN) {
		int64_t left_ms = end_ms - clock_mono_ms();

		if (left_ms < 0)
			return STATUS_AGAIN;
		st = read_more(w, (int)left_ms);
		if (st != STATUS_OK)
			return st;
	}
	if (st != STATUS_OK)
		return st;
	arena_reset(w->arena);
	st = arena_copy(w->arena, body, &copy);
	if (st == STATUS_OK)
		st = codec_get_reply(copy, w->arena, r, &id);
	return st;
}

enum status
wire_ask(struct wire *w, struct request *ask, struct reply *r)
{
	enum status st = wire_send(w, ask);

	while (st == STATUS_OK) {
		st = wire_next(w, PATIENCE_MS, r);
		if (st == STATUS_OK && r->id == ask->id &&
		    r->kind != REPLY_PUSH)
			break;
	}
	return st;
}

enum status
wire_hello(struct wire *w)
{
	struct request ask = { .kind = REQUEST_HELLO };
	struct reply r;
	enum status st;

	ask.u.hello.version_min = PROTOCOL_VERSION;
	ask.u.hello.version_max = PROTOCOL_VERSION;
	st = wire_ask(w, &ask, &r);
	if (st != STATUS_OK)
		return st;
	if (r.kind != REPLY_HELLO)
		return STATUS_CONFLICT;
	memcpy(w->nonce, r.u.hello.nonce, sizeof(w->nonce));
	w->relay_key = r.u.hello.relay_key;
	return STATUS_OK;
}

void
wire_proof_context(
    struct wire *w, const struct address *who, struct proof_context *context)
{
	memset(context, 0, sizeof(*context));
	context->who = *who;
	context->relay_key = w->relay_key;
	memcpy(context->nonce, w->nonce, sizeof(context->nonce));
	if (channel_exporter(w->channel, context->exporter) != STATUS_OK)
		memset(context->exporter, 0, sizeof(context->exporter));
}

enum status
wire_register(struct wire *w, const struct wire_person *p,
    const char *join_code, struct reply *r)
{
	struct request ask = { .kind = REQUEST_REGISTER };
	struct signature by_account, by_device;
	struct proof_context context;
	struct hash hash;
	enum status st;

	wire_proof_context(w, &p->who, &context);
	hash_bytes(buf_view(p->list_body), &hash);
	st = proof_make(&context, SIGN_REGISTER, hash_view(&hash),
	    &p->account_secret, &by_account);
	if (st == STATUS_OK)
		st = proof_make(&context, SIGN_REGISTER, hash_view(&hash),
		    &p->device_secret, &by_device);
	if (st != STATUS_OK)
		return st;
	ask.u.registration.list.body = buf_view(p->list_body);
	ask.u.registration.list.signature = BYTES_OF(p->list_signature.raw);
	ask.u.registration.device = p->who.device;
	ask.u.registration.account_proof = BYTES_OF(by_account.raw);
	ask.u.registration.device_proof = BYTES_OF(by_device.raw);
	if (join_code != NULL)
		ask.u.registration.join_code = bytes_text(join_code);
	return wire_ask(w, &ask, r);
}

enum status
wire_authenticate(struct wire *w, const struct wire_person *p, struct reply *r)
{
	struct request ask = { .kind = REQUEST_AUTHENTICATE };
	struct proof_context context;
	struct signature proof;
	enum status st;

	wire_proof_context(w, &p->who, &context);
	st = proof_make(
	    &context, SIGN_AUTHENTICATE, BYTES_NONE, &p->device_secret, &proof);
	if (st != STATUS_OK)
		return st;
	ask.u.authenticate.who = p->who;
	ask.u.authenticate.proof = BYTES_OF(proof.raw);
	return wire_ask(w, &ask, r);
}

enum status
wire_login(const char *link, const struct wire_person *p, struct wire **out)
{
	return wire_login_from(link, NULL, p, out);
}

enum status
wire_login_from(const char *link, const char *source,
    const struct wire_person *p, struct wire **out)
{
	struct wire *w = NULL;
	struct reply r;
	enum status st = wire_connect_from(link, source, &w);

	if (st == STATUS_OK)
		st = wire_hello(w);
	if (st == STATUS_OK)
		st = wire_authenticate(w, p, &r);
	if (st == STATUS_OK && r.kind != REPLY_AUTHENTICATED)
		st = STATUS_CONFLICT;
	if (st != STATUS_OK) {
		wire_close(w);
		return st;
	}
	*out = w;
	return STATUS_OK;
}

enum status
wire_submit(struct wire *w, const struct wire_person *to, uint8_t stream,
    uint64_t counter, const char *text, struct reply *r)
{
	const struct recipient recipient = {
		.to = to->who,
		.registration_id = to->registration_id,
		.type = ITEM_RATCHET,
		.suite = SUITE_SIGNAL_V3,
		.payload = bytes_text(text),
	};
	struct request ask = { .kind = REQUEST_SUBMIT };

	memset(ask.u.submit.stream, stream, sizeof(ask.u.submit.stream));
	ask.u.submit.counter = counter;
	ask.u.submit.recipients = &recipient;
	ask.u.submit.recipients_count = 1;
	return wire_ask(w, &ask, r);
}
