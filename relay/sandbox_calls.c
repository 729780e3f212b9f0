/*
 * sandbox_calls.c - the system calls of a relay that serves, and no others.
 *
 * The list is what glibc, libuv, OpenSSL, LMDB, libmicrohttpd and we use after
 * the start; what is not in it ends the process.  Calls without conditions cost
 * next to nothing: the kernel remembers that they are allowed.
 */
#include <asm/termbits.h>
#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "relay/sandbox.h"

/* Names that another processor does not have are passed over. */
static const char *const allowed[] = {
	/* files, below the data directory (Landlock says which) */
	"access",
	"close",
	"close_range",
	"copy_file_range",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fallocate",
	"fchmod",
	"fchmodat",
	"chmod",
	"fcntl",
	"fdatasync",
	"flock",
	"fstat",
	"fstatfs",
	"fsync",
	"ftruncate",
	"getcwd",
	"getdents64",
	"link",
	"linkat",
	"lseek",
	"lstat",
	"mkdir",
	"mkdirat",
	"newfstatat",
	"open",
	"openat",
	"pread64",
	"preadv",
	"preadv2",
	"pwrite64",
	"pwritev",
	"pwritev2",
	"read",
	"readahead",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"stat",
	"statfs",
	"statx",
	"sync_file_range",
	"truncate",
	"umask",
	"unlink",
	"unlinkat",
	"utimensat",
	"write",
	"writev",
	/* memory; with PROT_EXEC below */
	"brk",
	"madvise",
	"mincore",
	"mlock",
	"mlock2",
	"mremap",
	"msync",
	"munlock",
	"munmap",
	/* sockets that are there, and those of monitoring and administration */
	"accept",
	"accept4",
	"bind",
	"getpeername",
	"getsockname",
	"getsockopt",
	"listen",
	"recvfrom",
	"recvmmsg",
	"recvmsg",
	"sendfile",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setsockopt",
	"shutdown",
	/* loops */
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"pipe2",
	"poll",
	"ppoll",
	"pselect6",
	"select",
	"timerfd_create",
	"timerfd_settime",
	/* threads and signals */
	"exit",
	"exit_group",
	"futex",
	"get_robust_list",
	"getcpu",
	"membarrier",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"sched_get_priority_max",
	"sched_get_priority_min",
	"sched_getaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	"sigaltstack",
	/* what time it is, who we are */
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"getegid",
	"geteuid",
	"getgid",
	"getpgrp",
	"getpid",
	"getppid",
	"getrandom",
	"getresgid",
	"getresuid",
	"getrlimit",
	"getrusage",
	"gettid",
	"gettimeofday",
	"getuid",
	"nanosleep",
	"sysinfo",
	"time",
	"times",
	"uname",
};

/* Answered, as on a kernel without them: there is another way. */
static const char *const unknown[] = { "clone3", "io_uring_setup" };

static bool
add_names(scmp_filter_ctx ctx, uint32_t action, const char *const *names,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number == __NR_SCMP_ERROR)
			continue;
		if (seccomp_rule_add(ctx, action, number, 0) != 0)
			return false;
	}
	return true;
}

/* The calls of which the first argument must be one of a few. */
static bool
add_first(scmp_filter_ctx ctx, int number, const uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 1,
			SCMP_A0(SCMP_CMP_EQ, values[i], 0)) != 0)
			return false;
	return true;
}

/* Memory is never made executable: code is what was loaded at the start. */
static bool
add_memory(scmp_filter_ctx ctx)
{
	const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };

	for (size_t i = 0; i < 2; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0)
			return false;
	return true;
}

/* Threads, but no processes and no namespaces. */
static bool
add_threads(scmp_filter_ctx ctx)
{
	const uint64_t namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
				    CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
				    CLONE_NEWCGROUP;
	const int signals[] = { SCMP_SYS(kill), SCMP_SYS(tgkill) };

	for (size_t i = 0; i < 2; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, signals[i], 1,
			SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid(), 0)) != 0)
			return false;
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		   SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | namespaces,
		       CLONE_THREAD)) == 0;
}

static bool
add_conditions(scmp_filter_ctx ctx)
{
	const uint64_t families[] = { AF_INET, AF_INET6, AF_UNIX };
	const uint64_t local[] = { AF_UNIX };
	const uint64_t names[] = { PR_SET_NAME, PR_GET_NAME,
		0x53564d41 /* PR_SET_VMA: glibc names its memory */ };
	const uint64_t requests[] = { FIONBIO, FIOCLEX, FIONREAD, TCGETS };

	/* Of this process: limits are read, not raised. */
	if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
		SCMP_A0(SCMP_CMP_EQ, 0, 0), SCMP_A2(SCMP_CMP_EQ, 0, 0)) != 0)
		return false;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_EQ, requests[i], 0)) != 0)
			return false;
	return add_first(ctx, SCMP_SYS(socket), families, 3) &&
	       add_first(ctx, SCMP_SYS(socketpair), local, 1) &&
	       add_first(ctx, SCMP_SYS(prctl), names, 3);
}

static bool
fill(scmp_filter_ctx ctx)
{
	return seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	       seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
	       add_names(ctx, SCMP_ACT_ALLOW, allowed,
		   sizeof(allowed) / sizeof(allowed[0])) &&
	       add_names(ctx, SCMP_ACT_ERRNO(ENOSYS), unknown,
		   sizeof(unknown) / sizeof(unknown[0])) &&
	       add_memory(ctx) && add_threads(ctx) && add_conditions(ctx);
}

enum status
sandbox_filter_calls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int failed;

	if (ctx == NULL || !fill(ctx)) {
		seccomp_release(ctx);
		log_event(LOG_LEVEL_ERROR, "sandbox",
		    "step=\"system calls\" reason=\"no filter\"");
		return STATUS_IO;
	}
	failed = seccomp_load(ctx);
	seccomp_release(ctx);
	if (failed == 0)
		return STATUS_OK;
	log_event(LOG_LEVEL_ERROR, "sandbox",
	    "step=\"system calls\" reason=\"%s\"", strerror(-failed));
	return STATUS_IO;
}
