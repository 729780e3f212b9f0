/* alloc.c - an allocator that fails on the nth call (linked with --wrap). */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "tests/support/test.h"

/* The linker gives these names to the C library's own (ld --wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static atomic_size_t countdown; /* 0: off */
static atomic_bool failed;

void
alloc_fail_nth(size_t n)
{
	atomic_store(&failed, false);
	atomic_store(&countdown, n);
}

bool
alloc_failed(void)
{
	return atomic_load(&failed);
}

static bool
fail_now(void)
{
	size_t left = atomic_load(&countdown);

	while (left > 0) {
		if (!atomic_compare_exchange_weak(&countdown, &left, left - 1))
			continue;
		if (left == 1)
			atomic_store(&failed, true);
		return left == 1;
	}
	return false;
}

void *
__wrap_malloc(size_t size)
{
	return fail_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fail_now() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return fail_now() ? NULL : __real_realloc(old, size);
}
