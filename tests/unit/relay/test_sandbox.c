/* Each trespass is tried by a child, in the sandbox of a relay that serves. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/sandbox.h"

enum { REFUSED = 1, WENT_THROUGH = 2, BROKEN = 99, NOBODY = 65534 };

struct fixture {
	char *dir;
	char data[512];   /* the relay's */
	char beside[512]; /* where its certificate stands */
	char cert[600];
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fd;

	if (f == NULL || (f->dir = scratch_dir_new()) == NULL)
		return -1;
	snprintf(f->data, sizeof(f->data), "%s/data", f->dir);
	snprintf(f->beside, sizeof(f->beside), "%s/certs", f->dir);
	snprintf(f->cert, sizeof(f->cert), "%s/relay.crt", f->beside);
	if (mkdir(f->data, 0700) != 0 || mkdir(f->beside, 0700) != 0)
		return -1;
	fd = open(f->cert, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	*state = f;
	return fd < 0 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	scratch_dir_remove(f->dir);
	free(f);
	return 0;
}

static void
need_sandbox(void)
{
	if (!sandbox_is_built())
		skip();
}

static void
need_landlock(void)
{
	need_sandbox();
	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION) < 1) {
		print_message("this kernel has no Landlock\n");
		skip();
	}
}

/* Run `act` confined, in a child; how that ended, as of waitpid(2). */
static int
confined(struct fixture *f, int (*act)(struct fixture *))
{
	const struct sandbox_options options = {
		.data_dir = f->data,
		.readable = { f->cert },
		.readable_count = 1,
	};
	const struct rlimit none = { 0, 0 };
	int state = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		if (sandbox_enter(&options) != STATUS_OK)
			_exit(BROKEN);
		_exit(act(f));
	}
	assert_int_equal(child, waitpid(child, &state, 0));
	return state;
}

static void
assert_dies(struct fixture *f, int (*act)(struct fixture *))
{
	int state = confined(f, act);

	assert_true(WIFSIGNALED(state));
	assert_int_equal(SIGSYS, WTERMSIG(state));
}

static void
assert_exits(struct fixture *f, int (*act)(struct fixture *), int code)
{
	int state = confined(f, act);

	assert_true(WIFEXITED(state));
	assert_int_equal(code, WEXITSTATUS(state));
}

/* ---- calls that a relay never makes ---- */

static int
run_a_program(struct fixture *f)
{
	char *const argv[] = { f->dir, NULL };

	execve("/bin/true", argv, argv + 1);
	return WENT_THROUGH;
}

static int
make_a_process(struct fixture *f)
{
	(void)f;
	return fork() == 0 ? 0 : WENT_THROUGH;
}

static int
debug_another(struct fixture *f)
{
	(void)f;
	ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
	return WENT_THROUGH;
}

static int
read_another(struct fixture *f)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { f, 1 };

	process_vm_readv(getppid(), &here, 1, &there, 1, 0);
	return WENT_THROUGH;
}

static int
end_another(struct fixture *f)
{
	(void)f;
	kill(getppid(), 0);
	return WENT_THROUGH;
}

static int
see_packets(struct fixture *f)
{
	(void)f;
	socket(AF_PACKET, SOCK_RAW, 0);
	return WENT_THROUGH;
}

static int
ask_the_kernel(struct fixture *f)
{
	(void)f;
	socket(AF_NETLINK, SOCK_RAW, 0);
	return WENT_THROUGH;
}

static int
call_out(struct fixture *f)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)f;
	connect(fd, (struct sockaddr *)&to, sizeof(to));
	return WENT_THROUGH;
}

static int
become_root(struct fixture *f)
{
	(void)f;
	(void)!setuid(0);
	return WENT_THROUGH;
}

static int
leave_namespaces(struct fixture *f)
{
	(void)f;
	unshare(CLONE_NEWUSER);
	return WENT_THROUGH;
}

static int
mount_something(struct fixture *f)
{
	mount("none", f->data, "tmpfs", 0, NULL);
	return WENT_THROUGH;
}

static int
make_code(struct fixture *f)
{
	(void)f;
	mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return WENT_THROUGH;
}

static int
turn_data_into_code(struct fixture *f)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)f;
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	return WENT_THROUGH;
}

static int
raise_a_limit(struct fixture *f)
{
	const struct rlimit none = { 0, 0 };

	(void)f;
	setrlimit(RLIMIT_CORE, &none);
	return WENT_THROUGH;
}

static int
let_itself_be_read(struct fixture *f)
{
	(void)f;
	syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0);
	return WENT_THROUGH;
}

static void
a_call_that_no_relay_makes_is_death(void **state)
{
	static int (*const trespasses[])(struct fixture *) = {
		run_a_program,
		make_a_process,
		debug_another,
		read_another,
		end_another,
		see_packets,
		ask_the_kernel,
		call_out,
		become_root,
		leave_namespaces,
		mount_something,
		make_code,
		turn_data_into_code,
		raise_a_limit,
		let_itself_be_read,
	};

	need_sandbox();
	for (size_t i = 0; i < sizeof(trespasses) / sizeof(trespasses[0]); i++)
		assert_dies(*state, trespasses[i]);
}

static void *
trespass(void *arg)
{
	run_a_program(arg);
	return NULL;
}

static int
let_a_thread_do_it(struct fixture *f)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, trespass, f) != 0)
		return BROKEN;
	pthread_join(thread, NULL);
	return WENT_THROUGH;
}

static void
threads_are_allowed_and_confined_too(void **state)
{
	need_sandbox();
	assert_dies(*state, let_a_thread_do_it);
}

/* ---- files ---- */

static int
open_exit(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		return WENT_THROUGH;
	return errno == EACCES ? REFUSED : BROKEN;
}

