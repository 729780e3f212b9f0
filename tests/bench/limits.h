/*
 * limits.h - what this machine can do at best, for the job that tells it: the
 * ceilings that a server's figures are read against.
 *
 * Each function works for about `budget_s` seconds and returns how many it did
 * in a second, or NAN when it could not; the reason is then on stderr.
 */
#ifndef TACIT_TESTS_BENCH_LIMITS_H
#define TACIT_TESTS_BENCH_LIMITS_H

#include <stdint.h>

/* Puts of 300 bytes a second, `batch` of them in a synced transaction. */
double limit_lmdb(const char *dir, uint32_t batch, double budget_s);

/* fdatasync() a second, each after appending 350 bytes to a growing file. */
double limit_append(const char *dir, double budget_s);

/* The same after writing 4 KiB into a file whose blocks were written before. */
double limit_overwrite(const char *dir, double budget_s);

/* TLS 1.3 on one core (AES-128-GCM, or what both ends like best). */
struct limit_tls {
	double written_per_s; /* messages of 350 bytes, sealed */
	double read_per_s;    /* opened */
};
struct limit_tls limit_records(uint32_t messages_in_record, double budget_s);

/* Full handshakes with a P-256 certificate a second, on one core. */
struct limit_handshakes {
	double both_per_s;   /* client and server together */
	double server_per_s; /* the server's share alone */
};
struct limit_handshakes limit_handshakes(double budget_s);

#endif
