/*
 * search.h - which entries of a long history hold a text.
 *
 * Of each full bucket of 1,024 rows there is a block with their folded texts
 * (store/client/history_blocks.h), so that a search reads one record for many.
 * What is long, or has a timer, is not in it but named in it, to be looked at
 * itself, as is every row of a bucket that has no block yet.
 */
#ifndef TACIT_CLIENT_CORE_SEARCH_H
#define TACIT_CLIENT_CORE_SEARCH_H

#include "client/core/core.h"
#include "store/client/history.h"

/* Make the blocks of a few full buckets.  NOT_FOUND: each has its block. */
enum status search_build(struct step *s);
/* Is there something to build?  OK or NOT_FOUND. */
enum status search_is_behind(struct step *s);

struct search {
	struct bytes wanted;             /* folded; not empty */
	const struct hash *conversation; /* NULL: all */
	int64_t since_ms;                /* of arrival; 0: no bound */
	int64_t until_ms;
	size_t limit; /* newest so many; 0: all */
	/*
	 * Whether an entry that may be one of them is: it is shown by itself,
	 * and what is shown holds what is wanted.
	 */
	enum status (*judge)(struct step *s, struct arena *a,
	    const struct history_entry *e, void *arg, bool *found);
	void *arg;
};

/* Their numbers, rising; calloc'd, for the caller to free.  CRYPTO, NOMEM, IO.
 */
enum status search_run(struct step *s, const struct search *what,
    uint64_t **numbers, size_t *count);

#endif
