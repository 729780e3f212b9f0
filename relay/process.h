/*
 * process.h - what this process takes of the machine, for the metrics.
 *
 * What the kernel tells stands in files under /proc that are opened once, so
 * that a sandbox may close the way to them afterwards.
 */
#ifndef TACIT_RELAY_PROCESS_H
#define TACIT_RELAY_PROCESS_H

#include "base/status.h"
#include "relay/metrics.h"

struct process;

/* Without /proc some of the numbers stay 0.  NOMEM. */
enum status process_open(struct process **p);
void process_close(struct process *p); /* NULL is fine */

/* Sets the gauges; one thread at a time. */
void process_measure(struct process *p, struct metrics *m);

#endif
