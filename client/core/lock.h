/*
 * lock.h - which process receives for a profile: flock() on the file
 * `receiver` in its directory, which names the holder's process id for people.
 * The kernel gives it back when the process ends, however it ends.
 */
#ifndef TACIT_CLIENT_CORE_LOCK_H
#define TACIT_CLIENT_CORE_LOCK_H

#include <stdint.h>

#include "base/status.h"

struct lock;

/* AGAIN: another process (or handle) holds it.  NO_SPACE, NOMEM, IO. */
enum status lock_try(const char *dir, struct lock **l);
void lock_free(struct lock *l); /* gives it back; NULL is fine */

/* The holder's process id as last written; 0 when it cannot be told. */
int64_t lock_holder(const char *dir);

#endif
