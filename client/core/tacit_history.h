/*
 * tacit_history.h - looking back: the part of tacit.h, which includes it, that
 * shows and exports what was said.  None of it needs the relay.
 */
#ifndef TACIT_HISTORY_H
#define TACIT_HISTORY_H

#include "tacit.h"

struct tacit_history {
	enum tacit_kind kind;
	const char *with; /* NULL: everything */
	size_t limit;     /* newest so many */
	int64_t since_ms; /* 0: no bound */
	int64_t until_ms;
	const char *search; /* NULL: all; case-insensitive, Unicode-folded */
};
enum tacit_code tacit_history(struct tacit *t, const struct tacit_history *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e);

struct tacit_export {
	enum tacit_kind kind;
	const char *with; /* NULL: everything */
	int64_t since_ms; /* 0: no bound */
	int64_t until_ms;
};
/*
 * All of it, in the order of the history, however much that is: it is read
 * piece by piece, and others may write meanwhile; what comes while it runs may
 * be shown or not.  DAMAGED: some entries do not open, the others were shown.
 */
enum tacit_code tacit_export(struct tacit *t, const struct tacit_export *how,
    tacit_event_fn *show, void *arg, struct tacit_error *e);

#endif
