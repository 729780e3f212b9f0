/*
 * session_fixture.h - a relay's session held in hand: no sockets, a storage
 * that answers what the test says when the test says so, and a peer that
 * writes down what is said to it.
 */
#ifndef TACIT_TESTS_UNIT_RELAY_SESSION_FIXTURE_H
#define TACIT_TESTS_UNIT_RELAY_SESSION_FIXTURE_H

#include "tests/support/test.h"

#include "proto/codec.h"
#include "relay/session.h"
#include "tests/support/wire_client.h"

enum { QUEUE = 64, SAID = 256, WALL_MS = 1000000 };

struct blob {
	size_t refs;
	uint8_t data[8];
};

struct fake_storage {
	struct storage_op *queue[QUEUE];
	size_t count;
	size_t refuse; /* this many submissions are not taken */
	uint64_t acknowledged;
	struct storage_watch *watches[QUEUE];
	size_t watches_count;
	struct blob blob;
	size_t fail_nth; /* in each thing fed or answered; 0: none */
	bool failed;     /* one did */
};

extern struct fake_storage fake;

struct said {
	uint64_t id;
	enum reply_kind kind;
	enum error_code code;
	uint64_t retry_after_ms;
	uint64_t number; /* drained head, chain length, first pushed seq */
	size_t count;
};

struct peer_log {
	struct said said[SAID];
	size_t count;
	bool full;
	bool finished;
	bool no_room; /* but for errors */
	uint8_t nonce[NONCE_BYTES];
};

struct fixture {
	struct settings settings;
	struct common *common;
	struct session_env env;
	struct wire_person alice;
	struct peer_log peer;
	struct session *session;
	struct join_job *job;
};

struct storage_op *oldest(enum storage_kind kind);
void answer(enum status st);
enum status connect_peer(
    struct fixture *f, struct peer_log *peer, struct session **s);
int setup(void **state);
int setup_code(void **state);
int teardown(void **state);
const struct said *last(const struct fixture *f);
void assert_error(const struct fixture *f, enum error_code code);
void feed(struct session *s, const struct request *r);
void hello(struct session *s);
void authenticate_with(struct fixture *f, struct session *s,
    const struct peer_log *nonce_of, const struct sign_secret *key);
void identify(struct fixture *f);
void open_session_of(
    struct fixture *f, struct peer_log *peer, struct session *session);
void open_session(struct fixture *f);
void register_alice(
    struct fixture *f, const struct sign_secret *account_key, const char *code);
void submit(struct fixture *f, uint64_t id);
void receive(struct session *s, uint64_t id, uint64_t window);
void acknowledge(struct session *s, uint64_t seq);
void answer_read(uint64_t from, size_t count, uint64_t head);
void finish_job(struct fixture *f);

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define CODE_CASE(test)                                                        \
	cmocka_unit_test_setup_teardown(test, setup_code, teardown)

#endif
