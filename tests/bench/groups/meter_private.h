/* meter_private.h - the counts themselves, for meter*.c alone. */
#ifndef TACIT_TESTS_BENCH_GROUPS_METER_PRIVATE_H
#define TACIT_TESTS_BENCH_GROUPS_METER_PRIVATE_H

#include "tests/bench/groups/meter.h"

struct meter *meter_total(void);

#endif
