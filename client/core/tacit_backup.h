/*
 * tacit_backup.h - the part of tacit.h about copies of a profile, making one
 * and taking it into use, and about what can be wrong with one.
 */
#ifndef TACIT_BACKUP_H
#define TACIT_BACKUP_H

#include "tacit.h"

struct tacit_backup {
	const char *file; /* NULL: fd */
	int fd;           /* one attempt; nothing can be taken back */
	bool replace;     /* a file that is there */
};

struct tacit_backup_sizes {
	uint64_t file_bytes;
	uint64_t database_bytes;
	int64_t made_ms;
};

/*
 * All of the profile as it stands, in one encrypted file (0600), while others
 * go on writing.  The file takes its name whole and on disk, or not at all.  It
 * opens with what opens the profile now, and holds what is erased later.
 *
 * EXISTS: there is a file.  DISK_FULL.  FAILED: it cannot be written there.
 */
enum tacit_code tacit_backup(struct tacit *t, const struct tacit_backup *how,
    struct tacit_backup_sizes *sizes, struct tacit_error *e);

/*
 * Whether a profile can be made of a backup there, to be asked before anything
 * is read or the user is asked.  EXISTS: something is in that directory.
 */
enum tacit_code tacit_may_restore(const char *dir, struct tacit_error *e);

/* A backup that is read, in one go, from a descriptor, which stays open. */
struct tacit_restore;
/* DAMAGED: no backup, a later release's, or cut. */
enum tacit_code tacit_restore_open(
    int fd, struct tacit_restore **r, struct tacit_error *e);
void tacit_restore_close(struct tacit_restore *r); /* NULL is fine */
bool tacit_restore_needs_passphrase(const struct tacit_restore *r);

/*
 * Make the profile in options->dir of it, which is not there or is empty; what
 * fails or is ended leaves nothing there.  At its first contact with the relay
 * the profile takes the place of the one that was in use, which then cannot be
 * used any more.
 *
 *   options  dir and passphrase count
 *
 * EXISTS: something is in that directory.  PASSPHRASE.  DAMAGED: the file is
 * damaged, cut or altered.  DISK_FULL.
 */
enum tacit_code tacit_restore_run(struct tacit_restore *r,
    const struct tacit_options *options, struct tacit_backup_sizes *sizes,
    struct tacit_error *e);

struct tacit_finding {
	const char *step;    /* "files", "contacts", "prekeys", ... */
	const char *verdict; /* "ok", "mended", "warning", "failed", "skipped"
			      */
	const char *message; /* one sentence */
};
typedef void tacit_finding_fn(const struct tacit_finding *f, void *arg);

struct tacit_doctor {
	bool check_only; /* change nothing, here or at the relay */
	/*
	 * Asked before anything is given up for good, a record that does not
	 * open or a device that is an old copy's; NULL: no.
	 */
	bool (*may_repair)(const char *sentence, void *arg);
	void *arg; /* of may_repair */
};

/*
 * Look at all of the profile in options->dir, and mend what can be mended.  A
 * profile that tacit_open() refuses is looked at as far as it goes.
 *
 * DONE: all is well, or was mended.  DAMAGED: something is wrong still.
 * UNREACHABLE, WRONG_RELAY: all is well here, and the relay could not be asked.
 * NOT_FOUND: no profile.  PASSPHRASE.
 */
enum tacit_code tacit_doctor(const struct tacit_options *options,
    const struct tacit_doctor *how, tacit_finding_fn *show, void *arg,
    struct tacit_error *e);

#endif
