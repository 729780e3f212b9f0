#include "relay/sandbox.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"

enum status
sandbox_enter(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

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
