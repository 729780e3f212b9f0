#include "relay/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* Younger than the headers we build with; the kernel's own numbers. */
#define ACCESS_TRUNCATE (1ULL << 14)
#define ACCESS_IOCTL    (1ULL << 15)

#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* Everything that the first version of Landlock knows of files. */
#define ACCESS_FIRST                                                           \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |          \
	    ACCESS_READ | LANDLOCK_ACCESS_FS_REMOVE_DIR |                      \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |    \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |        \
	    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |      \
	    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Not what a relay does in its own directory either. */
#define ACCESS_NEVER                                                           \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |           \
	    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |     \
	    LANDLOCK_ACCESS_FS_MAKE_SYM | ACCESS_IOCTL)

/*
 * A closed standard stream would be the next file or connection that is opened,
 * and what is logged would go there: give it a descriptor that only fails.
 */
static void
keep_streams_apart(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

enum status
sandbox_prepare(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	keep_streams_apart();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* until there is something to reload */
	/* A file that may not grow is an error of that write, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	if (prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0) {
		log_event(LOG_LEVEL_ERROR, "sandbox", "core_dumps=allowed");
		return STATUS_IO;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	return STATUS_OK;
}

bool
sandbox_is_built(void)
{
#if defined(TACIT_UNCONFINED)
	return false;
#else
	return true;
#endif
}

static enum status
complain(const char *what)
{
	log_event(LOG_LEVEL_ERROR, "sandbox", "step=\"%s\" reason=\"%s\"", what,
	    strerror(errno));
	return STATUS_IO;
}

/* Below 1: the kernel has no Landlock, or it is switched off. */
static long
landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t
known_access(long version)
{
	uint64_t access = ACCESS_FIRST;

	if (version >= 2)
		access |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		access |= ACCESS_TRUNCATE;
	if (version >= 5)
		access |= ACCESS_IOCTL;
	return access;
}

/* A directory that is not there gives nothing away. */
static bool
allow_below(int rules, const char *dir, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	bool done;

	if (rule.parent_fd < 0)
		return errno == ENOENT;
	done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		   &rule, 0) == 0;
	close(rule.parent_fd);
	return done;
}

/*
 * The directory that a file stands in, since who renews a file puts another in
 * its place; also the one a symbolic link leads to.
 */
static bool
allow_beside(int rules, const char *file)
{
	char *target = realpath(file, NULL);
	const char *names[] = { file, target };
	bool done = true;

	for (size_t i = 0; i < 2 && done; i++) {
		const char *slash =
		    names[i] != NULL ? strrchr(names[i], '/') : NULL;
		char dir[PATH_MAX] = ".";

		if (names[i] == NULL)
			continue;
		if (slash != NULL)
			snprintf(dir, sizeof(dir), "%.*s",
			    (int)(slash - names[i]) + 1, names[i]);
		done = allow_below(rules, dir, ACCESS_READ);
	}
	free(target);
	return done;
}

/*
 * What the kernel says of this very process, for monitoring.  The descriptor
 * stays open: as long as it does, the directory is the one of the rule.
 */
static bool
allow_self(int rules)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = ACCESS_READ,
		.parent_fd =
		    open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC),
	};

	return rule.parent_fd < 0 ||
	       syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		   &rule, 0) == 0;
}

static enum status
restrict_files(const struct sandbox_options *o, long version)
{
	const uint64_t access = known_access(version);
	const struct landlock_ruleset_attr attr = { .handled_access_fs =
							access };
	int rules =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	enum status st = STATUS_OK;

	if (rules < 0)
		return complain("landlock ruleset");
	if (!allow_below(rules, o->data_dir, access & ~ACCESS_NEVER) ||
	    !allow_self(rules))
		st = complain("landlock rule");
	for (size_t i = 0; st == STATUS_OK && i < o->readable_count; i++)
		if (!allow_beside(rules, o->readable[i]))
			st = complain("landlock rule");
	if (st == STATUS_OK &&
	    syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		st = complain("landlock");
	close(rules);
	return st;
}

enum status
sandbox_enter(const struct sandbox_options *options)
{
	long version = landlock_version();
	enum status st = STATUS_OK;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return complain("no new privileges");
	if (!sandbox_is_built())
		return STATUS_OK;
	if (version > 0)
		st = restrict_files(options, version);
	else
		log_event(LOG_LEVEL_WARN, "sandbox",
		    "landlock=none what=\"this kernel does not confine the "
		    "relay to its files\"");
	if (st == STATUS_OK)
		st = sandbox_filter_calls();
	return st;
}
