/*
 * clock.h - the time, from one place that a test can take over.
 *
 * Layers that decide by the time are handed it as an argument; only loops and
 * command lines ask here.
 */
#ifndef TACIT_BASE_CLOCK_H
#define TACIT_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void); /* milliseconds since the Unix epoch */
int64_t clock_mono_ms(void); /* milliseconds since some start; never back */
int64_t clock_mono_us(void); /* the same in microseconds */

/* Sleep; a signal shortens it, and the caller looks around again. */
void clock_sleep_ms(int64_t ms);

/* From now on both clocks answer these values, for tests. */
void clock_fake(int64_t wall_ms, int64_t mono_ms);
void clock_unfake(void);

#endif
