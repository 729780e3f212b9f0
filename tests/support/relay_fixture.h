/* relay_fixture.h - a real relay on a free port, with alice and bob. */
#ifndef TACIT_TESTS_SUPPORT_RELAY_FIXTURE_H
#define TACIT_TESTS_SUPPORT_RELAY_FIXTURE_H

#include "tests/support/test.h"

#include "tests/support/relay_process.h"
#include "tests/support/wire_client.h"

enum { PATIENCE_MS = 10 * 1000 };

/* The test program says which. */
extern const char *const relay_program;

struct fixture {
	char *dir;
	struct relay_process relay;
	struct wire_person alice;
	struct wire_person bob;
	uint64_t exchanged; /* texts, by exchange() */
};

void fixture_start(struct fixture *f, const char *const *more);
void fixture_join(struct fixture *f, struct wire_person *p, const char *name);
int fixture_setup_bare(void **state);
int fixture_setup(void **state);

/* With these lines in its relay.conf, on a free port with one worker. */
int fixture_setup_conf(void **state, const char *lines);
void fixture_write_conf(struct fixture *f, const char *lines);
int fixture_teardown(void **state);
struct wire *fixture_login(struct fixture *f, const struct wire_person *p);
void assert_served(struct fixture *f);

/*
 * Others are unharmed: alice comes, writes to bob and goes, bob comes, gets
 * just that text, acknowledges it and goes.
 */
void exchange(struct fixture *f);
void receive(struct wire *w);
void acknowledge(struct wire *w, uint64_t seq);
uint64_t drain(struct wire *w, size_t expected);
void send_texts(struct fixture *f, uint8_t stream, uint64_t from, size_t count);

#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
#define BARE_CASE(test)                                                        \
	cmocka_unit_test_setup_teardown(                                       \
	    test, fixture_setup_bare, fixture_teardown)

#endif
