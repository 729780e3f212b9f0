/* wipe.h - erase secrets; compare them without leaking where they differ. */
#ifndef TACIT_BASE_WIPE_H
#define TACIT_BASE_WIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/*
 * Overwrite len bytes with zeros in a way the compiler keeps.  NULL with 0 is
 * fine.  What it cannot reach (registers, spilled copies) is in
 * docs/threat-model.md.
 */
void wipe(void *secret, size_t len);

/* Constant time in the contents; a difference in length may show. */
bool equal_ct(struct bytes a, struct bytes b);

#endif
