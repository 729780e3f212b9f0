/*
 * doctor.h - everything about a profile that can be wrong, looked at in turn.
 *
 *   doctor.c         what was found, told; files and room
 *   doctor_tables.c  every record, the ways to them, counters
 *   doctor_state.c   the account, the outbox, groups
 *   doctor_relay.c   the connection, an old copy, prekeys
 *
 * What can be made anew from what is there is mended by the way.  What gives
 * something up, also if only what does not open any more, is asked for first.
 */
#ifndef TACIT_CLIENT_CORE_DOCTOR_H
#define TACIT_CLIENT_CORE_DOCTOR_H

#include "client/core/core.h"
#include "client/core/tacit_backup.h"

struct doctor {
	struct core *core;
	const struct tacit_doctor *how;
	tacit_finding_fn *show;
	void *arg;
	int64_t deadline_ms; /* of what talks to the relay */
	bool sick;           /* something is wrong that was not mended */
};

enum doctor_verdict {
	DOCTOR_WELL,
	DOCTOR_MENDED,
	DOCTOR_WARNING, /* not wrong, but somebody should know */
	DOCTOR_SICK,
	DOCTOR_SKIPPED,
};

/* One finding, a sentence. */
[[gnu::format(printf, 4, 5)]] void doctor_say(struct doctor *d,
    const char *step, enum doctor_verdict verdict, const char *format, ...);

/* A look that failed: what the status says, as wrong. */
void doctor_say_status(struct doctor *d, const char *step, enum status st);

/* Whether the doctor may change what is made anew, or with the user's word. */
bool doctor_may_mend(const struct doctor *d);
bool doctor_may_give_up(struct doctor *d, const char *what);

/* Modes of the files; room on the disk. */
void doctor_look_at_files(struct doctor *d, const char *dir);

/* With a vault. */
void doctor_look_at_tables(struct doctor *d);

/* With an account. */
void doctor_look_at_account(struct doctor *d);
void doctor_look_at_outbox(struct doctor *d);
void doctor_look_at_waiting(struct doctor *d);
void doctor_look_at_groups(struct doctor *d);
void doctor_look_at_relay(struct doctor *d);

#endif
