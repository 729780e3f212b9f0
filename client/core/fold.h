/*
 * fold.h - texts as a search compares them: NFKC_Casefold (Unicode 3.13), by
 * utf8proc, so that case, width and composition make no difference.
 */
#ifndef TACIT_CLIENT_CORE_FOLD_H
#define TACIT_CLIENT_CORE_FOLD_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * Owned.  What is not UTF-8 is compared byte for byte.  NOMEM; FULL: more than
 * max_bytes come out.
 */
enum status fold_text(struct bytes text, size_t max_bytes, struct buf **folded);

/* Whether the folded `text` holds the folded `wanted`; an empty one is held. */
bool fold_contains(struct bytes text, struct bytes wanted);

/*
 * Of 1..max_bytes, UTF-8, and nothing in it that could forge a line: no
 * control or format characters, no line or paragraph separators.
 */
bool fold_is_label(struct bytes text, size_t max_bytes);

#endif
