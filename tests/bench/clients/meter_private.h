/* meter_private.h - the counts themselves, for meter*.c alone. */
#ifndef TACIT_TESTS_BENCH_CLIENTS_METER_PRIVATE_H
#define TACIT_TESTS_BENCH_CLIENTS_METER_PRIVATE_H

#include "tests/bench/clients/meter.h"

struct meter *meter_total(void);

#endif
