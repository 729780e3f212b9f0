/*
 * talk.h - pairs of connected devices that talk at a steady rate, and how long
 * each message takes: what online measures, and what deep disturbs.
 *
 * Messages are due at even distances, told by a timerfd on the loop.  A message
 * that is sent late, since the load program or the machine was busy, is timed
 * from when it was due, so that a stall is not hidden by what it held back.
 */
#ifndef TACIT_TESTS_BENCH_TALK_H
#define TACIT_TESTS_BENCH_TALK_H

#include "tests/bench/crowd.h"
#include "tests/bench/ledger.h"

struct talk {
	struct bench *bench;
	struct ledger ledger;
	struct crowd crowd; /* even places send to the odd ones after them */
	uint8_t *payload;
	int64_t *given_ns;   /* by number */
	uint32_t messages;   /* to be given; fewer after talk_stop() */
	uint32_t unmeasured; /* of the first second */
	uint32_t given;
	uint32_t accepted;
	int timer; /* -1: none */
	uv_poll_t poll;
	int64_t start_ns;
	struct samples from_due; /* in the order of arrival */
	struct samples from_given;
	struct samples to_ok;
};

/*
 * Make the --pairs known and connect them; they talk at --rate for --seconds.
 * false: it was told.  talk_clear() in either case.
 */
bool talk_set_up(struct talk *t, struct bench *b);

/* The loop is over when every message has arrived and is OK. */
bool talk_begin(struct talk *t);

/* What is not given by now never is. */
void talk_stop(struct talk *t);

/* Every message given has arrived, once; else it is told. */
bool talk_is_right(const struct talk *t);

/* Disconnects; the loop turns once, so that it lets go of the timer. */
void talk_clear(struct talk *t);

#endif
