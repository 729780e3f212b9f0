/* file.h - small files of the data directory, written whole or not at all. */
#ifndef TACIT_RELAY_FILE_H
#define TACIT_RELAY_FILE_H

#include <limits.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/* BAD_INPUT: longer than PATH_MAX. */
enum status file_path(const char *dir, const char *name, char path[PATH_MAX]);

/* Make dir and its parents, 0700.  NO_SPACE, IO; the reason is in the log. */
enum status file_make_dir(const char *dir);

/*
 * Put dir/name there, 0600, durable, in one step.  `replace` false: EXISTS
 * when it is there, since a key must never be overwritten.  NO_SPACE, IO.
 */
enum status file_write(
    const char *dir, const char *name, struct bytes content, bool replace);

/* NOT_FOUND, FULL: above max_bytes, IO, NOMEM.  `content` is the caller's. */
enum status file_read(
    const char *dir, const char *name, size_t max_bytes, struct buf **content);

/* What was made or removed in it is so after a power cut too.  IO. */
enum status file_sync_dir(const char *dir);

bool file_exists(const char *dir, const char *name);

/* NO_SPACE when errno says that the disk or the quota is full, else IO. */
enum status file_errno(void);

#endif
