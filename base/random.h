/*
 * random.h - kernel randomness, never short.
 *
 * It comes through libsodium, so that a simulation can replace it with
 * randombytes_set_implementation() before anything else runs.
 */
#ifndef TACIT_BASE_RANDOM_H
#define TACIT_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t len);
uint64_t random_u64(void);
uint32_t random_below(uint32_t bound); /* uniform in [0, bound) */

#endif
