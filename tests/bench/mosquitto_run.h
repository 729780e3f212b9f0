/*
 * mosquitto_run.h - what the driver of mosquitto shares with the part of it
 * that makes sessions before the jobs begin.
 */
#ifndef TACIT_TESTS_BENCH_MOSQUITTO_RUN_H
#define TACIT_TESTS_BENCH_MOSQUITTO_RUN_H

#include <stdint.h>

#include "base/status.h"
#include "tests/bench/driver.h"
#include "tests/bench/target.h"
#include "tests/bench/tls_stream.h"

enum { NAME_TEXT = 48 };

struct preparation; /* sessions being made */

struct driver_run {
	struct tls_streams *streams;
	struct target target;
	uint64_t seed;
	struct preparation *preparation; /* NULL: none is under way */
};

/* Client identifier of a device, which is also its topic. */
void mosquitto_name(
    const struct driver_run *run, uint32_t device, char name[NAME_TEXT]);

/*
 * One connection for each device of the range, `parallel` at a time: a session
 * that stays, with a subscription of QoS 1 to its topic.  See driver.prepare.
 */
enum status mosquitto_prepare(
    struct driver_run *run, const struct driver_range *range);

/* Stop a preparation that is under way. */
void mosquitto_prepare_stop(struct driver_run *run);

#endif
