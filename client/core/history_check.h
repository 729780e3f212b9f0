/*
 * history_check.h - is what the history holds still what was signed?
 *
 * Signatures, contents and the chains of senders are checked again, with the
 * device lists that were seen, as whoever took the messages in did.  A number
 * that never came and a text that has disappeared are no damage.
 */
#ifndef TACIT_CLIENT_CORE_HISTORY_CHECK_H
#define TACIT_CLIENT_CORE_HISTORY_CHECK_H

#include "client/core/core.h"
#include "store/client/history.h"

enum history_break {
	BREAK_RECORD,    /* the entry does not open */
	BREAK_ENTRY,     /* it is not what was signed */
	BREAK_SIGNATURE, /* not the author's, by any list of its devices */
	BREAK_CONTENT,   /* not the text that was signed */
	BREAK_CHAIN,     /* not the successor of the one before */
	BREAK_NUMBER,    /* two with one number */
	BREAK_GONE,      /* entries that were there */
};

struct history_check_sum {
	uint64_t messages;
	uint64_t intact;   /* signature, content and place are right */
	uint64_t erased;   /* and without a text, as they should be */
	uint64_t unproven; /* shown as such, or behind too many lists */
	uint64_t unsent;   /* ours, not signed yet or never */
	uint64_t notices;
	uint64_t gaps;    /* stretches of numbers that are not here, */
	uint64_t missing; /* and how many those are */
	uint64_t broken;
};

struct history_check {
	const struct hash *conversation; /* as the history has it; NULL: all */
	/* e: of BREAK_RECORD and BREAK_GONE its number alone is known. */
	enum status (*show)(struct step *s, enum history_break why,
	    const struct history_entry *e, void *arg);
	void *arg;
};

/* NOMEM, IO. */
enum status history_check_run(struct core *core,
    const struct history_check *how, struct history_check_sum *sum);

#endif
