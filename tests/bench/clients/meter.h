/*
 * meter.h - what this process asks of the relay, counted where a request
 * becomes bytes, and where its CPU went.
 *
 * The linker puts meter.c between libtacit and codec_put_request(), and around
 * courier_open() and courier_drain() (-Wl,--wrap); meter_curve.c stands before
 * the functions that sign, verify and agree on keys.  So what is counted is
 * what leaves, and not what a client believes to do.
 */
#ifndef TACIT_TESTS_BENCH_CLIENTS_METER_H
#define TACIT_TESTS_BENCH_CLIENTS_METER_H

#include <stdint.h>

#include "tests/bench/result.h"

struct meter {
	uint64_t requests; /* of all kinds */
	uint64_t bytes;    /* of them, frames included, inside TLS */
	uint64_t bundle_requests;
	uint64_t bundle_accounts;
	uint64_t appends; /* to chains */
	uint64_t submits;
	uint64_t submit_bytes;
	/* Submits that carry a payload for many: messages to a group. */
	uint64_t uploads;
	uint64_t upload_bytes; /* all of them, recipients included */
	uint64_t shared_bytes; /* the payload for many alone */
	uint64_t readers;      /* recipients of it */
	uint64_t handed;       /* payloads for one beside it: sender keys */
	/* Payloads for one in other submits: control messages. */
	uint64_t control_submits;
	uint64_t controls;
	/* What is asymmetric, without TLS: X25519, Ed25519 and XEdDSA. */
	uint64_t agreements;
	uint64_t key_pairs;
	uint64_t signatures;
	uint64_t verifications;
	double open_cpu_ms;  /* connecting and authenticating */
	double drain_cpu_ms; /* catching up */
};

/* From zero. */
void meter_reset(void);
/* Lasts until the next request. */
const struct meter *meter_read(void);

/* The counts, as rows of a result. */
void meter_report(struct result *r, const struct meter *m);

#endif
