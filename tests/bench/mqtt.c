#include "tests/bench/mqtt.h"

#include <stdlib.h>
#include <string.h>

enum {
	CONNECT = 1,
	SUBSCRIBE = 8,
	PINGREQ = 12,
	DISCONNECT = 14,
	QOS1 = 1,
	LENGTH_BYTES_MAX = 4, /* 2.2.3 */
	FLAG_DUP = 0x08,
	FLAG_QOS1 = 0x02,
	FLAG_QOS = 0x06,
};

/* Where the next field goes. */
struct writer {
	uint8_t *at;
};

static void
put_u8(struct writer *w, unsigned v)
{
	*w->at++ = (uint8_t)v;
}

static void
put_u16(struct writer *w, size_t v)
{
	put_u8(w, (unsigned)(v >> 8) & 0xff);
	put_u8(w, (unsigned)v & 0xff);
}

static void
put_text(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	put_u16(w, len);
	memcpy(w->at, text, len);
	w->at += len;
}

/* Room for a packet whose fields take `len` bytes, its head written. */
static enum status
begin(struct tls_stream *s, unsigned first, size_t len, struct writer *w)
{
	size_t head = 2;

	for (size_t left = len >> 7; left > 0; left >>= 7)
		head++;
	w->at = tls_stream_room(s, head + len);
	if (w->at == NULL)
		return STATUS_NOMEM;
	put_u8(w, first);
	do {
		put_u8(w, (unsigned)(len & 0x7f) | (len > 0x7f ? 0x80 : 0));
		len >>= 7;
	} while (len > 0);
	return STATUS_OK;
}

/* 3.1: user name, password, and no keep-alive, as nothing else sends. */
enum status
mqtt_connect(struct tls_stream *s, const struct mqtt_login *l)
{
	enum { USER = 0x80, PASSWORD = 0x40, CLEAN = 0x02, LEVEL = 4 };
	struct writer w;
	enum status st;

	st = begin(s, CONNECT << 4,
	    10 + 6 + strlen(l->client_id) + strlen(l->user) +
		strlen(l->password),
	    &w);
	if (st != STATUS_OK)
		return st;
	put_text(&w, "MQTT");
	put_u8(&w, LEVEL);
	put_u8(&w, USER | PASSWORD | (l->persistent ? 0 : CLEAN));
	put_u16(&w, 0);
	put_text(&w, l->client_id);
	put_text(&w, l->user);
	put_text(&w, l->password);
	return STATUS_OK;
}

enum status
mqtt_subscribe(struct tls_stream *s, uint16_t id, const char *topic)
{
	struct writer w;
	enum status st;

	st = begin(s, SUBSCRIBE << 4 | 0x02, 2 + 2 + strlen(topic) + 1, &w);
	if (st != STATUS_OK)
		return st;
	put_u16(&w, id);
	put_text(&w, topic);
	put_u8(&w, QOS1);
	return STATUS_OK;
}

enum status
mqtt_publish(
    struct tls_stream *s, uint16_t id, const char *topic, struct bytes payload)
{
	struct writer w;
	enum status st;

	st = begin(s, MQTT_PUBLISH << 4 | FLAG_QOS1,
	    2 + strlen(topic) + 2 + payload.len, &w);
	if (st != STATUS_OK)
		return st;
	put_text(&w, topic);
	put_u16(&w, id);
	memcpy(w.at, payload.data, payload.len);
	return STATUS_OK;
}

enum status
mqtt_puback(struct tls_stream *s, uint16_t id)
{
	struct writer w;
	enum status st = begin(s, MQTT_PUBACK << 4, 2, &w);

	if (st == STATUS_OK)
		put_u16(&w, id);
	return st;
}

enum status
mqtt_ping(struct tls_stream *s)
{
	struct writer w;

	return begin(s, PINGREQ << 4, 0, &w);
}

enum status
mqtt_disconnect(struct tls_stream *s)
{
	struct writer w;

	return begin(s, DISCONNECT << 4, 0, &w);
}

void
mqtt_reader_clear(struct mqtt_reader *r)
{
	free(r->held);
	*r = (struct mqtt_reader){ 0 };
}

static enum status
take_u16(struct reader *from, uint16_t *v)
{
	uint8_t high = 0, low = 0;
	enum status st = reader_u8(from, &high);

	if (st == STATUS_OK)
		st = reader_u8(from, &low);
	if (st == STATUS_OK)
		*v = (uint16_t)(high << 8 | low);
	return st;
}

