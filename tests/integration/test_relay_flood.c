/* A real relay, many clients at once, and a system that gives no more. */
#define _GNU_SOURCE 1
#include "tests/support/relay_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "proto/codec.h"

const char *const relay_program = TACIT_RELAY_BIN;

enum {
	HOARDERS = 30,
	BIG_ITEMS = 31, /* of LIMIT_ITEM_BYTES: nearly LIMIT_MESSAGE_BYTES */
	LOADERS = 4,
	HURRIED = 3000,
};

static const char *const TIGHT[] = { "--listen", "127.0.0.1:0", "--workers",
	"1", "--config", NULL, NULL };

static void
start_tight(struct fixture *f)
{
	const char *more[sizeof(TIGHT) / sizeof(TIGHT[0])];
	char path[512];
	FILE *file;

	memcpy(more, TIGHT, sizeof(more));
	snprintf(path, sizeof(path), "%s/test.conf", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("memory_mib = 64\n", file);
	fclose(file);
	more[5] = path;
	fixture_start(f, more);
}

static int
setup_tight(void **state)
{
	struct fixture *f;

	if (fixture_setup_bare(state) != 0)
		return -1;
	f = *state;
	start_tight(f);
	fixture_join(f, &f->alice, "alice");
	fixture_join(f, &f->bob, "bob");
	return 0;
}

/* A number out of /proc: a line of status, or 0. */
static unsigned long
status_kib(pid_t pid, const char *name)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtoul(line + strlen(name) + 1, NULL, 10);
	fclose(file);
	return kib;
}

/* A submit as big as may be, as it goes over the wire. */
static struct buf *
big_submit(const struct wire_person *to)
{
	static uint8_t payload[LIMIT_ITEM_BYTES];
	struct recipient recipients[BIG_ITEMS];
	struct request r = { .id = 9, .kind = REQUEST_SUBMIT };
	struct buf *out = NULL;

	for (size_t i = 0; i < BIG_ITEMS; i++)
		recipients[i] = (struct recipient){
			.to = to->who,
			.registration_id = to->registration_id,
			.type = ITEM_RATCHET,
			.suite = SUITE_SIGNAL_V3,
			.payload = BYTES_OF(payload),
		};
	r.u.submit.counter = 1;
	r.u.submit.recipients = recipients;
	r.u.submit.recipients_count = BIG_ITEMS;
	assert_status(
	    STATUS_OK, buf_new((size_t)2 * LIMIT_MESSAGE_BYTES, &out));
	assert_status(STATUS_OK, codec_put_request(&r, out));
	return out;
}

struct hoarder {
	struct fixture *f;
	struct bytes most; /* of a message whose end never comes */
	enum error_code said;
};

static void *
hoard(void *arg)
{
	struct hoarder *h = arg;
	struct wire *w = NULL;
	struct reply r;

	if (wire_login(h->f->relay.link, &h->f->alice, &w) != STATUS_OK)
		return NULL;
	(void)(wire_write(w, h->most) == STATUS_OK);
	while (wire_next(w, PATIENCE_MS, &r) == STATUS_OK)
		if (r.kind == REPLY_ERROR)
			h->said = r.u.error.code;
	wire_close(w);
	return NULL;
}

/* A sanitizer has memory of its own. */
static bool
memory_tells(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#else
	return true;
#endif
}

