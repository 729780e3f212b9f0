/*
 * mqtt.h - the six packets of MQTT 3.1.1 that the load program needs
 * (OASIS MQTT 3.1.1, section numbers below).
 *
 * Why not libmosquitto: it gives every packet a TLS record and two system calls
 * of its own and holds three descriptors a connection.  With it the client
 * would be measured, and the broker would have 16 times the records to open.
 */
#ifndef TACIT_TESTS_BENCH_MQTT_H
#define TACIT_TESTS_BENCH_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "tests/bench/tls_stream.h"

enum mqtt_type {
	MQTT_CONNACK = 2,
	MQTT_PUBLISH = 3,
	MQTT_PUBACK = 4,
	MQTT_SUBACK = 9,
	MQTT_PINGRESP = 13,
};

/* One packet that came; views are borrowed for the call. */
struct mqtt_packet {
	enum mqtt_type type;
	uint8_t code;         /* CONNACK 3.2.2.3, SUBACK 3.9.3: 0 is good */
	bool session_present; /* CONNACK */
	bool again;           /* PUBLISH: the DUP flag */
	uint16_t id;          /* PUBLISH, PUBACK, SUBACK */
	struct bytes topic;   /* PUBLISH */
	struct bytes payload; /* PUBLISH */
};

/* Bytes of a packet that has not come whole yet; zero to begin with. */
struct mqtt_reader {
	uint8_t *held;
	size_t len;
	size_t size;
};

void mqtt_reader_clear(struct mqtt_reader *r);

/*
 * Take what arrived and hand on every packet that is complete.  `packet`
 * answers false to stop: the owner is gone, and so may be the reader.
 * BAD_INPUT: not MQTT, or a packet of no use here.  NOMEM.
 */
typedef bool mqtt_handler(void *owner, const struct mqtt_packet *p);
enum status mqtt_reader_feed(struct mqtt_reader *r, struct bytes arrived,
    mqtt_handler *packet, void *owner);

struct mqtt_login {
	const char *client_id;
	const char *user;
	const char *password;
	bool persistent; /* CleanSession 0: the session outlives the line */
};

/*
 * Written to the stream, leaving with what else waits in this turn.  Texts are
 * at most 1,000 bytes, payloads as long as a packet may be.  NOMEM: see
 * tls_stream_room().
 */
enum status mqtt_connect(struct tls_stream *s, const struct mqtt_login *l);
enum status mqtt_subscribe(
    struct tls_stream *s, uint16_t id, const char *topic);
enum status mqtt_publish(
    struct tls_stream *s, uint16_t id, const char *topic, struct bytes payload);
enum status mqtt_puback(struct tls_stream *s, uint16_t id);
enum status mqtt_ping(struct tls_stream *s);
enum status mqtt_disconnect(struct tls_stream *s);

#endif
