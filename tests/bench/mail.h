/*
 * mail.h - mailboxes that S senders fill while their owners are away, W submits
 * under way for each: what submit and drain measure and deep begins with.
 */
#ifndef TACIT_TESTS_BENCH_MAIL_H
#define TACIT_TESTS_BENCH_MAIL_H

#include "tests/bench/crowd.h"
#include "tests/bench/ledger.h"

struct stretch {
	double began_s;
	double ended_s;
	struct probe_sample before;
	struct probe_sample after;
};

struct mail {
	struct bench *bench;
	uint32_t first; /* device whose mailbox is the first */
	uint32_t recipients;
	struct ledger ledger;
	struct crowd senders;
	uint8_t *payload;
	uint32_t messages;
	uint32_t given; /* to the driver */
	uint32_t accepted;
	uint64_t sent_bytes; /* by senders */
	struct stretch filling;
};

/* Make the devices; false: it was told. */
bool mail_set_up(struct mail *j, struct bench *b, uint32_t first,
    uint32_t recipients, uint32_t messages);

/* From the first submit to the last OK, which is j->filling. */
bool mail_fill(struct mail *j);

/* Fine on zeros. */
void mail_clear(struct mail *j);

#endif
