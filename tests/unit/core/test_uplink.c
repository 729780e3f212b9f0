/* test_uplink.c - hosts that are not there, silent, or talk nonsense. */
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/core/scripted_relay.h"

enum { PATIENCE_MS = 300, SLACK_MS = 2000 };

/* A listening socket on a free port of this machine. */
static int
listen_on(struct link *to)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*to = (struct link){ .host = "127.0.0.1", .has_pin = true };
	to->port = ntohs(address.sin_port);
	return fd;
}

static void
expect_failure_via(const struct link *to, const struct proxy *via,
    enum status expected, enum uplink_stage expected_stage)
{
	int64_t began_ms = clock_mono_ms();
	enum uplink_stage stage = UPLINK_OPEN;
	struct uplink *u = NULL;

	assert_status(
	    expected, uplink_open(to, via, began_ms + PATIENCE_MS, &u, &stage));
	assert_null(u);
	assert_int_equal(stage, expected_stage);
	assert_true(clock_mono_ms() - began_ms < PATIENCE_MS + SLACK_MS);
}

static void
expect_failure(const struct link *to, enum status expected,
    enum uplink_stage expected_stage)
{
	expect_failure_via(to, NULL, expected, expected_stage);
}

static void
nobody_at_the_port_is_told_at_once(void **state)
{
	struct link to;
	int fd = listen_on(&to);

	(void)state;
	close(fd);
	expect_failure(&to, STATUS_UNREACHABLE, UPLINK_TCP);
}

static void
a_silent_host_is_given_up_at_the_deadline(void **state)
{
	struct link to;
	int fd = listen_on(&to);

	(void)state;
	expect_failure(&to, STATUS_UNREACHABLE, UPLINK_TLS);
	close(fd);
}

static void
a_host_that_talks_nonsense_is_no_relay(void **state)
{
	static const char nonsense[] = "220 mail.example ESMTP\r\n";
	struct link to;
	int fd = listen_on(&to);
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		int peer = accept(fd, NULL, NULL);

		(void)!write(peer, nonsense, sizeof(nonsense) - 1);
		pause();
		_exit(0);
	}
	expect_failure(&to, STATUS_CRYPTO, UPLINK_TLS);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fd);
}

static struct uplink *
open_scripted(struct script *r)
{
	struct channel *near = NULL;
	struct uplink *u = NULL;

	assert_status(STATUS_OK, channel_pair(&near, &r->end));
	assert_status(STATUS_OK, frame_reader_new(LIMIT_MESSAGE_BYTES, &r->in));
	assert_status(STATUS_OK, uplink_over(near, script_turn, r, 0, &u));
	return u;
}

static bool
any(enum reply_kind kind, uint64_t id, void *arg)
{
	(void)kind;
	(void)id;
	(void)arg;
	return true;
}

static void
answers_are_matched_to_requests_and_pushes_are_kept(void **state)
{
	struct request receive = { .kind = REQUEST_RECEIVE };
	struct request ask = { .kind = REQUEST_PREKEY_STATUS };
	struct script *r = script_new();
	struct uplink *u = open_scripted(r);
	struct reply reply = { 0 };
	struct arena *a = NULL;
	uint64_t id = 0;

	(void)state;
	assert_status(STATUS_OK, arena_new(UPLINK_REPLY_ARENA_BYTES, &a));
	assert_status(STATUS_OK, uplink_send(u, &receive, &id));
	assert_status(STATUS_OK, uplink_call(u, &ask, 0, a, &reply));
	assert_int_equal(reply.kind, REPLY_PREKEY_STATE);
	assert_int_equal(reply.id, ask.id);
	assert_status(STATUS_OK, uplink_next_where(u, any, NULL, 0, a, &reply));
	assert_int_equal(reply.kind, REPLY_DRAINED);
	assert_int_equal(reply.id, id);
	assert_status(
	    STATUS_AGAIN, uplink_next_where(u, any, NULL, 0, a, &reply));
	arena_free(a);
	uplink_close(u);
	script_free(r);
}

static void
a_reply_that_cannot_be_read_ends_the_connection(void **state)
{
	static const uint8_t junk[] = { 0, 0, 0, 3, 0xff, 0xff, 0xff };
	struct request ask = { .kind = REQUEST_PREKEY_STATUS };
	struct script *r = script_new();
	struct uplink *u = open_scripted(r);
	struct reply reply = { 0 };
	struct arena *a = NULL;
	uint64_t id;

	(void)state;
	assert_status(STATUS_OK, arena_new(UPLINK_REPLY_ARENA_BYTES, &a));
	assert_status(STATUS_OK, buf_put(r->out, BYTES_OF(junk)));
	assert_status(STATUS_BAD_INPUT, uplink_call(u, &ask, 0, a, &reply));
	assert_status(STATUS_UNREACHABLE, uplink_send(u, &ask, &id));
	assert_status(
	    STATUS_UNREACHABLE, uplink_next_where(u, any, NULL, 0, a, &reply));
	arena_free(a);
	uplink_close(u);
	script_free(r);
}

static void
a_relay_that_hangs_up_is_unreachable(void **state)
{
	struct request ask = { .kind = REQUEST_PREKEY_STATUS };
	struct script *r = script_new();
	struct uplink *u = open_scripted(r);
	struct reply reply = { 0 };
	struct arena *a = NULL;

	(void)state;
	assert_status(STATUS_OK, arena_new(UPLINK_REPLY_ARENA_BYTES, &a));
	channel_free(r->end);
	r->end = NULL;
	assert_status(STATUS_UNREACHABLE, uplink_call(u, &ask, 0, a, &reply));
	arena_free(a);
	uplink_close(u);
	script_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_at_the_port_is_told_at_once),
		cmocka_unit_test(a_silent_host_is_given_up_at_the_deadline),
		cmocka_unit_test(a_host_that_talks_nonsense_is_no_relay),
		cmocka_unit_test(
		    answers_are_matched_to_requests_and_pushes_are_kept),
		cmocka_unit_test(
		    a_reply_that_cannot_be_read_ends_the_connection),
		cmocka_unit_test(a_relay_that_hangs_up_is_unreachable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