static int
read_a_file_elsewhere(struct fixture *f)
{
	(void)f;
	return open_exit("/etc/passwd", O_RDONLY);
}

static int
write_a_file_elsewhere(struct fixture *f)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/new", f->dir);
	return open_exit(path, O_WRONLY | O_CREAT);
}

static int
write_the_certificate(struct fixture *f)
{
	return open_exit(f->cert, O_WRONLY);
}

static int
follow_a_link_out(struct fixture *f)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/link", f->data);
	return open_exit(path, O_RDONLY);
}

static int
move_a_file_out(struct fixture *f)
{
	char from[600], to[600];

	snprintf(from, sizeof(from), "%s/file", f->data);
	snprintf(to, sizeof(to), "%s/stolen", f->dir);
	if (open_exit(from, O_WRONLY | O_CREAT) != WENT_THROUGH)
		return BROKEN;
	if (rename(from, to) == 0)
		return WENT_THROUGH;
	return errno == EACCES || errno == EXDEV ? REFUSED : BROKEN;
}

static void
a_file_outside_the_data_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[600];

	need_landlock();
	snprintf(path, sizeof(path), "%s/link", f->data);
	assert_int_equal(0, symlink("/etc/passwd", path));
	assert_exits(f, read_a_file_elsewhere, REFUSED);
	assert_exits(f, write_a_file_elsewhere, REFUSED);
	assert_exits(f, write_the_certificate, REFUSED);
	assert_exits(f, follow_a_link_out, REFUSED);
	assert_exits(f, move_a_file_out, REFUSED);
}

/* What a relay does there: make, lengthen, sync, replace, remove, listen. */
static int
work_in_the_data(struct fixture *f)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char one[600], two[600];
	int fd, s;

	snprintf(one, sizeof(one), "%s/one", f->data);
	snprintf(two, sizeof(two), "%s/two", f->data);
	snprintf(name.sun_path, sizeof(name.sun_path), "%.100s/s", f->data);
	fd = open(one, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fallocate(fd, 0, 0, 8192) != 0 ||
	    pwrite(fd, "x", 1, 4096) != 1 || fdatasync(fd) != 0 ||
	    ftruncate(fd, 100) != 0 || close(fd) != 0 ||
	    rename(one, two) != 0 || link(two, one) != 0 || unlink(two) != 0)
		return BROKEN;
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&name, sizeof(name)) != 0 ||
	    listen(s, 1) != 0)
		return BROKEN;
	return 0;
}

static int
read_a_renewed_certificate(struct fixture *f)
{
	return open_exit(f->cert, O_RDONLY) == WENT_THROUGH ? 0 : BROKEN;
}

static int
read_about_itself(struct fixture *f)
{
	(void)f;
	return open_exit("/proc/self/statm", O_RDONLY) == WENT_THROUGH ? 0
								       : BROKEN;
}

static void
the_data_can_be_worked_in_and_certificates_read(void **state)
{
	struct fixture *f = *state;
	char renewed[600];
	int fd;

	need_sandbox();
	assert_exits(f, work_in_the_data, 0);
	assert_exits(f, read_a_renewed_certificate, 0);
	assert_exits(f, read_about_itself, 0);
	snprintf(renewed, sizeof(renewed), "%s/new", f->beside);
	fd = open(renewed, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(0, rename(renewed, f->cert));
	assert_exits(f, read_a_renewed_certificate, 0);
}

/* ---- users ---- */

static void
a_user_that_is_not_there_is_nobody_to_be(void **state)
{
	struct fixture *f = *state;
	struct sandbox_user user = { .uid = 4711 };
	char why[CONFIG_WHY_BYTES] = "";
	bool change = false;

	assert_status(STATUS_NOT_FOUND, sandbox_find_user("no-such-user-here",
					    f->data, &user, &change, why));
	assert_non_null(strstr(why, "no-such-user-here"));
	assert_int_equal(4711, user.uid);
	assert_status(
	    STATUS_OK, sandbox_find_user("", f->data, &user, &change, why));
	assert_int_equal(geteuid(), user.uid);
	assert_false(change);
}

static int
give_up_root(const char *data)
{
	struct sandbox_user user;
	char why[CONFIG_WHY_BYTES];
	bool change = false;

	if (sandbox_find_user("", data, &user, &change, why) != STATUS_OK ||
	    !change || sandbox_become(&user) != STATUS_OK)
		return BROKEN;
	if (getuid() != NOBODY || geteuid() != NOBODY || setuid(0) == 0 ||
	    seteuid(0) == 0 || setgid(0) == 0)
		return WENT_THROUGH;
	/* And nobody else can be had from here. */
	if (sandbox_find_user("root", data, &user, &change, why) !=
	    STATUS_DENIED)
		return WENT_THROUGH;
	return open_exit("/etc/shadow", O_RDONLY);
}

static void
root_becomes_the_owner_of_the_data_for_good(void **state)
{
	struct fixture *f = *state;
	int ended = 0;
	pid_t child;

	if (geteuid() != 0) {
		print_message("only root can become somebody else\n");
		skip();
	}
	assert_int_equal(0, chown(f->data, NOBODY, NOBODY));
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(give_up_root(f->data));
	assert_int_equal(child, waitpid(child, &ended, 0));
	assert_true(WIFEXITED(ended));
	assert_int_equal(REFUSED, WEXITSTATUS(ended));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_call_that_no_relay_makes_is_death),
		CASE(threads_are_allowed_and_confined_too),
		CASE(a_file_outside_the_data_is_refused),
		CASE(the_data_can_be_worked_in_and_certificates_read),
		CASE(a_user_that_is_not_there_is_nobody_to_be),
		CASE(root_becomes_the_owner_of_the_data_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
