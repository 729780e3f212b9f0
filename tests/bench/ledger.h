/*
 * ledger.h - which messages of a job have arrived, and how often: no figure is
 * printed for messages that were lost, doubled, mixed up or out of order.
 *
 * A payload begins with a mark that says what it is; the rest is filling.
 */
#ifndef TACIT_TESTS_BENCH_LEDGER_H
#define TACIT_TESTS_BENCH_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { LEDGER_MARK_BYTES = 36 };

struct mark {
	uint32_t number;  /* of the message in the job, from 0 */
	uint32_t from;    /* place of the sender, from 0 */
	uint32_t to;      /* place of the recipient, from 0 */
	int64_t due_ns;   /* when it should have been sent */
	int64_t given_ns; /* when it was handed to the driver */
};

struct ledger {
	uint64_t job; /* random: messages of earlier jobs are told apart */
	uint32_t messages;
	uint32_t senders;
	uint32_t recipients;
	uint8_t *seen;  /* by number */
	uint32_t *next; /* by sender and recipient: the least that may come */
	uint32_t *awaited; /* by recipient: not yet arrived */
	uint32_t arrived;  /* distinct ones */
	uint32_t repeated;
	uint32_t misplaced; /* with the wrong recipient, or out of order */
	uint32_t foreign;   /* of another job */
};

/* false: out of memory.  Cleared by ledger_clear(), also then. */
bool ledger_init(
    struct ledger *l, uint32_t messages, uint32_t senders, uint32_t recipients);
void ledger_clear(struct ledger *l);

/* Write the mark into a payload of at least LEDGER_MARK_BYTES, and expect the
 * message at mark->to. */
void ledger_write(struct ledger *l, const struct mark *mark, uint8_t *payload);

/*
 * Note what arrived at the recipient in place `at`.  false: it is none of this
 * job's; else *mark says what came.
 */
bool ledger_note(
    struct ledger *l, uint32_t at, struct bytes payload, struct mark *mark);

/* Every message written has arrived once, at its place and in order; if not,
 * one line on stderr says what is wrong. */
bool ledger_is_right(const struct ledger *l, uint32_t written);

#endif
