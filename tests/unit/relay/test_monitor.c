/* The monitoring port: what it answers, and who cannot hold it up. */
#include "tests/unit/relay/storage_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "relay/monitor.h"

enum {
	ANSWER_BYTES = 64 * 1024,
	WAIT_S = 20,
	HOLDERS = 60, /* more than the monitor keeps, many times over */
};

static struct metrics *m;
static struct monitor *monitor;
static int listener = -1;
static struct sockaddr_in address;
static char text[ANSWER_BYTES];

static void
listen_somewhere(void)
{
	socklen_t len = sizeof(address);

	address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	listener =
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(
	    0, bind(listener, (struct sockaddr *)&address, sizeof(address)));
	assert_int_equal(0, listen(listener, 128));
	assert_int_equal(
	    0, getsockname(listener, (struct sockaddr *)&address, &len));
}

static void
begin(const struct fixture *f, int64_t stuck_ms)
{
	const struct monitor_options options = {
		.fd = listener,
		.metrics = m,
		.storage = f->storage,
		.stuck_ms = stuck_ms,
	};

	assert_status(STATUS_OK, monitor_start(&options, &monitor));
	listener = -1;
}

static int
setup(void **state)
{
	int failed = store_setup(state);

	assert_status(STATUS_OK, metrics_new(&m));
	listen_somewhere();
	return failed;
}

static int
teardown(void **state)
{
	monitor_stop(monitor);
	monitor = NULL;
	if (listener >= 0)
		close(listener);
	metrics_free(m);
	return store_teardown(state);
}

/* A connection on which `sent` was said. */
static int
say(struct bytes sent)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	assert_int_equal(
	    0, connect(fd, (struct sockaddr *)&address, sizeof(address)));
	(void)!send(fd, sent.data, sent.len, MSG_NOSIGNAL);
	return fd;
}

/* Everything up to the end, in `text`; then closes. */
static void
hear(int fd)
{
	size_t len = 0;
	ssize_t got;

	do {
		got = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		if (got > 0)
			len += (size_t)got;
	} while (got > 0);
	text[len] = '\0';
	close(fd);
}

/* The code of the answer to a GET; the answer itself in `text`. */
static int
fetch(const char *path)
{
	char request[256];
	int code = 0;

	snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
	hear(say(bytes_text(request)));
	(void)!sscanf(text, "HTTP/1.1 %d ", &code);
	return code;
}

static void
three_pages_and_nothing_else(void **state)
{
	begin(*state, 0);
	monitor_tell(monitor, MONITOR_READY);
	metrics_add(m, METRIC_SUBMITS, 17);
	assert_int_equal(200, fetch("/metrics"));
	assert_non_null(strstr(text, "version=0.0.4"));
	assert_non_null(strstr(text, "\ntacit_relay_submits_total 17\n"));
	assert_non_null(strstr(text, "\ntacit_relay_ready 1\n"));
	assert_null(strstr(text, "tacit_relay_resident_bytes 0\n"));
	assert_null(strstr(text, "tacit_relay_descriptors 0\n"));
	assert_int_equal(200, fetch("/healthz"));
	assert_int_equal(200, fetch("/readyz"));
	assert_int_equal(404, fetch("/"));
	assert_int_equal(404, fetch("/metrics/"));
	assert_int_equal(404, fetch("/../etc/passwd"));
	assert_int_equal(404, fetch("/%00/metrics"));
}

static void
readiness_follows_what_the_main_loop_says(void **state)
{
	static const struct {
		enum monitor_state told;
		int ready;
		int healthy;
		const char *word;
	} cases[] = {
		{ MONITOR_STARTING, 503, 200, "\r\n\r\nstarting\n" },
		{ MONITOR_READY, 200, 200, "\r\n\r\nready\n" },
		{ MONITOR_FULL, 503, 200, "\r\n\r\nfull\n" },
		{ MONITOR_FROZEN, 503, 200, "\r\n\r\nfrozen\n" },
		{ MONITOR_STOPPING, 503, 200, "\r\n\r\nstopping\n" },
		{ MONITOR_BROKEN, 503, 503, "\r\n\r\nbroken\n" },
	};

	begin(*state, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		monitor_tell(monitor, cases[i].told);
		assert_int_equal(cases[i].healthy, fetch("/healthz"));
		assert_int_equal(cases[i].ready, fetch("/readyz"));
		assert_non_null(strstr(text, cases[i].word));
	}
	assert_int_equal(200, fetch("/metrics"));
	assert_non_null(strstr(text, "\ntacit_relay_ready 0\n"));
	assert_non_null(strstr(text, "\ntacit_relay_storage_broken 1\n"));
}

static void
a_main_loop_that_says_nothing_is_stuck(void **state)
{
	begin(*state, 1);
	monitor_tell(monitor, MONITOR_READY);
	while (fetch("/healthz") != 503)
		;
	assert_non_null(strstr(text, "stuck"));
	assert_int_equal(503, fetch("/readyz"));
}

static void
who_holds_connections_does_not_hold_the_page(void **state)
{
	int fds[HOLDERS];

	begin(*state, 0);
	monitor_tell(monitor, MONITOR_READY);
	for (int i = 0; i < HOLDERS; i++)
		fds[i] = say(BYTES("GET /metrics HTTP/1.1\r\nHost: lo"));
	assert_int_equal(200, fetch("/metrics"));
	/* The first ones were let go; that is how there was room. */
	hear(fds[0]);
	for (int i = 1; i < HOLDERS; i++)
		close(fds[i]);
	assert_int_equal(200, fetch("/readyz"));
}

static void
garbage_harms_nothing(void **state)
{
	static const char *const junk[] = {
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /* TLS */
		"\r\n\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"GET /metrics\r\n\r\n",
		"GET /metrics HTTP/9.9\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: "
		"99999999999999999999\r\n\r\nx",
		"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		"chunked\r\n\r\nffffffffffffffff\r\n",
		"GET /metrics HTTP/1.1\r\nHost: x\r\n: no name\r\n\r\n",
	};
	char *giant = calloc(1, 1024 * 1024);

	assert_non_null(giant);
	memset(giant, 'A', 1024 * 1024);
	begin(*state, 0);
	monitor_tell(monitor, MONITOR_READY);
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		int fd = say(bytes_text(junk[i]));

		shutdown(fd, SHUT_WR);
		hear(fd); /* an end, whatever was said before it */
	}
	memcpy(giant, "GET /metrics HTTP/1.1\r\nX: ", 26);
	hear(say(bytes_view(giant, 1024 * 1024)));
	assert_null(strstr(text, "tacit_relay_submits_total"));
	free(giant);
	assert_int_equal(200, fetch("/metrics"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    three_pages_and_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    readiness_follows_what_the_main_loop_says, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_main_loop_that_says_nothing_is_stuck, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    who_holds_connections_does_not_hold_the_page, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    garbage_harms_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
