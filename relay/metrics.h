/*
 * metrics.h - what a relay counts about itself: counters, gauges and
 * histograms, for monitoring and for `tacit-relay stats`.
 *
 * One struct is made before storage and the workers and outlives them; any
 * thread adds to it with relaxed atomics, so each number is right by itself
 * while two numbers read together may be a moment apart.  None of them tells
 * of an account, an address or a message: they only say how much and how many.
 * A place that is given no metrics (NULL, as tests do) counts nothing.
 *
 * The table in metrics_table.c names and explains each; docs/operations.md and
 * the files in contrib are checked against it.
 */
#ifndef TACIT_RELAY_METRICS_H
#define TACIT_RELAY_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/message.h"

/* The order is that of the table; what shares a name stands together. */
enum metric {
	METRIC_CONNECTIONS_OPEN, /* gauge */
	METRIC_SESSIONS_OPEN,    /* gauge: authenticated ones */
	METRIC_CONNECTIONS_ACCEPTED,
	METRIC_REFUSED_DOORS, /* limits of connections */
	METRIC_REFUSED_BUSY,  /* the worker has too many arrivals waiting */
	METRIC_REFUSED_DESCRIPTORS,
	METRIC_REFUSED_MEMORY,
	METRIC_REFUSED_BANNED,
	METRIC_HANDSHAKES_FAILED,
	METRIC_TIMEOUTS, /* connections ended for being too slow */
	METRIC_LOGINS,
	METRIC_REGISTRATIONS,
	METRIC_REQUESTS_HELLO,
	METRIC_REQUESTS_REGISTER,
	METRIC_REQUESTS_AUTHENTICATE,
	METRIC_REQUESTS_PUBLISH_PREKEYS,
	METRIC_REQUESTS_PREKEY_STATUS,
	METRIC_REQUESTS_GET_ACCOUNT,
	METRIC_REQUESTS_TAKE_BUNDLES,
	METRIC_REQUESTS_SUBMIT,
	METRIC_REQUESTS_RECEIVE,
	METRIC_REQUESTS_ACKNOWLEDGE,
	METRIC_REQUESTS_CHAIN_APPEND,
	METRIC_REQUESTS_CHAIN_READ,
	METRIC_REQUESTS_OTHER,
	METRIC_ERROR_BAD_REQUEST,
	METRIC_ERROR_UNSUPPORTED,
	METRIC_ERROR_NOT_AUTHENTICATED,
	METRIC_ERROR_DENIED,
	METRIC_ERROR_NAME_TAKEN,
	METRIC_ERROR_BAD_NAME,
	METRIC_ERROR_JOIN_REFUSED,
	METRIC_ERROR_NOT_FOUND,
	METRIC_ERROR_FULL,
	METRIC_ERROR_RATE_LIMITED,
	METRIC_ERROR_DEVICES_CHANGED,
	METRIC_ERROR_CHAIN_TAKEN,
	METRIC_ERROR_TOO_LARGE,
	METRIC_ERROR_UNAVAILABLE,
	METRIC_ERROR_REPLACED,
	METRIC_ERROR_OTHER,
	METRIC_RECEIVED_BYTES,
	METRIC_SENT_BYTES,
	METRIC_SUBMITS,  /* answered OK: durable; repeats included */
	METRIC_MESSAGES, /* queued, one per recipient device */
	METRIC_UNQUEUED_FULL,
	METRIC_UNQUEUED_OTHER,
	METRIC_PUSHED, /* items handed to a connection */
	METRIC_EXPIRED,
	METRIC_BUNDLES,
	METRIC_BUNDLES_EXHAUSTED, /* without a one-time prekey */
	METRIC_COMMITS,
	METRIC_COMMITS_FAILED,
	METRIC_MAILBOXES,       /* gauge */
	METRIC_MAILBOX_ITEMS,   /* gauge */
	METRIC_MAILBOX_BYTES,   /* gauge */
	METRIC_MAILBOX_DEEPEST, /* gauge: items */
	METRIC_MAILBOXES_HALF,  /* gauge: at least half full */
	METRIC_LOG_FILES,       /* gauge */
	METRIC_LOG_BYTES,       /* gauge */
	METRIC_MAP_BYTES,       /* gauge */
	METRIC_MAP_USED_BYTES,  /* gauge */
	METRIC_DISK_BYTES,      /* gauge */
	METRIC_DISK_FREE_BYTES, /* gauge */
	METRIC_OPERATIONS,      /* gauge: requests being worked on */
	METRIC_WAITING,         /* gauge: of those, not taken by storage */
	METRIC_HELD_BYTES,      /* gauge: messages and answers in memory */
	METRIC_BUDGET_BYTES,    /* gauge */
	METRIC_PRESSURE,        /* gauge: enum pressure */
	METRIC_STORAGE_BROKEN,  /* gauge: 0 or 1 */
	METRIC_READY,           /* gauge: 0 or 1 */
	METRIC_RESIDENT_BYTES,  /* gauge */
	METRIC_DESCRIPTORS,     /* gauge */
	METRIC_DESCRIPTORS_MAX, /* gauge */
	METRIC_CPU_MS,
	METRIC_START_S, /* gauge: seconds since the epoch */
};