static enum status
take_publish(struct reader *from, unsigned flags, struct mqtt_packet *p)
{
	uint16_t len = 0;
	enum status st = take_u16(from, &len);

	p->again = (flags & FLAG_DUP) != 0;
	if (st == STATUS_OK)
		st = reader_bytes(from, len, &p->topic);
	if (st == STATUS_OK)
		st = take_u16(from, &p->id);
	p->payload = from->left;
	return (flags & FLAG_QOS) == FLAG_QOS1 ? st : STATUS_BAD_INPUT;
}

static enum status
take_connack(struct reader *from, struct mqtt_packet *p)
{
	uint8_t flags = 0;
	enum status st = reader_u8(from, &flags);

	p->session_present = (flags & 1) != 0;
	return st == STATUS_OK ? reader_u8(from, &p->code) : st;
}

/* SUBACK 3.9.3: the granted QoS must be the one that was asked for. */
static enum status
take_suback(struct reader *from, struct mqtt_packet *p)
{
	uint8_t granted = 0;
	enum status st = take_u16(from, &p->id);

	if (st == STATUS_OK)
		st = reader_u8(from, &granted);
	p->code = granted == QOS1 ? 0 : 1;
	return st;
}

static enum status
take_body(uint8_t first, struct bytes body, struct mqtt_packet *p)
{
	struct reader from = { body };

	switch (first >> 4) {
	case MQTT_CONNACK:
		p->type = MQTT_CONNACK;
		return take_connack(&from, p);
	case MQTT_PUBLISH:
		p->type = MQTT_PUBLISH;
		return take_publish(&from, first & 0x0f, p);
	case MQTT_PUBACK:
		p->type = MQTT_PUBACK;
		return take_u16(&from, &p->id);
	case MQTT_SUBACK:
		p->type = MQTT_SUBACK;
		return take_suback(&from, p);
	case MQTT_PINGRESP:
		p->type = MQTT_PINGRESP;
		return STATUS_OK;
	default: /* a number of the wire, not yet an enum of ours */
		return STATUS_BAD_INPUT;
	}
}

/* AGAIN: not whole yet.  `used`: bytes of the packet with its head. */
static enum status
take_packet(struct bytes from, struct mqtt_packet *p, size_t *used)
{
	size_t len = 0, at = 1;

	for (;; at++) {
		if (at > LENGTH_BYTES_MAX)
			return STATUS_BAD_INPUT;
		if (at >= from.len)
			return STATUS_AGAIN;
		len |= (size_t)(from.data[at] & 0x7f) << 7 * (at - 1);
		if ((from.data[at] & 0x80) == 0)
			break;
	}
	at++;
	if (from.len - at < len)
		return STATUS_AGAIN;
	*used = at + len;
	*p = (struct mqtt_packet){ 0 };
	return take_body(
	    from.data[0], bytes_head(bytes_tail(from, at), len), p);
}

/* Keep what is left of `from`, which may lie in r itself. */
static enum status
hold(struct mqtt_reader *r, struct bytes from)
{
	uint8_t *more;

	if (from.len > r->size) {
		more = malloc(2 * from.len);
		if (more == NULL)
			return STATUS_NOMEM;
		memcpy(more, from.data, from.len);
		free(r->held);
		r->held = more;
		r->size = 2 * from.len;
	} else if (from.len > 0)
		memmove(r->held, from.data, from.len);
	r->len = from.len;
	return STATUS_OK;
}

static enum status
append(struct mqtt_reader *r, struct bytes b)
{
	uint8_t *more;

	if (r->len + b.len > r->size) {
		more = realloc(r->held, 2 * (r->len + b.len));
		if (more == NULL)
			return STATUS_NOMEM;
		r->held = more;
		r->size = 2 * (r->len + b.len);
	}
	memcpy(r->held + r->len, b.data, b.len);
	r->len += b.len;
	return STATUS_OK;
}

enum status
mqtt_reader_feed(struct mqtt_reader *r, struct bytes arrived,
    mqtt_handler *packet, void *owner)
{
	struct mqtt_packet p;
	struct bytes from = arrived;
	size_t used = 0;
	enum status st = STATUS_OK;

	if (r->len > 0) {
		st = append(r, arrived);
		from = bytes_view(r->held, r->len);
	}
	while (st == STATUS_OK) {
		st = take_packet(from, &p, &used);
		if (st != STATUS_OK)
			break;
		from = bytes_tail(from, used);
		if (!packet(owner, &p))
			return STATUS_OK;
	}
	return st == STATUS_AGAIN ? hold(r, from) : st;
}