static void
half_messages_on_many_connections_do_not_eat_the_memory(void **state)
{
	struct fixture *f = *state;
	struct buf *big = big_submit(&f->bob);
	struct hoarder hoarders[HOARDERS];
	pthread_t threads[HOARDERS];
	int64_t begin_ms;
	size_t told = 0;
	struct wire *w;
	struct reply r;

	for (size_t i = 0; i < HOARDERS; i++) {
		hoarders[i] = (struct hoarder){
			.f = f,
			.most = bytes_head(buf_view(big), buf_len(big) - 100),
		};
		assert_int_equal(
		    0, pthread_create(&threads[i], NULL, hoard, &hoarders[i]));
	}
	sleep(2); /* all of them wait by now */
	begin_ms = clock_mono_ms();
	w = fixture_login(f, &f->bob);
	assert_status(STATUS_OK, wire_submit(w, &f->alice, 1, 1, "small", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	if (memory_tells()) /* nor does time, under a sanitizer */
		assert_true(clock_mono_ms() - begin_ms < 3000);
	for (size_t i = 0; i < HOARDERS; i++) {
		pthread_join(threads[i], NULL);
		told += hoarders[i].said == ERROR_UNAVAILABLE;
	}
	/* Some were told before their connection ended. */
	assert_true(told > 0);
	if (memory_tells())
		assert_true(status_kib(f->relay.pid, "VmHWM") < 140 * 1024);

	/* And there is room for one who means it. */
	assert_status(STATUS_OK, wire_write(w, buf_view(big)));
	assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	wire_close(w);
	buf_free(big);
}

/* ---- load ---- */

struct loader {
	const char *link;
	const struct wire_person *from;
	const struct wire_person *to;
	uint8_t stream;
	atomic_uint_fast64_t answered; /* so many were told OK */
};

static void *
load(void *arg)
{
	struct loader *l = arg;
	struct wire *w = NULL;
	struct reply r;

	if (wire_login(l->link, l->from, &w) != STATUS_OK)
		return NULL;
	for (uint64_t i = 1;
	     wire_submit(w, l->to, l->stream, i, "text", &r) == STATUS_OK &&
	     r.kind == REPLY_SUBMITTED;
	     i++)
		atomic_store(&l->answered, i);
	wire_close(w);
	return NULL;
}

static void
a_stop_under_load_is_prompt_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	struct loader loaders[LOADERS];
	struct wire_person senders[LOADERS];
	pthread_t threads[LOADERS];
	int64_t begin_ms;
	size_t answered = 0;
	size_t count = 0;
	struct wire *w;
	struct reply r = { 0 };

	for (size_t i = 0; i < LOADERS; i++) {
		char name[] = "sender-0";

		name[7] = (char)('0' + i);
		fixture_join(f, &senders[i], name);
		loaders[i] = (struct loader){ .link = f->relay.link,
			.from = &senders[i],
			.to = &f->bob,
			.stream = 7 };
		assert_int_equal(
		    0, pthread_create(&threads[i], NULL, load, &loaders[i]));
	}
	usleep(700 * 1000);
	begin_ms = clock_mono_ms();
	assert_int_equal(0, relay_process_stop(&f->relay));
	assert_true(clock_mono_ms() - begin_ms < 5000);
	for (size_t i = 0; i < LOADERS; i++) {
		pthread_join(threads[i], NULL);
		answered += loaders[i].answered;
		wire_person_clear(&senders[i]);
	}
	assert_true(answered > 0);
	start_tight(f);
	w = fixture_login(f, &f->bob);
	receive(w);
	while (r.kind != REPLY_DRAINED) {
		assert_status(STATUS_OK, wire_next(w, PATIENCE_MS, &r));
		if (r.kind != REPLY_PUSH)
			continue;
		count += r.u.push.count;
		acknowledge(w, r.u.push.items[r.u.push.count - 1].seq);
	}
	/* One of each sender may have been stored and its answer lost. */
	assert_in_range(count, answered, answered + LOADERS);
	wire_close(w);
}

static void *
hurry(void *arg)
{
	struct fixture *f = arg;

	for (size_t i = 0; i < HURRIED / LOADERS; i++) {
		struct wire *w = NULL;
		enum status st = i % 8 == 0
				     ? wire_connect(f->relay.link, &w)
				     : wire_connect_plain(f->relay.link, &w);

		if (st == STATUS_OK && i % 8 == 1)
			(void)(wire_write(w, BYTES("\x16\x03\x01")) ==
			       STATUS_OK);
		wire_close(w);
	}
	return NULL;
}

static void
thousands_that_come_and_go_leave_nothing_behind(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[LOADERS];
	char path[64];
	unsigned fds = 0;

	for (size_t i = 0; i < LOADERS; i++)
		assert_int_equal(
		    0, pthread_create(&threads[i], NULL, hurry, f));
	for (size_t i = 0; i < LOADERS; i++)
		pthread_join(threads[i], NULL);
	assert_served(f);
	sleep(1);
	snprintf(path, sizeof(path), "FDSize:");
	fds = (unsigned)status_kib(f->relay.pid, path);
	assert_true(fds <= 512); /* a table that never had to grow */
}

/* ---- a system that gives no more ---- */

static unsigned long
ticks_of(pid_t pid)
{
	char path[64], text[1024];
	unsigned long user = 0, kernel = 0;
	FILE *file;
	char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	at = strrchr(text, ')');
	assert_non_null(at);
	assert_int_equal(2, sscanf(at,
				") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u "
				"%*u %lu %lu",
				&user, &kernel));
	return user + kernel;
}

static void
without_descriptors_it_waits_and_does_not_spin(void **state)
{
	struct fixture *f = *state;
	struct wire *all[100] = { 0 };
	struct rlimit few = { 64, 64 };
	unsigned long before;

	assert_int_equal(0, prlimit(f->relay.pid, RLIMIT_NOFILE, &few, NULL));
	for (size_t i = 0; i < 100; i++)
		assert_status(
		    STATUS_OK, wire_connect_plain(f->relay.link, &all[i]));
	sleep(1);
	before = ticks_of(f->relay.pid);
	sleep(1);
	assert_true(ticks_of(f->relay.pid) - before <
		    (unsigned long)sysconf(_SC_CLK_TCK) / 4);
	for (size_t i = 0; i < 100; i++)
		wire_close(all[i]);
	sleep(2);
	assert_served(f);
}

static void
a_failed_write_stops_the_relay_and_a_new_start_knows_the_truth(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, none = { 0, RLIM_INFINITY };
	struct wire *w = fixture_login(f, &f->alice);
	struct reply r = { 0 };
	int result = 0;

	assert_status(STATUS_OK, wire_submit(w, &f->bob, 1, 1, "one", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	assert_int_equal(0, prlimit(f->relay.pid, RLIMIT_FSIZE, NULL, &before));
	none.rlim_max = before.rlim_max;
	assert_int_equal(0, prlimit(f->relay.pid, RLIMIT_FSIZE, &none, NULL));
	assert_status(STATUS_OK, wire_submit(w, &f->bob, 1, 2, "two", &r));
	assert_int_equal(REPLY_ERROR, r.kind);
	assert_int_equal(ERROR_UNAVAILABLE, r.u.error.code);
	wire_close(w);
	assert_int_equal(f->relay.pid, waitpid(f->relay.pid, &result, 0));
	assert_true(WIFEXITED(result));
	assert_int_equal(1, WEXITSTATUS(result));
	close(f->relay.out);
	f->relay.pid = 0;

	start_tight(f);
	w = fixture_login(f, &f->alice);
	assert_status(STATUS_OK, wire_submit(w, &f->bob, 1, 2, "two", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	assert_status(STATUS_OK, wire_submit(w, &f->bob, 1, 2, "two", &r));
	assert_int_equal(REPLY_SUBMITTED, r.kind);
	wire_close(w);
	w = fixture_login(f, &f->bob);
	receive(w);
	assert_int_equal(2, drain(w, 2));
	wire_close(w);
}

#define TIGHT_CASE(test)                                                       \
	cmocka_unit_test_setup_teardown(test, setup_tight, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TIGHT_CASE(
		    half_messages_on_many_connections_do_not_eat_the_memory),
		TIGHT_CASE(a_stop_under_load_is_prompt_and_loses_nothing),
		TIGHT_CASE(thousands_that_come_and_go_leave_nothing_behind),
		TIGHT_CASE(without_descriptors_it_waits_and_does_not_spin),
		TIGHT_CASE(
		    a_failed_write_stops_the_relay_and_a_new_start_knows_the_truth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
