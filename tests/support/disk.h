/*
 * disk.h - a disk that forgets: what a store writes is on it only when it was
 * flushed, and until then each sector may be there or not.
 *
 * Linked into a test, it sees what the relay's journal and LMDB write in one
 * directory.  Nothing is really flushed.  At a chosen step it calls `crash`,
 * in the middle of whatever is being done, and the test may then make a
 * directory with what a start after a power cut would find.
 *
 * One thread; once in a process.
 */
#ifndef TACIT_TESTS_DISK_H
#define TACIT_TESTS_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum disk_end {
	DISK_KILLED,  /* the kernel still has what was written */
	DISK_CUT_OFF, /* what was not flushed is there in parts */
};

/* Look at a store in dir (kept by the caller): data.mdb, log.  All is there. */
void disk_watch(const char *dir);

/* So many system calls from now on `crash` is called, once; 0: never. */
void disk_crash_in(uint32_t calls, void (*crash)(void *arg), void *arg);

/* Make what is found after such an end, in an empty directory, and watch it. */
void disk_end(enum disk_end how, const char *fresh, uint64_t seed);

#endif
