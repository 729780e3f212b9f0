#include "tests/support/relay_fixture.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>

static const char *const ANY_PORT[] = { "--listen", "127.0.0.1:0", "--workers",
	"2", NULL };

void
fixture_start(struct fixture *f, const char *const *more)
{
	assert_true(
	    relay_process_start(&f->relay, relay_program, f->dir, more));
}

void
fixture_join(struct fixture *f, struct wire_person *p, const char *name)
{
	struct wire *w = NULL;
	struct reply r;

	assert_status(STATUS_OK, wire_person_make(p, name));
	assert_status(STATUS_OK, wire_connect(f->relay.link, &w));
	assert_status(STATUS_OK, wire_hello(w));
	assert_status(STATUS_OK, wire_register(w, p, NULL, &r));
	assert_int_equal(REPLY_REGISTERED, r.kind);
	wire_close(w);
}

int
fixture_setup_bare(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	signal(SIGPIPE, SIG_IGN);
	if (f == NULL || sodium_init() < 0)
		return -1;
	f->dir = scratch_dir_new();
	*state = f;
	return f->dir == NULL ? -1 : 0;
}

int
fixture_setup(void **state)
{
	struct fixture *f;

	if (fixture_setup_bare(state) != 0)
		return -1;
	f = *state;
	fixture_start(f, ANY_PORT);
	fixture_join(f, &f->alice, "alice");
	fixture_join(f, &f->bob, "bob");
	return 0;
}

void
fixture_write_conf(struct fixture *f, const char *lines)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/relay.conf", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "listen = 127.0.0.1:0\nworkers = 1\n%s", lines);
	assert_int_equal(0, fclose(file));
}

int
fixture_setup_conf(void **state, const char *lines)
{
	static const char *const none[] = { NULL };
	struct fixture *f;

	if (fixture_setup_bare(state) != 0)
		return -1;
	f = *state;
	fixture_write_conf(f, lines);
	fixture_start(f, none);
	fixture_join(f, &f->alice, "alice");
	fixture_join(f, &f->bob, "bob");
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	if (f->relay.pid != 0)
		assert_int_equal(0, relay_process_stop(&f->relay));
	wire_person_clear(&f->alice);
	wire_person_clear(&f->bob);
	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

struct wire *
fixture_login(struct fixture *f, const struct wire_person *p)
{
	struct wire *w = NULL;

	assert_status(STATUS_OK, wire_login(f->relay.link, p, &w));
	return w;
}

void
assert_served(struct fixture *f)
{
	wire_close(fixture_login(f, &f->bob));
}

void
exchange(struct fixture *f)
{
	enum { STREAM = 200 };
	struct request ask = { .kind = REQUEST_PREKEY_STATUS };
	struct wire *w = fixture_login(f, &f->alice);
	struct reply r;

	assert_status(STATUS_OK, wire_submit(w, &f->bob, STREAM, ++f->exchanged,
				     "are you there?", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	assert_int_equal(0, r.u.submitted.count);
	wire_close(w);
	w = fixture_login(f, &f->bob);
	receive(w);
	acknowledge(w, drain(w, 1));
	/* It was taken in before the next one comes. */
	assert_status(STATUS_OK, wire_ask(w, &ask, &r));
	assert_int_equal(REPLY_PREKEY_STATE, r.kind);
	wire_close(w);
}

void
receive(struct wire *w)
{
	struct request ask = { .kind = REQUEST_RECEIVE };

	assert_status(STATUS_OK, wire_send(w, &ask));
}

void
acknowledge(struct wire *w, uint64_t seq)
{
	struct request ask = { .kind = REQUEST_ACKNOWLEDGE };

	ask.u.acknowledge_seq = seq;
	assert_status(STATUS_OK, wire_send(w, &ask));
}

/* Collect pushes up to the drained mark; the highest seq, in order. */
uint64_t
drain(struct wire *w, size_t expected)
{
	uint64_t seq = 0;
	size_t count = 0;
	struct reply r = { 0 };

	while (r.kind != REPLY_DRAINED) {
		assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
		for (size_t i = 0; r.kind == REPLY_PUSH && i < r.u.push.count;
		     i++) {
			assert_true(r.u.push.items[i].seq > seq);
			seq = r.u.push.items[i].seq;
			count++;
		}
	}
	assert_int_equal(expected, count);
	return seq;
}

void
send_texts(struct fixture *f, uint8_t stream, uint64_t from, size_t count)
{
	struct wire *w = fixture_login(f, &f->alice);
	struct reply r;

	for (uint64_t i = from; i < from + count; i++) {
		assert_status(STATUS_OK,
		    wire_submit(w, &f->bob, stream, i, "sealed text", &r));
		assert_int_equal(REPLY_SUBMITTED, r.kind);
		assert_int_equal(0, r.u.submitted.count);
	}
	wire_close(w);
}
