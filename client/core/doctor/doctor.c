#include "client/core/doctor/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "client/core/error.h"

/* Below this a profile in use is soon one that can store nothing. */
static const uint64_t room_wanted_bytes = UINT64_C(64) << 20;

static const char *
verdict_name(enum doctor_verdict verdict)
{
	switch (verdict) {
	case DOCTOR_WELL:
		return "ok";
	case DOCTOR_MENDED:
		return "mended";
	case DOCTOR_WARNING:
		return "warning";
	case DOCTOR_SICK:
		return "failed";
	case DOCTOR_SKIPPED:
		break;
	}
	return "skipped";
}

void
doctor_say(struct doctor *d, const char *step, enum doctor_verdict verdict,
    const char *format, ...)
{
	char sentence[512];
	struct tacit_finding f = {
		.step = step,
		.verdict = verdict_name(verdict),
		.message = sentence,
	};
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	d->sick |= verdict == DOCTOR_SICK;
	d->show(&f, d->arg);
}

void
doctor_say_status(struct doctor *d, const char *step, enum status st)
{
	struct tacit_error e;

	(void)error_status(&e, st);
	doctor_say(d, step, DOCTOR_SICK, "%s", e.message);
}

bool
doctor_may_mend(const struct doctor *d)
{
	return !d->how->check_only;
}

bool
doctor_may_give_up(struct doctor *d, const char *what)
{
	return doctor_may_mend(d) && d->how->may_repair != NULL &&
	       d->how->may_repair(what, d->how->arg);
}

/* Whether others of this machine may touch it; mended if it may be. */
static void
look_at_mode(struct doctor *d, const char *path, mode_t wanted, size_t *open,
    size_t *closed)
{
	struct stat there;

	if (stat(path, &there) != 0 || (there.st_mode & 07777 & ~wanted) == 0)
		return;
	++*open;
	if (doctor_may_mend(d) && chmod(path, there.st_mode & wanted) == 0)
		++*closed;
}

static void
look_at_modes(struct doctor *d, const char *dir)
{
	static const char *const names[] = { "keys", "data.mdb", "lock.mdb",
		"turnstile", "receiver" };
	size_t open = 0, closed = 0;
	char path[4096];

	look_at_mode(d, dir, 0700, &open, &closed);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int len = snprintf(path, sizeof(path), "%s/%s", dir, names[i]);

		if (len > 0 && (size_t)len < sizeof(path))
			look_at_mode(d, path, 0600, &open, &closed);
	}
	if (open == 0)
		doctor_say(d, "files", DOCTOR_WELL,
		    "Nobody but you may read or change them.");
	else if (closed == open)
		doctor_say(d, "files", DOCTOR_MENDED,
		    "%zu could be reached by others; now they cannot.", open);
	else
		doctor_say(d, "files", DOCTOR_SICK,
		    "%zu can be reached by others of this machine; take their "
		    "rights away (chmod go= FILE).",
		    open - closed);
}

void
doctor_look_at_files(struct doctor *d, const char *dir)
{
	struct statvfs fs;
	uint64_t free_bytes;

	look_at_modes(d, dir);
	if (statvfs(dir, &fs) != 0) {
		doctor_say(d, "disk", DOCTOR_SKIPPED, "%s.", strerror(errno));
		return;
	}
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (free_bytes < room_wanted_bytes)
		doctor_say(d, "disk", DOCTOR_WARNING,
		    "Only %" PRIu64 " MiB are free; make room, or nothing more "
		    "can be stored.",
		    free_bytes >> 20);
	else
		doctor_say(d, "disk", DOCTOR_WELL, "%" PRIu64 " MiB are free.",
		    free_bytes >> 20);
}
