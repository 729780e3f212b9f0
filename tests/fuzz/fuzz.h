/* fuzz.h - what libFuzzer calls, and what replay.c calls without it. */
#ifndef TACIT_TESTS_FUZZ_H
#define TACIT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
