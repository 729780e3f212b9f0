#include "tests/support/relay_fixture.h"

#include <signal.h>
#include <sodium.h>

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
