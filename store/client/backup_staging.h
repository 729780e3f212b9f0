/*
 * backup_staging.h - a profile's directory in the making, beside the one it
 * will be.  For backup_restore.c alone.
 */
#ifndef TACIT_STORE_CLIENT_BACKUP_STAGING_H
#define TACIT_STORE_CLIENT_BACKUP_STAGING_H

#include "base/bytes.h"
#include "base/status.h"

struct staging;

/* OK: nothing is there, or nothing in it.  EXISTS, DENIED, NOMEM, IO. */
enum status staging_may_take(const char *dir);

/*
 * Make it, or clear what a crash left of an earlier one.  EXISTS: there is
 * something in `dir`.  AGAIN: another process is at it.  DENIED: not allowed
 * there.  NO_SPACE, NOMEM, IO.
 */
enum status staging_new(const char *dir, struct staging **s);
/* Removes what did not take the name; NULL is fine. */
void staging_free(struct staging *s);

const char *staging_dir(const struct staging *s); /* borrowed */

/* The keyslot file, whole; the database, piece by piece.  NO_SPACE, IO. */
enum status staging_put_keys(struct staging *s, struct bytes file);
enum status staging_write(struct staging *s, struct bytes piece);
enum status staging_sync(struct staging *s);

/* It is the profile from here on, durably.  EXISTS, DENIED, NO_SPACE, IO. */
enum status staging_take_name(struct staging *s);

#endif
