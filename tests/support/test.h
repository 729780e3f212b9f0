/* test.h - cmocka in the order it wants its headers, and our own assertions. */
#ifndef TACIT_TESTS_SUPPORT_TEST_H
#define TACIT_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/status.h"

#define assert_status(expected, call)                                          \
	test_assert_status((expected), (call), #call, __FILE__, __LINE__)
#define assert_bytes(expected, got)                                            \
	test_assert_bytes((expected), (got), __FILE__, __LINE__)

void test_assert_status(enum status expected, enum status got, const char *what,
    const char *file, int line);
void test_assert_bytes(
    struct bytes expected, struct bytes got, const char *file, int line);

/* A fresh directory under $TMPDIR; removed with everything in it. */
char *scratch_dir_new(void);
void scratch_dir_remove(char *dir);

/*
 * Allocation failures: the nth allocation from now on fails, and only that.
 * alloc_fail_nth(0) turns it off.  alloc_failed() says whether one did since.
 */
void alloc_fail_nth(size_t n);
bool alloc_failed(void);

#endif