enum { METRICS = METRIC_START_S + 1 };

enum metric_histogram {
	HISTOGRAM_COMMIT_MESSAGES, /* messages in one commit */
	HISTOGRAM_COMMIT_US,       /* from staging to durable */
	HISTOGRAM_LAG_US,          /* how late a worker's timer ran */
};

enum { METRIC_HISTOGRAMS = HISTOGRAM_LAG_US + 1 };
enum { METRIC_BUCKETS = 16 };

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

struct metric_row {
	const char *name; /* without the common beginning */
	enum metric_type type;
	uint64_t divisor;  /* printed as value / divisor */
	const char *label; /* NULL: none */
	const char *value; /* of the label */
	const char *help;
};

struct metric_histogram_row {
	const char *name;
	uint64_t divisor;
	const char *help;
	size_t count;                    /* of bounds */
	uint64_t bounds[METRIC_BUCKETS]; /* rising, each in its bucket */
};

struct histogram {
	_Atomic uint64_t buckets[METRIC_BUCKETS + 1]; /* the last: beyond all */
	_Atomic uint64_t sum;
};

struct metrics {
	_Atomic int64_t values[METRICS];
	struct histogram histograms[METRIC_HISTOGRAMS];
};

extern const struct metric_row metric_rows[METRICS];
extern const struct metric_histogram_row
    metric_histogram_rows[METRIC_HISTOGRAMS];

enum status metrics_new(struct metrics **m); /* all zero.  NOMEM. */
void metrics_free(struct metrics *m);        /* NULL is fine */

/* Counters are only added to; a gauge may also go down. */
static inline void
metrics_add(struct metrics *m, enum metric id, int64_t n)
{
	if (m != NULL)
		atomic_fetch_add_explicit(
		    &m->values[id], n, memory_order_relaxed);
}

static inline void
metrics_set(struct metrics *m, enum metric id, int64_t value)
{
	if (m != NULL)
		atomic_store_explicit(
		    &m->values[id], value, memory_order_relaxed);
}

static inline int64_t
metrics_get(const struct metrics *m, enum metric id)
{
	return atomic_load_explicit(&m->values[id], memory_order_relaxed);
}

/* In the unit of the histogram: messages, microseconds. */
void metrics_observe(
    struct metrics *m, enum metric_histogram id, uint64_t value);

/* Where a request of this kind is counted. */
enum metric metric_of_request(enum request_kind kind);
enum metric metric_of_error(enum error_code code);

/* Everything there is to count in an answer that is being given. */
void metrics_count_reply(struct metrics *m, const struct reply *r);

/*
 * Append everything in the text format of Prometheus 0.0.4.  `version` becomes
 * a label.  FULL, NOMEM; `out` is then cut short.
 */
enum status metrics_print(
    const struct metrics *m, const char *version, struct buf *out);

#endif
